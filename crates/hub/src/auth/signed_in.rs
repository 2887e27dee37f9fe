//! What a sign-in provider finds out about a person, and the session that begins with it.

use super::service::UserIdentity;
use super::session::{Client, NewSession};
use super::{external, guest, service_account, session};
use crate::app::App;
use crate::audit::Operation;
use crate::error::Error;
use crate::principal::UserPrincipal;
use axum::http::HeaderMap;
use axum_extra::extract::cookie::Cookie;
use callboard_config::Secret;
use smol_str::SmolStr;
use std::sync::Arc;

/// A person whom a provider has signed in.
#[derive(Debug, Clone)]
pub(super) struct SignedIn {
    /// Who they are here.
    pub(super) identity: UserIdentity,
    /// What the provider tells of them.
    pub(super) profile: Profile,
    /// The id of the provider, a key of `auth.providers`.
    pub(super) provider: SmolStr,
    /// The environment of the provider's configuration; absent for those without environments.
    pub(super) environment: Option<SmolStr>,
    /// What the provider takes to say whether the person is still signed in there.
    pub(super) refresh_token: Option<Secret<String>>,
}

/// What a provider tells of a person, for people to see. Nothing is decided by it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Profile {
    /// The address of their mailbox.
    pub email: Option<String>,
    /// How they are called.
    pub display_name: Option<String>,
    /// The URL of a picture of them.
    pub picture: Option<String>,
}

/// What a provider says when it is asked again about a person of a session.
pub(super) enum Renewal {
    /// They are still signed in, and this is what is known of them now. Without a refresh token
    /// in it the one that was shown stays good.
    Still(Box<SignedIn>),
    /// They are not signed in any more, for this reason.
    Ended(Error),
    /// It cannot be reached: what was known holds for a while.
    Unreachable(Error),
}

/// Begins a session of a person who was just signed in, and gives its cookie. The session that
/// the browser of `headers` had before ends. `operation` is recorded with it, also when it fails.
pub(super) async fn enter(
    app: &App,
    headers: &HeaderMap,
    signed_in: SignedIn,
    operation: Operation,
) -> Result<Cookie<'static>, Error> {
    service_account::refuse_sign_in(&signed_in.identity.entity_ref)?;
    let SignedIn {
        identity,
        profile,
        provider,
        environment,
        refresh_token,
    } = signed_in;
    let user_ref = identity.entity_ref.as_smol_str().clone();
    let user = Arc::new(UserPrincipal::new(user_ref, identity.ownership));
    let operation = operation.done_by(&user.entity_ref);
    let new = NewSession {
        user,
        provider,
        environment,
        profile,
        client: Client::of(operation.requester()),
        refresh_token,
        before: session::id_of(app, headers).map(|id| external::digest(&id)),
    };
    let id = session::begin(app, new, operation).await?;
    let lifetime = app.auth().sessions.config.lifetime;
    Ok(session::cookie(app.core(), id, lifetime))
}

/// Asks the provider of a session whether its person is still signed in.
pub(super) async fn renew(
    app: &App,
    provider: &str,
    _environment: Option<&str>,
    _refresh_token: Option<&Secret<String>>,
) -> Renewal {
    if provider == guest::PROVIDER {
        return match guest::sign_in(app) {
            Ok(signed_in) => Renewal::Still(Box::new(signed_in)),
            Err(error) => Renewal::Ended(error),
        };
    }
    let message = format!("No auth provider registered for '{provider}'");
    Renewal::Ended(Error::NotFound(message))
}
