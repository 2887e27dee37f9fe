//! What a button of the third step does to a draft.

use super::content::Content;
use super::draft::Draft;
use super::fault;
use super::input::Editor;
use super::json;
use super::node::Node;
use super::op::PolicyOp;
use super::tree::{At, Edit, EditError, Tree};
use serde_json::Value;
use smol_str::SmolStr;

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
    /// There is no such role, as far as the person may know.
    NoRole,
    /// The tree does not take the step.
    Edit(EditError),
    /// The condition is not finished, or the text cannot be read.
    Condition,
}

impl Editor<'_> {
    /// Does what a button of the third step asks for.
    pub(super) fn press(&self, draft: &mut Draft, op: &PolicyOp) -> Outcome {
        match op {
            PolicyOp::AddRow => {
                let id = draft.add_row();
                Outcome::at(format!("row-{id}-plugin"))
            }
            // The roles are asked by whoever knows what the person may read of them.
            PolicyOp::Copy | PolicyOp::Enter => Outcome::default(),
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

impl Editor<'_> {
    /// Adds the policies of another role, those that are there already excepted.
    pub(super) fn copy_policies(&self, draft: &mut Draft, of: &Content) -> Outcome {
        let first = draft.take_policies(of, self.choices);
        Outcome::at(first.map_or_else(|| "copy-open".to_owned(), |id| format!("row-{id}-plugin")))
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

    pub(super) fn refused(refused: Refused, focus: &str) -> Outcome {
        Outcome {
            focus: Some(focus.to_owned()),
            refused: Some(refused),
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
