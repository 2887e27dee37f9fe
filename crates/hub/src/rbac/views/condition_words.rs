//! Conditions as people would tell them.
//!
//! A sentence is made from the same tree that decides, so what is read is what counts. A *not*
//! is told by the leaves below it: *not (A or B)* reads as *not A and not B*.

use crate::ui::Texts;
use askama::filters::HtmlSafe;
use callboard_policy::{Condition, Criteria};
use serde_json::Value;
use std::cell::Cell;
use std::fmt;

/// Words with markup of their own; values in them are escaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::rbac) struct Words(String);

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl HtmlSafe for Words {}

/// The whole sentence: `Allowed when the entity is owned by the person.`
pub(in crate::rbac) fn sentence(t: &Texts, criteria: &Criteria<Condition>) -> Words {
    let clause = clause(t, criteria);
    Words(
        t.rich("rbac-allowed-when")
            .nested("clause", &clause)
            .to_string(),
    )
}

/// What the sentence says after *when*; of a leaf it is a line of the tree.
pub(in crate::rbac) fn clause(t: &Texts, criteria: &Criteria<Condition>) -> Words {
    let teller = Teller {
        t,
        is_named: Cell::new(false),
    };
    Words(teller.clause(criteria, true).text)
}

/// The tree as it is stored: groups with rails, a line for each rule.
pub(in crate::rbac) fn tree(t: &Texts, criteria: &Criteria<Condition>) -> Words {
    let mut markup = String::new();
    push_tree(t, criteria, &mut markup);
    Words(markup)
}

fn push_tree(t: &Texts, criteria: &Criteria<Condition>, markup: &mut String) {
    let (class, name, members) = match criteria {
        Criteria::Leaf(leaf) => {
            let words = clause(t, criteria);
            let rule = t.rich("rbac-value").code("value", &leaf.rule);
            *markup += &format!("<li>{rule} <span class=\"md\">{words}</span></li>");
            return;
        }
        Criteria::AllOf(members) => ("cond", "rbac-all-of", members.as_slice()),
        Criteria::AnyOf(members) => ("cond any", "rbac-any-of", members.as_slice()),
        Criteria::Not(member) => ("cond not", "rbac-not", std::slice::from_ref(&**member)),
    };
    *markup += &format!(
        "<li class=\"{class}\"><b class=\"md\">{}</b><ul>",
        t.rich(name)
    );
    for member in members {
        push_tree(t, member, markup);
    }
    *markup += "</ul></li>";
}

/// Whoever tells one sentence.
struct Teller<'t> {
    t: &'t Texts,
    /// Whether the entity was named, so that it is *it* from then on.
    is_named: Cell<bool>,
}

/// A part of a sentence.
struct Clause {
    text: String,
    /// What joins its parts, if it has several.
    joined_by: Option<Join>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Join {
    And,
    Or,
}

impl Teller<'_> {
    /// Tells `criteria`, or, unless `is`, their opposite.
    fn clause(&self, criteria: &Criteria<Condition>, is: bool) -> Clause {
        match criteria {
            Criteria::Leaf(leaf) => Clause {
                text: self.leaf(leaf, is),
                joined_by: None,
            },
            Criteria::Not(member) => self.clause(member, !is),
            Criteria::AllOf(members) if is => self.join(members, is, Join::And),
            Criteria::AnyOf(members) if !is => self.join(members, is, Join::And),
            Criteria::AllOf(members) | Criteria::AnyOf(members) => self.join(members, is, Join::Or),
        }
    }

    fn join(&self, members: &[Criteria<Condition>], is: bool, join: Join) -> Clause {
        let mut clauses: Vec<_> = members
            .iter()
            .map(|member| self.clause(member, is))
            .collect();
        if clauses.len() == 1 {
            // The length was looked at just now.
            return clauses.remove(0);
        }
        if clauses.is_empty() {
            let nothing = match join {
                Join::And => self.t.say("rbac-clause-always"),
                Join::Or => self.t.say("rbac-clause-never"),
            };
            return Clause {
                text: nothing.to_string(),
                joined_by: None,
            };
        }
        let word = match join {
            Join::And => self.t.say("rbac-and"),
            Join::Or => self.t.say("rbac-or"),
        };
        let parts: Vec<_> = clauses
            .into_iter()
            .map(|clause| match clause.joined_by {
                Some(other) if other != join => format!("({})", clause.text),
                Some(_) | None => clause.text,
            })
            .collect();
        Clause {
            text: parts.join(&format!(" <em>{word}</em> ")),
            joined_by: Some(join),
        }
    }

    /// One rule with its parameters; rules that the hub does not know are told by their names.
    fn leaf(&self, leaf: &Condition, is: bool) -> String {
        let say = |name| self.t.rich(name).with("is", if is { "yes" } else { "no" });
        let text = |name| leaf.params.get(name).and_then(Value::as_str);
        let list = |name| {
            let value = leaf.params.get(name)?;
            list_words(self.t, value)
        };
        // A name that something has, perhaps with a value.
        let pair = |alone, with_value, key| {
            let words = match leaf.params.get("value") {
                None | Some(Value::Null) => say(alone),
                Some(value) => say(with_value).code("value", &value_text(value)),
            };
            text(key).map(|name| words.code("name", name))
        };
        let known = match (leaf.resource_type.as_str(), leaf.rule.as_str()) {
            ("catalog-entity", rule) => match rule {
                "IS_ENTITY_OWNER" => {
                    list("claims").map(|who| say("rbac-rule-entity-owner").nested("who", &who))
                }
                "IS_ENTITY_KIND" => {
                    list("kinds").map(|kinds| say("rbac-rule-entity-kind").nested("kinds", &kinds))
                }
                "HAS_ANNOTATION" => pair(
                    "rbac-rule-annotation",
                    "rbac-rule-annotation-value",
                    "annotation",
                ),
                "HAS_LABEL" => pair("rbac-rule-label", "rbac-rule-label-value", "label"),
                "HAS_METADATA" => pair("rbac-rule-metadata", "rbac-rule-metadata-value", "key"),
                "HAS_SPEC" => pair("rbac-rule-spec", "rbac-rule-spec-value", "key"),
                _ => None,
            }
            .map(|words| words.nested("it", &self.entity())),
            ("scaffolder-template", "HAS_TAG") => {
                text("tag").map(|tag| say("rbac-rule-tag").code("tag", tag))
            }
            ("scaffolder-action", "HAS_ACTION_ID") => {
                text("actionId").map(|id| say("rbac-rule-action").code("action", id))
            }
            (
                "scaffolder-action",
                "HAS_BOOLEAN_PROPERTY" | "HAS_NUMBER_PROPERTY" | "HAS_STRING_PROPERTY",
            ) => pair("rbac-rule-property", "rbac-rule-property-value", "key"),
            ("scaffolder-task", "IS_TASK_OWNER") => {
                list("createdBy").map(|who| say("rbac-rule-task-owner").nested("who", &who))
            }
            ("policy-entity", "IS_OWNER") => {
                list("owners").map(|who| say("rbac-rule-role-owner").nested("who", &who))
            }
            _ => None,
        };
        let words = known.unwrap_or_else(|| match params_text(&leaf.params) {
            None => say("rbac-rule-other").code("rule", &leaf.rule),
            Some(params) => say("rbac-rule-other-with")
                .code("rule", &leaf.rule)
                .code("params", &params),
        });
        words.to_string()
    }

    /// The entity by its name the first time, then by a pronoun.
    fn entity(&self) -> Words {
        let name = if self.is_named.replace(true) {
            "rbac-it"
        } else {
            "rbac-the-entity"
        };
        Words(self.t.rich(name).to_string())
    }
}

/// Parameters of a rule that is not known further; absent when there are none.
fn params_text(params: &Value) -> Option<String> {
    match params {
        Value::Null => None,
        Value::Object(params) if params.is_empty() => None,
        Value::Object(params) => {
            let params = params
                .iter()
                .map(|(name, value)| format!("{name} = {}", value_text(value)));
            Some(params.collect::<Vec<_>>().join(", "))
        }
        other => Some(other.to_string()),
    }
}

/// The values of a list, any of which will do; `None` when it is no list of texts.
fn list_words(t: &Texts, value: &Value) -> Option<Words> {
    let values = match value {
        Value::Array(values) => values
            .iter()
            .map(Value::as_str)
            .collect::<Option<Vec<_>>>()?,
        Value::String(only) => vec![only.as_str()],
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => return None,
    };
    let words = values.iter().map(|value| match *value {
        "$currentUser" => t.rich("rbac-current-user").to_string(),
        "$ownerRefs" => t.rich("rbac-owner-refs").to_string(),
        value => t.rich("rbac-value").strong("value", value).to_string(),
    });
    let words: Vec<_> = words.collect();
    if words.is_empty() {
        return Some(Words(t.rich("rbac-nobody").to_string()));
    }
    Some(Words(words.join(&format!(" {} ", t.say("rbac-or")))))
}

/// A value as people write it: texts without quotes, lists with bars between.
fn value_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(value_text).collect();
            items.join(" | ")
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::{Dictionary, Language};
    use serde_json::json;

    fn told(language: Language, criteria: &Value) -> String {
        let sources = [
            (Language::English, include_str!("../texts/en.ftl")),
            (Language::German, include_str!("../texts/de.ftl")),
        ];
        let t = Dictionary::new(&sources).texts(language);
        sentence(&t, &Criteria::from_json(criteria).unwrap()).to_string()
    }

    fn leaf(rule: &str, params: &Value) -> Value {
        json!({"rule": rule, "resourceType": "catalog-entity", "params": params})
    }

    fn owned_or_open_api() -> Value {
        json!({"anyOf": [
            leaf("IS_ENTITY_OWNER", &json!({"claims": ["$ownerRefs"]})),
            {"allOf": [
                leaf("IS_ENTITY_KIND", &json!({"kinds": ["API", "Template"]})),
                {"not": leaf("HAS_LABEL", &json!({"label": "lantern.example/restricted"}))},
            ]},
        ]})
    }

    #[test]
    fn a_tree_is_one_sentence() {
        insta::assert_snapshot!(
            told(Language::English, &owned_or_open_api()),
            @"Allowed when the entity is owned by the person or one of their groups <em>or</em> (it is of kind <b>API</b> or <b>Template</b> <em>and</em> it does not carry the label <code>lantern.example/restricted</code>)."
        );
        insta::assert_snapshot!(
            told(Language::German, &owned_or_open_api()),
            @"Erlaubt, wenn die Entität der Person oder einer ihrer Gruppen gehört <em>oder</em> (sie von der Art <b>API</b> oder <b>Template</b> ist <em>und</em> sie das Label <code>lantern.example/restricted</code> nicht trägt)."
        );
    }

    #[test]
    fn a_negated_group_is_told_by_its_leaves() {
        let neither = json!({"not": {"anyOf": [
            leaf("HAS_ANNOTATION", &json!({"annotation": "tier", "value": "1"})),
            leaf("HAS_SPEC", &json!({"key": "lifecycle"})),
        ]}});

        insta::assert_snapshot!(told(Language::English, &neither), @"Allowed when the entity does not have the annotation <code>tier</code> with the value <code>1</code> <em>and</em> it does not have <code>lifecycle</code> in its specification.");
    }

    #[test]
    fn rules_of_other_plugins_are_told_by_name_and_values_are_escaped() {
        let lent = json!({"rule": "IS_LENT", "resourceType": "prop", "params": {"to": ["<b>", "bob"], "days": 3}});

        insta::assert_snapshot!(told(Language::English, &lent), @"Allowed when the rule <code>IS_LENT</code> holds for <code>to = &lt;b&gt; | bob, days = 3</code>.");
    }
}
