//! The two halves of a sign-in: to the provider, and back from it.

use super::client::{Client, Grant, Proofs, reason};
use super::pending::Pending;
use super::provider::Provider;
use super::refusal::Refusal;
use super::state::State;
use crate::app::App;
use crate::auth::service::UserIdentity;
use crate::auth::signed_in::{Profile, SignedIn};
use axum::http::HeaderMap;
use axum_extra::extract::cookie::Cookie;
use smol_str::SmolStr;
use url::Url;
use url::form_urlencoded;

/// The longest code that is exchanged, in bytes.
const MAX_CODE: usize = 8 * 1024;

/// The first half: where the browser goes, and what it keeps meanwhile.
pub(super) struct Beginning {
    pub(super) location: Url,
    pub(super) cookie: Cookie<'static>,
}

/// Sends the browser of `headers` to a provider. `page` is where a sign-in of our own ends.
///
/// # Errors
///
/// [`Refusal`] without a secret, and while the provider's metadata is not known.
pub(super) async fn begin(
    app: &App,
    headers: &HeaderMap,
    provider: &Provider,
    client: &Client,
    state: &State,
    page: Option<String>,
) -> Result<Beginning, Refusal> {
    let core = app.core();
    let seal = app.auth().oidc.seal()?;
    let text = state.encode();
    let now = core.clock.now();
    let pending = Pending::new(&text, &provider.id, &state.environment, page, now);
    let scope = state.scope.as_deref().unwrap_or_default();
    let location = client
        .authorization_url(scope, &text, &pending.proofs())
        .await?;
    let cookie = pending.to_cookie(core, seal, headers);
    Ok(Beginning {
        location,
        cookie: cookie.ok_or(Refusal::NoSecret)?,
    })
}

/// What the provider sends with the browser.
#[derive(Debug, Default)]
pub(super) struct Response {
    pub(super) state: String,
    pub(super) environment: Option<String>,
    code: Option<String>,
    issuer: Option<String>,
    error: Option<String>,
    description: Option<String>,
}

impl Response {
    /// Reads a query, or a form of the same shape; the first value of a name counts.
    pub(super) fn read(&mut self, encoded: &[u8]) {
        for (name, value) in form_urlencoded::parse(encoded) {
            let place = match name.as_ref() {
                "env" => &mut self.environment,
                "code" => &mut self.code,
                "iss" => &mut self.issuer,
                "error" => &mut self.error,
                "error_description" => &mut self.description,
                "state" if self.state.is_empty() => {
                    self.state = value.into_owned();
                    continue;
                }
                _ => continue,
            };
            place.get_or_insert_with(|| value.into_owned());
        }
    }

    /// What the provider gives for its code.
    ///
    /// # Errors
    ///
    /// [`Refusal`] when the provider says no, or proves nothing.
    pub(super) async fn redeem(
        &self,
        client: &Client,
        pending: &Pending,
    ) -> Result<Grant, Refusal> {
        client.check_issuer(self.issuer.as_deref()).await?;
        if let Some(error) = &self.error {
            let reason = reason(error, self.description.as_deref());
            let is_fault = error == "server_error" || error.starts_with("invalid");
            return Err(if is_fault {
                Refusal::Disproved(reason)
            } else {
                Refusal::Rejected(reason)
            });
        }
        let code = self.code.as_deref().unwrap_or_default();
        if code.is_empty() || code.len() > MAX_CODE {
            let message = "code missing from response".to_owned();
            return Err(Refusal::Disproved(message));
        }
        client.exchange(code, &pending.proofs()).await
    }
}

impl Pending {
    fn proofs(&self) -> Proofs<'_> {
        Proofs {
            nonce: &self.nonce,
            verifier: &self.verifier,
        }
    }
}

impl Grant {
    /// What the provider tells of the person. An address that nobody verified is not theirs.
    pub(super) fn profile(&self) -> Profile {
        let text = |name| self.userinfo.text(name).map(str::to_owned);
        Profile {
            email: self.userinfo.email().verified().map(str::to_owned),
            display_name: text("name"),
            picture: text("picture"),
        }
    }

    /// Who the person is here; `None` with a provider that signs nobody in.
    ///
    /// # Errors
    ///
    /// [`Refusal`] when no resolver finds them.
    pub(super) fn identity(
        &self,
        app: &App,
        client: &Client,
    ) -> Result<Option<UserIdentity>, Refusal> {
        let Some(resolvers) = &client.settings.resolvers else {
            return Ok(None);
        };
        let catalog = app.catalog().snapshot();
        let identity = resolvers.resolve(&self.userinfo, &catalog, app.auth().groups())?;
        Ok(Some(identity))
    }

    /// The person, signed in.
    ///
    /// # Errors
    ///
    /// As [`Grant::identity`], and 403 with a provider that signs nobody in.
    pub(super) fn sign_in(
        &self,
        app: &App,
        provider: &str,
        environment: &str,
        client: &Client,
    ) -> Result<SignedIn, Refusal> {
        let identity = self.identity(app, client)?.ok_or_else(|| {
            let message = format!("The auth provider '{provider}' signs nobody in");
            crate::error::Error::NotAllowed(message)
        })?;
        Ok(SignedIn {
            identity,
            profile: self.profile(),
            provider: SmolStr::from(provider),
            environment: Some(SmolStr::from(environment)),
            refresh_token: self.tokens.refresh_token.clone(),
        })
    }
}
