//! Buttons and fields of the third step.

use super::super::choice::tests::choices;
use super::super::draft::tests::content;
use super::super::op::{Op, PolicyOp};
use super::super::press::{Outcome, Refused};
use super::super::step::Step;
use super::super::tree::EditError;
use super::*;
use serde_json::json;

struct Desk {
    choices: Choices,
    draft: Draft,
}

impl Desk {
    fn new() -> Desk {
        let choices = choices();
        let draft = Draft::of(&content(), &choices);
        Desk { choices, draft }
    }

    fn post(&mut self, fields: &[(&str, &str)], op: &str) -> Outcome {
        let fields: Fields = fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let limits = ConditionLimits::default();
        let editor = Editor {
            choices: &self.choices,
            limits: &limits,
        };
        editor.take_fields(&mut self.draft, &fields);
        match Op::parse(op) {
            Op::Policies(op) => editor.press(&mut self.draft, &op),
            _ => Outcome::default(),
        }
    }

    fn wire(&self) -> Value {
        self.draft.builder.as_ref().unwrap().root.to_wire()
    }
}

#[test]
fn buttons_say_what_they_are_for() {
    for (text, op) in [
        ("to 3", Op::Go(Step::Policies)),
        ("to 9", Op::Keep),
        (
            "choose-member user:default/a b",
            Op::ChooseMember("user:default/a b".into()),
        ),
        ("remove-row 7", Op::Policies(PolicyOp::RemoveRow(7))),
        (
            "add-rule 0.1",
            Op::Policies(PolicyOp::Edit("0.1".parse().unwrap(), Edit::AddRule)),
        ),
        (
            "remove-item 0.1 a b 2",
            Op::Policies(PolicyOp::RemoveItem(
                "0.1".parse().unwrap(),
                "a b".into(),
                2,
            )),
        ),
        ("add-rule", Op::Keep),
        ("", Op::Keep),
    ] {
        assert_eq!(Op::parse(text), op, "{text}");
    }
}

#[test]
fn another_permission_is_taken_whole() {
    let mut desk = Desk::new();
    let focus = desk.post(&[], "add-permission-policy").focus.unwrap();
    let id = desk.draft.rows.last().unwrap().id;
    assert_eq!(focus, format!("row-{id}-plugin"));
    let field = |part: &str| format!("permissionPoliciesRows[{id}]{part}");

    desk.post(
        &[
            (&field(".plugin"), "catalog"),
            (&field(".permission"), "catalog-entity"),
        ],
        "",
    );

    let actions = |desk: &Desk| desk.draft.row(id).unwrap().actions.len();
    assert_eq!(actions(&desk), 2);
    desk.post(
        &[
            (&field(".plugin"), "catalog"),
            (&field(".permission"), "catalog-entity"),
            (&field(".policies[0].policy-Read"), "on"),
        ],
        "",
    );
    assert_eq!(actions(&desk), 1);
    desk.post(
        &[
            (&field(".plugin"), "nothing"),
            (&field(".permission"), "catalog-entity"),
        ],
        "",
    );
    assert_eq!(desk.draft.row(id).unwrap().permission, "");
}

#[test]
fn a_deny_has_no_condition() {
    let mut desk = Desk::new();
    let id = desk.draft.rows[0].id;
    let effect = format!("permissionPoliciesRows[{id}].effect");
    desk.post(&[], &format!("configure {id}"));

    desk.post(&[(&effect, "deny")], "");

    assert_eq!(desk.draft.row(id).unwrap().condition, None);
    assert!(desk.draft.builder.is_none() && desk.draft.conditions.is_empty());
}

#[test]
fn a_condition_is_put_together_and_counts_when_it_is_saved() {
    let mut desk = Desk::new();
    let id = desk.draft.rows[0].id;
    let before = desk.draft.conditions.clone();

    assert_eq!(
        desk.post(&[], &format!("configure {id}")).focus.as_deref(),
        Some("bh")
    );
    desk.post(&[], "anyOf 0");
    assert_eq!(desk.post(&[], "add-rule 0").focus.as_deref(), Some("n0-1"));
    desk.post(&[("rule:0.1", "HAS_LABEL")], "");
    desk.post(
        &[
            ("param:0.1:label", " tier "),
            ("param:0.1:n", "2"),
            ("param:0.1:strict", "true"),
            ("param:0.1:size", ""),
            ("rule:0.1", "HAS_LABEL"),
        ],
        "",
    );
    desk.post(&[("rule:0.0", "IS_ENTITY_KIND")], "");
    desk.post(
        &[("param:0.0:kinds", "api, api,template")],
        "remove-item 0.0 kinds 0",
    );

    let rule = |name: &str, params: Value| json!({"rule": name, "resourceType": "catalog-entity", "params": params});
    let wire = json!({"anyOf": [
        rule("IS_ENTITY_KIND", json!({"kinds": ["template"]})),
        rule("HAS_LABEL", json!({"label": "tier", "n": 2, "strict": true})),
    ]});
    assert_eq!(desk.wire(), wire);
    assert_eq!(desk.draft.conditions, before);
    let saved = desk.post(&[], "save-conditions");
    assert_eq!(saved.focus, Some(format!("row-{id}-access")));
    assert_eq!(desk.draft.difference().changed[0].1.criteria, wire);
}

#[test]
fn what_is_not_finished_is_not_saved() {
    let mut desk = Desk::new();
    let id = desk.draft.rows[0].id;
    desk.post(&[], &format!("configure {id}"));
    desk.post(&[("rule:0", "HAS_LABEL")], "");

    let outcome = desk.post(&[], "save-conditions");

    assert_eq!(outcome.refused, Some(Refused::Condition));
    assert!(desk.draft.builder.as_ref().unwrap().is_tried);
    desk.post(&[], "cancel-conditions");
    assert!(desk.draft.builder.is_none() && !desk.draft.is_changed());
}

#[test]
fn a_condition_that_begins_anew_is_none() {
    let mut desk = Desk::new();
    let id = desk.draft.rows[0].id;
    desk.post(&[], &format!("configure {id}"));

    desk.post(&[], "remove-conditions");
    desk.post(&[], "save-conditions");

    assert_eq!(desk.draft.row(id).unwrap().condition, None);
    assert_eq!(desk.draft.difference().removed.len(), 1);
}

#[test]
fn text_becomes_a_tree_only_when_it_can_be_read() {
    let mut desk = Desk::new();
    let id = desk.draft.rows[0].id;
    desk.post(&[], &format!("configure {id}"));
    desk.post(&[], "json");
    assert!(
        desk.draft
            .builder
            .as_ref()
            .unwrap()
            .json
            .as_ref()
            .unwrap()
            .contains("IS_ENTITY_OWNER")
    );

    let refused = desk.post(&[("json", "{\r\n\"rule\": 1}")], "rules");
    assert_eq!(refused.refused, Some(Refused::Condition));
    let kept = desk.draft.builder.as_ref().unwrap().json.clone();
    assert_eq!(kept.as_deref(), Some("{\n\"rule\": 1}"));

    let text =
        r#"{"rule": "HAS_LABEL", "resourceType": "catalog-entity", "params": {"label": "x"}}"#;
    desk.post(&[("json", text)], "rules");
    assert_eq!(desk.wire()["params"]["label"], "x");
}

#[test]
fn a_step_that_cannot_be_taken_is_told() {
    let mut desk = Desk::new();
    let id = desk.draft.rows[0].id;
    desk.post(&[], &format!("configure {id}"));
    desk.post(&[], "not 0");

    let outcome = desk.post(&[], "add-rule 0");

    assert_eq!(outcome.refused, Some(Refused::Edit(EditError::Full)));
    assert_eq!(desk.post(&[], "allOf 0").focus.as_deref(), Some("n0-allOf"));
}
