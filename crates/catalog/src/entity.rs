//! One final entity: its JSON as served, with typed access to what is asked for often.

use std::{borrow::Cow, ops::Range};

use callboard_policy::EntityRef;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{self, DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Value, value::RawValue};
use smol_str::SmolStr;

/// A final (stitched) entity.
///
/// The JSON text is kept once, as it is served; the members that have a method are found in
/// it without parsing, everything else is parsed when it is asked for.
#[derive(Debug)]
pub struct Entity {
    json: Box<str>,
    entity_ref: EntityRef,
    kind: Text,
    namespace: Text,
    name: Text,
    uid: Text,
    etag: Text,
    title: Text,
    description: Text,
    relations: Range<u32>,
}

/// A relation of an entity to another, which need not exist.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Relation {
    /// Its type, such as `ownedBy`.
    #[serde(rename = "type")]
    pub relation_type: SmolStr,
    /// The entity at its other end.
    #[serde(rename = "targetRef")]
    pub target: EntityRef,
}

/// Why a text is no entity.
#[derive(Debug, thiserror::Error)]
pub enum EntityError {
    /// It is not JSON, or lacks the members that make an entity.
    #[error("entity without the form of one")]
    Form(#[from] serde_json::Error),
    /// It is longer than 4 GiB.
    #[error("entity too large")]
    TooLarge,
}

impl Entity {
    /// Reads an entity in its final form; `kind` and `metadata.name` must be there.
    ///
    /// # Errors
    ///
    /// [`EntityError`] when the text is not such an entity.
    pub fn parse(json: impl Into<Box<str>>) -> Result<Self, EntityError> {
        let json = json.into();
        if u32::try_from(json.len()).is_err() {
            return Err(EntityError::TooLarge);
        }
        let root: Root<'_> = serde_json::from_str(&json)?;
        let metadata = root.metadata;
        let namespace = metadata
            .namespace
            .as_deref()
            .unwrap_or(callboard_policy::DEFAULT_NAMESPACE);
        let entity_ref = EntityRef::new(&root.kind.0, namespace, &metadata.name.0);
        let place = |piece: Option<Piece<'_>>| {
            piece.map_or(Text::ABSENT, |piece| Text::place(&json, piece.0))
        };
        Ok(Self {
            entity_ref,
            kind: place(Some(root.kind)),
            namespace: place(metadata.namespace),
            name: place(Some(metadata.name)),
            uid: place(metadata.uid),
            etag: place(metadata.etag),
            title: place(metadata.title),
            description: place(metadata.description),
            relations: root.relations.map_or(0..0, |raw| span_of(&json, raw.get())),
            json,
        })
    }

    /// The JSON as it is served by `by-query` and `by-refs`.
    pub fn json(&self) -> &str {
        &self.json
    }

    /// The JSON as a tree, parsed anew at each call.
    pub fn value(&self) -> Value {
        serde_json::from_str(&self.json).unwrap_or_default()
    }

    /// The canonical reference.
    pub fn entity_ref(&self) -> &EntityRef {
        &self.entity_ref
    }

    /// The kind as written, such as `Component`.
    pub fn kind(&self) -> &str {
        self.kind.get(&self.json).unwrap_or_default()
    }

    /// The namespace as written; `default` when the entity has none.
    pub fn namespace(&self) -> &str {
        self.namespace
            .get(&self.json)
            .unwrap_or(callboard_policy::DEFAULT_NAMESPACE)
    }

    /// The name as written.
    pub fn name(&self) -> &str {
        self.name.get(&self.json).unwrap_or_default()
    }

    /// The identifier that the hub gave it, absent only before stitching.
    pub fn uid(&self) -> Option<&str> {
        self.uid.get(&self.json)
    }

    /// The tag that changes with the entity, absent only before stitching.
    pub fn etag(&self) -> Option<&str> {
        self.etag.get(&self.json)
    }

    /// The title for display.
    pub fn title(&self) -> Option<&str> {
        self.title.get(&self.json)
    }

    /// The description, possibly empty.
    pub fn description(&self) -> Option<&str> {
        self.description.get(&self.json)
    }

    /// The value of an annotation; the key is compared with its case.
    pub fn annotation(&self, key: &str) -> Option<Cow<'_, str>> {
        self.text_at(&["metadata", "annotations", key])
    }

    /// A member of `spec` that is a string, such as `owner`.
    pub fn spec_text(&self, member: &str) -> Option<Cow<'_, str>> {
        self.text_at(&["spec", member])
    }

    /// The string at a path of object members; `None` when there is none or it is no string.
    pub fn text_at(&self, path: &[&str]) -> Option<Cow<'_, str>> {
        let mut parser = serde_json::Deserializer::from_str(&self.json);
        TextAt { path }
            .deserialize(&mut parser)
            .ok()
            .flatten()
            .map(|piece| piece.0)
    }

    /// The relations, in the order of the JSON.
    pub fn relations(&self) -> Vec<Relation> {
        self.relations_json()
            .and_then(|json| serde_json::from_str(json).ok())
            .unwrap_or_default()
    }

    /// Calls `emit` with the type and the target of each relation, as written.
    pub(crate) fn for_each_relation(&self, mut emit: impl FnMut(&str, &str)) {
        let relations: Vec<RelationText<'_>> = self
            .relations_json()
            .and_then(|json| serde_json::from_str(json).ok())
            .unwrap_or_default();
        for relation in relations {
            emit(&relation.relation_type, &relation.target);
        }
    }

    /// The text of the `relations` member.
    pub(crate) fn relations_json(&self) -> Option<&str> {
        (!self.relations.is_empty())
            .then(|| &self.json[self.relations.start as usize..self.relations.end as usize])
    }

    /// Where the text of the `relations` member stands in the JSON; empty when there is none.
    pub(crate) fn relations_span(&self) -> Range<usize> {
        self.relations.start as usize..self.relations.end as usize
    }
}

impl PartialEq for Entity {
    fn eq(&self, other: &Self) -> bool {
        self.json == other.json
    }
}

#[derive(Deserialize)]
struct Root<'a> {
    #[serde(borrow)]
    kind: Piece<'a>,
    #[serde(borrow)]
    metadata: Metadata<'a>,
    #[serde(borrow, default)]
    relations: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Metadata<'a> {
    #[serde(borrow)]
    name: Piece<'a>,
    #[serde(borrow, default)]
    namespace: Option<Piece<'a>>,
    #[serde(borrow, default)]
    uid: Option<Piece<'a>>,
    #[serde(borrow, default)]
    etag: Option<Piece<'a>>,
    #[serde(borrow, default)]
    title: Option<Piece<'a>>,
    #[serde(borrow, default)]
    description: Option<Piece<'a>>,
}

/// A relation that nobody keeps.
#[derive(Deserialize)]
struct RelationText<'a> {
    #[serde(borrow, rename = "type")]
    relation_type: Piece<'a>,
    #[serde(borrow, rename = "targetRef")]
    target: Piece<'a>,
}

/// Where `part`, a slice of `whole`, stands in it.
fn span_of(whole: &str, part: &str) -> Range<u32> {
    let start = part.as_ptr() as usize - whole.as_ptr() as usize;
    start as u32..(start + part.len()) as u32
}

/// A string of the entity: its place in the JSON, or its own copy when escapes hide it.
#[derive(Debug)]
enum Text {
    At { start: u32, len: u32 },
    Copied(Box<str>),
}

impl Text {
    // No string can start before the brace that opens the entity.
    const ABSENT: Self = Self::At { start: 0, len: 0 };

    fn place(json: &str, text: Cow<'_, str>) -> Self {
        match text {
            Cow::Borrowed(text) => {
                let span = span_of(json, text);
                Self::At {
                    start: span.start,
                    len: span.end - span.start,
                }
            }
            Cow::Owned(text) => Self::Copied(text.into()),
        }
    }

    fn get<'a>(&'a self, json: &'a str) -> Option<&'a str> {
        match self {
            Self::At { start: 0, .. } => None,
            Self::At { start, len } => Some(&json[*start as usize..(*start + *len) as usize]),
            Self::Copied(text) => Some(text),
        }
    }
}

/// A JSON string, borrowed where it has no escapes.
pub(crate) struct Piece<'a>(pub(crate) Cow<'a, str>);

impl std::ops::Deref for Piece<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Piece<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PieceVisitor;

        impl<'de> Visitor<'de> for PieceVisitor {
            type Value = Piece<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Piece(Cow::Borrowed(text)))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Piece(Cow::Owned(text.to_owned())))
            }
        }

        deserializer.deserialize_str(PieceVisitor)
    }
}

/// Descends along object members to a string, skipping everything else unparsed.
struct TextAt<'p> {
    path: &'p [&'p str],
}

impl<'de> DeserializeSeed<'de> for TextAt<'_> {
    type Value = Option<Piece<'de>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for TextAt<'_> {
    type Value = Option<Piece<'de>>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("any value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(key) = map.next_key::<Piece<'de>>()? {
            match self.path.split_first() {
                Some((first, rest)) if *first == &*key => {
                    found = map.next_value_seed(TextAt { path: rest })?;
                }
                Some(_) | None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(found)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(self.path.is_empty().then_some(Piece(Cow::Borrowed(text))))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(self
            .path
            .is_empty()
            .then(|| Piece(Cow::Owned(text.to_owned()))))
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAGE: &str = r#"{"kind":"Component","metadata":{"name":"Stage","title":"The \"Stage\"","uid":"u-1",
        "annotations":{"example.com/a":"x\ny","b":"z"}},"spec":{"owner":"crew","port":1},
        "relations":[{"type":"ownedBy","targetRef":"group:default/crew"}]}"#;

    #[test]
    fn members_are_read_as_written() {
        let entity = Entity::parse(STAGE).unwrap();

        assert_eq!(entity.entity_ref().as_str(), "component:default/stage");
        assert_eq!(
            (entity.kind(), entity.namespace(), entity.name()),
            ("Component", "default", "Stage")
        );
        assert_eq!(
            (entity.title(), entity.uid(), entity.etag()),
            (Some("The \"Stage\""), Some("u-1"), None)
        );
        assert_eq!(entity.annotation("example.com/a").as_deref(), Some("x\ny"));
        assert_eq!(entity.spec_text("owner").as_deref(), Some("crew"));
        assert_eq!(entity.spec_text("port"), None);
        assert_eq!(entity.relations()[0].target.as_str(), "group:default/crew");
    }

    #[test]
    fn an_entity_without_a_name_is_refused() {
        assert!(Entity::parse(r#"{"kind":"Component","metadata":{}}"#).is_err());
    }
}
