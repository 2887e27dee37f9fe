//! Which entities and relations a graph shows: those that can be reached from its roots.

use crate::catalog::views::relation::{RelationType, Side};
use crate::ui::entity::Sight;
use callboard_catalog::Entity;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// How many nodes a graph has at most; a picture of more helps nobody.
const MAX_NODES: usize = 120;
/// How many targets of one type of relation are followed from a root, and from any other node.
const FAN: [usize; 2] = [12, 6];
/// The same for a picture of what something holds, which is about nothing but them.
const DIAGRAM_FAN: [usize; 2] = [40, 20];
/// How far such a picture goes: a domain, its systems, their components, and parts of those.
const DIAGRAM_DEPTH: usize = 3;
/// How many nodes such a picture has before the APIs and resources are left to those of its systems.
const CROWD: usize = 30;
/// What it shows then.
const HOLDERS: [&str; 3] = ["domain", "system", "component"];
/// What it shows beside who holds what.
const DIAGRAM_RELATIONS: [&str; 3] = ["providesApi", "consumesApi", "dependsOn"];

/// What a graph is asked to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::catalog::views) struct Asked {
    /// How many steps it goes from its roots.
    pub(in crate::catalog::views) depth: usize,
    /// The kinds in lower case; empty for all.
    pub(in crate::catalog::views) kinds: Vec<String>,
    /// The types of relations; empty for all.
    pub(in crate::catalog::views) relations: Vec<String>,
    /// Which way it goes on from a node.
    pub(in crate::catalog::views) course: Course,
}

/// Which way a walk goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::catalog::views) enum Course {
    /// Any way.
    Free,
    /// The way it came: to what stands before, or to what follows, but never around.
    Straight,
}

/// A graph of entities that the person may read.
#[derive(Debug, Default)]
pub(in crate::catalog::views) struct Graph {
    /// The nodes, roots first, then as they were found.
    pub(super) nodes: Vec<Node>,
    /// The relations between them, as the node nearer to a root says them.
    pub(super) edges: Vec<Edge>,
    /// What was found, but left out.
    pub(super) rests: Vec<Rest>,
}

#[derive(Debug)]
pub(super) struct Node {
    pub(super) entity: Arc<Entity>,
    pub(super) column: i32,
    pub(super) parent: Option<usize>,
    side: Option<Side>,
}

#[derive(Debug)]
pub(super) struct Edge {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) relations: Vec<&'static RelationType>,
}

/// Targets of a node for which there is no room.
#[derive(Debug)]
pub(super) struct Rest {
    pub(super) node: usize,
    pub(super) relation: &'static RelationType,
    pub(super) count: u64,
}

impl Asked {
    /// Everything within one or two steps.
    pub(in crate::catalog::views) fn within(depth: usize) -> Asked {
        Asked {
            depth,
            kinds: Vec::new(),
            relations: Vec::new(),
            course: Course::Free,
        }
    }

    fn follows(&self, relation: &RelationType, from: Option<Side>) -> bool {
        let is_chosen =
            self.relations.is_empty() || self.relations.iter().any(|name| name == relation.name);
        let is_ahead = match self.course {
            Course::Free => true,
            Course::Straight => from.is_none_or(|side| side == relation.side),
        };
        is_chosen && is_ahead
    }

    fn shows(&self, entity: &Entity) -> bool {
        self.kinds.is_empty()
            || self
                .kinds
                .iter()
                .any(|kind| kind == entity.entity_ref().kind())
    }
}

impl Graph {
    /// Walks from `roots`.
    ///
    /// What the person may not read is neither node nor way, and is in no count.
    pub(in crate::catalog::views) fn walk(
        sight: &Sight,
        roots: &[Arc<Entity>],
        asked: &Asked,
    ) -> Graph {
        Walk::run(sight, roots, asked, FAN).graph
    }

    /// What a system or a domain holds, and how its parts work together: components in the middle,
    /// and behind them the APIs and resources that they provide and use. A large domain shows who
    /// holds what, as each of its systems has a picture with the rest.
    pub(in crate::catalog::views) fn diagram(sight: &Sight, root: &Arc<Entity>) -> Graph {
        let asked = Asked {
            depth: DIAGRAM_DEPTH,
            kinds: Vec::new(),
            relations: vec!["hasPart".to_owned()],
            course: Course::Straight,
        };
        let roots = std::slice::from_ref(root);
        let mut walk = Walk::run(sight, roots, &asked, DIAGRAM_FAN);
        if root.entity_ref().kind() == "domain" && walk.graph.nodes.len() > CROWD {
            let asked = Asked {
                kinds: HOLDERS.map(str::to_owned).to_vec(),
                ..asked
            };
            return Walk::run(sight, roots, &asked, DIAGRAM_FAN).graph;
        }
        walk.close(&DIAGRAM_RELATIONS);
        let mut graph = walk.graph;
        for node in &mut graph.nodes {
            if node.is_used() {
                node.column += 1;
            }
        }
        // That they are parts shows well enough by those that use them.
        let used: HashSet<usize> = graph
            .edges
            .iter()
            .filter(|edge| !edge.is_part())
            .flat_map(|edge| [edge.from, edge.to])
            .collect();
        let nodes = &graph.nodes;
        graph.edges.retain(|edge| {
            !(edge.is_part() && nodes[edge.to].is_used() && used.contains(&edge.to))
        });
        graph
    }

    /// Whether it shows nothing but who holds what, of entities that hold others or are parts.
    pub(in crate::catalog::views) fn is_outline(&self) -> bool {
        self.nodes.len() > 1 && self.edges.iter().all(Edge::is_part)
    }

    /// Whether it shows any relation.
    pub(in crate::catalog::views) fn is_bare(&self) -> bool {
        self.edges.is_empty()
    }
}

impl Node {
    /// Whether it is something that components provide and use.
    fn is_used(&self) -> bool {
        matches!(self.entity.entity_ref().kind(), "api" | "resource")
    }
}

impl Edge {
    fn is_part(&self) -> bool {
        self.relations
            .iter()
            .all(|relation| relation.name == "hasPart")
    }
}

struct Walk<'a> {
    sight: &'a Sight,
    asked: &'a Asked,
    graph: Graph,
    /// The nodes by reference.
    found: HashMap<String, usize>,
    /// The edges by their nodes, the smaller number first.
    joined: HashMap<(usize, usize), usize>,
    /// Relations that another node has counted from its end.
    counted: HashSet<(usize, usize, &'static str)>,
}

impl<'a> Walk<'a> {
    fn run(sight: &'a Sight, roots: &[Arc<Entity>], asked: &'a Asked, fan: [usize; 2]) -> Walk<'a> {
        let mut walk = Walk {
            sight,
            asked,
            graph: Graph::default(),
            found: HashMap::new(),
            joined: HashMap::new(),
            counted: HashSet::new(),
        };
        for root in roots {
            walk.find(root, 0, None, None);
        }
        let mut from = 0;
        for depth in 0..asked.depth {
            let until = walk.graph.nodes.len();
            for node in from..until {
                walk.follow(node, fan[depth.min(1)]);
            }
            from = until;
        }
        walk
    }

    /// Adds the relations of these types between nodes that are there already.
    fn close(&mut self, relations: &[&str]) {
        for node in 0..self.graph.nodes.len() {
            let entity = Arc::clone(&self.graph.nodes[node].entity);
            for relation in entity.relations() {
                let known = relations
                    .contains(&relation.relation_type.as_str())
                    .then(|| RelationType::named(&relation.relation_type))
                    .flatten();
                let target = self.found.get(relation.target.as_str()).copied();
                if let (Some(known), Some(target)) = (known, target) {
                    self.join(node, target, known);
                }
            }
        }
    }

    fn follow(&mut self, node: usize, fan: usize) {
        let entity = Arc::clone(&self.graph.nodes[node].entity);
        let (column, side) = (self.graph.nodes[node].column, self.graph.nodes[node].side);
        for relation in RelationType::all_of(&entity) {
            if !self.asked.follows(relation, side) {
                continue;
            }
            let page = self.targets(&entity, relation, fan);
            let mut shown = 0;
            for target in &page.entities {
                let step = relation.side.step();
                let found = self.find(target, column + step, Some(node), Some(relation.side));
                if let Some(found) = found {
                    self.join(node, found, relation);
                    shown += 1;
                }
            }
            let count = page.total.saturating_sub(shown);
            if count > 0 {
                self.graph.rests.push(Rest {
                    node,
                    relation,
                    count,
                });
            }
        }
    }

    fn targets(
        &self,
        entity: &Entity,
        relation: &RelationType,
        fan: usize,
    ) -> callboard_catalog::Page {
        match &self.asked.kinds[..] {
            [] => relation.targets(self.sight, entity.entity_ref(), None, 0, fan),
            [kind] => relation.targets(self.sight, entity.entity_ref(), Some(kind), 0, fan),
            // Few have relations of one type to several kinds: those asked for are picked out.
            _ => {
                let page = relation.targets(self.sight, entity.entity_ref(), None, 0, MAX_NODES);
                let mut entities = page.entities;
                entities.retain(|target| self.asked.shows(target));
                let total = entities.len() as u64;
                entities.truncate(fan);
                callboard_catalog::Page {
                    entities,
                    total,
                    ..page
                }
            }
        }
    }

    /// The node of an entity, old or new; `None` when there is no room for a new one.
    fn find(
        &mut self,
        entity: &Arc<Entity>,
        column: i32,
        parent: Option<usize>,
        side: Option<Side>,
    ) -> Option<usize> {
        if let Some(known) = self.found.get(entity.entity_ref().as_str()) {
            return Some(*known);
        }
        if self.graph.nodes.len() >= MAX_NODES {
            return None;
        }
        let number = self.graph.nodes.len();
        self.found.insert(entity.entity_ref().to_string(), number);
        self.graph.nodes.push(Node {
            entity: Arc::clone(entity),
            column,
            parent,
            side,
        });
        Some(number)
    }

    /// Adds a relation to the line between two nodes, unless it stands there from its other end.
    fn join(&mut self, from: usize, to: usize, relation: &'static RelationType) {
        if from == to || self.counted.contains(&(to, from, relation.opposite)) {
            return;
        }
        if !self.counted.insert((from, to, relation.name)) {
            return;
        }
        let ends = (from.min(to), from.max(to));
        let edge = *self.joined.entry(ends).or_insert_with(|| {
            self.graph.edges.push(Edge {
                from,
                to,
                relations: Vec::new(),
            });
            self.graph.edges.len() - 1
        });
        let edge = &mut self.graph.edges[edge];
        // The line has one direction: what runs against it is said from its other end.
        let said = match edge.from == from {
            true => Some(relation),
            false => RelationType::named(relation.opposite),
        };
        edge.relations.extend(said);
    }
}
