//! Programs that call with a token of their own: `backend.auth.externalAccess`.
//!
//! The three types are tried in the order of the original: tokens that are compared as they
//! stand, tokens that a shared secret signed, tokens that a key at some URL signed.

mod finding;
mod jwks;
mod legacy;
mod restriction;
mod static_token;

use super::caller::Caller;
use crate::clock::Clock;
use crate::error::Error;
use crate::http_client::HttpClient;
use crate::principal::Principal;
use callboard_config::{Config, ConfigError, View};
use jwks::{Jwks, RemoteIssuer};
use legacy::{LegacyKey, LegacyKeys};
use smol_str::SmolStr;
use static_token::StaticTokens;
use std::sync::Arc;

pub(super) use finding::findings;
pub(super) use static_token::{Digest, digest};

/// Who may call from outside.
#[derive(Debug, Default)]
pub(super) struct ExternalAccess {
    statics: StaticTokens,
    legacies: LegacyKeys,
    jwks: Jwks,
}

impl ExternalAccess {
    /// Reads `backend.auth.externalAccess` and the deprecated `backend.auth.keys`.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] with the original's text for what it refuses.
    pub(super) fn from_config(
        config: &Config,
        http: &HttpClient,
        clock: &Arc<dyn Clock>,
    ) -> Result<ExternalAccess, ConfigError> {
        let mut access = ExternalAccess::default();
        let root = config.root();
        for entry in root
            .optional_object_list("backend.auth.externalAccess")?
            .unwrap_or_default()
        {
            match entry.string("type")?.as_str() {
                "static" => access.statics.add(&entry)?,
                "legacy" => {
                    let key = LegacyKey::read(&entry, "options.secret")?;
                    let subject = subject(&entry)?;
                    let caller = Caller::new(subject, restriction::read(&entry)?);
                    access.legacies.add(&entry, key, caller)?;
                }
                "jwks" => access.jwks.add(RemoteIssuer::read(&entry, http, clock)?),
                other => {
                    let message = format!(
                        "Unknown type '{other}' in backend.auth.externalAccess, \
                         expected one of 'static', 'legacy', 'jwks'",
                    );
                    return Err(entry.error("type", message));
                }
            }
        }
        let keys = root
            .optional_object_list("backend.auth.keys")?
            .unwrap_or_default();
        if !keys.is_empty() {
            tracing::warn!(
                plugin = "auth",
                "DEPRECATION WARNING: `backend.auth.keys` is replaced by `backend.auth.externalAccess`",
            );
        }
        for key in keys {
            let caller = Caller::new("external:backstage-plugin".into(), Vec::new());
            let secret = LegacyKey::read(&key, "secret")?;
            access.legacies.add(&key, secret, caller)?;
        }
        Ok(access)
    }

    /// The caller behind a token that is no user's and no plugin's, as `plugin` sees it; `None`
    /// when the token is unknown.
    ///
    /// # Errors
    ///
    /// 403 when the token is for other plugins, 401 when one of a shared secret is over.
    pub(super) async fn authenticate(
        &self,
        token: &str,
        digest: &Digest,
        plugin: &str,
        clock: &dyn Clock,
    ) -> Result<Option<Principal>, Error> {
        if let Some(caller) = self.statics.caller(digest) {
            return caller.enter(plugin).map(Some);
        }
        if let Some(caller) = self.legacies.caller(token, clock.now())? {
            return caller.enter(plugin).map(Some);
        }
        let caller = self.jwks.caller(token, clock.now()).await;
        caller.map(|caller| caller.enter(plugin)).transpose()
    }

    /// Who may call, for the log at start.
    pub(super) fn subjects(&self) -> impl Iterator<Item = &str> {
        self.statics.subjects().chain(self.legacies.subjects())
    }
}

/// `options.subject` of an entry.
fn subject(entry: &View<'_>) -> Result<SmolStr, ConfigError> {
    let subject = entry.string("options.subject")?;
    if is_word(&subject) {
        return Ok(subject.into());
    }
    Err(entry.error(
        "options.subject",
        "Illegal subject, must be a set of non-space characters",
    ))
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && !text.contains(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::jws;
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use callboard_policy::Action;
    use hmac::{Hmac, KeyInit, Mac};
    use jiff::Timestamp;
    use serde_json::{Value, json};
    use sha2::Sha256;

    /// 1000 seconds after the beginning of time.
    struct Early;

    impl Clock for Early {
        fn now(&self) -> Timestamp {
            Timestamp::from_second(1_000).unwrap()
        }
    }

    fn access(entries: &Value) -> Result<ExternalAccess, String> {
        let config = Config::from_value(json!({"backend": {"auth": {"externalAccess": entries}}}));
        let clock: Arc<dyn Clock> = Arc::new(Early);
        let access = ExternalAccess::from_config(&config, &HttpClient::default(), &clock);
        access.map_err(|error| error.to_string())
    }

    async fn ask(
        access: &ExternalAccess,
        token: &str,
        plugin: &str,
    ) -> Result<Option<String>, String> {
        let digest = digest(token);
        let answer = access.authenticate(token, &digest, plugin, &Early);
        answer
            .await
            .map(|caller| caller.map(|caller| caller.actor().to_owned()))
            .map_err(|error| error.to_string())
    }

    fn legacy_token(payload: &Value) -> String {
        let header = jws::encode(&json!({"alg": "HS256"})).unwrap();
        let signed = format!("{header}.{}", jws::encode(payload).unwrap());
        let mut mac = Hmac::<Sha256>::new_from_slice(b"a shared secret").unwrap();
        mac.update(signed.as_bytes());
        format!(
            "{signed}.{}",
            URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
        )
    }

    #[tokio::test]
    async fn a_static_token_is_its_subject_and_nothing_else_is() {
        let access = access(&json!([
            {"type": "static", "options": {"token": "first-token", "subject": "ci"}},
            {"type": "static", "options": {"token": "second-token", "subject": "cron"}},
        ]))
        .unwrap();

        assert_eq!(
            ask(&access, "first-token", "catalog").await,
            Ok(Some("ci".into()))
        );
        assert_eq!(
            ask(&access, "second-token", "catalog").await,
            Ok(Some("cron".into()))
        );
        assert_eq!(ask(&access, "third-token", "catalog").await, Ok(None));
        assert_eq!(ask(&access, "", "catalog").await, Ok(None));
    }

    #[tokio::test]
    async fn a_restricted_token_names_its_plugins_when_it_goes_elsewhere() {
        let access = access(&json!([{
            "type": "static",
            "options": {"token": "first-token", "subject": "ci"},
            "accessRestrictions": [
                {"plugin": "catalog", "permission": "a, b", "permissionAttribute": {"action": ["read", "create update"]}},
                {"plugin": "scaffolder"},
            ],
        }]))
        .unwrap();

        assert_eq!(
            ask(&access, "first-token", "catalog").await,
            Ok(Some("ci".into()))
        );
        assert_eq!(
            ask(&access, "first-token", "permission").await.unwrap_err(),
            "This token's access is restricted to plugin(s) 'catalog', 'scaffolder'"
        );
        let Ok(Some(Principal::Service(caller))) = access
            .authenticate("first-token", &digest("first-token"), "catalog", &Early)
            .await
        else {
            panic!("a service")
        };
        let restrictions = caller.restrictions.as_ref().unwrap();
        assert_eq!(
            restrictions.permission_names.as_deref().unwrap(),
            ["a", "b"]
        );
        assert_eq!(
            restrictions.actions.as_deref().unwrap(),
            [Action::Read, Action::Create, Action::Update]
        );
    }

    #[test]
    fn what_the_original_refuses_is_refused_in_its_words() {
        let refused = |options: Value, more: Value| {
            let mut entry = json!({"type": "static", "options": options});
            for (key, value) in more.as_object().unwrap() {
                entry[key] = value.clone();
            }
            access(&json!([entry])).unwrap_err()
        };
        let good = || json!({"token": "long-enough", "subject": "ci"});
        let restricted =
            |restrictions: Value| refused(good(), json!({"accessRestrictions": restrictions}));

        assert!(
            refused(good(), json!({"type": "magic"})).contains(
                "Unknown type 'magic' in backend.auth.externalAccess, expected one of 'static', 'legacy', 'jwks'"
            )
        );
        assert!(
            refused(json!({"token": "has spaces", "subject": "ci"}), json!({}))
                .contains("Illegal token, must be a set of non-space characters")
        );
        assert!(
            refused(json!({"token": "short", "subject": "ci"}), json!({}))
                .contains("Illegal token, must be at least 8 characters length")
        );
        assert!(
            refused(json!({"token": "long-enough", "subject": "c i"}), json!({}))
                .contains("Illegal subject, must be a set of non-space characters")
        );
        assert!(restricted(json!([{"plugin": "catalog", "colour": "red"}])).contains(
            "Invalid key 'colour' in 'accessRestrictions' config, expected one of 'plugin', 'permission', 'permissionAttribute'"
        ));
        assert!(restricted(json!([{"plugin": "catalog"}, {"plugin": "catalog"}])).contains(
            "Attempted to declare 'accessRestrictions' twice for plugin 'catalog', which is not permitted"
        ));
        assert!(restricted(json!([{"plugin": "catalog", "permissionAttribute": {"action": "use"}}])).contains(
            "Invalid value 'use' at 'action' in 'permissionAttributes' config, valid values are 'create', 'read', 'update', 'delete'"
        ));
    }

    #[tokio::test]
    async fn a_legacy_token_is_judged_by_subject_audience_signature_and_time() {
        let secret = base64::engine::general_purpose::STANDARD.encode("a shared secret");
        let access = access(
            &json!([{"type": "legacy", "options": {"secret": secret, "subject": "old-backend"}}]),
        )
        .unwrap();
        let ask_with =
            async |payload: Value| ask(&access, &legacy_token(&payload), "catalog").await;

        assert_eq!(
            ask_with(json!({"sub": "backstage-server", "exp": 1_001})).await,
            Ok(Some("old-backend".into()))
        );
        assert_eq!(
            ask_with(json!({"sub": "backstage-plugin", "exp": 1_001})).await,
            Ok(None)
        );
        assert_eq!(
            ask_with(json!({"sub": "backstage-server", "aud": "x", "exp": 1_001})).await,
            Ok(None)
        );
        assert!(
            ask_with(json!({"sub": "backstage-server", "exp": 1_000}))
                .await
                .unwrap_err()
                .contains("JWTExpired")
        );
        let mut forged = legacy_token(&json!({"sub": "backstage-server"}));
        forged.truncate(forged.len() - 4);
        assert_eq!(ask(&access, &forged, "catalog").await, Ok(None));
    }

    #[test]
    fn debug_output_shows_no_secret() {
        let access = access(
            &json!([{"type": "static", "options": {"token": "first-token", "subject": "ci"}}]),
        );

        let text = format!("{:?}", access.unwrap());

        assert!(
            !text.contains("first-token") && !text.contains("digest"),
            "{text}"
        );
    }
}
