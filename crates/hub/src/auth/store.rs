//! The tables of authentication: keys and user info. Those of sessions: [`super::session`].

use super::key::Key;
use super::keys::Owner;
use callboard_config::Secret;
use callboard_store::{Conn, Migration, Query, StoreError, migrations, record};
use jiff::Timestamp;
use serde_json::Value;
use std::sync::Arc;

/// The schema.
pub(super) const MIGRATIONS: &[Migration] = migrations![
    "20261121091000_auth_keys.sql",
    "20261121091100_auth_user_info.sql",
    "20261121091200_auth_sessions.sql",
    "20261122091000_auth_key_owner.sql",
    "20261122131700_auth_session_detail.sql",
    "20261124090000_auth_user_issued.sql",
    "20261125080000_auth_refresh_chain.sql",
];

const KEYS: &str = "
    SELECT public_jwk, private_pem, signs_until, verifies_until
    FROM auth_keys
    WHERE owner = $1 AND verifies_until > $2
    ORDER BY signs_until DESC, id";

const INSERT_KEY: &str = "
    INSERT INTO auth_keys (id, owner, public_jwk, private_pem, signs_until, verifies_until)
    VALUES ($1, $2, $3, $4, $5, $6)";

const EXTEND_KEY: &str = "
    UPDATE auth_keys
    SET verifies_until = $2
    WHERE id = $1 AND verifies_until < $2";

const DELETE_EXPIRED_KEYS: &str = "
    DELETE FROM auth_keys
    WHERE verifies_until <= $1";

const ERASE_RETIRED_KEYS: &str = "
    UPDATE auth_keys
    SET private_pem = NULL
    WHERE signs_until <= $1 AND private_pem IS NOT NULL";

record! {
    struct KeyRow {
        public_jwk: String,
        private_pem: Option<String>,
        signs_until: i64,
        verifies_until: i64,
    }
}

/// The keys of `owner` that still verify at `now`, the one that signs longest first.
///
/// A row that cannot be read is left out with a warning: one broken key must not end sign-in.
pub(super) async fn keys(
    conn: &mut Conn,
    owner: Owner,
    now: Timestamp,
) -> Result<Vec<Arc<Key>>, StoreError> {
    let query = Query::new(KEYS)
        .bind(owner.as_str())
        .bind(now.as_millisecond());
    let rows: Vec<KeyRow> = conn.fetch_all(query).await?;
    let keys = rows.into_iter().filter_map(|row| {
        let private = row.private_pem.map(Secret::new);
        let key = Key::from_stored(
            &row.public_jwk,
            private.as_ref(),
            time(row.signs_until),
            time(row.verifies_until),
        );
        key.inspect_err(
            |error| tracing::warn!(plugin = "auth", %error, "a signing key is left out"),
        )
        .ok()
    });
    Ok(keys.map(Arc::new).collect())
}

/// Adds a key of `owner`; erases the private half of all keys that sign no longer, and drops
/// expired ones.
pub(super) async fn rotate_in(
    conn: &mut Conn,
    owner: Owner,
    key: &Key,
    now: Timestamp,
) -> Result<(), StoreError> {
    conn.execute(Query::new(DELETE_EXPIRED_KEYS).bind(now.as_millisecond()))
        .await?;
    conn.execute(Query::new(ERASE_RETIRED_KEYS).bind(now.as_millisecond()))
        .await?;
    let private = key
        .to_private_pem()
        .map_err(|error| StoreError::Internal(Box::new(error)))?;
    let public = serde_json::to_string(&key.to_jwk())
        .map_err(|error| StoreError::Internal(Box::new(error)))?;
    let insert = Query::new(INSERT_KEY)
        .bind(key.id.as_str())
        .bind(owner.as_str())
        .bind(public)
        .bind(private.map(|pem| pem.expose().clone()))
        .bind(key.signs_until.as_millisecond())
        .bind(key.verifies_until.as_millisecond());
    conn.execute(insert).await?;
    Ok(())
}

/// Publishes a key at least until then.
pub(super) async fn extend_key(
    conn: &mut Conn,
    id: &str,
    until: Timestamp,
) -> Result<(), StoreError> {
    conn.execute(Query::new(EXTEND_KEY).bind(id).bind(until.as_millisecond()))
        .await?;
    Ok(())
}

const UPSERT_USER_INFO: &str = "
    INSERT INTO auth_user_info (user_ref, claims, issued_at)
    VALUES ($1, $2, $3)
    ON CONFLICT (user_ref) DO UPDATE SET claims = excluded.claims, issued_at = excluded.issued_at";

const USER_INFO: &str = "
    SELECT claims
    FROM auth_user_info
    WHERE user_ref = $1";

const KNOWN_USERS: &str = "
    SELECT user_ref, claims, issued_at
    FROM auth_user_info
    ORDER BY user_ref";

const KNOWN_USER_COUNT: &str = "
    SELECT COUNT(*)
    FROM auth_user_info";

record! {
    /// What is remembered of somebody who has signed in.
    pub(super) struct KnownUserRow {
        pub(super) user_ref: String,
        pub(super) claims: Value,
        pub(super) issued_at: Option<i64>,
    }
}

/// Remembers what the newest token or session of a user claims, and when it began.
pub(super) async fn upsert_user_info(
    conn: &mut Conn,
    user_ref: &str,
    claims: Value,
    issued_at: Timestamp,
) -> Result<(), StoreError> {
    let upsert = Query::new(UPSERT_USER_INFO)
        .bind(user_ref)
        .bind(claims)
        .bind(issued_at.as_millisecond());
    conn.execute(upsert).await?;
    Ok(())
}

/// Everybody of whom something is remembered, by reference.
pub(super) async fn known_users(conn: &mut Conn) -> Result<Vec<KnownUserRow>, StoreError> {
    conn.fetch_all(Query::new(KNOWN_USERS)).await
}

/// How many they are.
pub(super) async fn known_user_count(conn: &mut Conn) -> Result<i64, StoreError> {
    conn.fetch_one(Query::new(KNOWN_USER_COUNT)).await
}

/// What the newest token of a user claims; `None` when no token was ever issued.
pub(super) async fn user_info(
    conn: &mut Conn,
    user_ref: &str,
) -> Result<Option<Value>, StoreError> {
    conn.fetch_optional(Query::new(USER_INFO).bind(user_ref))
        .await
}

/// A stored time; one out of range counts as long over.
pub(super) fn time(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::UNIX_EPOCH)
}
