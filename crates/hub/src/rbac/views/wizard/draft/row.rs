//! What may be done to the rows of a draft and to the conditions that they share.

use super::super::content::{Content, count_rules};
use super::super::node::{Node, Rule};
use super::{Builder, Condition, Draft, Home, Row};
use callboard_policy::Effect;
use serde_json::Value;
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};

impl Draft {
    /// The row with a number.
    pub(in super::super) fn row(&self, id: u32) -> Option<&Row> {
        self.rows.iter().find(|row| row.id == id)
    }

    /// The row with a number, unless it is locked.
    pub(in super::super) fn row_mut(&mut self, id: u32) -> Option<&mut Row> {
        let mut rows = self.rows.iter_mut();
        rows.find(|row| row.id == id && row.locked.is_none())
    }

    /// Adds a row in which nothing is chosen, and gives its number.
    pub(in super::super) fn add_row(&mut self) -> u32 {
        self.put(Row {
            id: 0,
            plugin: SmolStr::default(),
            permission: SmolStr::default(),
            actions: BTreeSet::new(),
            effect: Effect::Allow,
            condition: None,
            locked: None,
        })
    }

    /// Adds the rows of another role that this one does not have; the number of the first that is
    /// new, or says more than before.
    ///
    /// Rows in which nothing is chosen yet make room for them.
    pub(in super::super) fn take_policies(&mut self, of: &Content, home: &dyn Home) -> Option<u32> {
        let theirs = Draft::copy_of(of, home);
        self.rows.retain(|row| !row.permission.is_empty());
        let mut first = None;
        let mut numbers: BTreeMap<u32, u32> = BTreeMap::new();
        for row in theirs.rows {
            let taken = match row.condition {
                None => self.take_plain(row),
                Some(number) => theirs.conditions.get(&number).and_then(|condition| {
                    if self.has_conditional(&row, condition) {
                        return None;
                    }
                    let number = match numbers.get(&number) {
                        Some(known) => *known,
                        None => {
                            let new = self.next();
                            self.conditions.insert(new, condition.clone());
                            numbers.insert(number, new);
                            new
                        }
                    };
                    Some(self.put(Row {
                        condition: Some(number),
                        ..row
                    }))
                }),
            };
            first = first.or(taken);
        }
        first
    }

    /// Takes a row without a condition: into the one about the same, or as a new one.
    fn take_plain(&mut self, row: Row) -> Option<u32> {
        let is_same = |known: &&mut Row| {
            known.permission == row.permission
                && known.effect == row.effect
                && known.condition.is_none()
                && known.locked.is_none()
        };
        let Some(known) = self.rows.iter_mut().find(is_same) else {
            return Some(self.put(row));
        };
        let before = known.actions.len();
        known.actions.extend(row.actions);
        (known.actions.len() > before).then_some(known.id)
    }

    /// Whether a row says the same under the same condition.
    fn has_conditional(&self, row: &Row, condition: &Condition) -> bool {
        let mut same = self.rows.iter().filter(|known| {
            known.permission == row.permission && known.actions.is_superset(&row.actions)
        });
        same.any(|known| {
            let known = known
                .condition
                .and_then(|number| self.conditions.get(&number));
            known.is_some_and(|known| {
                known.resource_type == condition.resource_type
                    && known.criteria == condition.criteria
            })
        })
    }

    /// Puts a row at the end, under a number of its own.
    fn put(&mut self, row: Row) -> u32 {
        let id = self.next();
        self.rows.push(Row { id, ..row });
        id
    }

    /// Removes a row that is not locked; its condition goes with its last row.
    pub(in super::super) fn remove_row(&mut self, id: u32) {
        self.rows.retain(|row| row.id != id || row.locked.is_some());
        if self
            .builder
            .as_ref()
            .is_some_and(|builder| self.row(builder.row).is_none())
        {
            self.builder = None;
        }
        self.forget_unused();
    }

    /// Gives a row the condition that its builder holds; nothing for none.
    pub(in super::super) fn set_condition(&mut self, id: u32, criteria: Option<Value>) {
        let Some(row) = self.row(id).filter(|row| row.locked.is_none()) else {
            return;
        };
        let shared = row.condition;
        let (plugin, resource_type) = (row.plugin.clone(), self.resource_type_of_builder());
        match (criteria, shared) {
            (Some(criteria), Some(number)) => {
                if let Some(condition) = self.conditions.get_mut(&number) {
                    condition.criteria = criteria;
                }
            }
            (Some(criteria), None) => {
                let number = self.next();
                let condition = Condition {
                    id: None,
                    plugin,
                    resource_type,
                    criteria,
                };
                self.conditions.insert(number, condition);
                if let Some(row) = self.row_mut(id) {
                    row.condition = Some(number);
                }
            }
            (None, _) => {
                if let Some(row) = self.row_mut(id) {
                    row.condition = None;
                }
                self.forget_unused();
            }
        }
    }

    fn resource_type_of_builder(&self) -> SmolStr {
        let builder = self.builder.as_ref();
        builder
            .map(|builder| builder.resource_type.clone())
            .unwrap_or_default()
    }

    /// Drops conditions that no row has any more.
    pub(in super::super) fn forget_unused(&mut self) {
        let rows = &self.rows;
        self.conditions
            .retain(|number, _| rows.iter().any(|row| row.condition == Some(*number)));
    }

    /// How many rules the condition of a row has, at any depth.
    pub(in super::super) fn rules_of(&self, row: &Row) -> Option<usize> {
        let condition = self.conditions.get(&row.condition?)?;
        Some(count_rules(&condition.criteria))
    }

    /// Opens the builder for a row about resources of a type.
    pub(in super::super) fn open_builder(&mut self, id: u32, resource_type: &str) {
        let Some(row) = self.row(id).filter(|row| row.locked.is_none()) else {
            return;
        };
        let stored = row
            .condition
            .and_then(|number| self.conditions.get(&number))
            .map(|condition| condition.criteria.clone());
        let root = stored.as_ref().map_or_else(
            || Some(Node::Rule(Rule::unchosen(resource_type))),
            Node::from_wire,
        );
        // What the tree has no place for is edited as it was written.
        let json = root.is_none().then(|| {
            let stored = stored.unwrap_or_default();
            serde_json::to_string_pretty(&stored).unwrap_or_default()
        });
        self.builder = Some(Builder {
            row: id,
            resource_type: resource_type.into(),
            root: root.unwrap_or_else(|| Node::unchosen(resource_type)),
            json,
            is_tried: false,
            preview_for: SmolStr::default(),
        });
    }
}
