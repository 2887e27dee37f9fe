//! The permission rules of the catalog: each decides one entity and filters many.

use callboard_policy::{Condition, Criteria};
use serde_json::Value;

use crate::{
    entity::Entity,
    filter::{Filter, Match},
    parameter::{self, Form, Given, Parameter},
    term::{RowValue, Rows},
};

/// The type of the resources that the rules are about.
pub const RESOURCE_TYPE: &str = "catalog-entity";

/// A permission rule.
///
/// Its two faces, [`Rule::matches`] and [`Rule::filter`], agree but for one thing: the filter
/// compares the claims of `IS_ENTITY_OWNER` without case.
#[derive(Debug)]
pub struct Rule {
    /// Its name, such as `IS_ENTITY_OWNER`.
    pub name: &'static str,
    /// What it does, in a sentence for administrators.
    pub description: &'static str,
    parameters: &'static [Parameter],
    matches_rows_of: fn(&Given<'_>) -> Match,
}

/// Why a condition could not be evaluated; the messages are those of the wire.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// The catalog has no such rule.
    #[error("Permission rule '{0}' does not exist for resource type 'catalog-entity'")]
    Unknown(String),
    /// A parameter is missing or of another type.
    #[error("Parameters to rule are invalid; caused by Error: {0}")]
    Parameters(String),
}

/// Every rule, ordered by name.
pub static RULES: [Rule; 6] = [
    Rule {
        name: "HAS_ANNOTATION",
        description: "Allow entities with the specified annotation",
        parameters: &[
            Parameter {
                name: "annotation",
                description: "Name of the annotation to match on",
                form: Form::Text,
            },
            Parameter {
                name: "value",
                description: "Value of the annotation to match on",
                form: Form::OptionalText,
            },
        ],
        matches_rows_of: |given| given.member("metadata.annotations", "annotation"),
    },
    Rule {
        name: "HAS_LABEL",
        description: "Allow entities with the specified label",
        parameters: &[
            Parameter {
                name: "label",
                description: "Name of the label to match on",
                form: Form::Text,
            },
            Parameter {
                name: "value",
                description: "Value of the label to match on",
                form: Form::OptionalText,
            },
        ],
        matches_rows_of: |given| given.member("metadata.labels", "label"),
    },
    Rule {
        name: "HAS_METADATA",
        description: "Allow entities with the specified metadata subfield",
        parameters: &[
            Parameter {
                name: "key",
                description: "Property within the entities metadata to match on",
                form: Form::Text,
            },
            Parameter {
                name: "value",
                description: "Value of the given property to match on",
                form: Form::OptionalText,
            },
        ],
        matches_rows_of: |given| given.member("metadata", "key"),
    },
    Rule {
        name: "HAS_SPEC",
        description: "Allow entities with the specified spec subfield",
        parameters: &[
            Parameter {
                name: "key",
                description: "Property within the entities spec to match on",
                form: Form::Text,
            },
            Parameter {
                name: "value",
                description: "Value of the given property to match on",
                form: Form::OptionalText,
            },
        ],
        matches_rows_of: |given| given.member("spec", "key"),
    },
    Rule {
        name: "IS_ENTITY_KIND",
        description: "Allow entities matching a specified kind",
        parameters: &[Parameter {
            name: "kinds",
            description: "List of kinds to match at least one of",
            form: Form::Texts,
        }],
        matches_rows_of: |given| Match::one_of("kind", given.texts("kinds")),
    },
    Rule {
        name: IS_ENTITY_OWNER,
        description: "Allow entities owned by a specified claim",
        parameters: &[Parameter {
            name: "claims",
            description: "List of claims to match at least one on within ownedBy",
            form: Form::Texts,
        }],
        matches_rows_of: |given| Match::one_of("relations.ownedBy", given.texts("claims")),
    },
];

const IS_ENTITY_OWNER: &str = "IS_ENTITY_OWNER";

impl Rule {
    /// The rule with a name.
    pub fn find(name: &str) -> Option<&'static Self> {
        RULES.iter().find(|rule| rule.name == name)
    }

    /// The JSON schema (draft 7) of the parameters, as the metadata endpoint serves it.
    pub fn params_schema(&self) -> Value {
        parameter::schema(self.parameters)
    }

    /// Whether an entity passes. Parameters that the rule does not know are ignored.
    ///
    /// # Errors
    ///
    /// [`RuleError::Parameters`] when the parameters do not fit.
    pub fn matches(&self, entity: &Entity, params: &Value) -> Result<bool, RuleError> {
        let given = self.parameters(params)?;
        Ok(Decision::of(self, &given).accepts(&mut Subject::new(entity)))
    }

    /// What entities must be like to pass.
    ///
    /// # Errors
    ///
    /// [`RuleError::Parameters`] when the parameters do not fit.
    pub fn filter(&self, params: &Value) -> Result<Filter, RuleError> {
        let given = self.parameters(params)?;
        Ok((self.matches_rows_of)(&given).into())
    }

    /// Checks parameters against the rule's needs.
    ///
    /// # Errors
    ///
    /// [`RuleError::Parameters`] when they do not fit.
    pub fn check(&self, params: &Value) -> Result<(), RuleError> {
        self.parameters(params).map(drop)
    }

    fn parameters<'a>(&self, params: &'a Value) -> Result<Given<'a>, RuleError> {
        Given::check(self.parameters, params).map_err(RuleError::Parameters)
    }
}

/// Compiles conditions to the filter that a list is restricted by.
///
/// # Errors
///
/// [`RuleError`] when any condition of the tree cannot be evaluated. The caller must then
/// deny: leaving the condition out would widen access wherever it stands below a *not*.
pub fn conditions_filter(criteria: &Criteria<Condition>) -> Result<Filter, RuleError> {
    let leaf = |condition: &Condition| {
        let rule = rule_of(condition)?;
        Ok((rule.matches_rows_of)(&rule.parameters(&condition.params)?))
    };
    criteria.try_map(&mut { leaf }).map(Filter)
}

/// Decides conditions for one entity.
///
/// # Errors
///
/// [`RuleError`] when any condition of the tree cannot be evaluated, also one that the answer
/// does not depend on.
pub fn conditions_match(
    criteria: &Criteria<Condition>,
    entity: &Entity,
) -> Result<bool, RuleError> {
    let leaf = |condition: &Condition| {
        let rule = rule_of(condition)?;
        Ok(Decision::of(rule, &rule.parameters(&condition.params)?))
    };
    let decisions = criteria.try_map(&mut { leaf })?;
    let mut subject = Subject::new(entity);
    Ok(decisions.evaluate(&mut |decision| decision.accepts(&mut subject)))
}

/// What a condition says of one entity, and what the entity has that was compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Whether the entity passes.
    pub holds: bool,
    /// The values as written, such as the entity's owners; null for a value too long to be
    /// compared. Empty when the entity has nothing of the kind.
    pub values: Vec<Value>,
}

/// Decides each of some conditions for one entity, in order.
///
/// # Errors
///
/// As [`conditions_match`].
pub fn conditions_found<'a>(
    conditions: impl IntoIterator<Item = &'a Condition>,
    entity: &Entity,
) -> Result<Vec<Found>, RuleError> {
    let mut subject = Subject::new(entity);
    let mut find = |condition: &Condition| {
        let rule = rule_of(condition)?;
        let decision = Decision::of(rule, &rule.parameters(&condition.params)?);
        Ok(Found {
            holds: decision.accepts(&mut subject),
            values: decision.compared(&mut subject),
        })
    };
    conditions.into_iter().map(&mut find).collect()
}

fn rule_of(condition: &Condition) -> Result<&'static Rule, RuleError> {
    Rule::find(&condition.rule).ok_or_else(|| RuleError::Unknown(condition.rule.to_string()))
}

/// A rule with its parameters, ready to decide one entity.
enum Decision {
    OwnedBy(Vec<String>),
    Rows(Match),
}

impl Decision {
    fn of(rule: &Rule, given: &Given<'_>) -> Self {
        if rule.name == IS_ENTITY_OWNER {
            Self::OwnedBy(given.texts("claims").map(String::from).collect())
        } else {
            Self::Rows((rule.matches_rows_of)(given))
        }
    }

    fn accepts(&self, subject: &mut Subject<'_>) -> bool {
        match self {
            Self::OwnedBy(claims) => subject.entity.relations().iter().any(|relation| {
                relation.relation_type == "ownedBy"
                    && claims.iter().any(|claim| claim == relation.target.as_str())
            }),
            Self::Rows(leaf) => leaf.matches(subject.rows()),
        }
    }

    /// What the entity has where the rule looks.
    fn compared(&self, subject: &mut Subject<'_>) -> Vec<Value> {
        match self {
            Self::OwnedBy(_) => {
                let relations = subject.entity.relations();
                let owners = relations
                    .iter()
                    .filter(|one| one.relation_type == "ownedBy");
                owners.map(|one| one.target.as_str().into()).collect()
            }
            Self::Rows(leaf) => {
                let rows = subject.rows().of_key(&leaf.key).iter();
                let text = |value: &RowValue| Value::from(value.original.as_str());
                rows.map(|row| row.value.as_ref().map_or(Value::Null, text))
                    .collect()
            }
        }
    }
}

/// An entity to be decided, flattened at the first need.
struct Subject<'a> {
    entity: &'a Entity,
    rows: Option<Rows>,
}

impl<'a> Subject<'a> {
    fn new(entity: &'a Entity) -> Self {
        Self { entity, rows: None }
    }

    fn rows(&mut self) -> &Rows {
        self.rows.get_or_insert_with(|| Rows::of(self.entity))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn owned() -> Entity {
        let relations = r#"[{"type":"ownedBy","targetRef":"group:default/crew"}]"#;
        Entity::parse(format!(
            r#"{{"kind":"Component","metadata":{{"name":"a"}},"relations":{relations}}}"#
        ))
        .unwrap()
    }

    #[test]
    fn the_schema_is_the_one_that_upstream_serves() {
        assert_eq!(
            Rule::find("HAS_ANNOTATION").unwrap().params_schema(),
            json!({
                "type": "object",
                "properties": {
                    "annotation": {"type": "string", "description": "Name of the annotation to match on"},
                    "value": {"type": "string", "description": "Value of the annotation to match on"},
                },
                "required": ["annotation"],
                "additionalProperties": false,
                "$schema": "http://json-schema.org/draft-07/schema#",
            })
        );
    }

    #[test]
    fn parameters_are_checked_and_unknown_ones_ignored() {
        let rule = Rule::find("IS_ENTITY_KIND").unwrap();

        assert_eq!(
            rule.matches(&owned(), &json!({"kinds": ["component"], "extra": 1})),
            Ok(true)
        );
        for (params, reason) in [
            (
                json!({"kinds": "component"}),
                "Expected array, received string at \"kinds\"",
            ),
            (
                json!({"kinds": [1]}),
                "Expected string, received number at \"kinds\"",
            ),
            (Value::Null, "Required at \"kinds\""),
            (json!([]), "Expected object, received array"),
        ] {
            let message = format!("Parameters to rule are invalid; caused by Error: {reason}");
            assert_eq!(rule.check(&params).unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn claims_are_exact_for_one_entity_and_without_case_for_lists() {
        let rule = Rule::find(IS_ENTITY_OWNER).unwrap();
        let params = json!({"claims": ["Group:default/Crew"]});

        assert_eq!(rule.matches(&owned(), &params), Ok(false));
        assert!(rule.filter(&params).unwrap().matches(&Rows::of(&owned())));
    }

    #[test]
    fn what_was_compared_is_given_as_written() {
        let found = |rule: &str, params| {
            let condition = Condition {
                rule: rule.into(),
                resource_type: RESOURCE_TYPE.into(),
                params,
            };
            conditions_found([&condition], &owned()).unwrap().remove(0)
        };

        let owners = found(IS_ENTITY_OWNER, json!({"claims": ["group:default/ushers"]}));
        assert_eq!(
            (owners.holds, owners.values),
            (false, vec![json!("group:default/crew")])
        );
        let kind = found("IS_ENTITY_KIND", json!({"kinds": ["component"]}));
        assert_eq!((kind.holds, kind.values), (true, vec![json!("Component")]));
        let label = found("HAS_LABEL", json!({"label": "tier"}));
        assert_eq!((label.holds, label.values), (false, vec![]));
    }

    #[test]
    fn a_bad_condition_spoils_the_whole_tree_even_where_it_does_not_matter() {
        let leaf = |rule: &str, params| {
            Criteria::Leaf(Condition {
                rule: rule.into(),
                resource_type: RESOURCE_TYPE.into(),
                params,
            })
        };
        let good = leaf("IS_ENTITY_KIND", json!({"kinds": ["component"]}));
        for bad in [
            leaf("IS_MAGIC", json!({})),
            leaf("HAS_SPEC", json!({"key": 1})),
        ] {
            let tree = Criteria::AnyOf(vec![good.clone(), Criteria::not(bad)]);

            assert!(conditions_match(&tree, &owned()).is_err());
            assert!(conditions_filter(&tree).is_err());
        }
    }
}
