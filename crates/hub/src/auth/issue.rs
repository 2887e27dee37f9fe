//! A token that an administrator issues at the machine: `callboard token`.

use super::config::MAX_TOKEN_LIFETIME;
use super::ownership::ownership_of;
use super::service::{Auth, IssuedToken, UserIdentity};
use crate::app::Core;
use crate::audit::{Actor, Event, Outcome, Severity, record};
use crate::error::Error;
use crate::hub::StartError;
use callboard_catalog::CatalogSnapshot;
use callboard_policy::EntityRef;
use serde_json::json;
use std::time::Duration;

/// A token that somebody at the machine asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRequest {
    /// Whose token.
    pub user: EntityRef,
    /// How long it lives; a day at most.
    pub lifetime: Duration,
    /// The operating-system user who asks.
    pub asked_by: String,
}

impl TokenRequest {
    fn check(&self) -> Result<(), IssueError> {
        if self.user.kind() != "user" {
            return Err(IssueError::NotAUser(self.user.clone()));
        }
        if self.lifetime.as_secs() == 0 || self.lifetime > MAX_TOKEN_LIFETIME {
            return Err(IssueError::Lifetime);
        }
        Ok(())
    }
}

/// What came of a [`TokenRequest`].
pub struct AdministratorToken {
    /// The token.
    pub issued: IssuedToken,
    /// Whether the catalog knows the user. If not, the token owns things in the user's name only.
    pub is_known: bool,
}

/// Issues a token with the key that the hub on the same database signs with; makes a key only
/// when there is none. The database must have its tables.
///
/// # Errors
///
/// [`IssueError`]: see there.
pub(crate) async fn issue_for_administrator(
    core: &Core,
    catalog: &CatalogSnapshot,
    request: &TokenRequest,
) -> Result<AdministratorToken, IssueError> {
    let issued = issue(core, catalog, request).await;
    let failure = issued.as_ref().err().map(ToString::to_string);
    record(&Event {
        plugin: "auth",
        id: "token-issue",
        severity: Severity::Medium,
        outcome: failure
            .as_deref()
            .map_or(Outcome::Succeeded, Outcome::Failed),
        actor: Actor {
            id: &request.asked_by,
            ..Actor::default()
        },
        request: None,
        meta: json!({
            "userEntityRef": request.user,
            "issuedBy": "callboard token",
            "expiresAt": issued.as_ref().ok().map(|token| token.issued.expires_at.to_string()),
        }),
    });
    issued
}

async fn issue(
    core: &Core,
    catalog: &CatalogSnapshot,
    request: &TokenRequest,
) -> Result<AdministratorToken, IssueError> {
    request.check()?;
    if core.store.is_in_memory() {
        return Err(IssueError::InMemory);
    }
    let auth = Auth::new(core.clone())?;
    let known = ownership_of(catalog, &request.user, auth.groups());
    let is_known = known.is_some();
    let ownership = known.unwrap_or_else(|| vec![request.user.as_smol_str().clone()]);
    let user = UserIdentity {
        entity_ref: request.user.clone(),
        ownership,
    };
    let issued = auth.issue_user_token(&user, request.lifetime).await?;
    Ok(AdministratorToken { issued, is_known })
}

/// Why no token was issued.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// A hub with such a database would never see the key.
    #[error(
        "a hub whose database is in memory knows no key from outside: configure a database file"
    )]
    InMemory,
    /// Tokens are for users.
    #[error("`{0}` is no user")]
    NotAUser(EntityRef),
    /// The token would live too long, or not at all.
    #[error("a token lives for a second at least and for 24 hours at most")]
    Lifetime,
    /// The configuration of authentication cannot be used.
    #[error(transparent)]
    Config(#[from] StartError),
    /// The database is away, or the token would be too long.
    #[error("the token could not be issued")]
    Failed(#[source] Error),
}

impl From<Error> for IssueError {
    fn from(error: Error) -> IssueError {
        IssueError::Failed(error)
    }
}
