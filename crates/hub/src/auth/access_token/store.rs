//! The tables of access tokens and service accounts.

use crate::auth::service_account::ServiceAccount;
use callboard_store::{Conn, Migration, Query, StoreError, migrations, record};
use jiff::Timestamp;
use serde_json::Value;

/// The schema.
pub(super) const MIGRATIONS: &[Migration] = migrations![
    "20261124143000_auth_access_tokens.sql",
    "20261124143100_auth_service_accounts.sql",
];

const TOKENS: &str = "
    SELECT id, secret_hash, owner_ref, is_owner_known, name, hint, scope, created_by, created_at,
        expires_at, last_used_at, last_used_from
    FROM auth_access_tokens";

const INSERT_TOKEN: &str = "
    INSERT INTO auth_access_tokens (id, secret_hash, owner_ref, is_owner_known, name, hint, scope,
        created_by, created_at, expires_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

const DELETE_TOKEN: &str = "
    DELETE FROM auth_access_tokens
    WHERE id = $1 AND owner_ref = $2";

const DELETE_TOKENS: &str = "
    DELETE FROM auth_access_tokens
    WHERE owner_ref = $1";

const DELETE_OLD_TOKENS: &str = "
    DELETE FROM auth_access_tokens
    WHERE expires_at <= $1";

const SET_USED: &str = "
    UPDATE auth_access_tokens
    SET last_used_at = $2, last_used_from = $3
    WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)";

const USES: &str = "
    SELECT id, last_used_at, last_used_from
    FROM auth_access_tokens
    WHERE last_used_at > $1";

const ACCOUNTS: &str = "
    SELECT name, description, created_by, created_at
    FROM auth_service_accounts
    ORDER BY name";

const ACCOUNT: &str = "
    SELECT name
    FROM auth_service_accounts
    WHERE name = $1";

const INSERT_ACCOUNT: &str = "
    INSERT INTO auth_service_accounts (name, description, created_by, created_at)
    VALUES ($1, $2, $3, $4)";

const DELETE_ACCOUNT: &str = "
    DELETE FROM auth_service_accounts
    WHERE name = $1";

record! {
    /// A token as it is stored.
    pub(super) struct TokenRow {
        pub(super) id: String,
        pub(super) secret_hash: Vec<u8>,
        pub(super) owner_ref: String,
        pub(super) is_owner_known: bool,
        pub(super) name: String,
        pub(super) hint: String,
        pub(super) scope: Value,
        pub(super) created_by: String,
        pub(super) created_at: i64,
        pub(super) expires_at: i64,
        pub(super) last_used_at: Option<i64>,
        pub(super) last_used_from: Option<String>,
    }
}

record! {
    /// The last use of a token.
    pub(super) struct UseRow {
        pub(super) id: String,
        pub(super) last_used_at: i64,
        pub(super) last_used_from: Option<String>,
    }
}

record! {
    /// A service account as it is stored.
    pub(super) struct AccountRow {
        pub(super) name: String,
        pub(super) description: String,
        pub(super) created_by: String,
        pub(super) created_at: i64,
    }
}

impl AccountRow {
    /// A service account as it is stored.
    pub(super) fn of(account: &ServiceAccount) -> AccountRow {
        AccountRow {
            name: account.name.to_string(),
            description: account.description.clone(),
            created_by: account.created_by.clone(),
            created_at: account.created_at.as_millisecond(),
        }
    }
}

/// Every token.
pub(super) async fn tokens(conn: &mut Conn) -> Result<Vec<TokenRow>, StoreError> {
    conn.fetch_all(Query::new(TOKENS)).await
}

/// Adds a token.
pub(super) async fn insert_token(conn: &mut Conn, row: TokenRow) -> Result<(), StoreError> {
    let insert = Query::new(INSERT_TOKEN)
        .bind(row.id)
        .bind(row.secret_hash)
        .bind(row.owner_ref)
        .bind(row.is_owner_known)
        .bind(row.name)
        .bind(row.hint)
        .bind(row.scope)
        .bind(row.created_by)
        .bind(row.created_at)
        .bind(row.expires_at);
    conn.execute(insert).await.map(drop)
}

/// Removes a token of `owner`; tells whether it was there.
pub(super) async fn delete_token(
    conn: &mut Conn,
    id: &str,
    owner: &str,
) -> Result<bool, StoreError> {
    let gone = conn.execute(Query::new(DELETE_TOKEN).bind(id).bind(owner));
    Ok(gone.await? > 0)
}

/// Removes the tokens that ended before `time`.
pub(super) async fn delete_old_tokens(conn: &mut Conn, time: Timestamp) -> Result<(), StoreError> {
    let query = Query::new(DELETE_OLD_TOKENS).bind(time.as_millisecond());
    conn.execute(query).await.map(drop)
}

/// Notes the last use of a token, unless a later one is noted.
pub(super) async fn set_used(
    conn: &mut Conn,
    id: &str,
    at: Timestamp,
    from: Option<String>,
) -> Result<(), StoreError> {
    let query = Query::new(SET_USED)
        .bind(id)
        .bind(at.as_millisecond())
        .bind(from);
    conn.execute(query).await.map(drop)
}

/// The last uses of tokens after `time`.
pub(super) async fn uses(conn: &mut Conn, time: Timestamp) -> Result<Vec<UseRow>, StoreError> {
    conn.fetch_all(Query::new(USES).bind(time.as_millisecond()))
        .await
}

/// Every service account, by name.
pub(super) async fn accounts(conn: &mut Conn) -> Result<Vec<AccountRow>, StoreError> {
    conn.fetch_all(Query::new(ACCOUNTS)).await
}

/// Whether there is a service account called `name`. There is one writer at a time, so the answer
/// holds until the end of the transaction.
pub(super) async fn has_account(conn: &mut Conn, name: &str) -> Result<bool, StoreError> {
    let found: Option<String> = conn.fetch_optional(Query::new(ACCOUNT).bind(name)).await?;
    Ok(found.is_some())
}

/// Adds a service account.
pub(super) async fn insert_account(conn: &mut Conn, row: AccountRow) -> Result<(), StoreError> {
    let insert = Query::new(INSERT_ACCOUNT)
        .bind(row.name)
        .bind(row.description)
        .bind(row.created_by)
        .bind(row.created_at);
    conn.execute(insert).await.map(drop)
}

/// Removes a service account and its tokens; tells whether it was there.
pub(super) async fn delete_account(
    conn: &mut Conn,
    name: &str,
    entity_ref: &str,
) -> Result<bool, StoreError> {
    conn.execute(Query::new(DELETE_TOKENS).bind(entity_ref))
        .await?;
    let gone = conn.execute(Query::new(DELETE_ACCOUNT).bind(name));
    Ok(gone.await? > 0)
}
