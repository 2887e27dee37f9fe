//! The table of refresh tokens that were exchanged for newer ones.
//!
//! A session has its family; the refresh tokens that another front end holds one after the other
//! are a family of their own, which begins with the first exchange.

use super::super::external::Digest;
use super::super::random;
use super::{Family, Session};
use callboard_store::{Conn, Query, StoreError, Tx, record};
use jiff::Timestamp;

const SPEND: &str = "
    INSERT INTO auth_spent_refresh_tokens (token_hash, family, spent_at, expires_at, next_hash)
    VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (token_hash) DO NOTHING";

const SPENT: &str = "
    SELECT family, spent_at
    FROM auth_spent_refresh_tokens
    WHERE token_hash = $1 AND expires_at > $2";

const FAMILY_OF_NEXT: &str = "
    SELECT family
    FROM auth_spent_refresh_tokens
    WHERE next_hash = $1
    LIMIT 1";

const END_FAMILY: &str = "
    INSERT INTO auth_spent_refresh_tokens (token_hash, family, spent_at, expires_at)
    SELECT next_hash, family, 0, MAX(expires_at)
    FROM auth_spent_refresh_tokens
    WHERE family = $1 AND next_hash IS NOT NULL
    GROUP BY next_hash, family
    ON CONFLICT (token_hash) DO UPDATE SET spent_at = 0";

const DELETE_OVER: &str = "
    DELETE FROM auth_spent_refresh_tokens
    WHERE expires_at <= $1";

record! {
    /// A refresh token that was exchanged for a newer one.
    pub(super) struct SpentRow {
        pub(super) family: Vec<u8>,
        pub(super) spent_at: i64,
    }
}

/// Remembers the refresh token of a session as exchanged, until the session would be over.
pub(super) async fn spend(
    tx: &mut Tx,
    token: &Digest,
    session: &Session,
    now: Timestamp,
) -> Result<(), StoreError> {
    let spend = Query::new(SPEND)
        .bind(&token[..])
        .bind(&session.family[..])
        .bind(now.as_millisecond())
        .bind(session.expires_at.as_millisecond())
        .bind(None::<Vec<u8>>);
    tx.execute(spend).await?;
    Ok(())
}

/// Remembers until then that another front end exchanged `token` for `next`, and forgets what is
/// over.
pub(super) async fn exchange(
    tx: &mut Tx,
    token: &Digest,
    next: &Digest,
    now: Timestamp,
    until: Timestamp,
) -> Result<(), StoreError> {
    delete_over(tx, now).await?;
    let known: Option<Vec<u8>> = tx
        .fetch_optional(Query::new(FAMILY_OF_NEXT).bind(&token[..]))
        .await?;
    let family = known.unwrap_or_else(|| random::bytes::<{ size_of::<Family>() }>().to_vec());
    let exchange = Query::new(SPEND)
        .bind(&token[..])
        .bind(family)
        .bind(now.as_millisecond())
        .bind(until.as_millisecond())
        .bind(Some(next.to_vec()));
    tx.execute(exchange).await?;
    Ok(())
}

/// Whose refresh token it was, and since when it is exchanged; `None` for one that is not.
pub(super) async fn spent(
    conn: &mut Conn,
    token: &Digest,
    now: Timestamp,
) -> Result<Option<SpentRow>, StoreError> {
    let spent = Query::new(SPENT)
        .bind(&token[..])
        .bind(now.as_millisecond());
    conn.fetch_optional(spent).await
}

/// Lets no refresh token of a family count any more that another front end was given.
pub(super) async fn end_family(tx: &mut Tx, family: &Family) -> Result<(), StoreError> {
    tx.execute(Query::new(END_FAMILY).bind(&family[..])).await?;
    Ok(())
}

/// Forgets what is over at `now`.
pub(super) async fn delete_over(tx: &mut Tx, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(Query::new(DELETE_OVER).bind(now.as_millisecond()))
        .await?;
    Ok(())
}
