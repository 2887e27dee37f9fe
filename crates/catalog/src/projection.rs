//! The forms in which an entity is written out: whole, with relation targets, or some fields.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::entity::{Entity, Piece};

/// The fields that a client wants to see, as dotted paths with their case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fields {
    // INVARIANT: no path is empty.
    paths: Vec<String>,
}

/// Why a `fields` parameter could not be read; the message is that of the wire.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FieldsError {
    /// A path reaches into an array.
    #[error("Invalid field \"{0}\", array type fields are not supported")]
    Array(String),
}

impl Fields {
    /// Reads the `fields` parameters of a query string, decoded, or the `fields` member of a
    /// body; `None` when they name nothing.
    ///
    /// # Errors
    ///
    /// [`FieldsError::Array`] when a path has a bracket.
    pub fn parse<S: AsRef<str>>(parameters: &[S]) -> Result<Option<Self>, FieldsError> {
        let names = parameters
            .iter()
            .flat_map(|parameter| parameter.as_ref().split(','))
            .map(str::trim);
        let paths: Vec<String> = names
            .filter(|name| !name.is_empty())
            .map(String::from)
            .collect();
        if let Some(path) = paths.iter().find(|path| path.contains('[')) {
            return Err(FieldsError::Array(path.clone()));
        }
        Ok((!paths.is_empty()).then_some(Self { paths }))
    }
}

impl Entity {
    /// Writes the entity as `GET /entities`, `by-name` and `by-uid` give it: every relation
    /// has the deprecated member `target` too.
    pub fn write_with_targets(&self, out: &mut Vec<u8>) {
        let span = self.relations_span();
        let Some(relations) = self.relations_json().and_then(with_targets) else {
            out.extend_from_slice(self.json().as_bytes());
            return;
        };
        out.extend_from_slice(&self.json().as_bytes()[..span.start]);
        out.extend_from_slice(relations.as_bytes());
        out.extend_from_slice(&self.json().as_bytes()[span.end..]);
    }

    /// Writes some fields of the entity; those that it lacks are left out.
    ///
    /// A key with dots is found by joining as few parts of the path as will do.
    pub fn write_fields(&self, fields: &Fields, out: &mut Vec<u8>) {
        write(&self.projected(fields), out);
    }

    /// Writes some fields, and in `relations`, if it is one of them, the targets too.
    pub fn write_fields_with_targets(&self, fields: &Fields, out: &mut Vec<u8>) {
        let mut projected = self.projected(fields);
        let relations = self
            .relations_json()
            .and_then(with_targets)
            .and_then(|json| RawValue::from_string(json).ok());
        if let (Projected::Object(members), Some(relations)) = (&mut projected, &relations)
            && let Some(member) = members.get_mut("relations")
        {
            *member = Projected::Raw(relations);
        }
        write(&projected, out);
    }

    /// The entity reduced to some fields, as text.
    pub fn project(&self, fields: &Fields) -> String {
        let mut out = Vec::new();
        self.write_fields(fields, &mut out);
        String::from_utf8(out).unwrap_or_default()
    }

    fn projected(&self, fields: &Fields) -> Projected<'_> {
        let mut root = Projected::Object(IndexMap::new());
        for path in &fields.paths {
            if let Some((keys, value)) = find(self.json(), path) {
                root.put(&keys, value);
            }
        }
        root
    }
}

/// A part of an entity: text taken over, or an object of parts.
#[derive(Serialize)]
#[serde(untagged)]
enum Projected<'a> {
    Raw(&'a RawValue),
    Object(IndexMap<String, Projected<'a>>),
}

impl<'a> Projected<'a> {
    fn put(&mut self, keys: &[String], value: &'a RawValue) {
        match (self, keys) {
            // What is there as a whole has all its members already.
            (Self::Raw(_), _) | (Self::Object(_), []) => {}
            (Self::Object(members), [last]) => drop(members.insert(last.clone(), Self::Raw(value))),
            (Self::Object(members), [first, rest @ ..]) => {
                members
                    .entry(first.clone())
                    .or_insert_with(|| Self::Object(IndexMap::new()))
                    .put(rest, value);
            }
        }
    }
}

/// Follows a dotted path through objects: the keys that it stands for, and what is there.
fn find<'a>(json: &'a str, path: &str) -> Option<(Vec<String>, &'a RawValue)> {
    let (mut keys, mut value) = (Vec::new(), None);
    let (mut members, mut key) = (members_of(json)?, String::new());
    let mut parts = path.split('.').peekable();
    while let Some(part) = parts.next() {
        key.push_str(part);
        match members.iter().find(|(known, _)| *known.0 == key) {
            Some((_, found)) => {
                keys.push(std::mem::take(&mut key));
                value = Some(*found);
                members = members_of(found.get()).unwrap_or_default();
            }
            None => {
                parts.peek()?;
                key.push('.');
            }
        }
    }
    value.map(|value| (keys, value))
}

/// The members of an object, their values unparsed; `None` for everything else.
fn members_of(json: &str) -> Option<Vec<(Piece<'_>, &RawValue)>> {
    struct Members<'a>(Vec<(Piece<'a>, &'a RawValue)>);

    impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct MembersVisitor;

            impl<'de> serde::de::Visitor<'de> for MembersVisitor {
                type Value = Members<'de>;

                fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str("an object")
                }

                fn visit_map<A: serde::de::MapAccess<'de>>(
                    self,
                    mut map: A,
                ) -> Result<Self::Value, A::Error> {
                    let mut members = Vec::new();
                    while let Some(member) = map.next_entry()? {
                        members.push(member);
                    }
                    Ok(Members(members))
                }
            }

            deserializer.deserialize_map(MembersVisitor)
        }
    }

    serde_json::from_str(json)
        .ok()
        .map(|members: Members<'_>| members.0)
}

/// The text of the relations with the member `target` put into each.
fn with_targets(relations: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct TargetRef<'a> {
        #[serde(borrow, rename = "targetRef")]
        text: Piece<'a>,
    }

    #[derive(Serialize)]
    struct Target<'a> {
        kind: &'a str,
        namespace: &'a str,
        name: &'a str,
    }

    let list: Vec<&RawValue> = serde_json::from_str(relations).ok()?;
    let mut out = String::with_capacity(relations.len() * 2);
    out.push('[');
    for (index, relation) in list.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        let target_ref: TargetRef<'_> = serde_json::from_str(relation.get()).ok()?;
        let target = callboard_policy::EntityRef::parse(&target_ref.text).ok()?;
        let target = Target {
            kind: target.kind(),
            namespace: target.namespace(),
            name: target.name(),
        };
        out.push_str(relation.get().trim_end().strip_suffix('}')?);
        out.push_str(r#","target":"#);
        out.push_str(&serde_json::to_string(&target).ok()?);
        out.push('}');
    }
    out.push(']');
    Some(out)
}

fn write(projected: &Projected<'_>, out: &mut Vec<u8>) {
    // Writing to memory cannot fail, and every key is a string.
    let _ = serde_json::to_writer(out, projected);
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAGE: &str = r#"{"kind":"Component","metadata":{"name":"stage","annotations":{"example.com/a":"1","example":{"com/b":2}},"tags":["x"]},"spec":{"owner":"crew","deep":{"er":null}},"relations":[{"type":"ownedBy","targetRef":"group:default/crew"},{"type":"partOf","targetRef":"system:other/house"}]}"#;

    fn project(fields: &[&str]) -> String {
        Entity::parse(STAGE)
            .unwrap()
            .project(&Fields::parse(fields).unwrap().unwrap())
    }

    #[test]
    fn fields_keep_their_nesting_and_missing_ones_are_left_out() {
        assert_eq!(
            project(&["metadata.name, kind", "spec.owner"]),
            r#"{"metadata":{"name":"stage"},"kind":"Component","spec":{"owner":"crew"}}"#
        );
        assert_eq!(
            project(&["spec.nope.deep", "Kind", "metadata.tags.x"]),
            "{}"
        );
        assert_eq!(
            project(&["spec.deep.er", "spec.owner.x"]),
            r#"{"spec":{"deep":{"er":null}}}"#
        );
    }

    #[test]
    fn a_whole_object_holds_its_members() {
        assert_eq!(
            project(&["spec.deep", "spec.deep.er"]),
            r#"{"spec":{"deep":{"er":null}}}"#
        );
        assert_eq!(
            project(&["spec.deep.er", "spec"]),
            r#"{"spec":{"owner":"crew","deep":{"er":null}}}"#
        );
    }

    #[test]
    fn keys_with_dots_are_found() {
        assert_eq!(
            project(&["metadata.annotations.example.com/b"]),
            r#"{"metadata":{"annotations":{"example":{"com/b":2}}}}"#
        );
        let plain = Entity::parse(
            r#"{"kind":"K","metadata":{"name":"n","annotations":{"example.com/a":"1"}}}"#,
        )
        .unwrap();
        let fields = Fields::parse(&["metadata.annotations.example.com/a"])
            .unwrap()
            .unwrap();
        assert_eq!(
            plain.project(&fields),
            r#"{"metadata":{"annotations":{"example.com/a":"1"}}}"#
        );
    }

    #[test]
    fn brackets_are_refused() {
        assert_eq!(
            Fields::parse(&["metadata.tags[0]"])
                .unwrap_err()
                .to_string(),
            "Invalid field \"metadata.tags[0]\", array type fields are not supported"
        );
    }

    #[test]
    fn every_relation_gets_its_target() {
        let mut out = Vec::new();
        Entity::parse(STAGE).unwrap().write_with_targets(&mut out);

        let value: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(
            value["relations"][1]["target"],
            serde_json::json!({"kind":"system","namespace":"other","name":"house"})
        );
        assert_eq!(value["spec"]["owner"], "crew");

        let mut fields = Vec::new();
        let wanted = Fields::parse(&["relations"]).unwrap().unwrap();
        Entity::parse(STAGE)
            .unwrap()
            .write_fields_with_targets(&wanted, &mut fields);
        assert_eq!(
            serde_json::from_slice::<serde_json::Value>(&fields).unwrap()["relations"],
            value["relations"]
        );
    }

    #[test]
    fn an_entity_without_relations_is_written_as_it_is() {
        let json = r#"{"kind":"K","metadata":{"name":"n"}}"#;
        let mut out = Vec::new();
        Entity::parse(json).unwrap().write_with_targets(&mut out);

        assert_eq!(out, json.as_bytes());
    }
}
