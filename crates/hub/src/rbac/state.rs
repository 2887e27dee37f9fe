//! Everything that is stored about roles, as one value.
//!
//! Start-up brings a copy of it in line with configuration and files and then writes the
//! difference; requests read it; the policy is compiled from it.

use callboard_policy::{ConditionalPolicy, Grant, Membership, Origin, Source};
use indexmap::{IndexMap, IndexSet};
use jiff::Timestamp;
use smol_str::SmolStr;
use std::collections::{BTreeMap, HashSet};

/// Roles, memberships, policies and conditions as they are stored.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct State {
    /// The metadata of each role that has any, in order of creation.
    pub(crate) roles: IndexMap<SmolStr, RoleMetadata>,
    /// `g` rows in order of insertion.
    pub(crate) memberships: IndexMap<Membership, RowRecord>,
    /// `p` rows in order of insertion.
    pub(crate) policies: IndexMap<Grant, RowRecord>,
    /// Conditional policies by id.
    pub(crate) conditions: BTreeMap<i64, ConditionRecord>,
    /// Plugin ids added over REST.
    pub(crate) plugin_ids: IndexSet<String>,
    /// The last numbers handed out.
    pub(crate) sequences: Sequences,
}

/// What is known about a role beside its members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RoleMetadata {
    pub(crate) source: Source,
    pub(crate) description: Option<String>,
    pub(crate) owner: Option<String>,
    pub(crate) author: Option<String>,
    pub(crate) modified_by: Option<String>,
    pub(crate) created_at: Option<Timestamp>,
    pub(crate) modified_at: Option<Timestamp>,
    pub(crate) is_default: bool,
}

impl RoleMetadata {
    /// Metadata that `author` gives a role at `now`.
    pub(crate) fn new(source: Source, author: &str, now: Timestamp) -> RoleMetadata {
        RoleMetadata {
            source,
            description: None,
            owner: None,
            author: Some(author.to_owned()),
            modified_by: Some(author.to_owned()),
            created_at: Some(now),
            modified_at: Some(now),
            is_default: false,
        }
    }

    /// Notes a later write.
    pub(crate) fn touch(&mut self, writer: &str, now: Timestamp) {
        self.modified_by = Some(writer.to_owned());
        self.modified_at = Some(now);
    }
}

/// What is stored with a `g` or `p` row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RowRecord {
    /// Its place in the order of insertion.
    pub(crate) id: i64,
    /// Where it came from.
    pub(crate) origin: Origin,
}

/// A stored conditional policy.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ConditionRecord {
    /// The policy as it was written.
    pub(crate) policy: ConditionalPolicy,
    /// Where it came from.
    pub(crate) origin: Origin,
}

/// The last numbers handed out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Sequences {
    pub(crate) row: i64,
    pub(crate) condition: i64,
}

impl State {
    /// Adds a `g` row unless it is there.
    pub(crate) fn add_membership(&mut self, membership: Membership, origin: Origin) {
        let Sequences { row, .. } = &mut self.sequences;
        self.memberships
            .entry(membership)
            .or_insert_with(|| next_row(row, origin));
    }

    /// Adds a `p` row unless it is there.
    pub(crate) fn add_policy(&mut self, policy: Grant, origin: Origin) {
        let Sequences { row, .. } = &mut self.sequences;
        self.policies
            .entry(policy)
            .or_insert_with(|| next_row(row, origin));
    }

    /// Adds a condition and gives its id.
    pub(crate) fn add_condition(&mut self, policy: ConditionalPolicy, origin: Origin) -> i64 {
        self.sequences.condition += 1;
        self.conditions
            .insert(self.sequences.condition, ConditionRecord { policy, origin });
        self.sequences.condition
    }

    /// Removes a role's metadata and the conditions that nobody could change without it.
    pub(crate) fn remove_role(&mut self, role: &str) {
        self.roles.shift_remove(role);
        self.conditions
            .retain(|_, condition| condition.policy.role != role);
    }

    /// Removes the metadata and the conditions of many roles in one pass.
    pub(crate) fn remove_roles(&mut self, roles: &[SmolStr]) {
        if roles.is_empty() {
            return;
        }
        let gone: HashSet<&SmolStr> = roles.iter().collect();
        self.roles.retain(|role, _| !gone.contains(role));
        self.conditions
            .retain(|_, condition| !gone.contains(&condition.policy.role));
    }

    /// Removes a role with everything that belongs to it.
    pub(crate) fn delete_role(&mut self, role: &str) {
        self.memberships.retain(|row, _| row.role != role);
        self.policies.retain(|policy, _| policy.subject != role);
        self.remove_role(role);
    }

    /// Gives a role another name: its members, policies and conditions move with it.
    pub(crate) fn rename_role(&mut self, old: &str, new: &str) {
        if let Some((place, _, metadata)) = self.roles.shift_remove_full(old) {
            self.roles.shift_insert(place, new.into(), metadata);
        }
        let memberships = std::mem::take(&mut self.memberships).into_iter();
        self.memberships = memberships
            .map(|(mut row, record)| {
                replace(&mut row.role, old, new);
                (row, record)
            })
            .collect();
        let policies = std::mem::take(&mut self.policies).into_iter();
        self.policies = policies
            .map(|(mut policy, record)| {
                replace(&mut policy.subject, old, new);
                (policy, record)
            })
            .collect();
        for condition in self.conditions.values_mut() {
            replace(&mut condition.policy.role, old, new);
        }
    }

    /// The members of each role that has any, roles in the order of their first membership.
    pub(crate) fn members(&self) -> IndexMap<&str, Vec<&str>> {
        let mut members: IndexMap<&str, Vec<&str>> = IndexMap::new();
        for Membership { member, role } in self.memberships.keys() {
            members.entry(role).or_default().push(member);
        }
        members
    }

    /// Whether the configuration or file named `source` owns the role.
    pub(crate) fn is_owned_by(&self, role: &str, source: &Source) -> bool {
        self.roles
            .get(role)
            .is_some_and(|metadata| metadata.source == *source)
    }
}

fn replace(role: &mut SmolStr, old: &str, new: &str) {
    if role == old {
        *role = new.into();
    }
}

fn next_row(last: &mut i64, origin: Origin) -> RowRecord {
    *last += 1;
    RowRecord { id: *last, origin }
}
