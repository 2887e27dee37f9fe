//! What the tests of this folder share.

use super::store::MIGRATIONS;
use crate::app::Core;
use crate::clock::Clock;
use crate::{Hub, Parts};
use callboard_config::Config;
use callboard_store::{Store, StoreConfig};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A clock that stands at 2026-11-21 18:00 UTC until it is moved.
#[derive(Clone)]
pub(crate) struct ManualClock(Arc<Mutex<Timestamp>>);

impl Default for ManualClock {
    fn default() -> ManualClock {
        ManualClock(Arc::new(Mutex::new(
            "2026-11-21T18:00:00Z".parse().unwrap(),
        )))
    }
}

impl ManualClock {
    pub(crate) fn advance(&self, by: Duration) {
        *self.0.lock().unwrap() += by;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

/// A database in memory with the tables of authentication.
pub(crate) async fn store() -> Store {
    let store = Store::open(&StoreConfig::SqliteMemory).await.unwrap();
    store.migrate(MIGRATIONS.to_vec()).await.unwrap();
    store
}

/// What exists before any feature, with this configuration and the least that is needed.
pub(crate) async fn core(mut config: Value) -> Core {
    config["backend"]["baseUrl"] = json!("http://localhost:7007");
    let parts = Parts {
        config: Config::from_value(config),
        store: store().await,
        clock: Arc::new(ManualClock::default()),
        mode: crate::app::Mode::Production,
        providers: Vec::new(),
    };
    Core::new(parts, prometheus::Registry::new()).unwrap()
}

/// The static token of [`hub`], for every plugin.
pub(crate) const STATIC_TOKEN: &str = "a-static-token";

/// The static token of [`hub`] that is for the catalog only.
pub(crate) const CATALOG_TOKEN: &str = "a-catalog-token";

/// A hub on a database in memory, with guests and external access; `more` replaces whole
/// sections of the configuration.
pub(crate) async fn hub(clock: &ManualClock, more: Value) -> Hub {
    let external = |token: &str, subject: &str| json!({"type": "static", "options": {"token": token, "subject": subject}});
    let mut restricted = external(CATALOG_TOKEN, "catalog-reader");
    restricted["accessRestrictions"] = json!([{"plugin": "catalog"}]);
    let mut config = json!({
        "app": {"title": "Callboard", "baseUrl": "http://localhost:7007"},
        "backend": {
            "baseUrl": "http://localhost:7007",
            "listen": "127.0.0.1:0",
            "auth": {"externalAccess": [external(STATIC_TOKEN, "ci"), restricted]},
        },
        "auth": {"providers": {"guest": {
            "userEntityRef": "user:default/guest", "dangerouslyAllowOutsideDevelopment": true,
        }}},
    });
    for (section, value) in more.as_object().into_iter().flatten() {
        config[section] = value.clone();
    }
    let parts = Parts {
        config: Config::from_value(config),
        store: Store::open(&StoreConfig::SqliteMemory).await.unwrap(),
        clock: Arc::new(clock.clone()),
        mode: crate::app::Mode::Production,
        providers: Vec::new(),
    };
    Hub::build(parts).await.unwrap()
}
