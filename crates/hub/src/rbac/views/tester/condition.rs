//! A condition as a tree, with what was found at each leaf.

use super::words;
use crate::ui::{Icon, Texts, Tone};
use askama::Template;
use askama::filters::HtmlSafe;
use callboard_policy::{Criteria, Evidence, Tested};

/// A part of a condition.
#[derive(Template)]
#[template(path = "rbac/templates/tester_condition.html")]
pub(super) struct Part {
    t: Texts,
    /// Whether it holds; absent when no resource was asked about.
    holds: Option<bool>,
    node: Node,
}

enum Node {
    All(Vec<Part>),
    Any(Vec<Part>),
    Not(Box<Part>),
    Leaf(Leaf),
}

struct Leaf {
    rule: String,
    /// As stored.
    params: String,
    /// What aliases stand for, where there are some.
    resolved: Option<String>,
    found: Found,
}

enum Found {
    NotAsked,
    Missing,
    Nothing,
    Value(String),
}

impl HtmlSafe for Part {}

impl Part {
    pub(super) fn new(t: &Texts, tree: &Criteria<Tested>) -> Part {
        let parts = |members: &[Criteria<Tested>]| {
            let parts = members.iter().map(|member| Part::new(t, member));
            parts.collect::<Vec<_>>()
        };
        let node = match tree {
            Criteria::AllOf(members) => Node::All(parts(members)),
            Criteria::AnyOf(members) => Node::Any(parts(members)),
            Criteria::Not(member) => Node::Not(Box::new(Part::new(t, member))),
            Criteria::Leaf(leaf) => Node::Leaf(Leaf::new(leaf)),
        };
        Part {
            t: t.clone(),
            holds: tree.holds(),
            node,
        }
    }

    fn tone(&self) -> Tone {
        match self.holds {
            Some(true) => Tone::Ok,
            Some(false) => Tone::No,
            None => Tone::If,
        }
    }

    fn icon(&self) -> Icon {
        match self.holds {
            Some(true) => Icon::Check,
            Some(false) => Icon::X,
            None => Icon::Split,
        }
    }

    fn word(&self) -> String {
        let name = match self.holds {
            Some(true) => "tester-holds",
            Some(false) => "tester-fails",
            None => "tester-open",
        };
        self.t.say(name).to_string()
    }
}

impl Leaf {
    fn new(leaf: &Tested) -> Leaf {
        let params = words::params_text(&leaf.stored.params);
        let resolved = words::params_text(&leaf.condition.params);
        Leaf {
            rule: leaf.condition.rule.to_string(),
            resolved: (resolved != params).then_some(resolved),
            params,
            found: match &leaf.evidence {
                Evidence::NotAsked => Found::NotAsked,
                Evidence::Missing => Found::Missing,
                Evidence::Found { found, .. } => match words::value_text(found) {
                    found if found.is_empty() || found == "null" => Found::Nothing,
                    found => Found::Value(found),
                },
            },
        }
    }
}
