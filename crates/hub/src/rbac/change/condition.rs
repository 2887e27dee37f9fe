//! Adding, replacing and removing conditional policies.

use super::super::owner::Visible;
use super::super::state::{ConditionRecord, RoleMetadata, State};
use super::{Writer, check_source, role_of};
use crate::error::Error;
use callboard_policy::{
    ConditionLimits, ConditionalPolicy, InvalidConditionError, Source, StoredCondition, Write,
    check_overlap,
};
use serde_json::Value;

/// Reads a conditional policy that somebody wrote, its role included.
///
/// # Errors
///
/// [`InvalidConditionError`] with the first fault.
pub(crate) fn read_condition(
    body: &Value,
    limits: &ConditionLimits,
) -> Result<ConditionalPolicy, InvalidConditionError> {
    let policy = ConditionalPolicy::from_json(body, limits)?;
    policy.check_role()?;
    Ok(policy)
}

/// Adds a conditional policy, and gives its id.
///
/// # Errors
///
/// 404 when there is no such role, 403 when it is not the writer's to change, 409 when the policy
/// is in the way of another.
pub(crate) fn add_condition(
    state: &mut State,
    writer: &Writer,
    policy: ConditionalPolicy,
) -> Result<i64, Error> {
    let metadata = role_of(state, &policy.role, |role| {
        may_change(writer, role, writer.may_add_to(role))
    })?;
    check_condition_source(metadata, &policy.role, "add")?;
    check_place(state, Write::Create, &policy)?;
    Ok(state.add_condition(policy, Source::Rest.into()))
}

/// Puts a conditional policy in the place of the one with an id; the role may be another too.
///
/// A `policy` that cannot be read is refused when its turn comes.
///
/// # Errors
///
/// As [`add_condition`]; 400 when the policy cannot be read, 404 when no condition has the id.
pub(crate) fn update_condition(
    state: &mut State,
    writer: &Writer,
    id: i64,
    policy: Result<ConditionalPolicy, InvalidConditionError>,
) -> Result<(), Error> {
    let (old, metadata) = changeable(state, writer, id)?;
    let policy = policy.map_err(|cause| Error::Input(cause.to_string()))?;
    check_condition_source(metadata, &old.role, "edit")?;
    if policy.role != old.role {
        let metadata = role_of(state, &policy.role, |role| {
            may_change(writer, role, writer.roles.includes(role))
        })?;
        check_condition_source(metadata, &policy.role, "edit")?;
    }
    check_place(state, Write::Update(id), &policy)?;
    let origin = Source::Rest.into();
    state
        .conditions
        .insert(id, ConditionRecord { policy, origin });
    Ok(())
}

/// Removes the conditional policy with an id, and gives it.
///
/// # Errors
///
/// 404 when no condition has the id, 403 when its role is not the writer's to change.
pub(crate) fn delete_condition(
    state: &mut State,
    writer: &Writer,
    id: i64,
) -> Result<ConditionalPolicy, Error> {
    let (policy, metadata) = changeable(state, writer, id)?;
    check_condition_source(metadata, &policy.role, "delete")?;
    let policy = policy.clone();
    state.conditions.remove(&id);
    Ok(policy)
}

/// The condition with an id and the metadata of its role, if the writer may change it.
fn changeable<'a>(
    state: &'a State,
    writer: &Writer,
    id: i64,
) -> Result<(&'a ConditionalPolicy, &'a RoleMetadata), Error> {
    let record = state.conditions.get(&id);
    let record =
        record.ok_or_else(|| Error::NotFound(format!("Condition with id {id} was not found")))?;
    let policy = &record.policy;
    let metadata = state
        .roles
        .get(&policy.role)
        .filter(|role| may_change(writer, role, writer.roles.includes(role)));
    metadata
        .map(|metadata| (policy, metadata))
        .ok_or_else(Error::forbidden)
}

/// Whether the writer, who `may` change a role as such, may also change its conditions.
///
/// Those of the default role are everybody's: an owner of some roles sees that role, but only who
/// may change every role decides for everybody.
fn may_change(writer: &Writer, role: &RoleMetadata, may: bool) -> bool {
    may && (!role.is_default || matches!(writer.roles, Visible::All))
}

/// Refuses to do what `verb` says with conditions of a role of another source.
///
/// The configuration makes the default role, and cannot give it conditions.
fn check_condition_source(metadata: &RoleMetadata, role: &str, verb: &str) -> Result<(), Error> {
    if metadata.is_default {
        return Ok(());
    }
    check_source(metadata, role, format_args!("Unable to {verb} condition"))
}

/// Whether a condition shares no permission with another of its role.
fn check_place(state: &State, write: Write, policy: &ConditionalPolicy) -> Result<(), Error> {
    let of_role = state
        .conditions
        .iter()
        .filter(|(_, record)| record.policy.role == policy.role);
    let others: Vec<_> = of_role
        .map(|(id, record)| StoredCondition {
            id: *id,
            policy: record.policy.clone(),
        })
        .collect();
    check_overlap(write, policy, &others).map_err(|overlap| Error::Conflict(overlap.to_string()))
}

#[cfg(test)]
mod tests;
