//! Conditions: rules applied to a resource, and their form on the wire.

use std::sync::LazyLock;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};
use smol_str::SmolStr;

use crate::Criteria;

/// One rule with its parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// The rule's name, such as `IS_ENTITY_OWNER`.
    pub rule: SmolStr,
    /// The type of the resources that the rule is about. It is not compared with anything.
    pub resource_type: SmolStr,
    /// The parameters as stored; `Null` when there are none.
    ///
    /// Anything but an object or `Null` is a parameter that no rule accepts.
    pub params: Value,
}

impl Condition {
    /// The parameters as an object: an empty one when there are none.
    ///
    /// `None` when the parameters are no object, which every rule must refuse.
    pub fn params_object(&self) -> Option<&Map<String, Value>> {
        static EMPTY: LazyLock<Map<String, Value>> = LazyLock::new(Map::new);
        match &self.params {
            Value::Null => Some(&EMPTY),
            Value::Object(params) => Some(params),
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => None,
        }
    }

    /// Replaces the aliases in the top-level parameters.
    ///
    /// In a list, each `$currentUser` becomes the user and each `$ownerRefs` becomes all of
    /// `ownership`, spliced in place. A plain `$currentUser` becomes the user. Everything
    /// else stays: longer strings, nested values, other words that begin with `$`.
    pub fn resolve(&self, user: &str, ownership: &[SmolStr]) -> Self {
        let mut resolved = self.clone();
        if let Value::Object(params) = &mut resolved.params {
            for value in params.values_mut() {
                resolve_value(value, user, ownership);
            }
        }
        resolved
    }
}

/// The reference of the user who asks.
const CURRENT_USER: &str = "$currentUser";
/// The references in whose name the user owns things.
const OWNER_REFS: &str = "$ownerRefs";

fn resolve_value(value: &mut Value, user: &str, ownership: &[SmolStr]) {
    match value {
        Value::String(text) if text == CURRENT_USER => user.clone_into(text),
        Value::Array(items) => {
            let mut resolved = Vec::with_capacity(items.len());
            for item in items.drain(..) {
                match item.as_str() {
                    Some(CURRENT_USER) => resolved.push(Value::from(user)),
                    Some(OWNER_REFS) => {
                        resolved.extend(ownership.iter().map(|owner| Value::from(owner.as_str())));
                    }
                    Some(_) | None => resolved.push(item),
                }
            }
            *items = resolved;
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {}
    }
}

impl Criteria<Condition> {
    /// Reads criteria from their wire form.
    ///
    /// A node that has several forms side by side is read as the first of `anyOf`, `allOf`,
    /// `not` and `rule` that it has; its other members are dropped.
    ///
    /// # Errors
    ///
    /// [`CriteriaError`] at the first node that is none of them. A list must have members.
    ///
    /// # Source
    ///
    /// Mirrors upstream's `apply-conditions` endpoint for mixed nodes.
    pub fn from_json(value: &Value) -> Result<Self, CriteriaError> {
        let Value::Object(node) = value else {
            return Err(CriteriaError::NotAnObject);
        };
        if let Some(members) = node.get("anyOf") {
            return members_from_json("anyOf", members).map(Self::AnyOf);
        }
        if let Some(members) = node.get("allOf") {
            return members_from_json("allOf", members).map(Self::AllOf);
        }
        if let Some(member) = node.get("not") {
            return Self::from_json(member).map(Self::not);
        }
        let text = |key| {
            node.get(key)
                .and_then(Value::as_str)
                .filter(|text| !text.is_empty())
        };
        let Some(rule) = text("rule") else {
            return Err(CriteriaError::MissingRule);
        };
        let Some(resource_type) = text("resourceType") else {
            return Err(CriteriaError::MissingResourceType(rule.into()));
        };
        Ok(Self::Leaf(Condition {
            rule: rule.into(),
            resource_type: resource_type.into(),
            params: node.get("params").cloned().unwrap_or_default(),
        }))
    }

    /// The criteria in their wire form; absent parameters stay absent.
    pub fn to_json(&self) -> Value {
        // Maps with names as keys, which can always be written.
        serde_json::to_value(self).unwrap_or_default()
    }
}

/// The wire form.
impl Serialize for Criteria<Condition> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut node = serializer.serialize_map(None)?;
        match self {
            Self::AllOf(members) => node.serialize_entry("allOf", members)?,
            Self::AnyOf(members) => node.serialize_entry("anyOf", members)?,
            Self::Not(member) => node.serialize_entry("not", member)?,
            Self::Leaf(condition) => {
                node.serialize_entry("rule", &condition.rule)?;
                node.serialize_entry("resourceType", &condition.resource_type)?;
                if !condition.params.is_null() {
                    node.serialize_entry("params", &condition.params)?;
                }
            }
        }
        node.end()
    }
}

fn members_from_json(
    form: &'static str,
    members: &Value,
) -> Result<Vec<Criteria<Condition>>, CriteriaError> {
    match members.as_array() {
        Some(members) if !members.is_empty() => members.iter().map(Criteria::from_json).collect(),
        Some(_) | None => Err(CriteriaError::EmptyList(form)),
    }
}

/// Why a value is no criteria.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CriteriaError {
    /// A node is not an object.
    #[error("criteria must be an object")]
    NotAnObject,
    /// `allOf` or `anyOf` is not a list, or a list of nothing.
    #[error("`{0}` must be a list with at least one member")]
    EmptyList(&'static str),
    /// A node has no form at all.
    #[error("criteria must have one of `anyOf`, `allOf`, `not` and `rule`")]
    MissingRule,
    /// A leaf does not say what it is about.
    #[error("rule `{0}` must have a `resourceType`")]
    MissingResourceType(SmolStr),
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn leaf(params: Value) -> Condition {
        Condition {
            rule: "R".into(),
            resource_type: "t".into(),
            params,
        }
    }

    #[test]
    fn the_wire_form_comes_back_unchanged() {
        let value = json!({"allOf": [
            {"rule": "A", "resourceType": "t", "params": {"x": [1]}},
            {"not": {"anyOf": [{"rule": "B", "resourceType": "u"}]}},
        ]});

        assert_eq!(Criteria::from_json(&value).unwrap().to_json(), value);
    }

    #[test]
    fn any_of_wins_in_a_mixed_node() {
        let any = json!([{"rule": "A", "resourceType": "t"}]);
        let mixed = json!({"not": {"rule": "B", "resourceType": "t"}, "rule": "C", "anyOf": any});

        assert_eq!(
            Criteria::from_json(&mixed).unwrap().to_json(),
            json!({ "anyOf": any })
        );
    }

    #[test]
    fn nodes_without_a_form_are_refused() {
        for (value, error) in [
            (json!([]), CriteriaError::NotAnObject),
            (json!({"anyOf": []}), CriteriaError::EmptyList("anyOf")),
            (
                json!({"not": {"allOf": 1}}),
                CriteriaError::EmptyList("allOf"),
            ),
            (json!({"params": {}}), CriteriaError::MissingRule),
            (
                json!({"rule": "A"}),
                CriteriaError::MissingResourceType("A".into()),
            ),
        ] {
            assert_eq!(Criteria::from_json(&value), Err(error), "{value}");
        }
    }

    #[test]
    fn aliases_are_replaced_at_the_top_level_only() {
        let condition = leaf(json!({
            "list": ["x", "$ownerRefs", "$currentUser", "$other", ["$currentUser"]],
            "one": "$currentUser",
            "owners": "$ownerRefs",
            "longer": "is $currentUser",
            "nested": {"one": "$currentUser"},
        }));

        let resolved = condition.resolve(
            "user:default/tom",
            &["group:default/a".into(), "group:default/b".into()],
        );

        let expected = json!({
            "list": ["x", "group:default/a", "group:default/b", "user:default/tom", "$other", ["$currentUser"]],
            "one": "user:default/tom",
            "owners": "$ownerRefs",
            "longer": "is $currentUser",
            "nested": {"one": "$currentUser"},
        });
        assert_eq!(resolved.params, expected);
    }
}
