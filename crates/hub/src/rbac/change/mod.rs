//! The changes that people ask for, on a [`State`] in memory.
//!
//! Each function checks in the order of the original, and has changed nothing when it refuses.
//! [`super::write`] gives them the newest state and writes what they leave.

mod condition;
mod plugin_id;
mod policy;
mod role;
#[cfg(test)]
mod test;
mod writer;

pub(crate) use condition::{add_condition, delete_condition, read_condition, update_condition};
pub(crate) use plugin_id::{PluginIds, add_plugin_ids, remove_plugin_ids};
pub(crate) use policy::{
    Written, add_policies, delete_policies, delete_policies_of, update_policies,
};
pub(crate) use role::{NewRole, RoleDraft, RoleUpdate, create_role, delete_role, update_role};
pub(crate) use writer::{Writer, creator};

use super::state::{RoleMetadata, State};
use crate::error::Error;
use callboard_policy::Source;
use std::fmt::Display;

/// Refuses to change a role that belongs to another source than REST.
///
/// `what` says what cannot be done, such as `Unable to add role`.
fn check_source(metadata: &RoleMetadata, role: &str, what: impl Display) -> Result<(), Error> {
    let checked = metadata.source.check_writable_by(&Source::Rest, role);
    checked.map_err(|error| Error::NotAllowed(format!("{what}: {error}")))
}

/// The metadata of a role that gets or loses something, if `may_change` says so.
///
/// # Errors
///
/// 404 when there is no such role; 403 when it may not be changed, or is no role at all: users and
/// groups get nothing of their own.
fn role_of<'a>(
    state: &'a State,
    role: &str,
    may_change: impl FnOnce(&RoleMetadata) -> bool,
) -> Result<&'a RoleMetadata, Error> {
    match state.roles.get(role) {
        Some(metadata) if may_change(metadata) => Ok(metadata),
        None if role.starts_with("role:") => Err(Error::NotFound(format!(
            "Corresponding role {role} was not found"
        ))),
        Some(_) | None => Err(Error::forbidden()),
    }
}
