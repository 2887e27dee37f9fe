//! How a user comes to groups and roles.

use hashbrown::HashSet;
use smol_str::SmolStr;

use crate::{
    EntityRef,
    group::{GroupGraph, Hierarchy, Reach},
    members::named_from_smallest,
    model::{Membership, Origin, PolicyModel, Settings, Source},
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

/// Whose roles are asked for.
#[derive(Clone, Copy, Debug)]
pub enum Holder<'a> {
    /// A user.
    User {
        /// The user.
        entity_ref: &'a str,
        /// The ownership references of the user's token.
        ownership: &'a [SmolStr],
    },
    /// Whoever is in this group, as far as the group gives it.
    Group(&'a EntityRef),
}

/// The roles of a holder by name, each with every way in which it is given, the shortest first.
///
/// The ways of a group begin above it. Nothing comes from groups that are in a cycle.
pub fn roles_held<'a>(
    holder: Holder<'_>,
    settings: &Settings,
    memberships: impl IntoIterator<Item = (&'a Membership, &'a Origin)>,
    groups: &GroupGraph,
) -> Vec<HeldRole> {
    match holder {
        Holder::User {
            entity_ref,
            ownership,
        } => Ways::found(settings, memberships, groups, (entity_ref, ownership)).roles,
        Holder::Group(group) => {
            // A graph in which somebody is in this group and in no other; no row names them.
            let direct = std::slice::from_ref(group);
            let (_, mut above) = climb_from(groups, direct, settings.max_depth);
            let somebody = EntityRef::new("user", "callboard-review", "somebody");
            above.add_member(somebody.clone(), group.clone());
            let ownership = [group.as_smol_str().clone()];
            let holder = (somebody.as_str(), ownership.as_slice());
            let mut roles = Ways::found(settings, memberships, &above, holder).roles;
            for role in &mut roles {
                // The first step leads from somebody to the group itself.
                let is_climbed = role.how == How::Member && !role.via.is_empty();
                role.via.drain(..usize::from(is_climbed));
            }
            roles
        }
    }
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
        let memberships = model.memberships.iter().map(|one| (&one.row, &one.origin));
        Self::found(
            &model.settings,
            memberships,
            &model.groups,
            (user, ownership),
        )
    }

    fn found<'a>(
        settings: &Settings,
        memberships: impl IntoIterator<Item = (&'a Membership, &'a Origin)>,
        graph: &GroupGraph,
        (user, ownership): (&str, &[SmolStr]),
    ) -> Self {
        let max_depth = settings.max_depth;
        let (groups, part) = climb(graph, user, max_depth);
        let cycle = cycle_in(&part, user, max_depth);
        let mut ways = Self {
            user: user.into(),
            groups: if cycle.is_some() { Vec::new() } else { groups },
            roles: Vec::new(),
            cycle,
        };
        let alone = [SmolStr::new(user)];
        let tokens = match (settings.use_ownership_refs, ownership) {
            (false, _) => &[],
            (true, []) => alone.as_slice(),
            (true, _) => ownership,
        };
        for (membership, origin) in memberships {
            let member = &membership.member;
            let climbed = ways.way_to(member).map(|via| (via, How::Member));
            let given = || {
                let is_given = tokens.contains(member);
                is_given.then(|| (vec![member.clone()], How::Ownership))
            };
            if let Some((via, how)) = climbed.or_else(given) {
                ways.roles.push(HeldRole {
                    role: membership.role.clone(),
                    via,
                    how,
                    origin: origin.clone(),
                });
            }
        }
        if ways.cycle.is_none()
            && let Some(role) = &settings.default_role
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
    let direct = graph.groups_of(user);
    let (found, mut part) = climb_from(graph, direct, max_depth);
    if let Ok(user) = EntityRef::parse(user) {
        for group in direct {
            part.add_member(user.clone(), group.clone());
        }
    }
    (found, part)
}

/// As [`climb`], from groups on.
fn climb_from(
    graph: &GroupGraph,
    direct: &[EntityRef],
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
    for group in sorted(direct) {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn group(name: &str) -> EntityRef {
        EntityRef::new("group", "default", name)
    }

    /// What is held, each as `role: way`.
    fn held(holder: Holder<'_>, rows: &[(&str, &str)], edges: &[(&str, &str)]) -> Vec<String> {
        let mut groups = GroupGraph::new();
        groups.add_member(EntityRef::new("user", "default", "alice"), group("crew"));
        for (child, parent) in edges {
            groups.add_parent(group(child), group(parent));
        }
        let settings = Settings {
            default_role: Some("role:default/all".into()),
            ..Settings::default()
        };
        let rows: Vec<_> = rows
            .iter()
            .map(|(member, role)| (Membership::new(*member, *role), Source::Rest.into()))
            .collect();
        let rows = rows.iter().map(|(row, origin)| (row, origin));
        let roles = roles_held(holder, &settings, rows, &groups);
        let way = |held: HeldRole| format!("{} {:?} {}", held.role, held.how, held.via.join(" "));
        roles.into_iter().map(way).collect()
    }

    const ROWS: &[(&str, &str)] = &[
        ("user:default/alice", "role:default/a"),
        ("group:default/crew", "role:default/b"),
        ("group:default/house", "role:default/c"),
        ("group:default/other", "role:default/d"),
    ];

    #[test]
    fn a_group_gives_what_it_and_those_above_it_are_given() {
        let crew = group("crew");
        let edges = [("crew", "house"), ("other", "house")];

        assert_eq!(
            held(Holder::Group(&crew), ROWS, &edges),
            [
                "role:default/all Default ",
                "role:default/b Member ",
                "role:default/c Member group:default/house",
            ]
        );
        let alice = Holder::User {
            entity_ref: "user:default/alice",
            ownership: &[],
        };
        assert_eq!(
            held(alice, ROWS, &edges),
            [
                "role:default/a Member ",
                "role:default/all Default ",
                "role:default/b Member group:default/crew",
                "role:default/c Member group:default/crew group:default/house",
            ]
        );
    }

    #[test]
    fn a_group_in_a_cycle_gives_nothing() {
        let edges = [("crew", "house"), ("house", "crew")];

        assert!(held(Holder::Group(&group("crew")), ROWS, &edges).is_empty());
    }
}
