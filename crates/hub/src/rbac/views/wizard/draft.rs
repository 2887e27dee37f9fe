//! A role that somebody is writing: what it began from, and what it is to be.
//!
//! [`Content`] is a role as it is stored, [`Draft`] the same in rows that people edit. One row has
//! the actions of one permission; a condition is shared by the rows that it is about, so that it
//! is written once. Everything that a row cannot show is kept as it was.

use super::super::super::state::State;
use super::tree::{Node, Rule};
use callboard_policy::{Action, Effect, MappedPermission, Source};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};

/// Everything that a role is, by itself.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Content {
    /// Its reference.
    pub(super) role: SmolStr,
    /// What it is for.
    pub(super) description: String,
    /// The user or group that it belongs to; empty when it is nobody's.
    pub(super) owner: String,
    /// Users and groups, in the order in which they came.
    pub(super) members: Vec<SmolStr>,
    /// Basic policies, in the order in which they came.
    pub(super) grants: Vec<Granted>,
    /// Conditional policies by id; those that are new have none.
    pub(super) conditions: Vec<Conditioned>,
}

/// A basic policy of a role.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct Granted {
    /// A permission's name or a resource type.
    pub(super) permission: SmolStr,
    /// What it lets do.
    #[serde(with = "as_text::action")]
    pub(super) action: Action,
    /// Whether it is allowed or denied.
    #[serde(with = "as_text::effect")]
    pub(super) effect: Effect,
    /// The source that alone may change it; absent when it may be changed here.
    pub(super) locked: Option<SmolStr>,
}

/// A conditional policy of a role.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Conditioned {
    /// Its id; absent while it is not stored.
    pub(super) id: Option<i64>,
    /// The plugin that owns the resources.
    pub(super) plugin: SmolStr,
    /// Their type.
    pub(super) resource_type: SmolStr,
    /// The permissions that it is about.
    pub(super) mapping: Vec<Mapped>,
    /// The criteria as stored.
    pub(super) criteria: Value,
    /// The source that alone may change it; absent when it may be changed here.
    pub(super) locked: Option<SmolStr>,
}

/// One entry of a permission mapping.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Mapped {
    /// The permission; absent for all of the type with this action.
    pub(super) name: Option<SmolStr>,
    /// The action.
    #[serde(with = "as_text::action")]
    pub(super) action: Action,
}

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

impl Content {
    /// A role as it is stored; absent when there is none.
    pub(super) fn of(state: &State, role: &str) -> Option<Content> {
        let metadata = state.roles.get(role)?;
        let members = state.memberships.keys().filter(|row| row.role == role);
        let grants = state.policies.iter().filter(|(row, _)| row.subject == role);
        let conditions = state
            .conditions
            .iter()
            .filter(|(_, one)| one.policy.role == role);
        Some(Content {
            role: role.into(),
            description: metadata.description.clone().unwrap_or_default(),
            owner: metadata.owner.clone().unwrap_or_default(),
            members: members.map(|row| row.member.clone()).collect(),
            grants: grants
                .map(|(row, record)| Granted {
                    permission: row.permission.clone(),
                    action: row.action,
                    effect: row.effect,
                    locked: locked(&record.origin.source),
                })
                .collect(),
            conditions: conditions
                .map(|(id, record)| Conditioned {
                    id: Some(*id),
                    plugin: record.policy.plugin_id.clone(),
                    resource_type: record.policy.resource_type.clone(),
                    mapping: record.policy.mapping.iter().map(Mapped::from).collect(),
                    criteria: record.policy.conditions.clone(),
                    locked: locked(&record.origin.source),
                })
                .collect(),
        })
    }
}

/// The source that alone may change a row.
fn locked(source: &Source) -> Option<SmolStr> {
    match source {
        Source::Rest | Source::Legacy => None,
        Source::Configuration | Source::CsvFile | Source::Provider(_) => {
            Some(source.as_str().into())
        }
    }
}

impl From<&MappedPermission> for Mapped {
    fn from(entry: &MappedPermission) -> Mapped {
        Mapped {
            name: entry.name().map(SmolStr::new),
            action: entry.action(),
        }
    }
}

impl Mapped {
    /// The wire form.
    pub(super) fn to_wire(&self) -> Value {
        let entry = match &self.name {
            None => MappedPermission::Action(self.action),
            Some(name) => MappedPermission::Named {
                name: name.clone(),
                action: self.action,
            },
        };
        entry.to_json()
    }
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

    /// The row with a number.
    pub(super) fn row(&self, id: u32) -> Option<&Row> {
        self.rows.iter().find(|row| row.id == id)
    }

    /// The row with a number, unless it is locked.
    pub(super) fn row_mut(&mut self, id: u32) -> Option<&mut Row> {
        let mut rows = self.rows.iter_mut();
        rows.find(|row| row.id == id && row.locked.is_none())
    }

    /// Adds a row in which nothing is chosen, and gives its number.
    pub(super) fn add_row(&mut self) -> u32 {
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
    pub(super) fn remove_row(&mut self, id: u32) {
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
    pub(super) fn set_condition(&mut self, id: u32, criteria: Option<Value>) {
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
    pub(super) fn forget_unused(&mut self) {
        let rows = &self.rows;
        self.conditions
            .retain(|number, _| rows.iter().any(|row| row.condition == Some(*number)));
    }

    /// How many rules the condition of a row has, at any depth.
    pub(super) fn rules_of(&self, row: &Row) -> Option<usize> {
        let condition = self.conditions.get(&row.condition?)?;
        Some(count_rules(&condition.criteria))
    }

    /// Opens the builder for a row about resources of a type.
    pub(super) fn open_builder(&mut self, id: u32, resource_type: &str) {
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

/// How many rules criteria have.
pub(super) fn count_rules(criteria: &Value) -> usize {
    match criteria {
        Value::Object(node) if node.contains_key("rule") => 1,
        Value::Object(node) => node.values().map(count_rules).sum(),
        Value::Array(members) => members.iter().map(count_rules).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
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

/// Words of the policy in the stored form of drafts.
mod as_text {
    pub(super) mod action {
        use callboard_policy::Action;
        use serde::{Deserialize, Deserializer, Serializer, de};
        use smol_str::SmolStr;

        pub(in super::super) fn serialize<S: Serializer>(
            action: &Action,
            serializer: S,
        ) -> Result<S::Ok, S::Error> {
            serializer.serialize_str(action.as_str())
        }

        pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
            deserializer: D,
        ) -> Result<Action, D::Error> {
            let name = SmolStr::deserialize(deserializer)?;
            name.parse().map_err(de::Error::custom)
        }
    }

    pub(super) mod actions {
        use callboard_policy::Action;
        use serde::{Deserialize, Deserializer, Serializer, de};
        use smol_str::SmolStr;
        use std::collections::BTreeSet;

        pub(in super::super) fn serialize<S: Serializer>(
            actions: &BTreeSet<Action>,
            serializer: S,
        ) -> Result<S::Ok, S::Error> {
            serializer.collect_seq(actions.iter().map(|action| action.as_str()))
        }

        pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
            deserializer: D,
        ) -> Result<BTreeSet<Action>, D::Error> {
            let names = Vec::<SmolStr>::deserialize(deserializer)?;
            let actions = names.iter().map(|name| name.parse());
            actions.collect::<Result<_, _>>().map_err(de::Error::custom)
        }
    }

    pub(super) mod effect {
        use callboard_policy::Effect;
        use serde::{Deserialize, Deserializer, Serializer, de};
        use smol_str::SmolStr;

        pub(in super::super) fn serialize<S: Serializer>(
            effect: &Effect,
            serializer: S,
        ) -> Result<S::Ok, S::Error> {
            serializer.serialize_str(effect.as_str())
        }

        pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
            deserializer: D,
        ) -> Result<Effect, D::Error> {
            let name = SmolStr::deserialize(deserializer)?;
            Effect::from_name(&name).ok_or_else(|| de::Error::custom("no effect"))
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
