//! Predicates: the filter language of `POST /entities/by-query` and `POST /entity-facets`.

use callboard_policy::Criteria;
use serde_json::{Map, Value};

use crate::filter::{Filter, Match};

/// Why a predicate could not be read; the messages are those of the wire.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PredicateError {
    /// The predicate, or a member of a list in it, is not an object.
    #[error(
        "Invalid filter predicate: top-level primitive values are not supported. Wrap the value in a field expression, e.g. {{ \"kind\": {0} }}"
    )]
    NotAnObject(Value),
    /// An operator has a value that it cannot have.
    #[error("Invalid filter predicate: {operator} must be {expected}")]
    Operand {
        /// The operator, such as `$all`.
        operator: &'static str,
        /// What it takes.
        expected: &'static str,
    },
    /// An operator shares its object with other members.
    #[error("Invalid filter predicate: {0} must be the only member of its object")]
    NotAlone(&'static str),
    /// A name begins as that of an operator does, but there is none like it.
    #[error("Invalid filter predicate: unknown operator `{0}`")]
    Operator(String),
    /// A field is compared with something else than a value or an operator.
    #[error(
        "Invalid filter predicate value for field \"{field}\": expected a primitive value, $exists, $in, $hasPrefix, or $contains operator, but got {found}"
    )]
    Value {
        /// The field in lower case.
        field: String,
        /// What was given.
        found: Value,
    },
    /// An object was to be found in a list that is not `relations`.
    #[error("Object form of $contains is not supported for field \"{0}\"")]
    ContainsObject(String),
    /// `$contains` has a list or null.
    #[error("Unsupported $contains target for field \"{field}\": {found}")]
    ContainsTarget {
        /// The field in lower case.
        field: String,
        /// What was given.
        found: Value,
    },
    /// A relation was described by another member than `type` and `targetRef`.
    #[error(
        "Unsupported key \"{0}\" in $contains for \"relations\". Only \"type\" and \"targetRef\" are supported"
    )]
    RelationKey(String),
    /// A relation was described without its type.
    #[error("The $contains operator for \"relations\" requires a \"type\" string property")]
    RelationType,
    /// The target of a relation is neither a string nor a list of them.
    #[error(
        "Unsupported value in $contains for \"relations\": expected a string or {{ \"$in\": [strings] }}, but got {0}"
    )]
    RelationTarget(Value),
}

impl Filter {
    /// Reads a predicate.
    ///
    /// An object is one of `{"$all": […]}`, `{"$any": […]}`, `{"$not": …}`, or maps paths to a
    /// value or to one of `$exists`, `$in`, `$hasPrefix`, `$contains`; its members are *and*ed.
    /// Strings are compared without case. Null equals nothing.
    ///
    /// # Errors
    ///
    /// [`PredicateError`] at the first part that is none of these.
    pub fn from_predicate(predicate: &Value) -> Result<Self, PredicateError> {
        let Value::Object(members) = predicate else {
            return Err(PredicateError::NotAnObject(predicate.clone()));
        };
        if let Some(member) = operand(members, "$not")? {
            return Ok(Self(Criteria::not(Self::from_predicate(member)?.0)));
        }
        if let Some(list) = operand(members, "$all")? {
            return Ok(Self(Criteria::AllOf(from_predicates("$all", list)?)));
        }
        if let Some(list) = operand(members, "$any")? {
            return Ok(Self(Criteria::AnyOf(from_predicates("$any", list)?)));
        }
        if let Some(operator) = members.keys().find(|name| name.starts_with('$')) {
            return Err(PredicateError::Operator(operator.clone()));
        }
        let fields: Result<Vec<_>, _> = members
            .iter()
            .map(|(field, value)| from_field(&field.to_lowercase(), value))
            .collect();
        Ok(Self::all_of(fields?))
    }
}

fn operand<'a>(
    members: &'a Map<String, Value>,
    operator: &'static str,
) -> Result<Option<&'a Value>, PredicateError> {
    match members.get(operator) {
        Some(_) if members.len() > 1 => Err(PredicateError::NotAlone(operator)),
        found => Ok(found),
    }
}

fn from_predicates(
    operator: &'static str,
    list: &Value,
) -> Result<Vec<Criteria<Match>>, PredicateError> {
    let Value::Array(list) = list else {
        return Err(PredicateError::Operand {
            operator,
            expected: "an array",
        });
    };
    list.iter()
        .map(|member| Filter::from_predicate(member).map(|filter| filter.0))
        .collect()
}

fn from_field(field: &str, value: &Value) -> Result<Filter, PredicateError> {
    if let Some(text) = primitive(value) {
        return Ok(Match::one_of(field, [text]).into());
    }
    let invalid = || PredicateError::Value {
        field: field.to_owned(),
        found: value.clone(),
    };
    match value {
        // Null equals nothing, not even null.
        Value::Null => Ok(Match::one_of::<&str>(field, []).into()),
        Value::Object(members) if members.len() == 1 => {
            if let Some(exists) = members.get("$exists") {
                let exists = exists.as_bool().ok_or(PredicateError::Operand {
                    operator: "$exists",
                    expected: "a boolean",
                })?;
                let there = Criteria::Leaf(Match::exists(field));
                return Ok(Filter(if exists { there } else { Criteria::not(there) }));
            }
            if let Some(list) = members.get("$in") {
                let values = list.as_array().ok_or(PredicateError::Operand {
                    operator: "$in",
                    expected: "an array",
                })?;
                let known: Option<Vec<String>> = values
                    .iter()
                    .filter(|value| !value.is_null())
                    .map(primitive)
                    .collect();
                let known = known.ok_or(PredicateError::Operand {
                    operator: "$in",
                    expected: "an array of primitive values",
                })?;
                return Ok(Match::one_of(field, known).into());
            }
            if let Some(prefix) = members.get("$hasPrefix") {
                let prefix = prefix.as_str().ok_or(PredicateError::Operand {
                    operator: "$hasPrefix",
                    expected: "a string",
                })?;
                return Ok(Match::prefix(field, prefix).into());
            }
            members
                .get("$contains")
                .map_or_else(|| Err(invalid()), |target| from_contains(field, target))
        }
        _ => Err(invalid()),
    }
}

fn from_contains(field: &str, target: &Value) -> Result<Filter, PredicateError> {
    if let Some(text) = primitive(target) {
        return Ok(Match::one_of(field, [text]).into());
    }
    match target {
        Value::Object(relation) if field == "relations" => from_relation(relation),
        Value::Object(_) => Err(PredicateError::ContainsObject(field.to_owned())),
        _ => Err(PredicateError::ContainsTarget {
            field: field.to_owned(),
            found: target.clone(),
        }),
    }
}

/// `{"relations": {"$contains": {"type": …, "targetRef": …}}}`, the only object that lists have.
fn from_relation(relation: &Map<String, Value>) -> Result<Filter, PredicateError> {
    let (mut relation_type, mut targets) = (None, None);
    for (key, value) in relation {
        match key.to_lowercase().as_str() {
            "type" => relation_type = value.as_str(),
            "targetref" => targets = Some(relation_targets(value)?),
            _ => return Err(PredicateError::RelationKey(key.clone())),
        }
    }
    let relation_type = relation_type
        .filter(|text| !text.is_empty())
        .ok_or(PredicateError::RelationType)?;
    let key = format!("relations.{relation_type}");
    Ok(targets
        .map_or_else(
            || Match::exists(&key),
            |targets| Match::one_of(&key, targets),
        )
        .into())
}

fn relation_targets(value: &Value) -> Result<Vec<&str>, PredicateError> {
    let targets = match value {
        Value::String(target) => Some(vec![target.as_str()]),
        Value::Object(members) if members.len() == 1 => members
            .get("$in")
            .and_then(Value::as_array)
            .filter(|list| !list.is_empty())
            .and_then(|list| list.iter().map(Value::as_str).collect()),
        _ => None,
    };
    targets.ok_or_else(|| PredicateError::RelationTarget(value.clone()))
}

/// The text with which a value is compared; `None` for null, lists and objects.
fn primitive(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Number(number) => Some(crate::scan::number_text(number)),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(predicate: &Value) -> Result<Criteria<Match>, String> {
        Filter::from_predicate(predicate)
            .map(|filter| filter.0)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn every_operator_becomes_a_match() {
        let leaf = |leaf| Ok(Criteria::Leaf(leaf));

        assert_eq!(
            parse(&json!({"Kind": "API"})),
            leaf(Match::one_of("kind", ["api"]))
        );
        assert_eq!(parse(&json!({"a": 1.0})), leaf(Match::one_of("a", ["1"])));
        assert_eq!(
            parse(&json!({"a": null})),
            leaf(Match::one_of::<&str>("a", []))
        );
        assert_eq!(
            parse(&json!({"a": {"$exists": true}})),
            leaf(Match::exists("a"))
        );
        assert_eq!(
            parse(&json!({"a": {"$exists": false}})),
            Ok(Criteria::not(Criteria::Leaf(Match::exists("a"))))
        );
        assert_eq!(
            parse(&json!({"a": {"$in": ["X", true, null]}})),
            leaf(Match::one_of("a", ["x", "true"]))
        );
        assert_eq!(
            parse(&json!({"a": {"$hasPrefix": "Te"}})),
            leaf(Match::prefix("a", "te"))
        );
        assert_eq!(
            parse(&json!({"a": {"$contains": "X"}})),
            leaf(Match::one_of("a", ["x"]))
        );
        assert_eq!(
            parse(
                &json!({"relations": {"$contains": {"type": "ownedBy", "targetRef": {"$in": ["Group:a/b"]}}}})
            ),
            leaf(Match::one_of("relations.ownedby", ["group:a/b"]))
        );
        assert_eq!(
            parse(&json!({"relations": {"$contains": {"type": "ownedBy"}}})),
            leaf(Match::exists("relations.ownedby"))
        );
    }

    #[test]
    fn trees_keep_their_shape_and_an_empty_object_accepts_everything() {
        assert_eq!(
            parse(&json!({"$any": [{"a": 1, "b": 2}, {"$not": {"$all": []}}, {}]})),
            Ok(Criteria::AnyOf(vec![
                Criteria::AllOf(vec![
                    Criteria::Leaf(Match::one_of("a", ["1"])),
                    Criteria::Leaf(Match::one_of("b", ["2"]))
                ]),
                Criteria::not(Criteria::AllOf(vec![])),
                Criteria::AllOf(vec![]),
            ]))
        );
    }

    #[test]
    fn what_is_no_predicate_is_refused() {
        for (predicate, message) in [
            (
                json!("x"),
                "Invalid filter predicate: top-level primitive values are not supported",
            ),
            (
                json!({"$all": [1]}),
                "Invalid filter predicate: top-level primitive values are not supported",
            ),
            (
                json!({"$all": {}}),
                "Invalid filter predicate: $all must be an array",
            ),
            (
                json!({"$not": {}, "a": 1}),
                "Invalid filter predicate: $not must be the only member",
            ),
            (
                json!({"kind": "api", "$some": []}),
                "Invalid filter predicate: unknown operator `$some`",
            ),
            (
                json!({"a": [1]}),
                "Invalid filter predicate value for field \"a\": expected a primitive value",
            ),
            (
                json!({"a": {"$exists": 1}}),
                "Invalid filter predicate: $exists must be a boolean",
            ),
            (
                json!({"a": {"$contains": {"type": "x"}}}),
                "Object form of $contains is not supported for field \"a\"",
            ),
            (
                json!({"relations": {"$contains": {}}}),
                "The $contains operator for \"relations\" requires a \"type\"",
            ),
        ] {
            let error = parse(&predicate).unwrap_err();
            assert!(error.starts_with(message), "{predicate}: {error}");
        }
    }
}
