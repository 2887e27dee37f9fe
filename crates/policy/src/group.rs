//! Groups: who is in them, what stands above them, and how far up a user's roles come from.

use hashbrown::HashMap;

use crate::{EntityRef, intern::Interner};

/// Groups of users and parents of groups, as the catalog relates them.
///
/// Whichever side declares a relation, it is added here in one direction: a user is a member
/// of a group, a group is a child of a group. A group needs no entity to take part, and may
/// have several parents; all of them count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupGraph {
    groups_of: HashMap<EntityRef, Vec<EntityRef>>,
    parents_of: HashMap<EntityRef, Vec<EntityRef>>,
}

impl GroupGraph {
    /// An empty graph.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the relation `memberOf` from a user to a group.
    pub fn add_member(&mut self, user: EntityRef, group: EntityRef) {
        insert(&mut self.groups_of, user, group);
    }

    /// Adds the relation `childOf` from a group to a group.
    pub fn add_parent(&mut self, child: EntityRef, parent: EntityRef) {
        insert(&mut self.parents_of, child, parent);
    }

    /// Takes a group out from under another.
    pub(crate) fn remove_parent(&mut self, child: &EntityRef, parent: &EntityRef) {
        if let Some(parents) = self.parents_of.get_mut(child) {
            parents.retain(|other| other != parent);
        }
    }

    /// The groups that a user is directly in.
    pub fn groups_of(&self, user: &str) -> &[EntityRef] {
        self.groups_of.get(user).map_or(&[], Vec::as_slice)
    }

    /// The groups directly above a group.
    pub fn parents_of(&self, group: &str) -> &[EntityRef] {
        self.parents_of.get(group).map_or(&[], Vec::as_slice)
    }

    /// Every user that is in a group, with those groups, in no order.
    pub fn users(&self) -> impl Iterator<Item = (&EntityRef, &[EntityRef])> {
        self.groups_of
            .iter()
            .map(|(user, groups)| (user, groups.as_slice()))
    }
}

fn insert(edges: &mut HashMap<EntityRef, Vec<EntityRef>>, from: EntityRef, to: EntityRef) {
    let targets = edges.entry(from).or_default();
    if !targets.contains(&to) {
        targets.push(to);
    }
}

/// The graph with dense ids, and room to walk it.
pub(crate) struct Hierarchy {
    pub(crate) names: Interner,
    parents: Vec<Vec<u32>>,
    max_depth: u32,
    // Walking state, reset after each walk: the level of each group, and its colour.
    level: Vec<u32>,
    colour: Vec<Colour>,
}

/// The groups of a user.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// The direct groups and their ancestors within the depth.
    Groups(Vec<u32>),
    /// A cycle within the depth, as the groups along it.
    Cycle(Vec<u32>),
}

const UNREACHED: u32 = u32::MAX;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Colour {
    New,
    Open,
    Done,
}

impl Hierarchy {
    /// Gives every group an id. No `max_depth` means no limit.
    pub(crate) fn new(graph: &GroupGraph, max_depth: Option<u32>) -> Self {
        let mut names = Interner::default();
        for (_, groups) in graph.users() {
            for group in groups {
                names.intern(group.as_smol_str());
            }
        }
        let mut parents = Vec::new();
        for (child, above) in &graph.parents_of {
            let child = names.intern(child.as_smol_str()) as usize;
            let above = above
                .iter()
                .map(|parent| names.intern(parent.as_smol_str()))
                .collect();
            if parents.len() <= child {
                parents.resize_with(child + 1, Vec::new);
            }
            parents[child] = above;
        }
        parents.resize_with(names.len(), Vec::new);
        Self {
            level: vec![UNREACHED; names.len()],
            colour: vec![Colour::New; names.len()],
            names,
            parents,
            max_depth: max_depth.unwrap_or(UNREACHED),
        }
    }

    /// The ids of groups, sorted and without repeats.
    pub(crate) fn ids(&self, groups: &[EntityRef]) -> Vec<u32> {
        let mut ids: Vec<_> = groups
            .iter()
            .filter_map(|group| self.names.id(group.as_str()))
            .collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// Climbs from the direct groups: level by level, then looking for a way round.
    pub(crate) fn reach(&mut self, direct: &[u32]) -> Reach {
        let mut reached = direct.to_vec();
        for group in direct {
            self.level[*group as usize] = 0;
        }
        let mut next = 0;
        while let Some(&group) = reached.get(next) {
            next += 1;
            let level = self.level[group as usize];
            if level >= self.max_depth {
                continue;
            }
            for &parent in &self.parents[group as usize] {
                if self.level[parent as usize] == UNREACHED {
                    self.level[parent as usize] = level + 1;
                    reached.push(parent);
                }
            }
        }
        let cycle = direct.iter().find_map(|group| self.cycle_from(*group));
        for group in &reached {
            self.level[*group as usize] = UNREACHED;
            self.colour[*group as usize] = Colour::New;
        }
        cycle.map_or(Reach::Groups(reached), Reach::Cycle)
    }

    /// Follows the edges within the depth until one leads back to a group still open.
    fn cycle_from(&mut self, start: u32) -> Option<Vec<u32>> {
        if self.colour[start as usize] != Colour::New {
            return None;
        }
        self.colour[start as usize] = Colour::Open;
        let mut path = vec![(start, 0)];
        while let Some((group, tried)) = path.last_mut() {
            let within = self.level[*group as usize] < self.max_depth;
            let parent = if within {
                self.parents[*group as usize].get(*tried)
            } else {
                None
            };
            let Some(&parent) = parent else {
                self.colour[*group as usize] = Colour::Done;
                path.pop();
                continue;
            };
            *tried += 1;
            match self.colour[parent as usize] {
                Colour::New => {
                    self.colour[parent as usize] = Colour::Open;
                    path.push((parent, 0));
                }
                Colour::Open => {
                    let cycle = path
                        .iter()
                        .map(|(group, _)| *group)
                        .skip_while(|group| *group != parent);
                    return Some(cycle.collect());
                }
                Colour::Done => {}
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(name: &str) -> EntityRef {
        EntityRef::new("group", "default", name)
    }

    fn reach(
        edges: &[(&str, &str)],
        direct: &[&str],
        max_depth: Option<u32>,
    ) -> Result<Vec<String>, Vec<String>> {
        let mut graph = GroupGraph::new();
        for name in direct {
            graph.add_member(EntityRef::new("user", "default", "tom"), group(name));
        }
        for (child, parent) in edges {
            graph.add_parent(group(child), group(parent));
        }
        let mut hierarchy = Hierarchy::new(&graph, max_depth);
        let ids = hierarchy.ids(graph.groups_of("user:default/tom"));
        let short = |hierarchy: &Hierarchy, ids: Vec<u32>| {
            let mut names: Vec<_> = ids
                .into_iter()
                .map(|id| {
                    hierarchy
                        .names
                        .name(id)
                        .trim_start_matches("group:default/")
                        .to_owned()
                })
                .collect();
            names.sort();
            names
        };
        match hierarchy.reach(&ids) {
            Reach::Groups(groups) => Ok(short(&hierarchy, groups)),
            Reach::Cycle(groups) => Err(short(&hierarchy, groups)),
        }
    }

    #[test]
    fn depth_counts_levels_above_the_direct_groups() {
        let chain = [("a", "b"), ("b", "c")];

        assert_eq!(reach(&chain, &["a"], Some(0)).unwrap(), ["a"]);
        assert_eq!(reach(&chain, &["a"], Some(1)).unwrap(), ["a", "b"]);
        assert_eq!(reach(&chain, &["a"], None).unwrap(), ["a", "b", "c"]);
    }

    #[test]
    fn all_parents_count_and_a_diamond_is_no_cycle() {
        let diamond = [("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")];

        assert_eq!(reach(&diamond, &["a"], None).unwrap(), ["a", "b", "c", "d"]);
    }

    #[test]
    fn a_cycle_counts_only_within_the_depth() {
        let round = [("a", "b"), ("b", "a")];

        assert_eq!(reach(&round, &["a"], Some(1)).unwrap(), ["a", "b"]);
        assert_eq!(reach(&round, &["a"], Some(2)).unwrap_err(), ["a", "b"]);
        assert_eq!(reach(&round, &["a", "b"], Some(1)).unwrap_err(), ["a", "b"]);
        assert_eq!(reach(&round, &["x"], None).unwrap(), ["x"]);
    }

    #[test]
    fn a_group_above_itself_is_a_cycle() {
        assert_eq!(reach(&[("a", "a")], &["a"], None).unwrap_err(), ["a"]);
        assert_eq!(reach(&[("a", "a")], &["a"], Some(0)).unwrap(), ["a"]);
    }
}
