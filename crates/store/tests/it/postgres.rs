//! What only a server has: several processes, databases to make, and a connection to lose.

use std::time::Duration;

use callboard_store::{
    Feed, Limits, OpenError, PostgresConfig, Query, Revision, Store, StoreConfig, StoreError, feed,
};
use callboard_testkit::Postgres;
use tokio::time::timeout;

use crate::support::{BUSY_TIMEOUT, TABLES, messages};

/// Long enough for a wake-up on a busy machine, and far shorter than [`EVERY`].
const SOON: Duration = Duration::from_secs(10);

/// A pause that no test waits for: what is seen was told.
const EVERY: Duration = Duration::from_secs(600);

async fn open(config: &PostgresConfig) -> Store {
    let limits = Limits {
        busy_timeout: BUSY_TIMEOUT,
        ..Limits::default()
    };
    let store = Store::open_within(&StoreConfig::Postgres(config.clone()), &limits)
        .await
        .unwrap();
    store.migrate(vec![TABLES]).await.unwrap();
    store
}

async fn config() -> PostgresConfig {
    let url = Postgres::start().await.database("store").await;
    PostgresConfig::from_url(&url).unwrap()
}

fn watched(store: &Store, every: Duration) -> tokio::task::JoinHandle<()> {
    let feed: Feed = store.feed().clone();
    tokio::spawn(async move {
        // Ends with the test.
        let _away = feed.watch(every).await;
    })
}

#[tokio::test]
async fn a_commit_of_another_process_wakes_the_followers() {
    let config = config().await;
    let (here, there) = (open(&config).await, open(&config).await);
    let mut newest = here.feed().subscribe();
    let watching = watched(&here, EVERY);
    // The first look is done when the listener listens.
    let begun = there.feed().latest().await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;

    let mut tx = there.begin().await.unwrap();
    let revision = feed::record(&mut tx, "thing", "a").await.unwrap();
    tx.commit().await.unwrap();

    let seen = timeout(SOON, newest.wait_for(|seen| *seen > begun)).await;
    assert_eq!(*seen.unwrap().unwrap(), revision);
    watching.abort();
}

#[tokio::test]
async fn without_notifications_the_database_is_asked() {
    let config = config().await;
    let (here, there) = (open(&config).await, open(&config).await);
    let mut newest = here.feed().subscribe();
    let watching = watched(&here, Duration::from_millis(20));

    // A line that nobody is told of.
    let mut tx = there.begin().await.unwrap();
    tx.execute(Query::new("UPDATE store_feed_head SET revision = 1"))
        .await
        .unwrap();
    tx.commit().await.unwrap();

    let seen = timeout(SOON, newest.wait_for(|seen| *seen == Revision::new(1))).await;
    assert!(seen.is_ok());
    watching.abort();
}

#[tokio::test]
async fn one_process_writes_at_a_time_and_the_other_is_told_that_it_waits() {
    let config = config().await;
    let (here, there) = (open(&config).await, open(&config).await);
    let held = here.begin().await.unwrap();

    let refused = there.begin().await;

    assert!(matches!(refused, Err(StoreError::Busy)), "{refused:?}");
    held.commit().await.unwrap();
    assert!(there.begin().await.is_ok());
}

#[tokio::test]
async fn database_and_schema_are_made_when_that_is_wanted() {
    let existing = config().await;
    let wanted = PostgresConfig {
        database: format!("{}_made", existing.database),
        schema: Some("call \"board\"".to_owned()),
        ..existing.clone()
    };
    let refused = Store::open(&StoreConfig::Postgres(wanted.clone())).await;
    let makes = PostgresConfig {
        makes_database: true,
        makes_schema: true,
        ..wanted
    };

    let (one, other) = tokio::join!(open(&makes), open(&makes));

    assert!(
        matches!(refused, Err(StoreError::Open(OpenError::Server { .. }))),
        "{refused:?}"
    );
    assert_eq!(
        one.feed().latest().await.unwrap(),
        other.feed().latest().await.unwrap()
    );
}

#[tokio::test]
async fn a_server_that_is_away_is_named_without_the_password() {
    let config = PostgresConfig::from_url("postgres://hub:hush@127.0.0.1:1/hub").unwrap();

    let error = Store::open(&StoreConfig::Postgres(config))
        .await
        .unwrap_err();

    let text = messages(&error);
    assert!(
        text.starts_with("cannot open the database postgres://hub@127.0.0.1:1/hub: "),
        "{text}"
    );
    assert!(!text.contains("hush") && error.help().is_some());
}

#[tokio::test]
async fn a_lost_connection_is_replaced() {
    let url = Postgres::start().await.database("store").await;
    let store = open(&PostgresConfig::from_url(&url).unwrap()).await;
    let postgres = Postgres::start().await;
    let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
               WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let mut tx = store.begin().await.unwrap();

    postgres.execute(&url, cut).await;

    let lost = feed::record(&mut tx, "thing", "a").await;
    assert!(matches!(lost, Err(StoreError::Unavailable(_))), "{lost:?}");
    drop(tx);
    let mut tx = store.begin().await.unwrap();
    feed::record(&mut tx, "thing", "a").await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(store.feed().latest().await.unwrap(), Revision::new(1));
}
