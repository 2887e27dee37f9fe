//! What becomes of a decision when a resource is named, as the authorizing endpoint has it.

use super::question::{Question, Resource};
use crate::app::App;
use crate::permission::{InForce, evaluate, rule::Rules};
use callboard_policy::{Answer, AskedCondition, Conditional, Criteria, Decision, Evidence, Tested};

/// Applies conditions to the resource of one question.
pub(super) struct Judge<'a> {
    pub(super) app: &'a App,
    pub(super) in_force: &'a InForce,
    pub(super) question: &'a Question,
}

impl Judge<'_> {
    /// The answer that a decision comes to.
    pub(super) fn answer(&self, decision: &Decision) -> Answer {
        let Decision::Conditional(conditional) = decision else {
            return decision.into();
        };
        if self.in_force.fault(conditional).is_some() {
            return Answer::Deny;
        }
        match &self.question.resource {
            Resource::Unnamed => Answer::Conditional,
            Resource::Hidden => Answer::Deny,
            Resource::Named(resource_ref) => {
                let person = &self.question.person;
                let criteria = conditional.criteria_for(&person.entity_ref, &person.ownership);
                // What cannot be evaluated is denied.
                match evaluate(self.app, conditional, &criteria, resource_ref) {
                    Ok(true) => Answer::Allow,
                    Ok(false) | Err(_) => Answer::Deny,
                }
            }
        }
    }

    /// The tree of a condition that was asked, with what the resource says to each leaf; absent
    /// when the stored criteria cannot be read.
    pub(super) fn tree(
        &self,
        decision: &Decision,
        asked: &AskedCondition,
    ) -> Option<Criteria<Tested>> {
        let person = &self.question.person;
        let criteria = asked.criteria.as_ref()?;
        let tree = criteria.for_user(&person.entity_ref, &person.ownership);
        Some(match decision {
            Decision::Conditional(conditional) => self.examine(conditional, tree),
            Decision::Allow(_) | Decision::Deny(_) => tree,
        })
    }

    fn examine(&self, conditional: &Conditional, tree: Criteria<Tested>) -> Criteria<Tested> {
        let mut evidence = self.evidence(conditional, &tree).into_iter();
        tree.map(&mut |leaf: Tested| Tested {
            evidence: evidence.next().unwrap_or(Evidence::NotAsked),
            ..leaf
        })
    }

    /// What the resource says to each leaf, left to right; nothing when it cannot be asked.
    fn evidence(&self, conditional: &Conditional, tree: &Criteria<Tested>) -> Vec<Evidence> {
        let missing = || tree.leaves().map(|_| Evidence::Missing).collect();
        let resource_ref = match &self.question.resource {
            Resource::Unnamed => return Vec::new(),
            Resource::Hidden => return missing(),
            Resource::Named(resource_ref) => resource_ref,
        };
        let rules = Rules::of(self.app, &conditional.plugin_id, &conditional.resource_type);
        let Some(resources) = rules.evaluator() else {
            return Vec::new();
        };
        let leaves: Vec<_> = tree.leaves().map(|leaf| &leaf.condition).collect();
        match resources.examine(self.app, resource_ref, &leaves) {
            Ok(Some(examined)) => {
                let found = examined.into_iter().map(|one| Evidence::Found {
                    holds: one.holds,
                    found: one.found,
                });
                found.collect()
            }
            Ok(None) => missing(),
            Err(_) => Vec::new(),
        }
    }
}
