//! Tokens that a key at some URL signed: external access of type `jwks`.

use super::{is_word, restriction};
use crate::auth::caller::Caller;
use crate::auth::jose::{Algorithm, Expected, JoseError};
use crate::auth::jws::Jws;
use crate::auth::remote_key_set::{LIMITS, RemoteKeyError, RemoteKeySet};
use crate::clock::Clock;
use crate::http_client::HttpClient;
use callboard_config::{ConfigError, View};
use callboard_policy::AccessRestrictions;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};
use smol_str::SmolStr;
use std::fmt;
use std::sync::Arc;
use url::Url;

/// Everybody who issues tokens for programs, in the order of the configuration.
#[derive(Debug, Default)]
pub(super) struct Jwks(Vec<RemoteIssuer>);

/// Somebody who publishes keys, and whose tokens count here.
pub(super) struct RemoteIssuer {
    keys: Arc<RemoteKeySet>,
    /// One of these must be `iss`; empty asks for none. The same for audiences and `aud`.
    issuers: Vec<String>,
    audiences: Vec<String>,
    algorithms: Vec<Algorithm>,
    /// What stands before the `sub` of a token.
    prefix: String,
    restrictions: Vec<(SmolStr, AccessRestrictions)>,
}

impl Jwks {
    pub(super) fn add(&mut self, issuer: RemoteIssuer) {
        self.0.push(issuer);
    }

    /// The caller whom the first issuer that signed `token` names in it; `None` when nobody did,
    /// or it is over: as the original says the same of both, so do we, and log which it was.
    pub(super) async fn caller(&self, token: &str, now: Timestamp) -> Option<Caller> {
        let token = Jws::parse(token).filter(|_| !self.0.is_empty())?;
        for issuer in &self.0 {
            match issuer.subject(&token, now).await {
                Ok(subject) => return Some(Caller::new(subject, issuer.restrictions.clone())),
                Err(error) => tracing::debug!(
                    plugin = "auth",
                    subjects = issuer.prefix,
                    %error,
                    "a token is not of this external access"
                ),
            }
        }
        None
    }
}

impl RemoteIssuer {
    /// Reads one entry. Its keys are asked for when the first token comes.
    ///
    /// Without `algorithm` every one is accepted that the keys at the URL are for; none of them
    /// works with a shared secret.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] for a URL that is none, and for an algorithm that is not verified.
    pub(super) fn read(
        entry: &View<'_>,
        http: &HttpClient,
        clock: &Arc<dyn Clock>,
    ) -> Result<RemoteIssuer, ConfigError> {
        let options = entry.at("options")?;
        let words = |key| restriction::words(&options, key).map(Option::unwrap_or_default);
        let names = |key| -> Result<Vec<String>, ConfigError> {
            Ok(words(key)?.into_iter().map(String::from).collect())
        };
        let prefix = match options.optional_string("subjectPrefix")? {
            Some(prefix) => format!("external:{prefix}:"),
            None => "external:".to_owned(),
        };
        Ok(RemoteIssuer {
            keys: RemoteKeySet::new(&prefix, url(&options)?, http, clock, LIMITS),
            issuers: names("issuer")?,
            audiences: names("audience")?,
            algorithms: algorithms(&options, &words("algorithm")?)?,
            prefix,
            restrictions: restriction::read(entry)?,
        })
    }

    /// Whom the token names, if it is one of this issuer's.
    async fn subject(&self, token: &Jws<'_>, now: Timestamp) -> Result<SmolStr, RemoteKeyError> {
        self.keys.verify(token, &self.algorithms).await?;
        let claims: Map<String, Value> = token.payload().ok_or(JoseError::Claims)?;
        let expected = Expected {
            issuers: &self.issuers,
            audiences: &self.audiences,
            now,
            leeway: SignedDuration::ZERO,
        };
        expected.check(&claims)?;
        match claims.get("sub").and_then(Value::as_str) {
            Some(subject) if !subject.is_empty() => {
                Ok(smol_str::format_smolstr!("{}{subject}", self.prefix))
            }
            Some(_) | None => Err(JoseError::MissingClaim("sub").into()),
        }
    }
}

impl fmt::Debug for RemoteIssuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteIssuer")
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}

fn url(options: &View<'_>) -> Result<Url, ConfigError> {
    let text = options.string("url")?;
    if !is_word(&text) {
        let message = "Illegal JWKS URL, must be a set of non-space characters";
        return Err(options.error("url", message));
    }
    let url = Url::parse(&text).map_err(|error| options.error("url", error.to_string()))?;
    match url.scheme() {
        "http" | "https" => Ok(url),
        other => Err(options.error(
            "url",
            format!("keys are not read from `{other}:` addresses"),
        )),
    }
}

fn algorithms(options: &View<'_>, names: &[SmolStr]) -> Result<Vec<Algorithm>, ConfigError> {
    if names.is_empty() {
        return Ok(Algorithm::ALL.to_vec());
    }
    let algorithm = |name: &SmolStr| {
        Algorithm::parse(name).ok_or_else(|| {
            let known = Algorithm::ALL.map(Algorithm::as_str).join(", ");
            let message = format!("signatures of `{name}` are not verified; there are {known}");
            options.error("algorithm", message)
        })
    };
    names.iter().map(algorithm).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::jws::encode;
    use crate::auth::key::Key;
    use crate::auth::remote_key_set::tests::Publisher;
    use crate::auth::test::ManualClock;
    use callboard_config::Config;
    use serde_json::json;
    use std::time::Duration;

    fn read(options: &Value) -> Result<RemoteIssuer, String> {
        let config = Config::from_value(json!({"entry": {"type": "jwks", "options": options}}));
        let entry = config.root().at("entry").unwrap();
        let clock: Arc<dyn Clock> = Arc::new(ManualClock::default());
        let issuer = RemoteIssuer::read(&entry, &HttpClient::default(), &clock);
        issuer.map_err(|error| error.to_string())
    }

    struct Setting {
        key: Key,
        issuers: Jwks,
    }

    /// An issuer with one key, asked for by `options`.
    async fn setting(options: Value) -> Setting {
        let publisher = Publisher::default();
        let key = Key::generate(ManualClock::default().now(), Duration::from_secs(3600));
        publisher.publish(&[&key]);
        let mut all = json!({"url": publisher.serve().await});
        for (option, value) in options.as_object().unwrap() {
            all[option] = value.clone();
        }
        let issuers = Jwks(vec![read(&all).unwrap()]);
        Setting { key, issuers }
    }

    impl Setting {
        fn token(&self, header: &Value, claims: &Value) -> String {
            let mut all = json!({"alg": "ES256", "kid": self.key.id});
            for (member, value) in header.as_object().unwrap() {
                all[member] = value.clone();
            }
            let signed = format!("{}.{}", encode(&all).unwrap(), encode(claims).unwrap());
            let signature = self.key.sign(&signed).unwrap();
            format!("{signed}.{signature}")
        }

        async fn ask(&self, token: &str) -> Option<SmolStr> {
            let now = ManualClock::default().now();
            let caller = self.issuers.caller(token, now).await;
            caller.map(|caller| caller.subject)
        }

        async fn ask_with(&self, claims: Value) -> Option<SmolStr> {
            self.ask(&self.token(&json!({}), &claims)).await
        }
    }

    #[tokio::test]
    async fn the_subject_is_that_of_the_token_behind_the_prefix() {
        let with_prefix = setting(json!({"subjectPrefix": "ci"})).await;
        let without = setting(json!({})).await;

        let claims = json!({"sub": "deployer"});
        assert_eq!(
            with_prefix.ask_with(claims.clone()).await.as_deref(),
            Some("external:ci:deployer")
        );
        assert_eq!(
            without.ask_with(claims).await.as_deref(),
            Some("external:deployer")
        );
        assert_eq!(without.ask_with(json!({})).await, None);
        assert_eq!(without.ask_with(json!({"sub": ""})).await, None);
        assert_eq!(without.ask("garbage").await, None);
    }

    #[tokio::test]
    async fn issuer_audience_and_end_are_checked() {
        let setting = setting(json!({
            "issuer": "https://id.example.com, https://other.example.com",
            "audience": ["callboard"],
        }))
        .await;
        let now = ManualClock::default().now().as_second();
        let ask = async |over: Value| {
            let mut claims = json!({
                "sub": "deployer", "iss": "https://other.example.com", "aud": "callboard", "exp": now + 1,
            });
            for (claim, value) in over.as_object().unwrap() {
                claims[claim] = value.clone();
            }
            setting.ask_with(claims).await.is_some()
        };

        assert!(ask(json!({})).await);
        assert!(!ask(json!({"iss": "https://evil.example.com"})).await);
        assert!(!ask(json!({"iss": null})).await);
        assert!(!ask(json!({"aud": "another"})).await);
        assert!(!ask(json!({"exp": now})).await);
        assert!(!ask(json!({"nbf": now + 1})).await);
    }

    #[tokio::test]
    async fn a_pinned_algorithm_is_the_only_one() {
        let pinned = setting(json!({"algorithm": "RS256 PS256"})).await;
        let open = setting(json!({})).await;
        let claims = json!({"sub": "deployer"});

        assert_eq!(pinned.ask_with(claims.clone()).await, None);
        assert!(open.ask_with(claims.clone()).await.is_some());
        for alg in ["none", "HS256", "ES384", "RS256"] {
            let token = open.token(&json!({"alg": alg}), &claims);
            assert_eq!(open.ask(&token).await, None, "{alg}");
        }
    }

    #[tokio::test]
    async fn a_token_with_the_key_id_of_another_key_is_nobodys() {
        let (one, other) = (setting(json!({})).await, setting(json!({})).await);
        let claims = json!({"sub": "deployer"});

        let of_other = other.token(&json!({"kid": one.key.id}), &claims);

        assert_eq!(one.ask(&of_other).await, None);
        assert!(other.ask(&other.token(&json!({}), &claims)).await.is_some());
    }

    #[test]
    fn what_cannot_be_used_is_refused() {
        let refused = |options: Value| read(&options).unwrap_err();

        assert!(refused(json!({"url": "a b"})).contains("Illegal JWKS URL"));
        assert!(refused(json!({"url": "keys"})).contains("relative URL"));
        assert!(refused(json!({"url": "file:///keys"})).contains("`file:` addresses"));
        let hmac = refused(json!({"url": "https://id.example.com/keys", "algorithm": "HS256"}));
        assert!(
            hmac.contains("signatures of `HS256` are not verified"),
            "{hmac}"
        );
    }
}
