//! Members and policies as rows.

use super::{Export, heading};
use crate::rbac::state::{RoleMetadata, State};
use callboard_policy::{Effect, Grant, PolicyFile, Row, StoredPolicy, sync};

/// Writes the rows of a role, or of a user or group with policies of their own.
///
/// Gives whether a hub makes the role from them, so that conditions can follow.
pub(super) fn write(
    state: &State,
    role: &str,
    metadata: Option<&RoleMetadata>,
    export: &mut Export,
) -> bool {
    let members = state.memberships.keys().filter(|row| row.role == role);
    let policies = state.policies.keys().filter(|row| row.subject == role);
    let mut members: Vec<_> = members.cloned().map(Row::Membership).collect();
    let mut policies: Vec<_> = policies.cloned().map(Row::Grant).collect();
    members.sort();
    policies.sort();
    let mut text = String::new();
    let mut is_made = false;
    for row in members.iter().chain(&policies) {
        if let Err(reason) = carries(state, row) {
            export.leave_out(row, reason);
            continue;
        }
        is_made |= matches!(row, Row::Membership(_));
        text += &format!("{row}\n");
    }
    if !text.is_empty() {
        if !export.policies.is_empty() {
            export.policies.push('\n');
        }
        export.policies += &heading(role, metadata);
        export.policies += &text;
    }
    is_made
}

/// Whether a hub that reads the row has it again; else why not.
fn carries(state: &State, row: &Row) -> Result<(), String> {
    if let Row::Grant(grant) = row
        && grant.effect == Effect::Allow
        && state.policies.contains_key(&Grant {
            effect: Effect::Deny,
            ..grant.clone()
        })
    {
        return Err("a file holds one effect, and the deny that is there too wins".to_owned());
    }
    let file = PolicyFile::parse("export", &row.to_string());
    let plan = sync(&file, &StoredPolicy::default());
    if plan.add.iter().map(|added| &added.row).eq([row]) {
        return Ok(());
    }
    let said = plan.diagnostics.first();
    let cause = said.map_or("it does not fit on a line", |said| said.message.as_str());
    Err(format!("a policy file cannot hold it: {cause}"))
}
