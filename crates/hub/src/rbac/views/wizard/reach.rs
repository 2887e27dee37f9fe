//! Whom users and groups come to, groups below groups included.

use super::member::{children_of, members_of};
use crate::ui::entity::Sight;
use callboard_catalog::{Filter, Query};
use smol_str::SmolStr;
use std::collections::BTreeSet;

/// How deep groups are followed where the configuration sets no limit.
const MAX_DEPTH: u32 = 64;

/// Whom some users and groups come to.
pub(super) struct Reach {
    /// The members that are users.
    users: Vec<SmolStr>,
    /// Everybody in the groups and those below them.
    of_groups: Filter,
}

impl Reach {
    /// Follows groups downwards, as far as `max_depth` below the members, among those that the
    /// person may read.
    pub(super) fn of(sight: &Sight, members: &[SmolStr], max_depth: Option<u32>) -> Reach {
        let is_user = |member: &&SmolStr| member.starts_with("user:");
        let (users, groups): (Vec<_>, Vec<_>) = members.iter().partition(is_user);
        let mut known: BTreeSet<SmolStr> = groups.into_iter().cloned().collect();
        let mut level: Vec<SmolStr> = known.iter().cloned().collect();
        for _ in 0..max_depth.unwrap_or(MAX_DEPTH) {
            if level.is_empty() {
                break;
            }
            let below = sight.query(Query {
                filter: Some(children_of(level.iter().map(SmolStr::as_str))),
                ..Query::default()
            });
            let below = below.entities.iter();
            let below = below.map(|group| group.entity_ref().as_smol_str().clone());
            level = below.filter(|group| known.insert(group.clone())).collect();
        }
        Reach {
            users: users.into_iter().cloned().collect(),
            of_groups: members_of(known.iter().map(SmolStr::as_str)),
        }
    }

    /// How many people that are.
    pub(super) fn count(&self, sight: &Sight) -> u64 {
        let alone = self
            .users
            .iter()
            .filter(|user| !self.is_in_group(sight, user));
        sight.count(self.of_groups.clone()) + alone.count() as u64
    }

    /// Their references, `limit` of them at most.
    pub(super) fn people(&self, sight: &Sight, limit: usize) -> Vec<SmolStr> {
        let page = sight.query(Query {
            filter: Some(self.of_groups.clone()),
            limit: Some(limit),
            ..Query::default()
        });
        let of_groups = page.entities.iter();
        let of_groups = of_groups.map(|user| user.entity_ref().as_smol_str().clone());
        let alone = self
            .users
            .iter()
            .filter(|user| !self.is_in_group(sight, user));
        alone.cloned().chain(of_groups).take(limit).collect()
    }

    fn is_in_group(&self, sight: &Sight, user: &str) -> bool {
        sight.has(user, &self.of_groups)
    }
}
