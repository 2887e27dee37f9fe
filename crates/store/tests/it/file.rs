//! The SQLite file: how it is made, and what is said when it cannot be opened.

use std::fs;

use callboard_store::{DATABASE_FILE, Limits, OpenError, Query, Store, StoreConfig, StoreError};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{Connection, Executor};
use tempfile::tempdir;

use crate::support::{BUSY_TIMEOUT, TABLES, messages};

fn open_error(result: Result<Store, StoreError>) -> OpenError {
    match result {
        Err(StoreError::Open(error)) => error,
        other => panic!("{other:?}"),
    }
}

fn limits() -> Limits {
    Limits {
        busy_timeout: BUSY_TIMEOUT,
        ..Limits::default()
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_new_file_and_its_new_folders_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempdir().unwrap();
    let config = StoreConfig::sqlite_in(folder.path().join("data/hub"));

    let store = Store::open(&config).await.unwrap();
    store.migrate(vec![TABLES]).await.unwrap();

    let mode = |name: &str| {
        fs::metadata(folder.path().join(name))
            .unwrap()
            .permissions()
            .mode()
            & 0o777
    };
    assert_eq!(mode("data"), 0o700);
    assert_eq!(mode("data/hub"), 0o700);
    assert_eq!(mode("data/hub/callboard.sqlite"), 0o600);
    assert_eq!(mode("data/hub/callboard.sqlite-wal"), 0o600);
    assert_eq!(mode("data/hub/callboard.sqlite-shm"), 0o600);
}

#[cfg(unix)]
#[tokio::test]
async fn an_existing_folder_keeps_its_mode() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();

    Store::open(&StoreConfig::sqlite_in(folder.path()))
        .await
        .unwrap();

    assert_eq!(
        fs::metadata(folder.path()).unwrap().permissions().mode() & 0o777,
        0o755
    );
}

#[tokio::test]
async fn the_settings_of_the_database_hold_on_every_connection() {
    let folder = tempdir().unwrap();
    let store = Store::open(&StoreConfig::sqlite_in(folder.path()))
        .await
        .unwrap();
    let mut writer = store.begin().await.unwrap();
    let mut reader = store.read().await.unwrap();

    for conn in [&mut *writer, &mut reader] {
        let journal: String = conn
            .fetch_one(Query::new("PRAGMA journal_mode"))
            .await
            .unwrap();
        let keys: i64 = conn
            .fetch_one(Query::new("PRAGMA foreign_keys"))
            .await
            .unwrap();
        let synchronous: i64 = conn
            .fetch_one(Query::new("PRAGMA synchronous"))
            .await
            .unwrap();
        let timeout: i64 = conn
            .fetch_one(Query::new("PRAGMA busy_timeout"))
            .await
            .unwrap();

        assert_eq!(
            (journal.as_str(), keys, synchronous, timeout),
            ("wal", 1, 1, 5000)
        );
    }
}

#[tokio::test]
async fn what_was_written_is_there_after_a_restart() {
    let folder = tempdir().unwrap();
    let config = StoreConfig::sqlite_in(folder.path());
    let store = Store::open(&config).await.unwrap();
    store.migrate(vec![TABLES]).await.unwrap();
    let mut tx = store.begin().await.unwrap();
    tx.execute(Query::new("INSERT INTO things (name) VALUES ('kept')"))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    store.close().await;
    let files: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(
        files.len(),
        1,
        "the log was not moved into the file: {files:?}"
    );

    let store = Store::open_existing(&config).await.unwrap();

    let mut conn = store.read().await.unwrap();
    let name: String = conn
        .fetch_one(Query::new("SELECT name FROM things"))
        .await
        .unwrap();
    assert_eq!(name, "kept");
    assert!(!store.is_in_memory());
}

#[tokio::test]
async fn readers_go_on_while_a_writer_works() {
    let folder = tempdir().unwrap();
    let store = Store::open(&StoreConfig::sqlite_in(folder.path()))
        .await
        .unwrap();
    store.migrate(vec![TABLES]).await.unwrap();
    let count = || Query::new("SELECT COUNT(*) FROM things");

    let mut before = store.begin_read().await.unwrap();
    assert_eq!(before.fetch_one::<i64>(count()).await.unwrap(), 0);
    let mut tx = store.begin().await.unwrap();
    tx.execute(Query::new("INSERT INTO things (name) VALUES ('new')"))
        .await
        .unwrap();
    let during: i64 = store
        .read()
        .await
        .unwrap()
        .fetch_one(count())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let after: i64 = store
        .read()
        .await
        .unwrap()
        .fetch_one(count())
        .await
        .unwrap();

    assert_eq!((during, after), (0, 1));
    assert_eq!(
        before.fetch_one::<i64>(count()).await.unwrap(),
        0,
        "one state for all statements"
    );
}

#[tokio::test]
async fn a_missing_file_is_not_made_by_those_who_only_visit() {
    let folder = tempdir().unwrap();
    let config = StoreConfig::sqlite_in(folder.path().join("data"));

    let error = open_error(Store::open_existing(&config).await);

    assert!(matches!(error, OpenError::Missing { .. }), "{error:?}");
    assert!(error.to_string().contains("data/callboard.sqlite"));
    assert!(!folder.path().join("data").exists());
}

#[tokio::test]
async fn a_database_in_memory_cannot_be_visited() {
    let error = open_error(Store::open_existing(&StoreConfig::SqliteMemory).await);

    assert!(matches!(error, OpenError::Memory), "{error:?}");
    assert!(
        Store::open(&StoreConfig::SqliteMemory)
            .await
            .unwrap()
            .is_in_memory()
    );
}

#[tokio::test]
async fn another_kind_of_file_is_left_alone() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    let notes = "these are notes, not a database\n".repeat(100);
    fs::write(&path, &notes).unwrap();

    let error = open_error(Store::open(&StoreConfig::SqliteFile { path: path.clone() }).await);

    assert_eq!(
        error.to_string(),
        format!("`{}` is not a SQLite database", path.display())
    );
    assert!(error.help().contains("move the file away"));
    assert_eq!(fs::read_to_string(&path).unwrap(), notes);
}

#[tokio::test]
async fn a_folder_in_place_of_the_file_is_named() {
    let folder = tempdir().unwrap();
    let path = folder.path().to_owned();

    let error = open_error(Store::open(&StoreConfig::SqliteFile { path: path.clone() }).await);

    assert!(matches!(error, OpenError::File { .. }), "{error:?}");
    let text = messages(&error);
    assert!(
        text.contains(path.to_str().unwrap()) && text.contains("directory"),
        "{text}"
    );
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_named() {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("data"), "a file").unwrap();

    let error = open_error(Store::open(&StoreConfig::sqlite_in(folder.path().join("data"))).await);

    assert!(matches!(error, OpenError::Folder { .. }), "{error:?}");
}

#[tokio::test]
async fn a_file_that_another_program_has_to_itself_is_locked() {
    let folder = tempdir().unwrap();
    let config = StoreConfig::sqlite_in(folder.path());
    let path = folder.path().join(DATABASE_FILE);
    let options = SqliteConnectOptions::new()
        .filename(&path)
        .create_if_missing(true);
    let mut other = SqliteConnection::connect_with(&options).await.unwrap();
    other
        .execute("CREATE TABLE theirs (id BIGINT)")
        .await
        .unwrap();
    other.execute("BEGIN EXCLUSIVE").await.unwrap();

    let error = open_error(Store::open_within(&config, &limits()).await);

    assert!(matches!(error, OpenError::Locked { .. }), "{error:?}");
    assert!(
        error.to_string().contains(path.to_str().unwrap()),
        "{error}"
    );
    assert!(error.help().contains("close the program"));
}

#[tokio::test]
async fn a_damaged_file_is_not_opened() {
    let folder = tempdir().unwrap();
    let config = StoreConfig::sqlite_in(folder.path());
    let path = folder.path().join(DATABASE_FILE);
    let store = Store::open(&config).await.unwrap();
    store.migrate(vec![TABLES]).await.unwrap();
    store.close().await;
    let mut bytes = fs::read(&path).unwrap();
    bytes[100..4096].fill(0xff);
    fs::write(&path, bytes).unwrap();

    let error = open_error(Store::open(&config).await);

    assert!(matches!(error, OpenError::Unusable { .. }), "{error:?}");
    assert!(messages(&error).contains("malformed"), "{error:?}");
    assert!(error.help().contains("backup"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_who_open_a_new_file_at_once_get_it() {
    let folder = tempdir().unwrap();
    let config = StoreConfig::sqlite_in(folder.path().join("data"));

    let mut visitors = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let config = config.clone();
        visitors.spawn(async move {
            let store = Store::open(&config).await.unwrap();
            store.migrate(vec![TABLES]).await.unwrap().applied.len()
        });
    }
    let applied = visitors.join_all().await;

    assert_eq!(
        applied.iter().filter(|count| **count > 0).count(),
        1,
        "{applied:?}"
    );
}

#[tokio::test]
async fn a_writer_that_waits_too_long_is_told_that_the_database_is_busy() {
    let folder = tempdir().unwrap();
    let config = StoreConfig::sqlite_in(folder.path());
    let first = Store::open_within(&config, &limits()).await.unwrap();
    let second = Store::open_within(&config, &limits()).await.unwrap();
    let _tx = first.begin().await.unwrap();

    let same = first.begin().await.unwrap_err();
    let other = second.begin().await.unwrap_err();

    assert!(matches!(same, StoreError::Busy), "{same:?}");
    assert!(matches!(other, StoreError::Busy), "{other:?}");
}
