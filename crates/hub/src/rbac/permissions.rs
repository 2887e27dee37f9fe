//! The permissions that guard roles, and the rule on their owners.

use super::owner::RoleOwners;
use crate::feature::{PluginPermissions, RuleDescription};
use callboard_policy::{Action, Permission};
use serde_json::json;
use std::sync::{Arc, LazyLock};

/// The resource type of roles and everything that belongs to them.
pub(crate) const RESOURCE_TYPE: &str = "policy-entity";

/// Seeing roles, policies and conditions.
pub static POLICY_READ: LazyLock<Permission> =
    LazyLock::new(|| on_roles("policy.entity.read", Action::Read));
/// Creating them; never conditional, since there is nothing yet to judge.
pub static POLICY_CREATE: LazyLock<Permission> =
    LazyLock::new(|| Permission::basic("policy.entity.create", Some(Action::Create)));
/// Changing them.
pub static POLICY_UPDATE: LazyLock<Permission> =
    LazyLock::new(|| on_roles("policy.entity.update", Action::Update));
/// Removing them.
pub static POLICY_DELETE: LazyLock<Permission> =
    LazyLock::new(|| on_roles("policy.entity.delete", Action::Delete));

fn on_roles(name: &str, action: Action) -> Permission {
    Permission::resource(name, Some(action), RESOURCE_TYPE)
}

/// Everything that the plugin `permission` declares.
pub(super) fn declared() -> PluginPermissions {
    let permissions = [&POLICY_READ, &POLICY_CREATE, &POLICY_DELETE, &POLICY_UPDATE];
    PluginPermissions {
        plugin: "permission",
        permissions: permissions
            .into_iter()
            .map(|permission| Permission::clone(permission))
            .collect(),
        rules: vec![RuleDescription {
            name: super::owner::IS_OWNER,
            description: "Should allow access to RBAC roles and Permissions through ownership",
            resource_type: RESOURCE_TYPE,
            params_schema: json!({
                "type": "object",
                "properties": {"owners": {
                    "type": "array",
                    "items": {"type": "string"},
                    "description": "List of entity refs to match against",
                }},
                "required": ["owners"],
                "additionalProperties": false,
                "$schema": "http://json-schema.org/draft-07/schema#",
            }),
        }],
        resource_types: vec![Arc::new(RoleOwners)],
    }
}
