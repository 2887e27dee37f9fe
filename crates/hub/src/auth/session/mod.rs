//! Sessions of the pages: people signed in with a browser.
//!
//! The browser holds a random id in a cookie that scripts cannot read; the database and the
//! memory hold its SHA-256. Reading a session asks memory only; what other hubs on the same
//! database begin, renew and end is followed ([`follow`]), and when somebody was last seen is
//! written now and then ([`seen`]).
//!
//! A session ends when its person or an administrator ends it, when it gets too old or was not
//! used for too long, when its provider says so ([`renewal`]), and when an id or a refresh token
//! is shown again that had been replaced ([`reuse`]): then somebody else has it. Whoever ends
//! it, its provider is told ([`farewell`]).

pub(crate) mod api;
mod begin;
mod browser;
mod cipher;
mod config;
mod confirmation;
mod cookie;
mod end;
mod farewell;
pub(super) mod follow;
mod memory;
mod renewal;
mod reuse;
pub(super) mod seen;
mod spent;
mod store;
mod summary;
#[cfg(test)]
pub(super) mod test;
mod views;

pub(super) use begin::{NewSession, begin};
pub(super) use cipher::Cipher;
pub(super) use config::SessionConfig;
pub(super) use confirmation::confirmed_at;
pub(crate) use cookie::{base_cookie, cookie_name};
pub(super) use cookie::{cookie, id_of, removal};
pub(super) use end::end_one;
pub use end::{Ending, end};
pub(super) use memory::Sessions;
pub(super) use reuse::refresh_token_exchanged;
pub use reuse::refresh_token_shown;
pub use summary::{SessionId, SessionSummary};
pub(super) use views::pages;

use super::external::Digest;
use super::signed_in::Profile;
use crate::app::App;
use crate::audit::Requester;
use crate::principal::UserPrincipal;
use jiff::Timestamp;
use memory::Found;
use seen::Pulse;
use smol_str::SmolStr;
use std::sync::Arc;

/// What the sessions that followed each other in one browser have in common.
pub(super) type Family = [u8; 16];

/// A person signed in with one browser.
#[derive(Debug, Clone)]
pub(super) struct Session {
    pub(super) user: Arc<UserPrincipal>,
    /// The id of the provider that signed them in.
    pub(super) provider: SmolStr,
    /// The environment of the provider's configuration.
    pub(super) environment: Option<SmolStr>,
    pub(super) profile: Profile,
    pub(super) client: Client,
    pub(super) family: Family,
    pub(super) signed_in_at: Timestamp,
    pub(super) expires_at: Timestamp,
    /// When the provider last said who it is, and ownership was read from the catalog.
    pub(super) resolved_at: Timestamp,
    /// When the next session of the family began; this one counts no more.
    pub(super) replaced_at: Option<Timestamp>,
    /// Whether the provider gave something to ask it again with.
    pub(super) has_refresh_token: bool,
    pub(super) pulse: Arc<Pulse>,
}

/// The browser of a session, as it was at sign-in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Client {
    pub(super) user_agent: Option<String>,
    pub(super) address: Option<String>,
}

impl Client {
    /// The browser behind a request.
    pub(super) fn of(requester: &Requester) -> Client {
        Client {
            user_agent: requester.user_agent().map(str::to_owned),
            address: requester.ip().map(|address| address.to_string()),
        }
    }
}

/// The session behind a digest of an id, with what is known of its person now; `None` when nobody
/// is signed in with it.
pub(super) async fn current(app: &App, digest: &Digest) -> Option<Arc<Session>> {
    let now = app.core().clock.now();
    match app.auth().sessions.find(digest, now) {
        Found::Alive(session) => {
            session.pulse.touch(now);
            renewal::settled(app, digest, session, now).await
        }
        Found::Replaced(session) => {
            reuse::id_shown(app, &session, now);
            None
        }
        Found::Nothing => None,
    }
}
