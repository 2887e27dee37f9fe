//! Tests of the key: where it comes from, and what happens without the right one.

use super::*;
use std::os::unix::fs::PermissionsExt;

const CONFIGURED: &str = "Y29uZmlndXJlZCBjb25maWd1cmVkIGNvbmZpZ3VyZWQ=";

async fn on_disk(folder: &tempfile::TempDir, config: Value) -> Log {
    let store = Store::open(&StoreConfig::sqlite_in(folder.path())).await;
    Log::open(store.unwrap(), config).await
}

async fn fault(log: &Log, config: Value) -> Option<Fault> {
    let keys = Keys::find(&Config::from_value(config), &log.store)
        .await
        .unwrap();
    verify(&log.store, &keys, None).await.unwrap().fault
}

#[tokio::test]
async fn one_is_made_beside_the_database_and_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("audit.key");

    on_disk(&folder, json!({})).await.grow(1).await;
    let made = std::fs::read_to_string(&file).unwrap();
    let log = on_disk(&folder, json!({})).await;
    log.grow(1).await;

    assert_eq!(std::fs::read_to_string(&file).unwrap(), made);
    assert_eq!(
        std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert_eq!(log.verify(None).await.head.number, 2);
    assert_eq!(log.fault().await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_start_together_make_one() {
    let folder = tempfile::tempdir().unwrap();
    let config = StoreConfig::sqlite_in(folder.path());
    Store::open(&config)
        .await
        .unwrap()
        .migrate(MIGRATIONS.to_vec())
        .await
        .unwrap();

    let opened = (0..8).map(|_| {
        let config = config.clone();
        tokio::spawn(async move {
            let store = Store::open(&config).await.unwrap();
            let configured = Configured::read(&Config::from_value(json!({}))).unwrap();
            configured
                .open(&store)
                .await
                .unwrap()
                .present()
                .id()
                .to_owned()
        })
    });
    let mut ids = Vec::new();
    for opened in opened.collect::<Vec<_>>() {
        ids.push(opened.await.unwrap());
    }

    ids.dedup();
    assert_eq!(ids.len(), 1);
}

#[tokio::test]
async fn a_configured_one_takes_over_and_the_former_one_still_proves_its_rows() {
    let folder = tempfile::tempdir().unwrap();
    on_disk(&folder, json!({})).await.grow(2).await;
    let former = std::fs::read_to_string(folder.path().join("audit.key")).unwrap();
    let alone = json!({"callboard": {"audit": {"key": CONFIGURED}}});
    let both = json!({"callboard": {"audit": {"key": CONFIGURED, "formerKeys": [former]}}});

    let log = on_disk(&folder, alone.clone()).await;
    log.grow(2).await;

    assert_eq!(fault(&log, both).await, None);
    let other = fault(&log, alone).await.unwrap();
    assert_eq!((other.kind(), other.row()), ("other-key", 1));
    let forgotten = fault(&log, json!({})).await.unwrap();
    assert_eq!((forgotten.kind(), forgotten.row()), ("other-key", 3));
}

#[tokio::test]
async fn one_that_is_too_short_is_refused_and_not_repeated() {
    for text in ["aHVzaA==", "hush, hush, hush, hush, hush, hush, hush, hush"] {
        let config = Config::from_value(json!({"callboard": {"audit": {"key": text}}}));

        let error = Configured::read(&config).unwrap_err().to_string();

        assert!(error.starts_with("`callboard.audit.key`"), "{error}");
        assert!(!error.contains(text), "{error}");
    }
}

#[tokio::test]
async fn a_look_at_the_log_makes_none() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&StoreConfig::sqlite_in(folder.path()))
        .await
        .unwrap();

    let found = Keys::find(&Config::from_value(json!({})), &store).await;

    assert!(matches!(found, Err(KeyError::Missing)), "{found:?}");
    assert!(!folder.path().join("audit.key").exists());
}

#[tokio::test]
async fn a_file_that_holds_none_is_named_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("audit.key");
    std::fs::write(&file, "").unwrap();
    let store = Store::open(&StoreConfig::sqlite_in(folder.path()))
        .await
        .unwrap();

    let opened = Configured::read(&Config::from_value(json!({})))
        .unwrap()
        .open(&store)
        .await;

    assert!(
        opened
            .unwrap_err()
            .to_string()
            .contains("audit.key` holds no key")
    );
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "");
}
