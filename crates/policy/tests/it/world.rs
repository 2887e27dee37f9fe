//! A policy in plain strings, from which both evaluators are fed.

use callboard_policy::{
    Action, ConditionalPolicy, Effect, EntityRef, Grant, GroupGraph, MappedPermission, Membership,
    Origin, Permission, PolicyModel, Precedence, Settings, Source, Sourced, StoredCondition,
};
use serde_json::Value;

/// Everything that a decision depends on.
#[derive(Clone, Debug, Default)]
pub(crate) struct World {
    pub(crate) disabled: bool,
    pub(crate) super_users: Vec<String>,
    pub(crate) max_depth: Option<u32>,
    pub(crate) basic_first: bool,
    pub(crate) use_ownership_refs: bool,
    pub(crate) default_role: Option<String>,
    /// Member, role.
    pub(crate) memberships: Vec<[String; 2]>,
    /// Subject, permission, action, effect.
    pub(crate) grants: Vec<[String; 4]>,
    pub(crate) conditions: Vec<Conditioned>,
    /// User, group.
    pub(crate) member_of: Vec<[String; 2]>,
    /// Child, parent.
    pub(crate) child_of: Vec<[String; 2]>,
}

/// A conditional policy.
#[derive(Clone, Debug)]
pub(crate) struct Conditioned {
    pub(crate) role: String,
    pub(crate) plugin_id: String,
    pub(crate) resource_type: String,
    /// Name if there is one, action.
    pub(crate) mapping: Vec<(Option<String>, String)>,
    pub(crate) conditions: Value,
}

/// A permission that is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) name: String,
    pub(crate) action: Option<String>,
    pub(crate) resource_type: Option<String>,
}

impl Asked {
    pub(crate) fn permission(&self) -> Permission {
        let action = self.action.as_deref().map(|action| action.parse().unwrap());
        match &self.resource_type {
            Some(resource_type) => Permission::resource(&self.name, action, resource_type),
            None => Permission::basic(&self.name, action),
        }
    }
}

impl World {
    /// The same policy for the engine. Grants have their index, from 1, as their line.
    pub(crate) fn model(&self) -> PolicyModel {
        let origin = |line: usize| Origin {
            source: Source::CsvFile,
            file: Some("rbac.csv".into()),
            line: Some(line as u32),
        };
        let action = |text: &str| text.parse::<Action>().unwrap();
        let mut groups = GroupGraph::new();
        for [user, group] in &self.member_of {
            groups.add_member(
                EntityRef::parse(user).unwrap(),
                EntityRef::parse(group).unwrap(),
            );
        }
        for [child, parent] in &self.child_of {
            groups.add_parent(
                EntityRef::parse(child).unwrap(),
                EntityRef::parse(parent).unwrap(),
            );
        }
        let grants =
            self.grants
                .iter()
                .zip(1..)
                .map(|([subject, permission, act, effect], line)| {
                    let effect = Effect::from_name(effect).unwrap();
                    Sourced::new(
                        Grant::new(subject, permission, action(act), effect),
                        origin(line),
                    )
                });
        let conditions = self.conditions.iter().zip(1..).map(|(condition, id)| {
            let entry = |(name, act): &(Option<String>, String)| match name {
                Some(name) => MappedPermission::Named {
                    name: name.into(),
                    action: action(act),
                },
                None => MappedPermission::Action(action(act)),
            };
            let policy = ConditionalPolicy {
                role: condition.role.as_str().into(),
                plugin_id: condition.plugin_id.as_str().into(),
                resource_type: condition.resource_type.as_str().into(),
                mapping: condition.mapping.iter().map(entry).collect(),
                conditions: condition.conditions.clone(),
            };
            Sourced::new(StoredCondition { id, policy }, Source::Rest.into())
        });
        PolicyModel {
            settings: Settings {
                enabled: !self.disabled,
                super_users: self.super_users.iter().map(Into::into).collect(),
                max_depth: self.max_depth,
                precedence: if self.basic_first {
                    Precedence::Basic
                } else {
                    Precedence::Conditional
                },
                use_ownership_refs: self.use_ownership_refs,
                default_role: self.default_role.as_ref().map(Into::into),
            },
            memberships: self
                .memberships
                .iter()
                .map(|[member, role]| {
                    Sourced::new(Membership::new(member, role), Source::Rest.into())
                })
                .collect(),
            grants: grants.collect(),
            conditions: conditions.collect(),
            groups,
        }
    }
}
