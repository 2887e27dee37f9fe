//! Programs that call with a token of their own: `backend.auth.externalAccess`.

use super::caller::Caller;
use super::legacy::{self, LegacyKey};
use super::restriction;
use crate::error::Error;
use crate::principal::Principal;
use callboard_config::{Config, ConfigError, Secret, View};
use jiff::Timestamp;
use sha2::Sha256;
use smol_str::SmolStr;
use subtle::{ConditionallySelectable, ConstantTimeEq};

/// The shortest static token that is accepted, in characters.
const MIN_TOKEN_LENGTH: usize = 8;

/// SHA-256 of a token.
pub(super) type Digest = [u8; 32];

/// Who may call from outside.
#[derive(Debug, Default)]
pub(super) struct ExternalAccess {
    statics: Vec<StaticToken>,
    legacies: Vec<LegacyAccess>,
    callers: Vec<Caller>,
}

/// A token that is compared as it stands. Only its digest is kept.
struct StaticToken {
    digest: Digest,
    caller: u32,
}

/// A key with which a caller signs.
#[derive(Debug)]
struct LegacyAccess {
    key: LegacyKey,
    caller: usize,
}

impl AsRef<LegacyKey> for LegacyAccess {
    fn as_ref(&self) -> &LegacyKey {
        &self.key
    }
}

impl std::fmt::Debug for StaticToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StaticToken")
            .field("caller", &self.caller)
            .finish_non_exhaustive()
    }
}

impl ExternalAccess {
    /// Reads `backend.auth.externalAccess` and the deprecated `backend.auth.keys`.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] with the original's text for what it refuses, and for entries of type
    /// `jwks`, which are not served yet.
    pub(super) fn from_config(config: &Config) -> Result<ExternalAccess, ConfigError> {
        let mut access = ExternalAccess::default();
        let root = config.root();
        for entry in root
            .optional_object_list("backend.auth.externalAccess")?
            .unwrap_or_default()
        {
            match entry.string("type")?.as_str() {
                "static" => access.add_static(&entry)?,
                "legacy" => {
                    let key = LegacyKey::read(&entry, "options.secret")?;
                    let subject = subject(&entry)?;
                    access.add_legacy(
                        &entry,
                        key,
                        Caller::new(subject, restriction::read(&entry)?),
                    )?;
                }
                "jwks" => {
                    let message = "External access of type 'jwks' is not served by this version";
                    return Err(entry.error("type", message));
                }
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
            access.add_legacy(&key, LegacyKey::read(&key, "secret")?, caller)?;
        }
        Ok(access)
    }

    fn add_static(&mut self, entry: &View<'_>) -> Result<(), ConfigError> {
        let token = Secret::new(entry.string("options.token")?);
        let subject = subject(entry)?;
        let restrictions = restriction::read(entry)?;
        if !is_word(token.expose()) {
            let message = "Illegal token, must be a set of non-space characters";
            return Err(entry.error("options.token", message));
        }
        if token.expose().chars().count() < MIN_TOKEN_LENGTH {
            let message =
                format!("Illegal token, must be at least {MIN_TOKEN_LENGTH} characters length");
            return Err(entry.error("options.token", message));
        }
        let digest = digest(token.expose());
        if self
            .statics
            .iter()
            .any(|known| bool::from(known.digest.ct_eq(&digest)))
        {
            let message = "Static externalAccess token was declared more than once";
            return Err(entry.error("options.token", message));
        }
        // INVARIANT: `caller` of a token and of a key is an index into `callers`, which only grows.
        self.statics.push(StaticToken {
            digest,
            caller: self.callers.len() as u32,
        });
        self.callers.push(Caller::new(subject, restrictions));
        Ok(())
    }

    fn add_legacy(
        &mut self,
        entry: &View<'_>,
        key: LegacyKey,
        caller: Caller,
    ) -> Result<(), ConfigError> {
        if self.legacies.iter().any(|known| known.key.is(&key)) {
            return Err(entry.error(
                "",
                "Legacy externalAccess token was declared more than once",
            ));
        }
        self.legacies.push(LegacyAccess {
            key,
            caller: self.callers.len(),
        });
        self.callers.push(caller);
        Ok(())
    }

    /// The caller behind a token that is no user's and no plugin's, as `plugin` sees it; `None`
    /// when the token is unknown.
    ///
    /// # Errors
    ///
    /// 403 when the token is for other plugins, 401 when it is over.
    pub(super) fn authenticate(
        &self,
        token: &str,
        digest: &Digest,
        plugin: &str,
        now: Timestamp,
    ) -> Result<Option<Principal>, Error> {
        let caller = match self.static_caller(digest) {
            Some(caller) => Some(caller),
            None => self.legacy_caller(token, now)?,
        };
        caller.map(|caller| caller.enter(plugin)).transpose()
    }

    /// Looks at every token, so that the time taken says nothing about which one is close.
    fn static_caller(&self, digest: &Digest) -> Option<&Caller> {
        let mut found = u32::MAX;
        for known in &self.statics {
            found.conditional_assign(&known.caller, known.digest.ct_eq(digest));
        }
        self.callers.get(found as usize)
    }

    fn legacy_caller(&self, token: &str, now: Timestamp) -> Result<Option<&Caller>, Error> {
        let access = legacy::signer(token, &self.legacies, now)?;
        Ok(access.and_then(|access| self.callers.get(access.caller)))
    }

    /// Who may call, for the log at start.
    pub(super) fn subjects(&self) -> impl Iterator<Item = &str> {
        self.callers.iter().map(|caller| caller.subject.as_str())
    }
}

/// SHA-256 of a token, by which it is compared and cached.
pub(super) fn digest(token: &str) -> Digest {
    use sha2::Digest as _;
    Sha256::digest(token.as_bytes()).into()
}

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
    use serde_json::{Value, json};

    fn access(entries: &Value) -> Result<ExternalAccess, String> {
        let config = Config::from_value(json!({"backend": {"auth": {"externalAccess": entries}}}));
        ExternalAccess::from_config(&config).map_err(|error| error.to_string())
    }

    fn ask(access: &ExternalAccess, token: &str, plugin: &str) -> Result<Option<String>, String> {
        let now = Timestamp::from_second(1_000).unwrap();
        let answer = access.authenticate(token, &digest(token), plugin, now);
        answer
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

    #[test]
    fn a_static_token_is_its_subject_and_nothing_else_is() {
        let access = access(&json!([
            {"type": "static", "options": {"token": "first-token", "subject": "ci"}},
            {"type": "static", "options": {"token": "second-token", "subject": "cron"}},
        ]))
        .unwrap();

        assert_eq!(
            ask(&access, "first-token", "catalog"),
            Ok(Some("ci".into()))
        );
        assert_eq!(
            ask(&access, "second-token", "catalog"),
            Ok(Some("cron".into()))
        );
        assert_eq!(ask(&access, "third-token", "catalog"), Ok(None));
        assert_eq!(ask(&access, "", "catalog"), Ok(None));
    }

    #[test]
    fn a_restricted_token_names_its_plugins_when_it_goes_elsewhere() {
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
            ask(&access, "first-token", "catalog"),
            Ok(Some("ci".into()))
        );
        assert_eq!(
            ask(&access, "first-token", "permission").unwrap_err(),
            "This token's access is restricted to plugin(s) 'catalog', 'scaffolder'"
        );
        let Ok(Principal::Service(caller)) = access.callers[0].enter("catalog") else {
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
        assert!(refused(good(), json!({"type": "jwks"})).contains("not served by this version"));
    }

    #[test]
    fn a_legacy_token_is_judged_by_subject_audience_signature_and_time() {
        let secret = base64::engine::general_purpose::STANDARD.encode("a shared secret");
        let access = access(
            &json!([{"type": "legacy", "options": {"secret": secret, "subject": "old-backend"}}]),
        )
        .unwrap();
        let ask_with = |payload: Value| ask(&access, &legacy_token(&payload), "catalog");

        assert_eq!(
            ask_with(json!({"sub": "backstage-server", "exp": 1_001})),
            Ok(Some("old-backend".into()))
        );
        assert_eq!(
            ask_with(json!({"sub": "backstage-plugin", "exp": 1_001})),
            Ok(None)
        );
        assert_eq!(
            ask_with(json!({"sub": "backstage-server", "aud": "x", "exp": 1_001})),
            Ok(None)
        );
        assert!(
            ask_with(json!({"sub": "backstage-server", "exp": 1_000}))
                .unwrap_err()
                .contains("JWTExpired")
        );
        let mut forged = legacy_token(&json!({"sub": "backstage-server"}));
        forged.truncate(forged.len() - 4);
        assert_eq!(ask(&access, &forged, "catalog"), Ok(None));
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
