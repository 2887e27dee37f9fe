//! A node of the condition as the page draws it.

use super::choice::{Form, Param, RuleChoice};
use super::fault::RuleFault;

use super::node::{Node, Operator, Rule};
use super::press::{node_id, param_id};
use super::suggestion::List;
use super::tree::At;
use crate::ui::{Icon, Texts};
use askama::Template;
use askama::filters::HtmlSafe;
use serde_json::Value;
use smol_str::SmolStr;

/// A node with everything below it.
#[derive(Template)]
#[template(path = "rbac/templates/wizard_node.html")]
pub(super) struct NodeView {
    t: Texts,
    /// Its place, as buttons say it.
    at: String,
    id: String,
    is_root: bool,
    shape: Shape,
    faults: Vec<String>,
    /// Whether the page goes on here.
    focus: Option<String>,
}

impl HtmlSafe for NodeView {}

enum Shape {
    Rule(RuleView),
    Group {
        operator: Operator,
        has_room: bool,
        members: Vec<NodeView>,
    },
}

/// A rule with its parameters.
struct RuleView {
    name: String,
    rules: Vec<RuleOption>,
    description: String,
    params: Vec<ParamView>,
    /// Whether an alias stands among its values.
    has_owner_refs: bool,
    has_current_user: bool,
}

/// A rule that can be chosen.
struct RuleOption {
    name: SmolStr,
    /// What it asks, in a sentence; empty for one that the plugin no longer has.
    description: String,
    is_chosen: bool,
}

/// Something that can be chosen.
pub(super) struct Choice {
    /// Its value.
    pub(super) value: String,
    /// Whether it is chosen.
    pub(super) is_chosen: bool,
}

struct ParamView {
    id: String,
    field: String,
    /// The place and the name, as the buttons of its values say them.
    path: String,
    label: String,
    description: String,
    is_required: bool,
    form: FormView,
    list: Option<List>,
    error: Option<String>,
}

enum FormView {
    Text(String),
    Chips(Vec<String>),
    OneOf(Vec<Choice>),
    Number(String),
    Switch(bool),
}

/// What all nodes of a tree are drawn with.
pub(super) struct Drawing<'a> {
    pub(super) t: &'a Texts,
    pub(super) rules: &'a [&'a RuleChoice],
    pub(super) faults: &'a [(At, RuleFault)],
    /// Whether faults are shown that whoever begins cannot help.
    pub(super) is_tried: bool,
    pub(super) focus: Option<&'a str>,
}

impl Drawing<'_> {
    /// Draws a node and what is below it.
    pub(super) fn node(&self, node: &Node, at: &At) -> NodeView {
        let id = node_id(at);
        let shape = match node {
            Node::Rule(rule) => Shape::Rule(self.rule(rule, at)),
            Node::Group(group) => {
                let members = group.members.iter().enumerate();
                Shape::Group {
                    operator: group.operator,
                    has_room: group.operator != Operator::Not || group.members.is_empty(),
                    members: members
                        .map(|(index, member)| self.node(member, &at.member(index)))
                        .collect(),
                }
            }
        };
        let faults = self.faults.iter().filter(|(place, _)| place == at);
        let faults = faults.filter_map(|(_, fault)| self.told(fault));
        NodeView {
            t: self.t.clone(),
            at: at.to_string(),
            is_root: *at == At::default(),
            faults: faults.collect(),
            focus: self.focus.map(str::to_owned),
            shape,
            id,
        }
    }

    /// A fault in words, unless it stands at a parameter or comes too early.
    fn told(&self, fault: &RuleFault) -> Option<String> {
        match fault {
            RuleFault::Missing(_) | RuleFault::Misfit(_) => None,
            RuleFault::Unchosen if !self.is_tried => None,
            fault => Some(in_words(self.t, fault)),
        }
    }

    fn rule(&self, rule: &Rule, at: &At) -> RuleView {
        let known = self.rules.iter().find(|known| known.name == rule.name);
        let rules = self.rules.iter().map(|choice| RuleOption {
            name: choice.name.clone(),
            description: choice.description.clone(),
            is_chosen: choice.name == rule.name,
        });
        let mut rules: Vec<_> = rules.collect();
        // A rule that the plugin no longer has stays what it is.
        if known.is_none() && !rule.name.is_empty() {
            rules.push(RuleOption {
                name: rule.name.clone(),
                description: String::new(),
                is_chosen: true,
            });
        }
        let params = known
            .map(|known| known.params.as_slice())
            .unwrap_or_default();
        let text = rule.params.to_string();
        RuleView {
            name: rule.name.to_string(),
            rules,
            description: known
                .map(|known| known.description.clone())
                .unwrap_or_default(),
            params: params
                .iter()
                .map(|param| self.param(rule, param, at))
                .collect(),
            has_owner_refs: text.contains("\"$ownerRefs\""),
            has_current_user: text.contains("\"$currentUser\""),
        }
    }

    fn param(&self, rule: &Rule, param: &Param, at: &At) -> ParamView {
        let value = rule.param(&param.name);
        let text = || match value {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        };
        let form = match &param.form {
            Form::Texts => {
                let items = value.and_then(Value::as_array).into_iter().flatten();
                let item = |item: &Value| match item {
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                };
                FormView::Chips(items.map(item).collect())
            }
            Form::OneOf(values) => FormView::OneOf(
                values
                    .iter()
                    .map(|one| Choice {
                        is_chosen: value.and_then(Value::as_str) == Some(one),
                        value: one.clone(),
                    })
                    .collect(),
            ),
            Form::Number => FormView::Number(text()),
            Form::Boolean => FormView::Switch(value == Some(&Value::Bool(true))),
            Form::Text | Form::Json => FormView::Text(text()),
        };
        let mut faults = self.faults.iter().filter(|(place, _)| place == at);
        let fault = faults.find(|(_, fault)| fault.param() == Some(&param.name));
        let fault = fault.filter(|(_, fault)| {
            // Whoever has just chosen the rule could not give it anything yet.
            self.is_tried || matches!(fault, RuleFault::Misfit(_))
        });
        ParamView {
            id: param_id(at, &param.name),
            field: format!("param:{at}:{}", param.name),
            path: format!("{at} {}", param.name),
            label: param.name.to_string(),
            description: param.description.clone(),
            is_required: param.is_required,
            list: List::for_param(rule, &param.name, at),
            error: fault.map(|(_, fault)| in_words(self.t, fault)),
            form,
        }
    }
}

/// A fault in words.
pub(super) fn in_words(t: &Texts, fault: &RuleFault) -> String {
    match fault {
        RuleFault::Unchosen => t.say("wizard-rule-unchosen").to_string(),
        RuleFault::Unknown(rule) => t
            .say("wizard-rule-unknown")
            .with("rule", rule.as_str())
            .to_string(),
        RuleFault::Missing(name) => t
            .say("wizard-param-missing")
            .with("name", name.as_str())
            .to_string(),
        RuleFault::Misfit(name) => t
            .say("wizard-param-misfit")
            .with("name", name.as_str())
            .to_string(),
        RuleFault::EmptyGroup => t.say("wizard-group-empty").to_string(),
    }
}

impl NodeView {
    fn goes_on_at(&self, id: &str) -> bool {
        self.focus.as_deref() == Some(id)
    }

    fn operators(&self) -> [(Operator, &'static str); 3] {
        [
            (Operator::AllOf, "wizard-all-of"),
            (Operator::AnyOf, "wizard-any-of"),
            (Operator::Not, "wizard-not"),
        ]
    }

    /// The class that gives the rail its colour.
    fn class(&self, operator: Operator) -> &'static str {
        match operator {
            Operator::AllOf => "",
            Operator::AnyOf => " any",
            Operator::Not => " not",
        }
    }

    fn hint(&self, operator: Operator) -> &'static str {
        match operator {
            Operator::AllOf => "wizard-all-of-hint",
            Operator::AnyOf => "wizard-any-of-hint",
            Operator::Not => "wizard-not-hint",
        }
    }
}
