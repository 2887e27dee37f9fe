//! From what is here and what is there to what will be here.
//!
//! Nothing that is here is taken away, and nothing that somebody changed here is overwritten: a
//! second import of the same installation changes nothing.

mod condition;
mod role;
mod rule;
#[cfg(test)]
mod tests;

use super::super::config::RbacConfig;
use super::super::state::State;
use super::foreign::Foreign;
use super::report::{Fate, Kind, Outcome, Report};
use callboard_policy::{Row, Source};
use indexmap::IndexMap;
use role::Standing;
use rule::ReadRule;
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// How long a plugin's id may be, in characters.
const LONGEST_PLUGIN_ID: usize = 64;

/// Works out the state after an import, and what there is to say about it.
///
/// What the configuration declares is left to it, and so are the roles that came from the
/// configuration of the other installation.
pub(crate) fn plan(existing: &State, foreign: Foreign, config: &RbacConfig) -> (State, Report) {
    let mut plan = Plan {
        existing,
        config,
        state: existing.clone(),
        report: Report::default(),
        standings: IndexMap::new(),
        left: BTreeMap::new(),
    };
    let roles = plan.read_roles(foreign.roles);
    let rules = plan.read_rules(foreign.rules, &roles);
    plan.bring_roles(roles, &rules);
    plan.bring_rules(&rules);
    plan.bring_conditions(foreign.conditions);
    plan.bring_plugin_ids(foreign.plugin_ids);
    plan.note_roles(&rules);
    (plan.state, plan.report)
}

/// An import on its way.
struct Plan<'a> {
    existing: &'a State,
    config: &'a RbacConfig,
    state: State,
    report: Report,
    /// What may be brought over for each role of the other installation.
    standings: IndexMap<SmolStr, Standing>,
    /// What was left out with its role.
    left: BTreeMap<SmolStr, BTreeMap<Kind, usize>>,
}

impl Plan<'_> {
    /// Counts something that is left out because its role is.
    fn leave_with(&mut self, role: &SmolStr, kind: Kind) {
        self.report.count(kind, Fate::Left);
        let left = self.left.entry(role.clone()).or_default();
        *left.entry(kind).or_default() += 1;
    }

    /// Counts and notes something that cannot be used.
    fn skip(&mut self, kind: Kind, subject: &str, place: Option<&str>, reason: impl Into<String>) {
        self.report.count(kind, Fate::Left);
        self.report
            .note((Outcome::Skipped, kind), subject, place, reason);
    }

    fn bring_rules(&mut self, rules: &[ReadRule]) {
        for rule in rules {
            let kind = rule.kind();
            if rule.is_in(self.existing) {
                self.report.count(kind, Fate::Unchanged);
                continue;
            }
            let source = match self.standings.get(rule.row.role()) {
                Some(Standing::Ours { source, .. }) => source.clone(),
                Some(Standing::Configuration(_) | Standing::Kept { .. }) => {
                    self.leave_with(rule.row.role(), kind);
                    continue;
                }
                // A user or group: such policies belong to no role, and to nobody.
                None => Source::Legacy,
            };
            if rule.is_in(&self.state) {
                self.report.count(kind, Fate::Duplicate);
                continue;
            }
            self.report.count(kind, Fate::Added);
            if let Some(change) = &rule.change {
                let (subject, place) = (rule.written.as_str(), Some(rule.place.as_str()));
                self.report
                    .note((Outcome::Changed, kind), subject, place, change);
            }
            match rule.row.clone() {
                Row::Membership(membership) => {
                    self.state.add_membership(membership, source.into());
                }
                Row::Grant(grant) => self.state.add_policy(grant, source.into()),
            }
        }
    }

    fn bring_plugin_ids(&mut self, ids: Vec<Option<String>>) {
        for id in ids {
            let id = id.unwrap_or_default();
            if id.is_empty() || id.chars().count() > LONGEST_PLUGIN_ID {
                let reason = format!("an id has between 1 and {LONGEST_PLUGIN_ID} characters");
                self.skip(Kind::PluginId, &id, None, reason);
            } else if self.existing.plugin_ids.contains(&id) || self.config.plugin_ids.contains(&id)
            {
                self.report.count(Kind::PluginId, Fate::Unchanged);
            } else if self.state.plugin_ids.insert(id) {
                self.report.count(Kind::PluginId, Fate::Added);
            } else {
                self.report.count(Kind::PluginId, Fate::Duplicate);
            }
        }
    }
}

/// `1 policy`, `3 policies`.
fn counted(kind: Kind, count: usize) -> String {
    let noun = if count == 1 {
        kind.singular()
    } else {
        kind.plural()
    };
    format!("{count} {noun}")
}

/// `1 membership and 3 policies`; empty for nothing.
fn listed(counts: &BTreeMap<Kind, usize>) -> String {
    let parts: Vec<_> = counts
        .iter()
        .map(|(kind, count)| counted(*kind, *count))
        .collect();
    match parts.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
    }
}
