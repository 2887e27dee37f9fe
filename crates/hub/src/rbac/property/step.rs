//! What may happen to roles, from small pools, so that things meet.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};
use std::fmt::Write;

pub(super) type Name = &'static str;

/// Roles that people make over REST.
const REST_ROLES: [Name; 3] = ["role:default/one", "role:default/two", "role:default/three"];
/// Roles of the file.
const FILE_ROLES: [Name; 2] = ["role:default/filed", "role:default/listed"];
/// The role that everybody holds, if the configuration says so.
pub(super) const EVERYBODY: Name = "role:default/everybody";
const MEMBERS: [Name; 4] = [
    "user:default/tom",
    "user:default/eve",
    "group:default/crew",
    "group:default/house",
];
const OBJECTS: [Name; 4] = [
    "catalog-entity",
    "catalog.entity.read",
    "catalog.entity.delete",
    "policy.entity.create",
];
const ACTIONS: [Name; 3] = ["create", "read", "delete"];
const KINDS: [Name; 2] = ["Component", "API"];

/// Object, action and effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Policy(pub(super) Name, pub(super) Name, pub(super) Name);

/// A condition on entities: which kind may be used how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Condition {
    pub(super) role: Name,
    pub(super) action: Name,
    pub(super) kind: Name,
}

/// The two policy files.
#[derive(Debug, Clone, Default)]
pub(super) struct Files {
    pub(super) members: Vec<(Name, Name)>,
    pub(super) policies: Vec<(Name, Policy)>,
    pub(super) conditions: Vec<Condition>,
}

/// What the configuration says.
#[derive(Debug, Clone, Default)]
pub(super) struct Configuration {
    pub(super) admins: Vec<Name>,
    pub(super) has_default_role: bool,
    pub(super) basic_first: bool,
}

/// One thing that happens. A `Which` chooses among what is there at that time.
#[derive(Debug, Clone)]
pub(super) enum Step {
    CreateRole {
        role: Name,
        members: Vec<Name>,
    },
    UpdateRole {
        role: Name,
        old: Which,
        name: Name,
        members: Vec<Name>,
    },
    RemoveMember {
        role: Name,
        member: Name,
    },
    DeleteRole {
        role: Name,
    },
    AddPolicies {
        role: Name,
        policies: Vec<Policy>,
    },
    UpdatePolicies {
        role: Name,
        old: Which,
        new: Vec<Policy>,
    },
    DeletePolicies {
        role: Name,
        old: Which,
    },
    AddCondition(Condition),
    UpdateCondition {
        at: Which,
        new: Condition,
    },
    DeleteCondition {
        at: Which,
    },
    WriteFiles(Option<Files>),
    Configure(Configuration),
}

/// The bits of a number say which.
#[derive(Debug, Clone, Copy)]
pub(super) struct Which(u8);

impl Which {
    /// Some of several.
    pub(super) fn of<T: Clone>(self, all: impl Iterator<Item = T>) -> Vec<T> {
        let chosen = all
            .zip(0..)
            .filter(|(_, place)| self.0 >> (place % 8) & 1 == 1);
        chosen.map(|(one, _)| one).collect()
    }

    /// One of several.
    pub(super) fn one<T>(self, mut all: impl ExactSizeIterator<Item = T>) -> Option<T> {
        let count = all.len();
        (count > 0).then(|| all.nth(usize::from(self.0) % count))?
    }
}

impl Files {
    /// The policies file, as people write it.
    pub(super) fn csv(&self) -> String {
        let mut text = String::new();
        for (member, role) in &self.members {
            let _ = writeln!(text, "g, {member}, {role}");
        }
        for (role, Policy(object, action, effect)) in &self.policies {
            let _ = writeln!(text, "p, {role}, {object}, {action}, {effect}");
        }
        text
    }

    /// The conditional policies file; JSON is YAML.
    pub(super) fn yaml(&self) -> String {
        let documents = self
            .conditions
            .iter()
            .map(|condition| condition.to_json().to_string());
        documents.collect::<Vec<_>>().join("\n---\n") + "\n"
    }

    /// The same without rows that refuse each other.
    fn clean(mut self) -> Files {
        let mut members = Vec::new();
        self.members.retain(|row| {
            !members.contains(row) && {
                members.push(*row);
                true
            }
        });
        let mut targets = Vec::new();
        self.policies.retain(|(role, Policy(object, action, _))| {
            let target = (*role, *object, *action);
            !targets.contains(&target) && {
                targets.push(target);
                true
            }
        });
        let mut places = Vec::new();
        self.conditions.retain(|Condition { role, action, .. }| {
            let place = (*role, *action);
            !places.contains(&place) && {
                places.push(place);
                true
            }
        });
        self
    }
}

impl Condition {
    pub(super) fn to_json(self) -> Value {
        json!({
            "result": "CONDITIONAL",
            "roleEntityRef": self.role,
            "pluginId": "catalog",
            "resourceType": "catalog-entity",
            "permissionMapping": [self.action],
            "conditions": {
                "rule": "IS_ENTITY_KIND", "resourceType": "catalog-entity", "params": {"kinds": [self.kind]},
            },
        })
    }
}

impl Configuration {
    /// The section `permission.rbac`.
    pub(super) fn to_json(&self) -> Value {
        let admins: Vec<_> = self
            .admins
            .iter()
            .map(|name| json!({"name": name}))
            .collect();
        let mut rbac = json!({
            "admin": {"users": admins},
            "policyDecisionPrecedence": if self.basic_first { "basic" } else { "conditional" },
        });
        if self.has_default_role {
            rbac["defaultPermissions"] = json!({
                "defaultRole": EVERYBODY,
                "basicPermissions": [{"permission": "catalog.entity.read", "action": "read"}],
            });
        }
        rbac
    }
}

fn policy() -> impl Strategy<Value = Policy> {
    let effect = prop_oneof![2 => Just("allow"), 1 => Just("deny")];
    (select(&OBJECTS[..]), select(&ACTIONS[..]), effect)
        .prop_map(|(object, action, effect)| Policy(object, action, effect))
}

fn policies() -> impl Strategy<Value = Vec<Policy>> {
    prop::collection::vec(policy(), 1..4)
}

fn members() -> impl Strategy<Value = Vec<Name>> {
    prop::collection::vec(select(&MEMBERS[..]), 1..3)
}

fn which() -> impl Strategy<Value = Which> {
    any::<u8>().prop_map(Which)
}

fn condition(role: impl Strategy<Value = Name>) -> impl Strategy<Value = Condition> {
    (role, select(&ACTIONS[..]), select(&KINDS[..])).prop_map(|(role, action, kind)| Condition {
        role,
        action,
        kind,
    })
}

/// Files, at times with rows twice and rows that contradict each other.
fn faulty_files() -> impl Strategy<Value = Files> {
    let role = || select(&FILE_ROLES[..]);
    (
        prop::collection::vec((select(&MEMBERS[..]), role()), 0..4),
        prop::collection::vec((role(), policy()), 0..5),
        prop::collection::vec(condition(role()), 0..3),
    )
        .prop_map(|(members, policies, conditions)| Files {
            members,
            policies,
            conditions,
        })
}

fn configuration() -> impl Strategy<Value = Configuration> {
    (
        prop::collection::vec(select(&MEMBERS[..]), 0..3),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(admins, has_default_role, basic_first)| Configuration {
            admins,
            has_default_role,
            basic_first,
        })
}

/// What happens, with files from `files`.
fn step(files: impl Strategy<Value = Files> + 'static) -> impl Strategy<Value = Step> {
    let role = || select(&REST_ROLES[..]);
    let conditioned = || condition(prop_oneof![4 => role(), 1 => Just(EVERYBODY)]);
    prop_oneof![
        6 => (role(), members()).prop_map(|(role, members)| Step::CreateRole { role, members }),
        2 => (role(), which(), role(), members())
            .prop_map(|(role, old, name, members)| Step::UpdateRole { role, old, name, members }),
        1 => (role(), select(&MEMBERS[..])).prop_map(|(role, member)| Step::RemoveMember { role, member }),
        1 => role().prop_map(|role| Step::DeleteRole { role }),
        4 => (role(), policies()).prop_map(|(role, policies)| Step::AddPolicies { role, policies }),
        2 => (role(), which(), policies()).prop_map(|(role, old, new)| Step::UpdatePolicies { role, old, new }),
        1 => (role(), which()).prop_map(|(role, old)| Step::DeletePolicies { role, old }),
        2 => conditioned().prop_map(Step::AddCondition),
        1 => (which(), conditioned()).prop_map(|(at, new)| Step::UpdateCondition { at, new }),
        1 => which().prop_map(|at| Step::DeleteCondition { at }),
        3 => prop::option::weighted(0.9, files).prop_map(Step::WriteFiles),
        1 => configuration().prop_map(Step::Configure),
    ]
}

/// Steps of which none depends on another that was refused.
pub(super) fn steps(most: usize) -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(step(faulty_files().prop_map(Files::clean)), 0..most)
}

/// Steps with files that have faults.
pub(super) fn faulty_steps(most: usize) -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(step(faulty_files()), 0..most)
}
