//! As much of the plugins' rules as the vectors need.

use callboard_policy::Condition;
use serde_json::Value;

use crate::vectors::{strings, text};

/// Whether a resource meets a condition.
pub(crate) fn holds(condition: &Condition, resource: &Value) -> bool {
    let params = condition.params_object().unwrap();
    let param = |key: &str| {
        params
            .get(key)
            .map(|value| value.as_str().unwrap().to_lowercase())
    };
    let listed = |key: &str| strings(&params[key]);
    let folded = |pointer: &str, key: Option<String>| -> Vec<String> {
        let Some(Value::Object(entries)) = resource.pointer(pointer) else {
            return Vec::new();
        };
        let values = entries
            .iter()
            .filter(|(name, _)| Some(name.to_lowercase()) == key);
        values
            .flat_map(|(_, value)| value.as_array().cloned().unwrap_or(vec![value.clone()]))
            .map(|value| value.as_str().unwrap().to_lowercase())
            .collect()
    };
    let has = |pointer: &str, key: &str| {
        let values = folded(pointer, param(key));
        match param("value") {
            Some(value) => values.contains(&value),
            None => !values.is_empty(),
        }
    };
    match condition.rule.as_str() {
        "IS_ENTITY_KIND" => {
            let kind = resource["kind"].as_str().unwrap().to_lowercase();
            listed("kinds")
                .iter()
                .any(|listed| listed.to_lowercase() == kind)
        }
        "IS_ENTITY_OWNER" => {
            resource["relations"]
                .as_array()
                .into_iter()
                .flatten()
                .any(|relation| {
                    relation["type"] == "ownedBy"
                        && listed("claims").contains(&text(&relation["targetRef"]).unwrap())
                })
        }
        "HAS_ANNOTATION" => has("/metadata/annotations", "annotation"),
        "HAS_LABEL" => has("/metadata/labels", "label"),
        "HAS_METADATA" => has("/metadata", "key"),
        "HAS_SPEC" => has("/spec", "key"),
        "HAS_ACTION_ID" => resource["action"] == params["actionId"],
        "IS_OWNER" => {
            resource["isDefault"] == true
                || text(&resource["owner"]).is_some_and(|owner| listed("owners").contains(&owner))
        }
        rule => panic!("the test has no rule {rule}"),
    }
}
