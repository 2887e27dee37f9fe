//! What an entity says, without what may be as long as a book.

use callboard_catalog::Entity;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value};
use std::fmt;

/// The JSON of an entity but for the definition of an API and the relations, which pages ask the
/// index for.
pub(super) fn said(entity: &Entity) -> Value {
    serde_json::from_str::<Said>(entity.json())
        .map_or_else(|_| Value::default(), |Said(value)| value)
}

/// The definition of an API; `None` when the entity has none.
pub(super) fn definition(entity: &Entity) -> Option<String> {
    let definition = entity.text_at(&["spec", "definition"])?;
    Some(definition.into_owned())
}

struct Said(Value);

impl<'de> Deserialize<'de> for Said {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Said, D::Error> {
        deserializer.deserialize_map(Members).map(Said)
    }
}

/// The members of the entity.
struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an entity")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "relations" => drop(map.next_value::<IgnoredAny>()?),
                "spec" => drop(members.insert(key, map.next_value::<Spec>()?.0)),
                _ => drop(members.insert(key, map.next_value()?)),
            }
        }
        Ok(Value::Object(members))
    }
}

struct Spec(Value);

impl<'de> Deserialize<'de> for Spec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Spec, D::Error> {
        deserializer.deserialize_map(SpecMembers).map(Spec)
    }
}

struct SpecMembers;

impl<'de> Visitor<'de> for SpecMembers {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the spec of an entity")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "definition" => drop(map.next_value::<IgnoredAny>()?),
                _ => drop(members.insert(key, map.next_value()?)),
            }
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn definitions_and_relations_are_left_out() {
        let whole = json!({
            "kind": "API", "metadata": {"name": "seating"},
            "spec": {"type": "openapi", "definition": "openapi: 3.0.0", "owner": "crew"},
            "relations": [{"type": "ownedBy", "targetRef": "group:default/crew"}],
        });
        let entity = Entity::parse(whole.to_string()).unwrap();

        assert_eq!(
            said(&entity),
            json!({"kind": "API", "metadata": {"name": "seating"}, "spec": {"type": "openapi", "owner": "crew"}})
        );
        assert_eq!(definition(&entity).as_deref(), Some("openapi: 3.0.0"));
    }
}
