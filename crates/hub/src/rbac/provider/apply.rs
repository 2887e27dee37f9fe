//! What is stored, brought in line with what a provider hands over.

use super::super::state::{RoleMetadata, State};
use crate::error::Error;
use callboard_policy::{
    ConditionLimits, ConditionalPolicy, Grant, Membership, Origin, Source, SourceError,
    StoredCondition, reconcile,
};
use jiff::Timestamp;
use serde_json::{Value, json};
use smol_str::SmolStr;
use std::collections::{BTreeSet, HashSet};

/// Who hands something over, and when.
#[derive(Clone)]
pub(super) struct Provided {
    /// The provider, as the source of its roles.
    pub(super) source: Source,
    /// The roles that the configuration makes, stored or not.
    pub(super) configured: Vec<SmolStr>,
    /// When it is handed over.
    pub(super) now: Timestamp,
}

/// What was left out of it.
#[derive(Debug, Default)]
pub(super) struct Applied {
    /// Why rows were left out that are only logged.
    pub(super) warnings: Vec<String>,
    /// The policies that were left out, and why.
    pub(super) refused: Vec<(Value, Error)>,
}

/// Makes `rows`, members with their roles, those of the provider.
pub(super) fn roles(state: &mut State, provided: &Provided, rows: &[(String, String)]) -> Applied {
    let mut applied = Applied::default();
    let mut wanted = HashSet::new();
    let mut fresh = Vec::new();
    for (member, role) in rows {
        let member = member.to_lowercase();
        let row = Membership::new(member.as_str(), role.as_str());
        // What is stored already is not checked again.
        if state.memberships.contains_key(&row) {
            wanted.insert(row);
            continue;
        }
        match provided.membership(state, &member, role) {
            Ok(row) if wanted.insert(row.clone()) => fresh.push(row),
            Ok(_again) => {}
            Err(warning) => applied.warnings.push(warning),
        }
    }
    let rows = state.memberships.iter();
    let gone: HashSet<Membership> = rows
        .filter(|(row, record)| provided.owns(state, &row.role, &record.origin))
        .filter(|(row, _)| !wanted.contains(*row))
        .map(|(row, _)| row.clone())
        .collect();

    let changed = fresh.iter().chain(&gone);
    let roles: BTreeSet<SmolStr> = changed.map(|row| row.role.clone()).collect();
    state.memberships.retain(|row, _| !gone.contains(row));
    for row in fresh {
        state.add_membership(row, provided.source.clone().into());
    }
    for role in &roles {
        provided.write_metadata(state, role);
    }
    applied
}

/// Makes `rows` the policies of the provider.
pub(super) fn policies(state: &mut State, provided: &Provided, rows: &[[String; 4]]) -> Applied {
    let mut applied = Applied::default();
    let mut wanted = HashSet::new();
    let mut fresh = Vec::new();
    for row in rows {
        let [role, permission, action, effect] = row;
        let checked = Grant::parse(role, permission, action, effect)
            .map_err(|error| Error::Input(error.to_string()))
            .and_then(|policy| {
                let is_stored = state.policies.contains_key(&policy);
                if !is_stored {
                    let source = provided.check_source(state, &policy.subject);
                    source.map_err(|error| Error::NotAllowed(error.to_string()))?;
                }
                Ok((policy, is_stored))
            });
        match checked {
            Ok((policy, is_stored)) => {
                if policy.is_retired() {
                    applied.warnings.push(format!(
                        "policy {policy} names a retired resource type; name the permission `policy.entity.create`"
                    ));
                }
                if wanted.insert(policy.clone()) && !is_stored {
                    fresh.push(policy);
                }
            }
            Err(error) => applied.refused.push((json!(row), error)),
        }
    }
    let stored = state.policies.iter();
    let gone: HashSet<Grant> = stored
        .filter(|(policy, record)| provided.owns(state, &policy.subject, &record.origin))
        .filter(|(policy, _)| !wanted.contains(*policy))
        .map(|(policy, _)| policy.clone())
        .collect();

    state.policies.retain(|policy, _| !gone.contains(policy));
    for policy in fresh {
        state.add_policy(policy, provided.source.clone().into());
    }
    applied
}

/// Makes `conditions` those of the provider.
///
/// # Errors
///
/// 400 for one that is not valid, 403 and 404 for one whose role is not the provider's, and 409
/// when two share a permission; nothing is changed then.
pub(super) fn conditions(
    state: &mut State,
    provided: &Provided,
    limits: &ConditionLimits,
    conditions: &[Value],
) -> Result<Applied, Error> {
    let wanted = conditions
        .iter()
        .map(|condition| provided.condition(state, limits, condition))
        .collect::<Result<Vec<_>, _>>()?;
    let of_provider = state
        .conditions
        .iter()
        .filter(|(_, record)| provided.owns(state, &record.policy.role, &record.origin));
    let stored: Vec<_> = of_provider
        .map(|(id, record)| StoredCondition {
            id: *id,
            policy: record.policy.clone(),
        })
        .collect();
    let plan = reconcile(&stored, &wanted).map_err(|error| Error::Conflict(error.to_string()))?;

    for StoredCondition { id, policy } in plan.update {
        if let Some(record) = state.conditions.get_mut(&id) {
            record.policy = policy;
        }
    }
    for id in plan.delete {
        state.conditions.remove(&id);
    }
    for policy in plan.create {
        state.add_condition(policy, provided.source.clone().into());
    }
    Ok(Applied::default())
}

impl Provided {
    /// Whether a row of `role` with this origin is the provider's.
    fn owns(&self, state: &State, role: &str, origin: &Origin) -> bool {
        origin.source == self.source || state.is_owned_by(role, &self.source)
    }

    /// Refuses a role that belongs to another source.
    fn check_source(&self, state: &State, role: &str) -> Result<(), SourceError> {
        if self.configured.iter().any(|configured| configured == role) {
            return Source::Configuration.check_writable_by(&self.source, role);
        }
        state.roles.get(role).map_or(Ok(()), |metadata| {
            metadata.source.check_writable_by(&self.source, role)
        })
    }

    fn membership(&self, state: &State, member: &str, role: &str) -> Result<Membership, String> {
        let row = Membership::parse(member, role).map_err(|error| error.to_string())?;
        match self.check_source(state, role) {
            Ok(()) => Ok(row),
            Err(cause) => Err(format!("Unable to validate role {row}. Cause: {cause}")),
        }
    }

    fn condition(
        &self,
        state: &State,
        limits: &ConditionLimits,
        condition: &Value,
    ) -> Result<ConditionalPolicy, Error> {
        let invalid = |error| Error::Input(format!("{error}"));
        let policy = ConditionalPolicy::from_json(condition, limits).map_err(invalid)?;
        policy.check_role().map_err(invalid)?;
        let role = &policy.role;
        self.check_source(state, role)
            .map_err(|error| Error::NotAllowed(error.to_string()))?;
        if !state.roles.contains_key(role) {
            return Err(Error::NotFound(format!(
                "Corresponding role {role} was not found"
            )));
        }
        Ok(policy)
    }

    /// Notes that the members of a role were written; a role of the provider's that has none goes.
    fn write_metadata(&self, state: &mut State, role: &SmolStr) {
        let has_members = state.memberships.keys().any(|row| row.role == *role);
        if !has_members {
            if state.is_owned_by(role, &self.source) {
                state.delete_role(role);
            }
            return;
        }
        let name = self.source.as_str();
        let metadata = state.roles.entry(role.clone());
        let metadata = metadata.or_insert_with(|| RoleMetadata {
            author: None,
            ..RoleMetadata::new(self.source.clone(), name, self.now)
        });
        metadata.touch(name, self.now);
    }
}

#[cfg(test)]
mod tests;
