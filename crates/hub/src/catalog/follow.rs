//! What other processes write, and what is in the database at start.

use super::common::Common;
use super::finish::{Row, apply};
use super::parallel;
use super::state::State;
use super::store::{self, DUE_KEY, LOCATIONS_KEY, Page, TOPIC};
use crate::app::App;
use crate::database::{self, News, Progress};
use crate::task::Shutdown;
use callboard_catalog::{Change, EntityRef};
use callboard_store::{Revision, Store, StoreError, Tx, feed};
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use tokio::task::{JoinError, spawn_blocking};

/// Everything that the database has.
pub(super) struct Loaded {
    pub(super) state: State,
    /// References of rows that somebody has damaged.
    pub(super) damaged: Vec<String>,
}

/// Reads everything that the database has.
///
/// # Errors
///
/// When the database does not answer.
pub(super) async fn load(store: &Store) -> Result<Loaded, StoreError> {
    let mut tx = store.begin_read().await?;
    let revision = feed::head(&mut tx).await?;
    let registered = store::locations(&mut tx).await?.into();
    // While some rows come, those before become entities.
    let (mut rows, mut damaged) = (Vec::new(), Vec::new());
    let (mut pages, mut last) = (VecDeque::new(), Some(String::new()));
    let common = Arc::new(Common::default());
    let interrupted = |error: JoinError| StoreError::Internal(error.into());
    loop {
        if let Some(after) = last {
            let page = Page::after(&mut tx, &after).await?;
            last = page.last()?;
            let common = Arc::clone(&common);
            pages.push_back(spawn_blocking(move || page.read(&common)));
        }
        // More at once would only wait for each other, and for memory.
        if last.is_none() || pages.len() > parallel::processors() {
            let Some(page) = pages.pop_front() else { break };
            let page = page.await.map_err(interrupted)??;
            rows.extend(page.rows);
            damaged.extend(page.damaged);
        }
    }
    drop(tx);
    let state = spawn_blocking(move || State {
        revision,
        registered,
        ..State::of(rows)
    });
    let state = state.await.map_err(interrupted)?;
    Ok(Loaded { state, damaged })
}

impl State {
    /// The state with these rows, and without the records of `asked_for` that are not among them.
    fn with(&self, rows: Vec<Row>, asked_for: &BTreeSet<EntityRef>) -> State {
        let mut next = self.clone();
        let mut changes = Vec::new();
        let mut gone = asked_for.clone();
        for row in rows {
            gone.remove(&row.entity_ref);
            let known = self.snapshot.get(row.entity_ref.as_str());
            match row.entity {
                Some(entity) if known.is_none_or(|known| known.json() != entity.json()) => {
                    changes.push(Change::Upsert(entity));
                }
                None if known.is_some() => changes.push(Change::Remove(row.entity_ref.clone())),
                Some(_) | None => {}
            }
            next.put_record(&row.entity_ref, row.record);
        }
        for entity_ref in gone {
            if self.snapshot.get(entity_ref.as_str()).is_some() {
                changes.push(Change::Remove(entity_ref.clone()));
            }
            next.remove_record(&entity_ref);
        }
        apply(&mut next, changes);
        next
    }
}

/// The newest state, whoever made it.
pub(super) struct Newest {
    pub(super) state: State,
    /// Whether there is more to it than in what is in force in this process.
    pub(super) is_news: bool,
}

/// The newest state, for a transaction that keeps all other writers out.
///
/// # Errors
///
/// When the database does not answer.
pub(super) async fn newest(app: &App, tx: &mut Tx) -> Result<Newest, StoreError> {
    let state = State::clone(&app.catalog().state());
    let store = &app.core().store;
    // Nobody else writes into a memory of our own, which has no second connection either.
    if store.is_in_memory() || feed::head(tx).await? == state.revision {
        return Ok(Newest {
            state,
            is_news: false,
        });
    }
    let advanced = advance(store, &state).await?;
    advanced.notice(app);
    Ok(Newest {
        is_news: advanced.is_news,
        state: advanced.state,
    })
}

/// A state that has caught up with the feed.
struct Advanced {
    state: State,
    /// Whether anything but its place in the feed is other than before.
    is_news: bool,
    /// Whether there may be something to process.
    is_work: bool,
    /// What others have changed.
    changed: BTreeSet<EntityRef>,
}

impl Advanced {
    /// Tells the loop and the watch of files what others have changed.
    fn notice(&self, app: &App) {
        let catalog = app.catalog();
        let reads = |entity_ref: &&EntityRef| {
            let record = self.state.record(entity_ref);
            record.is_some_and(|record| record.is_active)
        };
        let mut local = catalog.local();
        for entity_ref in self.changed.iter().filter(reads) {
            local.notice(entity_ref);
        }
        let gone: Vec<EntityRef> = self
            .changed
            .iter()
            .filter(|entity_ref| self.state.record(entity_ref).is_none())
            .cloned()
            .collect();
        local.forget(&gone);
        drop(local);
        if !self.changed.is_empty() {
            catalog.files.notify_one();
        }
        if self.is_work {
            catalog.wake.notify_one();
        }
    }
}

async fn advance(store: &Store, state: &State) -> Result<Advanced, StoreError> {
    let (keys, revision) = match database::news(store.feed(), TOPIC, state.revision).await? {
        News::Keys { keys, seen } => (keys, seen),
        News::Reload => {
            let Loaded { state, .. } = load(store).await?;
            return Ok(Advanced {
                changed: state.records.keys().cloned().collect(),
                state,
                is_news: true,
                is_work: true,
            });
        }
    };
    let (mut changed, mut are_locations_stale) = (BTreeSet::new(), false);
    for key in &keys {
        match &**key {
            LOCATIONS_KEY => are_locations_stale = true,
            DUE_KEY => {}
            keys => changed.extend(keys.lines().filter_map(|key| EntityRef::parse(key).ok())),
        }
    }
    let mut next = state.clone();
    next.revision = revision;
    let is_news = !changed.is_empty() || are_locations_stale;
    if is_news {
        let mut conn = store.read().await?;
        let asked_for: Vec<EntityRef> = changed.iter().cloned().collect();
        let rows = store::some(&mut conn, &asked_for).await?;
        if are_locations_stale {
            next.registered = store::locations(&mut conn).await?.into();
        }
        drop(conn);
        next = next.with(rows, &changed);
    }
    Ok(Advanced {
        state: next,
        is_news,
        is_work: !keys.is_empty(),
        changed,
    })
}

/// Puts in force what other processes write, until the hub stops.
pub(super) async fn follow_feed(app: App, progress: Progress, shutdown: Shutdown) {
    let seen = app.catalog().state().revision;
    let catch_up = |app: App, _seen| async move { catch_up(&app).await };
    database::follow(&app, &progress, seen, shutdown, catch_up).await;
}

/// Puts in force what other processes have written until now, and gives the place in the feed.
///
/// # Errors
///
/// When the database does not answer.
pub(super) async fn catch_up(app: &App) -> Result<Revision, StoreError> {
    let catalog = app.catalog();
    let _writing = catalog.writing.lock().await;
    let before = catalog.state();
    let advanced = advance(&app.core().store, &before).await?;
    advanced.notice(app);
    let revision = advanced.state.revision;
    if revision != before.revision {
        catalog.publish(advanced.state);
    }
    Ok(revision)
}
