//! Brings what is stored in line with configuration and files, at start.
//!
//! Everything here works on a [`State`] in memory; whoever calls it writes the difference in one
//! transaction. Doing it twice changes nothing.

use super::config::RbacConfig;
use super::source::{Conditions, Content, Sources};
use super::state::{RoleMetadata, State};
use crate::finding::{Finding, Severity};
use callboard_policy::configured::{
    CONFIGURATION_AUTHOR, ConfiguredPolicyError, ConfiguredRole, ConfiguredRoleKind,
};
use callboard_policy::{
    ConditionalPolicy, ConditionsFile, ConditionsFileError, FileDiagnostic, Membership, Origin,
    PolicyFile, Row, Source, Sourced, StoredCondition, StoredPolicy, SyncPlan, reconcile, sync,
};
use jiff::Timestamp;
use smol_str::SmolStr;
use std::collections::HashSet;
use std::sync::Arc;

/// What metadata of roles of the policy file name as author and last writer.
const FILE_AUTHOR: &str = "csv permission policy file";

/// Changes `state` to what configuration and files say, and gives what is wrong in the files.
///
/// # Errors
///
/// [`ConfiguredPolicyError`] when the configuration collides with a role of another source.
pub(crate) fn bring_in_line(
    state: &mut State,
    config: &RbacConfig,
    sources: &Sources,
    now: Timestamp,
) -> Result<Vec<Finding>, ConfiguredPolicyError> {
    remove_former_default(state, config.default_role.as_ref());
    if let Some(role) = &config.default_role {
        apply_configured(state, role, now)?;
    }
    state
        .plugin_ids
        .retain(|id| !config.plugin_ids.contains(id));
    let Some(admin) = &config.admin else {
        return Ok(Vec::new());
    };
    apply_configured(state, admin, now)?;
    let mut findings = apply_policies(state, sources, now);
    findings.extend(apply_conditions(state, sources));
    Ok(findings)
}

/// Takes away a default role that the configuration no longer names.
fn remove_former_default(state: &mut State, configured: Option<&ConfiguredRole>) {
    let is_former = |role: &SmolStr, metadata: &RoleMetadata| {
        metadata.is_default && configured.is_none_or(|configured| configured.role != *role)
    };
    let former = state
        .roles
        .iter()
        .filter(|(role, metadata)| is_former(role, metadata));
    for role in former.map(|(role, _)| role.clone()).collect::<Vec<_>>() {
        state.policies.retain(|policy, _| policy.subject != role);
        state
            .memberships
            .retain(|membership, _| membership.role != role);
        state.remove_role(&role);
    }
}

fn apply_configured(
    state: &mut State,
    configured: &ConfiguredRole,
    now: Timestamp,
) -> Result<(), ConfiguredPolicyError> {
    let role = &configured.role;
    let memberships = state
        .memberships
        .keys()
        .filter(|membership| membership.role == *role);
    let policies = state
        .policies
        .keys()
        .filter(|policy| policy.subject == *role);
    let stored: Vec<_> = memberships
        .cloned()
        .map(Row::Membership)
        .chain(policies.cloned().map(Row::Grant))
        .collect();
    let metadata = state.roles.get(role);
    let changes = configured.sync(metadata.map(|metadata| &metadata.source), &stored)?;

    let is_default = configured.kind == ConfiguredRoleKind::Default;
    match state.roles.get_mut(role) {
        None => {
            let fresh = RoleMetadata {
                description: Some(configured.kind.description().to_owned()),
                is_default,
                ..RoleMetadata::new(Source::Configuration, CONFIGURATION_AUTHOR, now)
            };
            state.roles.insert(role.clone(), fresh);
        }
        Some(metadata)
            if metadata.source == Source::Legacy || metadata.is_default != is_default =>
        {
            metadata.source = Source::Configuration;
            metadata.description = Some(configured.kind.description().to_owned());
            metadata.is_default = is_default;
            metadata.touch(CONFIGURATION_AUTHOR, now);
        }
        Some(metadata) if !changes.add.is_empty() || !changes.remove.is_empty() => {
            metadata.touch(CONFIGURATION_AUTHOR, now);
        }
        Some(_) => {}
    }
    remove_rows(state, &changes.remove);
    for row in changes.add {
        add_row(state, row, Source::Configuration.into());
    }
    Ok(())
}

fn apply_policies(state: &mut State, sources: &Sources, now: Timestamp) -> Vec<Finding> {
    let content = sources.policies.as_ref();
    let plan = match content {
        Some(content) => sync(&content.held, &stored_policy(state)),
        None => sync(&PolicyFile::none(), &stored_policy(state)),
    };
    let findings = plan
        .diagnostics
        .iter()
        .map(|diagnostic| finding(content, diagnostic))
        .collect();
    apply_plan(state, plan, now);
    findings
}

fn stored_policy(state: &State) -> StoredPolicy {
    let policies = state
        .policies
        .iter()
        .map(|(policy, record)| (Row::Grant(policy.clone()), record));
    let memberships = state
        .memberships
        .iter()
        .map(|(row, record)| (Row::Membership(row.clone()), record));
    let rows = policies
        .chain(memberships)
        .map(|(row, record)| (row, record.origin.source.clone()));
    let roles = state
        .roles
        .iter()
        .map(|(role, metadata)| (role.clone(), metadata.source.clone()));
    StoredPolicy {
        rows: rows.collect(),
        roles: roles.collect(),
    }
}

fn apply_plan(state: &mut State, plan: SyncPlan, now: Timestamp) {
    let changed = plan
        .add
        .iter()
        .map(|added| &added.row)
        .chain(&plan.remove)
        .filter_map(membership);
    let touched: HashSet<SmolStr> = changed
        .map(|membership| membership.role.clone())
        .chain(plan.adopt_roles.clone())
        .collect();
    for Sourced { row, origin } in plan.keep {
        move_row(state, &row, origin);
    }
    for Sourced { row, origin } in plan.add {
        add_row(state, row, origin);
    }
    remove_rows(state, &plan.remove);
    for role in plan.adopt_roles {
        if let Some(metadata) = state.roles.get_mut(&role) {
            metadata.source = Source::CsvFile;
        }
    }
    for role in touched {
        if let Some(metadata) = state.roles.get_mut(&role) {
            metadata.touch(FILE_AUTHOR, now);
        }
    }
    for role in plan.create_roles {
        state
            .roles
            .insert(role, RoleMetadata::new(Source::CsvFile, FILE_AUTHOR, now));
    }
    for role in plan.drop_roles {
        state.remove_role(&role);
    }
}

fn membership(row: &Row) -> Option<&Membership> {
    match row {
        Row::Membership(membership) => Some(membership),
        Row::Grant(_) => None,
    }
}

fn add_row(state: &mut State, row: Row, origin: Origin) {
    match row {
        Row::Membership(membership) => state.add_membership(membership, origin),
        Row::Grant(policy) => state.add_policy(policy, origin),
    }
}

/// Notes where a row stands now.
fn move_row(state: &mut State, row: &Row, origin: Origin) {
    let record = match row {
        Row::Membership(membership) => state.memberships.get_mut(membership),
        Row::Grant(policy) => state.policies.get_mut(policy),
    };
    if let Some(record) = record {
        record.origin = origin;
    }
}

/// Removes rows in one pass, however many they are.
fn remove_rows(state: &mut State, rows: &[Row]) {
    if rows.is_empty() {
        return;
    }
    let gone: HashSet<&Row> = rows.iter().collect();
    state
        .memberships
        .retain(|membership, _| !gone.contains(&Row::Membership(membership.clone())));
    state
        .policies
        .retain(|policy, _| !gone.contains(&Row::Grant(policy.clone())));
}

fn apply_conditions(state: &mut State, sources: &Sources) -> Vec<Finding> {
    let content = match &sources.conditions {
        Ok(content) => content.as_ref(),
        // What is stored stays while the file cannot be read.
        Err(finding) => return vec![finding.clone()],
    };
    let mut file = match content.map(|content| &content.held.parsed) {
        Some(Ok(file)) => file.clone(),
        Some(Err(ConditionsFileError { faults })) => {
            return faults.iter().map(|fault| finding(content, fault)).collect();
        }
        None => ConditionsFile::default(),
    };
    let text = content.map_or("", |content| &content.held.text);
    file.retain_roles(text, |role| state.is_owned_by(role, &Source::CsvFile));
    let mut findings: Vec<_> = file
        .warnings
        .iter()
        .map(|warning| finding(content, warning))
        .collect();
    findings.extend(reconcile_conditions(state, &file, content));
    findings
}

/// Writes the file's conditions; when two would share a permission, none.
fn reconcile_conditions(
    state: &mut State,
    file: &ConditionsFile,
    content: Option<&Content<Conditions>>,
) -> Option<Finding> {
    let of_file = state
        .conditions
        .iter()
        .filter(|(_, record)| state.is_owned_by(&record.policy.role, &Source::CsvFile));
    let stored: Vec<_> = of_file
        .map(|(id, record)| StoredCondition {
            id: *id,
            policy: record.policy.clone(),
        })
        .collect();
    let wanted: Vec<_> = file
        .policies
        .iter()
        .map(|written| written.policy.clone())
        .collect();
    let plan = match reconcile(&stored, &wanted) {
        Ok(plan) => plan,
        Err(error) => {
            let finding = Finding::error(error.to_string());
            return Some(match content {
                Some(content) => finding.at(&content.path, None),
                None => finding,
            });
        }
    };
    for StoredCondition { id, policy } in plan.update {
        if let Some(record) = state.conditions.get_mut(&id) {
            record.policy = policy;
        }
    }
    for policy in plan.create {
        state.add_condition(policy, Source::CsvFile.into());
    }
    for id in plan.delete {
        state.conditions.remove(&id);
    }
    let content = content?;
    for written in &file.policies {
        let origin = Origin {
            source: Source::CsvFile,
            file: Some(Arc::clone(&content.name)),
            line: Some(written.line),
        };
        let own = state
            .conditions
            .values_mut()
            .find(|record| is_same(&record.policy, &written.policy));
        if let Some(record) = own {
            record.origin = origin;
        }
    }
    None
}

/// Whether the file's condition is this one, be it with its lists in another order.
fn is_same(stored: &ConditionalPolicy, written: &ConditionalPolicy) -> bool {
    if stored.role != written.role {
        return false;
    }
    let stored = StoredCondition {
        id: 0,
        policy: stored.clone(),
    };
    reconcile(&[stored], std::slice::from_ref(written)).is_ok_and(|plan| plan.is_empty())
}

/// A diagnostic with its file.
fn finding<T>(content: Option<&Content<T>>, diagnostic: &FileDiagnostic) -> Finding {
    let finding = Finding {
        severity: match diagnostic.severity {
            callboard_policy::Severity::Warning => Severity::Warning,
            callboard_policy::Severity::Error => Severity::Error,
        },
        ..Finding::warning(&*diagnostic.message)
    };
    let finding = match content {
        Some(content) => finding.at(&content.path, diagnostic.line),
        None => finding,
    };
    Finding {
        help: diagnostic.help.map(str::to_owned),
        ..finding
    }
}

#[cfg(test)]
mod tests;
