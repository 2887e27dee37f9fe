//! Checks that conditions can be evaluated, before there is a resource to evaluate them on.

use crate::app::App;
use crate::feature::{ConditionError, PluginPermissions, ResourceType, RuleDescription};
use crate::nearest::nearest;
use callboard_policy::{Condition, Criteria};
use serde_json::{Map, Value};
use std::sync::Arc;

/// Everything that plugins of this hub declare about one resource type of one plugin.
pub(crate) struct Rules<'a> {
    declared: Vec<&'a PluginPermissions>,
    resource_type: &'a str,
}

impl<'a> Rules<'a> {
    /// What `plugin` declares about `resource_type`.
    pub(crate) fn of(app: &'a App, plugin: &str, resource_type: &'a str) -> Rules<'a> {
        Rules::among(app.plugin_permissions(), plugin, resource_type)
    }

    /// The same, from a list of declarations.
    pub(crate) fn among(
        declared: &'a [PluginPermissions],
        plugin: &str,
        resource_type: &'a str,
    ) -> Rules<'a> {
        Rules {
            declared: declared
                .iter()
                .filter(|declared| declared.plugin == plugin)
                .collect(),
            resource_type,
        }
    }

    /// The rules for the type, in the order of their declaration.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &'a RuleDescription> {
        let rules = self.declared.iter().flat_map(|declared| &declared.rules);
        rules.filter(|rule| rule.resource_type == self.resource_type)
    }

    /// Whether the plugin is ours and has rules for the type.
    pub(crate) fn is_known(&self) -> bool {
        self.iter().next().is_some()
    }

    /// What evaluates conditions on resources of the type; absent when nothing in this hub does.
    pub(crate) fn evaluator(&self) -> Option<&'a Arc<dyn ResourceType>> {
        let types = self
            .declared
            .iter()
            .flat_map(|declared| &declared.resource_types);
        types
            .into_iter()
            .find(|resources| resources.name() == self.resource_type)
    }

    /// Checks that every rule of `criteria` exists and takes the parameters that it is given.
    ///
    /// # Errors
    ///
    /// [`ConditionError`] for the first leaf that no evaluation could get past. Parameters that
    /// the rule does not know are ignored.
    pub(crate) fn check(&self, criteria: &Criteria<Condition>) -> Result<(), ConditionError> {
        criteria
            .leaves()
            .try_for_each(|condition| self.check_leaf(condition))
    }

    /// The rule that was probably meant by one that does not exist.
    pub(crate) fn meant(&self, error: &ConditionError) -> Option<&'static str> {
        match error {
            ConditionError::UnknownRule { rule, .. } => {
                nearest(rule, self.iter().map(|known| known.name))
            }
            ConditionError::InvalidParams(_) | ConditionError::InvalidRef(_) => None,
        }
    }

    fn check_leaf(&self, condition: &Condition) -> Result<(), ConditionError> {
        let Some(rule) = self.iter().find(|rule| rule.name == condition.rule) else {
            return Err(ConditionError::UnknownRule {
                rule: condition.rule.to_string(),
                resource_type: self.resource_type.to_owned(),
            });
        };
        let Some(params) = condition.params_object() else {
            return Err(ConditionError::InvalidParams(
                "Error: expected an object".to_owned(),
            ));
        };
        check_params(&rule.params_schema, params).map_err(ConditionError::InvalidParams)
    }
}

/// Compares parameters with the part of JSON Schema that rules are described in.
fn check_params(schema: &Value, params: &Map<String, Value>) -> Result<(), String> {
    let required = schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str);
    for name in required {
        if !params.contains_key(name) {
            return Err(format!("Error: Required at \"{name}\""));
        }
    }
    let properties = schema["properties"].as_object();
    for (name, property) in properties.into_iter().flatten() {
        if let Some(value) = params.get(name)
            && !fits(property, value)
        {
            return Err(format!(
                "Error: Expected {} at \"{name}\"",
                property["type"].as_str().unwrap_or("a value")
            ));
        }
    }
    Ok(())
}

fn fits(property: &Value, value: &Value) -> bool {
    match property["type"].as_str() {
        Some("string") => value.is_string(),
        Some("number") => value.is_number(),
        Some("boolean") => value.is_boolean(),
        Some("object") => value.is_object(),
        Some("array") => value
            .as_array()
            .is_some_and(|items| items.iter().all(|item| fits(&property["items"], item))),
        Some(_) | None => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn checked(params: &Value) -> Result<(), String> {
        let schema = json!({
            "type": "object",
            "required": ["claims"],
            "properties": {"claims": {"type": "array", "items": {"type": "string"}}, "exact": {"type": "boolean"}},
        });
        check_params(&schema, params.as_object().unwrap())
    }

    #[test]
    fn parameters_are_compared_with_their_schema() {
        assert_eq!(
            checked(&json!({"claims": ["$ownerRefs"], "unknown": 1})),
            Ok(())
        );
        assert_eq!(
            checked(&json!({})),
            Err("Error: Required at \"claims\"".to_owned())
        );
        assert_eq!(
            checked(&json!({"claims": "a"})),
            Err("Error: Expected array at \"claims\"".to_owned())
        );
        assert_eq!(
            checked(&json!({"claims": [1]})),
            Err("Error: Expected array at \"claims\"".to_owned())
        );
        assert_eq!(
            checked(&json!({"claims": [], "exact": 1})),
            Err("Error: Expected boolean at \"exact\"".to_owned())
        );
    }
}
