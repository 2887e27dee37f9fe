//! Every session, in memory.

use super::super::external::Digest;
use super::store::SessionRow;
use super::{Cipher, Family, Session, SessionConfig, renewal, store};
use arc_swap::ArcSwap;
use callboard_store::{Revision, Store, StoreError, feed};
use jiff::Timestamp;
use moka::sync::Cache;
use rpds::HashTrieMapSync;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, OnceCell};

/// Sessions by the digest of their id; a changed copy shares what it can.
pub(super) type Live = HashTrieMapSync<Digest, Arc<Session>>;

/// How long a row that was read before its session ended may still be under way.
const UNDER_WAY: Duration = Duration::from_secs(5 * 60);

/// Every session, by the digest of its id, also those that were replaced.
pub(in crate::auth) struct Sessions {
    pub(super) store: Store,
    pub(in crate::auth) config: SessionConfig,
    live: ArcSwap<Live>,
    /// Those that ended a moment ago: what was read of them before does not bring them back.
    ended: Cache<Digest, ()>,
    /// Held while the database is written, so that memory follows in the same order. The place in
    /// the change feed that belongs to what was loaded.
    pub(super) writing: Mutex<Revision>,
    pub(super) flights: renewal::Flights,
    cipher: OnceCell<Cipher>,
}

/// What a digest stands for.
pub(super) enum Found {
    /// Somebody who is signed in.
    Alive(Arc<Session>),
    /// A session that another of its family followed.
    Replaced(Arc<Session>),
    /// Nobody, or nobody any more.
    Nothing,
}

impl Sessions {
    pub(in crate::auth) fn new(store: Store, config: SessionConfig) -> Sessions {
        Sessions {
            store,
            config,
            live: ArcSwap::from_pointee(Live::default()),
            ended: Cache::builder().time_to_live(UNDER_WAY).build(),
            writing: Mutex::default(),
            flights: renewal::Flights::default(),
            cipher: OnceCell::new(),
        }
    }

    /// Loads the sessions that are alive, but for those of providers that are served no longer.
    pub(in crate::auth) async fn load(
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
            .filter_map(SessionRow::into_session)
            .collect();
        self.live.store(Arc::new(live));
        *seen = revision;
        Ok(revision)
    }

    /// The place in the change feed that belongs to what was loaded.
    pub(super) async fn seen(&self) -> Revision {
        *self.writing.lock().await
    }

    /// What seals refresh tokens.
    pub(super) async fn cipher(&self) -> Result<&Cipher, StoreError> {
        let find = || Cipher::find(&self.config, &self.store);
        self.cipher.get_or_try_init(find).await
    }

    /// What a digest stands for at `now`.
    pub(super) fn find(&self, digest: &Digest, now: Timestamp) -> Found {
        let live = self.live.load();
        match live.get(digest) {
            Some(session) if session.expires_at <= now => Found::Nothing,
            Some(session) if session.replaced_at.is_some() => Found::Replaced(session.clone()),
            Some(session) if self.is_idle(session, now) => Found::Nothing,
            Some(session) => Found::Alive(session.clone()),
            None => Found::Nothing,
        }
    }

    /// Every session at this moment, also those that are over.
    pub(super) fn all(&self) -> Arc<Live> {
        self.live.load_full()
    }

    /// The sessions of a user that are alive at `now`.
    pub(super) fn of(&self, user_ref: &str, now: Timestamp) -> Vec<(Digest, Arc<Session>)> {
        self.matching(now, |session| session.user.entity_ref == user_ref)
    }

    /// The sessions of a family that are alive at `now`; there is one at most.
    pub(super) fn of_family(&self, family: &Family, now: Timestamp) -> Vec<(Digest, Arc<Session>)> {
        self.matching(now, |session| session.family == *family)
    }

    fn matching(
        &self,
        now: Timestamp,
        is_wanted: impl Fn(&Session) -> bool,
    ) -> Vec<(Digest, Arc<Session>)> {
        let live = self.live.load();
        let alive = live.iter().filter(|(_, session)| {
            is_wanted(session)
                && session.replaced_at.is_none()
                && session.expires_at > now
                && !self.is_idle(session, now)
        });
        alive
            .map(|(digest, session)| (*digest, session.clone()))
            .collect()
    }

    fn is_idle(&self, session: &Session, now: Timestamp) -> bool {
        session.pulse.last() + self.config.idle <= now
    }

    /// Takes over what another hub did to a session; without a row it has ended.
    pub(super) async fn take_over(&self, digest: Digest, row: Option<SessionRow>, now: Timestamp) {
        let found = row.and_then(SessionRow::into_session);
        let found = found.map(|(_, session)| session);
        let found = found.filter(|session| session.expires_at > now);
        let _writing = self.writing.lock().await;
        let found = found.filter(|_| !self.ended.contains_key(&digest));
        self.change(|live| match (&found, live.get(&digest)) {
            (None, _) => without(live, &[digest]),
            (Some(found), None) => live.insert(digest, found.clone()),
            (Some(found), Some(known)) => {
                known.pulse.touch(found.pulse.last());
                let is_newer = found.resolved_at > known.resolved_at
                    || found.replaced_at.is_some() && known.replaced_at.is_none();
                if !is_newer {
                    return live.clone();
                }
                let pulse = known.pulse.clone();
                let found = Session::clone(found);
                live.insert(digest, Arc::new(Session { pulse, ..found }))
            }
        });
    }

    /// Replaces what is known of a session, if it still counts.
    pub(super) fn put(&self, digest: &Digest, session: &Arc<Session>) {
        self.change(|live| match live.get(digest) {
            Some(known) if known.replaced_at.is_none() => live.insert(*digest, session.clone()),
            Some(_) | None => live.clone(),
        });
    }

    /// Forgets sessions for good: an id is never used again.
    pub(super) fn forget(&self, digests: &[Digest]) {
        for digest in digests {
            self.ended.insert(*digest, ());
        }
        self.change(|live| without(live, digests));
    }

    /// The replaced sessions of a family, the oldest first.
    pub(super) fn replaced_in(&self, family: &Family) -> Vec<Digest> {
        let live = self.live.load();
        let replaced = live.iter().filter_map(|(digest, session)| {
            let replaced_at = session.replaced_at?;
            (session.family == *family).then_some((replaced_at, *digest))
        });
        let mut replaced: Vec<_> = replaced.collect();
        replaced.sort_unstable();
        replaced.into_iter().map(|(_, digest)| digest).collect()
    }

    pub(super) fn change(&self, change: impl Fn(&Live) -> Live) {
        self.live.rcu(|live| change(live));
    }
}

/// What is left without these sessions; with one that counts goes what it replaced.
pub(super) fn without(live: &Live, digests: &[Digest]) -> Live {
    let ended = digests.iter().filter_map(|digest| live.get(digest));
    let ended = ended.filter(|session| session.replaced_at.is_none());
    let families: Vec<_> = ended.map(|session| session.family).collect();
    let orphans = live.iter().filter(|(_, session)| {
        !families.is_empty() && session.replaced_at.is_some() && families.contains(&session.family)
    });
    let orphans = orphans.map(|(digest, _)| digest);
    let mut left = live.clone();
    for digest in orphans.chain(digests) {
        left.remove_mut(digest);
    }
    left
}

#[cfg(test)]
mod tests {
    use super::super::test::{DAY, alive, mara, new, sessions, start};
    use super::*;
    use crate::auth::external;
    use crate::auth::test::{ManualClock, store};
    use crate::clock::Clock;
    use crate::principal::UserPrincipal;
    use std::time::Duration;

    #[tokio::test]
    async fn a_session_counts_when_its_transaction_is_committed() {
        let (store, clock) = (store().await, ManualClock::default());
        let sessions = sessions(store);

        drop(sessions.start(new(mara()), clock.now()).await);

        assert!(sessions.all().is_empty());
        sessions.load(clock.now(), |_| true).await.unwrap();
        assert!(sessions.all().is_empty());
    }

    #[tokio::test]
    async fn a_session_that_is_used_lives_for_a_week_and_across_a_restart() {
        let (store, clock) = (store().await, ManualClock::default());
        let before = sessions(store.clone());
        let id = start(&before, mara(), &clock, None).await;

        let restarted = sessions(store);
        restarted.load(clock.now(), |_| true).await.unwrap();

        for _ in 0..13 {
            clock.advance(DAY / 2);
            let session = alive(&restarted, &id, &clock).unwrap();
            assert_eq!(session.user.entity_ref, mara().entity_ref);
            session.pulse.touch(clock.now());
        }
        clock.advance(DAY / 2);
        assert!(alive(&restarted, &id, &clock).is_none());
    }

    #[tokio::test]
    async fn a_row_that_was_read_before_the_end_brings_nobody_back() {
        let (store, clock) = (store().await, ManualClock::default());
        let sessions = sessions(store.clone());
        let id = start(&sessions, mara(), &clock, None).await;
        let digest = external::digest(&id);
        let mut conn = store.read().await.unwrap();
        let row = store::session(&mut conn, &digest).await.unwrap();
        drop(conn);
        assert!(row.is_some());

        sessions.forget(&[digest]);
        sessions.take_over(digest, row, clock.now()).await;

        assert!(alive(&sessions, &id, &clock).is_none());
    }

    #[tokio::test]
    async fn a_session_that_rests_for_a_day_is_over() {
        let (store, clock) = (store().await, ManualClock::default());
        let sessions = sessions(store);
        let id = start(&sessions, mara(), &clock, None).await;

        clock.advance(DAY - Duration::from_secs(1));
        assert!(alive(&sessions, &id, &clock).is_some());
        clock.advance(Duration::from_secs(1));
        assert!(alive(&sessions, &id, &clock).is_none());

        clock.advance(Duration::from_secs(600));
        sessions.note(clock.now()).await.unwrap();
        assert!(sessions.all().is_empty());
        sessions.load(clock.now(), |_| true).await.unwrap();
        assert!(sessions.all().is_empty());
    }

    #[tokio::test]
    async fn a_session_that_one_hub_sees_rests_at_no_other() {
        let (store, clock) = (store().await, ManualClock::default());
        let (one, two) = (sessions(store.clone()), sessions(store));
        let id = start(&one, mara(), &clock, None).await;
        two.load(clock.now(), |_| true).await.unwrap();

        clock.advance(DAY - Duration::from_secs(60));
        let seen = alive(&one, &id, &clock).unwrap();
        seen.pulse.touch(clock.now());
        one.note(clock.now()).await.unwrap();
        two.note(clock.now()).await.unwrap();
        clock.advance(DAY / 2);

        assert!(alive(&two, &id, &clock).is_some());
    }

    #[tokio::test]
    async fn sessions_of_a_provider_that_is_gone_are_not_loaded() {
        let (store, clock) = (store().await, ManualClock::default());
        let id = start(&sessions(store.clone()), mara(), &clock, None).await;

        let restarted = sessions(store);
        let is_served = |provider: &str| provider != "guest";
        restarted.load(clock.now(), is_served).await.unwrap();

        assert!(alive(&restarted, &id, &clock).is_none());
    }

    #[tokio::test]
    async fn signing_in_again_replaces_the_session_before() {
        let (store, clock) = (store().await, ManualClock::default());
        let sessions = sessions(store);
        let first = start(&sessions, mara(), &clock, None).await;

        let second = start(&sessions, mara(), &clock, Some(&first)).await;

        assert_ne!(first, second);
        assert!(alive(&sessions, &second, &clock).is_some());
        let before = sessions.find(&external::digest(&first), clock.now());
        assert!(matches!(before, Found::Replaced(_)));
    }

    #[tokio::test]
    async fn of_a_browser_that_signs_in_for_ever_a_few_ids_are_known() {
        let (store, clock) = (store().await, ManualClock::default());
        let sessions = sessions(store);
        let mut id = start(&sessions, mara(), &clock, None).await;

        for _ in 0..40 {
            clock.advance(Duration::from_secs(1));
            id = start(&sessions, mara(), &clock, Some(&id)).await;
        }

        assert_eq!(sessions.all().size(), 17);
        sessions.end(&external::digest(&id)).await;
        assert!(sessions.all().is_empty());
        sessions.load(clock.now(), |_| true).await.unwrap();
        assert!(sessions.all().is_empty());
    }

    #[tokio::test]
    async fn somebody_else_in_the_same_browser_begins_a_family_of_their_own() {
        let (store, clock) = (store().await, ManualClock::default());
        let sessions = sessions(store);
        let first = start(&sessions, mara(), &clock, None).await;
        let family = alive(&sessions, &first, &clock).unwrap().family;

        let bob = UserPrincipal::new("user:default/bob".into(), Vec::new());
        let second = start(&sessions, bob, &clock, Some(&first)).await;

        let before = sessions.find(&external::digest(&first), clock.now());
        assert!(matches!(before, Found::Nothing));
        assert_ne!(alive(&sessions, &second, &clock).unwrap().family, family);
    }

    #[tokio::test]
    async fn an_ended_session_stays_ended() {
        let (store, clock) = (store().await, ManualClock::default());
        let sessions = sessions(store);
        let id = start(&sessions, mara(), &clock, None).await;
        let digest = external::digest(&id);
        let session = alive(&sessions, &id, &clock).unwrap();

        sessions.end(&digest).await;
        sessions.put(&digest, &session);
        sessions.load(clock.now(), |_| true).await.unwrap();

        assert!(alive(&sessions, &id, &clock).is_none());
    }
}
