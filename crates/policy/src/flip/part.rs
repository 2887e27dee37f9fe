//! The part of a policy that counts for one question.

use hashbrown::HashSet;
use smol_str::SmolStr;

use super::Inquiry;
use crate::{
    account::{climb, objects},
    model::{PolicyModel, Sourced},
};

impl PolicyModel {
    /// The same policy without what cannot matter to `inquiry`, so that it can be changed and
    /// compiled many times over.
    pub(super) fn part_for(&self, inquiry: &Inquiry<'_>) -> Self {
        let Inquiry {
            user,
            ownership,
            permission,
        } = *inquiry;
        let (groups, graph) = climb(&self.groups, user, self.settings.max_depth);
        let mut members: HashSet<&str> = groups.iter().map(|way| way.group.as_str()).collect();
        members.insert(user);
        if self.settings.use_ownership_refs {
            members.extend(ownership.iter().map(SmolStr::as_str));
        }
        let is_about = |name: &str| objects(permission).any(|object| object == name);
        Self {
            settings: self.settings.clone(),
            memberships: kept(&self.memberships, |row| {
                members.contains(row.member.as_str())
            }),
            grants: kept(&self.grants, |row| is_about(&row.permission)),
            conditions: kept(&self.conditions, |row| is_about(&row.policy.resource_type)),
            groups: graph,
        }
    }
}

fn kept<T: Clone>(rows: &[Sourced<T>], is_wanted: impl Fn(&T) -> bool) -> Vec<Sourced<T>> {
    rows.iter()
        .filter(|one| is_wanted(&one.row))
        .cloned()
        .collect()
}
