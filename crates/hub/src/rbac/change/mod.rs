//! The changes that people ask for, on a [`State`] in memory.
//!
//! Each function checks in the order of the original, and has changed nothing when it refuses.
//! [`super::write`] gives them the newest state and writes what they leave.

mod plugin_id;
mod role;
mod writer;

pub(crate) use plugin_id::{PluginIds, add_plugin_ids, remove_plugin_ids};
pub(crate) use role::{NewRole, RoleDraft, RoleUpdate, create_role, delete_role, update_role};
pub(crate) use writer::{Writer, creator};

use super::state::RoleMetadata;
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
