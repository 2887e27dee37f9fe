//! What was replaced and is shown again: somebody has a copy of it.
//!
//! A browser forgets the id of its session when the next begins, and a provider's refresh token is
//! exchanged for a newer one. Whoever shows the old one later has it from elsewhere, and may have
//! the new one too; so the session ends for everybody, and its person signs in again.

use super::super::external;
use super::end::end_family;
use super::{Family, Session, spent};
use crate::app::App;
use crate::audit::{Operation, Requester};
use crate::error::Error;
use callboard_config::Secret;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

/// How long an old one may still be under way, from another tab or a slow connection.
const UNDER_WAY: SignedDuration = SignedDuration::from_secs(30);

/// How long it is known that a front end exchanged a refresh token.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Acts on the id of a session that was replaced. Never waits: the family counts no more in
/// memory when this returns, and the database follows.
pub(super) fn id_shown(app: &App, replaced: &Session, now: Timestamp) {
    let Some(replaced_at) = replaced.replaced_at.filter(|at| *at + UNDER_WAY <= now) else {
        return;
    };
    let sessions = &app.auth().sessions;
    let alive = sessions.of_family(&replaced.family, now);
    if alive.is_empty() {
        return;
    }
    let digests: Vec<_> = alive.iter().map(|(digest, _)| *digest).collect();
    sessions.forget(&digests);
    tracing::warn!(
        plugin = "auth",
        user = replaced.user.entity_ref.as_str(),
        %replaced_at,
        "the id of a session was shown that had been replaced: the session ends"
    );
    let (app, family) = (app.clone(), replaced.family);
    let user_ref = replaced.user.entity_ref.clone();
    tokio::spawn(async move {
        end_reused(&app, &family, Some(&user_ref), "session id").await;
    });
}

/// Remembers that a front end that holds refresh tokens itself exchanged `shown` for `given`.
///
/// Nobody is refused a token since this cannot be written: the log says so.
pub(in crate::auth) async fn refresh_token_exchanged(
    app: &App,
    shown: &Secret<String>,
    given: &Secret<String>,
) {
    let now = app.core().clock.now();
    let (shown, given) = (
        external::digest(shown.expose()),
        external::digest(given.expose()),
    );
    let written = async {
        let mut tx = app.core().store.begin().await?;
        spent::exchange(&mut tx, &shown, &given, now, now + REMEMBERED).await?;
        tx.commit().await
    };
    if let Err(error) = written.await {
        let error: &dyn std::error::Error = &error;
        tracing::warn!(
            plugin = "auth",
            error,
            "the exchange of a refresh token was not written"
        );
    }
}

/// Whether a refresh token was exchanged for a newer one before, and is shown again now; then its
/// session has ended, and the newer one counts no more. Providers whose clients hold refresh tokens themselves ask this first.
///
/// # Errors
///
/// 503 when the database is away.
pub async fn refresh_token_shown(app: &App, token: &str) -> Result<bool, Error> {
    let now = app.core().clock.now();
    let mut conn = app.core().store.read().await?;
    let found = spent::spent(&mut conn, &external::digest(token), now).await?;
    drop(conn);
    let Some(found) = found else {
        return Ok(false);
    };
    if super::super::store::time(found.spent_at) + UNDER_WAY > now {
        return Ok(false);
    }
    let family = Family::try_from(found.family).map_err(|_| Error::internal("a malformed row"))?;
    end_reused(app, &family, None, "refresh token").await;
    Ok(true)
}

/// Ends a family, since `what` of it was shown again.
pub(super) async fn end_reused(
    app: &App,
    family: &Family,
    user_ref: Option<&str>,
    what: &'static str,
) {
    let meta = json!({"userEntityRef": user_ref, "reused": what});
    let operation = Operation::begin(Requester::plugin("auth"), "auth", "session-reuse", meta);
    if let Err(error) = end_family(app, family, &operation).await {
        let error: &dyn std::error::Error = &error;
        tracing::warn!(
            plugin = "auth",
            error,
            "the end of a session was not written"
        );
    }
}
