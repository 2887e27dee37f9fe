//! Conditional policies, with the ids that clients know them by.

use super::super::foreign::ForeignCondition;
use super::super::report::{Fate, Kind, Outcome};
use super::Plan;
use super::role::Standing;
use crate::rbac::state::ConditionRecord;
use callboard_policy::{ConditionalPolicy, Source, StoredCondition, Write, check_overlap};
use std::collections::BTreeSet;

/// The largest id that the other installation can give out.
const LARGEST_ID: i64 = i32::MAX as i64;

/// What a left-out condition means for its role.
const CONSEQUENCE: &str =
    "until it is written again, the other policies of the role decide without it";

/// A condition that can be stored.
struct ReadCondition {
    place: String,
    /// Its id, unless it is none that can be kept.
    id: Option<i64>,
    policy: ConditionalPolicy,
    source: Source,
}

impl ReadCondition {
    fn subject(&self) -> String {
        let ConditionalPolicy {
            role,
            resource_type,
            ..
        } = &self.policy;
        format!("{role} on {resource_type}")
    }
}

impl Plan<'_> {
    /// Brings conditions over under their ids, or under new ones where others have these.
    ///
    /// Conditions of the other installation that overlap each other are all brought over: there
    /// they deny what they share, and with one of them alone it would be allowed.
    pub(super) fn bring_conditions(&mut self, conditions: Vec<ForeignCondition>) {
        let ids = conditions.iter().filter_map(|condition| condition.id);
        let last = ids.filter(|id| *id <= LARGEST_ID).max().unwrap_or_default();

        let mut known = BTreeSet::new();
        let mut new = Vec::new();
        for condition in conditions {
            let Some(read) = self.read_condition(condition, &mut known) else {
                continue;
            };
            new.push(read);
        }
        let placed = self.place(new, &known, last);
        self.note_overlaps(&placed);
    }

    /// Reads a condition that is not here yet; all that is wrong with it is noted.
    ///
    /// Those that are here are put into `known`.
    fn read_condition(
        &mut self,
        condition: ForeignCondition,
        known: &mut BTreeSet<i64>,
    ) -> Option<ReadCondition> {
        let ForeignCondition { place, id, body } = condition;
        let limits = &self.config.limits.conditions;
        let policy = body.and_then(|body| {
            let policy = ConditionalPolicy::from_json(&body, limits)
                .and_then(|policy| policy.check_role().map(|()| policy));
            policy.map_err(|error| error.to_string())
        });
        let id = id.filter(|id| (1..=LARGEST_ID).contains(id));
        let subject = id.map_or_else(String::new, |id| id.to_string());
        let policy = match policy {
            Ok(policy) => policy,
            Err(reason) => {
                let reason = format!("{reason}; {CONSEQUENCE}");
                self.skip(Kind::Condition, &subject, Some(&place), reason);
                return None;
            }
        };
        if let Some(id) = self.here(id, &policy, known) {
            known.insert(id);
            self.report.count(Kind::Condition, Fate::Unchanged);
            return None;
        }
        let source = match self.standings.get(&policy.role) {
            Some(Standing::Ours { source, .. }) => source.clone(),
            // The role is here already, and its conditions are written over REST.
            Some(Standing::Configuration(_)) if self.is_configured(&policy.role) => Source::Rest,
            Some(Standing::Configuration(_) | Standing::Kept { .. }) => {
                self.leave_with(&policy.role, Kind::Condition);
                return None;
            }
            None => {
                let reason = format!(
                    "its role `{}` does not exist any more, and would get it back when somebody makes it again",
                    policy.role
                );
                self.skip(Kind::Condition, &subject, Some(&place), reason);
                return None;
            }
        };
        Some(ReadCondition {
            place,
            id,
            policy,
            source,
        })
    }

    /// The id under which the same condition is here: its own, or any other that is not `known`.
    fn here(
        &self,
        id: Option<i64>,
        policy: &ConditionalPolicy,
        known: &BTreeSet<i64>,
    ) -> Option<i64> {
        let is_it =
            |id: &i64, record: &ConditionRecord| record.policy == *policy && !known.contains(id);
        let own = id.filter(|id| {
            let record = self.existing.conditions.get(id);
            record.is_some_and(|record| is_it(id, record))
        });
        own.or_else(|| {
            let mut same = self.existing.conditions.iter();
            same.find(|(id, record)| is_it(id, record))
                .map(|(id, _)| *id)
        })
    }

    fn is_configured(&self, role: &str) -> bool {
        let here = self.existing.roles.get(role);
        here.is_some_and(|metadata| metadata.source == Source::Configuration)
    }

    /// Stores conditions that do not get in the way of those that only this hub has.
    fn place(
        &mut self,
        new: Vec<ReadCondition>,
        known: &BTreeSet<i64>,
        last: i64,
    ) -> Vec<(i64, ConditionalPolicy)> {
        let own = self.existing.conditions.iter();
        let own: Vec<_> = own
            .filter(|(id, _)| !known.contains(id))
            .map(|(id, record)| StoredCondition {
                id: *id,
                policy: record.policy.clone(),
            })
            .collect();
        let mut placed = Vec::new();
        let mut homeless = Vec::new();
        for condition in new {
            if let Err(error) = check_overlap(Write::Create, &condition.policy, &own) {
                self.report.count(Kind::Condition, Fate::Left);
                let reason = format!("this hub has another one. {error}");
                let outcome = (Outcome::Kept, Kind::Condition);
                let place = Some(condition.place.as_str());
                self.report
                    .note(outcome, condition.subject(), place, reason);
                continue;
            }
            match condition.id {
                Some(id) if !self.state.conditions.contains_key(&id) => {
                    placed.push((id, condition.policy.clone()));
                    self.store(id, condition);
                }
                Some(_) | None => homeless.push(condition),
            }
        }
        let sequence = &mut self.state.sequences.condition;
        let stored = self.state.conditions.keys().next_back();
        *sequence = (*sequence)
            .max(last)
            .max(stored.copied().unwrap_or_default());
        for condition in homeless {
            self.state.sequences.condition += 1;
            let id = self.state.sequences.condition;
            let reason = match condition.id {
                Some(taken) => format!("its id is {id}, as this hub has another condition {taken}"),
                None => format!("its id is {id}"),
            };
            let outcome = (Outcome::Changed, Kind::Condition);
            let place = Some(condition.place.as_str());
            self.report
                .note(outcome, condition.subject(), place, reason);
            placed.push((id, condition.policy.clone()));
            self.store(id, condition);
        }
        placed
    }

    fn store(&mut self, id: i64, condition: ReadCondition) {
        self.report.count(Kind::Condition, Fate::Added);
        let record = ConditionRecord {
            policy: condition.policy,
            origin: condition.source.into(),
        };
        self.state.conditions.insert(id, record);
    }

    fn note_overlaps(&mut self, placed: &[(i64, ConditionalPolicy)]) {
        for (id, policy) in placed {
            let others = self.state.conditions.iter();
            let others = others.map(|(id, record)| StoredCondition {
                id: *id,
                policy: record.policy.clone(),
            });
            let others: Vec<_> = others.collect();
            if let Err(error) = check_overlap(Write::Update(*id), policy, &others) {
                let reason = format!(
                    "it overlaps with another one of its role, so that both deny what they share, as they do there; \
                     delete one of them. {error}"
                );
                let outcome = (Outcome::Attention, Kind::Condition);
                self.report.note(outcome, id.to_string(), None, reason);
            }
        }
    }
}
