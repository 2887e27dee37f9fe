//! Rows that never matter, whoever asks.

use super::{Input, Remark, facts::Facts, role::place_of_policy};
use crate::{Effect, Grant, Lint, Permission};

pub(super) fn remark(input: &Input<'_>, facts: &Facts<'_>, remarks: &mut Vec<Remark>) {
    for placed in &facts.grants {
        let Some(line) = placed.line else { continue };
        let at = |field| place_of_policy(input, line, field);
        let grant = &placed.grant;
        if let Some(message) = without_permission(grant, facts) {
            remarks.push(Remark::new(Lint::PolicyNoPermission, at(3), message));
        } else if let Some(message) = shadowed(grant, facts) {
            let remark = Remark::new(Lint::PolicyShadowed, at(2), message);
            remarks.push(remark.help("take the row out, or name the permission in it"));
        } else if let Some(message) = overruled(grant, facts) {
            let remark = Remark::new(Lint::PolicyOverruled, at(4), message);
            remarks.push(remark.help("a deny beats every allow: take one of the two rows out"));
        }
    }
}

/// Says which actions there are, where a policy has another.
fn without_permission(grant: &Grant, facts: &Facts<'_>) -> Option<String> {
    let Grant {
        permission, action, ..
    } = grant;
    if let Some(known) = facts.named(permission) {
        let own = known.action();
        return (own != *action).then(|| {
            format!("`{permission}` has the action `{own}`, so `{action}` is never asked for")
        });
    }
    let is_idle = facts.is_resource_type(permission)
        && !grant.is_retired()
        && facts
            .of_type(permission)
            .all(|known| known.action() != *action);
    is_idle.then(|| {
        let mut actions: Vec<_> = facts.of_type(permission).map(Permission::action).collect();
        actions.sort_unstable();
        actions.dedup();
        let actions: Vec<_> = actions.iter().map(|action| format!("`{action}`")).collect();
        format!(
            "no permission of `{permission}` has the action `{action}`, but {}",
            actions.join(", ")
        )
    })
}

/// Says what names every permission that a row about a resource type is for.
///
/// A name in any role hides the rows of its type in all roles of the person who asks, so the
/// row is lost when all holders of its role hold such a name as well.
fn shadowed(grant: &Grant, facts: &Facts<'_>) -> Option<String> {
    let mut by = Vec::new();
    let known = facts.of_type(&grant.permission);
    for permission in known.filter(|known| known.action() == grant.action) {
        let named = || {
            let named = facts.about(permission.name(), grant.action);
            named.filter(|placed| facts.implies(&grant.subject, &placed.grant.subject))
        };
        // The own role comes first: it is the plainest reason.
        let own = named().find(|placed| placed.grant.subject == grant.subject);
        by.push((permission, own.or_else(|| named().next())?));
    }
    let (first, placed) = by.first()?;
    let held = match &placed.grant.subject {
        own if *own == grant.subject => String::new(),
        other => format!(" for `{other}`, which everybody here holds as well"),
    };
    let rest = match by.len() {
        1 => String::new(),
        count => format!(", and so are the {} others of its type", count - 1),
    };
    Some(format!(
        "this row never counts: `{}` is named in {}{held}{rest}",
        first.name(),
        placed.place(),
    ))
}

/// Says which deny of another role beats an allow for everybody who holds it.
fn overruled(grant: &Grant, facts: &Facts<'_>) -> Option<String> {
    if grant.effect == Effect::Deny {
        return None;
    }
    let mut denies = facts
        .about(&grant.permission, grant.action)
        .filter(|placed| placed.grant.effect == Effect::Deny);
    let deny = denies.find(|placed| {
        placed.grant.subject != grant.subject
            && facts.implies(&grant.subject, &placed.grant.subject)
    })?;
    Some(format!(
        "this allow never counts: {} denies the same to `{}`, which everybody here holds as well",
        deny.place(),
        deny.grant.subject,
    ))
}
