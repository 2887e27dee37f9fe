//! Programs that wait to be let in, and what people decide about them.

use super::code::UserCode;
use super::store::{self, CodeRow};
use crate::app::App;
use crate::audit::Operation;
use crate::auth::access_token::Prefix;
use crate::auth::external;
use crate::error::Error;
use callboard_config::Secret;
use callboard_policy::EntityRef;
use callboard_store::StoreError;
use serde_json::json;
use std::time::Duration;

/// How long a program waits to be let in.
pub(super) const CODE_LIFETIME: Duration = Duration::from_secs(10 * 60);

/// How long a program has to wait between two questions, and how much longer when it does not.
pub(super) const PAUSE: Duration = Duration::from_secs(5);

/// How many programs may wait at a time; beyond, somebody is playing.
const MAX_WAITING: i64 = 1_000;

const PENDING: &str = "pending";
pub(super) const APPROVED: &str = "approved";
pub(super) const DENIED: &str = "denied";

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

/// What a person decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Approve,
    Deny,
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
        operation.or_refuse(&app, decided).await
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
