//! What only a server has: several processes, databases to make, and a connection to lose.

use std::time::Duration;

use callboard_store::{
    Changes, Feed, Limits, OpenError, PostgresConfig, Query, Revision, Store, StoreConfig,
    StoreError, feed,
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

/// A server like those that speak PostgreSQL's protocol and have no notifications: whoever wants
/// to send one is refused.
#[tokio::test]
async fn a_server_without_notifications_is_never_asked_to_send_one() {
    let url = Postgres::start().await.database("store").await;
    let database = url.split('/').nth(3).unwrap().split('?').next().unwrap();
    Postgres::start()
        .await
        .execute(
            &url,
            &format!(
                "REVOKE EXECUTE ON FUNCTION pg_notify(text, text) FROM PUBLIC;
                 CREATE ROLE plain LOGIN;
                 GRANT ALL ON DATABASE {database} TO plain;
                 GRANT ALL ON SCHEMA public TO plain"
            ),
        )
        .await;
    let notifying = PostgresConfig::from_url(&url.replace("postgres@", "plain@")).unwrap();
    let silent = PostgresConfig {
        notifies: false,
        ..notifying.clone()
    };
    let (here, there) = (open(&silent).await, open(&silent).await);
    let mut newest = here.feed().subscribe();
    let watching = watched(&here, Duration::from_millis(20));

    let mut tx = open(&notifying).await.begin().await.unwrap();
    let refused = feed::record(&mut tx, "thing", "a").await;
    assert!(
        matches!(refused, Err(StoreError::Internal(_))),
        "{refused:?}"
    );
    drop(tx);
    let mut tx = there.begin().await.unwrap();
    let revision = feed::record(&mut tx, "thing", "a").await.unwrap();
    tx.commit().await.unwrap();

    let seen = timeout(SOON, newest.wait_for(|seen| *seen == revision)).await;
    assert!(seen.is_ok());
    watching.abort();
}

#[tokio::test]
async fn a_lost_server_is_refused_at_once_until_it_is_back() {
    let postgres = Postgres::own().await;
    let url = postgres.database("store").await;
    let store = open(&PostgresConfig::from_url(&url).unwrap()).await;
    let mut contact = store.feed().contacts();
    let feed = store.feed().clone();
    let watching = tokio::spawn(async move {
        loop {
            let Err(_away) = feed.watch(Duration::from_millis(20)).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });

    postgres.stop().await;
    let lost = timeout(SOON, contact.wait_for(|contact| contact.is_lost)).await;
    assert!(lost.is_ok());
    drop(lost);
    let mut follower = store.feed().follower();
    let refused = timeout(BUSY_TIMEOUT / 2, async {
        (store.begin().await.map(drop), store.read().await.map(drop))
    });
    let refused = refused.await.unwrap();
    let Err(StoreError::Unavailable(reason)) = &refused.0 else {
        panic!("{refused:?}")
    };
    assert_eq!(reason.to_string(), "it has not answered of late");
    assert!(matches!(refused.1, Err(StoreError::Unavailable(_))));

    postgres.start_again().await;
    // Nothing was written, and still there is a reason to look.
    let woken = timeout(SOON, follower.beyond(Revision::new(1_000))).await;
    assert!(woken.is_ok());
    store.begin().await.unwrap().commit().await.unwrap();
    watching.abort();
}

#[tokio::test]
async fn a_database_that_was_put_back_wakes_the_followers() {
    let url = Postgres::start().await.database("store").await;
    let store = open(&PostgresConfig::from_url(&url).unwrap()).await;
    let watching = watched(&store, Duration::from_millis(20));
    let mut seen = Revision::ZERO;
    for key in ["a", "b", "c"] {
        let mut tx = store.begin().await.unwrap();
        seen = feed::record(&mut tx, "thing", key).await.unwrap();
        tx.commit().await.unwrap();
    }
    let mut follower = store.feed().follower();

    let older =
        "DELETE FROM store_changes WHERE revision > 1; UPDATE store_feed_head SET revision = 1";
    Postgres::start().await.execute(&url, older).await;

    timeout(SOON, follower.beyond(seen)).await.unwrap();
    let changes = store.feed().changes_after(seen, 10).await.unwrap();
    assert_eq!(changes, Changes::Reload);
    assert_eq!(*store.feed().subscribe().borrow(), Revision::new(1));
    watching.abort();
}

#[tokio::test]
async fn what_is_made_belongs_to_the_role_that_is_taken_on() {
    let url = Postgres::start().await.database("store").await;
    let postgres = Postgres::start().await;
    postgres.execute(&url, "CREATE ROLE owners").await;
    let config = PostgresConfig {
        role: Some("owners".to_owned()),
        schema: Some("hub".to_owned()),
        makes_schema: true,
        ..PostgresConfig::from_url(&url).unwrap()
    };
    let database = url.split('/').nth(3).unwrap().split('?').next().unwrap();
    postgres
        .execute(
            &url,
            &format!("GRANT CREATE ON DATABASE {database} TO owners"),
        )
        .await;

    open(&config).await;

    let owners = "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'hub'";
    assert_eq!(postgres.query(&url, owners).await, "owners");
}

#[tokio::test]
async fn a_few_connections_suffice() {
    let config = StoreConfig::Postgres(config().await);
    let limits = Limits {
        connections: 4,
        ..Limits::default()
    };
    let store = Store::open_within(&config, &limits).await.unwrap();
    store.migrate(vec![TABLES]).await.unwrap();
    let watching = watched(&store, Duration::from_millis(20));

    let mut tx = store.begin().await.unwrap();
    let revision = feed::record(&mut tx, "thing", "a").await.unwrap();
    assert_eq!(store.feed().latest().await.unwrap(), Revision::ZERO);
    tx.commit().await.unwrap();

    assert_eq!(store.feed().latest().await.unwrap(), revision);
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

#[tokio::test]
async fn another_password_opens_the_connections_that_come_after_it() {
    let postgres = Postgres::own().await;
    let url = postgres.database("store").await;
    let role =
        "CREATE ROLE guarded; CREATE ROLE hub LOGIN SUPERUSER PASSWORD 'one' IN ROLE guarded";
    postgres.execute(&url, role).await;
    let url_of = |password| url.replace("postgres@", &format!("hub:{password}@"));
    let config = PostgresConfig::from_url(&url_of("one")).unwrap();
    let store = open(&config).await;
    postgres
        .execute(&url, "ALTER ROLE hub PASSWORD 'two'")
        .await;

    postgres.cut(&url).await;
    let refused = store.begin().await.map(drop).unwrap_err();
    store.show_password("two");
    let accepted = store.begin().await.map(drop);

    assert!(
        messages(&refused).contains("password authentication failed"),
        "{}",
        messages(&refused)
    );
    accepted.unwrap();
}
