//! How a user comes to groups and roles.

use hashbrown::HashSet;
use smol_str::SmolStr;

use crate::{
    EntityRef,
    group::{GroupGraph, Hierarchy, Reach},
    members::named_from_smallest,
    model::{Origin, PolicyModel, Source},
};

/// A group that a user is in, and the way to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupPath {
    /// The group.
    pub group: EntityRef,
    /// The groups from the one that the user is directly in up to this one, both included.
    pub path: Vec<EntityRef>,
}

/// A role that a user holds, and one way in which it is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldRole {
    /// The role.
    pub role: SmolStr,
    /// The way to the reference that holds it: groups from the nearest one up, or the
    /// reference of a token. Empty when the user is a member himself, or everybody is.
    pub via: Vec<SmolStr>,
    /// What gives it.
    pub how: How,
    /// Where the membership came from.
    pub origin: Origin,
}

/// What gives somebody a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum How {
    /// The user or a group of his is a member.
    Member,
    /// Everybody holds the default role.
    Default,
    /// A reference of the user's token is a member, and those count.
    Ownership,
}

/// The groups and roles of a user, with the way to each.
#[derive(Debug, Default)]
pub(crate) struct Ways {
    user: SmolStr,
    pub(crate) groups: Vec<GroupPath>,
    pub(crate) roles: Vec<HeldRole>,
    pub(crate) cycle: Option<Vec<SmolStr>>,
}

impl Ways {
    pub(crate) fn of(model: &PolicyModel, user: &str, ownership: &[SmolStr]) -> Self {
        let max_depth = model.settings.max_depth;
        let (groups, part) = climb(&model.groups, user, max_depth);
        let cycle = cycle_in(&part, user, max_depth);
        let mut ways = Self {
            user: user.into(),
            groups: if cycle.is_some() { Vec::new() } else { groups },
            roles: Vec::new(),
            cycle,
        };
        let alone = [SmolStr::new(user)];
        let tokens = match (model.settings.use_ownership_refs, ownership) {
            (false, _) => &[],
            (true, []) => alone.as_slice(),
            (true, _) => ownership,
        };
        for membership in &model.memberships {
            let member = &membership.row.member;
            let climbed = ways.way_to(member).map(|via| (via, How::Member));
            let given = || {
                let is_given = tokens.contains(member);
                is_given.then(|| (vec![member.clone()], How::Ownership))
            };
            if let Some((via, how)) = climbed.or_else(given) {
                ways.roles.push(HeldRole {
                    role: membership.row.role.clone(),
                    via,
                    how,
                    origin: membership.origin.clone(),
                });
            }
        }
        if ways.cycle.is_none()
            && let Some(role) = &model.settings.default_role
        {
            ways.roles.push(HeldRole {
                role: role.clone(),
                via: Vec::new(),
                how: How::Default,
                origin: Source::Configuration.into(),
            });
        }
        ways.roles.sort_by(|one, other| {
            let key = |way: &HeldRole| (way.role.clone(), way.how, way.via.len(), way.via.clone());
            key(one).cmp(&key(other))
        });
        ways
    }

    /// Whether the user holds a role.
    pub(crate) fn holds(&self, role: &str) -> bool {
        let at = self.roles.partition_point(|way| way.role.as_str() < role);
        self.roles.get(at).is_some_and(|way| way.role == role)
    }

    /// Whether a reference is the user or a group of his.
    pub(crate) fn is_or_is_in(&self, reference: &str) -> bool {
        reference == self.user
            || self
                .groups
                .iter()
                .any(|way| way.group.as_str() == reference)
    }

    /// The groups from the user to a member, unless the member is none of his.
    fn way_to(&self, member: &str) -> Option<Vec<SmolStr>> {
        if self.cycle.is_some() {
            return None;
        }
        if member == self.user {
            return Some(Vec::new());
        }
        let way = self
            .groups
            .iter()
            .find(|way| way.group.as_str() == member)?;
        Some(
            way.path
                .iter()
                .map(EntityRef::as_smol_str)
                .cloned()
                .collect(),
        )
    }
}

/// The groups of a user, nearest first and then by name, and the part of the graph that they
/// were found in.
pub(crate) fn climb(
    graph: &GroupGraph,
    user: &str,
    max_depth: Option<u32>,
) -> (Vec<GroupPath>, GroupGraph) {
    let sorted = |groups: &[EntityRef]| {
        let mut groups = groups.to_vec();
        groups.sort_unstable();
        groups
    };
    let mut part = GroupGraph::new();
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    for group in sorted(graph.groups_of(user)) {
        if let Ok(user) = EntityRef::parse(user) {
            part.add_member(user, group.clone());
        }
        if seen.insert(group.clone()) {
            found.push(GroupPath {
                path: vec![group.clone()],
                group,
            });
        }
    }
    let mut next = 0;
    while let Some(GroupPath { group, path }) = found.get(next).cloned() {
        next += 1;
        if max_depth.is_some_and(|depth| path.len() > depth as usize) {
            continue;
        }
        for parent in sorted(graph.parents_of(group.as_str())) {
            part.add_parent(group.clone(), parent.clone());
            if seen.insert(parent.clone()) {
                found.push(GroupPath {
                    path: path.iter().cloned().chain([parent.clone()]).collect(),
                    group: parent,
                });
            }
        }
    }
    (found, part)
}

fn cycle_in(graph: &GroupGraph, user: &str, max_depth: Option<u32>) -> Option<Vec<SmolStr>> {
    let mut hierarchy = Hierarchy::new(graph, max_depth);
    let direct = hierarchy.ids(graph.groups_of(user));
    match hierarchy.reach(&direct) {
        Reach::Groups(_) => None,
        Reach::Cycle(groups) => Some(named_from_smallest(&groups, &hierarchy)),
    }
}
