//! The entities that people starred, to find them again.

mod live;
mod store;

pub use live::Star;
pub(super) use store::MIGRATIONS;

use super::Keeper;
use crate::app::App;
use crate::database::{self, News, Progress};
use crate::error::Error;
use crate::task::Shutdown;
use arc_swap::ArcSwap;
use callboard_catalog::EntityRef;
use callboard_store::{Revision, Store, StoreError, feed};
use jiff::Timestamp;
use live::Live;
use smol_str::SmolStr;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use store::StarRow;
use tokio::sync::Mutex;

/// What lines of the change feed call stars; the key is the reference of the user.
const TOPIC: &str = "star";

/// How many entities one person may star.
const MAX_STARS: usize = 500;

/// What people starred; found by [`App::stars`].
pub struct Stars {
    store: Store,
    live: ArcSwap<Live>,
    /// Held while the database is written or read, so that memory follows in the same order. The
    /// place in the change feed that belongs to what was loaded.
    writing: Mutex<Revision>,
}

impl Stars {
    pub(super) fn new(store: Store) -> Stars {
        Stars {
            store,
            live: ArcSwap::default(),
            writing: Mutex::default(),
        }
    }

    /// What somebody starred, the newest first; some of it may be gone from the catalog, or hidden
    /// from them by now.
    pub fn of(&self, keeper: &Keeper) -> Arc<[Star]> {
        self.live.load().of(keeper)
    }

    /// The entities that users starred, those of most users first.
    pub fn most_starred(&self) -> Vec<(SmolStr, u32)> {
        let live = self.live.load();
        let mut counts: Vec<_> = live.counts().map(|(of, n)| (of.clone(), n)).collect();
        counts.sort_unstable_by(|(a, m), (b, n)| n.cmp(m).then_with(|| a.cmp(b)));
        counts
    }

    /// Stars an entity, or takes the star away; here at once, at other hubs within a second.
    ///
    /// Whoever calls has made sure that the person may read what they star.
    ///
    /// # Errors
    ///
    /// 409 when the person starred too many, 503 when the database is away.
    pub async fn set(
        app: &App,
        keeper: Keeper,
        entity_ref: EntityRef,
        is_starred: bool,
    ) -> Result<(), Error> {
        let app = app.clone();
        let now = app.core().clock.now();
        // Somebody who goes away meanwhile does not stop it between database and memory.
        let work = async move {
            let stars = app.stars();
            stars.write(keeper, &entity_ref, is_starred, now).await
        };
        tokio::spawn(work).await.map_err(Error::internal)?
    }

    async fn write(
        &self,
        keeper: Keeper,
        entity_ref: &EntityRef,
        is_starred: bool,
        now: Timestamp,
    ) -> Result<(), Error> {
        let _writing = self.writing.lock().await;
        if is_starred && self.of(&keeper).len() >= MAX_STARS {
            let message = format!("There are {MAX_STARS} stars; take some away first");
            return Err(Error::Conflict(message));
        }
        if let Keeper::User(user) = &keeper {
            let mut tx = self.store.begin().await?;
            match is_starred {
                true => store::insert(&mut tx, user, entity_ref.as_str(), now).await?,
                false => store::delete(&mut tx, user, entity_ref.as_str()).await?,
            }
            feed::record(&mut tx, TOPIC, user).await?;
            tx.commit().await?;
        }
        let star = Star {
            entity_ref: entity_ref.as_str().into(),
            starred_at: now.as_millisecond(),
        };
        self.change(|live| live.set(&keeper, &star, is_starred));
        Ok(())
    }

    /// Loads what is stored, and gives the place in the change feed that it belongs to.
    pub(super) async fn load(&self) -> Result<Revision, StoreError> {
        let mut seen = self.writing.lock().await;
        let mut tx = self.store.begin_read().await?;
        let revision = feed::head(&mut tx).await?;
        let rows = store::stars(&mut tx).await?;
        drop(tx);
        let mut of: HashMap<Keeper, Vec<Star>> = HashMap::new();
        for row in rows {
            let keeper = Keeper::User(row.user_ref.as_str().into());
            of.entry(keeper).or_default().push(Star::from(row));
        }
        let mut live = self.live.load().without_users();
        for (keeper, stars) in &of {
            live.put(keeper, stars);
        }
        self.live.store(Arc::new(live));
        *seen = revision;
        Ok(revision)
    }

    /// Reads the stars of some users again, which another hub wrote.
    async fn read_again(&self, users: BTreeSet<String>) -> Result<(), StoreError> {
        let _writing = self.writing.lock().await;
        let mut conn = self.store.read().await?;
        for user in users {
            let rows = store::stars_of(&mut conn, &user).await?;
            let stars: Vec<Star> = rows.into_iter().map(Star::from).collect();
            let keeper = Keeper::User(user.into());
            self.change(|live| live.put(&keeper, &stars));
        }
        Ok(())
    }

    async fn seen(&self) -> Revision {
        *self.writing.lock().await
    }

    fn change(&self, change: impl Fn(&mut Live)) {
        self.live.rcu(|live| {
            let mut live = Live::clone(live);
            change(&mut live);
            live
        });
    }
}

impl From<StarRow> for Star {
    fn from(row: StarRow) -> Star {
        Star {
            entity_ref: row.entity_ref.into(),
            starred_at: row.starred_at,
        }
    }
}

/// Knows what the other hubs write, until this one stops.
pub(super) async fn follow(app: App, progress: Progress, shutdown: Shutdown) {
    let seen = app.stars().seen().await;
    database::follow(&app, &progress, seen, shutdown, catch_up).await;
}

async fn catch_up(app: App, seen: Revision) -> Result<Revision, StoreError> {
    match database::news(app.core().store.feed(), TOPIC, seen).await? {
        News::Reload => app.stars().load().await,
        News::Keys { keys, seen } => {
            if !keys.is_empty() {
                app.stars().read_again(keys.into_iter().collect()).await?;
            }
            Ok(seen)
        }
    }
}
