//! GitHub Apps: credentials that the hub makes itself, for an hour and one installation.

use super::error::ReadError;
use super::fetch::{Call, Fetched, Fetcher};
use super::forge::{Place, below};
use super::integration::Integration;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use callboard_config::Secret;
use jiff::{SignedDuration, Timestamp};
use rustls::SignatureScheme;
use rustls::crypto::ring::sign::any_supported_type;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use rustls::sign::SigningKey;
use serde::Deserialize;
use serde_json::json;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::Mutex;
use url::Url;

/// How long the hub believes that an app is installed, or that it is not.
const KNOWN_FOR: SignedDuration = SignedDuration::from_mins(10);

/// How long before its end a token is replaced.
const MARGIN: SignedDuration = SignedDuration::from_mins(5);

/// How long an answer about an installation may be.
const ANSWER_BYTES: u64 = 256 * 1024;

/// What GitHub wants to be asked for.
const ACCEPT: &str = "application/vnd.github+json";

/// An item of `integrations.github[].apps`.
pub(super) struct GitHubApp {
    id: String,
    key: Arc<dyn SigningKey>,
    /// Absent means everyone.
    owners: Option<Vec<String>>,
    known: Mutex<Known>,
}

/// What GitHub has told, each with the time until which it is believed.
#[derive(Default)]
struct Known {
    /// By repository; absent where the app is not installed.
    installations: HashMap<String, (Option<u64>, Timestamp)>,
    /// The value of the header, by installation.
    tokens: HashMap<u64, (Secret<String>, Timestamp)>,
}

#[derive(Deserialize)]
struct Installation {
    id: u64,
    suspended_at: Option<String>,
}

#[derive(Deserialize)]
struct Token {
    token: String,
    expires_at: Timestamp,
}

/// Whom an app asks, on whose behalf, and when.
pub(super) struct Asking<'a> {
    pub(super) fetcher: &'a Fetcher,
    pub(super) now: Timestamp,
    /// What somebody wants to read.
    pub(super) asked: &'a Url,
    pub(super) at: &'a Integration,
}

impl GitHubApp {
    /// `None` when the key is no RSA key in PEM.
    pub(super) fn new(
        id: String,
        key: &Secret<String>,
        owners: Option<Vec<String>>,
    ) -> Option<GitHubApp> {
        let key = PrivateKeyDer::from_pem_slice(key.expose().as_bytes()).ok()?;
        let key = any_supported_type(&key).ok()?;
        key.choose_scheme(&[SignatureScheme::RSA_PKCS1_SHA256])?;
        Some(GitHubApp {
            id,
            key,
            owners,
            known: Mutex::default(),
        })
    }

    /// Whether the app may be used for the repositories of `owner`.
    pub(super) fn is_for(&self, owner: &str) -> bool {
        let is_named = |owners: &Vec<String>| {
            let mut owners = owners.iter();
            owners.any(|known| known.eq_ignore_ascii_case(owner))
        };
        self.owners.as_ref().is_none_or(is_named)
    }

    /// The header for a repository; `None` where the app is not installed.
    pub(super) async fn authorization(
        &self,
        asking: &Asking<'_>,
        place: &Place,
    ) -> Result<Option<Secret<String>>, ReadError> {
        // One question at a time, so that nobody asks twice for the same token.
        let mut known = self.known.lock().await;
        known.forget(asking.now);
        let repository = format!("{}/{}", place.owner, place.name).to_ascii_lowercase();
        let installation = match known.installations.get(&repository) {
            Some((installation, _)) => *installation,
            None => {
                let installation = self.installation(asking, place).await?;
                let until = asking.now + KNOWN_FOR;
                known
                    .installations
                    .insert(repository, (installation, until));
                installation
            }
        };
        let Some(installation) = installation else {
            return Ok(None);
        };
        if let Some((header, _)) = known.tokens.get(&installation) {
            return Ok(Some(header.clone()));
        }
        let token = self.token(asking, installation).await?;
        let header = Secret::new(format!("Bearer {}", token.token));
        let until = token.expires_at - MARGIN;
        known.tokens.insert(installation, (header.clone(), until));
        Ok(Some(header))
    }

    async fn installation(
        &self,
        asking: &Asking<'_>,
        place: &Place,
    ) -> Result<Option<u64>, ReadError> {
        let path = ["repos", &*place.owner, &*place.name, "installation"];
        let found: Installation = match self.ask(asking, &below(&asking.at.api, path), None).await {
            Ok(found) => found,
            Err(error) if error.is_not_found() => return Ok(None),
            Err(error) => return Err(error),
        };
        if found.suspended_at.is_some() {
            let reason = format!("the GitHub App {} is suspended there", self.id);
            return Err(ReadError::not_allowed(asking.asked, reason));
        }
        Ok(Some(found.id))
    }

    /// A token that reads contents, even if the app may do more.
    async fn token(&self, asking: &Asking<'_>, installation: u64) -> Result<Token, ReadError> {
        let id = installation.to_string();
        let path = ["app", "installations", &*id, "access_tokens"];
        let body = json!({"permissions": {"contents": "read"}}).to_string();
        self.ask(asking, &below(&asking.at.api, path), Some(&body))
            .await
    }

    async fn ask<T: for<'de> Deserialize<'de>>(
        &self,
        asking: &Asking<'_>,
        url: &Url,
        post: Option<&str>,
    ) -> Result<T, ReadError> {
        let asked = asking.asked;
        let odd = || {
            let reason = format!(
                "`{}` answers oddly about the GitHub App {}",
                asking.at.host, self.id
            );
            ReadError::invalid(asked, reason)
        };
        let proof = self.proof(asking.now).ok_or_else(odd)?;
        let call = Call {
            asked,
            url,
            at: Some(asking.at),
            authorization: Some(&proof),
            accept: Some(ACCEPT),
            etag: None,
            post,
        };
        match asking.fetcher.ask(&call).await? {
            Fetched::NotModified => Err(odd()),
            Fetched::Found(body) => {
                let body = body.read(asked, ANSWER_BYTES).await?;
                serde_json::from_slice(&body).map_err(|_| odd())
            }
        }
    }

    /// What proves to GitHub that the hub is the app: a token that it signs itself, for minutes.
    fn proof(&self, now: Timestamp) -> Option<Secret<String>> {
        let claims = json!({
            // Clocks differ.
            "iat": now.as_second() - 60,
            "exp": now.as_second() + 540,
            "iss": self.id,
        });
        let part = |value: &str| URL_SAFE_NO_PAD.encode(value);
        let signed = format!(
            "{}.{}",
            part(r#"{"alg":"RS256","typ":"JWT"}"#),
            part(&claims.to_string())
        );
        let signer = self
            .key
            .choose_scheme(&[SignatureScheme::RSA_PKCS1_SHA256])?;
        let signature = URL_SAFE_NO_PAD.encode(signer.sign(signed.as_bytes()).ok()?);
        Some(Secret::new(format!("Bearer {signed}.{signature}")))
    }
}

impl Known {
    fn forget(&mut self, now: Timestamp) {
        self.installations.retain(|_, (_, until)| *until > now);
        self.tokens.retain(|_, (_, until)| *until > now);
    }
}
