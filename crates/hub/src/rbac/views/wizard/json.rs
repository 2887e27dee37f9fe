//! The condition as text: read with the line of each fault.

use super::choice::RuleChoice;
use super::fault::{self, RuleFault};
use super::node::{Group, Node, Operator};
use super::tree::At;
use callboard_policy::{ConditionLimits, ConditionalPolicy};
use serde_json::{Value, json};

/// A fault of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LineFault {
    /// Its line, from 1.
    pub(super) line: u32,
    /// What is wrong.
    pub(super) cause: Cause,
}

/// What is wrong in a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cause {
    /// In the words of whoever reads JSON, or of the check of conditions.
    Said(String),
    /// A rule or a parameter.
    Rule(RuleFault),
}

/// Reads criteria.
///
/// # Errors
///
/// What is wrong, line by line.
pub(super) fn read(
    text: &str,
    rules: &[&RuleChoice],
    limits: &ConditionLimits,
) -> Result<Value, Vec<LineFault>> {
    let value: Value = serde_json::from_str(text).map_err(|error| {
        vec![LineFault {
            line: u32::try_from(error.line()).unwrap_or(u32::MAX).max(1),
            cause: Cause::Said(first_part(&error.to_string()).to_owned()),
        }]
    })?;
    let lines = Lines::of(text);
    // The checks are those of a whole policy; what is not written here is a valid example.
    let body = json!({
        "result": "CONDITIONAL", "roleEntityRef": "role:default/a", "pluginId": "a",
        "resourceType": "a", "permissionMapping": ["read"], "conditions": value,
    });
    if let Err(error) = ConditionalPolicy::from_json(&body, limits) {
        let path: Vec<_> = error.path().skip(1).collect();
        return Err(vec![LineFault {
            line: lines.of_path(&path),
            cause: Cause::Said(error.to_string()),
        }]);
    }
    // What is no tree says more than one thing at once; the engine reads it all the same.
    let Some(root) = Node::from_wire(&value) else {
        return Ok(value);
    };
    let faults: Vec<_> = fault::nodes(&root, rules)
        .into_iter()
        .map(|(at, fault)| {
            let mut path = path_of(&root, &at);
            if let Some(param) = fault.param() {
                path.extend(["params".to_owned(), param.to_owned()]);
            }
            let path: Vec<_> = path.iter().map(String::as_str).collect();
            LineFault {
                line: lines.of_path(&path),
                cause: Cause::Rule(fault),
            }
        })
        .collect();
    if faults.is_empty() {
        Ok(value)
    } else {
        Err(faults)
    }
}

/// The message without the place that it ends with.
fn first_part(message: &str) -> &str {
    message
        .rsplit_once(" at line ")
        .map_or(message, |(message, _)| message)
}

/// Where values stand in a text.
struct Lines(Option<callboard_yaml::Node>);

impl Lines {
    /// JSON is YAML, whose reader knows where values are.
    fn of(text: &str) -> Lines {
        Lines(callboard_yaml::parse(text).ok())
    }

    fn of_path(&self, path: &[&str]) -> u32 {
        let node = self.0.as_ref();
        node.map_or(1, |node| node.nearest(path.iter().copied()).line)
    }
}

/// The keys and indices that lead to a node.
fn path_of(root: &Node, at: &At) -> Vec<String> {
    let mut path = Vec::new();
    let mut node = root;
    for index in at.indices() {
        let Node::Group(Group { operator, members }) = node else {
            break;
        };
        path.push(operator.as_str().to_owned());
        if *operator != Operator::Not {
            path.push(index.to_string());
        }
        match members.get(index) {
            Some(member) => node = member,
            None => break,
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::super::choice::tests::choices;
    use super::*;

    fn faults(text: &str) -> Vec<LineFault> {
        let choices = choices();
        let rules = choices.rules("catalog", "catalog-entity");
        read(text, &rules, &ConditionLimits::default())
            .err()
            .unwrap_or_default()
    }

    #[test]
    fn a_text_that_is_no_json_is_refused_where_it_ends() {
        let faults = faults("{\n  \"anyOf\": [\n  ]]\n}");

        assert_eq!(faults.len(), 1);
        assert_eq!(faults[0].line, 3);
        assert!(matches!(&faults[0].cause, Cause::Said(text) if !text.contains("line")));
    }

    #[test]
    fn a_node_that_is_none_is_refused_where_it_stands() {
        let faults = faults(
            "{\"anyOf\": [\n  {\"rule\": \"HAS_LABEL\", \"resourceType\": \"catalog-entity\"},\n  {\"not\": 1}\n]}",
        );

        assert_eq!(faults.len(), 1, "{faults:?}");
        assert_eq!(faults[0].line, 3);
    }

    #[test]
    fn every_rule_is_checked() {
        let text = "{\"anyOf\": [\n  {\"rule\": \"NO\", \"resourceType\": \"catalog-entity\"},\n  {\"not\": {\n    \"rule\": \"HAS_LABEL\",\n    \"resourceType\": \"catalog-entity\",\n    \"params\": {\n      \"label\": 1}}}\n]}";

        let found: Vec<_> = faults(text)
            .into_iter()
            .map(|one| (one.line, one.cause))
            .collect();

        assert_eq!(
            found,
            [
                (2, Cause::Rule(RuleFault::Unknown("NO".into()))),
                (7, Cause::Rule(RuleFault::Misfit("label".into()))),
            ]
        );
    }

    #[test]
    fn what_is_right_is_read() {
        let rule = "{\"rule\": \"IS_ENTITY_KIND\", \"resourceType\": \"catalog-entity\", \"params\": {\"kinds\": [\"api\"]}}";

        assert_eq!(faults(rule), []);
        assert_eq!(faults(&format!("{{\"not\": {rule}}}")), []);
    }
}
