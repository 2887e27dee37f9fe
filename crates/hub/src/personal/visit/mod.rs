//! The entities that people opened last: noted in memory at once, written now and then.

mod live;
mod store;

pub use live::Visit;
pub(super) use store::MIGRATIONS;

use super::Keeper;
use crate::app::App;
use crate::task::Shutdown;
use callboard_catalog::EntityRef;
use callboard_store::{Store, StoreError};
use jiff::{SignedDuration, Timestamp};
use live::{Known, Live, MAX_VISITS};
use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use store::VisitRow;

/// How often what was opened is written, and what was opened at other hubs is read.
const EVERY: Duration = Duration::from_secs(30);

/// How far back visits that other hubs wrote are looked for: some rounds, as clocks differ.
const BACK: SignedDuration = SignedDuration::from_mins(5);

/// How long a visit is remembered.
const KEEP: SignedDuration = SignedDuration::from_hours(90 * 24);

/// How many visits are written in one transaction, so that others do not wait for long.
const CHUNK: usize = 500;

/// What people opened last; found by [`App::visits`].
pub struct Visits {
    store: Store,
    /// Never held across an await.
    live: Mutex<Live>,
}

impl Visits {
    pub(super) fn new(store: Store) -> Visits {
        Visits {
            store,
            live: Mutex::default(),
        }
    }

    /// What somebody opened, the last one first; some of it may be gone from the catalog, or hidden
    /// from them by now.
    pub fn of(&self, keeper: &Keeper) -> Vec<Visit> {
        self.live().of(keeper)
    }

    /// Notes that somebody opened the page of an entity. Nothing waits for the database.
    pub fn note(&self, keeper: &Keeper, entity_ref: &EntityRef, now: Timestamp) {
        let visit = Visit {
            entity_ref: entity_ref.as_str().into(),
            opened_at: now.as_millisecond(),
        };
        self.live().note(keeper, visit, Known::HereOnly);
    }

    /// Loads what is stored and not too old.
    pub(super) async fn load(&self, now: Timestamp) -> Result<(), StoreError> {
        self.read_since(now - KEEP).await
    }

    /// Writes what was opened here, reads what was opened at other hubs, and forgets what is old.
    pub(super) async fn write(&self, now: Timestamp) -> Result<(), StoreError> {
        let rows = self.live().take_unwritten();
        for (index, chunk) in rows.chunks(CHUNK).enumerate() {
            if let Err(error) = self.write_chunk(chunk, now).await {
                self.live().give_back(&rows[index * CHUNK..]);
                return Err(error);
            }
        }
        self.read_since(now - BACK).await
    }

    async fn write_chunk(&self, rows: &[VisitRow], now: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.store.begin().await?;
        for row in rows {
            store::upsert(&mut tx, row).await?;
        }
        let users: BTreeSet<&str> = rows.iter().map(|row| row.user_ref.as_str()).collect();
        for user in users {
            store::delete_beyond(&mut tx, user, MAX_VISITS).await?;
        }
        store::delete_old(&mut tx, now - KEEP).await?;
        tx.commit().await
    }

    async fn read_since(&self, time: Timestamp) -> Result<(), StoreError> {
        let mut conn = self.store.read().await?;
        let rows = store::visits(&mut conn, time).await?;
        drop(conn);
        let mut live = self.live();
        for row in rows {
            let visit = Visit {
                entity_ref: row.entity_ref.into(),
                opened_at: row.opened_at,
            };
            live.note(&Keeper::User(row.user_ref.into()), visit, Known::Stored);
        }
        Ok(())
    }

    fn live(&self) -> MutexGuard<'_, Live> {
        // A panic elsewhere leaves whole lists.
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps the database and the memory in line, until the hub stops.
pub(super) async fn keep(app: App, mut shutdown: Shutdown) {
    loop {
        let is_last = tokio::select! {
            () = tokio::time::sleep(EVERY) => false,
            () = shutdown.signalled() => true,
        };
        let now = app.core().clock.now();
        // That the database is away is said by whoever watches it.
        if let Err(error) = app.visits().write(now).await {
            let error: &dyn std::error::Error = &error;
            tracing::debug!(plugin = "personal", error, "visits were not written");
        }
        if is_last {
            return;
        }
    }
}
