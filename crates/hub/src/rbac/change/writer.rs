//! Who changes roles, and which ones they may change.

use super::super::owner::Visible;
use super::super::permissions::{POLICY_CREATE, POLICY_DELETE, POLICY_UPDATE};
use super::super::state::RoleMetadata;
use crate::app::App;
use crate::error::Error;
use crate::principal::Principal;
use callboard_policy::Permission;
use jiff::Timestamp;
use smol_str::SmolStr;

/// Who changes something, when, and which roles they may change.
pub(crate) struct Writer {
    /// The user's reference.
    pub(crate) user: SmolStr,
    /// When they do it.
    pub(crate) now: Timestamp,
    /// The roles that exist already and that they may change in the way that they ask for.
    pub(crate) roles: Visible,
}

impl Writer {
    /// Somebody who creates something: an existing role only grows if they may update it.
    ///
    /// # Errors
    ///
    /// 403 unless they are a user with `policy.entity.create`.
    pub(crate) fn creating(app: &App, principal: &Principal) -> Result<Writer, Error> {
        let user = creator(app, principal)?;
        let roles = Visible::of(app, principal, &POLICY_UPDATE).unwrap_or(Visible::Nothing);
        Ok(Writer::new(app, user, roles))
    }

    /// Somebody who updates something.
    ///
    /// # Errors
    ///
    /// 403 unless they are a user with `policy.entity.update`, be it for some roles only.
    pub(crate) fn updating(app: &App, principal: &Principal) -> Result<Writer, Error> {
        Writer::changing(app, principal, &POLICY_UPDATE)
    }

    /// Somebody who deletes something.
    ///
    /// # Errors
    ///
    /// 403 unless they are a user with `policy.entity.delete`, be it for some roles only.
    pub(crate) fn deleting(app: &App, principal: &Principal) -> Result<Writer, Error> {
        Writer::changing(app, principal, &POLICY_DELETE)
    }

    /// Whether somebody who creates something may add it to a role that is there: to their own, and
    /// to those that they may update.
    pub(super) fn may_add_to(&self, role: &RoleMetadata) -> bool {
        self.roles.includes(role) || role.owner.as_deref() == Some(self.user.as_str())
    }

    fn changing(
        app: &App,
        principal: &Principal,
        permission: &Permission,
    ) -> Result<Writer, Error> {
        let user = user(principal)?;
        let roles = Visible::of(app, principal, permission)?;
        Ok(Writer::new(app, user, roles))
    }

    fn new(app: &App, user: SmolStr, roles: Visible) -> Writer {
        let now = app.core().clock.now();
        Writer { user, now, roles }
    }
}

/// Somebody who creates what is no part of a role.
///
/// # Errors
///
/// 403 unless they are a user with `policy.entity.create`.
pub(crate) fn creator(app: &App, principal: &Principal) -> Result<SmolStr, Error> {
    let user = user(principal)?;
    let permissions = app.permission();
    if permissions.authorize(app, principal, &POLICY_CREATE, None) {
        Ok(user)
    } else {
        Err(Error::forbidden())
    }
}

/// The user who asks; other programs may read, but change nothing.
fn user(principal: &Principal) -> Result<SmolStr, Error> {
    match principal {
        Principal::User(user) => Ok(user.entity_ref.clone()),
        Principal::Service(_) => Err(Error::NotAllowed(
            "Only credential principal with type 'user' permitted to modify permissions".to_owned(),
        )),
        Principal::None => Err(Error::forbidden()),
    }
}
