//! Condition trees with what was found at each leaf.

use serde_json::{Map, Value};
use smol_str::SmolStr;

use crate::{Condition, Criteria};

/// A leaf of a condition, and what a resource had to say to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Tested {
    /// The condition with the aliases replaced for the user.
    pub condition: Condition,
    /// The condition as stored.
    pub stored: Condition,
    /// What was found.
    pub evidence: Evidence,
}

/// What a resource has that a condition is compared with.
#[derive(Clone, Debug, PartialEq)]
pub enum Evidence {
    /// No resource was asked about.
    NotAsked,
    /// There is no such resource: nothing holds, not even a *not*.
    Missing,
    /// The resource was compared.
    Found {
        /// Whether the condition holds.
        holds: bool,
        /// What the resource has, such as its owners.
        found: Value,
    },
}

impl Criteria<Condition> {
    /// The tree for one user, before any resource is looked at.
    pub fn for_user(&self, user: &str, ownership: &[SmolStr]) -> Criteria<Tested> {
        self.clone().map(&mut |stored: Condition| Tested {
            condition: stored.resolve(user, ownership),
            stored,
            evidence: Evidence::NotAsked,
        })
    }
}

impl Criteria<Tested> {
    /// Whether the tree holds; absent when no resource was asked about.
    pub fn holds(&self) -> Option<bool> {
        let evidence = || self.leaves().map(|leaf| &leaf.evidence);
        if evidence().any(|evidence| *evidence == Evidence::NotAsked) {
            return None;
        }
        if evidence().any(|evidence| *evidence == Evidence::Missing) {
            return Some(false);
        }
        Some(self.evaluate(&mut Tested::holds))
    }

    /// The tree in JSON: the wire form of conditions, with `holds` at each node, and at each
    /// leaf `found`, and `stored` where the stored parameters differ.
    ///
    /// Without a resource `holds` and `found` are absent.
    pub fn to_json(&self) -> Value {
        let list = |members: &[Self]| members.iter().map(Self::to_json).collect::<Vec<_>>();
        let mut node = match self {
            Self::AllOf(members) => Map::from_iter([("allOf".to_owned(), list(members).into())]),
            Self::AnyOf(members) => Map::from_iter([("anyOf".to_owned(), list(members).into())]),
            Self::Not(member) => Map::from_iter([("not".to_owned(), member.to_json())]),
            Self::Leaf(leaf) => leaf.to_json(),
        };
        if let Some(holds) = self.holds() {
            node.insert("holds".to_owned(), holds.into());
        }
        if let Self::Leaf(leaf) = self {
            match &leaf.evidence {
                Evidence::NotAsked => {}
                Evidence::Missing => drop(node.insert("found".to_owned(), Value::Null)),
                Evidence::Found { found, .. } => {
                    node.insert("found".to_owned(), found.clone());
                }
            }
        }
        Value::Object(node)
    }
}

impl Tested {
    /// Whether the condition holds; nothing does that was not found.
    pub fn holds(&self) -> bool {
        matches!(self.evidence, Evidence::Found { holds: true, .. })
    }

    fn to_json(&self) -> Map<String, Value> {
        let mut node = Map::new();
        node.insert("rule".to_owned(), self.condition.rule.as_str().into());
        let resource_type = self.condition.resource_type.as_str();
        node.insert("resourceType".to_owned(), resource_type.into());
        if !self.condition.params.is_null() {
            node.insert("params".to_owned(), self.condition.params.clone());
        }
        if self.stored.params != self.condition.params {
            node.insert("stored".to_owned(), self.stored.params.clone());
        }
        node
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tree() -> Criteria<Tested> {
        let stored = json!({"not": {"rule": "OWNED", "resourceType": "t", "params": {"by": ["$ownerRefs"]}}});
        Criteria::from_json(&stored)
            .unwrap()
            .for_user("user:default/tom", &["group:default/a".into()])
    }

    fn with(evidence: &Evidence) -> Criteria<Tested> {
        tree().map(&mut |leaf: Tested| Tested {
            evidence: evidence.clone(),
            ..leaf
        })
    }

    #[test]
    fn aliases_are_replaced_with_the_stored_form_beside_them() {
        assert_eq!(tree().holds(), None);
        assert_eq!(
            tree().to_json(),
            json!({"not": {
                "rule": "OWNED", "resourceType": "t",
                "params": {"by": ["group:default/a"]}, "stored": {"by": ["$ownerRefs"]},
            }})
        );
    }

    #[test]
    fn every_node_says_whether_it_holds() {
        let found = Evidence::Found {
            holds: false,
            found: json!(["group:default/b"]),
        };

        let json = with(&found).to_json();

        assert_eq!(json["holds"], true);
        assert_eq!(json["not"]["holds"], false);
        assert_eq!(json["not"]["found"], json!(["group:default/b"]));
    }

    #[test]
    fn nothing_holds_of_a_missing_resource_not_even_a_not() {
        let json = with(&Evidence::Missing).to_json();

        assert_eq!(json["holds"], false);
        assert_eq!(json["not"]["holds"], false);
        assert_eq!(json["not"]["found"], Value::Null);
    }
}
