//! A role as it is stored, by itself.

use super::as_text;
use crate::rbac::state::State;
use callboard_policy::{Action, Effect, MappedPermission, Source};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use smol_str::SmolStr;

/// Everything that a role is, by itself.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Content {
    /// Its reference.
    pub(super) role: SmolStr,
    /// What it is for.
    pub(super) description: String,
    /// The user or group that it belongs to; empty when it is nobody's.
    pub(super) owner: String,
    /// Users and groups, in the order in which they came.
    pub(super) members: Vec<SmolStr>,
    /// Basic policies, in the order in which they came.
    pub(super) grants: Vec<Granted>,
    /// Conditional policies by id; those that are new have none.
    pub(super) conditions: Vec<Conditioned>,
}

/// A basic policy of a role.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct Granted {
    /// A permission's name or a resource type.
    pub(super) permission: SmolStr,
    /// What it lets do.
    #[serde(with = "as_text::action")]
    pub(super) action: Action,
    /// Whether it is allowed or denied.
    #[serde(with = "as_text::effect")]
    pub(super) effect: Effect,
    /// The source that alone may change it; absent when it may be changed here.
    pub(super) locked: Option<SmolStr>,
}

/// A conditional policy of a role.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Conditioned {
    /// Its id; absent while it is not stored.
    pub(super) id: Option<i64>,
    /// The plugin that owns the resources.
    pub(super) plugin: SmolStr,
    /// Their type.
    pub(super) resource_type: SmolStr,
    /// The permissions that it is about.
    pub(super) mapping: Vec<Mapped>,
    /// The criteria as stored.
    pub(super) criteria: Value,
    /// The source that alone may change it; absent when it may be changed here.
    pub(super) locked: Option<SmolStr>,
}

/// One entry of a permission mapping.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Mapped {
    /// The permission; absent for all of the type with this action.
    pub(super) name: Option<SmolStr>,
    /// The action.
    #[serde(with = "as_text::action")]
    pub(super) action: Action,
}

impl Content {
    /// A role as it is stored; absent when there is none.
    pub(super) fn of(state: &State, role: &str) -> Option<Content> {
        let metadata = state.roles.get(role)?;
        let members = state.memberships.keys().filter(|row| row.role == role);
        let grants = state.policies.iter().filter(|(row, _)| row.subject == role);
        let conditions = state
            .conditions
            .iter()
            .filter(|(_, one)| one.policy.role == role);
        Some(Content {
            role: role.into(),
            description: metadata.description.clone().unwrap_or_default(),
            owner: metadata.owner.clone().unwrap_or_default(),
            members: members.map(|row| row.member.clone()).collect(),
            grants: grants
                .map(|(row, record)| Granted {
                    permission: row.permission.clone(),
                    action: row.action,
                    effect: row.effect,
                    locked: locked(&record.origin.source),
                })
                .collect(),
            conditions: conditions
                .map(|(id, record)| Conditioned {
                    id: Some(*id),
                    plugin: record.policy.plugin_id.clone(),
                    resource_type: record.policy.resource_type.clone(),
                    mapping: record.policy.mapping.iter().map(Mapped::from).collect(),
                    criteria: record.policy.conditions.clone(),
                    locked: locked(&record.origin.source),
                })
                .collect(),
        })
    }
}

/// The source that alone may change a row.
fn locked(source: &Source) -> Option<SmolStr> {
    match source {
        Source::Rest | Source::Legacy => None,
        Source::Configuration | Source::CsvFile | Source::Provider(_) => {
            Some(source.as_str().into())
        }
    }
}

impl From<&MappedPermission> for Mapped {
    fn from(entry: &MappedPermission) -> Mapped {
        Mapped {
            name: entry.name().map(SmolStr::new),
            action: entry.action(),
        }
    }
}

impl Mapped {
    /// The wire form.
    pub(super) fn to_wire(&self) -> Value {
        let entry = match &self.name {
            None => MappedPermission::Action(self.action),
            Some(name) => MappedPermission::Named {
                name: name.clone(),
                action: self.action,
            },
        };
        entry.to_json()
    }
}

/// How many rules criteria have.
pub(super) fn count_rules(criteria: &Value) -> usize {
    match criteria {
        Value::Object(node) if node.contains_key("rule") => 1,
        Value::Object(node) => node.values().map(count_rules).sum(),
        Value::Array(members) => members.iter().map(count_rules).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}
