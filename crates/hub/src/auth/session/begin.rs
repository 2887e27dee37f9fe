//! How a session begins: with a new id, in the place of the one that the browser had before.

use super::super::external::{self, Digest};
use super::super::random;
use super::super::signed_in::Profile;
use super::super::store::upsert_user_info;
use super::memory::{Found, without};
use super::seen::Pulse;
use super::store::EndedRow;
use super::{Client, Family, Session, Sessions, farewell, follow, store};
use crate::app::App;
use crate::audit::Operation;
use crate::error::Error;
use crate::principal::UserPrincipal;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use callboard_config::Secret;
use callboard_store::{Revision, StoreError, Tx};
use jiff::Timestamp;
use serde_json::json;
use smol_str::SmolStr;
use std::sync::Arc;
use tokio::sync::MutexGuard;

/// How many sessions a user may have; the oldest of them makes room for the next.
const MAX_SESSIONS_PER_USER: usize = 1_000;

/// How many ids that were replaced are known of one browser.
const MAX_REPLACED: usize = 16;

/// The longest name of a browser that is kept, in bytes.
const MAX_USER_AGENT: usize = 512;

/// A session that is to begin.
pub(in crate::auth) struct NewSession {
    pub(in crate::auth) user: Arc<UserPrincipal>,
    pub(in crate::auth) provider: SmolStr,
    pub(in crate::auth) environment: Option<SmolStr>,
    pub(in crate::auth) profile: Profile,
    pub(in crate::auth) client: Client,
    pub(in crate::auth) refresh_token: Option<Secret<String>>,
    /// The session that the browser had before. An id is never used again.
    pub(in crate::auth) before: Option<Digest>,
}

/// Begins a session and gives its id for the cookie. `operation` is recorded with it.
///
/// Somebody who goes away meanwhile does not stop it half-way.
pub(in crate::auth) async fn begin(
    app: &App,
    new: NewSession,
    operation: Operation,
) -> Result<String, Error> {
    let app = app.clone();
    let work = async move {
        let now = app.core().clock.now();
        let user = new.user.clone();
        let mut starting = app.auth().sessions.start(new, now).await?;
        let claims = json!({"sub": user.entity_ref, "ent": user.ownership});
        upsert_user_info(&mut starting.tx, &user.entity_ref, claims, now).await?;
        let session = URL_SAFE_NO_PAD.encode(starting.digest);
        let recorded = operation
            .succeed_in(&app, &mut starting.tx, json!({"session": session}))
            .await?;
        let ended = std::mem::take(&mut starting.ended);
        let id = starting.finish().await?;
        recorded.publish();
        farewell::say(&app, ended);
        Ok(id)
    };
    tokio::spawn(work).await.map_err(Error::internal)?
}

impl Sessions {
    /// Begins to sign a person in.
    pub(super) async fn start(
        &self,
        new: NewSession,
        now: Timestamp,
    ) -> Result<Starting<'_>, StoreError> {
        let id = URL_SAFE_NO_PAD.encode(random::bytes::<32>());
        let digest = external::digest(&id);
        let sealed = match &new.refresh_token {
            Some(token) => Some(self.cipher().await?.seal(token, &digest)?),
            None => None,
        };
        let writing = self.writing.lock().await;
        let before = new.before.and_then(|before| match self.find(&before, now) {
            Found::Alive(session) => Some((before, session)),
            Found::Replaced(_) | Found::Nothing => None,
        });
        let mut client = new.client;
        client.user_agent = client.user_agent.map(shortened);
        let session = Session {
            family: family_of(before.as_ref().map(|(_, session)| &**session), &new.user),
            user: new.user,
            provider: new.provider,
            environment: new.environment,
            profile: new.profile,
            client,
            signed_in_at: now,
            expires_at: now + self.config.lifetime,
            resolved_at: now,
            replaced_at: None,
            has_refresh_token: sealed.is_some(),
            pulse: Arc::new(Pulse::written(now)),
        };
        let (mut replaced, mut gone) = (None, Vec::new());
        match before {
            Some((digest, before)) if before.family == session.family => {
                let replaced_at = Some(now);
                let has_refresh_token = false;
                let before = Session::clone(&before);
                let before = Session {
                    replaced_at,
                    has_refresh_token,
                    ..before
                };
                replaced = Some((digest, Arc::new(before)));
                let known = self.replaced_in(&session.family);
                let too_many = (known.len() + 1).saturating_sub(MAX_REPLACED);
                gone.extend(known.into_iter().take(too_many));
            }
            Some((digest, _)) => gone.push(digest),
            None => {}
        }
        gone.extend(self.displaced_by(&session, now));
        let mut tx = self.store.begin().await?;
        store::delete_over(&mut tx, now, Timestamp::UNIX_EPOCH).await?;
        let mut ended = Vec::new();
        for digest in &gone {
            ended.extend(store::delete(&mut tx, digest).await?);
        }
        if let Some((digest, _)) = &replaced {
            store::replace(&mut tx, digest, now).await?;
        }
        store::insert(&mut tx, &digest, &session, sealed).await?;
        Ok(Starting {
            sessions: self,
            tx,
            id,
            digest,
            session: Arc::new(session),
            replaced,
            gone,
            ended,
            _writing: writing,
        })
    }

    /// The oldest session of the same user, when they have as many as they may.
    fn displaced_by(&self, session: &Session, now: Timestamp) -> Option<Digest> {
        let own = self.of(&session.user.entity_ref, now);
        let oldest = || own.iter().min_by_key(|(_, session)| session.signed_in_at);
        let is_full = own.len() >= MAX_SESSIONS_PER_USER;
        is_full.then(oldest).flatten().map(|(digest, _)| *digest)
    }
}

/// The family of the session before, if it was the same person's, else one of its own.
fn family_of(before: Option<&Session>, user: &UserPrincipal) -> Family {
    match before {
        Some(before) if before.user.entity_ref == user.entity_ref => before.family,
        Some(_) | None => random::bytes(),
    }
}

fn shortened(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(MAX_USER_AGENT));
    text
}

/// A session that is written and does not yet count.
#[must_use = "a session that is not finished was never begun"]
pub(super) struct Starting<'a> {
    sessions: &'a Sessions,
    /// Where it is written, for what is written with it.
    pub(super) tx: Tx,
    id: String,
    pub(super) digest: Digest,
    session: Arc<Session>,
    /// The one before it in the same browser, of the same person.
    replaced: Option<(Digest, Arc<Session>)>,
    /// Those that end.
    gone: Vec<Digest>,
    /// Their rows, for their providers.
    ended: Vec<EndedRow>,
    _writing: MutexGuard<'a, Revision>,
}

impl Starting<'_> {
    /// Signs the person in and gives the id for their cookie.
    pub(super) async fn finish(mut self) -> Result<String, StoreError> {
        let replaced = self.replaced.iter().map(|(digest, _)| digest);
        for changed in self.gone.iter().chain(replaced).chain([&self.digest]) {
            follow::tell(&mut self.tx, changed).await?;
        }
        self.tx.commit().await?;
        self.sessions.change(|live| {
            let mut live = without(live, &self.gone);
            live.insert_mut(self.digest, self.session.clone());
            if let Some((digest, session)) = &self.replaced {
                live.insert_mut(*digest, session.clone());
            }
            live
        });
        Ok(self.id)
    }
}
