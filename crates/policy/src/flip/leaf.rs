//! Which part of a condition a resource fails, or passes by.

use super::Flip;
use crate::{Criteria, account::AskedCondition, tree::Tested};

/// The leaves that, each by itself, would change whether a resource passes.
///
/// A resource passes when the tree of any condition holds. Of a resource that is missing, or
/// was not named, there is nothing to tell.
pub fn leaf_flips(conditions: &[(&AskedCondition, Criteria<Tested>)]) -> Vec<Flip> {
    let holds = |(_, tree): &(_, Criteria<Tested>)| tree.holds();
    if conditions
        .iter()
        .any(|condition| holds(condition).is_none())
    {
        return Vec::new();
    }
    let passes = conditions
        .iter()
        .any(|condition| holds(condition) == Some(true));
    let mut found = Vec::new();
    for (at, (condition, tree)) in conditions.iter().enumerate() {
        let others = conditions
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != at);
        let others_pass = others.clone().any(|(_, other)| holds(other) == Some(true));
        for (changed, leaf) in tree.leaves().enumerate() {
            let would_pass = others_pass || holds_with(tree, changed);
            if would_pass != passes {
                found.push(Flip::ChangeResource {
                    id: condition.id,
                    role: condition.role.clone(),
                    rule: leaf.condition.rule.clone(),
                    params: leaf.condition.params.clone(),
                    holds: !leaf.holds(),
                });
            }
        }
    }
    found
}

/// Whether a tree would hold if one of its leaves, counted from the left, were otherwise.
fn holds_with(tree: &Criteria<Tested>, changed: usize) -> bool {
    let mut at = 0;
    let turned = tree.clone().map(&mut |leaf: Tested| {
        let holds = leaf.holds() != (at == changed);
        at += 1;
        holds
    });
    turned.evaluate(&mut |holds| *holds)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::tree::Evidence;

    /// A condition whose leaves hold exactly where their rule is `YES`.
    fn condition(id: i64, criteria: &Value) -> (AskedCondition, Criteria<Tested>) {
        let criteria = Criteria::from_json(criteria).unwrap();
        let tree = criteria
            .for_user("user:default/tom", &[])
            .map(&mut |leaf: Tested| Tested {
                evidence: Evidence::Found {
                    holds: leaf.condition.rule == "YES",
                    found: Value::Null,
                },
                ..leaf
            });
        let asked = AskedCondition {
            id,
            role: "role:default/a".into(),
            criteria: Some(criteria),
        };
        (asked, tree)
    }

    fn told(conditions: &[(AskedCondition, Criteria<Tested>)]) -> Vec<String> {
        let borrowed: Vec<_> = conditions
            .iter()
            .map(|(asked, tree)| (asked, tree.clone()))
            .collect();
        leaf_flips(&borrowed).iter().map(Flip::to_string).collect()
    }

    #[test]
    fn a_leaf_is_told_when_it_alone_is_in_the_way() {
        let leaf = |rule: &str| json!({"rule": rule, "resourceType": "t"});
        let one = condition(
            1,
            &json!({"allOf": [leaf("YES"), {"not": leaf("NO")}, leaf("NO")]}),
        );
        let hopeless = condition(2, &json!({"allOf": [leaf("NO"), leaf("NO")]}));

        assert_eq!(
            told(&[one, hopeless]),
            ["a resource that meets `NO` of condition 1"]
        );
    }

    #[test]
    fn what_passes_twice_is_not_lost_by_one_leaf() {
        let met = |id| {
            condition(
                id,
                &json!({"rule": "YES", "resourceType": "t", "params": {"a": ["b"]}}),
            )
        };

        assert_eq!(
            told(&[met(1)]),
            ["a resource that does not meet `YES(a = b)` of condition 1"]
        );
        assert_eq!(told(&[met(1), met(2)]), [""; 0]);
    }
}
