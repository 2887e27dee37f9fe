//! What a provider says of itself: its issuer and its endpoints.

use crate::clock::Clock;
use crate::http_client::{CallLimits, HttpClient, HttpError};
use arc_swap::ArcSwapOption;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use std::sync::Arc;
use tokio::sync::Mutex;
use url::Url;

/// Metadata older than this is asked for again; what was known holds until the answer.
const FRESH: SignedDuration = SignedDuration::from_hours(24);

/// How soon after a failure the next question may follow.
const PAUSE: SignedDuration = SignedDuration::from_secs(2);

/// The members of the metadata that are used.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Metadata {
    /// `iss` of its tokens.
    pub(super) issuer: String,
    pub(super) authorization_endpoint: Url,
    pub(super) token_endpoint: Url,
    pub(super) jwks_uri: Url,
    /// Mandatory in the end; see [`super::client`].
    pub(super) userinfo_endpoint: Option<Url>,
    pub(super) revocation_endpoint: Option<Url>,
    code_challenge_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl Metadata {
    /// Whether the provider takes a code challenge; one that does not say is sent one.
    pub(super) fn takes_challenge(&self) -> bool {
        let methods = self.code_challenge_methods_supported.as_ref();
        methods.is_none_or(|methods| methods.iter().any(|method| method == "S256"))
    }

    /// Whether the provider names itself in its answers to the browser, `iss`; by that an answer
    /// of another provider is told apart.
    pub(super) fn names_itself(&self) -> bool {
        self.authorization_response_iss_parameter_supported
    }

    /// What is wrong with an endpoint, if anything: each is a web address, and none gives up the
    /// encryption with which the metadata came.
    fn fault(&self, asked: &Url) -> Option<String> {
        let endpoints = [
            ("authorization_endpoint", Some(&self.authorization_endpoint)),
            ("token_endpoint", Some(&self.token_endpoint)),
            ("jwks_uri", Some(&self.jwks_uri)),
            ("userinfo_endpoint", self.userinfo_endpoint.as_ref()),
            ("revocation_endpoint", self.revocation_endpoint.as_ref()),
        ];
        let is_fit = |url: &Url| match url.scheme() {
            "https" => true,
            "http" => asked.scheme() == "http",
            _ => false,
        };
        let unfit = endpoints
            .into_iter()
            .find(|(_, url)| url.is_some_and(|url| !is_fit(url)));
        unfit.map(|(name, _)| format!("{name} of the issuer is no address that can be used"))
    }
}

/// Why there is no metadata.
#[derive(Debug, thiserror::Error)]
pub(super) enum MetadataError {
    /// The provider does not answer, or not with metadata.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The metadata cannot be used.
    #[error("{0}")]
    Unfit(String),
    /// It was asked for a moment ago, in vain.
    #[error("no answer a moment ago")]
    Pausing,
}

/// The metadata of a provider, asked for once and kept.
pub(super) struct Discovery {
    url: Url,
    http: HttpClient,
    clock: Arc<dyn Clock>,
    limits: CallLimits,
    known: ArcSwapOption<Known>,
    /// When the next question may be asked. Held while one is, so that its answer serves all.
    not_before: Mutex<Timestamp>,
}

struct Known {
    metadata: Arc<Metadata>,
    at: Timestamp,
}

impl Discovery {
    pub(super) fn new(
        url: Url,
        http: HttpClient,
        clock: Arc<dyn Clock>,
        limits: CallLimits,
    ) -> Discovery {
        Discovery {
            url,
            http,
            clock,
            limits,
            known: ArcSwapOption::empty(),
            not_before: Mutex::new(Timestamp::MIN),
        }
    }

    /// The metadata; asks for it when it is not known yet, or not lately.
    ///
    /// # Errors
    ///
    /// [`MetadataError`] when it was never known.
    pub(super) async fn metadata(&self) -> Result<Arc<Metadata>, MetadataError> {
        if let Some(known) = self.fresh() {
            return Ok(known);
        }
        let mut not_before = self.not_before.lock().await;
        if let Some(known) = self.fresh() {
            return Ok(known);
        }
        let now = self.clock.now();
        let asked = if now < *not_before {
            Err(MetadataError::Pausing)
        } else {
            self.ask(now).await
        };
        asked.or_else(|error| {
            if !matches!(error, MetadataError::Pausing) {
                *not_before = now + PAUSE;
            }
            let known = self.known.load();
            known
                .as_ref()
                .map_or(Err(error), |known| Ok(known.metadata.clone()))
        })
    }

    fn fresh(&self) -> Option<Arc<Metadata>> {
        let known = self.known.load();
        let known = known.as_ref()?;
        let is_fresh = self.clock.now().duration_since(known.at) < FRESH;
        is_fresh.then(|| known.metadata.clone())
    }

    async fn ask(&self, now: Timestamp) -> Result<Arc<Metadata>, MetadataError> {
        let metadata: Metadata = self.http.get_json(&self.url, None, self.limits).await?;
        if let Some(fault) = metadata.fault(&self.url) {
            return Err(MetadataError::Unfit(fault));
        }
        if !self.url.as_str().starts_with(&metadata.issuer) {
            tracing::info!(
                plugin = "auth",
                issuer = metadata.issuer,
                metadata_url = self.url.as_str(),
                "the issuer calls itself otherwise than its metadata is found"
            );
        }
        let metadata = Arc::new(metadata);
        self.known.store(Some(Arc::new(Known {
            metadata: metadata.clone(),
            at: now,
        })));
        Ok(metadata)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn metadata(more: &Value) -> Metadata {
        let mut document = json!({
            "issuer": "https://id.example",
            "authorization_endpoint": "https://login.example/authorize",
            "token_endpoint": "https://login.example/token",
            "jwks_uri": "https://id.example/keys",
        });
        for (name, value) in more.as_object().unwrap() {
            document[name] = value.clone();
        }
        serde_json::from_value(document).unwrap()
    }

    #[test]
    fn endpoints_may_lie_on_other_hosts_and_not_without_encryption() {
        let asked = Url::parse("https://id.example/.well-known/openid-configuration").unwrap();
        let plain = Url::parse("http://id.example/.well-known/openid-configuration").unwrap();
        let downgraded = metadata(&json!({"token_endpoint": "http://login.example/token"}));
        let scripted = metadata(&json!({"authorization_endpoint": "javascript:alert(1)"}));

        assert_eq!(metadata(&json!({})).fault(&asked), None);
        assert_eq!(downgraded.fault(&plain), None);
        assert_eq!(
            downgraded.fault(&asked).unwrap(),
            "token_endpoint of the issuer is no address that can be used"
        );
        assert!(scripted.fault(&plain).is_some());
    }

    #[test]
    fn a_challenge_is_sent_unless_the_issuer_lists_other_methods_only() {
        let takes = |methods: Value| {
            metadata(&json!({"code_challenge_methods_supported": methods})).takes_challenge()
        };

        assert!(metadata(&json!({})).takes_challenge());
        assert!(takes(json!(["plain", "S256"])));
        assert!(!takes(json!(["plain"])));
        assert!(!takes(json!([])));
    }
}
