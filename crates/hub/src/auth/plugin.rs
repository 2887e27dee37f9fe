//! Tokens between plugins: issued for those of this hub, believed from those that it knows.

use super::jose::{Algorithm, JoseError};
use super::jws::Jws;
use super::key::Key;
use super::keys::{Jwks, KeyStore, Keys, Owner};
use super::plugin_token::{self, NewPluginToken, PluginClaims};
use super::remote_key_set::RemoteKeyError;
use super::service::{Auth, IssuedToken, whole_seconds};
use super::token::{self, Family};
use crate::app::Core;
use crate::error::Error;
use crate::principal::{Principal, ServicePrincipal, UserPrincipal};
use callboard_config::Secret;
use jiff::Timestamp;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// How long a plugin's token lives, and how long one key signs.
const LIFETIME: Duration = Duration::from_secs(60 * 60);

/// How long a token on behalf of a user lives. It is made for one question, and the token by which
/// the user came may end soon.
const ON_BEHALF_LIFETIME: Duration = Duration::from_secs(5 * 60);

/// The signing keys of the plugins of this hub.
#[derive(Default)]
pub(super) struct PluginKeys(OnceLock<HashMap<&'static str, Keys>>);

impl PluginKeys {
    /// Gives each plugin its keys, once every feature has registered.
    pub(super) fn open(&self, core: &Core, store: &KeyStore, plugins: &[&'static str]) {
        let keys = |plugin: &&'static str| {
            let (store, clock) = (store.clone(), core.clock.clone());
            (
                *plugin,
                Keys::new(Owner::Plugin(plugin), store, clock, LIFETIME),
            )
        };
        self.0.get_or_init(|| plugins.iter().map(keys).collect());
    }

    fn of(&self, plugin: &str) -> Option<&Keys> {
        self.0.get()?.get(plugin)
    }
}

impl Auth {
    /// Signs a token with which `plugin`, one of this hub, asks the plugin `target` of any backend:
    /// as itself, or on behalf of a user.
    ///
    /// It lives for an hour, on behalf of a user for five minutes.
    ///
    /// # Errors
    ///
    /// 503 when the database is away and is needed for a new key, 500 for a plugin that this hub
    /// does not have.
    pub async fn issue_plugin_token(
        &self,
        plugin: &str,
        target: &str,
        on_behalf_of: Option<&UserPrincipal>,
    ) -> Result<IssuedToken, Error> {
        let keys = self.plugin_keys.of(plugin);
        let keys = keys.ok_or_else(|| Error::internal(format!("no plugin `{plugin}` signs")))?;
        let issued_at = self.core.clock.now();
        let lifetime = on_behalf_of.map_or(LIFETIME, |_| ON_BEHALF_LIFETIME);
        let expires_at = whole_seconds(issued_at + lifetime);
        let limited = match on_behalf_of {
            Some(user) => {
                let key = self.keys.signing(expires_at).await?;
                let limited = token::sign_limited(&key, &user.entity_ref, issued_at, expires_at)?;
                Some(Secret::new(limited))
            }
            None => None,
        };
        let token = NewPluginToken {
            plugin,
            target,
            issued_at,
            expires_at,
            on_behalf_of: limited.as_ref().map(|limited| limited.expose().as_str()),
        };
        let key = keys.signing(expires_at).await?;
        Ok(IssuedToken {
            token: Secret::new(token.sign(&key)?),
            expires_at,
        })
    }

    /// The public keys of a plugin of this hub; none before its first token.
    pub(super) async fn plugin_jwks(&self, plugin: &str) -> Jwks {
        match self.plugin_keys.of(plugin) {
            Some(keys) => keys.published().await,
            None => Jwks::default(),
        }
    }

    /// Who shows the plugin token `jws` to the plugin `audience`, and until when that holds.
    ///
    /// # Errors
    ///
    /// 401 for a token that is not good, 503 when the database is away and is needed.
    pub(super) async fn plugin_caller(
        &self,
        jws: &Jws<'_>,
        audience: &str,
    ) -> Result<(Principal, Timestamp), Error> {
        let now = self.core.clock.now();
        let claims = plugin_token::read(jws, audience, now)?;
        if !self.is_signed(jws, &claims).await? {
            return Err(plugin_token::invalid("signature verification failed"));
        }
        let Some(user_token) = &claims.on_behalf_of else {
            let service = ServicePrincipal {
                subject: smol_str::format_smolstr!("plugin:{}", claims.plugin),
                restrictions: None,
            };
            return Ok((Principal::Service(Arc::new(service)), claims.expires_at));
        };
        let illegal =
            || Error::Authentication("Invalid user token in plugin token obo claim".to_owned());
        let user_token = Jws::parse(user_token).ok_or_else(illegal)?;
        match Family::of(&user_token) {
            Family::User | Family::LimitedUser => {}
            Family::Plugin | Family::Other => return Err(illegal()),
        }
        let user = token::verify(&user_token, &self.keys, now).await?;
        let expires_at = claims.expires_at.min(user.expires_at);
        let user = UserPrincipal {
            on_behalf_by: Some(claims.plugin),
            ..self.principal(user).await?
        };
        Ok((Principal::User(Arc::new(user)), expires_at))
    }

    /// Whether the plugin that the token names has signed it.
    async fn is_signed(&self, jws: &Jws<'_>, claims: &PluginClaims) -> Result<bool, Error> {
        let PluginClaims { plugin, key_id, .. } = claims;
        // A plugin of ours is asked in memory, whatever the configuration says of it.
        if let Some(keys) = self.plugin_keys.of(plugin) {
            let key = keys.find(key_id).await?;
            let is_of = |key: &Key| {
                jws.header.alg.as_deref() == Some(key.algorithm.as_str())
                    && key.verifies(jws.signed, jws.signature)
            };
            return Ok(key.is_some_and(|key| is_of(&key)));
        }
        match self.remote_keys.verify(plugin, jws, &Algorithm::ALL).await {
            Some(Ok(())) => Ok(true),
            Some(Err(RemoteKeyError::Token(JoseError::Signature))) => Ok(false),
            Some(Err(RemoteKeyError::NoAnswer)) => {
                Err(plugin_token::invalid("its plugin does not give its keys"))
            }
            Some(Err(RemoteKeyError::Token(_))) => {
                Err(plugin_token::invalid("no applicable key found"))
            }
            None => Err(plugin_token::invalid("its plugin is not known here")),
        }
    }
}
