//! What should be there after some steps, kept in the simplest way.

use super::step::{Condition, Configuration, EVERYBODY, Files, Name, Policy, Step};
use std::collections::{BTreeMap, BTreeSet};

/// Everything that a hub is built from.
#[derive(Debug, Clone, Default)]
pub(super) struct Wanted {
    /// Roles of people, with their members.
    pub(super) roles: BTreeMap<Name, BTreeSet<Name>>,
    pub(super) policies: BTreeSet<(Name, Policy)>,
    pub(super) conditions: BTreeMap<i64, Condition>,
    pub(super) files: Option<Files>,
    pub(super) configuration: Configuration,
}

/// A change that somebody asks for over REST.
#[derive(Debug, Clone)]
pub(super) enum Request {
    CreateRole {
        role: Name,
        members: Vec<Name>,
    },
    UpdateRole {
        role: Name,
        old: Vec<Name>,
        name: Name,
        members: Vec<Name>,
    },
    DeleteRole {
        role: Name,
        member: Option<Name>,
    },
    AddPolicies {
        role: Name,
        policies: Vec<Policy>,
    },
    UpdatePolicies {
        role: Name,
        old: Vec<Policy>,
        new: Vec<Policy>,
    },
    DeletePolicies {
        role: Name,
        policies: Vec<Policy>,
    },
    AddCondition(Condition),
    UpdateCondition {
        id: i64,
        new: Condition,
    },
    DeleteCondition {
        id: i64,
    },
}

impl Wanted {
    /// The request that a step makes now; none when it makes none.
    pub(super) fn request(&self, step: &Step) -> Option<Request> {
        let members = |role| self.roles.get(role).into_iter().flatten().copied();
        let policies = |of| {
            let own = self.policies.iter().filter(move |(role, _)| *role == of);
            own.map(|(_, policy)| *policy)
        };
        Some(match step.clone() {
            Step::CreateRole { role, members } => Request::CreateRole { role, members },
            Step::UpdateRole {
                role,
                old,
                name,
                members: new,
            } => Request::UpdateRole {
                role,
                old: old.of(members(role)),
                name,
                members: new,
            },
            Step::RemoveMember { role, member } => Request::DeleteRole {
                role,
                member: Some(member),
            },
            Step::DeleteRole { role } => Request::DeleteRole { role, member: None },
            Step::AddPolicies { role, policies } => Request::AddPolicies { role, policies },
            Step::UpdatePolicies { role, old, new } => Request::UpdatePolicies {
                role,
                old: old.of(policies(role)),
                new,
            },
            Step::DeletePolicies { role, old } => Request::DeletePolicies {
                role,
                policies: old.of(policies(role)),
            },
            Step::AddCondition(condition) => Request::AddCondition(condition),
            Step::UpdateCondition { at, new } => Request::UpdateCondition {
                id: *at.one(self.conditions.keys())?,
                new,
            },
            Step::DeleteCondition { at } => Request::DeleteCondition {
                id: *at.one(self.conditions.keys())?,
            },
            Step::WriteFiles(_) | Step::Configure(_) => return None,
        })
    }

    /// Notes a request that was granted; `id` is that of a new condition.
    pub(super) fn note(&mut self, request: Request, id: Option<i64>) {
        match request {
            Request::CreateRole { role, members } => {
                self.roles.entry(role).or_default().extend(members);
            }
            Request::UpdateRole {
                role,
                old,
                name,
                members,
            } => {
                let mut all = self.roles.remove(role).unwrap_or_default();
                all.retain(|member| !old.contains(member));
                all.extend(members);
                self.roles.insert(name, all);
                let moved = |own| if own == role { name } else { own };
                self.policies = self
                    .policies
                    .iter()
                    .map(|(own, policy)| (moved(*own), *policy))
                    .collect();
                for condition in self.conditions.values_mut() {
                    condition.role = moved(condition.role);
                }
            }
            Request::DeleteRole { role, member } => {
                let members = self.roles.entry(role).or_default();
                members.retain(|own| member.is_some_and(|member| *own != member));
                if members.is_empty() {
                    self.roles.remove(role);
                    self.policies.retain(|(own, _)| *own != role);
                    self.conditions
                        .retain(|_, condition| condition.role != role);
                }
            }
            Request::AddPolicies { role, policies } => {
                self.policies
                    .extend(policies.into_iter().map(|policy| (role, policy)));
            }
            Request::UpdatePolicies { role, old, new } => {
                self.policies
                    .retain(|(own, policy)| *own != role || !old.contains(policy));
                self.policies
                    .extend(new.into_iter().map(|policy| (role, policy)));
            }
            Request::DeletePolicies { role, policies } => {
                self.policies
                    .retain(|(own, policy)| *own != role || !policies.contains(policy));
            }
            Request::AddCondition(condition) => {
                self.conditions.extend(id.map(|id| (id, condition)));
            }
            Request::UpdateCondition { id, new } => drop(self.conditions.insert(id, new)),
            Request::DeleteCondition { id } => drop(self.conditions.remove(&id)),
        }
    }

    /// Notes files that were written.
    pub(super) fn note_files(&mut self, files: Option<Files>) {
        self.files = files;
    }

    /// Notes another configuration; without a default role its conditions go.
    pub(super) fn note_configuration(&mut self, configuration: Configuration) {
        if !configuration.has_default_role {
            self.conditions
                .retain(|_, condition| condition.role != EVERYBODY);
        }
        self.configuration = configuration;
    }

    /// The requests that make it from nothing.
    pub(super) fn requests(&self) -> Vec<Request> {
        let roles = self
            .roles
            .iter()
            .map(|(role, members)| Request::CreateRole {
                role,
                members: members.iter().copied().collect(),
            });
        let policies = self
            .policies
            .iter()
            .map(|(role, policy)| Request::AddPolicies {
                role,
                policies: vec![*policy],
            });
        let conditions = self.conditions.values().copied().map(Request::AddCondition);
        roles.chain(policies).chain(conditions).collect()
    }
}
