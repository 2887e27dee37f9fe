//! Brings what is stored in line with configuration and files, at start and when files change.
//!
//! Everything here works on a [`State`] in memory; whoever calls it writes the difference in one
//! transaction. Doing it twice changes nothing.

use super::config::RbacConfig;
use super::source::{Conditions, Content, Sources, Unreadable};
use super::state::{RoleMetadata, State};
use crate::finding::{Finding, Severity};
use callboard_policy::configured::{
    CONFIGURATION_AUTHOR, ConfiguredPolicyError, ConfiguredRole, ConfiguredRoleKind,
};
use callboard_policy::{
    ConditionsFile, ConditionsFileError, FileDiagnostic, Membership, Origin, PolicyFile,
    ReconcileError, Row, RowKind, Source, Sourced, StoredCondition, StoredPolicy, SyncPlan,
    reconcile, sync,
};
use jiff::Timestamp;
use smol_str::SmolStr;
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

/// What metadata of roles of the policy file name as author and last writer.
const FILE_AUTHOR: &str = "csv permission policy file";

/// What came of bringing the files in.
#[derive(Debug, Default)]
pub(crate) struct Applied {
    /// What came of the file of roles, members and policies.
    pub(crate) policies: Outcome,
    /// The `g` rows that were skipped, as they are written.
    pub(crate) skipped_members: Vec<Vec<SmolStr>>,
    /// What came of the file of conditional policies.
    pub(crate) conditions: Outcome,
}

/// What came of bringing one file in.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// What is wrong with the file.
    pub(crate) findings: Vec<Finding>,
    /// Why nothing of it was taken over, so that what is stored stays; absent when it was.
    pub(crate) refused: Option<Refused>,
}

/// Why nothing of a file was taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refused {
    /// There is no such file.
    Missing,
    /// It cannot be read, or one of its documents is no condition.
    Faulty,
    /// Two of its conditions share a permission.
    Overlap {
        /// How many conditions would have been added or changed.
        adds: usize,
        /// How many would have gone.
        removes: usize,
        /// The plugins of the conditions in the file.
        plugin_ids: BTreeSet<SmolStr>,
    },
}

impl Outcome {
    fn refused(findings: Vec<Finding>, why: Refused) -> Outcome {
        Outcome {
            findings,
            refused: Some(why),
        }
    }

    fn unreadable(unreadable: &Unreadable) -> Outcome {
        let why = if unreadable.is_missing {
            Refused::Missing
        } else {
            Refused::Faulty
        };
        Outcome::refused(vec![unreadable.finding()], why)
    }
}

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
    apply_configuration(state, config, now)?;
    if config.admin.is_none() {
        return Ok(Vec::new());
    }
    let applied = apply_files(state, sources, now);
    Ok([applied.policies.findings, applied.conditions.findings].concat())
}

/// Changes `state` to what the configuration says.
///
/// # Errors
///
/// As [`bring_in_line`].
pub(crate) fn apply_configuration(
    state: &mut State,
    config: &RbacConfig,
    now: Timestamp,
) -> Result<(), ConfiguredPolicyError> {
    remove_former_default(state, config.default_role.as_ref());
    if let Some(role) = &config.default_role {
        apply_configured(state, role, now)?;
    }
    state
        .plugin_ids
        .retain(|id| !config.plugin_ids.contains(id));
    match &config.admin {
        Some(admin) => apply_configured(state, admin, now),
        None => Ok(()),
    }
}

/// Changes `state` to what the files say.
///
/// What came from a file that cannot be read now, or is refused as a whole, stays as it is.
pub(crate) fn apply_files(state: &mut State, sources: &Sources, now: Timestamp) -> Applied {
    let mut applied = Applied::default();
    match &sources.policies {
        Ok(content) => apply_policies(state, content.as_ref(), now, &mut applied),
        Err(unreadable) => applied.policies = Outcome::unreadable(unreadable),
    }
    applied.conditions = match &sources.conditions {
        Ok(content) => apply_conditions(state, content.as_ref()),
        Err(unreadable) => Outcome::unreadable(unreadable),
    };
    applied
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

fn apply_policies(
    state: &mut State,
    content: Option<&Content<PolicyFile>>,
    now: Timestamp,
    applied: &mut Applied,
) {
    let plan = match content {
        Some(content) => sync(&content.held, &stored_policy(state)),
        None => sync(&PolicyFile::none(), &stored_policy(state)),
    };
    let findings = &mut applied.policies.findings;
    let faults = plan.diagnostics.iter();
    findings.extend(faults.map(|fault| finding(content, fault)));
    if let Some(content) = content {
        if content.held.rows.is_empty() && !plan.remove.is_empty() {
            findings.push(emptied(content, plan.remove.len()));
        }
        applied.skipped_members = skipped_members(&content.held, &plan);
    }
    apply_plan(state, plan, now);
}

/// Says that a file which had rows has none left: it may not be what somebody meant.
fn emptied(content: &Content<PolicyFile>, rows: usize) -> Finding {
    let text = format!("the file holds no row any more; all {rows} that came from it are removed");
    Finding::warning(text)
        .at(&content.path, None)
        .help("if this is not as meant, restore the file: its roles come back with it")
}

fn skipped_members(file: &PolicyFile, plan: &SyncPlan) -> Vec<Vec<SmolStr>> {
    let faulty: HashSet<_> = plan
        .diagnostics
        .iter()
        .filter_map(|fault| fault.line)
        .collect();
    let members = file
        .rows
        .iter()
        .filter(|row| row.kind == RowKind::Membership);
    members
        .filter(|row| faulty.contains(&row.line))
        .map(|row| row.fields.clone())
        .collect()
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
    state.remove_roles(&plan.drop_roles);
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

fn apply_conditions(state: &mut State, content: Option<&Content<Conditions>>) -> Outcome {
    let mut file = match content.map(|content| &content.held.parsed) {
        Some(Ok(file)) => file.clone(),
        Some(Err(ConditionsFileError { faults })) => {
            let faults = faults.iter().map(|fault| finding(content, fault));
            return Outcome::refused(faults.collect(), Refused::Faulty);
        }
        None => ConditionsFile::default(),
    };
    let text = content.map_or("", |content| &content.held.text);
    file.retain_roles(text, |role| state.is_owned_by(role, &Source::CsvFile));
    let warnings = file.warnings.iter();
    let mut findings: Vec<_> = warnings.map(|fault| finding(content, fault)).collect();
    let Err(error) = reconcile_conditions(state, &file, content) else {
        return Outcome {
            findings,
            refused: None,
        };
    };
    let finding = Finding::error(error.to_string());
    findings.push(match content {
        Some(content) => finding.at(&content.path, None),
        None => finding,
    });
    let plugins = file.policies.iter();
    let why = Refused::Overlap {
        adds: error.plan.update.len() + error.plan.create.len(),
        removes: error.plan.delete.len(),
        plugin_ids: plugins
            .map(|written| written.policy.plugin_id.clone())
            .collect(),
    };
    Outcome::refused(findings, why)
}

/// Writes the file's conditions; when two would share a permission, none.
fn reconcile_conditions(
    state: &mut State,
    file: &ConditionsFile,
    content: Option<&Content<Conditions>>,
) -> Result<(), ReconcileError> {
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
    let plan = reconcile(&stored, &wanted)?;
    for StoredCondition { id, policy } in plan.update {
        if let Some(record) = state.conditions.get_mut(&id) {
            record.policy = policy;
        }
    }
    for (written, id) in file.policies.iter().zip(plan.ids) {
        let origin = Origin {
            source: Source::CsvFile,
            file: content.map(|content| Arc::clone(&content.name)),
            line: Some(written.line),
        };
        match id {
            None => drop(state.add_condition(written.policy.clone(), origin)),
            Some(id) => {
                if let Some(record) = state.conditions.get_mut(&id) {
                    record.origin = origin;
                }
            }
        }
    }
    for id in plan.delete {
        state.conditions.remove(&id);
    }
    Ok(())
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
