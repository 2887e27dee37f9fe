//! What the tests share: one macro that runs a test on each database, and a store for it.

use std::ops::Deref;
use std::time::Duration;

use callboard_store::{Limits, Migration, PostgresConfig, Store, StoreConfig};
use callboard_testkit::Postgres;
use tempfile::TempDir;

/// Declares tests that run once on each database, with an empty, migrated store.
///
macro_rules! both_databases {
    ($($(#[doc = $doc:literal])* async fn $name:ident($store:ident: TestStore) $body:block)+) => {$(
        mod $name {
            use super::*;
            use crate::support::TestStore;

            $(#[doc = $doc])*
            async fn run($store: TestStore) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite_memory() {
                run(TestStore::sqlite_memory().await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite_file() {
                run(TestStore::sqlite_file().await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                run(TestStore::postgres().await).await;
            }
        }
    )+};
}

pub(crate) use both_databases;

/// Two tables to write to, of every type of column.
pub(crate) const TABLES: Migration = Migration::new(
    "20261121093000_things.sql",
    "CREATE TABLE things (
         name   TEXT NOT NULL PRIMARY KEY,
         number BIGINT,
         flag   BOOLEAN,
         ratio  DOUBLE PRECISION,
         bytes  BYTEA,
         json   JSONB,
         UNIQUE (number, flag)
     );
     CREATE TABLE parts (
         id    BIGINT NOT NULL PRIMARY KEY,
         thing TEXT   NOT NULL REFERENCES things (name)
     );",
);

/// Short enough for tests that wait for it, long enough for those that must not.
pub(crate) const BUSY_TIMEOUT: Duration = Duration::from_millis(500);

/// A store that is gone after the test.
pub(crate) struct TestStore {
    store: Store,
    _folder: Option<TempDir>,
}

impl TestStore {
    pub(crate) async fn sqlite_memory() -> Self {
        Self::open(&StoreConfig::SqliteMemory, None).await
    }

    pub(crate) async fn sqlite_file() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self::open(&StoreConfig::sqlite_in(folder.path()), Some(folder)).await
    }

    pub(crate) async fn postgres() -> Self {
        Self::open(&postgres_config(&Postgres::start().await).await, None).await
    }

    async fn open(config: &StoreConfig, folder: Option<TempDir>) -> Self {
        let limits = Limits {
            busy_timeout: BUSY_TIMEOUT,
            ..Limits::default()
        };
        let store = Store::open_within(config, &limits).await.unwrap();
        store.migrate(vec![TABLES]).await.unwrap();
        Self {
            store,
            _folder: folder,
        }
    }
}

/// An empty database of the cluster.
pub(crate) async fn postgres_config(postgres: &Postgres) -> StoreConfig {
    let url = postgres.database("store").await;
    StoreConfig::Postgres(PostgresConfig::from_url(&url).unwrap())
}

impl Deref for TestStore {
    type Target = Store;

    fn deref(&self) -> &Store {
        &self.store
    }
}

/// The chain of messages of an error, outermost first.
pub(crate) fn messages(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        text = format!("{text}: {source}");
        next = source.source();
    }
    text
}
