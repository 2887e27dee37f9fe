//! Where signing keys are kept: `auth.keyStore` and `backend.auth.pluginKeyStore`.

use super::key::Key;
use super::key_file;
use super::keys::KeyStore;
use callboard_config::{ConfigError, View};
use callboard_store::Store;
use std::sync::Arc;

/// Where the configuration wants keys to be kept.
#[derive(Debug, Clone)]
pub(super) enum KeyPlace {
    /// With everything else that the hub remembers.
    Database,
    /// With the process.
    Memory,
    /// In files, read at start.
    Files(Arc<[Arc<Key>]>),
}

impl KeyPlace {
    /// Reads `auth.keyStore` and `auth.identityTokenAlgorithm`: where the keys of user tokens are.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] for a store that is not served, for files that cannot be used, and for an
    /// algorithm with which the keys that are made here do not sign.
    pub(super) fn of_users(auth: &View<'_>) -> Result<KeyPlace, ConfigError> {
        let place = match auth.optional_string("keyStore.provider")?.as_deref() {
            None | Some("database") => KeyPlace::Database,
            Some("memory") => KeyPlace::Memory,
            Some("static") => KeyPlace::Files(key_file::read(&auth.at("keyStore.static")?)?),
            Some(other) => {
                let message = format!(
                    "signing keys are kept by `database`, `memory` or `static`; `{other}` is not served by this version"
                );
                return Err(auth.error("keyStore.provider", message));
            }
        };
        let algorithm = auth.optional_string("identityTokenAlgorithm")?;
        // Keys in files say themselves how they sign.
        let is_made_here = !matches!(place, KeyPlace::Files(_));
        match algorithm.filter(|algorithm| is_made_here && algorithm != "ES256") {
            None => Ok(place),
            Some(other) => {
                let message = format!(
                    "keys that the hub makes sign with ES256; for `{other}` see `auth.keyStore.provider: static`"
                );
                Err(auth.error("identityTokenAlgorithm", message))
            }
        }
    }

    /// Reads `backend.auth.pluginKeyStore`: where the keys of tokens between plugins are.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] for a store that is not served, and for files that cannot be used.
    pub(super) fn of_plugins(root: &View<'_>) -> Result<KeyPlace, ConfigError> {
        const SECTION: &str = "backend.auth.pluginKeyStore";
        let Some(section) = root.optional_object(SECTION)? else {
            return Ok(KeyPlace::Database);
        };
        match section.string("type")?.as_str() {
            "database" => Ok(KeyPlace::Database),
            "static" => Ok(KeyPlace::Files(key_file::read(&section.at("static")?)?)),
            other => {
                let message = format!(
                    "keys of plugins are kept by `database` or `static`; `{other}` is not served"
                );
                Err(section.error("type", message))
            }
        }
    }

    /// The store, when `store` is the database.
    pub(super) fn in_place(&self, store: &Store) -> KeyStore {
        match self {
            KeyPlace::Database => KeyStore::Database(store.clone()),
            KeyPlace::Memory => KeyStore::Memory,
            KeyPlace::Files(keys) => KeyStore::Files(keys.clone()),
        }
    }
}
