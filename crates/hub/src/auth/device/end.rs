//! How the sessions of programs end: by the program, its person, or the hub.

use super::session::{self, Changed};
use super::store::{self, SessionRow};
use crate::app::App;
use crate::audit::{Operation, Requester};
use crate::auth::access_token::Prefix;
use crate::error::Error;
use serde_json::{Value, json};

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
        operation.or_refuse(&app, ended).await
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

/// Ends every session of a program that `user` let in while `provider` had signed them in.
///
/// # Errors
///
/// 503 when the database is away.
pub(in crate::auth) async fn end_signed_in_by(
    app: &App,
    user: &str,
    provider: &str,
    reason: &Error,
) -> Result<(), Error> {
    let _writing = app.device_sessions().lock().await;
    let mut conn = app.core().store.read().await?;
    let mut rows = store::sessions_of(&mut conn, user).await?;
    drop(conn);
    rows.retain(|row| row.provider == provider);
    for row in &rows {
        let meta = json!({"userEntityRef": user, "reason": reason.to_string()});
        let requester = Requester::plugin("auth");
        let operation = Operation::begin(requester, "auth", "device-sign-out", meta);
        end_now(app, row, &operation, json!({})).await?;
    }
    Ok(())
}

/// Ends a session with the user tokens of its program. The lock is held.
pub(super) async fn end_now(
    app: &App,
    row: &SessionRow,
    operation: &Operation,
    meta: Value,
) -> Result<(), Error> {
    let mut tx = app.core().store.begin().await?;
    // The newest tokens, should another hub have given some meanwhile.
    let newest = store::session(&mut tx, &row.id).await?;
    let tokens = session::held(newest.as_ref().unwrap_or(row));
    let revoked = session::end_tokens(&mut tx, &tokens).await?;
    store::delete_session(&mut tx, &row.id).await?;
    let mut more = json!({"sessionId": row.id, "client": row.client});
    if let (Some(more), Value::Object(meta)) = (more.as_object_mut(), meta) {
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
