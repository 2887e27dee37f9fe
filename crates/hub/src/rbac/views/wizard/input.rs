//! What a form does to a draft: first its fields, then the button.

use super::choice::{Choices, Form, Param};
use super::draft::Draft;
use super::fault;
use super::json;
use super::step::Step;
use super::tree::{At, Direction, Edit, EditError, Node, Operator, Tree};
use callboard_policy::{Action, ConditionLimits, Effect};
use serde_json::Value;
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};

/// The fields of a form, in their order.
pub(super) type Fields = Vec<(String, String)>;

/// What a button asks for.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Op {
    /// Nothing but to keep what was written.
    Keep,
    /// To go to another step.
    Go(Step),
    /// Everything as it was in the beginning.
    Reset,
    /// To throw the draft away.
    Discard,
    /// To store the role.
    Save,
    /// To put the draft on top of what somebody else stored.
    Rebase,
    /// To choose the user or group that was typed.
    AddMember,
    /// To choose a user or group that was found.
    ChooseMember(SmolStr),
    /// To choose one no longer.
    RemoveMember(SmolStr),
    /// A step within the policies.
    Policies(PolicyOp),
}

/// What a button of the third step asks for.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum PolicyOp {
    /// One more row.
    AddRow,
    /// One row less.
    RemoveRow(u32),
    /// The builder of a row.
    Configure(u32),
    /// The builder closes, and its condition counts.
    SaveCondition,
    /// The builder closes, and nothing counts.
    CancelCondition,
    /// The condition begins anew.
    RemoveCondition,
    /// The condition as text, or as a tree.
    ShowJson(bool),
    /// A step in the tree.
    Edit(At, Edit),
    /// One value of a list goes.
    RemoveItem(At, SmolStr, usize),
}

/// What came of a form.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Outcome {
    /// The id of the element to go on at.
    pub(super) focus: Option<String>,
    /// Why the button did nothing.
    pub(super) refused: Option<Refused>,
}

/// Why a button did nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// Nobody, or several, are called like this.
    NoMember,
    /// The tree does not take the step.
    Edit(EditError),
    /// The condition is not finished, or the text cannot be read.
    Condition,
}

impl Op {
    /// Reads the value of the button that was pressed; a word, and perhaps what it is about.
    pub(super) fn parse(text: &str) -> Op {
        let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
        let number = || rest.parse::<u32>().ok();
        let at = || rest.parse::<At>().ok();
        let edit = |edit: Edit| at().map(|at| Op::Policies(PolicyOp::Edit(at, edit)));
        let op = match word {
            "to" => Step::parse(rest).map(Op::Go),
            "reset" => Some(Op::Reset),
            "discard" => Some(Op::Discard),
            "save" => Some(Op::Save),
            "rebase" => Some(Op::Rebase),
            "add-member" => Some(Op::AddMember),
            "choose-member" => Some(Op::ChooseMember(rest.into())),
            "remove-member" => Some(Op::RemoveMember(rest.into())),
            "add-permission-policy" => Some(Op::Policies(PolicyOp::AddRow)),
            "remove-row" => number().map(PolicyOp::RemoveRow).map(Op::Policies),
            "configure" => number().map(PolicyOp::Configure).map(Op::Policies),
            "save-conditions" => Some(Op::Policies(PolicyOp::SaveCondition)),
            "cancel-conditions" => Some(Op::Policies(PolicyOp::CancelCondition)),
            "remove-conditions" => Some(Op::Policies(PolicyOp::RemoveCondition)),
            "json" => Some(Op::Policies(PolicyOp::ShowJson(true))),
            "rules" => Some(Op::Policies(PolicyOp::ShowJson(false))),
            "add-rule" => edit(Edit::AddRule),
            "add-group" => edit(Edit::AddGroup),
            "remove" => edit(Edit::Remove),
            "single" => edit(Edit::Single),
            "allOf" => edit(Edit::Operate(Operator::AllOf)),
            "anyOf" => edit(Edit::Operate(Operator::AnyOf)),
            "not" => edit(Edit::Operate(Operator::Not)),
            "up" => edit(Edit::Move(Direction::Up)),
            "down" => edit(Edit::Move(Direction::Down)),
            "out" => edit(Edit::Move(Direction::Out)),
            "in" => edit(Edit::Move(Direction::In)),
            "remove-item" => remove_item(rest),
            _ => None,
        };
        op.unwrap_or(Op::Keep)
    }
}

/// `0.1 claims 2`: the place of the rule, the parameter, the place of the value.
fn remove_item(text: &str) -> Option<Op> {
    let (at, rest) = text.split_once(' ')?;
    let (name, index) = rest.rsplit_once(' ')?;
    let op = PolicyOp::RemoveItem(at.parse().ok()?, name.into(), index.parse().ok()?);
    Some(Op::Policies(op))
}

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

    /// Does what a button of the third step asks for.
    pub(super) fn press(&self, draft: &mut Draft, op: &PolicyOp) -> Outcome {
        match op {
            PolicyOp::AddRow => {
                let id = draft.add_row();
                Outcome::at(format!("row-{id}-plugin"))
            }
            PolicyOp::RemoveRow(id) => {
                let place = draft.rows.iter().position(|row| row.id == *id);
                draft.remove_row(*id);
                let next = place.and_then(|place| {
                    let last = draft.rows.len().checked_sub(1)?;
                    draft.rows.get(place.min(last))
                });
                Outcome::at(next.map_or_else(
                    || "add-row".to_owned(),
                    |row| format!("row-{}-remove", row.id),
                ))
            }
            PolicyOp::Configure(id) => {
                let is_open = draft.builder.as_ref().is_some_and(|one| one.row == *id);
                if is_open {
                    draft.builder = None;
                    return Outcome::at(format!("row-{id}-access"));
                }
                if let Some(resource_type) = self.resource_type_of(draft, *id) {
                    draft.open_builder(*id, &resource_type);
                }
                Outcome::at("bh".to_owned())
            }
            PolicyOp::CancelCondition => {
                let row = draft.builder.take().map(|builder| builder.row);
                Outcome::at(row.map_or_else(String::new, |id| format!("row-{id}-access")))
            }
            PolicyOp::RemoveCondition => {
                if let Some(builder) = &mut draft.builder {
                    builder.root = Node::unchosen(&builder.resource_type);
                    builder.json = None;
                    builder.is_tried = false;
                }
                Outcome::at(node_id(&At::default()))
            }
            PolicyOp::SaveCondition => self.save_condition(draft),
            PolicyOp::ShowJson(is_json) => self.show_json(draft, *is_json),
            PolicyOp::Edit(at, edit) => self.edit(draft, at, edit.clone()),
            PolicyOp::RemoveItem(at, name, index) => self.remove_item(draft, at, name, *index),
        }
    }

    /// The type of the resources of a row, if conditions can be made about them.
    pub(super) fn resource_type_of(&self, draft: &Draft, id: u32) -> Option<SmolStr> {
        let row = draft.row(id)?;
        let known = self.choices.subject(&row.plugin, &row.permission);
        let known = known.and_then(|subject| subject.resource_type);
        let stored = row
            .condition
            .and_then(|number| draft.conditions.get(&number));
        let resource_type = known.or_else(|| stored.map(|one| one.resource_type.clone()))?;
        let has_rules = !self.choices.rules(&row.plugin, &resource_type).is_empty();
        (has_rules || stored.is_some()).then_some(resource_type)
    }

    /// Closes the builder if its condition is finished; a builder that begins anew is none.
    pub(super) fn save_condition(&self, draft: &mut Draft) -> Outcome {
        let Some(builder) = &mut draft.builder else {
            return Outcome::default();
        };
        builder.is_tried = true;
        let id = builder.row;
        let is_none = builder.json.is_none()
            && matches!(&builder.root, Node::Rule(rule) if rule.name.is_empty());
        let criteria = if is_none {
            None
        } else {
            match self.criteria(draft) {
                Some(criteria) => Some(criteria),
                None => return Outcome::refused(Refused::Condition, "builder-error"),
            }
        };
        draft.set_condition(id, criteria);
        draft.builder = None;
        Outcome::at(format!("row-{id}-access"))
    }

    /// The criteria of the builder when nothing is wrong with them.
    pub(super) fn criteria(&self, draft: &Draft) -> Option<Value> {
        let builder = draft.builder.as_ref()?;
        let plugin = &draft.row(builder.row)?.plugin;
        let rules = self.choices.rules(plugin, &builder.resource_type);
        match &builder.json {
            Some(text) => json::read(text, &rules, self.limits).ok(),
            None => {
                let faults = fault::nodes(&builder.root, &rules);
                let text = builder.root.to_wire().to_string();
                faults.is_empty().then_some(())?;
                json::read(&text, &rules, self.limits).ok()
            }
        }
    }

    fn show_json(&self, draft: &mut Draft, is_json: bool) -> Outcome {
        let criteria = self.criteria(draft);
        let Some(builder) = &mut draft.builder else {
            return Outcome::default();
        };
        match (&builder.json, is_json) {
            (None, true) => {
                let text = serde_json::to_string_pretty(&builder.root.to_wire());
                builder.json = Some(text.unwrap_or_default());
                Outcome::at("json".to_owned())
            }
            (Some(_), false) => {
                builder.is_tried = true;
                match criteria.as_ref().and_then(Node::from_wire) {
                    Some(root) => {
                        builder.root = root;
                        builder.json = None;
                        Outcome::at(node_id(&At::default()))
                    }
                    None => Outcome::refused(Refused::Condition, "json"),
                }
            }
            (None, false) | (Some(_), true) => Outcome::default(),
        }
    }

    fn edit(&self, draft: &mut Draft, at: &At, edit: Edit) -> Outcome {
        let Some(builder) = &mut draft.builder else {
            return Outcome::default();
        };
        let mut tree = Tree::new(builder.root.clone(), self.limits.max_depth);
        let is_operator = matches!(edit, Edit::Operate(_) | Edit::Single);
        let operator = match &edit {
            Edit::Operate(operator) => operator.as_str(),
            _ => "single",
        };
        let id = match &edit {
            Edit::Operate(_) | Edit::Single => format!("{}-{operator}", node_id(at)),
            _ => String::new(),
        };
        match tree.edit(at, &builder.resource_type, edit) {
            Ok(next) => {
                builder.root = tree.root;
                Outcome::at(if is_operator { id } else { node_id(&next) })
            }
            Err(error) => Outcome::refused(Refused::Edit(error), &node_id(at)),
        }
    }

    fn remove_item(&self, draft: &mut Draft, at: &At, name: &SmolStr, index: usize) -> Outcome {
        let Some(builder) = &mut draft.builder else {
            return Outcome::default();
        };
        let mut tree = Tree::new(builder.root.clone(), self.limits.max_depth);
        if let Some(Node::Rule(rule)) = tree.node(at)
            && let Some(Value::Array(items)) = rule.param(name)
            && index < items.len()
        {
            let mut items = items.clone();
            items.remove(index);
            let edit = Edit::Param(name.clone(), Some(Value::Array(items)));
            // The rule was looked at just now.
            let _taken = tree.edit(at, &builder.resource_type, edit);
            builder.root = tree.root;
        }
        Outcome::at(param_id(at, name))
    }
}

impl Outcome {
    /// Nothing to say, and a place to go on at.
    pub(super) fn at(focus: impl Into<String>) -> Outcome {
        Outcome {
            focus: Some(focus.into()),
            refused: None,
        }
    }

    fn refused(refused: Refused, focus: &str) -> Outcome {
        Outcome {
            focus: Some(focus.to_owned()),
            refused: Some(refused),
        }
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

/// The id of the element of a node.
pub(super) fn node_id(at: &At) -> String {
    format!("n{}", at.to_string().replace('.', "-"))
}

/// The id of the field of a parameter.
pub(super) fn param_id(at: &At, name: &str) -> String {
    format!("{}-{name}", node_id(at))
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
