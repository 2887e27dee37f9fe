//! `p` and `g` rows, read.

use super::super::foreign::ForeignRule;
use super::super::report::{Fate, Kind, Outcome};
use super::Plan;
use super::role::ReadRoles;
use crate::rbac::state::State;
use callboard_policy::reference::{self, Usage};
use callboard_policy::{Effect, Grant, Membership, Row, Source};

/// A row that can be stored.
pub(super) struct ReadRule {
    /// The row as it will be stored.
    pub(super) row: Row,
    /// The row as it stands there.
    pub(super) written: String,
    /// Where it stands there.
    pub(super) place: String,
    /// What was changed about it.
    pub(super) change: Option<String>,
}

impl ReadRule {
    pub(super) fn kind(&self) -> Kind {
        match self.row {
            Row::Membership(_) => Kind::Membership,
            Row::Grant(_) => Kind::Policy,
        }
    }

    /// Whether `state` has the row.
    pub(super) fn is_in(&self, state: &State) -> bool {
        match &self.row {
            Row::Membership(membership) => state.memberships.contains_key(membership),
            Row::Grant(grant) => state.policies.contains_key(grant),
        }
    }
}

impl Plan<'_> {
    /// Reads the rows that can be read; the others are noted and left out, each by itself.
    pub(super) fn read_rules(
        &mut self,
        rules: Vec<ForeignRule>,
        roles: &ReadRoles,
    ) -> Vec<ReadRule> {
        let mut read = Vec::new();
        for rule in rules {
            let written = written(&rule);
            let (kind, result) = match rule.kind.as_deref() {
                Some("p") => (Kind::Policy, policy(&rule, roles)),
                Some("g") => (Kind::Membership, membership(&rule)),
                other => {
                    let reason = format!(
                        "rows of the type `{}` are not known",
                        other.unwrap_or_default()
                    );
                    (Kind::Policy, Err(reason))
                }
            };
            match result {
                Ok((row, change)) => read.push(ReadRule {
                    row,
                    written,
                    place: rule.place,
                    change,
                }),
                Err(mut reason) => {
                    if kind == Kind::Policy && rule.values.iter().any(is_deny) {
                        reason += "; it denied, and what it denied may be allowed now";
                    }
                    self.report.count(kind, Fate::Left);
                    self.report
                        .note((Outcome::Skipped, kind), written, Some(&rule.place), reason);
                }
            }
        }
        read
    }
}

type Read = Result<(Row, Option<String>), String>;

fn policy(rule: &ForeignRule, roles: &ReadRoles) -> Read {
    check_values(rule, 4)?;
    let subject = folded(rule.value(0));
    let mut grant = Grant::parse(&subject, rule.value(1), rule.value(2), rule.value(3))
        .map_err(|error| error.to_string())?;
    let mut changes = Vec::new();
    changes.extend(fold_note(rule.value(0), &subject));
    let is_of_file = roles
        .get(&grant.subject)
        .is_some_and(|role| role.metadata.source == Source::CsvFile);
    // The file would bring the retired form back, so its rows stay as they are written there.
    if grant.is_retired() && !is_of_file {
        grant.permission = "policy.entity.create".into();
        changes.push("its permission is `policy.entity.create` now".to_owned());
    }
    Ok((Row::Grant(grant), joined(&changes)))
}

fn membership(rule: &ForeignRule) -> Read {
    check_values(rule, 2)?;
    let member = folded(rule.value(0));
    reference::check(&member, Usage::Owner).map_err(|error| error.to_string())?;
    reference::check(rule.value(1), Usage::Role).map_err(|error| error.to_string())?;
    let change = fold_note(rule.value(0), &member);
    let membership = Membership::new(member, rule.value(1));
    Ok((Row::Membership(membership), change))
}

/// Checks that the row has `count` values and nothing else.
fn check_values(rule: &ForeignRule, count: usize) -> Result<(), String> {
    if (0..rule.values.len()).any(|at| rule.value(at).contains('"')) {
        return Err("it has a stray double quote".to_owned());
    }
    let missing = (0..count).find(|at| rule.value(*at).is_empty());
    if let Some(at) = missing {
        return Err(format!("value {} of {count} is missing", at + 1));
    }
    if (count..rule.values.len()).any(|at| !rule.value(at).is_empty()) {
        return Err(format!("it has more than {count} values"));
    }
    Ok(())
}

/// Users and groups in lower case, anything else as it is.
fn folded(subject: &str) -> String {
    let lower = subject.to_lowercase();
    if lower.starts_with("user:") || lower.starts_with("group:") {
        lower
    } else {
        subject.to_owned()
    }
}

fn fold_note(written: &str, folded: &str) -> Option<String> {
    (written != folded).then(|| format!("stored in lower case, as `{folded}`"))
}

fn joined(changes: &[String]) -> Option<String> {
    (!changes.is_empty()).then(|| changes.join("; "))
}

fn is_deny(value: &Option<String>) -> bool {
    value.as_deref() == Some(Effect::Deny.as_str())
}

/// The values up to the last that is there.
fn written(rule: &ForeignRule) -> String {
    let values = rule
        .values
        .iter()
        .map(|value| value.as_deref().unwrap_or_default());
    let row = values.collect::<Vec<_>>().join(",");
    row.trim_end_matches(',').to_owned()
}
