//! The roles as one person sees them.

use super::super::owner::Visible;
use super::super::permissions::POLICY_READ;
use super::super::state::{RoleMetadata, State};
use crate::app::App;
use crate::error::Error;
use crate::principal::Principal;
use smol_str::SmolStr;
use std::sync::Arc;

/// One state of the roles, limited to those that a person may read.
///
/// A page takes one sight and asks it for everything, so that its counts and rows agree.
pub(super) struct RoleSight {
    pub(super) state: Arc<State>,
    readable: Visible,
}

impl RoleSight {
    /// What `principal` sees at this moment.
    ///
    /// # Errors
    ///
    /// 403 with an empty message when it is nothing.
    pub(super) fn of(app: &App, principal: &Principal) -> Result<RoleSight, Error> {
        Ok(RoleSight {
            state: app.rbac().state(),
            readable: Visible::of(app, principal, &POLICY_READ)?,
        })
    }

    /// The roles that the person may read, in order of creation.
    pub(super) fn roles(&self) -> impl Iterator<Item = (&SmolStr, &RoleMetadata)> {
        let roles = self.state.roles.iter();
        roles.filter(|(_, metadata)| self.readable.includes(metadata))
    }
}
