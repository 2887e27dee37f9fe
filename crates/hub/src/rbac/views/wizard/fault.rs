//! What is wrong with a draft, step by step.

use super::choice::{Choices, Form, RuleChoice};
use super::content::Mapped;
use super::draft::{Condition, Draft, Row};
use super::node::Node;
use super::tree::At;
use callboard_policy::Effect;
use callboard_policy::reference::{self, Usage};
use serde_json::Value;
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// What keeps somebody from leaving the first step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NameFault {
    /// There is none.
    Empty,
    /// The catalog would refuse it.
    Shape,
    /// Another role has it.
    Taken,
}

/// What is wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum RowFault {
    /// No permission is chosen.
    NoPermission,
    /// No action is ticked.
    NoAction,
    /// Another row, the one of this place, says the same.
    SameAs(usize),
    /// Another condition, of the row of this place, is about the same permission.
    OverlapsWith(usize),
    /// Another row, the one of this place, says the opposite, and a deny wins.
    Contradicts(usize),
    /// No plugin declares the permission: the row has no effect.
    Unused,
}

impl RowFault {
    /// Whether the role cannot be stored so; otherwise it is a warning.
    pub(super) fn is_error(&self) -> bool {
        match self {
            RowFault::NoPermission
            | RowFault::NoAction
            | RowFault::SameAs(_)
            | RowFault::OverlapsWith(_) => true,
            RowFault::Contradicts(_) | RowFault::Unused => false,
        }
    }
}

/// What is wrong with a rule of a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum RuleFault {
    /// No rule is chosen.
    Unchosen,
    /// The plugin has no such rule.
    Unknown(SmolStr),
    /// A parameter that the rule needs is not given.
    Missing(SmolStr),
    /// A parameter is not what the rule takes.
    Misfit(SmolStr),
    /// A group has no members.
    EmptyGroup,
}

impl RuleFault {
    /// The parameter that it is about.
    pub(super) fn param(&self) -> Option<&str> {
        match self {
            RuleFault::Missing(name) | RuleFault::Misfit(name) => Some(name),
            RuleFault::Unchosen | RuleFault::Unknown(_) | RuleFault::EmptyGroup => None,
        }
    }
}

/// What is wrong with the name of a role; `is_taken` says whether a role has a reference.
pub(super) fn name(draft: &Draft, is_taken: impl Fn(&str) -> bool) -> Option<NameFault> {
    let role = draft.role();
    if draft.name.trim().is_empty() {
        return Some(NameFault::Empty);
    }
    if reference::check(&role, Usage::Role).is_err() {
        return Some(NameFault::Shape);
    }
    let own = draft.base.as_ref().map(|base| base.role.as_str());
    (own != Some(&role) && is_taken(&role)).then_some(NameFault::Taken)
}

/// Whether the owner is no reference of a user or group; an empty one is whoever writes.
pub(super) fn has_bad_owner(draft: &Draft) -> bool {
    let owner = draft.owner.trim();
    !owner.is_empty() && reference::check(owner, Usage::Owner).is_err()
}

/// What is wrong with each row, by its number.
pub(super) fn rows(draft: &Draft, choices: &Choices) -> BTreeMap<u32, Vec<RowFault>> {
    let mut found: BTreeMap<u32, Vec<RowFault>> = BTreeMap::new();
    for (place, row) in draft.rows.iter().enumerate() {
        let mut faults = Vec::new();
        let before = || draft.rows.iter().take(place).zip(1..);
        let others = || {
            let all = draft.rows.iter().zip(1..);
            all.filter(|(other, _)| other.id != row.id)
        };
        if row.permission.is_empty() {
            faults.push(RowFault::NoPermission);
        } else if row.actions.is_empty() {
            faults.push(RowFault::NoAction);
        }
        if let Some((_, place)) = before().find(|(other, _)| is_same(row, other)) {
            faults.push(RowFault::SameAs(place));
        }
        if let Some((_, place)) = before().find(|(other, _)| overlaps(draft, row, other)) {
            faults.push(RowFault::OverlapsWith(place));
        }
        if let Some((_, place)) = others().find(|(other, _)| contradicts(row, other)) {
            faults.push(RowFault::Contradicts(place));
        }
        let is_known = choices
            .plugins
            .iter()
            .any(|plugin| choices.subject(&plugin.id, &row.permission).is_some());
        if !row.permission.is_empty() && !is_known {
            faults.push(RowFault::Unused);
        }
        if !faults.is_empty() {
            found.insert(row.id, faults);
        }
    }
    found
}

fn shares_action(one: &Row, other: &Row) -> bool {
    !one.permission.is_empty()
        && one.permission == other.permission
        && !one.actions.is_disjoint(&other.actions)
}

fn is_same(one: &Row, other: &Row) -> bool {
    shares_action(one, other)
        && one.effect == other.effect
        && one.condition.is_none()
        && other.condition.is_none()
}

/// A deny on what the other row allows.
fn contradicts(one: &Row, other: &Row) -> bool {
    one.effect == Effect::Deny && other.effect == Effect::Allow && shares_action(one, other)
}

/// Whether the conditions of two rows would get in each other's way.
fn overlaps(draft: &Draft, one: &Row, other: &Row) -> bool {
    let condition = |row: &Row| {
        row.condition
            .and_then(|number| draft.conditions.get(&number))
    };
    let (Some(mine), Some(theirs)) = (condition(one), condition(other)) else {
        return false;
    };
    if one.condition == other.condition
        || mine.plugin != theirs.plugin
        || mine.resource_type != theirs.resource_type
    {
        return false;
    }
    let entries = |row: &Row, condition: &Condition| -> Vec<Mapped> {
        let name = (row.permission != condition.resource_type).then(|| row.permission.clone());
        let entry = |action| Mapped {
            name: name.clone(),
            action,
        };
        row.actions.iter().copied().map(entry).collect()
    };
    let theirs = entries(other, theirs);
    entries(one, mine).iter().any(|mine| {
        theirs.iter().any(|theirs| {
            mine.action == theirs.action
                && (mine.name.is_none() || theirs.name.is_none() || mine.name == theirs.name)
        })
    })
}

/// What is wrong with each node of a condition.
pub(super) fn nodes(root: &Node, rules: &[&RuleChoice]) -> Vec<(At, RuleFault)> {
    let mut found = Vec::new();
    walk(root, &At::default(), rules, &mut found);
    found
}

fn walk(node: &Node, at: &At, rules: &[&RuleChoice], found: &mut Vec<(At, RuleFault)>) {
    let rule = match node {
        Node::Group(group) => {
            if group.members.is_empty() {
                found.push((at.clone(), RuleFault::EmptyGroup));
            }
            for (index, member) in group.members.iter().enumerate() {
                walk(member, &at.member(index), rules, found);
            }
            return;
        }
        Node::Rule(rule) if rule.name.is_empty() => {
            found.push((at.clone(), RuleFault::Unchosen));
            return;
        }
        Node::Rule(rule) => rule,
    };
    let Some(known) = rules.iter().find(|known| known.name == rule.name) else {
        found.push((at.clone(), RuleFault::Unknown(rule.name.clone())));
        return;
    };
    for param in &known.params {
        let given = rule.param(&param.name).filter(|value| !is_blank(value));
        let fault = match given {
            None if param.is_required && param.form != Form::Boolean => {
                Some(RuleFault::Missing(param.name.clone()))
            }
            Some(value) if !param.form.fits(value) => Some(RuleFault::Misfit(param.name.clone())),
            None | Some(_) => None,
        };
        found.extend(fault.map(|fault| (at.clone(), fault)));
    }
}

/// Whether nothing was written.
fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::choice::tests::choices;
    use super::super::content::Content;
    use super::super::draft::tests::{CatalogOnly, condition, content, grant};
    use super::*;
    use callboard_policy::Action;
    use serde_json::json;

    #[test]
    fn a_name_has_a_shape_and_is_nobody_elses() {
        let mut draft = Draft::of(&content(), &CatalogOnly);
        let taken = |role: &str| role == "role:default/riggers" || role == "role:default/crew";
        let mut fault = |name: &str| {
            draft.name = name.to_owned();
            super::name(&draft, taken)
        };

        assert_eq!(fault("crew"), None);
        assert_eq!(fault(" "), Some(NameFault::Empty));
        assert_eq!(fault("a b"), Some(NameFault::Shape));
        assert_eq!(fault(&"a".repeat(64)), Some(NameFault::Shape));
        assert_eq!(fault("riggers"), Some(NameFault::Taken));
    }

    #[test]
    fn an_owner_is_a_user_or_group_or_nobody() {
        let mut draft = Draft::new();
        let mut is_bad = |owner: &str| {
            owner.clone_into(&mut draft.owner);
            has_bad_owner(&draft)
        };

        assert!(!is_bad("") && !is_bad("group:default/crew"));
        assert!(is_bad("crew") && is_bad("role:default/crew"));
    }

    #[test]
    fn rows_are_flagged_in_place() {
        let mut denied = grant("catalog-entity", Action::Read);
        denied.effect = Effect::Deny;
        let stored = Content {
            grants: vec![
                grant("catalog-entity", Action::Read),
                denied,
                grant("stage", Action::Use),
            ],
            conditions: vec![
                condition(Some(1), &[(None, Action::Delete)]),
                condition(Some(2), &[(Some("catalog.entity.delete"), Action::Delete)]),
            ],
            ..content()
        };
        let mut draft = Draft::of(&stored, &CatalogOnly);
        let copy = draft.add_row();
        if let Some(row) = draft.row_mut(copy) {
            row.permission = "catalog-entity".into();
            row.actions.insert(Action::Read);
        }
        draft.add_row();

        let faults = rows(&draft, &choices());

        let all: Vec<_> = draft.rows.iter().map(|row| faults.get(&row.id)).collect();
        assert_eq!(
            all,
            [
                None,
                Some(&vec![RowFault::OverlapsWith(1)]),
                None,
                Some(&vec![RowFault::Contradicts(3)]),
                Some(&vec![RowFault::Unused]),
                Some(&vec![RowFault::SameAs(3)]),
                Some(&vec![RowFault::NoPermission]),
            ]
        );
    }

    #[test]
    fn each_rule_is_compared_with_its_schema() {
        let choices = choices();
        let rules = choices.rules("catalog", "catalog-entity");
        let rule = |name: &str, params: Value| json!({"rule": name, "resourceType": "catalog-entity", "params": params});
        let value = json!({"allOf": [
            rule("", json!({})),
            rule("NO", json!({})),
            rule("IS_ENTITY_KIND", json!({"kinds": []})),
            rule("HAS_LABEL", json!({"label": 1, "strict": true, "size": "huge"})),
            {"anyOf": []},
        ]});

        let found = nodes(&Node::from_wire(&value).unwrap(), &rules);

        let found: Vec<_> = found
            .iter()
            .map(|(at, fault)| (at.to_string(), fault))
            .collect();
        assert_eq!(
            found,
            [
                ("0.0".to_owned(), &RuleFault::Unchosen),
                ("0.1".to_owned(), &RuleFault::Unknown("NO".into())),
                ("0.2".to_owned(), &RuleFault::Missing("kinds".into())),
                ("0.3".to_owned(), &RuleFault::Misfit("label".into())),
                ("0.3".to_owned(), &RuleFault::Misfit("size".into())),
                ("0.4".to_owned(), &RuleFault::EmptyGroup),
            ]
        );
    }
}
