//! Roles that nobody holds, and roles that give nothing.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use super::{FileKind, Input, Place, Policies, Remark, facts::Facts};
use crate::{Lint, RowKind, WrittenRow, nearest_reference};

pub(super) fn remark(input: &Input<'_>, facts: &Facts<'_>, remarks: &mut Vec<Remark>) {
    let Some(policies) = &input.policies else {
        return;
    };
    remarks.extend(without_member(policies, facts));
    remarks.extend(direct_subjects(policies, facts));
    // Without its conditions a role may seem to give nothing.
    if input.conditions.is_some_and(|file| file.parsed.is_ok()) {
        remarks.extend(without_policy(policies, facts));
    }
    if let Some(conditions) = &input.conditions
        && let Ok(file) = conditions.parsed
    {
        let skipped = file.policies.iter();
        let skipped = skipped.filter(|written| !facts.made.contains_key(&written.policy.role));
        for written in skipped {
            let role = &written.policy.role;
            let message =
                format!("the condition is skipped: the policy file gives no member to `{role}`");
            let remark = Remark::new(Lint::ConditionNoRole, Place::of_condition(written), message);
            let remark = remark.help("give the role a member in the policy file");
            let near = nearest_reference(role, facts.made.keys().map(SmolStr::as_str));
            remarks.push(remark.meant(near.as_deref()));
        }
    }
}

/// The first row that counts of each role without a member, and how many there are.
fn without_member(policies: &Policies<'_>, facts: &Facts<'_>) -> Vec<Remark> {
    let mut rows: BTreeMap<&SmolStr, Vec<u32>> = BTreeMap::new();
    let written = facts.grants.iter();
    for (subject, line) in written.filter_map(|grant| Some((&grant.grant.subject, grant.line?))) {
        if subject.starts_with("role:") && !facts.members.contains_key(subject) {
            rows.entry(subject).or_default().push(line);
        }
    }
    let remark = |(role, lines): (&SmolStr, Vec<u32>)| {
        let row = row_at(policies, *lines.first()?)?;
        let rows = match lines.len() {
            1 => "this row gives".to_owned(),
            count => format!("its {count} rows give"),
        };
        let message = format!("`{role}` has no member, so {rows} nothing");
        let remark = Remark::new(
            Lint::RoleNoMember,
            Place::of_field(policies.text, row, 1),
            message,
        );
        let remark = remark.help(format!("add a member: `g, group:default/…, {role}`"));
        let near = nearest_reference(role, facts.made.keys().map(SmolStr::as_str));
        Some(remark.meant(near.as_deref()))
    };
    rows.into_iter().filter_map(remark).collect()
}

fn without_policy(policies: &Policies<'_>, facts: &Facts<'_>) -> Vec<Remark> {
    let gives = |role: &str| {
        // A row that is refused is remarked on already.
        let mut rows = policies.file.rows.iter();
        let is_named = |row: &WrittenRow| {
            row.kind == RowKind::Grant && row.fields.first().is_some_and(|own| own == role)
        };
        rows.any(is_named)
            || facts
                .conditions
                .iter()
                .any(|written| written.policy.role == role)
    };
    let idle = facts.made.iter().filter(|(role, _)| !gives(role));
    idle.filter_map(|(role, line)| {
        let row = row_at(policies, *line)?;
        let message = format!("`{role}` has members, but neither policies nor conditions");
        let near = nearest_reference(
            role,
            facts
                .grants
                .iter()
                .map(|placed| placed.grant.subject.as_str()),
        );
        let place = Place::of_field(policies.text, row, 2);
        Some(Remark::new(Lint::RoleNoPolicy, place, message).meant(near.as_deref()))
    })
    .collect()
}

/// Policies of users and groups, which count only for people without a role.
fn direct_subjects(policies: &Policies<'_>, facts: &Facts<'_>) -> Vec<Remark> {
    let direct = facts.grants.iter().filter_map(|placed| {
        let line = placed.line?;
        (!placed.grant.subject.starts_with("role:")).then_some(line)
    });
    direct
        .filter_map(|line| row_at(policies, line))
        .map(|row| {
            let subject = row.fields.first().map_or("", SmolStr::as_str);
            let message =
                format!("a policy of `{subject}` counts only for people who hold no role");
            Remark::new(
                Lint::PolicyDirectSubject,
                Place::of_field(policies.text, row, 1),
                message,
            )
            .help("give it to a role, and make the user or group a member")
        })
        .collect()
}

/// The `p` or `g` row on a line.
pub(super) fn row_at<'a>(policies: &Policies<'a>, line: u32) -> Option<&'a WrittenRow> {
    let rows = &policies.file.rows;
    let at = rows.binary_search_by_key(&line, |row| row.line).ok()?;
    rows.get(at)
}

/// The place of a policy in the policy file, at one of its fields.
pub(super) fn place_of_policy(input: &Input<'_>, line: u32, field: usize) -> Place {
    let row = input.policies.as_ref().and_then(|policies| {
        row_at(policies, line)
            .filter(|row| row.kind == RowKind::Grant)
            .map(|row| Place::of_field(policies.text, row, field))
    });
    row.unwrap_or(Place {
        file: FileKind::Policies,
        line: Some(line),
        column: None,
        document: None,
    })
}
