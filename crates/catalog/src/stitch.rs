//! Stitching: the final form of an entity out of what was read and what the hub knows.

use std::fmt::Write;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha1::{Digest, Sha1};
use uuid::Uuid;

use crate::{
    entity::{Entity, EntityError, Relation},
    term::ambiguous_keys,
};

const ORPHAN_ANNOTATION: &str = "backstage.io/orphan";
/// Annotations that pages make links of.
const LINK_ANNOTATIONS: [&str; 2] = ["backstage.io/view-url", "backstage.io/edit-url"];
const REJECTED_LINK: &str = "https://backstage.io/annotation-rejected-for-security-reasons";

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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

/// What an entity was stitched from: the source that gives the same entity again.
///
/// `has_own_etag` says whether the source gave the etag, and not the hub.
pub fn source_of(entity: &Entity, has_own_etag: bool) -> Value {
    let mut source = entity.value();
    let Some(metadata) = source.get_mut("metadata").and_then(Value::as_object_mut) else {
        return source;
    };
    metadata.shift_remove("uid");
    if !has_own_etag {
        metadata.shift_remove("etag");
    }
    // One that the source gave stands behind the annotations.
    let is_filled_in = metadata.iter().next().is_some_and(|(key, value)| {
        key == "namespace" && value == callboard_policy::DEFAULT_NAMESPACE
    });
    if is_filled_in {
        metadata.shift_remove("namespace");
    }
    if let Some(annotations) = metadata
        .get_mut("annotations")
        .and_then(Value::as_object_mut)
    {
        annotations.shift_remove(ORPHAN_ANNOTATION);
        if annotations.is_empty() {
            metadata.shift_remove("annotations");
        }
    }
    if let Some(root) = source.as_object_mut() {
        root.shift_remove("relations");
        root.shift_remove("status");
    }
    source
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
    /// [`StitchError`] when the entity has neither kind nor name.
    pub fn finish(self) -> Result<Entity, StitchError> {
        let mut source = match self.entity {
            Value::Object(source) => source,
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_) => Map::new(),
        };
        let metadata = match source.shift_remove("metadata") {
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

        let metadata = final_metadata(metadata, self.annotations, self.is_orphan);
        let has_own_etag = metadata.get("etag").is_some_and(Value::is_string);
        root.insert("metadata".into(), Value::Object(metadata));
        let etag = (!has_own_etag).then(|| hash(&root));
        if let Some(metadata) = root.get_mut("metadata").and_then(Value::as_object_mut) {
            metadata.insert("uid".into(), self.uid.to_string().into());
            if let Some(etag) = etag {
                metadata.insert("etag".into(), etag.into());
            }
        }
        let root = Value::Object(root);
        Ok(Entity::parse(root.to_string())?)
    }
}

/// Whether every key of an entity means one thing to a search, as it was read and validated.
///
/// # Errors
///
/// [`StitchError::AmbiguousKeys`] when two keys differ only in case.
pub fn check_keys(entity: &Value) -> Result<(), StitchError> {
    match ambiguous_keys(entity) {
        ambiguous if ambiguous.is_empty() => Ok(()),
        ambiguous => Err(StitchError::AmbiguousKeys(ambiguous)),
    }
}

fn final_metadata(
    mut source: Map<String, Value>,
    set: &[(&str, &str)],
    is_orphan: bool,
) -> Map<String, Value> {
    let mut metadata = Map::new();
    // It is the hub that gives it, and it does not count for the etag.
    source.shift_remove("uid");
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
    if let Some(Value::Object(written)) = source.shift_remove("annotations") {
        for (key, value) in written {
            annotations.entry(key).or_insert(value);
        }
    }
    for key in LINK_ANNOTATIONS {
        if let Some(link) = annotations.get_mut(key)
            && link.as_str().is_some_and(is_script)
        {
            *link = REJECTED_LINK.into();
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

/// Whether a browser would run a link instead of following it; white space in it counts for nothing.
fn is_script(link: &str) -> bool {
    let scheme: String = link
        .chars()
        .filter(|letter| !letter.is_whitespace() && !letter.is_control())
        .take("javascript:".len())
        .collect();
    scheme.eq_ignore_ascii_case("javascript:")
}

/// SHA-1 in hexadecimal over the JSON with its members sorted.
fn hash(root: &Map<String, Value>) -> String {
    let mut text = Vec::new();
    write_sorted_members(root, &mut text);
    Sha1::digest(&text)
        .iter()
        .fold(String::with_capacity(40), |mut hex, byte| {
            // Writing to a string cannot fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}

fn write_sorted_members(members: &Map<String, Value>, out: &mut Vec<u8>) {
    let mut members: Vec<_> = members.iter().collect();
    members.sort_unstable_by_key(|(key, _)| key.as_str());
    out.push(b'{');
    for (key, value) in members {
        write_json(key, out);
        out.push(b':');
        write_sorted(value, out);
        out.push(b',');
    }
    out.push(b'}');
}

fn write_sorted(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Object(members) => write_sorted_members(members, out),
        Value::Array(items) => {
            out.push(b'[');
            for item in items {
                write_sorted(item, out);
                out.push(b',');
            }
            out.push(b']');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            write_json(value, out);
        }
    }
}

fn write_json(scalar: &(impl Serialize + ?Sized), out: &mut Vec<u8>) {
    // Neither writing to memory nor serialising a scalar can fail.
    let _ = serde_json::to_writer(out, scalar);
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
    fn an_entity_gives_back_what_it_was_stitched_from() {
        for source in [
            json!({"kind": "K", "metadata": {"name": "n"}, "spec": {"b": 1, "a": 2}}),
            json!({"kind": "K", "metadata": {"namespace": "default", "name": "n", "annotations": {"x": "y"}}}),
            json!({"apiVersion": "v", "kind": "K", "metadata": {"name": "n", "namespace": "other", "uid": "own"}}),
        ] {
            let whole = Stitch {
                status: &[StatusItem::processing_error("Error", "no")],
                is_orphan: true,
                ..stitch(source.clone())
            };
            let plain = stitch(source.clone()).finish().unwrap();

            let again = stitch(source_of(&whole.finish().unwrap(), false));

            assert_eq!(again.finish().unwrap().json(), plain.json());
        }
    }

    #[test]
    fn links_that_run_scripts_are_replaced() {
        let links = json!({"backstage.io/view-url": " JavaScript:alert(1)", "backstage.io/edit-url": "https://a"});
        let entity = stitch(json!({"kind": "K", "metadata": {"name": "n", "annotations": links}}));

        let entity = entity.finish().unwrap();

        let link = |key| entity.annotation(key).unwrap().into_owned();
        assert_eq!(link("backstage.io/view-url"), REJECTED_LINK);
        assert_eq!(link("backstage.io/edit-url"), "https://a");
    }

    #[test]
    fn keys_that_differ_only_in_case_are_refused() {
        let error = check_keys(
            &json!({"kind": "K", "metadata": {"name": "n"}, "spec": {"foo": 1, "Foo": 2}}),
        );

        assert_eq!(
            error.unwrap_err().to_string(),
            "Entity has duplicate keys that vary only in casing, 'spec.foo'"
        );
    }
}
