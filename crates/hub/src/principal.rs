//! Who is calling.

use callboard_policy::{AccessRestrictions, Permission};
use smol_str::SmolStr;
use std::sync::Arc;

/// The caller of a request, as authentication found it.
///
/// Every service method takes one as its first argument and authorizes before it acts.
#[derive(Debug, Clone)]
pub enum Principal {
    /// No credentials were sent, on a path that is open to everyone.
    None,
    /// A person (a guest is an ordinary user), or a plugin acting on behalf of one.
    User(Arc<UserPrincipal>),
    /// Another program.
    Service(Arc<ServicePrincipal>),
}

/// A signed-in person.
#[derive(Debug, Clone)]
pub struct UserPrincipal {
    /// Canonical reference of the user, such as `user:default/mara`.
    pub entity_ref: SmolStr,
    /// The user's own reference and those of the groups through which they own things.
    pub ownership: Vec<SmolStr>,
    /// The plugin that calls on the user's behalf; absent when the user calls directly.
    pub on_behalf_by: Option<SmolStr>,
    /// What the token that they call with is narrowed to; absent means no limit but their rights.
    pub restrictions: Option<Arc<AccessRestrictions>>,
    /// The id of the access token that they call with; absent for a person who signed in.
    pub access_token: Option<SmolStr>,
}

impl UserPrincipal {
    /// A person who calls directly, with all their rights.
    pub fn new(entity_ref: SmolStr, ownership: Vec<SmolStr>) -> UserPrincipal {
        UserPrincipal {
            entity_ref,
            ownership,
            on_behalf_by: None,
            restrictions: None,
            access_token: None,
        }
    }

    /// Whether the token that they call with is for `permission`, whatever the policy says.
    pub fn may_ask(&self, permission: &Permission) -> bool {
        let restrictions = self.restrictions.as_ref();
        restrictions.is_none_or(|restrictions| restrictions.allow(permission))
    }
}

/// A program that calls with a token of its own.
#[derive(Debug, Clone)]
pub struct ServicePrincipal {
    /// Who it is, such as `external:ci` or `plugin:catalog`.
    pub subject: SmolStr,
    /// What its token is narrowed to; absent means no limit.
    pub restrictions: Option<AccessRestrictions>,
}

impl Principal {
    /// The user behind the call, when there is one.
    pub fn user(&self) -> Option<&UserPrincipal> {
        match self {
            Principal::User(user) => Some(user),
            Principal::None | Principal::Service(_) => None,
        }
    }

    /// How logs and audit events name the caller.
    pub fn actor(&self) -> &str {
        match self {
            Principal::None => "anonymous",
            Principal::User(user) => &user.entity_ref,
            Principal::Service(service) => &service.subject,
        }
    }
}
