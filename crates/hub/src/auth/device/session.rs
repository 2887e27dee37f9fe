//! Programs that people let in, in memory, and how they follow the database.
//!
//! Such a program holds a user token, as everybody else does, and a refresh token for the next
//! one. When its session ends, the user tokens that it holds end with it: their digests are kept
//! until they would have ended by themselves.

use super::store::{self, SessionRow};
use crate::app::App;
use crate::auth::external::Digest;
use crate::auth::store::time;
use crate::database::{self, News, Progress};
use crate::task::Shutdown;
use arc_swap::ArcSwap;
use callboard_store::{Revision, Store, StoreError, Tx, feed};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use tokio::sync::Mutex;

/// What lines of the change feed call a session.
const TOPIC: &str = "device-session";

/// How many user tokens a program may hold at a time: the one that it has and the one that it is
/// about to have.
const MAX_TOKENS: usize = 2;

/// A program that somebody let in.
#[derive(Debug, Clone)]
pub(crate) struct DeviceSession {
    /// By which it is ended; says nothing about its tokens.
    pub(crate) id: SmolStr,
    /// Who let it in.
    pub(crate) user_ref: SmolStr,
    /// How the program calls itself.
    pub(crate) client: String,
    /// Where it asked from to be let in.
    pub(crate) address: Option<String>,
    /// When it was let in.
    pub(crate) created_at: Timestamp,
    /// When it last asked for a user token.
    pub(crate) refreshed_at: Timestamp,
    /// When it has to be let in again.
    pub(crate) expires_at: Timestamp,
}

/// The digests of a user token and of the limited one inside, while it is good.
///
/// Two user tokens of one person and one second are the same, so that one ends with the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct HeldToken {
    pub(super) digests: Vec<Digest>,
    pub(super) expires_at: i64,
}

type Live = HashMap<SmolStr, Arc<DeviceSession>>;

/// The programs that people let in; found by `App::device_sessions`.
pub(crate) struct DeviceSessions {
    store: Store,
    live: ArcSwap<Live>,
    /// Held while the database is read or written, so that memory follows in the same order. The
    /// place in the change feed that belongs to what was loaded.
    writing: Mutex<Revision>,
}

impl App {
    /// The programs that people let in.
    pub(crate) fn device_sessions(&self) -> &DeviceSessions {
        self.service()
    }
}

impl DeviceSessions {
    pub(super) fn new(store: Store) -> DeviceSessions {
        DeviceSessions {
            store,
            live: ArcSwap::default(),
            writing: Mutex::default(),
        }
    }

    /// Loads what is stored, and gives the place in the change feed that it belongs to.
    pub(super) async fn load(&self, app: &App) -> Result<Revision, StoreError> {
        let mut seen = self.writing.lock().await;
        let now = app.core().clock.now();
        let mut tx = self.store.begin_read().await?;
        let revision = feed::head(&mut tx).await?;
        let rows = store::sessions(&mut tx, now).await?;
        let revoked = store::revoked(&mut tx, now).await?;
        drop(tx);
        let sessions = rows.into_iter().map(|row| {
            let session = DeviceSession::from_row(&row);
            (session.id.clone(), Arc::new(session))
        });
        let revoked = revoked.into_iter().filter_map(|hash| hash.try_into().ok());
        self.live.store(Arc::new(sessions.collect()));
        app.auth().revoked.store(Arc::new(revoked.collect()));
        *seen = revision;
        Ok(revision)
    }

    /// The programs that `user` let in, the newest first.
    pub(crate) fn of_user(&self, user: &str) -> Vec<Arc<DeviceSession>> {
        let live = self.live.load();
        let own = live.values().filter(|one| one.user_ref == user);
        let mut sessions: Vec<_> = own.cloned().collect();
        sessions.sort_by(|a, b| (b.created_at, &b.id).cmp(&(a.created_at, &a.id)));
        sessions
    }

    /// Commits what `tx` changed of the session `id`, and knows it here when this returns.
    pub(super) async fn commit(
        &self,
        app: &App,
        mut tx: Tx,
        id: &str,
        change: Changed,
    ) -> Result<(), StoreError> {
        feed::record(&mut tx, TOPIC, id).await?;
        tx.commit().await?;
        self.live.rcu(|live| {
            let mut live = Live::clone(live);
            match &change.session {
                Some(session) => live.insert(session.id.clone(), session.clone()),
                None => live.remove(id),
            };
            live
        });
        if !change.revoked.is_empty() {
            app.auth().revoked.rcu(|revoked| {
                let mut revoked = HashSet::clone(revoked);
                revoked.extend(&change.revoked);
                revoked
            });
        }
        Ok(())
    }

    /// Held by whoever changes a session, from before the transaction until it is committed.
    pub(super) async fn lock(&self) -> tokio::sync::MutexGuard<'_, Revision> {
        self.writing.lock().await
    }
}

/// What became of a session.
pub(super) struct Changed {
    /// As it is now; absent when it has ended.
    pub(super) session: Option<Arc<DeviceSession>>,
    /// The user tokens that ended.
    pub(super) revoked: Vec<Digest>,
}

impl DeviceSession {
    pub(super) fn from_row(row: &SessionRow) -> DeviceSession {
        DeviceSession {
            id: row.id.as_str().into(),
            user_ref: row.user_ref.as_str().into(),
            client: row.client.clone(),
            address: row.address.clone(),
            created_at: time(row.created_at),
            refreshed_at: time(row.refreshed_at),
            expires_at: time(row.expires_at),
        }
    }
}

/// The user tokens that the program of a session holds.
pub(super) fn held(row: &SessionRow) -> Vec<HeldToken> {
    serde_json::from_value(row.tokens.clone()).unwrap_or_default()
}

/// Adds a user token to those that a program holds; the oldest beyond [`MAX_TOKENS`] end.
///
/// Gives those that it holds, and those that end.
pub(super) fn hold(
    mut held: Vec<HeldToken>,
    token: HeldToken,
    now: Timestamp,
) -> (Vec<HeldToken>, Vec<HeldToken>) {
    held.retain(|one| one.expires_at > now.as_millisecond());
    held.push(token);
    let over = held.len().saturating_sub(MAX_TOKENS);
    let gone = held.drain(..over).collect();
    (held, gone)
}

/// Ends user tokens before their time, as a part of `tx`; gives their digests.
pub(super) async fn end_tokens(
    tx: &mut Tx,
    tokens: &[HeldToken],
) -> Result<Vec<Digest>, StoreError> {
    let mut gone = Vec::new();
    for token in tokens {
        for digest in &token.digests {
            store::revoke(tx, digest, token.expires_at).await?;
            gone.push(*digest);
        }
    }
    Ok(gone)
}

/// Knows what the other hubs do, until this one stops.
pub(super) async fn follow(app: App, progress: Progress, shutdown: Shutdown) {
    let seen = *app.device_sessions().writing.lock().await;
    database::follow(&app, &progress, seen, shutdown, catch_up).await;
}

async fn catch_up(app: App, seen: Revision) -> Result<Revision, StoreError> {
    match database::news(app.core().store.feed(), TOPIC, seen).await? {
        News::Keys { keys, seen } if keys.is_empty() => Ok(seen),
        // There are few of them, and each changes once an hour.
        News::Keys { .. } | News::Reload => app.device_sessions().load(&app).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(number: u8, expires_at: i64) -> HeldToken {
        HeldToken {
            digests: vec![[number; 32]],
            expires_at,
        }
    }

    #[test]
    fn a_program_holds_two_tokens_at_most() {
        let now = Timestamp::from_millisecond(100).unwrap();

        let (one, gone) = hold(Vec::new(), token(1, 200), now);
        assert_eq!((one.len(), gone.len()), (1, 0));
        let (two, gone) = hold(one, token(2, 300), now);
        assert_eq!((two.len(), gone.len()), (2, 0));
        let (held, gone) = hold(two.clone(), token(3, 400), now);
        assert_eq!(gone, [token(1, 200)]);
        assert_eq!(held, [token(2, 300), token(3, 400)]);

        let later = Timestamp::from_millisecond(200).unwrap();
        let (held, gone) = hold(two, token(3, 400), later);
        assert_eq!(
            (held.len(), gone.len()),
            (2, 0),
            "what is over needs no end"
        );
    }
}
