//! Asks a provider again about the person of a session.
//!
//! What is known of a person is as old as a token of the API may be; then the provider is asked,
//! and the catalog with it, so that somebody who left loses access. Of the requests of a session
//! one asks, on one hub: the others wait for it, and only for a moment, since what was known holds
//! a while longer. While the provider cannot be reached it holds for that while too.

#[cfg(test)]
mod tests;

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
