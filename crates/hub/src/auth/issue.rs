//! A token that an administrator issues at the machine: `callboard token`.

use super::config::MAX_TOKEN_LIFETIME;
use super::ownership::ownership_of;
use super::service::{Auth, IssuedToken, UserIdentity};
use crate::app::Core;
use crate::audit::{Audit, Operation, Requester};
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
    audit: &Audit,
    catalog: &CatalogSnapshot,
    request: &TokenRequest,
) -> Result<AdministratorToken, IssueError> {
    if core.store.is_in_memory() {
        return Err(IssueError::InMemory);
    }
    let operation = Operation::begin(
        Requester::named(&request.asked_by),
        "auth",
        "token-issue",
        json!({"userEntityRef": request.user, "issuedBy": "callboard token"}),
    );
    let issued = issue(core, audit, catalog, request, &operation).await;
    if let Err(error) = &issued {
        operation.refuse_by(audit, &error.to_string()).await;
    }
    issued
}

async fn issue(
    core: &Core,
    audit: &Audit,
    catalog: &CatalogSnapshot,
    request: &TokenRequest,
    operation: &Operation,
) -> Result<AdministratorToken, IssueError> {
    request.check()?;
    let auth = Auth::new(core.clone())?;
    if !auth.keys.are_shared() {
        return Err(IssueError::KeysInMemory);
    }
    let known = ownership_of(catalog, &request.user, auth.groups());
    let is_known = known.is_some();
    let ownership = known.unwrap_or_else(|| vec![request.user.as_smol_str().clone()]);
    let user = UserIdentity {
        entity_ref: request.user.clone(),
        ownership,
    };
    let (mut tx, issued) = auth.prepare_user_token(&user, request.lifetime).await?;
    let meta = json!({"expiresAt": issued.expires_at.to_string()});
    let recorded = operation.succeed_by(audit, &mut tx, meta).await;
    let recorded = recorded.map_err(Error::from)?;
    tx.commit().await.map_err(Error::from)?;
    recorded.publish();
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
    /// A hub with such a key store would never see the key either.
    #[error("a hub that keeps its keys in memory knows no key from outside: see `auth.keyStore`")]
    KeysInMemory,
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
