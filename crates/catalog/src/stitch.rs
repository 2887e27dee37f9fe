//! Stitching: the final form of an entity out of what was read and what the hub knows.

use std::fmt::Write;

use serde::Serialize;
use serde_json::{Map, Value};
use sha1::{Digest, Sha1};
use uuid::Uuid;

use crate::{
    entity::{Entity, EntityError, Relation},
    term::ambiguous_keys,
};

const ORPHAN_ANNOTATION: &str = "backstage.io/orphan";

/// What the final form of an entity is made of.
#[derive(Clone, Debug)]
pub struct Stitch<'a> {
    /// The entity as it was read and validated.
    pub entity: Value,
    /// The stable identifier of its reference.
    pub uid: Uuid,
    /// Annotations that the hub sets, over those of the source.
    pub annotations: &'a [(&'a str, &'a str)],
    /// Its relations, sorted and without duplicates.
    pub relations: &'a [Relation],
    /// Problems of its processing.
    pub status: &'a [StatusItem],
    /// Whether nothing emits it any more.
    pub is_orphan: bool,
}

/// A problem that is shown with an entity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StatusItem {
    /// The part of the system that reports it.
    #[serde(rename = "type")]
    pub item_type: String,
    /// `error`, `warning` or `info`.
    pub level: String,
    /// The whole message, beginning with the name of the error.
    pub message: String,
    /// The error as its name and message.
    pub error: StatusError,
}

/// The error of a [`StatusItem`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StatusError {
    /// Its name, such as `InputError`.
    pub name: String,
    /// What it says.
    pub message: String,
}

/// Why an entity could not be stitched; the messages are those of the wire.
#[derive(Debug, thiserror::Error)]
pub enum StitchError {
    /// Two keys are the same to a search.
    #[error("Entity has duplicate keys that vary only in casing, '{}'", .0.join("', '"))]
    AmbiguousKeys(Vec<String>),
    /// What was read is no entity at all.
    #[error(transparent)]
    Form(#[from] EntityError),
}

impl StatusItem {
    /// An error of the catalog's own processing.
    pub fn processing_error(name: &str, message: &str) -> Self {
        Self {
            item_type: "backstage.io/catalog-processing".to_owned(),
            level: "error".to_owned(),
            message: format!("{name}: {message}"),
            error: StatusError {
                name: name.to_owned(),
                message: message.to_owned(),
            },
        }
    }
}

impl Stitch<'_> {
    /// Puts the final entity together.
    ///
    /// `metadata` comes first, in it what the hub fills in; relations and status come last.
    /// Without an etag of its own the entity gets a hash of its other content, so that equal
    /// content has an equal etag.
    ///
    /// # Errors
    ///
    /// [`StitchError`] when the entity has ambiguous keys, or neither kind nor name.
    pub fn finish(self) -> Result<Entity, StitchError> {
        let mut source = match self.entity {
            Value::Object(source) => source,
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_) => Map::new(),
        };
        let metadata = match source.remove("metadata") {
            Some(Value::Object(metadata)) => metadata,
            Some(_) | None => Map::new(),
        };
        let mut root = Map::new();
        root.insert("metadata".into(), Value::Null);
        root.extend(
            source
                .into_iter()
                .filter(|(key, _)| key != "relations" && key != "status"),
        );
        if !self.status.is_empty() {
            root.insert("status".into(), serde_json::json!({ "items": self.status }));
        }
        root.insert("relations".into(), serde_json::json!(self.relations));

        let mut metadata = final_metadata(metadata, self.annotations, self.is_orphan);
        root.insert("metadata".into(), Value::Object(metadata.clone()));
        let root_without_etag = Value::Object(root);
        metadata.insert("uid".into(), self.uid.to_string().into());
        if !metadata.get("etag").is_some_and(Value::is_string) {
            metadata.insert("etag".into(), hash(&root_without_etag).into());
        }
        let mut root = root_without_etag;
        root["metadata"] = Value::Object(metadata);

        let entity = Entity::parse(root.to_string())?;
        match ambiguous_keys(&entity) {
            ambiguous if ambiguous.is_empty() => Ok(entity),
            ambiguous => Err(StitchError::AmbiguousKeys(ambiguous)),
        }
    }
}

fn final_metadata(
    mut source: Map<String, Value>,
    set: &[(&str, &str)],
    is_orphan: bool,
) -> Map<String, Value> {
    let mut metadata = Map::new();
    if !source.contains_key("namespace") {
        metadata.insert(
            "namespace".into(),
            callboard_policy::DEFAULT_NAMESPACE.into(),
        );
    }
    let mut annotations: Map<String, Value> = set
        .iter()
        .map(|(key, value)| ((*key).to_owned(), Value::from(*value)))
        .collect();
    if let Some(Value::Object(written)) = source.remove("annotations") {
        for (key, value) in written {
            annotations.entry(key).or_insert(value);
        }
    }
    if is_orphan {
        annotations.insert(ORPHAN_ANNOTATION.into(), "true".into());
    }
    if !annotations.is_empty() {
        metadata.insert("annotations".into(), annotations.into());
    }
    metadata.extend(source);
    metadata
}

/// SHA-1 in hexadecimal over the JSON with its members sorted.
fn hash(value: &Value) -> String {
    let mut text = String::new();
    write_sorted(value, &mut text);
    Sha1::digest(text.as_bytes())
        .iter()
        .fold(String::new(), |mut hex, byte| {
            // Writing to a string cannot fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}

fn write_sorted(value: &Value, out: &mut String) {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by_key(|(key, _)| key.as_str());
            out.push('{');
            for (key, value) in members {
                let _ = write!(out, "{}:", Value::from(key.as_str()));
                write_sorted(value, out);
                out.push(',');
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for item in items {
                write_sorted(item, out);
                out.push(',');
            }
            out.push(']');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            let _ = write!(out, "{value}");
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn stitch(entity: Value) -> Stitch<'static> {
        Stitch {
            entity,
            uid: Uuid::nil(),
            annotations: &[],
            relations: &[],
            status: &[],
            is_orphan: false,
        }
    }

    #[test]
    fn members_stand_where_upstream_puts_them() {
        let relation = Relation {
            relation_type: "ownedBy".into(),
            target: "group:default/a".parse().unwrap(),
        };
        let written = json!({"kind": "K", "metadata": {"name": "n", "annotations": {"b": "x", "a": "old"}}, "spec": {}});
        let entity = Stitch {
            annotations: &[("a", "new")],
            relations: &[relation],
            status: &[StatusItem::processing_error("InputError", "no")],
            is_orphan: true,
            ..stitch(written)
        };

        let text = entity.finish().unwrap().json().to_owned();

        let etag = text
            .split("\"etag\":\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap();
        assert_eq!(
            text,
            format!(
                concat!(
                    r#"{{"metadata":{{"namespace":"default","annotations":{{"a":"new","b":"x","backstage.io/orphan":"true"}},"#,
                    r#""name":"n","uid":"00000000-0000-0000-0000-000000000000","etag":"{}"}},"kind":"K","spec":{{}},"#,
                    r#""status":{{"items":[{{"type":"backstage.io/catalog-processing","level":"error","message":"InputError: no","#,
                    r#""error":{{"name":"InputError","message":"no"}}}}]}},"#,
                    r#""relations":[{{"type":"ownedBy","targetRef":"group:default/a"}}]}}"#
                ),
                etag
            )
        );
    }

    #[test]
    fn the_etag_follows_the_content_and_not_its_order() {
        let etag = |entity| stitch(entity).finish().unwrap().etag().unwrap().to_owned();

        let first = etag(json!({"kind": "K", "metadata": {"name": "n"}, "spec": {"a": 1, "b": 2}}));

        assert_eq!(first.len(), 40);
        assert_eq!(
            first,
            etag(json!({"metadata": {"name": "n"}, "spec": {"b": 2, "a": 1}, "kind": "K"}))
        );
        assert_ne!(
            first,
            etag(json!({"kind": "K", "metadata": {"name": "n"}, "spec": {"a": 1, "b": 3}}))
        );
        assert_eq!(
            etag(json!({"kind": "K", "metadata": {"name": "n", "etag": "own"}})),
            "own"
        );
    }

    #[test]
    fn keys_that_differ_only_in_case_are_refused() {
        let error =
            stitch(json!({"kind": "K", "metadata": {"name": "n"}, "spec": {"foo": 1, "Foo": 2}}))
                .finish();

        assert_eq!(
            error.unwrap_err().to_string(),
            "Entity has duplicate keys that vary only in casing, 'spec.foo'"
        );
    }
}
