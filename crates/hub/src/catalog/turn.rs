//! The loop that keeps the catalog true: what is due is claimed, processed and put in force.

use super::config::Interval;
use super::follow::Loaded;
use super::process::{self, Portion, ProcessError};
use super::work::Work;
use super::{commit, follow, provider, store};
use crate::app::App;
use crate::task::Shutdown;
use callboard_config::watch;
use callboard_store::StoreError;
use std::time::Duration;
use tokio::time::timeout;

/// How often the database is asked for what is due when nobody says so.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How long to wait before trying again what the database did not take.
const RETRY_DELAY: Duration = Duration::from_secs(1);

/// How many entities are claimed together.
const BATCH: u32 = 32;

/// How long a claim holds; then another replica takes the work over. Longer than any reading.
const LEASE_MS: i64 = 120_000;

/// Fills the catalog at start: from the database, then from the configuration and the disk.
///
/// # Errors
///
/// When the database does not answer.
pub(super) async fn start(app: &App) -> Result<(), ProcessError> {
    let catalog = app.catalog();
    let store = &app.core().store;
    let Loaded { mut state, damaged } = follow::load(store).await?;
    if !damaged.is_empty() {
        tracing::warn!(
            plugin = "catalog",
            count = damaged.len(),
            "rows of the catalog are damaged, and made anew"
        );
        let mut tx = store.begin().await?;
        store::remove(&mut tx, &damaged).await?;
        tx.commit().await?;
        state.forget_tags();
    }
    catalog.publish(state);
    if catalog.config.interval == Interval::Never {
        return Ok(());
    }
    free_claims(app).await?;
    commit::commit::<(), StoreError>(app, |ledger| {
        provider::configure(ledger, &catalog.config);
        Ok(())
    })
    .await?;
    let all = process::active(&catalog.state(), &catalog.config);
    process::process_local(app, all, Portion::Large).await
}

/// Frees what is claimed: mostly by this hub before it was killed. What another one is at is done
/// twice, which does no harm.
async fn free_claims(app: &App) -> Result<(), StoreError> {
    let mut tx = app.core().store.begin().await?;
    store::free(&mut tx, app.core().clock.now().as_millisecond()).await?;
    tx.commit().await
}

/// Processes what is due, until the hub stops.
pub(super) async fn run(app: App, mut shutdown: Shutdown) {
    if app.catalog().config.interval == Interval::Never {
        return;
    }
    // Anything that no other process of this database says.
    let name = commit::new_uid(app.core().clock.now()).to_string();
    loop {
        let done = turn(&app, &name).await;
        if let Err(error) = &done
            && !is_away(&app, error)
        {
            let error: &dyn std::error::Error = error;
            tracing::warn!(
                plugin = "catalog",
                error,
                "what is due could not be processed"
            );
        }
        let next = async {
            match done {
                Ok(0) => drop(timeout(LOOK_EVERY, app.catalog().wake.notified()).await),
                Ok(_) => {}
                Err(_told) => database_answers(&app).await,
            }
        };
        tokio::select! {
            () = next => {}
            () = shutdown.signalled() => return,
        }
    }
}

/// Whether the database is away, which whoever watches it says.
fn is_away(app: &App, error: &ProcessError) -> bool {
    let is_lost = app.core().store.feed().contact().is_lost;
    is_lost && matches!(error, ProcessError::Store(StoreError::Unavailable(_)))
}

/// Waits a moment, and until the database answers.
async fn database_answers(app: &App) {
    tokio::time::sleep(RETRY_DELAY).await;
    let mut contacts = app.core().store.feed().contacts();
    // The store outlives this task, so the channel does not close.
    let _open = contacts.wait_for(|contact| !contact.is_lost).await;
}

/// Claims a batch of what is due and processes it; gives how many entities that were.
async fn turn(app: &App, name: &str) -> Result<usize, ProcessError> {
    let store = &app.core().store;
    let now_ms = app.core().clock.now().as_millisecond();
    // Asked without keeping writers out, since there mostly is nothing.
    let mut conn = store.read().await?;
    if !store::is_any_due(&mut conn, now_ms, name).await? {
        return Ok(0);
    }
    drop(conn);
    let mut tx = store.begin().await?;
    let claimed = store::claim(&mut tx, now_ms, now_ms + LEASE_MS, name, BATCH).await?;
    tx.commit().await?;
    // The state has all that is claimed: whoever made it due published it, here or in the feed.
    follow::catch_up(app).await?;
    let state = app.catalog().state();
    let (mut works, mut idle) = (Vec::new(), Vec::new());
    for (entity_ref, due_ms) in &claimed {
        let late_ms = u64::try_from(now_ms - due_ms).unwrap_or_default();
        let metrics = &app.catalog().metrics;
        metrics.taken_up(Duration::from_millis(late_ms));
        let record = state.record(entity_ref);
        match record.and_then(|record| Work::of(entity_ref, record)) {
            Some(work) => works.push(work),
            None => idle.push(entity_ref.clone()),
        }
    }
    if !works.is_empty() {
        process::process(app, works, Some(name), Portion::Small).await?;
    }
    if !idle.is_empty() {
        commit::commit::<(), StoreError>(app, |ledger| {
            for entity_ref in &idle {
                // One that was gone may be back by now, and has to be processed.
                let record = ledger.next.record(entity_ref);
                if record.is_some_and(|record| Work::of(entity_ref, record).is_none()) {
                    ledger.rest(entity_ref);
                }
            }
            Ok(())
        })
        .await?;
    }
    Ok(claimed.len())
}

/// Follows the files and folders that were looked at, until the hub stops.
pub(super) async fn watch_files(app: App, mut shutdown: Shutdown) {
    if app.catalog().config.interval == Interval::Never {
        return;
    }
    let mut paths = app.catalog().local().paths();
    let mut watch = match watch::paths(paths.clone()) {
        Ok(watch) => watch,
        Err(error) => {
            tracing::warn!(plugin = "catalog", %error, "changes of catalog files are noticed late");
            return;
        }
    };
    loop {
        // INVARIANT: the watch is set before the files are compared, so that no change falls
        // between.
        let failed = look(&app).await.err();
        if let Some(error) = failed.as_ref().filter(|error| !is_away(&app, error)) {
            let error: &dyn std::error::Error = error;
            tracing::warn!(
                plugin = "catalog",
                error,
                "changed catalog files could not be taken over and are tried again"
            );
        }
        let now = app.catalog().local().paths();
        if now != paths {
            watch.set(now.clone());
            paths = now;
            continue;
        }
        tokio::select! {
            _ = watch.changed() => {}
            () = app.catalog().files.notified() => {}
            () = database_answers(&app), if failed.is_some() => {}
            () = shutdown.signalled() => return,
        }
    }
}

/// Processes what stands in files that have changed, and what this hub has not looked at yet.
async fn look(app: &App) -> Result<(), ProcessError> {
    let mut ahead = process::stale(app).await?;
    let noticed = app.catalog().local().noticed();
    ahead.extend(noticed.iter().cloned());
    if ahead.is_empty() {
        return Ok(());
    }
    let processed = process::process_local(app, ahead, Portion::Small).await;
    if processed.is_err() {
        let mut local = app.catalog().local();
        noticed
            .iter()
            .for_each(|entity_ref| local.notice(entity_ref));
    }
    processed
}
