//! Sessions for tests.

use super::begin::NewSession;
use super::memory::Found;
use super::{Client, Session, SessionConfig, Sessions};
use crate::auth::external::{self, Digest};
use crate::auth::signed_in::Profile;
use crate::auth::test::ManualClock;
use crate::clock::Clock;
use crate::principal::UserPrincipal;
use callboard_config::Secret;
use callboard_store::Store;
use smol_str::SmolStr;
use std::sync::Arc;
use std::time::Duration;

pub(super) const DAY: Duration = Duration::from_secs(24 * 60 * 60);

pub(super) fn sessions(store: Store) -> Sessions {
    let config = SessionConfig {
        lifetime: 7 * DAY,
        idle: DAY,
        secret: None,
    };
    Sessions::new(store, config)
}

pub(super) fn mara() -> UserPrincipal {
    let entity_ref = SmolStr::new_static("user:default/mara");
    UserPrincipal::new(entity_ref.clone(), vec![entity_ref])
}

pub(super) fn new(user: UserPrincipal) -> NewSession {
    NewSession {
        user: Arc::new(user),
        provider: SmolStr::new_static("guest"),
        environment: None,
        profile: Profile::default(),
        client: Client::default(),
        refresh_token: None,
        before: None,
    }
}

/// Signs a person in and gives the id.
pub(in crate::auth) async fn start(
    sessions: &Sessions,
    user: UserPrincipal,
    clock: &ManualClock,
    before: Option<&str>,
) -> String {
    let before = before.map(external::digest);
    let new = NewSession {
        before,
        ..new(user)
    };
    begin(sessions, new, clock).await
}

/// Signs Mara in with a refresh token, and gives the digest of the id.
pub(super) async fn start_with_token(sessions: &Sessions, clock: &ManualClock) -> Digest {
    let new = NewSession {
        refresh_token: Some(Secret::new("first".to_owned())),
        ..new(mara())
    };
    external::digest(&begin(sessions, new, clock).await)
}

async fn begin(sessions: &Sessions, new: NewSession, clock: &ManualClock) -> String {
    let starting = sessions.start(new, clock.now()).await.unwrap();
    starting.finish().await.unwrap()
}

/// The session of an id, if it is alive.
pub(super) fn alive(sessions: &Sessions, id: &str, clock: &ManualClock) -> Option<Arc<Session>> {
    match sessions.find(&external::digest(id), clock.now()) {
        Found::Alive(session) => Some(session),
        Found::Replaced(_) | Found::Nothing => None,
    }
}
