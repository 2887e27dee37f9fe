//! Sessions of the pages.
//!
//! The browser holds a random id in a cookie that scripts cannot read; the database and the
//! memory hold its SHA-256. Reading a session asks memory only; what other hubs on the same
//! database begin and end is followed, see [`super::follow`].

use super::external::Digest;
use super::store::{self, SessionRow};
use super::{external, follow, random};
use crate::app::{App, Core};
use crate::principal::UserPrincipal;
use arc_swap::ArcSwap;
use axum::http::HeaderMap;
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use callboard_store::{Revision, Store, StoreError, Tx, feed};
use jiff::Timestamp;
use serde_json::{Value, json};
use smol_str::SmolStr;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, MutexGuard};

/// The name of the cookie; see [`cookie_name`].
const NAME: &str = "callboard-session";

/// How long a person stays signed in.
const LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// How many sessions a user may have; the oldest of them makes room for the next.
const MAX_SESSIONS_PER_USER: usize = 1_000;

/// A person signed in with one browser.
#[derive(Debug, Clone)]
pub(super) struct Session {
    pub(super) user: Arc<UserPrincipal>,
    /// The id of the provider that signed them in.
    pub(super) provider: SmolStr,
    pub(super) signed_in_at: Timestamp,
    pub(super) expires_at: Timestamp,
    /// When ownership was last read from the catalog.
    pub(super) resolved_at: Timestamp,
}

type Live = HashMap<Digest, Arc<Session>>;

/// Every session, by the digest of its id.
pub(super) struct Sessions {
    store: Store,
    live: ArcSwap<Live>,
    /// Held while the database is written, so that memory follows in the same order. The place in
    /// the change feed that belongs to what was loaded.
    writing: Mutex<Revision>,
}

impl Sessions {
    pub(super) fn new(store: Store) -> Sessions {
        Sessions {
            store,
            live: ArcSwap::default(),
            writing: Mutex::default(),
        }
    }

    /// Loads the sessions that are alive, but for those of providers that are served no longer.
    pub(super) async fn load(
        &self,
        now: Timestamp,
        is_served: impl Fn(&str) -> bool,
    ) -> Result<Revision, StoreError> {
        let mut seen = self.writing.lock().await;
        let mut tx = self.store.begin_read().await?;
        let revision = feed::head(&mut tx).await?;
        let rows = store::sessions(&mut tx, now).await?;
        drop(tx);
        let live = rows
            .into_iter()
            .filter(|row| is_served(&row.provider))
            .filter_map(from_row)
            .collect();
        self.live.store(Arc::new(live));
        *seen = revision;
        Ok(revision)
    }

    /// The place in the change feed that belongs to what was loaded.
    pub(super) async fn seen(&self) -> Revision {
        *self.writing.lock().await
    }

    /// Takes over what another hub did to a session; without a row it has ended.
    pub(super) async fn take_over(&self, digest: Digest, row: Option<SessionRow>, now: Timestamp) {
        let session = row.and_then(from_row).map(|(_, session)| session);
        let session = session.filter(|session| session.expires_at > now);
        let _writing = self.writing.lock().await;
        self.live.rcu(|live| {
            let mut live = Live::clone(live);
            match &session {
                // One of our own is known better here.
                Some(session) => {
                    live.entry(digest).or_insert_with(|| session.clone());
                }
                None => {
                    live.remove(&digest);
                }
            }
            live
        });
    }

    /// Begins to sign a person in. `replaced` is the session that the browser had before; an id is
    /// never used again.
    pub(super) async fn start(
        &self,
        user: Arc<UserPrincipal>,
        provider: &str,
        now: Timestamp,
        replaced: Option<Digest>,
    ) -> Result<Starting<'_>, StoreError> {
        let id = URL_SAFE_NO_PAD.encode(random::bytes::<32>());
        let digest = external::digest(&id);
        let provider = SmolStr::from(provider);
        let session = Session {
            user,
            provider,
            signed_in_at: now,
            expires_at: now + LIFETIME,
            resolved_at: now,
        };
        let writing = self.writing.lock().await;
        let live = self.live.load();
        let own = || {
            live.iter()
                .filter(|(_, other)| other.user.entity_ref == session.user.entity_ref)
        };
        let oldest = || {
            own()
                .min_by_key(|(_, session)| session.signed_in_at)
                .map(|(digest, _)| *digest)
        };
        let displaced = if own().count() < MAX_SESSIONS_PER_USER {
            None
        } else {
            oldest()
        };
        let mut tx = self.store.begin().await?;
        for gone in replaced.iter().chain(&displaced) {
            store::delete_session(&mut tx, gone).await?;
        }
        store::insert_session(&mut tx, to_row(&digest, &session)).await?;
        Ok(Starting {
            sessions: self,
            tx,
            id,
            digest,
            session: Arc::new(session),
            gone: [replaced, displaced],
            _writing: writing,
        })
    }

    /// The session of a digest, when it is alive at `now`.
    pub(super) fn find(&self, digest: &Digest, now: Timestamp) -> Option<Arc<Session>> {
        self.live
            .load()
            .get(digest)
            .filter(|session| session.expires_at > now)
            .cloned()
    }

    /// Replaces what is known of the person, when the session still exists.
    pub(super) fn renew(&self, digest: &Digest, session: &Arc<Session>) {
        self.live.rcu(|live| {
            let mut live = Live::clone(live);
            if let Some(known) = live.get_mut(digest) {
                *known = session.clone();
            }
            live
        });
    }

    /// Ends a session, once the transaction is committed. It is gone from memory even when the
    /// database is away.
    pub(super) async fn end(&self, digest: &Digest) -> Result<Tx, StoreError> {
        self.live.rcu(|live| {
            let mut live = Live::clone(live);
            live.remove(digest);
            live
        });
        let mut tx = self.store.begin().await?;
        store::delete_session(&mut tx, digest).await?;
        follow::tell(&mut tx, digest).await?;
        Ok(tx)
    }
}

/// A session that is written and does not yet count.
#[must_use = "a session that is not finished was never begun"]
pub(super) struct Starting<'a> {
    sessions: &'a Sessions,
    /// Where it is written, for what is written with it.
    pub(super) tx: Tx,
    id: String,
    digest: Digest,
    session: Arc<Session>,
    /// Those whose place it takes.
    gone: [Option<Digest>; 2],
    _writing: MutexGuard<'a, Revision>,
}

impl Starting<'_> {
    /// Signs the person in and gives the id for their cookie.
    pub(super) async fn finish(mut self) -> Result<String, StoreError> {
        let (digest, session, gone) = (self.digest, self.session, self.gone);
        let now = session.signed_in_at;
        for changed in gone.iter().flatten().chain([&digest]) {
            follow::tell(&mut self.tx, changed).await?;
        }
        self.tx.commit().await?;
        self.sessions.live.rcu(|live| {
            let mut live = Live::clone(live);
            live.retain(|digest, session| {
                session.expires_at > now && !gone.contains(&Some(*digest))
            });
            live.insert(digest, session.clone());
            live
        });
        Ok(self.id)
    }
}

fn to_row(digest: &Digest, session: &Session) -> SessionRow {
    SessionRow {
        id_hash: digest.to_vec(),
        user_ref: session.user.entity_ref.to_string(),
        ownership: json!(session.user.ownership),
        provider: session.provider.to_string(),
        signed_in_at: session.signed_in_at.as_millisecond(),
        expires_at: session.expires_at.as_millisecond(),
    }
}

fn from_row(row: SessionRow) -> Option<(Digest, Arc<Session>)> {
    let ownership = row
        .ownership
        .as_array()?
        .iter()
        .filter_map(Value::as_str)
        .map(SmolStr::from)
        .collect();
    let user = UserPrincipal::new(row.user_ref.into(), ownership);
    let signed_in_at = store::time(row.signed_in_at);
    let session = Session {
        user: Arc::new(user),
        provider: row.provider.into(),
        signed_in_at,
        expires_at: store::time(row.expires_at),
        resolved_at: signed_in_at,
    };
    Some((Digest::try_from(row.id_hash).ok()?, Arc::new(session)))
}

/// The id in the session cookie of a request.
pub(super) fn id_of(app: &App, headers: &HeaderMap) -> Option<String> {
    let jar = CookieJar::from_headers(headers);
    jar.get(&cookie_name(app.core(), NAME))
        .map(|cookie| cookie.value().to_owned())
}

/// The cookie that carries a session id.
pub(super) fn cookie(core: &Core, id: String) -> Cookie<'static> {
    let mut cookie = base_cookie(core, NAME, id);
    cookie.set_max_age(LIFETIME.try_into().ok());
    cookie
}

/// The cookie that removes the session id from the browser.
pub(super) fn removal(core: &Core) -> Cookie<'static> {
    let mut cookie = base_cookie(core, NAME, String::new());
    cookie.make_removal();
    cookie
}

/// A cookie for this host, every path, no script; with the prefix that keeps other hosts from
/// setting it where the base URL allows.
pub(super) fn base_cookie(core: &Core, name: &str, value: String) -> Cookie<'static> {
    Cookie::build((cookie_name(core, name), value))
        .path("/")
        .http_only(true)
        .secure(is_https(core))
        .same_site(SameSite::Lax)
        .build()
}

/// The name of one of our cookies under this base URL.
pub(super) fn cookie_name(core: &Core, name: &str) -> String {
    if is_https(core) {
        format!("__Host-{name}")
    } else {
        name.to_owned()
    }
}

fn is_https(core: &Core) -> bool {
    core.base_url.starts_with("https://")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::test::{ManualClock, store};
    use crate::clock::Clock;

    fn mara() -> Arc<UserPrincipal> {
        let entity_ref = SmolStr::new_static("user:default/mara");
        Arc::new(UserPrincipal::new(entity_ref.clone(), vec![entity_ref]))
    }

    async fn start(sessions: &Sessions, clock: &ManualClock, before: Option<Digest>) -> String {
        let starting = sessions.start(mara(), "guest", clock.now(), before);
        starting.await.unwrap().finish().await.unwrap()
    }

    #[tokio::test]
    async fn a_session_counts_when_its_transaction_is_committed() {
        let (store, clock) = (store().await, ManualClock::default());
        let sessions = Sessions::new(store);

        drop(sessions.start(mara(), "guest", clock.now(), None).await);

        assert!(sessions.live.load().is_empty());
        sessions.load(clock.now(), |_| true).await.unwrap();
        assert!(sessions.live.load().is_empty());
    }

    #[tokio::test]
    async fn a_session_lives_for_a_day_and_across_a_restart() {
        let (store, clock) = (store().await, ManualClock::default());
        let sessions = Sessions::new(store.clone());
        let id = start(&sessions, &clock, None).await;

        let restarted = Sessions::new(store);
        restarted.load(clock.now(), |_| true).await.unwrap();

        let digest = external::digest(&id);
        assert_eq!(
            restarted
                .find(&digest, clock.now())
                .unwrap()
                .user
                .entity_ref,
            mara().entity_ref
        );
        clock.advance(LIFETIME);
        assert!(restarted.find(&digest, clock.now()).is_none());
    }

    #[tokio::test]
    async fn sessions_of_a_provider_that_is_gone_are_not_loaded() {
        let (store, clock) = (store().await, ManualClock::default());
        let id = start(&Sessions::new(store.clone()), &clock, None).await;

        let restarted = Sessions::new(store);
        restarted
            .load(clock.now(), |provider| provider != "guest")
            .await
            .unwrap();

        assert!(
            restarted
                .find(&external::digest(&id), clock.now())
                .is_none()
        );
    }

    #[tokio::test]
    async fn signing_in_again_ends_the_session_before() {
        let (store, clock) = (store().await, ManualClock::default());
        let sessions = Sessions::new(store);
        let first = start(&sessions, &clock, None).await;
        let before = external::digest(&first);

        let second = start(&sessions, &clock, Some(before)).await;

        assert_ne!(first, second);
        assert!(sessions.find(&before, clock.now()).is_none());
        assert!(
            sessions
                .find(&external::digest(&second), clock.now())
                .is_some()
        );
    }

    #[tokio::test]
    async fn an_ended_session_stays_ended() {
        let (store, clock) = (store().await, ManualClock::default());
        let sessions = Sessions::new(store);
        let id = start(&sessions, &clock, None).await;
        let digest = external::digest(&id);
        let session = sessions.find(&digest, clock.now()).unwrap();

        sessions.end(&digest).await.unwrap().commit().await.unwrap();
        sessions.renew(&digest, &session);
        sessions.load(clock.now(), |_| true).await.unwrap();

        assert!(sessions.find(&digest, clock.now()).is_none());
    }
}
