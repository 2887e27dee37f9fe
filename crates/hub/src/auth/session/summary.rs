//! What people see of a session.

use super::super::external::Digest;
use super::super::signed_in::Profile;
use super::Session;
use crate::app::App;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use smol_str::SmolStr;
use std::fmt;
use std::str::FromStr;

/// By what people name a session: the digest of its id, which gives nobody the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionId(pub(super) Digest);

impl SessionId {
    pub(in crate::auth) fn new(digest: Digest) -> SessionId {
        SessionId(digest)
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

/// A text that names no session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no session is called that")]
pub struct SessionIdError;

impl FromStr for SessionId {
    type Err = SessionIdError;

    fn from_str(text: &str) -> Result<SessionId, SessionIdError> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok();
        let digest = bytes.and_then(|bytes| Digest::try_from(bytes).ok());
        digest.map(SessionId).ok_or(SessionIdError)
    }
}

/// A session as its person, or an administrator, sees it.
#[derive(Debug, Clone)]
pub struct SessionSummary {
    /// By what it is ended.
    pub id: SessionId,
    /// Whose it is.
    pub user_ref: SmolStr,
    /// The id of the provider that signed them in.
    pub provider: SmolStr,
    /// The environment of the provider's configuration; absent for those without environments.
    pub environment: Option<SmolStr>,
    /// What the provider told of them.
    pub profile: Profile,
    /// How the browser called itself at sign-in.
    pub user_agent: Option<String>,
    /// The address that they signed in from.
    pub address: Option<String>,
    /// When they signed in.
    pub signed_in_at: Timestamp,
    /// When they were last seen; of other replicas it is known a minute later.
    pub last_seen_at: Timestamp,
    /// When they must sign in again.
    pub expires_at: Timestamp,
}

impl SessionSummary {
    fn of(digest: Digest, session: &Session) -> SessionSummary {
        SessionSummary {
            id: SessionId(digest),
            user_ref: session.user.entity_ref.clone(),
            provider: session.provider.clone(),
            environment: session.environment.clone(),
            profile: session.profile.clone(),
            user_agent: session.client.user_agent.clone(),
            address: session.client.address.clone(),
            signed_in_at: session.signed_in_at,
            last_seen_at: session.pulse.last(),
            expires_at: session.expires_at,
        }
    }
}

impl super::super::Auth {
    /// The sessions of a user, the one seen last first. `user_ref` is in its canonical form.
    pub fn sessions_of(&self, user_ref: &str) -> Vec<SessionSummary> {
        let now = self.core.clock.now();
        let of_user = self.sessions.of(user_ref, now);
        let mut found: Vec<_> = of_user
            .iter()
            .map(|(digest, session)| SessionSummary::of(*digest, session))
            .collect();
        found.sort_by_key(|session| (std::cmp::Reverse(session.last_seen_at), session.id.0));
        found
    }
}

impl App {
    /// Whether the browser of these headers shows the cookie of a session, be it over or not.
    pub(crate) fn shows_session(&self, headers: &axum::http::HeaderMap) -> bool {
        super::id_of(self, headers).is_some()
    }
}
