//! The hub as the client of one provider in one environment.

use super::claims::Claims;
use super::id_token::{Disbelief, Expected};
use super::metadata::{Discovery, Metadata};
use super::refusal::Refusal;
use super::settings::{ClientAuth, Settings};
use crate::app::Core;
use crate::auth::external;
use crate::auth::remote_key_set::{RemoteKeyError, RemoteKeySet};
use crate::clock::Clock;
use crate::http_client::{CallLimits, HttpClient, HttpError, Reply};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use callboard_config::Secret;
use moka::sync::Cache;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::OnceCell;
use url::Url;
use url::form_urlencoded::byte_serialize;

/// How much of an answer is read.
const MAX_ANSWER: usize = 512 * 1024;

/// The longest refresh token that is kept, in characters: it travels in cookies.
const MAX_REFRESH_TOKEN: usize = 16_000;

/// How much of what a provider says of an error is repeated.
const MAX_REASON: usize = 500;

/// How long a refresh token that was replaced is answered as before, and how many are known.
const ANSWERED_AGAIN: Duration = Duration::from_secs(10);
const MAX_ANSWERED_AGAIN: u64 = 10_000;

/// The hub as a client of a provider.
pub(super) struct Client {
    pub(super) settings: Settings,
    http: HttpClient,
    clock: Arc<dyn Clock>,
    limits: CallLimits,
    discovery: Discovery,
    /// The keys at the place that the provider names for them; absent before the first token.
    keys: Mutex<Option<Arc<RemoteKeySet>>>,
    /// What was given for refresh tokens that were replaced just now. Such a provider takes each
    /// once, and tabs that ask at the same moment show the same one.
    refreshed: Cache<external::Digest, Arc<OnceCell<Arc<Grant>>>>,
}

/// What one sign-in keeps between its two halves.
pub(super) struct Proofs<'a> {
    pub(super) nonce: &'a str,
    pub(super) verifier: &'a str,
}

/// What a provider gives for a code or a refresh token.
pub(super) struct Grant {
    pub(super) tokens: Tokens,
    /// What the provider tells of the person, from its userinfo endpoint.
    pub(super) userinfo: Claims,
}

/// The tokens of a grant.
#[derive(Deserialize)]
pub(super) struct Tokens {
    pub(super) access_token: Secret<String>,
    pub(super) id_token: Option<Secret<String>>,
    pub(super) refresh_token: Option<Secret<String>>,
    /// How long the access token is good for; some providers write it as text.
    #[serde(default)]
    expires_in: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Refused {
    error: String,
    error_description: Option<String>,
}

impl Tokens {
    /// How long the access token is good for.
    pub(super) fn expires_in_seconds(&self) -> Option<i64> {
        let value = self.expires_in.as_ref()?;
        let number = value.as_f64().or_else(|| value.as_str()?.parse().ok());
        number.map(|seconds| seconds as i64)
    }
}

impl Client {
    pub(super) fn new(settings: Settings, core: &Core) -> Client {
        let limits = CallLimits {
            timeout: settings.timeout,
            body_bytes: MAX_ANSWER,
        };
        let (http, clock) = (core.http.clone(), core.clock.clone());
        let url = settings.metadata_url.clone();
        Client {
            discovery: Discovery::new(url, http.clone(), clock.clone(), limits),
            keys: Mutex::default(),
            http,
            clock,
            limits,
            refreshed: Cache::builder()
                .max_capacity(MAX_ANSWERED_AGAIN)
                .time_to_live(ANSWERED_AGAIN)
                .build(),
            settings,
        }
    }

    /// What the provider says of itself.
    ///
    /// # Errors
    ///
    /// [`Refusal::Unreachable`]; asked once in a while only.
    pub(super) async fn metadata(&self) -> Result<Arc<Metadata>, Refusal> {
        Ok(self.discovery.metadata().await?)
    }

    /// Where a browser is sent to sign in.
    ///
    /// # Errors
    ///
    /// [`Refusal::Unreachable`] while the provider's metadata is not known.
    pub(super) async fn authorization_url(
        &self,
        scope: &str,
        state: &str,
        proofs: &Proofs<'_>,
    ) -> Result<Url, Refusal> {
        let metadata = self.metadata().await?;
        let settings = &self.settings;
        let mut url = metadata.authorization_endpoint.clone();
        let mut query = url.query_pairs_mut();
        query
            .append_pair("client_id", &settings.client_id)
            .append_pair("scope", scope)
            .append_pair("response_type", "code")
            .append_pair("redirect_uri", &settings.callback_url)
            .append_pair("state", state)
            .extend_pairs(&settings.start_parameters)
            .append_pair("nonce", proofs.nonce);
        if let Some(prompt) = &settings.prompt {
            query.append_pair("prompt", prompt);
        }
        if metadata.takes_challenge() {
            let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(proofs.verifier));
            query
                .append_pair("code_challenge", &challenge)
                .append_pair("code_challenge_method", "S256");
        }
        drop(query);
        Ok(url)
    }

    /// Checks that an answer to the browser is of this provider: `issuer` is what it says.
    ///
    /// # Errors
    ///
    /// [`Refusal::Disproved`] for another one, or for none where the provider promised to say.
    pub(super) async fn check_issuer(&self, issuer: Option<&str>) -> Result<(), Refusal> {
        let metadata = self.metadata().await?;
        match issuer {
            Some(issuer) if issuer == metadata.issuer => Ok(()),
            None if !metadata.names_itself() => Ok(()),
            Some(_) => Err(Refusal::Disproved("iss mismatch".to_owned())),
            None => Err(Refusal::Disproved(
                "iss missing from the response".to_owned(),
            )),
        }
    }

    /// Exchanges a code.
    ///
    /// # Errors
    ///
    /// [`Refusal`] when the provider does not take it, or what it gives proves nothing.
    pub(super) async fn exchange(&self, code: &str, proofs: &Proofs<'_>) -> Result<Grant, Refusal> {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.settings.callback_url),
            ("code_verifier", proofs.verifier),
        ];
        let tokens = self.tokens(&form).await?;
        let Some(id_token) = &tokens.id_token else {
            let message = "id_token not present in TokenSet".to_owned();
            return Err(Refusal::Disproved(message));
        };
        let claims = self.verify(id_token, &tokens, Some(proofs.nonce)).await?;
        let userinfo = self.userinfo(&tokens.access_token).await?;
        same_subject(&claims, &userinfo)?;
        Ok(Grant { tokens, userinfo })
    }

    /// Asks for new tokens.
    ///
    /// # Errors
    ///
    /// [`Refusal`] when the provider does not take the refresh token, or what it gives proves
    /// nothing.
    pub(super) async fn refresh(
        &self,
        refresh_token: &Secret<String>,
    ) -> Result<Arc<Grant>, Refusal> {
        let digest = external::digest(refresh_token.expose());
        let answer = self.refreshed.get_with(digest, Arc::default);
        let asked = answer
            .get_or_try_init(|| async { self.ask_again(refresh_token).await.map(Arc::new) })
            .await;
        let is_replaced = asked.as_ref().is_ok_and(|grant| {
            let next = grant.tokens.refresh_token.as_ref();
            next.is_some_and(|next| next.expose() != refresh_token.expose())
        });
        if !is_replaced {
            self.refreshed.invalidate(&digest);
        }
        asked.cloned()
    }

    async fn ask_again(&self, refresh_token: &Secret<String>) -> Result<Grant, Refusal> {
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh_token.expose()),
        ];
        let tokens = self.tokens(&form).await?;
        let claims = match &tokens.id_token {
            Some(id_token) => Some(self.verify(id_token, &tokens, None).await?),
            None => None,
        };
        let userinfo = self.userinfo(&tokens.access_token).await?;
        if let Some(claims) = claims {
            same_subject(&claims, &userinfo)?;
        }
        Ok(Grant { tokens, userinfo })
    }

    /// Tells the provider that a refresh token is not needed any more, where it wants to know.
    ///
    /// # Errors
    ///
    /// [`Refusal`] when it cannot be told.
    pub(super) async fn revoke(&self, refresh_token: &Secret<String>) -> Result<(), Refusal> {
        self.refreshed.invalidate_all();
        let metadata = self.metadata().await?;
        let Some(url) = &metadata.revocation_endpoint else {
            return Ok(());
        };
        let form = [("token", refresh_token.expose().as_str())];
        let reply = self.post(url, &form, "revocation").await?;
        if reply.status.is_success() {
            Ok(())
        } else {
            Err(refused(&reply))
        }
    }

    async fn tokens(&self, form: &[(&str, &str)]) -> Result<Tokens, Refusal> {
        let metadata = self.metadata().await?;
        let reply = self.post(&metadata.token_endpoint, form, "token").await?;
        if !reply.status.is_success() {
            return Err(refused(&reply));
        }
        let tokens: Tokens = reply
            .json()
            .map_err(|error| self.unreachable("the token endpoint gives no tokens", &error))?;
        let is_too_long = |token: &Secret<String>| token.expose().len() > MAX_REFRESH_TOKEN;
        if tokens.refresh_token.as_ref().is_some_and(is_too_long) {
            return Err(Refusal::Disproved(
                "the refresh token is too long".to_owned(),
            ));
        }
        Ok(tokens)
    }

    async fn post(
        &self,
        url: &Url,
        form: &[(&str, &str)],
        endpoint: &'static str,
    ) -> Result<Reply, Refusal> {
        let Settings {
            client_id,
            client_secret,
            client_auth,
            ..
        } = &self.settings;
        let mut form = form.to_vec();
        let mut basic = None;
        match client_auth {
            ClientAuth::Basic => {
                let encode = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
                let pair = format!("{}:{}", encode(client_id), encode(client_secret.expose()));
                basic = Some(Secret::new(STANDARD.encode(Secret::new(pair).expose())));
            }
            ClientAuth::Post => {
                form.push(("client_id", client_id));
                form.push(("client_secret", client_secret.expose()));
            }
            ClientAuth::None => form.push(("client_id", client_id)),
        }
        let reply = self
            .http
            .post_form(url, basic.as_ref(), &form, self.limits)
            .await;
        reply.map_err(|error| match endpoint {
            "token" => self.unreachable("the token endpoint does not answer", &error),
            _ => self.unreachable("the revocation endpoint does not answer", &error),
        })
    }

    async fn verify(
        &self,
        id_token: &Secret<String>,
        tokens: &Tokens,
        nonce: Option<&str>,
    ) -> Result<Claims, Refusal> {
        let metadata = self.metadata().await?;
        let expected = Expected {
            issuer: &metadata.issuer,
            client_id: &self.settings.client_id,
            algorithm: self.settings.algorithm,
            nonce,
            access_token: tokens.access_token.expose(),
            now: self.clock.now(),
        };
        let disproved = |error: Disbelief| Refusal::Disproved(error.to_string());
        let token = expected.parse(id_token.expose()).map_err(disproved)?;
        let keys = self.keys_at(&metadata.jwks_uri);
        let verified = keys.verify(&token, &[self.settings.algorithm]).await;
        verified.map_err(|error| match error {
            RemoteKeyError::NoAnswer => Refusal::unreachable("the provider gives no keys", &error),
            RemoteKeyError::Token(error) => disproved(error.into()),
        })?;
        expected.check(&token).map_err(disproved)
    }

    /// The keys at `url`: what is known of them holds for as long as the provider names the place.
    fn keys_at(&self, url: &Url) -> Arc<RemoteKeySet> {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        match &*keys {
            Some(known) if known.url() == url => known.clone(),
            Some(_) | None => {
                let owner = self.settings.metadata_url.as_str();
                let (http, clock) = (&self.http, &self.clock);
                let new = RemoteKeySet::new(owner, url.clone(), http, clock, self.limits);
                keys.insert(new).clone()
            }
        }
    }

    async fn userinfo(&self, access_token: &Secret<String>) -> Result<Claims, Refusal> {
        let metadata = self.metadata().await?;
        let Some(url) = &metadata.userinfo_endpoint else {
            let message =
                "OIDC IdP must provide a userinfo_endpoint in the metadata response".to_owned();
            return Err(Refusal::Disproved(message));
        };
        let claims: Claims = self
            .http
            .get_json(url, Some(access_token), self.limits)
            .await
            .map_err(|error| match &error {
                HttpError::Status(status) if status.is_client_error() => {
                    Refusal::Disproved(format!("userinfo answers {status}"))
                }
                _ => self.unreachable("the userinfo endpoint does not answer", &error),
            })?;
        match claims.text("sub") {
            Some(_) => Ok(claims),
            None => Err(Refusal::Disproved("userinfo names no sub".to_owned())),
        }
    }

    /// The provider does not answer: people are told that, the log why.
    fn unreachable(&self, what: &'static str, error: &HttpError) -> Refusal {
        tracing::warn!(
            plugin = "auth",
            metadata_url = self.settings.metadata_url.as_str(),
            error = error.in_full(),
            "{what}"
        );
        Refusal::unreachable(what, &error)
    }
}

/// Both speak of one person: else the access token was swapped for another's.
fn same_subject(claims: &Claims, userinfo: &Claims) -> Result<(), Refusal> {
    if claims.text("sub") == userinfo.text("sub") {
        return Ok(());
    }
    let message = "userinfo sub mismatch, it is not the person of the id_token".to_owned();
    Err(Refusal::Disproved(message))
}

/// A provider's no, with the reason that it gives.
fn refused(reply: &Reply) -> Refusal {
    if reply.status.is_server_error() {
        return Refusal::unreachable("the provider fails", &format!("status {}", reply.status));
    }
    match reply.json::<Refused>() {
        Ok(refused) => {
            Refusal::Disproved(reason(&refused.error, refused.error_description.as_deref()))
        }
        Err(_) => Refusal::Disproved(format!("the provider answers {}", reply.status)),
    }
}

/// `access_denied (The user said no)`, as far as it can be shown.
pub(super) fn reason(error: &str, description: Option<&str>) -> String {
    let text = match description {
        Some(description) => format!("{error} ({description})"),
        None => error.to_owned(),
    };
    let shown = text.chars().filter(|c| !c.is_control());
    shown.take(MAX_REASON).collect()
}
