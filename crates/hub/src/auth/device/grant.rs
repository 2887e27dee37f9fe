//! Gives tokens to programs that were let in.

use super::end::end_now;
use super::session::{self, Changed, DeviceSession, HeldToken};
use super::store::{self, CodeRow, SessionRow};
use super::waiting::{APPROVED, DENIED, PAUSE};
use crate::app::App;
use crate::audit::Operation;
use crate::auth::access_token::Prefix;
use crate::auth::ownership::ownership_of;
use crate::auth::service::{IssuedToken, UserIdentity};
use crate::auth::store::time;
use crate::auth::{external, guest, random, session as auth_session, token};
use crate::error::Error;
use callboard_config::Secret;
use callboard_policy::EntityRef;
use callboard_store::StoreError;
use jiff::Timestamp;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// How long a program stays let in.
const SESSION_LIFETIME: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// What a program is given.
pub(super) struct Grant {
    pub(super) issued: IssuedToken,
    pub(super) refresh: Secret<String>,
}

/// Why a program is given nothing, in the words of RFC 8628 and RFC 6749.
#[derive(Debug)]
pub(super) enum Refusal {
    /// Nobody has decided yet.
    Pending,
    /// Nobody has decided yet, and it asks too often.
    SlowDown,
    /// Nobody decided in time.
    Expired,
    /// Somebody said no.
    Denied,
    /// What it shows is nothing that it was given.
    Invalid,
    /// The hub cannot say.
    Failed(Error),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Refusal {
        Refusal::Failed(error)
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Refusal {
        Refusal::Failed(error.into())
    }
}

/// The first tokens of a program that was let in. Only then `begin` is asked for the operation: a
/// program asks every few seconds, which is no event.
pub(super) async fn exchange(
    app: &App,
    device_code: &str,
    begin: impl FnOnce() -> Operation,
) -> Result<Grant, Refusal> {
    let hash = Prefix::Device
        .digest_of(device_code)
        .ok_or(Refusal::Invalid)?;
    let now = app.core().clock.now();
    let mut conn = app.core().store.read().await?;
    let row = store::code(&mut conn, &hash)
        .await?
        .ok_or(Refusal::Invalid)?;
    drop(conn);
    if row.expires_at <= now.as_millisecond() {
        return Err(Refusal::Expired);
    }
    match row.status.as_str() {
        APPROVED => {}
        DENIED => return Err(Refusal::Denied),
        _ => return Err(wait(app, &row, now).await?),
    }
    let (app, operation) = (app.clone(), begin());
    let work = async move {
        let begun = begin_session(&app, row, now, &operation).await;
        if let Err(Refusal::Failed(error)) = &begun {
            operation.refuse(&app, error).await;
        }
        begun
    };
    tokio::spawn(work)
        .await
        .map_err(|error| Refusal::Failed(Error::internal(error)))?
}

/// Notes that a program asked while nobody has decided.
async fn wait(app: &App, row: &CodeRow, now: Timestamp) -> Result<Refusal, Error> {
    let now_ms = now.as_millisecond();
    let is_hasty = row.asked_at.is_some_and(|asked| now_ms < asked + row.pause);
    let longer = if is_hasty {
        PAUSE.as_millis() as i64
    } else {
        0
    };
    let mut tx = app.core().store.begin().await?;
    store::note_question(&mut tx, &row.device_hash, now, row.pause + longer).await?;
    tx.commit().await?;
    Ok(if is_hasty {
        Refusal::SlowDown
    } else {
        Refusal::Pending
    })
}

async fn begin_session(
    app: &App,
    code: CodeRow,
    now: Timestamp,
    operation: &Operation,
) -> Result<Grant, Refusal> {
    let user_ref = code.user_ref.as_deref().unwrap_or_default();
    let identity = identity(app, user_ref, code.is_known, &code.provider)?;
    let sessions = app.device_sessions();
    let _writing = sessions.lock().await;
    let auth = app.auth();
    let lifetime = auth.token_lifetime();
    let (mut tx, issued) = auth.prepare_user_token(&identity, lifetime).await?;
    // A code is good for one session, whoever else shows it at the same moment.
    if !store::delete_code(&mut tx, &code.device_hash).await? {
        return Err(Refusal::Invalid);
    }
    let refresh = Prefix::Refresh.generate();
    let row = SessionRow {
        id: random::uuid().to_string(),
        user_ref: user_ref.to_owned(),
        is_known: code.is_known,
        provider: code.provider,
        client: code.client,
        address: code.address,
        refresh_hash: external::digest(refresh.expose()).to_vec(),
        former_hash: None,
        tokens: json!([held_token(&issued)]),
        created_at: now.as_millisecond(),
        refreshed_at: now.as_millisecond(),
        // The person has just decided, signed in.
        confirmed_at: now.as_millisecond(),
        expires_at: (now + SESSION_LIFETIME).as_millisecond(),
    };
    let session = Arc::new(DeviceSession::from_row(&row));
    store::insert_session(&mut tx, row).await?;
    let meta = json!({"client": session.client, "expiresAt": issued.expires_at.to_string()});
    let operation = operation.clone().done_by(user_ref);
    let recorded = operation.succeed_in(app, &mut tx, meta).await?;
    let id = session.id.clone();
    let change = Changed {
        session: Some(session),
        revoked: Vec::new(),
    };
    sessions.commit(app, tx, &id, change).await?;
    recorded.publish();
    Ok(Grant { issued, refresh })
}

/// The next tokens of a program. A refresh token that was used before ends everything: one of the
/// two who hold it has stolen it.
pub(super) async fn refresh(
    app: &App,
    refresh_token: &str,
    operation: Operation,
) -> Result<Grant, Refusal> {
    let hash = Prefix::Refresh
        .digest_of(refresh_token)
        .ok_or(Refusal::Invalid)?;
    let app = app.clone();
    let work = async move {
        let given = refresh_now(&app, &hash, &operation).await;
        if let Err(refusal) = &given {
            let error = refusal.as_error();
            operation.refuse(&app, &error).await;
        }
        given
    };
    tokio::spawn(work)
        .await
        .map_err(|error| Refusal::Failed(Error::internal(error)))?
}

async fn refresh_now(
    app: &App,
    hash: &external::Digest,
    operation: &Operation,
) -> Result<Grant, Refusal> {
    // Before the lock: it may take the provider a moment, and end the session.
    let row = known(app, hash).await?;
    let confirmed_at = confirmed_at(app, &row).await;
    let now = app.core().clock.now();
    let sessions = app.device_sessions();
    let _writing = sessions.lock().await;
    let row = known(app, hash).await?;
    if row.refresh_hash != *hash {
        end_now(
            app,
            &row,
            operation,
            json!({"reason": "a refresh token was used twice"}),
        )
        .await?;
        return Err(Refusal::Invalid);
    }
    let holds = app.auth().sessions.config.lifetime;
    if confirmed_at + holds <= now {
        let reason = "nobody could ask the provider for too long";
        end_now(app, &row, operation, json!({"reason": reason})).await?;
        return Err(Refusal::Invalid);
    }
    let identity = match identity(app, &row.user_ref, row.is_known, &row.provider) {
        Ok(identity) => identity,
        Err(error) => {
            end_now(app, &row, operation, json!({"reason": error.to_string()})).await?;
            return Err(Refusal::Invalid);
        }
    };
    let auth = app.auth();
    let lifetime = auth.token_lifetime();
    let (mut tx, issued) = auth.prepare_user_token(&identity, lifetime).await?;
    // Another hub may have replaced it meanwhile.
    let newest = store::session(&mut tx, &row.id)
        .await?
        .ok_or(Refusal::Invalid)?;
    if newest.refresh_hash != *hash {
        return Err(Refusal::Invalid);
    }
    let next = Prefix::Refresh.generate();
    let (held, over) = session::hold(session::held(&newest), held_token(&issued), now);
    let revoked = session::end_tokens(&mut tx, &over).await?;
    let row = SessionRow {
        refresh_hash: external::digest(next.expose()).to_vec(),
        former_hash: Some(hash.to_vec()),
        tokens: json!(held),
        refreshed_at: now.as_millisecond(),
        confirmed_at: confirmed_at.as_millisecond(),
        ..newest
    };
    let session = Arc::new(DeviceSession::from_row(&row));
    store::rotate_session(&mut tx, row).await?;
    let meta = json!({"client": session.client, "expiresAt": issued.expires_at.to_string()});
    let operation = operation.clone().done_by(&session.user_ref);
    let recorded = operation.succeed_in(app, &mut tx, meta).await?;
    let id = session.id.clone();
    let change = Changed {
        session: Some(session),
        revoked,
    };
    sessions.commit(app, tx, &id, change).await?;
    recorded.publish();
    Ok(Grant {
        issued,
        refresh: next,
    })
}

/// The session of a refresh token, while it is good.
async fn known(app: &App, hash: &external::Digest) -> Result<SessionRow, Refusal> {
    let now = app.core().clock.now();
    let mut conn = app.core().store.read().await?;
    let row = store::session_of_refresh(&mut conn, hash).await?;
    let row = row.filter(|row| time(row.expires_at) > now);
    row.ok_or(Refusal::Invalid)
}

/// When the provider last knew the person of a session. Everybody knows a guest.
async fn confirmed_at(app: &App, row: &SessionRow) -> Timestamp {
    if row.provider == guest::PROVIDER {
        return app.core().clock.now();
    }
    let newest = auth_session::confirmed_at(app, &row.user_ref, &row.provider).await;
    let known = time(row.confirmed_at);
    newest.map_or(known, |newest| newest.max(known))
}

/// Who lets a program in is now: with what they own in the catalog of this moment.
///
/// # Errors
///
/// 403 when the catalog knew them and does not any more, or nobody is signed in any more by the
/// provider.
fn identity(
    app: &App,
    user_ref: &str,
    is_known: bool,
    provider: &str,
) -> Result<UserIdentity, Error> {
    let auth = app.auth();
    if !auth.is_served(provider) {
        let message = format!("nobody signs in with '{provider}' any more");
        return Err(Error::NotAllowed(message));
    }
    let user = EntityRef::parse(user_ref).map_err(Error::internal)?;
    let ownership = ownership_of(&app.catalog().snapshot(), &user, auth.groups());
    let ownership = match ownership {
        Some(ownership) => ownership,
        None if is_known => {
            let message = format!("{user} is not in the catalog any more");
            return Err(Error::NotAllowed(message));
        }
        None => vec![user.as_smol_str().clone()],
    };
    Ok(UserIdentity {
        entity_ref: user,
        ownership,
    })
}

/// The digests of a user token and of the limited one inside it.
fn held_token(issued: &IssuedToken) -> HeldToken {
    let text = issued.token.expose();
    let limited = token::limited_of(text);
    let limited = limited.map(|limited| external::digest(&limited));
    HeldToken {
        digests: [external::digest(text)]
            .into_iter()
            .chain(limited)
            .collect(),
        expires_at: issued.expires_at.as_millisecond(),
    }
}

impl Refusal {
    /// The word for programs, and a sentence for people.
    pub(super) fn words(&self) -> (&'static str, &'static str) {
        match self {
            Refusal::Pending => ("authorization_pending", "nobody has decided yet"),
            Refusal::SlowDown => ("slow_down", "ask less often"),
            Refusal::Expired => ("expired_token", "nobody decided in time"),
            Refusal::Denied => ("access_denied", "the request was denied"),
            Refusal::Invalid => ("invalid_grant", "the code or token is not good (any more)"),
            Refusal::Failed(_) => ("temporarily_unavailable", "the hub cannot answer now"),
        }
    }

    /// As the audit log has it.
    fn as_error(&self) -> Error {
        let (word, text) = self.words();
        Error::Authentication(format!("{word}: {text}"))
    }
}
