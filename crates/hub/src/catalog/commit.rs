//! The one way to change the catalog: on the newest state, in one transaction, in force when it
//! ends.

use super::config::Interval;
use super::finish::{Difference, apply, stitch_all};
use super::follow;
use super::ledger::{Conflict, Due, Ledger};
use super::service::Catalog;
use super::state::State;
use super::store;
use crate::app::App;
use crate::audit::{Operation, Recorded};
use crate::error::Error;
use callboard_catalog::EntityRef;
use callboard_store::{Revision, StoreError, Tx};
use jiff::Timestamp;
use prometheus::IntGauge;
use rand::RngExt;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::MutexGuard;
use tokio::task::{JoinError, spawn_blocking};
use uuid::Uuid;

/// What came of a change.
pub(super) struct Committed<T> {
    pub(super) answer: T,
    /// References that were refused.
    pub(super) conflicts: Vec<Conflict>,
    /// References whose records are gone.
    pub(super) removed: Vec<EntityRef>,
    /// References whose records are new or other than before.
    pub(super) changed: Vec<EntityRef>,
}

/// Changes the catalog, and puts the change in force.
///
/// `change` gets the newest state, whichever process wrote it; two changes never see the same one.
///
/// # Errors
///
/// What `change` refuses with, and that of a database that is away; nothing was changed then.
pub(super) async fn commit<T, E: From<StoreError>>(
    app: &App,
    change: impl FnOnce(&mut Ledger<'_>) -> Result<T, E>,
) -> Result<Committed<T>, E> {
    let (committed, recorded) = commit_with(app, None, None, |ledger, _| {
        change(ledger).map(|answer| (answer, json!({})))
    })
    .await?;
    debug_assert!(recorded.is_none());
    Ok(committed)
}

/// Work that a process has claimed for itself.
#[derive(Clone, Copy)]
pub(super) struct Claim<'a> {
    /// What no other process is called.
    pub(super) claimed_by: &'a str,
    pub(super) entity_refs: &'a [EntityRef],
}

/// As [`commit`], for what came of claimed work: `change` is told which of it still counts, and
/// was not processed by another one from something newer.
///
/// # Errors
///
/// As [`commit`].
pub(super) async fn commit_claimed<E: From<StoreError>>(
    app: &App,
    claim: Claim<'_>,
    change: impl FnOnce(&mut Ledger<'_>, &BTreeSet<EntityRef>),
) -> Result<Committed<()>, E> {
    let (committed, _) = commit_with(app, None, Some(claim), |ledger, held| {
        change(ledger, held);
        Ok(((), json!({})))
    })
    .await?;
    Ok(committed)
}

/// Changes the catalog for somebody who asked for it: the event of `operation` is written with the
/// change, or the refusal is recorded.
///
/// `change` gives the answer and what the event says of it. Somebody who goes away meanwhile does
/// not stop it half-way.
///
/// # Errors
///
/// What `change` refuses with, and 503 when the database is away.
pub(super) async fn commit_for<T, F>(app: &App, operation: Operation, change: F) -> Result<T, Error>
where
    F: FnOnce(&mut Ledger<'_>) -> Result<(T, Value), Error> + Send + 'static,
    T: Send + 'static,
{
    let app = app.clone();
    let work = async move {
        let done = commit_with(&app, Some(&operation), None, |ledger, _| change(ledger)).await;
        let (committed, recorded) = operation.or_refuse(&app, done).await?;
        recorded.into_iter().for_each(Recorded::publish);
        Ok(committed.answer)
    };
    tokio::spawn(work).await.map_err(Error::internal)?
}

async fn commit_with<T, E: From<StoreError>>(
    app: &App,
    operation: Option<&Operation>,
    claim: Option<Claim<'_>>,
    change: impl FnOnce(&mut Ledger<'_>, &BTreeSet<EntityRef>) -> Result<(T, Value), E>,
) -> Result<(Committed<T>, Option<Recorded>), E> {
    let catalog = app.catalog();
    let (_writing, waited) = wait(catalog).await;
    let store = &app.core().store;
    let mut tx = store.begin().await?;
    let before = follow::newest(app, &mut tx).await?.state;
    let held = match claim {
        Some(claim) => {
            let now_ms = app.core().clock.now().as_millisecond();
            store::held(&mut tx, claim.entity_refs, claim.claimed_by, now_ms).await?
        }
        None => BTreeSet::new(),
    };
    let begin = Instant::now();
    let (answer, meta, (mut difference, changes)) = {
        let mut new_uid = || new_uid(app.core().clock.now());
        let mut ledger = Ledger::new(&before, catalog.config.orphans, &mut new_uid);
        let (answer, meta) = change(&mut ledger, &held)?;
        (answer, meta, stitch_all(ledger))
    };
    let took = begin.elapsed();
    let mut next = difference.next.clone();
    let indexed = spawn_blocking(move || {
        apply(&mut next, changes);
        next
    });
    let (written, recorded) = write(app, tx, &before, &difference, operation, meta).await?;
    let interrupted = |error: JoinError| StoreError::Internal(error.into());
    difference.next = indexed.await.map_err(interrupted)?;
    difference.next.revision = written.unwrap_or(before.revision);
    let committed = put_in_force(catalog, difference, answer, [waited, took]);
    Ok((committed, recorded))
}

/// Waits for the turn to change the catalog, and tells how long that took.
pub(super) async fn wait(catalog: &Catalog) -> (MutexGuard<'_, ()>, Duration) {
    let begin = Instant::now();
    let _waiting = Waiting::among(&catalog.metrics.stitching_queue);
    let writing = catalog.writing.lock().await;
    (writing, begin.elapsed())
}

/// Publishes what was written, after it had `waited` and stitching `took` so long.
pub(super) fn put_in_force<T>(
    catalog: &Catalog,
    difference: Difference,
    answer: T,
    [waited, took]: [Duration; 2],
) -> Committed<T> {
    let Difference {
        next,
        removed,
        changed,
        due,
        conflicts,
        stitched,
    } = difference;
    catalog.publish(next);
    catalog.metrics.stitched(stitched, waited, took);
    if due.values().any(|due| *due == Due::Now) {
        catalog.wake.notify_one();
    }
    Committed {
        answer,
        conflicts,
        removed,
        changed: changed.into_iter().map(|row| row.entity_ref).collect(),
    }
}

/// One who waits, counted as long as that takes.
struct Waiting<'a>(&'a IntGauge);

impl Waiting<'_> {
    fn among(all: &IntGauge) -> Waiting<'_> {
        all.inc();
        Waiting(all)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// Writes what differs; gives the newest revision where that is another one now, and the event.
pub(super) async fn write(
    app: &App,
    mut tx: Tx,
    before: &State,
    difference: &Difference,
    operation: Option<&Operation>,
    meta: Value,
) -> Result<(Option<Revision>, Option<Recorded>), StoreError> {
    let next = &difference.next;
    let is_silent = difference.is_empty()
        && difference.due.is_empty()
        && Arc::ptr_eq(&before.registered, &next.registered);
    if is_silent && operation.is_none() {
        return Ok((None, None));
    }
    let now_ms = app.core().clock.now().as_millisecond();
    let interval = app.catalog().config.interval;
    store::write(&mut tx, before, difference, &|due| {
        due_at(due, now_ms, interval)
    })
    .await?;
    let recorded = match operation {
        Some(operation) => Some(operation.succeed_in(app, &mut tx, meta).await?),
        None => None,
    };
    let revision = store::announce(&mut tx, before, difference).await?;
    tx.commit().await?;
    Ok((revision, recorded))
}

/// When something is to be processed, in milliseconds since 1970.
fn due_at(due: Due, now_ms: i64, interval: Interval) -> Option<i64> {
    match (due, interval) {
        (Due::Now, _) => Some(now_ms),
        (Due::Later | Due::Released, Interval::Between(shortest, longest)) => {
            let millis =
                |duration: Duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 2);
            let rest = rest(millis(shortest), millis(longest));
            Some(now_ms.saturating_add(rest))
        }
        (Due::Later | Due::Released, Interval::Never) | (Due::Never, _) => None,
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "nothing depends on when exactly an entity is processed"
)]
fn rest(shortest: i64, longest: i64) -> i64 {
    match shortest < longest {
        true => rand::rng().random_range(shortest..longest),
        false => shortest,
    }
}

/// An identifier that nothing else has.
///
/// It begins with the time: those of many entities that come together stand together in an index,
/// which takes far less time to write than when they lie all over it.
pub(super) fn new_uid(now: Timestamp) -> Uuid {
    let millis = u64::try_from(now.as_millisecond()).unwrap_or_default();
    uuid::Builder::from_unix_timestamp_millis(millis, &random()).into_uuid()
}

#[expect(
    clippy::disallowed_methods,
    reason = "nothing depends on which identifier an entity gets"
)]
fn random() -> [u8; 10] {
    rand::rng().random()
}
