//! Another process writes to the same file while the first one has it open.

use std::process::Command;
use std::time::Duration;

use callboard_store::{Changes, Query, Revision, Store, StoreConfig, feed};
use tempfile::tempdir;
use tokio::time::timeout;

use crate::support::TABLES;

/// Set for the second process, which is this test program once more.
const DATABASE: &str = "CALLBOARD_TEST_DATABASE";
const INSERT: &str = "INSERT INTO things (name) VALUES ($1)";
const DEADLINE: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_share_one_file() {
    #[expect(
        clippy::disallowed_methods,
        reason = "how the second process knows that it is one"
    )]
    let visited = std::env::var_os(DATABASE);

    match visited {
        Some(path) => visit(&StoreConfig::SqliteFile { path: path.into() }).await,
        None => host().await,
    }
}

/// The second process: writes, as soon as the first one lets it, and leaves.
async fn visit(config: &StoreConfig) {
    let store = Store::open_existing(config).await.unwrap();
    store.migrate(vec![TABLES]).await.unwrap();
    let mut tx = store.begin().await.unwrap();
    tx.execute(Query::new(INSERT).bind("from the visitor"))
        .await
        .unwrap();
    feed::record(&mut tx, "thing", "from the visitor")
        .await
        .unwrap();
    tx.commit().await.unwrap();
    store.close().await;
}

/// The first process: has a write transaction open when the second one comes.
async fn host() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("hub.sqlite");
    let store = Store::open(&StoreConfig::SqliteFile { path: path.clone() })
        .await
        .unwrap();
    store.migrate(vec![TABLES]).await.unwrap();
    let mut wake = store.feed().subscribe();
    let mut tx = store.begin().await.unwrap();
    tx.execute(Query::new(INSERT).bind("from the host"))
        .await
        .unwrap();
    feed::record(&mut tx, "thing", "from the host")
        .await
        .unwrap();

    let mut visitor = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "process::two_processes_share_one_file"])
        .env(DATABASE, &path)
        .spawn()
        .unwrap();
    let names: Vec<String> = names(&store).await;
    assert!(names.is_empty(), "nothing is committed yet: {names:?}");
    tx.commit().await.unwrap();
    let left = tokio::task::spawn_blocking(move || visitor.wait().unwrap());
    assert!(timeout(DEADLINE, left).await.unwrap().unwrap().success());

    assert_eq!(
        self::names(&store).await,
        ["from the host", "from the visitor"]
    );
    assert_eq!(*wake.borrow_and_update(), Revision::new(1));
    assert_eq!(store.feed().latest().await.unwrap(), Revision::new(2));
    assert!(
        wake.has_changed().unwrap(),
        "asking for the latest revision wakes the followers"
    );
    match store
        .feed()
        .changes_after(Revision::new(1), 10)
        .await
        .unwrap()
    {
        Changes::Lines(lines) => assert_eq!(lines[0].key, "from the visitor"),
        Changes::Reload => panic!("told to reload"),
    }
}

async fn names(store: &Store) -> Vec<String> {
    let mut conn = store.read().await.unwrap();
    conn.fetch_all(Query::new("SELECT name FROM things ORDER BY name"))
        .await
        .unwrap()
}
