//! Asks a provider again about the person of a session.
//!
//! What is known of a person is as old as a token of the API may be; then the provider is asked,
//! and the catalog with it, so that somebody who left loses access. Of the requests of a session
//! one asks, on one hub: the others wait for it, and only for a moment, since what was known holds
//! a while longer. While the provider cannot be reached it holds for that while too.

use super::super::device;
use super::super::external::{self, Digest};
use super::super::signed_in::{self, Renewal, SignedIn};
use super::memory::Found;
use super::{Session, end_one, follow, reuse, spent, store};
use crate::app::App;
use crate::audit::{Operation, Requester};
use crate::error::Error;
use crate::principal::UserPrincipal;
use callboard_config::Secret;
use callboard_store::StoreError;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use smol_str::SmolStr;
use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// How much longer than a token what was known of a person holds.
const GRACE: SignedDuration = SignedDuration::from_hours(1);

/// How long a request waits for the provider while what was known holds.
const PATIENCE: Duration = Duration::from_secs(3);

/// How long a provider is left alone that could not be reached.
const REST: SignedDuration = SignedDuration::from_secs(30);

/// How long this hub waits for another that is asking.
const OTHER_ASKS: SignedDuration = SignedDuration::from_secs(1);

/// How long asking takes at most, and how long no other hub asks meanwhile.
const DEADLINE: Duration = Duration::from_secs(30);
const LEASE: SignedDuration = SignedDuration::from_secs(60);

/// The sessions whose providers are being asked; a receiver hears when that is over.
#[derive(Default)]
pub(super) struct Flights(Mutex<HashMap<Digest, watch::Receiver<()>>>);

/// The session with its person as they are known now; `None` when they are not signed in any
/// more, or what is known is too old and cannot be had.
pub(super) async fn settled(
    app: &App,
    digest: &Digest,
    session: Arc<Session>,
    now: Timestamp,
) -> Option<Arc<Session>> {
    settled_by(app, digest, session, now, ask_provider).await
}

async fn ask_provider(app: App, question: Question) -> Renewal {
    let Question {
        provider,
        environment,
        refresh_token,
    } = question;
    signed_in::renew(
        &app,
        &provider,
        environment.as_deref(),
        refresh_token.as_ref(),
    )
    .await
}

/// What a provider is asked.
struct Question {
    provider: SmolStr,
    environment: Option<SmolStr>,
    refresh_token: Option<Secret<String>>,
}

/// As [`settled`], with whoever asks the provider.
async fn settled_by<F, Fut>(
    app: &App,
    digest: &Digest,
    session: Arc<Session>,
    now: Timestamp,
    provider: F,
) -> Option<Arc<Session>>
where
    F: FnOnce(App, Question) -> Fut + Send + 'static,
    Fut: Future<Output = Renewal> + Send,
{
    // Tokens of the API are as old as this at most, too.
    let fresh = app.auth().token_lifetime();
    if now < session.resolved_at + fresh {
        return Some(session);
    }
    let holds = |session: &Session| now < session.resolved_at + fresh + GRACE;
    if !session.pulse.rests(now) {
        let mut over = ask(app, digest, &session, provider);
        // The sender says nothing: it goes away.
        let over = over.changed();
        if holds(&session) {
            let _late = tokio::time::timeout(PATIENCE, over).await;
        } else {
            let _gone = over.await;
        }
    }
    match app.auth().sessions.find(digest, now) {
        Found::Alive(session) if holds(&session) => Some(session),
        Found::Alive(_) | Found::Replaced(_) | Found::Nothing => None,
    }
}

/// Has the provider asked, unless that is under way.
fn ask<F, Fut>(
    app: &App,
    digest: &Digest,
    session: &Arc<Session>,
    provider: F,
) -> watch::Receiver<()>
where
    F: FnOnce(App, Question) -> Fut + Send + 'static,
    Fut: Future<Output = Renewal> + Send,
{
    let flights = &app.auth().sessions.flights.0;
    let mut under_way = flights.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(over) = under_way.get(digest) {
        return over.clone();
    }
    let (landing, over) = watch::channel(());
    let now = app.core().clock.now();
    match app.auth().sessions.find(digest, now) {
        // Somebody else has asked while this request looked.
        Found::Alive(known) if known.resolved_at > session.resolved_at => return over,
        Found::Alive(_) | Found::Replaced(_) | Found::Nothing => {}
    }
    under_way.insert(*digest, over.clone());
    drop(under_way);
    let flight = Flight {
        app: app.clone(),
        digest: *digest,
        _landing: landing,
    };
    let session = session.clone();
    // Its own task: whoever waits may go away, the answer of the provider must not be lost.
    tokio::spawn(async move { flight.renew(&session, provider).await });
    over
}

/// One question to a provider. Whoever waits hears when it is dropped.
struct Flight {
    app: App,
    digest: Digest,
    _landing: watch::Sender<()>,
}

impl Drop for Flight {
    fn drop(&mut self) {
        let flights = &self.app.auth().sessions.flights.0;
        let mut under_way = flights.lock().unwrap_or_else(PoisonError::into_inner);
        under_way.remove(&self.digest);
    }
}

/// The right to ask, with what is shown to the provider.
enum Lease {
    Taken(Option<Secret<String>>),
    /// Another hub asks, or has asked.
    Other,
    /// The refresh token was sealed with another secret.
    Unreadable,
    /// The refresh token was exchanged before, so somebody else has the newer one.
    Spent,
}

impl Flight {
    async fn renew<F, Fut>(&self, session: &Session, provider: F)
    where
        F: FnOnce(App, Question) -> Fut + Send + 'static,
        Fut: Future<Output = Renewal> + Send,
    {
        let app = &self.app;
        let lease = match self.lease(session).await {
            Ok(lease) => lease,
            // The database is away, or busy: as if the provider were.
            Err(error) => return self.rest(session, &error),
        };
        let token = match lease {
            Lease::Taken(token) => token,
            Lease::Other => {
                let now = app.core().clock.now();
                return session.pulse.rest_until(now + OTHER_ASKS);
            }
            Lease::Unreadable => {
                tracing::info!(
                    plugin = "auth",
                    user = session.user.entity_ref.as_str(),
                    "a session ends, since its refresh token was sealed with another \
                     `auth.session.secret`"
                );
                return self.end(session, "the session secret has changed").await;
            }
            Lease::Spent => {
                let user_ref = Some(session.user.entity_ref.as_str());
                return reuse::end_reused(app, &session.family, user_ref, "refresh token").await;
            }
        };
        let question = Question {
            provider: session.provider.clone(),
            environment: session.environment.clone(),
            refresh_token: token.clone(),
        };
        let answer = tokio::time::timeout(DEADLINE, provider(app.clone(), question)).await;
        let was_asked = token.is_some();
        let answer = answer.unwrap_or_else(|_| {
            Renewal::Unreachable(Error::unavailable("the provider does not answer in time"))
        });
        match answer {
            Renewal::Still(signed_in) => self.take_over(session, token, *signed_in).await,
            Renewal::Ended(error) => {
                self.end(session, &error.to_string()).await;
                if was_asked {
                    self.end_programs(session, &error).await;
                }
            }
            Renewal::Unreachable(error) => {
                self.rest(session, &error);
                self.release(session).await;
            }
        }
    }

    /// Takes the right to ask, where there is something that can be shown only once.
    async fn lease(&self, session: &Session) -> Result<Lease, StoreError> {
        if !session.has_refresh_token {
            return Ok(Lease::Taken(None));
        }
        let sessions = &self.app.auth().sessions;
        let now = self.app.core().clock.now();
        // Before the transaction: it may have to ask the database itself.
        let cipher = sessions.cipher().await?;
        let mut tx = sessions.store.begin().await?;
        let resolved_at = session.resolved_at;
        if !store::lease(&mut tx, &self.digest, resolved_at, now + LEASE, now).await? {
            drop(tx);
            let is_served = |provider: &str| self.app.auth().is_served(provider);
            let digests = [self.digest];
            sessions.read_again(&digests, now, is_served).await?;
            return Ok(Lease::Other);
        }
        let sealed = store::refresh_token(&mut tx, &self.digest).await?;
        let token = match sealed {
            None => None,
            Some(sealed) => match cipher.open(&sealed, &self.digest) {
                None => return Ok(Lease::Unreadable),
                opened => opened,
            },
        };
        if let Some(token) = &token {
            let digest = external::digest(token.expose());
            if spent::spent(&mut tx, &digest, now).await?.is_some() {
                return Ok(Lease::Spent);
            }
        }
        tx.commit().await?;
        Ok(Lease::Taken(token))
    }

    async fn take_over(
        &self,
        session: &Session,
        shown: Option<Secret<String>>,
        now_known: SignedIn,
    ) {
        let SignedIn {
            identity,
            profile,
            refresh_token,
            ..
        } = now_known;
        if identity.entity_ref.as_str() != session.user.entity_ref {
            return self.end(session, "the provider names another user").await;
        }
        let user = UserPrincipal {
            ownership: identity.ownership,
            ..UserPrincipal::clone(&session.user)
        };
        let session = Arc::new(Session {
            user: Arc::new(user),
            profile,
            resolved_at: self.app.core().clock.now(),
            has_refresh_token: session.has_refresh_token || refresh_token.is_some(),
            ..session.clone()
        });
        let written = self.write(&session, shown, refresh_token).await;
        // What the provider said is true, whether it could be written or not.
        self.app.auth().sessions.put(&self.digest, &session);
        if let Err(error) = written {
            let error: &dyn std::error::Error = &error;
            tracing::warn!(
                plugin = "auth",
                error,
                "the renewal of a session was not written"
            );
        }
    }

    async fn write(
        &self,
        session: &Session,
        shown: Option<Secret<String>>,
        given: Option<Secret<String>>,
    ) -> Result<(), StoreError> {
        let sessions = &self.app.auth().sessions;
        let sealed = match &given {
            Some(token) => Some(sessions.cipher().await?.seal(token, &self.digest)?),
            None => None,
        };
        let mut tx = sessions.store.begin().await?;
        store::renew(&mut tx, &self.digest, session, sealed).await?;
        if let (Some(shown), Some(given)) = (shown, given)
            && shown.expose() != given.expose()
        {
            let shown = external::digest(shown.expose());
            spent::spend(&mut tx, &shown, session, session.resolved_at).await?;
        }
        follow::tell(&mut tx, &self.digest).await?;
        tx.commit().await
    }

    async fn release(&self, session: &Session) {
        if !session.has_refresh_token {
            return;
        }
        let released = async {
            let mut tx = self.app.auth().sessions.store.begin().await?;
            store::release(&mut tx, &self.digest).await?;
            tx.commit().await
        };
        if let Err(error) = released.await {
            // It runs out by itself.
            let error: &dyn std::error::Error = &error;
            tracing::debug!(
                plugin = "auth",
                error,
                "the right to renew was not returned"
            );
        }
    }

    async fn end(&self, session: &Session, reason: &str) {
        let meta = json!({"userEntityRef": session.user.entity_ref, "reason": reason});
        let operation = Operation::begin(Requester::plugin("auth"), "auth", "session-end", meta);
        if let Err(error) = end_one(&self.app, self.digest, &operation).await {
            operation.refuse(&self.app, &error.into()).await;
        }
    }

    /// Ends the programs that the person let in: the provider does not know them any more.
    async fn end_programs(&self, session: &Session, reason: &Error) {
        let user_ref = &session.user.entity_ref;
        let ended = device::end_signed_in_by(&self.app, user_ref, &session.provider, reason);
        if let Err(error) = ended.await {
            let error: &dyn std::error::Error = &error;
            tracing::warn!(
                plugin = "auth",
                error,
                "the end of the programs of a person was not written"
            );
        }
    }

    fn rest(&self, session: &Session, error: &(dyn std::error::Error + 'static)) {
        let now = self.app.core().clock.now();
        session.pulse.rest_until(now + REST);
        tracing::warn!(
            plugin = "auth",
            error,
            provider = session.provider.as_str(),
            "a session was not renewed: what was known of its person holds for a while"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::test::{DAY, start_with_token};
    use super::*;
    use crate::auth::guest;
    use crate::auth::session::Sessions;
    use crate::auth::test::{ManualClock, hub};
    use crate::clock::Clock;
    use callboard_policy::EntityRef;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::sync::Notify;

    const HOUR: Duration = Duration::from_secs(3600);

    #[derive(Clone)]
    struct Desk {
        app: App,
        clock: ManualClock,
        digest: Digest,
    }

    impl Desk {
        /// Mara, signed in for an hour with the refresh token `first`.
        async fn set() -> Desk {
            let clock = ManualClock::default();
            let app = hub(&clock, json!({})).await.app().clone();
            let digest = start_with_token(&app.auth().sessions, &clock).await;
            clock.advance(HOUR);
            Desk { app, clock, digest }
        }

        fn sessions(&self) -> &Sessions {
            &self.app.auth().sessions
        }

        fn known(&self) -> Option<Arc<Session>> {
            match self.sessions().find(&self.digest, self.clock.now()) {
                Found::Alive(session) => Some(session),
                Found::Replaced(_) | Found::Nothing => None,
            }
        }

        /// Reads the session as a request does; the provider would answer with `answer`.
        async fn read<Fut>(
            &self,
            answer: impl FnOnce(Question) -> Fut + Send + 'static,
        ) -> Option<Arc<Session>>
        where
            Fut: Future<Output = Renewal> + Send,
        {
            let provider = move |_, question| answer(question);
            let (session, now) = (self.known()?, self.clock.now());
            settled_by(&self.app, &self.digest, session, now, provider).await
        }

        async fn stored_token(&self) -> Option<String> {
            let mut conn = self.sessions().store.read().await.unwrap();
            let sealed = store::refresh_token(&mut conn, &self.digest)
                .await
                .unwrap()?;
            drop(conn);
            let cipher = self.sessions().cipher().await.unwrap();
            let token = cipher.open(&sealed, &self.digest)?;
            Some(token.expose().clone())
        }
    }

    fn still(groups: &[&str], token: Option<&str>) -> Renewal {
        let mut signed_in = SignedIn {
            identity: crate::auth::UserIdentity {
                entity_ref: EntityRef::parse("user:default/mara").unwrap(),
                ownership: vec!["user:default/mara".into()],
            },
            profile: signed_in::Profile::default(),
            provider: guest::PROVIDER.into(),
            environment: None,
            refresh_token: token.map(|token| Secret::new(token.to_owned())),
        };
        let groups = groups.iter().map(|group| SmolStr::from(*group));
        signed_in.identity.ownership.extend(groups);
        Renewal::Still(Box::new(signed_in))
    }

    async fn unreachable_now(_: Question) -> Renewal {
        Renewal::Unreachable(Error::unavailable("nobody at home"))
    }

    async fn ended(_: Question) -> Renewal {
        Renewal::Ended(Error::NotAllowed("gone".to_owned()))
    }

    async fn the_same(_: Question) -> Renewal {
        still(&[], None)
    }

    #[tokio::test]
    async fn the_refresh_token_is_shown_and_the_next_one_kept() {
        let desk = Desk::set().await;

        let session = desk.read(async |question: Question| {
            assert_eq!(question.refresh_token.unwrap().expose(), "first");
            still(&["group:default/stage"], Some("second"))
        });
        let session = session.await.unwrap();

        assert_eq!(
            session.user.ownership,
            ["user:default/mara", "group:default/stage"]
        );
        assert_eq!(desk.stored_token().await.as_deref(), Some("second"));
        assert!(desk.read(ended).await.is_some(), "known for an hour");
    }

    #[tokio::test]
    async fn a_provider_that_keeps_the_refresh_token_is_shown_it_again() {
        let desk = Desk::set().await;

        desk.read(the_same).await.unwrap();

        assert_eq!(desk.stored_token().await.as_deref(), Some("first"));
    }

    #[tokio::test]
    async fn many_requests_ask_the_provider_once() {
        let desk = Desk::set().await;
        let (asked, answer) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));

        let tabs: Vec<_> = (0..8)
            .map(|_| {
                let (desk, asked, answer) = (desk.clone(), asked.clone(), answer.clone());
                tokio::spawn(async move {
                    let read = desk.read(async move |_| {
                        asked.fetch_add(1, Ordering::SeqCst);
                        answer.notified().await;
                        still(&["group:default/stage"], None)
                    });
                    read.await.unwrap().user.ownership.len()
                })
            })
            .collect();
        while asked.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        answer.notify_one();

        for tab in tabs {
            assert_eq!(tab.await.unwrap(), 2);
        }
        assert_eq!(asked.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn while_the_provider_is_away_what_was_known_holds_for_an_hour() {
        let desk = Desk::set().await;

        assert!(desk.read(unreachable_now).await.is_some());
        assert!(desk.read(ended).await.is_some(), "it is left alone");
        desk.clock.advance(HOUR);
        assert!(desk.read(unreachable_now).await.is_none());

        desk.clock.advance(Duration::from_secs(60));
        let back = desk.read(the_same).await;
        assert!(back.is_some(), "the session was not ended");
    }

    #[tokio::test]
    async fn a_session_ends_with_its_provider() {
        let desk = Desk::set().await;

        assert!(desk.read(ended).await.is_none());

        desk.sessions()
            .load(desk.clock.now(), |_| true)
            .await
            .unwrap();
        assert!(desk.known().is_none());
    }

    #[tokio::test]
    async fn another_user_than_before_ends_the_session() {
        let desk = Desk::set().await;

        let other = desk.read(async |_| {
            let Renewal::Still(mut signed_in) = still(&[], None) else {
                unreachable!()
            };
            signed_in.identity.entity_ref = EntityRef::parse("user:default/eve").unwrap();
            Renewal::Still(signed_in)
        });

        assert!(other.await.is_none());
        assert!(desk.known().is_none());
    }

    #[tokio::test]
    async fn one_hub_asks_and_the_other_learns() {
        let desk = Desk::set().await;
        let mut tx = desk.sessions().store.begin().await.unwrap();
        let (now, session) = (desk.clock.now(), desk.known().unwrap());
        let resolved_at = session.resolved_at;
        let leased = store::lease(&mut tx, &desk.digest, resolved_at, now + LEASE, now);
        assert!(leased.await.unwrap());
        tx.commit().await.unwrap();

        assert!(desk.read(ended).await.is_some(), "the other asks");

        desk.clock.advance(Duration::from_secs(61));
        let late = desk
            .read(async |_| still(&["group:default/stage"], None))
            .await;
        assert_eq!(late.unwrap().user.ownership.len(), 2, "the other died");
    }

    #[tokio::test]
    async fn a_refresh_token_that_was_exchanged_before_ends_the_session() {
        let desk = Desk::set().await;
        let session = desk.known().unwrap();
        let mut tx = desk.sessions().store.begin().await.unwrap();
        let first = external::digest("first");
        spent::spend(&mut tx, &first, &session, desk.clock.now())
            .await
            .unwrap();
        tx.commit().await.unwrap();

        assert!(desk.read(the_same).await.is_none());
        assert!(desk.known().is_none());
    }

    #[tokio::test]
    async fn an_exchanged_refresh_token_that_is_shown_later_ends_the_session() {
        let desk = Desk::set().await;
        desk.read(async |_| still(&[], Some("second")))
            .await
            .unwrap();
        let shown = async |token: &str| reuse::refresh_token_shown(&desk.app, token).await.unwrap();

        assert!(!shown("second").await);
        assert!(!shown("first").await, "from another tab");
        desk.clock.advance(Duration::from_secs(31));
        assert!(!shown("second").await);
        assert!(desk.known().is_some());
        assert!(shown("first").await);

        assert!(desk.known().is_none());
    }

    #[tokio::test]
    async fn a_token_that_cannot_be_read_any_more_ends_the_session() {
        let desk = Desk::set().await;
        let foreign = desk.sessions().cipher().await.unwrap();
        let foreign = foreign
            .seal(&Secret::new("first".to_owned()), &[0; 32])
            .unwrap();
        let mut tx = desk.sessions().store.begin().await.unwrap();
        let session = desk.known().unwrap();
        store::renew(&mut tx, &desk.digest, &session, Some(foreign))
            .await
            .unwrap();
        tx.commit().await.unwrap();

        assert!(desk.read(the_same).await.is_none());
        assert!(desk.known().is_none());
    }

    #[tokio::test]
    async fn after_a_night_the_provider_is_waited_for() {
        let desk = Desk::set().await;
        desk.clock.advance(DAY / 2);

        let back = desk
            .read(async |_| still(&["group:default/stage"], None))
            .await;

        assert_eq!(back.unwrap().user.ownership.len(), 2);
    }
}
