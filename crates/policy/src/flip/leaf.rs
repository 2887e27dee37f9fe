//! Which part of a condition a resource fails, or passes by.

use super::Flip;
use crate::{
    Condition, Criteria,
    account::AskedCondition,
    tree::{Evidence, Tested},
};

/// The leaves that, each by itself, would change whether a resource passes.
///
/// A resource passes when the tree of any condition holds. A leaf that stands in several places
/// changes in all of them. Of a resource that is missing, or was not named, there is nothing to
/// tell.
pub fn leaf_flips(conditions: &[(&AskedCondition, Criteria<Tested>)]) -> Vec<Flip> {
    let trees = || conditions.iter().map(|(_, tree)| tree);
    let is_missing = |leaf: &Tested| !matches!(leaf.evidence, Evidence::Found { .. });
    if trees().flat_map(Criteria::leaves).any(is_missing) {
        return Vec::new();
    }
    let passes = trees().any(|tree| tree.holds() == Some(true));
    let would_pass = |changed: &Tested| {
        let mut holds = |leaf: &Tested| leaf.holds() != (leaf.condition == changed.condition);
        trees().any(|tree| tree.evaluate(&mut holds))
    };
    let mut seen: Vec<&Condition> = Vec::new();
    let mut found = Vec::new();
    for (condition, tree) in conditions {
        for leaf in tree.leaves() {
            if seen.contains(&&leaf.condition) {
                continue;
            }
            seen.push(&leaf.condition);
            if would_pass(leaf) != passes {
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

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
    fn what_passes_twice_is_lost_by_a_leaf_that_both_have() {
        let met = |id, by: &str| {
            let leaf = json!({"rule": "YES", "resourceType": "t", "params": {"by": [by]}});
            condition(id, &leaf)
        };

        let both = ["a resource that does not meet `YES(by = b)` of condition 1"];
        assert_eq!(told(&[met(1, "b")]), both);
        assert_eq!(told(&[met(1, "b"), met(2, "b")]), both);
        assert_eq!(told(&[met(1, "b"), met(2, "c")]), [""; 0]);
    }
}
