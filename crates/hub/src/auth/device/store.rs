//! The tables of programs that wait to be let in, and of those that were.

use callboard_store::{Conn, Migration, Query, StoreError, migrations, record};
use jiff::Timestamp;
use serde_json::Value;

/// The schema.
pub(super) const MIGRATIONS: &[Migration] = migrations![
    "20261124143200_auth_device.sql",
    "20261125082000_auth_device_confirmed.sql",
];

const INSERT_CODE: &str = "
    INSERT INTO auth_device_codes (device_hash, user_hash, client, address, status, user_ref,
        is_known, provider, pause, asked_at, expires_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";

const DELETE_OLD_CODES: &str = "
    DELETE FROM auth_device_codes
    WHERE expires_at <= $1";

const COUNT_CODES: &str = "
    SELECT COUNT(*)
    FROM auth_device_codes";

const CODE: &str = "
    SELECT device_hash, user_hash, client, address, status, user_ref, is_known, provider, pause,
        asked_at, expires_at
    FROM auth_device_codes
    WHERE device_hash = $1";

const CODE_OF_USER: &str = "
    SELECT device_hash, user_hash, client, address, status, user_ref, is_known, provider, pause,
        asked_at, expires_at
    FROM auth_device_codes
    WHERE user_hash = $1";

const DECIDE_CODE: &str = "
    UPDATE auth_device_codes
    SET status = $2, user_ref = $3, is_known = $4, provider = $5
    WHERE user_hash = $1 AND status = 'pending'";

const NOTE_QUESTION: &str = "
    UPDATE auth_device_codes
    SET asked_at = $2, pause = $3
    WHERE device_hash = $1";

const DELETE_CODE: &str = "
    DELETE FROM auth_device_codes
    WHERE device_hash = $1";

const SESSIONS: &str = "
    SELECT id, user_ref, is_known, provider, client, address, refresh_hash, former_hash, tokens,
        created_at, refreshed_at, confirmed_at, expires_at
    FROM auth_device_sessions
    WHERE expires_at > $1";

const SESSION_OF_REFRESH: &str = "
    SELECT id, user_ref, is_known, provider, client, address, refresh_hash, former_hash, tokens,
        created_at, refreshed_at, confirmed_at, expires_at
    FROM auth_device_sessions
    WHERE refresh_hash = $1 OR former_hash = $1";

const SESSION: &str = "
    SELECT id, user_ref, is_known, provider, client, address, refresh_hash, former_hash, tokens,
        created_at, refreshed_at, confirmed_at, expires_at
    FROM auth_device_sessions
    WHERE id = $1";

const SESSIONS_OF: &str = "
    SELECT id, user_ref, is_known, provider, client, address, refresh_hash, former_hash, tokens,
        created_at, refreshed_at, confirmed_at, expires_at
    FROM auth_device_sessions
    WHERE user_ref = $1";

const INSERT_SESSION: &str = "
    INSERT INTO auth_device_sessions (id, user_ref, is_known, provider, client, address,
        refresh_hash, former_hash, tokens, created_at, refreshed_at, confirmed_at, expires_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";

const ROTATE_SESSION: &str = "
    UPDATE auth_device_sessions
    SET refresh_hash = $2, former_hash = $3, tokens = $4, refreshed_at = $5, confirmed_at = $6
    WHERE id = $1";

const DELETE_SESSION: &str = "
    DELETE FROM auth_device_sessions
    WHERE id = $1";

const DELETE_OLD_SESSIONS: &str = "
    DELETE FROM auth_device_sessions
    WHERE expires_at <= $1";

const REVOKED: &str = "
    SELECT token_hash
    FROM auth_revoked_tokens
    WHERE expires_at > $1";

const INSERT_REVOKED: &str = "
    INSERT INTO auth_revoked_tokens (token_hash, expires_at)
    VALUES ($1, $2)
    ON CONFLICT (token_hash) DO NOTHING";

const DELETE_OLD_REVOKED: &str = "
    DELETE FROM auth_revoked_tokens
    WHERE expires_at <= $1";

record! {
    /// A program that waits to be let in, as it is stored.
    pub(super) struct CodeRow {
        pub(super) device_hash: Vec<u8>,
        pub(super) user_hash: Vec<u8>,
        pub(super) client: String,
        pub(super) address: Option<String>,
        pub(super) status: String,
        pub(super) user_ref: Option<String>,
        pub(super) is_known: bool,
        pub(super) provider: String,
        pub(super) pause: i64,
        pub(super) asked_at: Option<i64>,
        pub(super) expires_at: i64,
    }
}

record! {
    /// A program that somebody let in, as it is stored.
    #[derive(Clone)]
    pub(super) struct SessionRow {
        pub(super) id: String,
        pub(super) user_ref: String,
        pub(super) is_known: bool,
        pub(super) provider: String,
        pub(super) client: String,
        pub(super) address: Option<String>,
        pub(super) refresh_hash: Vec<u8>,
        pub(super) former_hash: Option<Vec<u8>>,
        pub(super) tokens: Value,
        pub(super) created_at: i64,
        pub(super) refreshed_at: i64,
        pub(super) confirmed_at: i64,
        pub(super) expires_at: i64,
    }
}

/// Adds a program that waits, and drops those that waited too long. Gives how many wait now.
pub(super) async fn insert_code(
    conn: &mut Conn,
    row: CodeRow,
    now: Timestamp,
) -> Result<i64, StoreError> {
    conn.execute(Query::new(DELETE_OLD_CODES).bind(now.as_millisecond()))
        .await?;
    let insert = Query::new(INSERT_CODE)
        .bind(row.device_hash)
        .bind(row.user_hash)
        .bind(row.client)
        .bind(row.address)
        .bind(row.status)
        .bind(row.user_ref)
        .bind(row.is_known)
        .bind(row.provider)
        .bind(row.pause)
        .bind(row.asked_at)
        .bind(row.expires_at);
    conn.execute(insert).await?;
    conn.fetch_one(Query::new(COUNT_CODES)).await
}

/// The program that holds a device code.
pub(super) async fn code(conn: &mut Conn, hash: &[u8]) -> Result<Option<CodeRow>, StoreError> {
    conn.fetch_optional(Query::new(CODE).bind(hash)).await
}

/// The program that shows a user code.
pub(super) async fn code_of_user(
    conn: &mut Conn,
    hash: &[u8],
) -> Result<Option<CodeRow>, StoreError> {
    conn.fetch_optional(Query::new(CODE_OF_USER).bind(hash))
        .await
}

/// Lets a program in that waits, or does not; tells whether it still waited.
pub(super) async fn decide_code(
    conn: &mut Conn,
    user_hash: &[u8],
    status: &str,
    user_ref: &str,
    is_known: bool,
    provider: &str,
) -> Result<bool, StoreError> {
    let query = Query::new(DECIDE_CODE)
        .bind(user_hash)
        .bind(status)
        .bind(user_ref)
        .bind(is_known)
        .bind(provider);
    Ok(conn.execute(query).await? > 0)
}

/// Notes that a program asked, and how long it has to wait until it asks again.
pub(super) async fn note_question(
    conn: &mut Conn,
    hash: &[u8],
    now: Timestamp,
    pause: i64,
) -> Result<(), StoreError> {
    let query = Query::new(NOTE_QUESTION)
        .bind(hash)
        .bind(now.as_millisecond())
        .bind(pause);
    conn.execute(query).await.map(drop)
}

/// Removes a program that waits; tells whether it was there.
pub(super) async fn delete_code(conn: &mut Conn, hash: &[u8]) -> Result<bool, StoreError> {
    Ok(conn.execute(Query::new(DELETE_CODE).bind(hash)).await? > 0)
}

/// Every session that is alive at `now`.
pub(super) async fn sessions(
    conn: &mut Conn,
    now: Timestamp,
) -> Result<Vec<SessionRow>, StoreError> {
    conn.fetch_all(Query::new(SESSIONS).bind(now.as_millisecond()))
        .await
}

/// The session that a refresh token belongs to, now or before it was replaced.
pub(super) async fn session_of_refresh(
    conn: &mut Conn,
    hash: &[u8],
) -> Result<Option<SessionRow>, StoreError> {
    conn.fetch_optional(Query::new(SESSION_OF_REFRESH).bind(hash))
        .await
}

/// A session by its id.
pub(super) async fn session(conn: &mut Conn, id: &str) -> Result<Option<SessionRow>, StoreError> {
    conn.fetch_optional(Query::new(SESSION).bind(id)).await
}

/// The sessions of a user.
pub(super) async fn sessions_of(
    conn: &mut Conn,
    user_ref: &str,
) -> Result<Vec<SessionRow>, StoreError> {
    conn.fetch_all(Query::new(SESSIONS_OF).bind(user_ref)).await
}

/// Adds a session, and drops what is over at its start.
pub(super) async fn insert_session(conn: &mut Conn, row: SessionRow) -> Result<(), StoreError> {
    for delete in [DELETE_OLD_SESSIONS, DELETE_OLD_REVOKED] {
        conn.execute(Query::new(delete).bind(row.created_at))
            .await?;
    }
    let insert = Query::new(INSERT_SESSION)
        .bind(row.id)
        .bind(row.user_ref)
        .bind(row.is_known)
        .bind(row.provider)
        .bind(row.client)
        .bind(row.address)
        .bind(row.refresh_hash)
        .bind(row.former_hash)
        .bind(row.tokens)
        .bind(row.created_at)
        .bind(row.refreshed_at)
        .bind(row.confirmed_at)
        .bind(row.expires_at);
    conn.execute(insert).await.map(drop)
}

/// Replaces the tokens of a session.
pub(super) async fn rotate_session(conn: &mut Conn, row: SessionRow) -> Result<(), StoreError> {
    let query = Query::new(ROTATE_SESSION)
        .bind(row.id)
        .bind(row.refresh_hash)
        .bind(row.former_hash)
        .bind(row.tokens)
        .bind(row.refreshed_at)
        .bind(row.confirmed_at);
    conn.execute(query).await.map(drop)
}

/// Removes a session; tells whether it was there.
pub(super) async fn delete_session(conn: &mut Conn, id: &str) -> Result<bool, StoreError> {
    Ok(conn.execute(Query::new(DELETE_SESSION).bind(id)).await? > 0)
}

/// The digests of user tokens that ended before their time, and would be good at `now`.
pub(super) async fn revoked(conn: &mut Conn, now: Timestamp) -> Result<Vec<Vec<u8>>, StoreError> {
    conn.fetch_all(Query::new(REVOKED).bind(now.as_millisecond()))
        .await
}

/// Ends a user token before its time.
pub(super) async fn revoke(
    conn: &mut Conn,
    hash: &[u8],
    expires_at: i64,
) -> Result<(), StoreError> {
    let query = Query::new(INSERT_REVOKED).bind(hash).bind(expires_at);
    conn.execute(query).await.map(drop)
}
