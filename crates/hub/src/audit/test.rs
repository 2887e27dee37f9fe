//! Tests that meddle with a small audit log in every way there is.

use super::chain::Row;
use super::key::Configured;
use super::store::MIGRATIONS;
use super::verify::verify_in;
use super::*;
use crate::auth::test::ManualClock;
use crate::clock::Clock;
use crate::error::Error;
use callboard_config::Config;
use callboard_store::{Conn, Query, Store, StoreConfig, Tx};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// How many rows the small log has.
const ROWS: i64 = 6;

const TEXT_COLUMNS: [&str; 7] = [
    "plugin",
    "event_id",
    "status",
    "actor",
    "event",
    "previous_hash",
    "hash",
];

struct Log {
    store: Store,
    clock: ManualClock,
    audit: Arc<Audit>,
}

impl Log {
    async fn open(store: Store, config: Value) -> Log {
        store.migrate(MIGRATIONS.to_vec()).await.unwrap();
        let clock = ManualClock::default();
        let dynamic: Arc<dyn Clock> = Arc::new(clock.clone());
        let audit = Arc::new(Audit::on(&Config::from_value(config), &store, &dynamic));
        audit.open().await.unwrap();
        Log {
            store,
            clock,
            audit,
        }
    }

    async fn empty() -> Log {
        let store = Store::open(&StoreConfig::SqliteMemory).await.unwrap();
        Log::open(store, json!({})).await
    }

    /// A log of changes and a refusal.
    async fn small() -> Log {
        let log = Log::empty().await;
        log.grow(ROWS - 1).await;
        operation("refused").refuse_by(&log.audit, "no").await;
        log
    }

    async fn grow(&self, rows: i64) {
        for number in 0..rows {
            self.clock.advance(Duration::from_millis(700));
            let mut tx = self.store.begin().await.unwrap();
            change(&self.audit, &mut tx, number).await;
            tx.commit().await.unwrap();
        }
    }

    async fn keys(&self) -> Keys {
        Keys::find(&Config::from_value(json!({})), &self.store)
            .await
            .unwrap()
    }

    async fn verify(&self, given: Option<&Head>) -> Report {
        verify(&self.store, &self.keys().await, given)
            .await
            .unwrap()
    }

    async fn fault(&self) -> Option<Fault> {
        self.verify(None).await.fault
    }

    /// Runs statements as somebody who has the database would.
    async fn meddle(&self, statements: &[&str]) {
        let mut tx = self.store.begin().await.unwrap();
        for sql in statements {
            tx.execute(Query::built((*sql).to_owned())).await.unwrap();
        }
        tx.commit().await.unwrap();
    }
}

fn operation(name: &'static str) -> Operation {
    Operation::begin(
        Requester::named("user:default/zoë"),
        "permission",
        name,
        json!({"roleEntityRef": "role:default/ushers"}),
    )
}

async fn change(audit: &Audit, tx: &mut Tx, number: i64) {
    let more = json!({"number": number});
    let recorded = operation("role-write").succeed_by(audit, tx, more).await;
    recorded.unwrap().publish();
}

async fn rows(conn: &mut Conn) -> Vec<Row> {
    let found = store::rows_after(conn, 0, 100).await.unwrap();
    found.into_iter().map(|row| row.0.unwrap()).collect()
}

#[tokio::test]
async fn a_log_that_nobody_touched_is_good() {
    let log = Log::small().await;

    let report = log.verify(None).await;

    assert_eq!(report.fault, None);
    assert_eq!(report.head.number, ROWS);
    let seconds = report.last.unwrap().duration_since(report.first.unwrap());
    assert_eq!(seconds.as_millis(), 2800);
    assert_eq!(log.verify(Some(&report.head)).await, report);
}

#[tokio::test]
async fn an_empty_log_is_good() {
    let log = Log::empty().await;

    let report = log.verify(Some(&Head::start())).await;

    assert_eq!((report.fault, report.head), (None, Head::start()));
}

#[tokio::test]
async fn every_byte_of_every_column_of_every_row_counts() {
    let log = Log::small().await;
    let keys = log.keys().await;
    let mut tx = log.store.begin().await.unwrap();
    let mut tried = 0;

    for row in rows(&mut tx).await {
        let number = row.number;
        let texts = [
            &row.plugin,
            &row.event_id,
            &row.status,
            &row.actor,
            &row.event,
            &row.previous_hash,
            &row.hash,
        ];
        let texts = TEXT_COLUMNS.into_iter().zip(texts);
        for (column, text) in texts.chain([("key_id", &row.key_id)]) {
            // Through a blob, since a byte of a longer character makes the text none.
            let sql =
                format!("UPDATE audit_events SET {column} = CAST($1 AS TEXT) WHERE number = $2");
            let set = |bytes: &[u8]| Query::built(sql.clone()).bind(bytes).bind(number);
            for at in 0..text.len() {
                let mut bytes = text.clone().into_bytes();
                bytes[at] ^= 1;
                tx.execute(set(&bytes)).await.unwrap();
                let report = verify_in(&mut tx, &keys, None).await.unwrap();
                let fault = report
                    .fault
                    .unwrap_or_else(|| panic!("{number} {column} {at}"));
                assert_eq!((fault.row(), report.head.number), (number, number - 1));
                tried += 1;
            }
            tx.execute(set(text.as_bytes())).await.unwrap();
        }
        for byte in 0..8 {
            let flipped = |value: i64| value ^ (0x10 << (8 * byte));
            let sql = "UPDATE audit_events SET at = $1 WHERE number = $2";
            let set = |at: i64| Query::new(sql).bind(at).bind(number);
            tx.execute(set(flipped(row.at))).await.unwrap();
            let report = verify_in(&mut tx, &keys, None).await.unwrap();
            assert_eq!(report.fault, Some(Fault::Edited { row: number }));
            tx.execute(set(row.at)).await.unwrap();

            let sql = "UPDATE audit_events SET number = $1 WHERE number = $2";
            let set = |from: i64, to: i64| Query::new(sql).bind(to).bind(from);
            tx.execute(set(number, flipped(number))).await.unwrap();
            let report = verify_in(&mut tx, &keys, None).await.unwrap();
            assert!(report.fault.is_some(), "{number} {byte}");
            tx.execute(set(flipped(number), number)).await.unwrap();
        }
    }

    assert!(tried > 2_000, "{tried}");
    let report = verify_in(&mut tx, &keys, None).await.unwrap();
    assert_eq!(report.fault, None);
}

#[tokio::test]
async fn a_value_of_another_type_is_a_fault_and_no_error() {
    for column in TEXT_COLUMNS.into_iter().chain(["at", "key_id"]) {
        let log = Log::small().await;

        log.meddle(&[&format!(
            "UPDATE audit_events SET {column} = X'00' WHERE number = 3"
        )])
        .await;

        assert_eq!(
            log.fault().await,
            Some(Fault::Edited { row: 3 }),
            "{column}"
        );
    }
    for column in ["number", "hash"] {
        let log = Log::small().await;

        log.meddle(&[&format!("UPDATE audit_head SET {column} = X'00'")])
            .await;

        assert_eq!(
            log.fault().await,
            Some(Fault::HeadRow { row: ROWS }),
            "{column}"
        );
    }
}

#[tokio::test]
async fn a_removed_row_is_named() {
    for number in 1..ROWS {
        let log = Log::small().await;

        log.meddle(&[&format!("DELETE FROM audit_events WHERE number = {number}")])
            .await;

        let (first, last) = (number, number);
        assert_eq!(log.fault().await, Some(Fault::Removed { first, last }));
    }
}

#[tokio::test]
async fn closing_the_gap_after_a_removed_row_does_not_help() {
    let log = Log::small().await;

    log.meddle(&[
        "DELETE FROM audit_events WHERE number = 3",
        "UPDATE audit_events SET number = -number WHERE number > 3",
        "UPDATE audit_events SET number = -number - 1 WHERE number < 0",
    ])
    .await;

    assert_eq!(log.fault().await, Some(Fault::Edited { row: 3 }));
}

#[tokio::test]
async fn rows_that_changed_places_are_named() {
    for one in 1..=ROWS {
        for other in one + 1..=ROWS {
            let log = Log::small().await;

            log.meddle(&[
                &format!("UPDATE audit_events SET number = 99 WHERE number = {one}"),
                &format!("UPDATE audit_events SET number = {one} WHERE number = {other}"),
                &format!("UPDATE audit_events SET number = {other} WHERE number = 99"),
            ])
            .await;

            let (row, now) = (one, other);
            assert_eq!(log.fault().await, Some(Fault::Moved { row, now }));
        }
    }
}

#[tokio::test]
async fn an_inserted_row_is_named() {
    let copy = |number: &str| {
        format!(
            "INSERT INTO audit_events
             SELECT {number}, at, plugin, event_id, status, actor, event, key_id, previous_hash, hash
             FROM audit_events WHERE number = 4"
        )
    };
    let between = Log::small().await;
    let before = Log::small().await;
    let after = Log::small().await;

    // The copy at 3 is what was written there; the row after it is not.
    between
        .meddle(&[
            "UPDATE audit_events SET number = -number WHERE number > 2",
            "UPDATE audit_events SET number = 1 - number WHERE number < 0",
            &copy("3"),
        ])
        .await;
    before.meddle(&[&copy("0")]).await;
    after.meddle(&[&copy("7")]).await;

    assert_eq!(between.fault().await, Some(Fault::Moved { row: 4, now: 5 }));
    assert_eq!(before.fault().await, Some(Fault::Inserted { row: 0 }));
    assert_eq!(after.fault().await, Some(Fault::Edited { row: 7 }));
}

#[tokio::test]
async fn a_tail_that_was_cut_off_misses_by_the_row_of_the_head() {
    for kept in 0..ROWS {
        let log = Log::small().await;

        log.meddle(&[&format!("DELETE FROM audit_events WHERE number > {kept}")])
            .await;

        let (first, last) = (kept + 1, ROWS);
        assert_eq!(log.fault().await, Some(Fault::CutOff { first, last }));
    }
}

#[tokio::test]
async fn a_tail_that_was_cut_off_with_care_misses_by_the_head_of_the_log() {
    for kept in 0..ROWS {
        let log = Log::small().await;
        let given = log.verify(None).await.head;

        log.meddle(&[
            &format!("DELETE FROM audit_events WHERE number > {kept}"),
            &format!(
                "UPDATE audit_head SET number = {kept}, hash = COALESCE(
                     (SELECT hash FROM audit_events WHERE number = {kept}), '{}')",
                Head::start().hash
            ),
        ])
        .await;

        assert_eq!(log.fault().await, None);
        let fault = log.verify(Some(&given)).await.fault;
        assert_eq!(fault, Some(Fault::ShorterThanHead { row: kept, given }));
    }
}

#[tokio::test]
async fn a_tail_that_was_written_again_misses_by_the_head_of_the_log() {
    let log = Log::small().await;
    let given = log.verify(None).await.head;
    let hash = rows(&mut log.store.read().await.unwrap()).await[2]
        .hash
        .clone();
    log.meddle(&[
        "DELETE FROM audit_events WHERE number > 3",
        &format!("UPDATE audit_head SET number = 3, hash = '{hash}'"),
    ])
    .await;

    log.grow(5).await;

    assert_eq!(log.fault().await, None);
    let fault = log.verify(Some(&given)).await.fault;
    assert_eq!(fault, Some(Fault::OtherThanHead { given }));
}

#[tokio::test]
async fn the_row_of_the_head_is_looked_at() {
    for sql in [
        "UPDATE audit_head SET number = 5",
        "UPDATE audit_head SET hash = (SELECT hash FROM audit_events WHERE number = 5)",
        "DELETE FROM audit_head",
    ] {
        let log = Log::small().await;

        log.meddle(&[sql]).await;

        assert_eq!(
            log.fault().await,
            Some(Fault::HeadRow { row: ROWS }),
            "{sql}"
        );
    }
}

/// Writes the whole log again as somebody would who has the program and the database, but not
/// the key; `claimed` is the key that the rows name.
async fn rebuild(log: &Log, claimed: impl Fn(&Row) -> String) {
    let other = Log::empty().await;
    let other = other.keys().await;
    let mut tx = log.store.begin().await.unwrap();
    let old = rows(&mut tx).await;
    tx.execute(Query::new("DELETE FROM audit_events"))
        .await
        .unwrap();
    let mut previous = Head::start().hash;
    for mut row in old {
        row.actor = "user:default/somebody-else".to_owned();
        row.key_id = claimed(&row);
        row.previous_hash = previous;
        row.hash = row.sealed(other.present());
        store::append(&mut tx, &row).await.unwrap();
        previous = row.hash;
    }
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_log_that_was_rebuilt_without_the_key_is_no_good() {
    let log = Log::small().await;
    rebuild(&log, |row| row.key_id.clone()).await;
    assert_eq!(log.fault().await, Some(Fault::Edited { row: 1 }));

    let log = Log::small().await;
    rebuild(&log, |_| "01234567".to_owned()).await;
    let key_id = "01234567".to_owned();
    assert_eq!(log.fault().await, Some(Fault::OtherKey { row: 1, key_id }));
}

#[tokio::test]
async fn two_logs_do_not_join() {
    let log = Log::small().await;
    let mut tx = log.store.begin().await.unwrap();
    let old = rows(&mut tx).await;
    drop(tx);
    let backup = &old[2];
    log.meddle(&[
        "DELETE FROM audit_events WHERE number > 2",
        "UPDATE audit_head SET number = 2, hash = (SELECT hash FROM audit_events WHERE number = 2)",
    ])
    .await;
    log.grow(1).await;

    let mut tx = log.store.begin().await.unwrap();
    for row in &old[3..] {
        store::append(&mut tx, row).await.unwrap();
    }
    tx.commit().await.unwrap();

    assert_ne!(
        backup.hash,
        rows(&mut log.store.read().await.unwrap()).await[2].hash
    );
    assert_eq!(log.fault().await, Some(Fault::Joined { row: 4 }));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_writers_make_one_chain() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&StoreConfig::sqlite_in(folder.path()))
        .await
        .unwrap();
    let log = Log::open(store, json!({})).await;

    let writers = (0..60).map(|number| {
        let (audit, store) = (log.audit.clone(), log.store.clone());
        tokio::spawn(async move {
            if number % 3 == 0 {
                operation("refused").refuse_by(&audit, "no").await;
                return;
            }
            let mut tx = store.begin().await.unwrap();
            change(&audit, &mut tx, number).await;
            // Some of the changes are given up after all.
            if number % 3 == 1 {
                tx.commit().await.unwrap();
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }

    let report = log.verify(None).await;
    assert_eq!((report.fault, report.head.number), (None, 40));
}

#[tokio::test]
async fn many_refusals_of_one_actor_are_counted_in_one_row() {
    let log = Log::empty().await;

    for _ in 0..50 {
        operation("refused").refuse_by(&log.audit, "no").await;
    }
    log.grow(30).await;
    log.audit.close().await;

    let rows = rows(&mut log.store.read().await.unwrap()).await;
    let count = |id: &str| rows.iter().filter(|row| row.event_id == id).count();
    assert_eq!(
        (count("refused"), count("role-write"), rows.len()),
        (20, 30, 51)
    );
    let last = rows.last().unwrap();
    assert_eq!(
        (&*last.event_id, &*last.actor),
        ("refusals-left-out", "user:default/zoë")
    );
    let event: Value = serde_json::from_str(&last.event).unwrap();
    assert_eq!(event["meta"]["count"], 30);
    assert_eq!(log.fault().await, None);
}

#[tokio::test]
async fn a_secret_of_the_configuration_is_masked_in_rows_too() {
    let store = Store::open(&StoreConfig::SqliteMemory).await.unwrap();
    let log = Log::open(store, json!({"reports": {"token": "hush-hush"}})).await;

    operation("refused")
        .refuse_by(&log.audit, "the token hush-hush is not good")
        .await;

    let rows = rows(&mut log.store.read().await.unwrap()).await;
    let event: Value = serde_json::from_str(&rows[0].event).unwrap();
    assert_eq!(event["error"], "the token *** is not good");
}

#[tokio::test]
async fn a_refusal_stands_even_if_it_cannot_be_recorded() {
    let log = Log::small().await;
    log.meddle(&["DROP TABLE audit_head"]).await;

    operation("refused")
        .refuse_by(&log.audit, &Error::forbidden().to_string())
        .await;

    let rows = rows(&mut log.store.read().await.unwrap()).await;
    assert_eq!(rows.len(), ROWS as usize);
}

mod key {
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
}
