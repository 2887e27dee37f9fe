//! What may be done to the rows of a draft and to the conditions that they share.

use super::super::content::count_rules;
use super::super::node::{Node, Rule};
use super::{Builder, Condition, Draft, Row};
use callboard_policy::Effect;
use serde_json::Value;
use smol_str::SmolStr;
use std::collections::BTreeSet;

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
        let id = self.next();
        self.rows.push(Row {
            id,
            plugin: SmolStr::default(),
            permission: SmolStr::default(),
            actions: BTreeSet::new(),
            effect: Effect::Allow,
            condition: None,
            locked: None,
        });
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
