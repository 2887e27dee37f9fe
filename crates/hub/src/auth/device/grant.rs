//! Lets programs in, gives them tokens, and ends that.

use super::code::UserCode;
use super::session::{self, Changed, DeviceSession, HeldToken};
use super::store::{self, CodeRow, SessionRow};
use crate::app::App;
use crate::audit::Operation;
use crate::auth::access_token::Prefix;
use crate::auth::ownership::ownership_of;
use crate::auth::service::{IssuedToken, UserIdentity};
use crate::auth::store::time;
use crate::auth::{external, random, token};
use crate::error::Error;
use callboard_config::Secret;
use callboard_policy::EntityRef;
use callboard_store::StoreError;
use jiff::Timestamp;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// How long a program waits to be let in.
pub(super) const CODE_LIFETIME: Duration = Duration::from_secs(10 * 60);

/// How long a program has to wait between two questions, and how much longer when it does not.
pub(super) const PAUSE: Duration = Duration::from_secs(5);

/// How long a program stays let in.
const SESSION_LIFETIME: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// How many programs may wait at a time; beyond, somebody is playing.
const MAX_WAITING: i64 = 1_000;

const PENDING: &str = "pending";
const APPROVED: &str = "approved";
const DENIED: &str = "denied";

/// Who asks to be let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Applicant {
    /// How the program calls itself.
    pub(super) client: String,
    /// Where it asks from.
    pub(super) address: Option<String>,
}

/// The codes of a program that waits.
pub(super) struct Codes {
    pub(super) device: Secret<String>,
    pub(super) user: UserCode,
}

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

/// What a person decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Approve,
    Deny,
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

/// Notes a program that waits to be let in.
///
/// # Errors
///
/// 503 when too many wait, or the database is away.
pub(super) async fn apply(app: &App, applicant: Applicant) -> Result<Codes, Error> {
    let codes = Codes {
        device: Prefix::Device.generate(),
        user: UserCode::generate(),
    };
    let now = app.core().clock.now();
    let row = CodeRow {
        device_hash: external::digest(codes.device.expose()).to_vec(),
        user_hash: codes.user.digest().to_vec(),
        client: applicant.client,
        address: applicant.address,
        status: PENDING.to_owned(),
        user_ref: None,
        is_known: false,
        provider: String::new(),
        pause: PAUSE.as_millis() as i64,
        asked_at: None,
        expires_at: (now + CODE_LIFETIME).as_millisecond(),
    };
    let mut tx = app.core().store.begin().await?;
    if store::insert_code(&mut tx, row, now).await? > MAX_WAITING {
        return Err(Error::unavailable("too many programs wait to be let in"));
    }
    tx.commit().await?;
    Ok(codes)
}

/// Which program shows a user code; `None` when none does that still waits.
pub(super) async fn applicant(app: &App, code: &UserCode) -> Result<Option<Applicant>, StoreError> {
    let now = app.core().clock.now().as_millisecond();
    let mut conn = app.core().store.read().await?;
    let row = store::code_of_user(&mut conn, &code.digest()).await?;
    let row = row.filter(|row| row.status == PENDING && row.expires_at > now);
    Ok(row.map(|row| Applicant {
        client: row.client,
        address: row.address,
    }))
}

/// Lets the program in that shows `code`, or does not, in the name of `user`.
///
/// # Errors
///
/// 404 when no program that still waits shows it, 503 when the database is away.
pub(super) async fn decide(
    app: &App,
    code: UserCode,
    user: &EntityRef,
    provider: &str,
    verdict: Verdict,
    operation: Operation,
) -> Result<(), Error> {
    let is_known = app.catalog().snapshot().get(user.as_str()).is_some();
    let (app, user, provider) = (app.clone(), user.clone(), provider.to_owned());
    let work = async move {
        let decided =
            decide_now(&app, &code, &user, is_known, &provider, verdict, &operation).await;
        if let Err(error) = &decided {
            operation.refuse(&app, error).await;
        }
        decided
    };
    tokio::spawn(work).await.map_err(Error::internal)?
}

async fn decide_now(
    app: &App,
    code: &UserCode,
    user: &EntityRef,
    is_known: bool,
    provider: &str,
    verdict: Verdict,
    operation: &Operation,
) -> Result<(), Error> {
    let status = match verdict {
        Verdict::Approve => APPROVED,
        Verdict::Deny => DENIED,
    };
    let gone = || Error::NotFound("No program waits with this code".to_owned());
    let now = app.core().clock.now().as_millisecond();
    let hash = code.digest();
    let mut tx = app.core().store.begin().await?;
    let row = store::code_of_user(&mut tx, &hash).await?;
    let row = row.filter(|row| row.expires_at > now).ok_or_else(gone)?;
    let user = user.as_str();
    if !store::decide_code(&mut tx, &hash, status, user, is_known, provider).await? {
        return Err(gone());
    }
    let meta = json!({"client": row.client, "address": row.address});
    let recorded = operation.succeed_in(app, &mut tx, meta).await?;
    tx.commit().await?;
    recorded.publish();
    Ok(())
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
    let now = app.core().clock.now();
    let sessions = app.device_sessions();
    let _writing = sessions.lock().await;
    let mut conn = app.core().store.read().await?;
    let row = store::session_of_refresh(&mut conn, hash).await?;
    drop(conn);
    let row = row
        .filter(|row| time(row.expires_at) > now)
        .ok_or(Refusal::Invalid)?;
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

/// Ends the session of a program by the refresh token that it holds; one that is unknown has ended.
pub(super) async fn end_by_refresh(
    app: &App,
    refresh_token: &str,
    operation: Operation,
) -> Result<(), Error> {
    let Some(hash) = Prefix::Refresh.digest_of(refresh_token) else {
        return Ok(());
    };
    let app = app.clone();
    let work = async move {
        let _writing = app.device_sessions().lock().await;
        let mut conn = app.core().store.read().await?;
        let row = store::session_of_refresh(&mut conn, &hash).await?;
        drop(conn);
        match row {
            Some(row) => {
                let operation = operation.done_by(&row.user_ref);
                end_now(&app, &row, &operation, json!({})).await
            }
            None => Ok(()),
        }
    };
    tokio::spawn(work).await.map_err(Error::internal)?
}

/// Ends the session `id` of `user`, here at once and at every other hub within a second.
///
/// # Errors
///
/// 404 when the user has no such session, 503 when the database is away.
pub(super) async fn end(
    app: &App,
    user: &str,
    id: &str,
    operation: Operation,
) -> Result<(), Error> {
    let (app, user, id) = (app.clone(), user.to_owned(), id.to_owned());
    let work = async move {
        let ended = end_of_user(&app, &user, &id, &operation).await;
        if let Err(error) = &ended {
            operation.refuse(&app, error).await;
        }
        ended
    };
    tokio::spawn(work).await.map_err(Error::internal)?
}

async fn end_of_user(app: &App, user: &str, id: &str, operation: &Operation) -> Result<(), Error> {
    let _writing = app.device_sessions().lock().await;
    let mut conn = app.core().store.read().await?;
    let row = store::session(&mut conn, id).await?;
    drop(conn);
    let row = row.filter(|row| row.user_ref == user);
    let row = row.ok_or_else(|| Error::NotFound(format!("There is no session '{id}'")))?;
    end_now(app, &row, operation, json!({})).await
}

/// Ends every session of a program that `user` let in, and gives how many there were.
///
/// # Errors
///
/// 503 when the database is away.
pub(in crate::auth) async fn end_all(
    app: &App,
    user: &str,
    operation: &Operation,
) -> Result<usize, Error> {
    let _writing = app.device_sessions().lock().await;
    let mut conn = app.core().store.read().await?;
    let rows = store::sessions_of(&mut conn, user).await?;
    drop(conn);
    for row in &rows {
        end_now(app, row, operation, json!({})).await?;
    }
    Ok(rows.len())
}

/// Ends a session with the user tokens of its program. The lock is held.
async fn end_now(
    app: &App,
    row: &SessionRow,
    operation: &Operation,
    meta: serde_json::Value,
) -> Result<(), Error> {
    let mut tx = app.core().store.begin().await?;
    // The newest tokens, should another hub have given some meanwhile.
    let newest = store::session(&mut tx, &row.id).await?;
    let tokens = session::held(newest.as_ref().unwrap_or(row));
    let revoked = session::end_tokens(&mut tx, &tokens).await?;
    store::delete_session(&mut tx, &row.id).await?;
    let mut more = json!({"sessionId": row.id, "client": row.client});
    if let (Some(more), serde_json::Value::Object(meta)) = (more.as_object_mut(), meta) {
        more.extend(meta);
    }
    let recorded = operation.succeed_in(app, &mut tx, more).await?;
    let change = Changed {
        session: None,
        revoked,
    };
    app.device_sessions()
        .commit(app, tx, &row.id, change)
        .await?;
    recorded.publish();
    Ok(())
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
