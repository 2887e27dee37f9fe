//! A hub for one test.

use crate::canary;
use crate::client::Client;
use crate::clock::ManualClock;
use callboard_config::Config;
use callboard_hub::app::Mode;
use callboard_hub::auth::UserIdentity;
use callboard_hub::clock::{Clock, SystemClock};
use callboard_hub::rbac::RoleProvider;
use callboard_hub::{App, EntityRef, Hub, Parts, StartError};
use callboard_store::{PostgresConfig, Store, StoreConfig};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

/// The token of the external access that every test hub has; a [`canary`], too.
pub const STATIC_TOKEN: &str = "c4n4ry-static-token";

/// A hub that answers in process, on a folder of its own and a clock that stands still.
pub struct TestHub {
    hub: Hub,
    client: Client,
    clock: ManualClock,
    folder: Arc<TempDir>,
}

/// How a test hub is set up; the defaults are permissions on, guest on, nothing else.
#[derive(Clone)]
pub struct TestHubBuilder {
    config: Value,
    folder: Arc<TempDir>,
    store: StoreConfig,
    providers: Vec<Arc<dyn RoleProvider>>,
}

impl TestHub {
    /// A hub with the defaults.
    pub async fn start() -> TestHub {
        TestHub::builder().start().await
    }

    /// Starts to describe a hub.
    ///
    /// # Panics
    ///
    /// When no temporary folder can be made.
    pub fn builder() -> TestHubBuilder {
        let folder = Arc::new(TempDir::new().expect("a temporary folder can be made"));
        let config = json!({
            "app": {"title": "Callboard", "baseUrl": "http://localhost:7007"},
            "organization": {"name": "Test"},
            "backend": {
                "baseUrl": "http://localhost:7007",
                "listen": "127.0.0.1:0",
                "auth": {"externalAccess": [
                    {"type": "static", "options": {"token": STATIC_TOKEN, "subject": "testkit"}},
                    {"type": "legacy", "options": {"secret": canary::base64_secret("legacy"), "subject": "testkit"}},
                ]},
            },
            "auth": {
                "environment": "development",
                "session": {"secret": canary::secret("session")},
                "providers": {"guest": {
                    "userEntityRef": "user:default/guest",
                    "dangerouslyAllowOutsideDevelopment": true,
                }},
            },
            "permission": {"enabled": true},
            "catalog": {
                "rules": [{"allow": [
                    "API", "Component", "Domain", "Group", "Location", "Resource", "System", "Template", "User",
                ]}],
            },
            "callboard": {"metrics": {"port": false}},
        });
        TestHubBuilder {
            config,
            folder,
            store: StoreConfig::SqliteMemory,
            providers: Vec::new(),
        }
    }

    /// A caller without credentials.
    pub fn anonymous(&self) -> Client {
        self.client.clone()
    }

    /// A service with full access, by a static token.
    pub fn service(&self) -> Client {
        self.client.clone().bearer(STATIC_TOKEN)
    }

    /// A fresh token of `user`, who owns things in the name of `groups` too.
    ///
    /// # Panics
    ///
    /// When `user` is no entity reference or the token cannot be signed.
    pub async fn token(&self, user: &str, groups: &[&str]) -> String {
        let names = [user].into_iter().chain(groups.iter().copied());
        let identity = UserIdentity {
            entity_ref: EntityRef::parse(user).expect("the test names a user"),
            ownership: names.map(Into::into).collect(),
        };
        let auth = self.app().auth();
        let issued = auth
            .issue_user_token(&identity, auth.token_lifetime())
            .await;
        issued
            .expect("a token can be signed")
            .token
            .expose()
            .clone()
    }

    /// A user who owns things in their own name only.
    pub async fn user(&self, user: &str) -> Client {
        self.member(user, &[]).await
    }

    /// A user who owns things in the name of `groups` too.
    pub async fn member(&self, user: &str, groups: &[&str]) -> Client {
        self.anonymous().bearer(&self.token(user, groups).await)
    }

    /// The shared state.
    pub fn app(&self) -> &App {
        self.hub.app()
    }

    /// Every path that has a route, with the names of its parameters in braces.
    pub fn paths(&self) -> BTreeSet<String> {
        // A router shows them to nobody but those who debug it.
        let shown = format!("{:?}", self.hub.routes());
        let quoted = shown.split('"').skip(1).step_by(2);
        quoted
            .filter(|text| text.starts_with('/') && !text.contains("__private"))
            .map(str::to_owned)
            .collect()
    }

    /// The hub's clock.
    pub fn clock(&self) -> &ManualClock {
        &self.clock
    }

    /// The time of that clock, in seconds since 1970, as tokens give it.
    pub fn now(&self) -> i64 {
        self.clock.now().as_second()
    }

    /// The hub's folder, with its catalog and policy files.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Stops the hub.
    pub async fn stop(self) {
        self.hub.stop().await;
    }
}

impl TestHubBuilder {
    /// Merges `over` into the configuration: objects deeply, everything else replaces.
    #[must_use]
    pub fn config(mut self, over: Value) -> TestHubBuilder {
        merge(&mut self.config, over);
        self
    }

    /// Adds a catalog file with this content.
    #[must_use]
    pub fn catalog(self, yaml: &str) -> TestHubBuilder {
        let path = self.write("catalog.yaml", yaml);
        self.config(json!({"catalog": {"locations": [{"type": "file", "target": path}]}}))
    }

    /// Sets the policies CSV file.
    #[must_use]
    pub fn policy_csv(self, csv: &str) -> TestHubBuilder {
        let path = self.write("policies.csv", csv);
        self.config(json!({"permission": {"rbac": {"policies-csv-file": path}}}))
    }

    /// Sets the conditional policies file.
    #[must_use]
    pub fn conditions(self, yaml: &str) -> TestHubBuilder {
        let path = self.write("conditions.yaml", yaml);
        self.config(json!({"permission": {"rbac": {"conditionalPoliciesFile": path}}}))
    }

    /// Adds a provider of roles.
    #[must_use]
    pub fn provider(mut self, provider: Arc<dyn RoleProvider>) -> TestHubBuilder {
        self.providers.push(provider);
        self
    }

    /// Keeps the records in a file of this hub's folder, so that [`TestHubBuilder::start`] can be
    /// followed by another hub on the same records.
    #[must_use]
    pub fn on_disk(mut self) -> TestHubBuilder {
        self.store = StoreConfig::sqlite_in(self.folder.path().join("data"));
        self
    }

    /// Keeps the records in the PostgreSQL database at `url`, as [`Postgres::database`] gives it;
    /// several hubs may share one.
    ///
    /// # Panics
    ///
    /// When `url` is none.
    ///
    /// [`Postgres::database`]: crate::Postgres::database
    #[must_use]
    pub fn on_postgres(mut self, url: &str) -> TestHubBuilder {
        let config = PostgresConfig::from_url(url).expect("the test names a database");
        self.store = StoreConfig::Postgres(config);
        self
    }

    /// The folder in which the hub's files lie.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file into the hub's folder.
    ///
    /// # Panics
    ///
    /// When the file cannot be written.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).expect("a file can be written into the test's folder");
        path
    }

    /// The configuration as it stands.
    pub fn to_config(&self) -> Config {
        Config::from_value(self.config.clone())
    }

    /// Starts the hub.
    ///
    /// # Panics
    ///
    /// When the hub does not start; see [`TestHubBuilder::try_start`].
    pub async fn start(&self) -> TestHub {
        self.try_start()
            .await
            .unwrap_or_else(|error| panic!("the hub did not start: {error:?}"))
    }

    /// Starts the hub, or says why it does not start.
    ///
    /// # Errors
    ///
    /// What [`Hub::build`] says.
    pub async fn try_start(&self) -> Result<TestHub, StartError> {
        canary::watch_log();
        let clock = ManualClock::at(SystemClock.now());
        let store = Store::open(&self.store).await?;
        let parts = Parts {
            config: self.to_config(),
            store,
            clock: Arc::new(clock.clone()),
            mode: Mode::Production,
            providers: self.providers.clone(),
        };
        let hub = Hub::build(parts).await?;
        let client = Client::new(hub.router()?);
        Ok(TestHub {
            hub,
            client,
            clock,
            folder: self.folder.clone(),
        })
    }
}

fn merge(lower: &mut Value, upper: Value) {
    match (lower, upper) {
        (Value::Object(lower), Value::Object(upper)) => {
            for (key, value) in upper {
                merge(lower.entry(key).or_insert(Value::Null), value);
            }
        }
        (lower, upper) => *lower = upper,
    }
}
