//! Adding, replacing and removing permission policies.

use super::super::state::State;
use super::{Writer, check_source, role_of};
use crate::error::Error;
use callboard_policy::{Grant, InvalidGrantError, Source};
use indexmap::IndexSet;
use std::cmp::Ordering;

/// A policy as somebody wrote it: one that cannot be read is refused when its turn comes.
pub(crate) type Written = Result<Grant, InvalidGrantError>;

/// Adds policies to roles, and gives them: all or none.
///
/// # Errors
///
/// The first refusal, in the order of the original's checks.
pub(crate) fn add_policies(
    state: &mut State,
    writer: &Writer,
    policies: Vec<Written>,
) -> Result<Vec<Grant>, Error> {
    let added = Part::Added.check(state, writer, policies)?;
    add(state, &added);
    Ok(added)
}

/// Puts policies in the place of others, and gives the new ones: all or none.
///
/// `None` when the new ones are the old ones, and nothing changes.
///
/// # Errors
///
/// The first refusal, in the order of the original's checks. A row that is old and new while
/// others change is refused too: it is stored already.
pub(crate) fn update_policies(
    state: &mut State,
    writer: &Writer,
    old: Vec<Written>,
    new: Vec<Written>,
) -> Result<Option<Vec<Grant>>, Error> {
    let removed = Part::Old.check(state, writer, old)?;
    if is_same(&removed, &new) {
        return Ok(None);
    }
    if removed.len() > new.len() {
        return Err(Error::Input(
            "'oldPolicy' object has more permission policies compared to 'newPolicy' object"
                .to_owned(),
        ));
    }
    let added = Part::New.check(state, writer, new)?;
    remove(state, &removed);
    add(state, &added);
    Ok(Some(added))
}

/// Removes policies, and gives them: all or none.
///
/// # Errors
///
/// The first refusal, in the order of the original's checks.
pub(crate) fn delete_policies(
    state: &mut State,
    writer: &Writer,
    policies: Vec<Written>,
) -> Result<Vec<Grant>, Error> {
    let removed = Part::Deleted.check(state, writer, policies)?;
    remove(state, &removed);
    Ok(removed)
}

/// Removes every policy of a subject, and gives them.
///
/// # Errors
///
/// As [`delete_policies`]; 404 when there is nothing to remove.
pub(crate) fn delete_policies_of(
    state: &mut State,
    writer: &Writer,
    subject: &str,
) -> Result<Vec<Grant>, Error> {
    let stored = state.policies.keys();
    let policies: Vec<Written> = stored
        .filter(|policy| policy.subject == subject)
        .cloned()
        .map(Ok)
        .collect();
    if policies.is_empty() {
        role_of(state, subject, |role| writer.roles.includes(role))?;
        return Err(Error::NotFound(String::new()));
    }
    delete_policies(state, writer, policies)
}

fn add(state: &mut State, policies: &[Grant]) {
    for policy in policies {
        state.add_policy(policy.clone(), Source::Rest.into());
    }
}

fn remove(state: &mut State, policies: &[Grant]) {
    let removed: IndexSet<&Grant> = policies.iter().collect();
    state.policies.retain(|policy, _| !removed.contains(policy));
}

/// Whether two lists have the same policies, each with as many of one permission and action.
///
/// As in the original, the order of an `allow` and a `deny` for the same thing counts.
fn is_same(old: &[Grant], new: &[Written]) -> bool {
    let Ok(mut new) = new
        .iter()
        .map(Result::as_ref)
        .collect::<Result<Vec<_>, _>>()
    else {
        return false;
    };
    let mut old: Vec<_> = old.iter().collect();
    old.sort_by(by_permission);
    new.sort_by(by_permission);
    old == new
}

/// By permission, whatever its case, then by action.
fn by_permission(one: &&Grant, other: &&Grant) -> Ordering {
    let key = |policy: &Grant| (policy.permission.to_uppercase(), policy.action);
    key(one).cmp(&key(other))
}

/// The part that policies have in a request, which decides what is asked of them and how messages
/// call them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Added,
    Deleted,
    Old,
    New,
}

impl Part {
    /// Checks policies one after the other, and gives them when nothing is wrong with any.
    fn check(
        self,
        state: &State,
        writer: &Writer,
        policies: Vec<Written>,
    ) -> Result<Vec<Grant>, Error> {
        let mut checked = IndexSet::with_capacity(policies.len());
        for policy in policies {
            let policy = policy.map_err(|cause| {
                let name = self.name();
                Error::Input(format!("Invalid {name} definition. Cause: {cause}"))
            })?;
            self.check_one(state, writer, &policy)?;
            if checked.contains(&policy) {
                let list = listed(&policy);
                return Err(Error::Conflict(format!(
                    "Duplicate polices found; {list} is a duplicate"
                )));
            }
            checked.insert(policy);
        }
        Ok(checked.into_iter().collect())
    }

    fn check_one(self, state: &State, writer: &Writer, policy: &Grant) -> Result<(), Error> {
        let metadata = role_of(state, &policy.subject, |role| match self {
            Part::Added => writer.may_add_to(role),
            Part::Deleted | Part::Old | Part::New => writer.roles.includes(role),
        })?;
        let verb = self.verb();
        let what = format_args!("Unable to {verb} policy {policy}");
        check_source(metadata, &policy.subject, what)?;
        let is_stored = state.policies.contains_key(policy);
        match self {
            Part::Deleted | Part::Old if !is_stored => Err(Error::NotFound(format!(
                "Policy '[{}]' not found",
                listed(policy)
            ))),
            Part::Added | Part::New if is_stored => Err(Error::Conflict(format!(
                "Policy '[{}]' has been already stored",
                listed(policy)
            ))),
            Part::Added | Part::Deleted | Part::Old | Part::New => Ok(()),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Part::Added | Part::Deleted => "policy",
            Part::Old => "old policy",
            Part::New => "new policy",
        }
    }

    fn verb(self) -> &'static str {
        match self {
            Part::Added | Part::New => "add",
            Part::Deleted => "delete",
            Part::Old => "edit",
        }
    }
}

/// A policy's fields as messages list them.
fn listed(policy: &Grant) -> String {
    let Grant {
        subject,
        permission,
        action,
        effect,
    } = policy;
    format!("{subject}, {permission}, {action}, {effect}")
}

#[cfg(test)]
mod tests;
