//! The account of one decision: everything that was considered, and what became of it.

mod considered;
mod way;

pub(crate) use considered::objects;
pub use considered::{Considered, Outcome, Rule};
pub(crate) use way::climb;
pub use way::{GroupPath, HeldRole, Holder, How, roles_held};

use std::sync::Arc;

use smol_str::SmolStr;

use self::way::Ways;
use crate::{
    Condition, Criteria, Permission,
    decision::{ConditionFault, Decision, Principal},
    grants::CompiledCondition,
    model::PolicyModel,
    record::{Record, Step},
    snapshot::PolicySnapshot,
};

/// A decision with everything that led to it.
#[derive(Clone, Debug)]
pub struct Account {
    /// The decision: the very one that [`PolicySnapshot::decide`] gives.
    pub decision: Decision,
    /// The groups that the user is in, directly or above, nearest first. None in a cycle.
    pub groups: Vec<GroupPath>,
    /// The roles that the user holds, by name; one that is given in several ways is there
    /// once for each, the shortest first.
    pub roles: Vec<HeldRole>,
    /// The groups along the cycle that takes the user's roles away, if one does.
    pub cycle: Option<Vec<SmolStr>>,
    /// Every row and condition about the permission's name or resource type, also those
    /// for other actions and of roles that the user does not hold. First what decided, then
    /// what was overruled, then what did not apply; within each by role.
    pub considered: Vec<Considered>,
    /// The place among [`considered`](Self::considered) of the first that decided; absent
    /// when the decision came from elsewhere, such as the list of super users.
    pub decided_by: Option<usize>,
    /// The conditions that were asked, by role.
    pub conditions: Vec<AskedCondition>,
}

/// A condition that was asked.
#[derive(Clone, Debug)]
pub struct AskedCondition {
    /// Its id.
    pub id: i64,
    /// The role that has it.
    pub role: SmolStr,
    /// The criteria as stored, aliases and all; absent when they cannot be read.
    pub criteria: Option<Criteria<Condition>>,
}

impl PolicySnapshot {
    /// Decides as [`decide`](Self::decide), and gives an account of it.
    ///
    /// `model` is what the snapshot was compiled from: paths through groups are found in it.
    /// This takes time in proportion to the policy and is meant for people who ask why.
    pub fn account(
        &self,
        model: &PolicyModel,
        principal: Principal<'_>,
        permission: &Permission,
    ) -> Account {
        let mut record = Record::default();
        let decision = self.decide_recorded(principal, permission, &mut record);
        let ways = match principal {
            Principal::User {
                entity_ref,
                ownership,
            } => Ways::of(model, entity_ref, ownership),
            Principal::None | Principal::Service(_) => Ways::default(),
        };
        let asked = self.asked(&ways, permission, record.0);
        let conditions = asked.iter().map(|condition| AskedCondition {
            id: condition.id,
            role: condition.role.clone(),
            criteria: condition.criteria.clone(),
        });
        let conditions = conditions.collect();
        let considered = considered::all(self, &ways, permission, &decision, record.0);
        let found = self.explain(decision.reason());
        Account {
            decided_by: considered.iter().position(|one| one.is_found(&found)),
            considered,
            conditions,
            decision,
            groups: ways.groups,
            roles: ways.roles,
            cycle: ways.cycle,
        }
    }

    /// The conditions that took part in a decision.
    fn asked(
        &self,
        ways: &Ways,
        permission: &Permission,
        step: Option<Step>,
    ) -> Vec<Arc<CompiledCondition>> {
        let all = self.grants.conditions().iter();
        let took_part = |condition: &&Arc<CompiledCondition>| {
            let mapping = &condition.mapping;
            ways.holds(&condition.role)
                && mapping
                    .iter()
                    .any(|entry| considered::asks(step, condition, entry, permission))
        };
        all.filter(took_part).cloned().collect()
    }
}

impl Account {
    /// Turns a conditional decision into the denial that a faulty condition makes of it.
    ///
    /// `id` is the condition whose rule is unknown, or refuses its parameters. Does nothing to
    /// a decision that is not conditional.
    pub fn deny_for(&mut self, id: i64, fault: ConditionFault) {
        let Decision::Conditional(conditional) = &self.decision else {
            return;
        };
        self.decision = conditional.deny(fault);
        for one in &mut self.considered {
            if one.outcome == Outcome::Decided && one.condition_id() != Some(id) {
                one.outcome = Outcome::OverruledByDeny;
            }
        }
        self.considered.sort_by_key(|one| one.outcome);
        self.decide_by(id);
    }

    /// Turns the decision into the denial of what the user's token is not for.
    ///
    /// What decided before is overruled, and no condition was asked.
    pub fn deny_out_of_scope(&mut self) {
        self.decision = Decision::out_of_scope();
        self.conditions.clear();
        for one in &mut self.considered {
            if one.outcome == Outcome::Decided {
                one.outcome = Outcome::OverruledByDeny;
            }
        }
        self.considered.sort_by_key(|one| one.outcome);
        self.decided_by = None;
    }

    /// Names the condition that decided, of several that took part.
    ///
    /// Which one of them lets a resource through is found by whoever has the resource.
    pub fn decide_by(&mut self, id: i64) {
        let mut considered = self.considered.iter();
        self.decided_by = considered
            .position(|one| one.outcome == Outcome::Decided && one.condition_id() == Some(id));
    }

    /// The roles whose rows and conditions were weighed, by name and without repeats.
    pub fn roles_that_took_part(&self) -> Vec<&str> {
        let weighed = self.considered.iter().filter(|one| one.took_part());
        let mut roles: Vec<_> = weighed
            .map(|one| one.subject.as_str())
            .filter(|subject| self.roles.iter().any(|held| held.role == *subject))
            .collect();
        roles.sort_unstable();
        roles.dedup();
        roles
    }
}
