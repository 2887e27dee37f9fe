//! A role that somebody is writing: what it began from, and what it is to be.
//!
//! [`Content`] is a role as it is stored, [`Draft`] the same in rows that people edit. One row has
//! the actions of one permission; a condition is shared by the rows that it is about, so that it
//! is written once. Everything that a row cannot show is kept as it was.

mod row;

use super::as_text;
use super::content::{Conditioned, Content, Granted, Mapped};
use super::node::Node;
use callboard_policy::{Action, Effect};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};

/// A role that is being written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Draft {
    /// The role as it was when the writing began; absent for a new one.
    pub(super) base: Option<Content>,
    /// The namespace of its reference.
    pub(super) namespace: SmolStr,
    /// The name of its reference.
    pub(super) name: String,
    /// What it is for.
    pub(super) description: String,
    /// The user or group that it shall belong to.
    pub(super) owner: String,
    /// Users and groups.
    pub(super) members: Vec<SmolStr>,
    /// What it may do.
    pub(super) rows: Vec<Row>,
    /// The conditions that rows share, by their numbers here.
    pub(super) conditions: BTreeMap<u32, Condition>,
    /// The condition that is being put together.
    pub(super) builder: Option<Builder>,
    /// The steps that somebody wanted to leave, whose faults are shown.
    pub(super) tried: BTreeSet<u8>,
    /// The last number of a row or condition.
    pub(super) last: u32,
}

/// What a role may do under one permission.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Row {
    /// Its number, which stays.
    pub(super) id: u32,
    /// The plugin; empty while none is chosen, or when no plugin knows the permission.
    pub(super) plugin: SmolStr,
    /// A permission's name or a resource type; empty while none is chosen.
    pub(super) permission: SmolStr,
    /// The actions.
    #[serde(with = "as_text::actions")]
    pub(super) actions: BTreeSet<Action>,
    /// Whether they are allowed or denied.
    #[serde(with = "as_text::effect")]
    pub(super) effect: Effect,
    /// The condition under which they are, by its number.
    pub(super) condition: Option<u32>,
    /// The source that alone may change it.
    pub(super) locked: Option<SmolStr>,
}

/// A condition that rows share.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Condition {
    /// Its id; absent while it is not stored.
    pub(super) id: Option<i64>,
    /// The plugin that owns the resources.
    pub(super) plugin: SmolStr,
    /// Their type.
    pub(super) resource_type: SmolStr,
    /// The criteria in their wire form.
    pub(super) criteria: Value,
}

/// The condition of one row while it is put together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Builder {
    /// The row, by its number.
    pub(super) row: u32,
    /// The type of the resources.
    pub(super) resource_type: SmolStr,
    /// The tree as it stands.
    pub(super) root: Node,
    /// What the text area holds while the condition is edited as JSON.
    pub(super) json: Option<String>,
    /// Whether somebody wanted to leave with it, so that its faults are shown.
    pub(super) is_tried: bool,
    /// The person whom the preview is for; empty for whoever looks.
    pub(super) preview_for: SmolStr,
}

/// Where permissions belong, as the plugins declare them.
pub(super) trait Home {
    /// The plugin of a permission or resource type with an action; absent when none knows it.
    fn plugin_of(&self, permission: &str, action: Action) -> Option<SmolStr>;
}

impl Draft {
    /// A role that is not there yet.
    pub(super) fn new() -> Draft {
        let nothing = Content {
            role: "role:default/".into(),
            ..Content::default()
        };
        Draft::compose(None, &nothing, &NoHome)
    }

    /// A stored role, as it stands.
    pub(super) fn of(stored: &Content, home: &dyn Home) -> Draft {
        Draft::compose(Some(stored.clone()), stored, home)
    }

    /// A new role like another one, without its members and name.
    pub(super) fn copy_of(stored: &Content, home: &dyn Home) -> Draft {
        let mut copied = Content {
            role: "role:default/".into(),
            members: Vec::new(),
            owner: String::new(),
            ..stored.clone()
        };
        for grant in &mut copied.grants {
            grant.locked = None;
        }
        for condition in &mut copied.conditions {
            (condition.id, condition.locked) = (None, None);
        }
        Draft::compose(None, &copied, home)
    }

    /// What `content` is in rows.
    pub(super) fn compose(base: Option<Content>, content: &Content, home: &dyn Home) -> Draft {
        let (namespace, name) = parts(&content.role);
        let mut draft = Draft {
            base,
            namespace,
            name,
            description: content.description.clone(),
            owner: content.owner.clone(),
            members: content.members.clone(),
            rows: Vec::new(),
            conditions: BTreeMap::new(),
            builder: None,
            tried: BTreeSet::new(),
            last: 0,
        };
        for condition in &content.conditions {
            draft.take_condition(condition);
        }
        for grant in &content.grants {
            draft.take_grant(grant, home);
        }
        draft
    }

    fn next(&mut self) -> u32 {
        self.last += 1;
        self.last
    }

    /// Gives a condition its rows: one for each permission that it names, and one for the type.
    fn take_condition(&mut self, stored: &Conditioned) {
        let number = self.next();
        self.conditions.insert(
            number,
            Condition {
                id: stored.id,
                plugin: stored.plugin.clone(),
                resource_type: stored.resource_type.clone(),
                criteria: stored.criteria.clone(),
            },
        );
        for entry in &stored.mapping {
            let permission = entry.name.as_ref().unwrap_or(&stored.resource_type);
            let known = self
                .rows
                .iter_mut()
                .find(|row| row.condition == Some(number) && row.permission == *permission);
            match known {
                Some(row) => drop(row.actions.insert(entry.action)),
                None => {
                    let id = self.next();
                    self.rows.push(Row {
                        id,
                        plugin: stored.plugin.clone(),
                        permission: permission.clone(),
                        actions: BTreeSet::from([entry.action]),
                        effect: Effect::Allow,
                        condition: Some(number),
                        locked: stored.locked.clone(),
                    });
                }
            }
        }
    }

    fn take_grant(&mut self, grant: &Granted, home: &dyn Home) {
        let known = self.rows.iter_mut().find(|row| {
            row.condition.is_none()
                && row.permission == grant.permission
                && row.effect == grant.effect
                && row.locked == grant.locked
        });
        if let Some(row) = known {
            row.actions.insert(grant.action);
            return;
        }
        let id = self.next();
        self.rows.push(Row {
            id,
            plugin: home
                .plugin_of(&grant.permission, grant.action)
                .unwrap_or_default(),
            permission: grant.permission.clone(),
            actions: BTreeSet::from([grant.action]),
            effect: grant.effect,
            condition: None,
            locked: grant.locked.clone(),
        });
    }

    /// The role as it is to be stored.
    pub(super) fn content(&self) -> Content {
        let mut grants = Vec::new();
        for row in self.rows.iter().filter(|row| row.condition.is_none()) {
            for action in &row.actions {
                let grant = Granted {
                    permission: row.permission.clone(),
                    action: *action,
                    effect: row.effect,
                    locked: row.locked.clone(),
                };
                if !row.permission.is_empty() && !grants.contains(&grant) {
                    grants.push(grant);
                }
            }
        }
        let conditions = self.conditions.iter().filter_map(|(number, condition)| {
            let rows = || {
                self.rows
                    .iter()
                    .filter(|row| row.condition == Some(*number))
            };
            let mut mapping = Vec::new();
            for row in rows() {
                let name =
                    (row.permission != condition.resource_type).then(|| row.permission.clone());
                for action in &row.actions {
                    let entry = Mapped {
                        name: name.clone(),
                        action: *action,
                    };
                    if !mapping.contains(&entry) {
                        mapping.push(entry);
                    }
                }
            }
            let locked = rows().find_map(|row| row.locked.clone());
            (!mapping.is_empty()).then(|| Conditioned {
                id: condition.id,
                plugin: condition.plugin.clone(),
                resource_type: condition.resource_type.clone(),
                mapping,
                criteria: condition.criteria.clone(),
                locked,
            })
        });
        Content {
            role: self.role(),
            description: self.description.clone(),
            owner: self.owner.clone(),
            members: self.members.clone(),
            grants,
            conditions: conditions.collect(),
        }
    }

    /// The reference that the role will have.
    pub(super) fn role(&self) -> SmolStr {
        format!("role:{}/{}", self.namespace, self.name.trim()).into()
    }
}

/// The namespace and the name of a role's reference.
fn parts(role: &str) -> (SmolStr, String) {
    let rest = role.split_once(':').map_or(role, |(_, rest)| rest);
    let (namespace, name) = rest.split_once('/').unwrap_or(("default", rest));
    (namespace.into(), name.to_owned())
}

/// Where no permission belongs.
struct NoHome;

impl Home for NoHome {
    fn plugin_of(&self, _: &str, _: Action) -> Option<SmolStr> {
        None
    }
}

#[cfg(test)]
pub(super) mod tests;
