//! Tests of the audit log, on a small one of its own.

mod key;
mod meddling;

use super::chain::Row;
use super::key::Configured;
use super::store::MIGRATIONS;
use super::*;
use crate::auth::test::ManualClock;
use crate::clock::Clock;
use crate::error::Error;
use callboard_config::Config;
use callboard_store::{Conn, Query, Store, StoreConfig, Tx};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// How many rows the small log has.
const ROWS: i64 = 6;

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

#[tokio::test]
async fn the_history_of_a_role_has_what_names_it_and_nothing_else() {
    let log = Log::empty().await;
    log.grow(2).await;
    let other = Operation::begin(
        Requester::named("user:default/zoë"),
        "permission",
        "policy-write",
        json!({"policies": [["role:default/crew", "a", "read", "allow"], ["role:default/u%", "b"]]}),
    );
    let mut tx = log.store.begin().await.unwrap();
    let recorded = other.succeed_by(&log.audit, &mut tx, json!({})).await;
    recorded.unwrap().publish();
    tx.commit().await.unwrap();
    operation("role-write").refuse_by(&log.audit, "no").await;
    let numbers = async |audit: &Audit, role: &str, limit: u32| {
        let changes = audit
            .changes_naming(role, Timestamp::UNIX_EPOCH, limit)
            .await;
        let changes = changes.unwrap().into_iter();
        changes.map(|change| change.number).collect::<Vec<_>>()
    };
    let of_roles = async |audit: &Audit| {
        [
            numbers(audit, "role:default/ushers", 9).await,
            numbers(audit, "role:default/ushers", 1).await,
            numbers(audit, "role:default/crew", 9).await,
            numbers(audit, "role:default/u%", 9).await,
            numbers(audit, "role:default/usher_", 9).await,
        ]
    };
    let expected = [vec![2, 1], vec![2], vec![3], vec![3], vec![]];

    assert_eq!(of_roles(&log.audit).await, expected);

    // As a database is that an earlier version wrote.
    log.meddle(&["DELETE FROM audit_roles"]).await;
    let log = Log::open(log.store, json!({})).await;
    assert_eq!(of_roles(&log.audit).await, expected);
    assert_eq!(log.fault().await, None);
}
