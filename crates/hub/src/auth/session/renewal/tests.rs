//! What providers answer, and what becomes of the session then.

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
