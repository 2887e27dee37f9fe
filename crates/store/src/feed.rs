//! The change feed: what was written, in the order of the commits.
//!
//! A write [`record()`]s a line in its own transaction. Every process follows the lines from the
//! [`Revision`] that it has already seen:
//!
//! ```no_run
//! # use callboard_store::{Changes, Revision, Store, StoreError};
//! # async fn follow(store: &Store, mut seen: Revision) -> Result<(), StoreError> {
//! let mut follower = store.feed().follower();
//! loop {
//!     match store.feed().changes_after(seen, 500).await? {
//!         Changes::Lines(lines) => {
//!             for line in lines {
//!                 // … load the rows that `line.key` names, apply them …
//!                 seen = line.revision;
//!             }
//!         }
//!         Changes::Reload => { /* … load everything, with `feed::head` in the same `begin_read` … */ }
//!     }
//!     follower.beyond(seen).await;
//! }
//! # }
//! ```
//!
//! Commits of this process wake its followers at once. Those of another process do while
//! [`Feed::watch`] runs: PostgreSQL tells of them, and SQLite is asked again and again.
//! The same watch knows whether the database answers at all: see [`Contact`].

use std::convert::Infallible;
use std::fmt;
use std::time::Duration;

use tokio::sync::watch;

use crate::conn::{AnyConn, Conn, Tx};
use crate::contact::{Contact, Lost};
use crate::error::StoreError;
use crate::migration::Migration;
use crate::query::{Query, ROWS_PER_INSERT};
use crate::store::Pool;
use crate::value::{FromValue, IntoValue, Kind, Value, ValueError};
use crate::{migrations, postgres, record};

pub(crate) const MIGRATIONS: &[Migration] = migrations!["20261121090000_store_feed.sql"];

const ADVANCE: &str = "
    UPDATE store_feed_head
    SET revision = revision + $1
    WHERE id = 1
    RETURNING revision";

const HEAD: &str = "
    SELECT revision, pruned
    FROM store_feed_head
    WHERE id = 1";

const CHANGES_AFTER: &str = "
    SELECT revision, topic, key
    FROM store_changes
    WHERE revision > $1
    ORDER BY revision
    LIMIT $2";

const ADVANCE_PRUNED: &str = "
    UPDATE store_feed_head
    SET pruned = revision - $1
    WHERE id = 1 AND revision - $1 > pruned
    RETURNING pruned";

const DELETE_PRUNED: &str = "
    DELETE FROM store_changes
    WHERE revision <= $1";

/// A place in the feed; revisions count up from 1 without a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Revision(i64);

impl Revision {
    /// The place before the first line.
    pub const ZERO: Self = Self(0);

    /// The revision of this number, as [`Revision::number`] gave it.
    pub const fn new(number: i64) -> Self {
        Self(number)
    }

    /// Its number, for headers and tables.
    pub const fn number(self) -> i64 {
        self.0
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl IntoValue for Revision {
    const KIND: Kind = Kind::Integer;

    fn into_value(self) -> Value {
        Value::Integer(self.0)
    }
}

impl FromValue for Revision {
    const KIND: Kind = Kind::Integer;

    fn from_value(value: Value) -> Result<Self, ValueError> {
        i64::from_value(value).map(Self)
    }
}

record! {
    /// One line of the feed.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Change {
        /// Its place.
        pub revision: Revision,
        /// What kind of thing was written, in the words of the feature that wrote it.
        pub topic: String,
        /// Which one, in the same words.
        pub key: String,
    }
}

/// What a follower gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changes {
    /// The next lines, oldest first; empty if there is nothing new.
    Lines(Vec<Change>),
    /// Lines between are gone, or the database is an older one than before: load everything.
    Reload,
}

record! { struct HeadRow { revision: Revision, pruned: Revision } }

/// Adds a line to the feed, to be seen when the transaction commits, and gives its revision.
///
/// From here to the end of `tx` other writers wait, so it stands near the end of a transaction.
///
/// # Errors
///
/// As [`Conn::execute`].
pub async fn record(tx: &mut Tx, topic: &str, key: &str) -> Result<Revision, StoreError> {
    record_all(tx, topic, &[key]).await
}

/// As [`record()`], a line for each of the keys in their order; gives the revision of the last.
///
/// # Errors
///
/// As [`Conn::execute`].
pub async fn record_all(
    tx: &mut Tx,
    topic: &str,
    keys: &[impl AsRef<str>],
) -> Result<Revision, StoreError> {
    // INVARIANT: this update locks the head row until the transaction ends, so that a reader who
    // sees revision 5 has already been able to see 4.
    let count = i64::try_from(keys.len()).unwrap_or(i64::MAX);
    let last: Revision = tx.fetch_one(Query::new(ADVANCE).bind(count)).await?;
    let mut revision = last.number() - count;
    for keys in keys.chunks(ROWS_PER_INSERT) {
        let mut insert = Query::insert("store_changes", &["revision", "topic", "key"], keys.len());
        for key in keys {
            revision += 1;
            insert = insert.bind(revision).bind(topic).bind(key.as_ref());
        }
        tx.execute(insert).await?;
    }
    tx.notify().await?;
    tx.note(last);
    Ok(last)
}

/// The newest revision that `conn` sees; in a transaction, the one that its state belongs to.
///
/// # Errors
///
/// As [`Conn::fetch_one`].
pub async fn head(conn: &mut Conn) -> Result<Revision, StoreError> {
    Ok(head_row(conn).await?.revision)
}

/// Removes all but the newest `keep` lines and gives the number removed.
///
/// A follower further behind than that is told to load everything.
///
/// # Errors
///
/// As [`Conn::execute`].
pub async fn prune(tx: &mut Tx, keep: u32) -> Result<u64, StoreError> {
    let advance = Query::new(ADVANCE_PRUNED).bind(keep);
    let Some(pruned) = tx.fetch_optional::<Revision>(advance).await? else {
        return Ok(0);
    };
    tx.execute(Query::new(DELETE_PRUNED).bind(pruned)).await
}

async fn head_row(conn: &mut Conn) -> Result<HeadRow, StoreError> {
    conn.fetch_one(Query::new(HEAD)).await
}

/// The reading side of the change feed; clones share their wake-up channel.
#[derive(Debug, Clone)]
pub struct Feed {
    pool: Pool,
    newest: watch::Sender<Revision>,
    contact: watch::Sender<Contact>,
}

impl Feed {
    pub(crate) fn new(pool: Pool) -> Self {
        let contact = match &pool {
            Pool::Sqlite(_) => watch::Sender::default(),
            Pool::Postgres(pools) => pools.contact().clone(),
        };
        Self {
            pool,
            newest: watch::Sender::new(Revision::ZERO),
            contact,
        }
    }

    /// The newest committed revision, of any process; wakes the followers if it is news here.
    ///
    /// # Errors
    ///
    /// As [`Store::read`](crate::Store::read).
    pub async fn latest(&self) -> Result<Revision, StoreError> {
        self.check_contact()?;
        let mut conn = self.pool.read().await?;
        let revision = head(&mut conn).await?;
        self.announce(revision);
        Ok(revision)
    }

    /// Wakes the followers when another process has written, for as long as the database answers.
    ///
    /// PostgreSQL tells of a commit within milliseconds. Beside that, and on every other database,
    /// the newest revision is asked for after each pause of `every`: an engine without
    /// notifications, or a lost one, delays a change by that much.
    ///
    /// # Errors
    ///
    /// As [`Feed::latest`], when the database does not answer any more; [`Feed::contact`] has
    /// noted it then. It may be watched again.
    pub async fn watch(&self, every: Duration) -> Result<Infallible, StoreError> {
        let ended = self.look_and_wait(every).await;
        self.contact.send_if_modified(Contact::lose);
        if let Pool::Postgres(pools) = &self.pool {
            pools.renew();
        }
        ended
    }

    async fn look_and_wait(&self, every: Duration) -> Result<Infallible, StoreError> {
        let mut listener = match &self.pool {
            Pool::Sqlite(_) => None,
            Pool::Postgres(pools) => pools.listen().await?,
        };
        loop {
            self.look().await?;
            let pause = tokio::time::sleep(every);
            match &mut listener {
                None => pause.await,
                Some(listener) => tokio::select! {
                    () = pause => {}
                    woken = listener.woken() => woken?,
                },
            }
        }
    }

    /// Asks for the newest revision on a connection that nobody else waits for.
    async fn look(&self) -> Result<(), StoreError> {
        let known = *self.newest.borrow();
        let revision = match &self.pool {
            Pool::Sqlite(_) => {
                let asked = async { head(&mut self.pool.read().await?).await }.await;
                match asked {
                    // Other processes of this machine keep it, which is an answer too.
                    Err(StoreError::Busy) => known,
                    asked => asked?,
                }
            }
            Pool::Postgres(pools) => {
                let asked = async {
                    let watcher = pools.watcher().await?;
                    head(&mut Conn(AnyConn::Postgres(watcher))).await
                };
                postgres::in_time(asked).await?
            }
        };
        // What was committed before the question can be missing only from another database: a
        // backup, or a standby that was behind.
        let was_put_back = revision < known;
        if was_put_back {
            self.newest.send_replace(revision);
        } else {
            self.announce(revision);
        }
        self.contact
            .send_if_modified(|contact| contact.hold(was_put_back));
        Ok(())
    }

    /// Whether the database answers, as far as [`Feed::watch`] knows.
    pub fn contact(&self) -> Contact {
        *self.contact.borrow()
    }

    /// A channel that holds [`Feed::contact`] and tells when it is lost, and when it is back.
    pub fn contacts(&self) -> watch::Receiver<Contact> {
        self.contact.subscribe()
    }

    /// Refuses at once what would only wait in vain.
    pub(crate) fn check_contact(&self) -> Result<(), StoreError> {
        if self.contact.borrow().is_lost {
            return Err(StoreError::Unavailable(Lost.into()));
        }
        Ok(())
    }

    /// The lines after `seen`, oldest first, at most `limit`.
    ///
    /// # Errors
    ///
    /// As [`Store::read`](crate::Store::read).
    pub async fn changes_after(&self, seen: Revision, limit: u32) -> Result<Changes, StoreError> {
        self.check_contact()?;
        let mut conn = self.pool.read().await?;
        let query = Query::new(CHANGES_AFTER).bind(seen).bind(limit);
        let lines: Vec<Change> = conn.fetch_all(query).await?;
        // The head is read after the lines: `pruned` only grows, so if it has not passed `seen`
        // by now, nothing was missing from the lines before.
        let head = head_row(&mut conn).await?;
        if seen < head.pruned || seen > head.revision {
            return Ok(Changes::Reload);
        }
        Ok(Changes::Lines(lines))
    }

    /// How many lines are kept at present, without a look at each.
    ///
    /// # Errors
    ///
    /// As [`Store::read`](crate::Store::read).
    pub async fn length(&self) -> Result<u64, StoreError> {
        self.check_contact()?;
        let head = head_row(&mut self.pool.read().await?).await?;
        Ok(u64::try_from(head.revision.0 - head.pruned.0).unwrap_or_default())
    }

    /// A channel that holds the newest revision known here, starting at [`Revision::ZERO`].
    ///
    /// All lines up to the revision that it shows are committed and can be read.
    pub fn subscribe(&self) -> watch::Receiver<Revision> {
        self.newest.subscribe()
    }

    /// What a follower waits with between its looks at [`Feed::changes_after`].
    pub fn follower(&self) -> Follower {
        let contact = self.contact.subscribe();
        let returns = contact.borrow().returns;
        Follower {
            newest: self.newest.subscribe(),
            contact,
            returns,
        }
    }

    /// Wakes the followers if `revision`, which is committed, is newer than what they know.
    pub(crate) fn announce(&self, revision: Revision) {
        self.newest.send_if_modified(|newest| {
            let is_news = revision > *newest;
            if is_news {
                *newest = revision;
            }
            is_news
        });
    }
}

/// Waits for the next reason to look at the feed; made by [`Feed::follower`].
#[derive(Debug)]
pub struct Follower {
    newest: watch::Receiver<Revision>,
    contact: watch::Receiver<Contact>,
    /// The return of the database after which it has looked.
    returns: u64,
}

impl Follower {
    /// Waits until there is something after `seen`, or the database was away and is back.
    ///
    /// Never returns once every [`Store`](crate::Store) of the database is gone.
    pub async fn beyond(&mut self, seen: Revision) {
        let returns = self.returns;
        let came = async {
            let newer = self.newest.wait_for(|newest| *newest > seen);
            newer.await.is_ok()
        };
        let returned = async {
            let returned = self
                .contact
                .wait_for(|contact| !contact.is_lost && contact.returns != returns);
            returned.await.is_ok()
        };
        let is_open = tokio::select! {
            is_open = came => is_open,
            is_open = returned => is_open,
        };
        if !is_open {
            std::future::pending::<()>().await;
        }
        self.returns = self.contact.borrow().returns;
    }
}
