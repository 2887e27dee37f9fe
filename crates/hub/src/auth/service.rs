//! What authentication can do for the rest of the hub.

use super::config::{AuthConfig, GuestConfig};
use super::external::{self, Digest, ExternalAccess};
use super::jws::{Jws, MAX_LENGTH};
use super::keys::{Jwks, Keys, Owner};
use super::limit::Limiter;
use super::oidc::Providers;
use super::ownership::Groups;
use super::plugin::PluginKeys;
use super::plugin_token;
use super::remote_key::RemoteKeys;
use super::remote_key_set;
use super::service_account;
use super::session::{SessionConfig, Sessions};
use super::store;
use super::token::{self, Claims, Family, NewToken};
use crate::app::{App, Core};
use crate::discovery::Discovery;
use crate::error::Error;
use crate::hub::StartError;
use crate::principal::{Principal, UserPrincipal};
use arc_swap::ArcSwap;
use axum::http::{HeaderMap, header};
use callboard_policy::EntityRef;
use callboard_store::{Revision, StoreError, Tx};
use jiff::{SignedDuration, Timestamp};
use moka::Expiry;
use moka::sync::Cache;
use serde_json::{Value, json};
use smol_str::SmolStr;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How many verified tokens are remembered.
const REMEMBERED_TOKENS: u64 = 20_000;

impl App {
    /// Sign-in, tokens and sessions.
    pub fn auth(&self) -> &Auth {
        self.service()
    }
}

/// Sign-in, tokens and sessions; found by [`App::auth`].
pub struct Auth {
    pub(super) core: Core,
    pub(super) config: AuthConfig,
    pub(super) sessions: Sessions,
    pub(super) keys: Keys,
    pub(super) plugin_keys: PluginKeys,
    pub(super) remote_keys: RemoteKeys,
    pub(super) oidc: Providers,
    /// The digests of user tokens that ended before their time.
    pub(super) revoked: ArcSwap<HashSet<Digest>>,
    external: ExternalAccess,
    limiter: Limiter,
    verified: Cache<Digest, Remembered>,
}

/// A person, as sign-in found them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserIdentity {
    /// Who it is.
    pub entity_ref: EntityRef,
    /// In whose name they own things; see [`super::ownership_of`].
    pub ownership: Vec<SmolStr>,
}

/// A token that was just signed.
pub struct IssuedToken {
    /// The token itself: whoever holds it is the user.
    pub token: callboard_config::Secret<String>,
    /// From then on it is worth nothing.
    pub expires_at: Timestamp,
}

/// Whom a verified token stands for.
#[derive(Clone)]
enum Bearer {
    /// A user, by a full token.
    User(Arc<UserPrincipal>),
    /// A user, by a token that only few paths take.
    LimitedUser(Arc<UserPrincipal>),
    /// A plugin for itself, or a user on whose behalf it asks.
    Plugin {
        principal: Principal,
        /// The plugin that it was verified for.
        audience: SmolStr,
    },
}

/// A verified token.
#[derive(Clone)]
struct Remembered {
    bearer: Bearer,
    expires_at: Timestamp,
    /// How long it is remembered.
    life: Duration,
}

/// Forgets a token when it ends.
struct WithToken;

impl Expiry<Digest, Remembered> for WithToken {
    fn expire_after_create(&self, _: &Digest, token: &Remembered, _: Instant) -> Option<Duration> {
        Some(token.life)
    }
}

impl Remembered {
    /// Whether it was verified for `plugin`, too.
    fn is_for(&self, plugin: &str) -> bool {
        match &self.bearer {
            Bearer::User(_) | Bearer::LimitedUser(_) => true,
            Bearer::Plugin { audience, .. } => audience == plugin,
        }
    }

    fn check_time(&self, now: Timestamp) -> Result<(), Error> {
        if now < self.expires_at {
            return Ok(());
        }
        Err(match &self.bearer {
            Bearer::User(_) | Bearer::LimitedUser(_) => token::expired(),
            Bearer::Plugin { .. } => plugin_token::expired(),
        })
    }
}

impl Auth {
    pub(super) fn new(core: Core) -> Result<Auth, StartError> {
        let config = AuthConfig::read(&core)?;
        let external = ExternalAccess::from_config(&core.config, &core.http, &core.clock)?;
        for subject in external.subjects() {
            tracing::debug!(plugin = "auth", subject, "external access is configured");
        }
        Ok(Auth {
            keys: Keys::new(
                Owner::Users,
                config.key_store.in_place(&core.store),
                core.clock.clone(),
                config.token_lifetime,
            ),
            plugin_keys: PluginKeys::default(),
            remote_keys: RemoteKeys::new(
                // A section that cannot be read is reported by its own feature, which ends the start.
                &Discovery::from_config(&core.config).unwrap_or_default(),
                &core.http,
                &core.clock,
                remote_key_set::LIMITS,
            ),
            oidc: Providers::read(&core)?,
            revoked: ArcSwap::default(),
            sessions: Sessions::new(core.store.clone(), SessionConfig::read(&core)?),
            verified: Cache::builder()
                .max_capacity(REMEMBERED_TOKENS)
                .expire_after(WithToken)
                .build(),
            external,
            limiter: Limiter::new(core.clock.clone()),
            config,
            core,
        })
    }

    /// Loads what is stored, and gives the `plugins` of this hub their keys.
    pub(super) async fn load(&self, plugins: &[&'static str]) -> Result<(), StoreError> {
        let store = self.config.plugin_key_store.in_place(&self.core.store);
        self.plugin_keys.open(&self.core, &store, plugins);
        self.keys.load().await?;
        self.load_sessions().await.map(drop)
    }

    /// Loads the sessions, and gives the place in the change feed that they belong to.
    pub(super) async fn load_sessions(&self) -> Result<Revision, StoreError> {
        let now = self.core.clock.now();
        let is_served = |provider: &str| self.is_served(provider);
        self.sessions.load(now, is_served).await
    }

    /// The guest provider, when the sign-in page is to offer it: it is configured, allowed here,
    /// and `auth.environment` is `development`.
    pub fn guest(&self) -> Option<&GuestConfig> {
        self.config.offered_guest()
    }

    /// Whether `user` is whom guests sign in as.
    pub(crate) fn is_guest(&self, user: &EntityRef) -> bool {
        let guest = self.config.guest.as_ref();
        guest.is_some_and(|guest| guest.user == *user)
    }

    /// The limits on guessing.
    pub(crate) fn limiter(&self) -> &Limiter {
        &self.limiter
    }

    /// How long an ordinary token lives.
    pub fn token_lifetime(&self) -> Duration {
        self.config.token_lifetime
    }

    /// Which groups count for the ownership of a person.
    pub(crate) fn groups(&self) -> Groups {
        if self.config.is_transitive {
            Groups::WithAncestors
        } else {
            Groups::Direct
        }
    }

    /// Signs a token for `user` that lives for `lifetime`, and remembers what it claims.
    ///
    /// # Errors
    ///
    /// 503 when the database is away and is needed for a new key, 500 when the token would be
    /// longer than clients accept.
    pub async fn issue_user_token(
        &self,
        user: &UserIdentity,
        lifetime: Duration,
    ) -> Result<IssuedToken, Error> {
        let (tx, issued) = self.prepare_user_token(user, lifetime).await?;
        tx.commit().await?;
        Ok(issued)
    }

    /// Signs a token as [`Auth::issue_user_token`] does, and leaves the transaction open for the
    /// record of it. The token may be given away once that is committed.
    pub(super) async fn prepare_user_token(
        &self,
        user: &UserIdentity,
        lifetime: Duration,
    ) -> Result<(Tx, IssuedToken), Error> {
        service_account::refuse_sign_in(&user.entity_ref)?;
        let issued_at = self.core.clock.now();
        let expires_at = whole_seconds(issued_at + lifetime);
        let key = self.keys.signing(expires_at).await?;
        let token = NewToken {
            issuer: &self.issuer(),
            user_ref: user.entity_ref.as_str(),
            ownership: (!self.config.omits_ownership).then_some(&user.ownership),
            issued_at,
            expires_at,
        };
        let token = callboard_config::Secret::new(token.sign(&key)?);
        let claims =
            json!({"sub": user.entity_ref, "ent": user.ownership, "exp": expires_at.as_second()});
        let mut tx = self.core.store.begin().await?;
        store::upsert_user_info(&mut tx, user.entity_ref.as_str(), claims, issued_at).await?;
        Ok((tx, IssuedToken { token, expires_at }))
    }

    /// `iss` of tokens, and the URL below which the endpoints of authentication lie.
    pub(super) fn issuer(&self) -> String {
        format!("{}/api/auth", self.core.base_url)
    }

    pub(super) async fn jwks(&self) -> Jwks {
        self.keys.published().await
    }

    /// The caller of `plugin`, by the `Authorization` header; [`Principal::None`] without one.
    ///
    /// # Errors
    ///
    /// 401 for a token that is not good (any more), 403 for one that is for other plugins only.
    pub async fn authenticate(
        &self,
        headers: &HeaderMap,
        plugin: &str,
    ) -> Result<Principal, Error> {
        self.authenticate_bearer(bearer(headers), plugin).await
    }

    /// As [`Auth::authenticate`], by the token that the header has.
    pub(super) async fn authenticate_bearer(
        &self,
        bearer: Option<&str>,
        plugin: &str,
    ) -> Result<Principal, Error> {
        match bearer {
            Some(token) => self.authenticate_token(token, plugin).await,
            None => Ok(Principal::None),
        }
    }

    async fn authenticate_token(&self, token: &str, plugin: &str) -> Result<Principal, Error> {
        if token.len() > MAX_LENGTH {
            return Err(illegal_token());
        }
        let digest = external::digest(token);
        match self.verified(token, digest, plugin).await? {
            Some(verified) => match verified.bearer {
                Bearer::User(user) => Ok(Principal::User(user)),
                Bearer::Plugin { principal, .. } => Ok(principal),
                Bearer::LimitedUser(_) => Err(Error::Authentication(
                    "Illegal limited user token".to_owned(),
                )),
            },
            None => {
                let clock = self.core.clock.as_ref();
                let caller = self.external.authenticate(token, &digest, plugin, clock);
                caller.await?.ok_or_else(illegal_token)
            }
        }
    }

    /// The user of a full or a limited token, or of one that a plugin shows to plugin `auth` on
    /// the user's behalf, for the few places that take all of them.
    ///
    /// # Errors
    ///
    /// 401 for a token that is of no such kind or not good (any more).
    pub(super) async fn authenticate_limited(
        &self,
        token: &str,
    ) -> Result<(Arc<UserPrincipal>, Timestamp), Error> {
        let verified = self
            .verified(token, external::digest(token), "auth")
            .await?
            .ok_or_else(illegal_token)?;
        match verified.bearer {
            Bearer::User(user)
            | Bearer::LimitedUser(user)
            | Bearer::Plugin {
                principal: Principal::User(user),
                ..
            } => Ok((user, verified.expires_at)),
            Bearer::Plugin { .. } => Err(illegal_token()),
        }
    }

    /// The token of a user or of a plugin, shown to `plugin`; `None` when it claims to be neither.
    async fn verified(
        &self,
        token: &str,
        digest: Digest,
        plugin: &str,
    ) -> Result<Option<Remembered>, Error> {
        if self.revoked.load().contains(&digest) {
            return Err(Error::Authentication("This token was revoked".to_owned()));
        }
        let now = self.core.clock.now();
        let known = self.verified.get(&digest);
        if let Some(known) = known.filter(|known| known.is_for(plugin)) {
            known.check_time(now)?;
            return Ok(Some(known));
        }
        let Some(jws) = Jws::parse(token) else {
            return Ok(None);
        };
        let family = Family::of(&jws);
        let (bearer, expires_at, longest) = match family {
            Family::User | Family::LimitedUser => {
                let claims = token::verify(&jws, &self.keys, now).await?;
                let expires_at = claims.expires_at;
                let user = Arc::new(self.principal(claims).await?);
                let bearer = if family == Family::User {
                    Bearer::User(user)
                } else {
                    Bearer::LimitedUser(user)
                };
                (bearer, expires_at, SignedDuration::MAX)
            }
            Family::Plugin => {
                let (principal, expires_at) = self.plugin_caller(&jws, plugin).await?;
                let audience = plugin.into();
                let bearer = Bearer::Plugin {
                    principal,
                    audience,
                };
                // A key that its plugin takes back early is not believed for much longer.
                (bearer, expires_at, remote_key_set::FRESH)
            }
            Family::Other => return Ok(None),
        };
        let life = expires_at.duration_since(now).min(longest);
        let remembered = Remembered {
            bearer,
            expires_at,
            life: Duration::try_from(life).unwrap_or_default(),
        };
        self.verified.insert(digest, remembered.clone());
        Ok(Some(remembered))
    }

    pub(super) async fn principal(&self, claims: Claims) -> Result<UserPrincipal, Error> {
        let ownership = match claims.ownership {
            Some(ownership) => ownership,
            None => self.known_ownership(&claims.user_ref).await?,
        };
        Ok(UserPrincipal::new(claims.user_ref, ownership))
    }

    /// The ownership of the latest sign-in, for tokens that do not carry it.
    async fn known_ownership(&self, user_ref: &str) -> Result<Vec<SmolStr>, Error> {
        let claims = self.user_info(user_ref).await?.unwrap_or_default();
        let refs = claims["ent"].as_array().into_iter().flatten();
        Ok(refs.filter_map(Value::as_str).map(SmolStr::from).collect())
    }

    /// What the newest token of a user claims: `sub`, `ent`, `exp`.
    pub(super) async fn user_info(&self, user_ref: &str) -> Result<Option<Value>, StoreError> {
        let mut conn = self.core.store.read().await?;
        store::user_info(&mut conn, user_ref).await
    }

    /// Whether people may still be signed in by `provider`.
    pub(super) fn is_served(&self, provider: &str) -> bool {
        let is_guest = provider == super::guest::PROVIDER && self.guest().is_some();
        is_guest || self.oidc.signs_in(provider)
    }
}

/// The token of an `Authorization: Bearer` header; any other scheme counts as no token.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, rest) = value.split_at_checked("Bearer".len())?;
    let token = rest.trim_start_matches(' ');
    let is_bearer = scheme.eq_ignore_ascii_case("Bearer") && token.len() < rest.len();
    // A header's text has no other blanks. To look at all of it, also after one, lets the processor
    // look at many bytes at once.
    let has_blank = token
        .bytes()
        .fold(false, |so_far, byte| so_far | matches!(byte, b' ' | b'\t'));
    (is_bearer && !token.is_empty() && !has_blank).then_some(token)
}

fn illegal_token() -> Error {
    Error::Authentication("Illegal token".to_owned())
}

/// Tokens count in whole seconds.
pub(super) fn whole_seconds(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn only_a_bearer_header_of_one_word_holds_a_token() {
        let of = |value: &str| {
            let headers = HeaderMap::from_iter([(
                header::AUTHORIZATION,
                HeaderValue::from_str(value).unwrap(),
            )]);
            bearer(&headers).map(str::to_owned)
        };

        assert_eq!(of("Bearer abc").as_deref(), Some("abc"));
        assert_eq!(of("bEARER   abc").as_deref(), Some("abc"));
        assert_eq!(of("Bearer"), None);
        assert_eq!(of("Bearer "), None);
        assert_eq!(of("Bearerabc"), None);
        assert_eq!(of("Bearer a b"), None);
        assert_eq!(of("Basic abc"), None);
    }
}
