//! Conditions that hide plain rows, are hidden by them, or get in each other's way.

use std::fmt::Write as _;

use super::{
    Input, Place, Remark,
    facts::{Common, Facts, Placed},
};
use crate::{
    ConditionalPolicy, Effect, Lint, MappedPermission, Permission, Precedence, WrittenCondition,
    overlap::shared_entries,
};

pub(super) fn remark(input: &Input<'_>, facts: &Facts<'_>, remarks: &mut Vec<Remark>) {
    for (at, written) in facts.conditions.iter().enumerate() {
        remarks.extend(without_permission(written, facts));
        remarks.extend(shared(written, &facts.conditions[..at]));
        match input.settings.precedence {
            Precedence::Conditional => remarks.extend(hidden(written, facts)),
            Precedence::Basic => remarks.extend(never_asked(written, facts)),
        }
    }
}

/// The known permissions that a condition is for.
fn covered<'a>(policy: &ConditionalPolicy, facts: &Facts<'a>) -> Vec<&'a Permission> {
    let known = facts.of_type(&policy.resource_type);
    known.filter(|known| policy.covers(known)).collect()
}

/// Entries of a known resource type that no permission fits.
fn without_permission(written: &WrittenCondition, facts: &Facts<'_>) -> Vec<Remark> {
    let policy = &written.policy;
    let resource_type = &policy.resource_type;
    if !facts.is_resource_type(resource_type) {
        return Vec::new();
    }
    let fits = |entry: &&MappedPermission| {
        let mut known = facts.of_type(resource_type);
        known.any(|known| entry.covers(known.name(), known.action()))
    };
    let idle = policy.mapping.iter().filter(|entry| !fits(entry));
    idle.filter_map(|entry| {
        let action = entry.action();
        let message = match entry {
            MappedPermission::Action(_) => {
                format!("no permission of `{resource_type}` has the action `{action}`")
            }
            MappedPermission::Named { name, .. } => {
                let known = facts.named(name)?;
                match known.resource_type() {
                    None => format!("`{name}` is about no resource, so no condition is asked"),
                    Some(other) if other != resource_type => {
                        format!("`{name}` is about `{other}`, not `{resource_type}`")
                    }
                    Some(_) => {
                        let own = known.action();
                        format!("`{name}` has the action `{own}`, not `{action}`")
                    }
                }
            }
        };
        let place = Place::of_condition(written);
        Some(Remark::new(Lint::ConditionNoPermission, place, message))
    })
    .collect()
}

/// What a condition shares with those of its role before it.
fn shared<'a>(
    written: &'a WrittenCondition,
    earlier: &'a [&WrittenCondition],
) -> impl Iterator<Item = Remark> + use<'a> {
    let own = &written.policy;
    earlier.iter().filter_map(move |other| {
        let policy = &other.policy;
        let entries = shared_entries(&own.mapping, &policy.mapping);
        if own.role != policy.role
            || own.resource_type != policy.resource_type
            || entries.is_empty()
        {
            return None;
        }
        let (lint, outcome) = if own.plugin_id == policy.plugin_id {
            (Lint::ConditionOverlap, "the whole file is refused")
        } else {
            (
                Lint::ConditionCollision,
                "every decision about it is a denial",
            )
        };
        let message = format!(
            "`{}` has a condition in document {} for the same permission, so {outcome}: {}",
            own.role,
            other.document,
            entries.join("; "),
        );
        let remark = Remark::new(lint, Place::of_condition(written), message);
        Some(remark.help("join the two with `anyOf` or `allOf` in one document"))
    })
}

/// The plain rows that a condition hides from people who hold both roles.
fn hidden(written: &WrittenCondition, facts: &Facts<'_>) -> Vec<Remark> {
    let policy = &written.policy;
    let covered = covered(policy, facts);
    let mut remarks = Vec::new();
    for placed in &facts.grants {
        let hidden: Vec<_> = covered
            .iter()
            .filter(|permission| is_about(placed, permission))
            .map(|permission| permission.name())
            .collect();
        if hidden.is_empty() {
            continue;
        }
        let Some(common) = facts.in_common(&policy.role, &placed.grant.subject) else {
            continue;
        };
        let lint = match placed.grant.effect {
            Effect::Allow => Lint::ConditionHidesAllow,
            Effect::Deny => Lint::ConditionHidesDeny,
        };
        let message = message(policy, placed, &hidden, &common);
        let remark = Remark::new(lint, Place::of_condition(written), message);
        remarks.push(remark.help(
            "with `policyDecisionPrecedence: basic` under `permission.rbac` plain rows come first",
        ));
    }
    remarks
}

fn message(
    policy: &ConditionalPolicy,
    placed: &Placed,
    permissions: &[&str],
    common: &Common<'_>,
) -> String {
    let Placed { grant, .. } = placed;
    let mut text = format!(
        "for `{}` this condition of `{}` hides the plain {} of ",
        permissions.join("`, `"),
        policy.role,
        grant.effect,
    );
    let place = match placed.line {
        Some(line) => format!("in line {line} of the policy file"),
        None => "in the configuration".to_owned(),
    };
    // Writing to a string cannot fail.
    let _infallible = match common {
        Common::Same => write!(text, "the same role {place}"),
        Common::Everybody => write!(text, "`{}` {place}", grant.subject),
        Common::Member(member) => write!(
            text,
            "`{}` {place}; `{member}` holds both roles",
            grant.subject
        ),
    };
    text
}

/// The permissions of a condition that plain rows decide for everybody who holds its role.
fn never_asked(written: &WrittenCondition, facts: &Facts<'_>) -> Option<Remark> {
    let policy = &written.policy;
    let decided: Vec<_> = covered(policy, facts)
        .into_iter()
        .filter_map(|permission| {
            let mut plain = facts.deciding(permission);
            let by = plain.find(|placed| facts.implies(&policy.role, &placed.grant.subject))?;
            Some((permission.name(), by))
        })
        .collect();
    let (_, by) = decided.first()?;
    let names: Vec<_> = decided.iter().map(|(name, _)| *name).collect();
    let place = match by.line {
        Some(line) => format!("line {line} of the policy file"),
        None => "the configuration".to_owned(),
    };
    let message = format!(
        "for `{}` this condition of `{}` is never asked: the plain {} of `{}` in {place} comes first",
        names.join("`, `"),
        policy.role,
        by.grant.effect,
        by.grant.subject,
    );
    let remark = Remark::new(
        Lint::ConditionNeverAsked,
        Place::of_condition(written),
        message,
    );
    Some(remark.help("take the plain row or the condition out"))
}

/// Whether a plain row is about a permission, by its name or its type.
fn is_about(placed: &Placed, permission: &Permission) -> bool {
    let object = placed.grant.permission.as_str();
    placed.grant.action == permission.action()
        && (object == permission.name() || Some(object) == permission.resource_type())
}
