//! What belongs to each role: looked up once for each state, so that pages need not search.

use super::state::{ConditionRecord, RowRecord, State};
use callboard_policy::{Effect, Grant, Membership};
use smol_str::SmolStr;
use std::collections::HashMap;
use std::sync::Arc;

/// What belongs to each role of one state.
#[derive(Debug)]
pub(super) struct Roster {
    state: Arc<State>,
    roles: HashMap<SmolStr, Belongings>,
}

/// What belongs to one role, by place in the state.
#[derive(Debug, Default)]
struct Belongings {
    /// Groups first, then by reference.
    members: Vec<usize>,
    policies: Vec<usize>,
    conditions: Vec<i64>,
    counts: Counts,
}

/// How much belongs to one role.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// Members that are users.
    pub(super) users: usize,
    /// All other members.
    pub(super) groups: usize,
    /// Policies that allow.
    pub(super) allow: usize,
    /// Policies that deny.
    pub(super) deny: usize,
    /// Conditional policies.
    pub(super) conditional: usize,
}

/// Whether a reference names a user; everything else counts as a group.
pub(super) fn is_user(member: &str) -> bool {
    member.starts_with("user:")
}

impl Roster {
    pub(super) fn of(state: Arc<State>) -> Roster {
        let mut roles: HashMap<SmolStr, Belongings> = HashMap::new();
        for (place, row) in state.memberships.keys().enumerate() {
            let of_role = roles.entry(row.role.clone()).or_default();
            of_role.members.push(place);
            if is_user(&row.member) {
                of_role.counts.users += 1;
            } else {
                of_role.counts.groups += 1;
            }
        }
        for (place, policy) in state.policies.keys().enumerate() {
            let of_role = roles.entry(policy.subject.clone()).or_default();
            of_role.policies.push(place);
            match policy.effect {
                Effect::Allow => of_role.counts.allow += 1,
                Effect::Deny => of_role.counts.deny += 1,
            }
        }
        for (id, record) in &state.conditions {
            let of_role = roles.entry(record.policy.role.clone()).or_default();
            of_role.conditions.push(*id);
            of_role.counts.conditional += 1;
        }
        let member = |place: &usize| {
            let (row, _) = state.memberships.get_index(*place)?;
            Some((is_user(&row.member), row.member.clone()))
        };
        for of_role in roles.values_mut() {
            of_role.members.sort_by_cached_key(member);
        }
        Roster { state, roles }
    }

    /// The state that it was made from.
    pub(super) fn state(&self) -> &Arc<State> {
        &self.state
    }

    /// How much belongs to a role.
    pub(super) fn counts(&self, role: &str) -> Counts {
        let of_role = self.roles.get(role);
        of_role.map_or_else(Counts::default, |of_role| of_role.counts)
    }

    /// The members of a role, groups first, then by reference.
    pub(super) fn members(&self, role: &str) -> impl Iterator<Item = (&Membership, &RowRecord)> {
        let of_role = self.roles.get(role).into_iter();
        of_role
            .flat_map(|of_role| &of_role.members)
            .filter_map(|place| self.state.memberships.get_index(*place))
    }

    /// Whether a role names somebody.
    pub(super) fn has_member(&self, role: &str, member: &SmolStr) -> bool {
        let row = Membership::new(member.clone(), role);
        self.state.memberships.contains_key(&row)
    }

    /// The policies of a role, in order of insertion.
    pub(super) fn policies(&self, role: &str) -> impl Iterator<Item = (&Grant, &RowRecord)> {
        let of_role = self.roles.get(role).into_iter();
        of_role
            .flat_map(|of_role| &of_role.policies)
            .filter_map(|place| self.state.policies.get_index(*place))
    }

    /// The conditional policies of a role with their ids, the oldest first.
    pub(super) fn conditions(&self, role: &str) -> impl Iterator<Item = (i64, &ConditionRecord)> {
        let of_role = self.roles.get(role).into_iter();
        of_role
            .flat_map(|of_role| &of_role.conditions)
            .filter_map(|id| Some((*id, self.state.conditions.get(id)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use callboard_policy::{Action, Source};

    #[test]
    fn members_are_groups_first_and_policies_are_counted_by_effect() {
        let mut state = State::default();
        for member in ["user:default/bob", "group:default/crew", "user:default/ann"] {
            let row = Membership::new(member, "role:default/stage");
            state.add_membership(row, Source::Rest.into());
        }
        for (action, effect) in [(Action::Read, Effect::Allow), (Action::Use, Effect::Deny)] {
            let policy = Grant::new("role:default/stage", "catalog-entity", action, effect);
            state.add_policy(policy, Source::Rest.into());
        }

        let roster = Roster::of(Arc::new(state));

        let members = roster.members("role:default/stage");
        let members: Vec<_> = members.map(|(row, _)| row.member.as_str()).collect();
        assert_eq!(
            members,
            ["group:default/crew", "user:default/ann", "user:default/bob"]
        );
        let expected = Counts {
            users: 2,
            groups: 1,
            allow: 1,
            deny: 1,
            conditional: 0,
        };
        assert_eq!(roster.counts("role:default/stage"), expected);
        assert_eq!(roster.counts("role:default/other"), Counts::default());
        let has_ann = |role| roster.has_member(role, &"user:default/ann".into());
        assert!(has_ann("role:default/stage") && !has_ann("role:default/other"));
    }
}
