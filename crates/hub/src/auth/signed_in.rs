//! What a sign-in provider finds out about a person, and what begins with it: the session of a
//! page, or the token of another front end.

use super::service::UserIdentity;
use super::session::{Client, NewSession};
use super::{external, guest, oidc, service_account, session};
use crate::app::App;
use crate::audit::Operation;
use crate::error::Error;
use crate::principal::UserPrincipal;
use crate::settings;
use axum::http::{HeaderMap, HeaderValue, header};
use axum_extra::extract::cookie::Cookie;
use callboard_config::Secret;
use serde_json::{Value, json};
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

/// What the browser of somebody who entered is given.
pub(super) struct Entered {
    /// Its session.
    session: Cookie<'static>,
    /// How the person wants pages to look, by what they chose in another browser.
    preferences: Vec<HeaderValue>,
}

impl Entered {
    /// Adds the cookies to the headers of an answer.
    ///
    /// # Errors
    ///
    /// [`Error::Internal`] for a cookie that cannot stand in a header.
    pub(super) fn set_cookies(self, headers: &mut HeaderMap) -> Result<(), Error> {
        let session = HeaderValue::from_str(&self.session.to_string()).map_err(Error::internal)?;
        for cookie in [session].into_iter().chain(self.preferences) {
            headers.append(header::SET_COOKIE, cookie);
        }
        Ok(())
    }
}

/// Begins a session of a person who was just signed in, and gives its cookies. The session that
/// the browser of `headers` had before ends. `operation` is recorded with it, also when it fails.
pub(super) async fn enter(
    app: &App,
    headers: &HeaderMap,
    signed_in: SignedIn,
    operation: Operation,
) -> Result<Entered, Error> {
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
    let preferences = settings::cookies_of(app, &user.entity_ref).await;
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
    Ok(Entered {
        session: session::cookie(app.core(), id, lifetime),
        preferences,
    })
}

/// A token for a person who was just signed in, in the form in which other front ends are given
/// it, `backstageIdentity`. `operation` is recorded with it, when it does not fail.
///
/// # Errors
///
/// As [`super::Auth::issue_user_token`].
pub(super) async fn identify(
    app: &App,
    user: &UserIdentity,
    operation: Operation,
) -> Result<Value, Error> {
    let auth = app.auth();
    let (mut tx, issued) = auth.prepare_user_token(user, auth.token_lifetime()).await?;
    let recorded = operation
        .done_by(user.entity_ref.as_str())
        .succeed_in(
            app,
            &mut tx,
            json!({"expiresAt": issued.expires_at.to_string()}),
        )
        .await?;
    tx.commit().await?;
    recorded.publish();
    let expires_in = issued.expires_at.as_second() - app.core().clock.now().as_second();
    Ok(json!({
        "token": issued.token.expose(),
        "expiresInSeconds": expires_in,
        "identity": {
            "type": "user",
            "userEntityRef": user.entity_ref,
            "ownershipEntityRefs": user.ownership,
        },
    }))
}

/// Asks the provider of a session whether its person is still signed in.
///
/// One that gave no refresh token cannot be asked: its people sign in again.
pub(super) async fn renew(
    app: &App,
    provider: &str,
    environment: Option<&str>,
    refresh_token: Option<&Secret<String>>,
) -> Renewal {
    if provider == guest::PROVIDER {
        return match guest::sign_in(app) {
            Ok(signed_in) => Renewal::Still(Box::new(signed_in)),
            Err(error) => Renewal::Ended(error),
        };
    }
    match (environment, refresh_token) {
        (Some(environment), Some(token)) => oidc::renew(app, provider, environment, token).await,
        (None, _) | (_, None) => {
            let message = format!("Without a refresh token '{provider}' cannot be asked again");
            Renewal::Ended(Error::Authentication(message))
        }
    }
}

/// Tells the provider of a session that it is over, where it wants to know.
///
/// Whoever ends a session need not wait for it: a provider that cannot be told is logged.
pub(super) async fn leave(
    app: &App,
    provider: &str,
    environment: Option<&str>,
    refresh_token: Option<&Secret<String>>,
) {
    if let (Some(environment), Some(token)) = (environment, refresh_token) {
        oidc::revoke(app, provider, environment, token).await;
    }
}
