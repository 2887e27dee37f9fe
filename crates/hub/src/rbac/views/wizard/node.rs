//! The nodes of a condition that somebody puts together, finished or not.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use smol_str::SmolStr;

/// A node of the tree, finished or not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Node {
    /// A rule with its parameters.
    Rule(Rule),
    /// Nodes below an operator.
    Group(Group),
}

/// A rule; its name is empty until one is chosen.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Rule {
    /// Such as `IS_ENTITY_OWNER`.
    pub(super) name: SmolStr,
    /// What it is about.
    pub(super) resource_type: SmolStr,
    /// An object, or `null` where the stored rule has none.
    #[serde(default)]
    pub(super) params: Value,
}

/// Nodes below an operator; one that was emptied is not finished.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Group {
    /// How its members count.
    pub(super) operator: Operator,
    /// The nodes below it; at most one below a *not*.
    pub(super) members: Vec<Node>,
}

/// How the members of a group count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Operator {
    /// Every one must match.
    AllOf,
    /// One is enough.
    AnyOf,
    /// The only one must not match.
    Not,
}

impl Operator {
    /// In the order of the buttons.
    pub(super) const ALL: [Operator; 3] = [Operator::AllOf, Operator::AnyOf, Operator::Not];

    /// Its name on the wire.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Operator::AllOf => "allOf",
            Operator::AnyOf => "anyOf",
            Operator::Not => "not",
        }
    }

    fn from_name(name: &str) -> Option<Operator> {
        Operator::ALL.into_iter().find(|one| one.as_str() == name)
    }
}

impl Rule {
    /// A rule about `resource_type` that is not chosen yet.
    pub(super) fn unchosen(resource_type: &str) -> Rule {
        Rule {
            name: SmolStr::default(),
            resource_type: resource_type.into(),
            params: Value::Object(Map::new()),
        }
    }

    /// A parameter, if it is given.
    pub(super) fn param(&self, name: &str) -> Option<&Value> {
        self.params.as_object()?.get(name)
    }
}

impl Node {
    /// What a condition about `resource_type` begins with.
    pub(super) fn unchosen(resource_type: &str) -> Node {
        Node::Rule(Rule::unchosen(resource_type))
    }

    /// Reads the wire form; absent when it has more to say than a tree has places for.
    pub(super) fn from_wire(value: &Value) -> Option<Node> {
        let node = value.as_object()?;
        if let [(name, members)] = node.iter().collect::<Vec<_>>().as_slice()
            && let Some(operator) = Operator::from_name(name)
        {
            let members = match operator {
                Operator::Not => std::slice::from_ref(*members),
                Operator::AllOf | Operator::AnyOf => members.as_array()?.as_slice(),
            };
            let members = members.iter().map(Node::from_wire).collect::<Option<_>>()?;
            return Some(Node::Group(Group { operator, members }));
        }
        let is_known = |name: &str| ["rule", "resourceType", "params"].contains(&name);
        let params = node.get("params");
        let is_whole =
            node.keys().all(|name| is_known(name)) && params.is_none_or(Value::is_object);
        let rule = Rule {
            name: node.get("rule")?.as_str()?.into(),
            resource_type: node.get("resourceType")?.as_str()?.into(),
            params: params.cloned().unwrap_or_default(),
        };
        is_whole.then_some(Node::Rule(rule))
    }

    /// The wire form, whether the tree is finished or not.
    pub(super) fn to_wire(&self) -> Value {
        let mut node = Map::new();
        match self {
            Node::Rule(rule) => {
                node.insert("rule".to_owned(), rule.name.as_str().into());
                node.insert(
                    "resourceType".to_owned(),
                    rule.resource_type.as_str().into(),
                );
                if !rule.params.is_null() {
                    node.insert("params".to_owned(), rule.params.clone());
                }
            }
            Node::Group(Group { operator, members }) => {
                let mut members: Vec<_> = members.iter().map(Node::to_wire).collect();
                let value = match operator {
                    Operator::AllOf | Operator::AnyOf => Value::Array(members),
                    Operator::Not => members.pop().unwrap_or_default(),
                };
                node.insert(operator.as_str().to_owned(), value);
            }
        }
        Value::Object(node)
    }

    /// The rules, from left to right.
    pub(super) fn rules(&self) -> Vec<&Rule> {
        match self {
            Node::Rule(rule) => vec![rule],
            Node::Group(group) => group.members.iter().flat_map(Node::rules).collect(),
        }
    }

    /// How many levels it has.
    pub(super) fn height(&self) -> usize {
        match self {
            Node::Rule(_) => 1,
            Node::Group(group) => {
                1 + group
                    .members
                    .iter()
                    .map(Node::height)
                    .max()
                    .unwrap_or_default()
            }
        }
    }

    pub(super) fn resource_type(&self) -> SmolStr {
        let rules = self.rules();
        rules
            .first()
            .map(|rule| rule.resource_type.clone())
            .unwrap_or_default()
    }
}

impl Group {
    /// The same members below another operator.
    pub(super) fn operated(&self, operator: Operator) -> Group {
        let members = match (self.operator, operator, self.members.as_slice()) {
            // What was put together for a *not* falls apart again.
            (Operator::Not, new, [Node::Group(only)]) if only.operator == new => {
                only.members.clone()
            }
            (Operator::AllOf | Operator::AnyOf, Operator::Not, [_, _, ..]) => {
                vec![Node::Group(Group {
                    operator: Operator::AllOf,
                    members: self.members.clone(),
                })]
            }
            (_, _, members) => members.to_vec(),
        };
        Group { operator, members }
    }
}
