//! The condition that somebody puts together: a tree of rules and groups, changed one step at a time.

use super::node::{Group, Node, Operator, Rule};
use serde_json::{Map, Value};
use smol_str::SmolStr;
use std::fmt;
use std::str::FromStr;

/// The place of a node: the root is `0`, its second member `0.1`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct At(Vec<usize>);

impl At {
    /// The place of a member of the node here.
    pub(super) fn member(&self, index: usize) -> At {
        let mut path = self.0.clone();
        path.push(index);
        At(path)
    }

    /// The place of each node on the way among its siblings, below the root.
    pub(super) fn indices(&self) -> impl Iterator<Item = usize> {
        self.0.iter().copied()
    }

    /// How many groups are around it; none around the root.
    fn depth(&self) -> usize {
        self.0.len()
    }

    fn split(&self) -> Option<(usize, At)> {
        let (last, above) = self.0.split_last()?;
        Some((*last, At(above.to_vec())))
    }
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("0")?;
        self.0.iter().try_for_each(|index| write!(f, ".{index}"))
    }
}

impl FromStr for At {
    type Err = EditError;

    fn from_str(text: &str) -> Result<At, EditError> {
        let mut steps = text.split('.').map(str::parse);
        if steps.next() != Some(Ok(0)) {
            return Err(EditError::NoNode);
        }
        let path: Result<_, _> = steps.collect();
        path.map(At).map_err(|_| EditError::NoNode)
    }
}

/// A step in which the tree changes.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Edit {
    /// A rule at the end of a group's rules, before its groups.
    AddRule,
    /// A group, with a rule to begin with, at the end of a group.
    AddGroup,
    /// The node goes; the root begins anew.
    Remove,
    /// The members stay; several below a *not* are put into an *all of*.
    Operate(Operator),
    /// The root becomes the only rule that it has.
    Single,
    /// The node goes to another place.
    Move(Direction),
    /// Another rule, whose parameters begin anew.
    Rule(SmolStr),
    /// A parameter; absent takes it away.
    Param(SmolStr, Option<Value>),
}

/// Where a node is moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// Before the one that is before it.
    Up,
    /// Behind the one that is behind it.
    Down,
    /// Out of its group, behind it.
    Out,
    /// Into the group behind it, or else before it.
    In,
}

/// Why a step is not taken; the tree stays as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum EditError {
    /// There is no such node, or it is of the other kind.
    #[error("there is no such rule or group")]
    NoNode,
    /// A *not* has room for one.
    #[error("a group of this kind has one member")]
    Full,
    /// The tree would be nested too deep.
    #[error("conditions are nested too deep")]
    TooDeep,
    /// There is no place in this direction.
    #[error("it cannot be moved there")]
    NoPlace,
    /// The tree has more than one rule.
    #[error("the condition has several rules")]
    Several,
}

/// A tree that is being changed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tree {
    /// The node at the top.
    pub(super) root: Node,
    /// How deep nodes may be nested; the root is at depth 1.
    max_depth: usize,
}

impl Tree {
    /// A tree as it stands; `max_depth` is for what is added to it.
    pub(super) fn new(root: Node, max_depth: usize) -> Tree {
        Tree { root, max_depth }
    }

    /// The node at a place.
    pub(super) fn node(&self, at: &At) -> Option<&Node> {
        let mut node = &self.root;
        for index in &at.0 {
            let Node::Group(group) = node else {
                return None;
            };
            node = group.members.get(*index)?;
        }
        Some(node)
    }

    /// Takes a step, and gives the place to go on at.
    ///
    /// # Errors
    ///
    /// [`EditError`]; then nothing was changed.
    pub(super) fn edit(
        &mut self,
        at: &At,
        resource_type: &str,
        edit: Edit,
    ) -> Result<At, EditError> {
        match edit {
            Edit::AddRule => {
                let group = self.group(at)?;
                let index = group
                    .members
                    .iter()
                    .rposition(|member| matches!(member, Node::Rule(_)))
                    .map_or(0, |last| last + 1);
                self.insert(at, index, Node::unchosen(resource_type))
            }
            Edit::AddGroup => {
                let end = self.group(at)?.members.len();
                let group = Group {
                    operator: Operator::AllOf,
                    members: vec![Node::unchosen(resource_type)],
                };
                self.insert(at, end, Node::Group(group))
            }
            Edit::Remove => self.remove(at, resource_type),
            Edit::Operate(operator) => self.operate(at, operator),
            Edit::Single => self.make_single(),
            Edit::Move(direction) => self.relocate(at, direction),
            Edit::Rule(name) => {
                let rule = self.rule(at)?;
                if rule.name != name {
                    *rule = Rule {
                        name,
                        ..Rule::unchosen(resource_type)
                    };
                }
                Ok(at.clone())
            }
            Edit::Param(name, value) => {
                let rule = self.rule(at)?;
                if !rule.params.is_object() {
                    rule.params = Value::Object(Map::new());
                }
                if let Value::Object(params) = &mut rule.params {
                    match value {
                        Some(value) => drop(params.insert(name.to_string(), value)),
                        None => drop(params.shift_remove(name.as_str())),
                    }
                }
                Ok(at.clone())
            }
        }
    }

    fn node_mut(&mut self, at: &At) -> Result<&mut Node, EditError> {
        let mut node = &mut self.root;
        for index in &at.0 {
            let Node::Group(group) = node else {
                return Err(EditError::NoNode);
            };
            node = group.members.get_mut(*index).ok_or(EditError::NoNode)?;
        }
        Ok(node)
    }

    fn group(&mut self, at: &At) -> Result<&mut Group, EditError> {
        match self.node_mut(at)? {
            Node::Group(group) => Ok(group),
            Node::Rule(_) => Err(EditError::NoNode),
        }
    }

    fn rule(&mut self, at: &At) -> Result<&mut Rule, EditError> {
        match self.node_mut(at)? {
            Node::Rule(rule) => Ok(rule),
            Node::Group(_) => Err(EditError::NoNode),
        }
    }

    /// Puts a node into the group at `at`.
    fn insert(&mut self, at: &At, index: usize, node: Node) -> Result<At, EditError> {
        if at.depth() + 1 + node.height() > self.max_depth {
            return Err(EditError::TooDeep);
        }
        let group = self.group(at)?;
        if group.operator == Operator::Not && !group.members.is_empty() {
            return Err(EditError::Full);
        }
        let index = index.min(group.members.len());
        group.members.insert(index, node);
        Ok(at.member(index))
    }

    /// Takes a node out; what comes after it, or before it, is where to go on.
    fn remove(&mut self, at: &At, resource_type: &str) -> Result<At, EditError> {
        let Some((index, above)) = at.split() else {
            self.root = Node::unchosen(resource_type);
            return Ok(At::default());
        };
        let group = self.group(&above)?;
        if index >= group.members.len() {
            return Err(EditError::NoNode);
        }
        group.members.remove(index);
        Ok(match group.members.len() {
            0 => above,
            left => above.member(index.min(left - 1)),
        })
    }

    fn operate(&mut self, at: &At, operator: Operator) -> Result<At, EditError> {
        let (max_depth, depth) = (self.max_depth, at.depth());
        let node = self.node_mut(at)?;
        let changed = match &*node {
            Node::Rule(_) => Group {
                operator,
                members: vec![node.clone()],
            },
            Node::Group(group) => group.operated(operator),
        };
        let changed = Node::Group(changed);
        if depth + changed.height() > max_depth && changed.height() > node.height() {
            return Err(EditError::TooDeep);
        }
        *node = changed;
        Ok(at.clone())
    }

    fn make_single(&mut self) -> Result<At, EditError> {
        let rules = self.root.rules();
        let rule = match rules.as_slice() {
            [] => Rule::unchosen(&self.root.resource_type()),
            [rule] => Rule::clone(rule),
            _ => return Err(EditError::Several),
        };
        self.root = Node::Rule(rule);
        Ok(At::default())
    }

    fn relocate(&mut self, at: &At, direction: Direction) -> Result<At, EditError> {
        let (index, above) = at.split().ok_or(EditError::NoPlace)?;
        let node = self.node(at).ok_or(EditError::NoNode)?.clone();
        let mut moved = self.clone();
        let siblings = &mut moved.group(&above)?.members;
        siblings.remove(index);
        let place = match direction {
            Direction::Up => {
                let before = index.checked_sub(1).ok_or(EditError::NoPlace)?;
                moved.insert(&above, before, node)?
            }
            Direction::Down if index == siblings.len() => return Err(EditError::NoPlace),
            Direction::Down => moved.insert(&above, index + 1, node)?,
            Direction::Out => {
                let (parent, further) = above.split().ok_or(EditError::NoPlace)?;
                moved.insert(&further, parent + 1, node)?
            }
            Direction::In => {
                let is_group = |index: &usize| matches!(siblings.get(*index), Some(Node::Group(_)));
                let behind = Some(index).filter(&is_group);
                let before = index.checked_sub(1).filter(is_group);
                match (behind, before) {
                    (Some(behind), _) => moved.insert(&above.member(behind), 0, node)?,
                    (None, Some(before)) => {
                        moved.insert(&above.member(before), usize::MAX, node)?
                    }
                    (None, None) => return Err(EditError::NoPlace),
                }
            }
        };
        *self = moved;
        Ok(place)
    }
}

#[cfg(test)]
mod tests;
