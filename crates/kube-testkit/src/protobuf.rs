//! The few protobuf messages that clients send although the server answers in JSON.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

pub(crate) const MEDIA_TYPE: &str = "application/vnd.kubernetes.protobuf";

/// What every message begins with.
const MAGIC: &[u8] = b"k8s\0";

/// One field of a message.
enum Field<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

/// A message: its fields by number, in order.
struct Message<'a>(Vec<(u64, Field<'a>)>);

/// Reads a body as the JSON that it stands for; `None` if it is damaged or of another kind.
///
/// Known are Namespace, Secret, ConfigMap, ServiceAccount, DeleteOptions and the reviews.
pub(crate) fn decode(body: &[u8]) -> Option<Value> {
    let envelope = Message::read(body.strip_prefix(MAGIC)?)?;
    let kind = envelope.message(1)?;
    let (api_version, kind) = (kind.text(1), kind.text(2));
    let content = Message::read(envelope.bytes(2).unwrap_or_default())?;
    if kind == "DeleteOptions" {
        return Some(delete_options(&content));
    }
    let mut object = json!({
        "apiVersion": api_version,
        "kind": kind,
        "metadata": metadata(&content.message(1)?)?,
    });
    match kind.as_str() {
        "Namespace" => {}
        "Secret" => {
            set(
                &mut object,
                "data",
                content.map(2, |bytes| json!(STANDARD.encode(bytes)))?,
            );
            set(&mut object, "stringData", content.map(4, text)?);
            set(&mut object, "type", json!(content.text(3)));
            set(&mut object, "immutable", content.flag(5));
        }
        "ConfigMap" => {
            set(&mut object, "data", content.map(2, text)?);
            set(
                &mut object,
                "binaryData",
                content.map(3, |bytes| json!(STANDARD.encode(bytes)))?,
            );
            set(&mut object, "immutable", content.flag(4));
        }
        "ServiceAccount" => {
            let names = |number: u64, name: u64| -> Option<Value> {
                let items = content.all(number).map(|bytes| {
                    let reference = Message::read(bytes)?;
                    Some(json!({"name": reference.text(name)}))
                });
                items.collect::<Option<Vec<_>>>().map(Value::Array)
            };
            set(&mut object, "secrets", names(2, 3)?);
            set(&mut object, "imagePullSecrets", names(3, 1)?);
            set(&mut object, "automountServiceAccountToken", content.flag(4));
        }
        "SelfSubjectAccessReview" | "SubjectAccessReview" | "TokenReview" => {
            object["spec"] = review(&kind, &content.message(2)?)?;
        }
        _ => return None,
    }
    Some(object)
}

fn review(kind: &str, spec: &Message<'_>) -> Option<Value> {
    let texts = |message: &Message<'_>, names: &[(u64, &str)]| {
        let mut object = json!({});
        for (number, name) in names {
            set(&mut object, name, json!(message.text(*number)));
        }
        object
    };
    if kind == "TokenReview" {
        return Some(texts(spec, &[(1, "token")]));
    }
    let mut review = texts(spec, &[(3, "user")]);
    set(&mut review, "groups", spec.all(4).map(text).collect());
    if spec.bytes(1).is_some() {
        let names = [
            (1, "namespace"),
            (2, "verb"),
            (3, "group"),
            (4, "version"),
            (5, "resource"),
            (6, "subresource"),
            (7, "name"),
        ];
        review["resourceAttributes"] = texts(&spec.message(1)?, &names);
    }
    if spec.bytes(2).is_some() {
        let names = [(1, "path"), (2, "verb")];
        review["nonResourceAttributes"] = texts(&spec.message(2)?, &names);
    }
    Some(review)
}

fn delete_options(content: &Message<'_>) -> Value {
    let mut options = json!({});
    set(&mut options, "propagationPolicy", json!(content.text(4)));
    let dry: Vec<Value> = content.all(5).map(text).collect();
    set(&mut options, "dryRun", Value::Array(dry));
    if let Some(preconditions) = content.message(2) {
        let mut found = json!({});
        set(&mut found, "uid", json!(preconditions.text(1)));
        set(&mut found, "resourceVersion", json!(preconditions.text(2)));
        options["preconditions"] = found;
    }
    options
}

fn metadata(message: &Message<'_>) -> Option<Value> {
    let mut metadata = json!({});
    for (number, name) in [
        (1, "name"),
        (2, "generateName"),
        (3, "namespace"),
        (5, "uid"),
        (6, "resourceVersion"),
    ] {
        set(&mut metadata, name, json!(message.text(number)));
    }
    set(&mut metadata, "labels", message.map(11, text)?);
    set(&mut metadata, "annotations", message.map(12, text)?);
    let owners = message.all(13).map(|bytes| {
        let owner = Message::read(bytes)?;
        let mut reference = json!({});
        for (number, name) in [(1, "kind"), (3, "name"), (4, "uid"), (5, "apiVersion")] {
            set(&mut reference, name, json!(owner.text(number)));
        }
        set(&mut reference, "controller", owner.flag(6));
        set(&mut reference, "blockOwnerDeletion", owner.flag(7));
        Some(reference)
    });
    let owners = owners.collect::<Option<Vec<_>>>()?;
    set(&mut metadata, "ownerReferences", Value::Array(owners));
    let finalizers = message.all(14).map(text).collect();
    set(&mut metadata, "finalizers", Value::Array(finalizers));
    Some(metadata)
}

fn text(bytes: &[u8]) -> Value {
    json!(String::from_utf8_lossy(bytes))
}

/// Sets a member unless its value is the empty one of its type.
fn set(object: &mut Value, name: &str, value: Value) {
    let is_empty = match &value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    };
    if !is_empty {
        object[name] = value;
    }
}

impl<'a> Message<'a> {
    fn read(mut bytes: &'a [u8]) -> Option<Self> {
        let mut fields = Vec::new();
        while !bytes.is_empty() {
            let tag = read_number(&mut bytes)?;
            let field = match tag & 7 {
                0 => Field::Number(read_number(&mut bytes)?),
                1 => Field::Bytes(take(&mut bytes, 8)?),
                2 => {
                    let length = usize::try_from(read_number(&mut bytes)?).ok()?;
                    Field::Bytes(take(&mut bytes, length)?)
                }
                5 => Field::Bytes(take(&mut bytes, 4)?),
                _ => return None,
            };
            fields.push((tag >> 3, field));
        }
        Some(Self(fields))
    }

    fn all(&self, wanted: u64) -> impl Iterator<Item = &'a [u8]> {
        self.0
            .iter()
            .filter_map(move |(number, field)| match field {
                Field::Bytes(bytes) if *number == wanted => Some(*bytes),
                Field::Bytes(_) | Field::Number(_) => None,
            })
    }

    fn bytes(&self, number: u64) -> Option<&'a [u8]> {
        self.all(number).last()
    }

    fn message(&self, number: u64) -> Option<Message<'a>> {
        Message::read(self.bytes(number)?)
    }

    fn text(&self, number: u64) -> String {
        let bytes = self.bytes(number).unwrap_or_default();
        String::from_utf8_lossy(bytes).into_owned()
    }

    fn flag(&self, wanted: u64) -> Value {
        let found = self.0.iter().find_map(|(number, field)| match field {
            Field::Number(value) if *number == wanted => Some(*value != 0),
            Field::Number(_) | Field::Bytes(_) => None,
        });
        found.map_or(Value::Null, Value::Bool)
    }

    /// A map field: entries with the key as field 1 and the value as field 2.
    fn map(&self, number: u64, value: impl Fn(&[u8]) -> Value) -> Option<Value> {
        let mut map = Map::new();
        for entry in self.all(number) {
            let entry = Message::read(entry)?;
            let bytes = entry.bytes(2).unwrap_or_default();
            map.insert(entry.text(1), value(bytes));
        }
        Some(Value::Object(map))
    }
}

fn read_number(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (&first, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

fn take<'a>(bytes: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(number: u8, content: &[u8]) -> Vec<u8> {
        let length = u8::try_from(content.len()).unwrap();
        [&[number << 3 | 2, length], content].concat()
    }

    #[test]
    fn a_secret_is_read() {
        let entry = [field(1, b"key"), field(2, b"value")].concat();
        let secret = [
            field(1, &field(1, b"name")),
            field(2, &entry),
            field(3, b"Opaque"),
        ]
        .concat();
        let kind = [field(1, b"v1"), field(2, b"Secret")].concat();
        let body = [MAGIC.to_vec(), field(1, &kind), field(2, &secret)].concat();

        assert_eq!(
            decode(&body),
            Some(json!({
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": {"name": "name"},
                "data": {"key": "dmFsdWU="},
                "type": "Opaque",
            }))
        );
    }

    #[test]
    fn what_is_cut_off_is_not_read() {
        assert_eq!(decode(b"k8s\0\x0a\x7f"), None);
        assert_eq!(decode(b"{}"), None);
    }
}
