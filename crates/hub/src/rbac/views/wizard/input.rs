//! What the fields of a form do to a draft, before its button is pressed.

use super::choice::{Choices, Form, Param};
use super::draft::Draft;
use super::node::Node;
use super::tree::{At, Edit, Tree};
use callboard_policy::{Action, ConditionLimits, Effect};
use serde_json::Value;
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};

/// The fields of a form, in their order.
pub(super) type Fields = Vec<(String, String)>;

/// Whoever applies a form.
pub(super) struct Editor<'a> {
    pub(super) choices: &'a Choices,
    pub(super) limits: &'a ConditionLimits,
}

/// Takes the fields of the first step.
pub(super) fn take_words(draft: &mut Draft, fields: &Fields) {
    for (name, value) in fields {
        match name.as_str() {
            "name" => value.trim().clone_into(&mut draft.name),
            "description" => value
                .replace("\r\n", "\n")
                .clone_into(&mut draft.description),
            "owner" => value.trim().clone_into(&mut draft.owner),
            _ => {}
        }
    }
}

/// The value of a field.
pub(super) fn field<'a>(fields: &'a Fields, name: &str) -> Option<&'a str> {
    let found = fields.iter().find(|(known, _)| known == name);
    found.map(|(_, value)| value.as_str())
}

impl Editor<'_> {
    /// Takes the fields of the third step: rows first, then the condition.
    pub(super) fn take_fields(&self, draft: &mut Draft, fields: &Fields) {
        let mut rows: BTreeMap<u32, RowFields> = BTreeMap::new();
        for (name, value) in fields {
            let part = name.strip_prefix("permissionPoliciesRows[");
            let Some((id, part)) = part.and_then(|part| part.split_once(']')) else {
                continue;
            };
            let Ok(id) = id.parse() else { continue };
            rows.entry(id).or_default().take(part, value);
        }
        for (id, fields) in rows {
            self.take_row(draft, id, fields);
        }
        draft.forget_unused();
        self.take_condition(draft, fields);
    }

    fn take_row(&self, draft: &mut Draft, id: u32, fields: RowFields) {
        let Some(row) = draft.row_mut(id) else { return };
        let plugin = fields.plugin.unwrap_or_else(|| row.plugin.clone());
        let mut permission = fields.permission.unwrap_or_else(|| row.permission.clone());
        if plugin != row.plugin && self.choices.subject(&plugin, &permission).is_none() {
            permission = SmolStr::default();
        }
        let subject = self.choices.subject(&plugin, &permission);
        let is_other = permission != row.permission || plugin != row.plugin;
        // Whoever takes another permission takes all of it.
        row.actions = match &subject {
            Some(subject) if is_other => subject.actions.clone(),
            Some(_) | None if is_other => BTreeSet::new(),
            Some(_) | None => fields.actions,
        };
        row.effect = fields.effect.unwrap_or(row.effect);
        (row.plugin, row.permission) = (plugin, permission);
        // A condition is about one type of resources, and nothing is denied under one.
        let resource_type = subject.and_then(|subject| subject.resource_type);
        let (effect, condition) = (row.effect, row.condition);
        let fits = condition
            .and_then(|number| draft.conditions.get(&number))
            .is_some_and(|condition| {
                Some(&condition.resource_type) == resource_type.as_ref() || !is_other
            });
        if !fits || effect == Effect::Deny {
            if let Some(row) = draft.row_mut(id) {
                row.condition = None;
            }
            let is_built = draft.builder.as_ref().is_some_and(|builder| {
                builder.row == id
                    && (effect == Effect::Deny
                        || Some(&builder.resource_type) != resource_type.as_ref())
            });
            if is_built {
                draft.builder = None;
            }
        }
    }

    fn take_condition(&self, draft: &mut Draft, fields: &Fields) {
        let Some((plugin, mut builder)) = draft.builder.take().and_then(|builder| {
            let plugin = draft.row(builder.row)?.plugin.clone();
            Some((plugin, builder))
        }) else {
            return;
        };
        if let Some(user) = field(fields, "preview-for") {
            builder.preview_for = user.into();
        }
        if let Some(json) = &mut builder.json {
            if let Some(text) = field(fields, "json") {
                *json = text.replace("\r\n", "\n");
            }
            draft.builder = Some(builder);
            return;
        }
        let rules = self.choices.rules(&plugin, &builder.resource_type);
        let mut tree = Tree::new(builder.root, self.limits.max_depth);
        let resource_type = builder.resource_type.clone();
        // Parameters belong to the rules that the form showed, so they come before another rule.
        for (name, value) in fields {
            let Some((at, name)) = name.strip_prefix("param:").and_then(split_place) else {
                continue;
            };
            let Some(Node::Rule(rule)) = tree.node(&at) else {
                continue;
            };
            let known = rules.iter().find(|known| known.name == rule.name);
            let param = known.and_then(|known| known.params.iter().find(|one| one.name == name));
            let Some(param) = param else { continue };
            let value = given(param, value, rule.param(&param.name));
            // The place was looked at just now.
            let _taken = tree.edit(&at, &resource_type, Edit::Param(param.name.clone(), value));
        }
        for (name, value) in fields {
            let Some(at) = name.strip_prefix("rule:").and_then(|at| at.parse().ok()) else {
                continue;
            };
            // A place that is none any more was that of a form that somebody kept open.
            let _taken = tree.edit(&at, &resource_type, Edit::Rule(value.as_str().into()));
        }
        builder.root = tree.root;
        draft.builder = Some(builder);
    }
}

/// The fields of one row.
#[derive(Default)]
struct RowFields {
    plugin: Option<SmolStr>,
    permission: Option<SmolStr>,
    effect: Option<Effect>,
    actions: BTreeSet<Action>,
}

impl RowFields {
    fn take(&mut self, part: &str, value: &str) {
        match part {
            ".plugin" => self.plugin = Some(value.into()),
            ".permission" => self.permission = Some(value.into()),
            ".effect" => self.effect = Effect::from_name(value),
            _ => {
                let action = part.rsplit_once(".policy-").map(|(_, action)| action);
                let action = action.and_then(|action| action.to_lowercase().parse::<Action>().ok());
                self.actions.extend(action);
            }
        }
    }
}

/// `0.1:claims` as a place and a name.
fn split_place(text: &str) -> Option<(At, &str)> {
    let (at, name) = text.split_once(':')?;
    Some((at.parse().ok()?, name))
}

/// What a field gives its parameter; what was typed for a list is added to it.
fn given(param: &Param, text: &str, before: Option<&Value>) -> Option<Value> {
    let trimmed = text.trim();
    match &param.form {
        Form::Texts => {
            let mut items = before
                .and_then(Value::as_array)
                .cloned()
                .unwrap_or_default();
            for item in trimmed.split(',').map(str::trim) {
                let item = Value::from(item);
                if item != "" && !items.contains(&item) {
                    items.push(item);
                }
            }
            Some(Value::Array(items))
        }
        _ if trimmed.is_empty() => None,
        Form::Text | Form::OneOf(_) => Some(Value::from(trimmed)),
        Form::Number => {
            // What is no number stays as it was written, and is refused.
            let number = serde_json::from_str::<serde_json::Number>(trimmed);
            Some(number.map_or_else(|_| Value::from(trimmed), Value::Number))
        }
        Form::Boolean => match trimmed {
            "true" => Some(Value::Bool(true)),
            "false" => Some(Value::Bool(false)),
            _ => None,
        },
        Form::Json => Some(serde_json::from_str(trimmed).unwrap_or_else(|_| Value::from(trimmed))),
    }
}

#[cfg(test)]
mod tests;
