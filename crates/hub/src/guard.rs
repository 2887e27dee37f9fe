//! Whom a page is for.

use crate::app::App;
use crate::permission::Access;
use crate::principal::Principal;
use callboard_policy::Permission;

/// Whom a page is for, among those who are signed in.
#[derive(Debug, Clone)]
pub enum Guard {
    /// Everybody.
    SignedIn,
    /// Whoever has the permission, be it for some things only: the page shows those.
    Any(Permission),
    /// Whoever has the permission whatever it is about: the page shows everything.
    Outright(Permission),
}

impl Guard {
    /// Whether the page opens for `principal`.
    pub fn admits(&self, app: &App, principal: &Principal) -> bool {
        let access = |permission| {
            let policy = app.permission();
            policy.authorize_conditional(principal, permission)
        };
        match self {
            Guard::SignedIn => true,
            Guard::Any(permission) => access(permission) != Access::Deny,
            Guard::Outright(permission) => access(permission) == Access::Allow,
        }
    }

    /// The permission that opens the page; absent when none is needed.
    pub fn permission(&self) -> Option<&Permission> {
        match self {
            Guard::SignedIn => None,
            Guard::Any(permission) | Guard::Outright(permission) => Some(permission),
        }
    }
}
