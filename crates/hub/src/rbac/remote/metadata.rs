//! What a plugin of another backend declares.

use callboard_policy::Permission;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use smol_str::SmolStr;

/// The permissions and rules of a plugin, in its own order.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Metadata {
    pub(crate) permissions: Vec<Permission>,
    pub(crate) rules: Vec<RemoteRule>,
}

/// A rule as the plugin describes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RemoteRule {
    pub(crate) name: SmolStr,
    #[serde(default)]
    description: String,
    pub(crate) resource_type: SmolStr,
    #[serde(default)]
    params_schema: Value,
}

/// The body of `…/permissions/metadata`; a plugin may leave either list out.
#[derive(Deserialize)]
pub(super) struct Body {
    #[serde(default)]
    permissions: Vec<Value>,
    #[serde(default)]
    rules: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Declared {
    Basic {
        name: SmolStr,
        #[serde(default)]
        attributes: Attributes,
    },
    #[serde(rename_all = "camelCase")]
    Resource {
        name: SmolStr,
        #[serde(default)]
        attributes: Attributes,
        resource_type: SmolStr,
    },
}

#[derive(Default, Deserialize)]
struct Attributes {
    action: Option<SmolStr>,
}

impl From<Body> for Metadata {
    /// Passes over entries that no version of the framework writes: the others are still of use.
    fn from(body: Body) -> Metadata {
        let rule = |rule| serde_json::from_value(rule).ok();
        Metadata {
            permissions: body
                .permissions
                .into_iter()
                .filter_map(permission)
                .collect(),
            rules: body.rules.into_iter().filter_map(rule).collect(),
        }
    }
}

fn permission(declared: Value) -> Option<Permission> {
    let action = |attributes: Attributes| match attributes.action {
        Some(action) => action.parse().ok().map(Some),
        None => Some(None),
    };
    match serde_json::from_value(declared).ok()? {
        Declared::Basic { name, attributes } => Some(Permission::basic(name, action(attributes)?)),
        Declared::Resource {
            name,
            attributes,
            resource_type,
        } => Some(Permission::resource(
            name,
            action(attributes)?,
            resource_type,
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use callboard_policy::Action;
    use serde_json::json;

    fn metadata(body: Value) -> Metadata {
        serde_json::from_value::<Body>(body).unwrap().into()
    }

    #[test]
    fn permissions_and_rules_are_read_in_order() {
        let rule = json!({
            "name": "IS_LENT", "description": "Lent out", "resourceType": "prop",
            "paramsSchema": {"type": "object"},
        });

        let metadata = metadata(json!({
            "permissions": [
                {"type": "resource", "name": "props.read", "attributes": {"action": "read"}, "resourceType": "prop"},
                {"type": "basic", "name": "props.count", "attributes": {}},
            ],
            "rules": [rule.clone()],
        }));

        assert_eq!(
            metadata.permissions,
            [
                Permission::resource("props.read", Some(Action::Read), "prop"),
                Permission::basic("props.count", None),
            ]
        );
        assert_eq!(
            serde_json::to_value(&metadata.rules).unwrap(),
            json!([rule])
        );
    }

    #[test]
    fn what_is_missing_counts_as_none_and_what_is_odd_is_passed_over() {
        assert_eq!(metadata(json!({})), Metadata::default());
        let odd = metadata(json!({"permissions": [
            {"type": "basic"},
            {"type": "other", "name": "props.lend"},
            {"type": "basic", "name": "props.lend", "attributes": {"action": "lend"}},
            {"type": "basic", "name": "props.count"},
        ], "rules": [{"name": "IS_LENT"}]}));

        assert_eq!(odd.permissions, [Permission::basic("props.count", None)]);
        assert!(odd.rules.is_empty());
    }
}
