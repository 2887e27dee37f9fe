//! Changes in words.

use std::fmt;

use serde_json::Value;

use super::{Flip, Narrowed};
use crate::model::{Grant, MappedPermission, Membership, Origin, Sourced};

impl fmt::Display for Flip {
    /// Writes the change as a sentence without a full stop.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RemoveGrants(gone) => write!(f, "remove {}", list(gone, sourced_row)),
            Self::ChangeEffect(changed) => {
                let effect = changed.row.effect.opposite();
                write!(f, "turn {} into `{effect}`", sourced_row(changed))
            }
            Self::AddGrant(grant) => write!(f, "add `{}`", row(grant)),
            Self::AddMembership(Membership { member, role }) => {
                write!(f, "add `g, {member}, {role}`")
            }
            Self::RemoveMemberships(gone) => write!(f, "remove {}", list(gone, sourced_member)),
            Self::NarrowConditions(narrowed) => f.write_str(&list(narrowed, narrowing)),
            Self::SetPrecedence(precedence) => {
                let word = precedence.as_str();
                write!(
                    f,
                    "set `permission.rbac.policyDecisionPrecedence` to `{word}`"
                )
            }
            Self::RemoveSuperUsers(gone) => {
                let gone = list(gone, |user| format!("`{user}`"));
                write!(f, "take {gone} off `permission.rbac.admin.superUsers`")
            }
            Self::RemoveParent { group, parent } => {
                write!(
                    f,
                    "take `{group}` out from under `{parent}`, which ends the cycle"
                )
            }
            Self::ChangeResource {
                id,
                rule,
                params,
                holds,
                ..
            } => {
                let verb = if *holds { "meets" } else { "does not meet" };
                let params = params_text(params);
                write!(
                    f,
                    "a resource that {verb} `{rule}{params}` of condition {id}"
                )
            }
        }
    }
}

fn narrowing(narrowed: &Narrowed) -> String {
    let Narrowed {
        id, role, origin, ..
    } = narrowed;
    let place = place(origin);
    match &narrowed.entries {
        None => format!("remove condition {id} of `{role}`{place}"),
        Some(entries) => {
            let entries = list(entries, |entry| match entry {
                MappedPermission::Action(action) => format!("`{action}`"),
                MappedPermission::Named { name, .. } => format!("`{name}`"),
            });
            format!("take {entries} out of condition {id} of `{role}`{place}")
        }
    }
}

fn sourced_row(grant: &Sourced<Grant>) -> String {
    format!("`{}`{}", row(&grant.row), place(&grant.origin))
}

fn sourced_member(membership: &Sourced<Membership>) -> String {
    let Membership { member, role } = &membership.row;
    format!("`g, {member}, {role}`{}", place(&membership.origin))
}

/// A row as a policy file has it.
fn row(grant: &Grant) -> String {
    let Grant {
        subject,
        permission,
        action,
        effect,
    } = grant;
    format!("p, {subject}, {permission}, {action}, {effect}")
}

fn place(origin: &Origin) -> String {
    format!(" ({origin})")
}

/// Parameters as they are told to people: `claims = group:default/a`.
fn params_text(params: &Value) -> String {
    let Value::Object(params) = params else {
        return String::new();
    };
    let value = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let items: Vec<_> = items
                .iter()
                .map(|item| {
                    item.as_str()
                        .map_or_else(|| item.to_string(), str::to_owned)
                })
                .collect();
            items.join(" | ")
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => value.to_string(),
    };
    let params: Vec<_> = params
        .iter()
        .map(|(name, given)| format!("{name} = {}", value(given)))
        .collect();
    format!("({})", params.join(", "))
}

fn list<T>(items: &[T], text: impl Fn(&T) -> String) -> String {
    items.iter().map(text).collect::<Vec<_>>().join(" and ")
}
