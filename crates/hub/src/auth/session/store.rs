//! The tables of sessions.

use super::super::external::Digest;
use super::super::signed_in::Profile;
use super::super::store::time;
use super::seen::Pulse;
use super::{Client, Session};
use crate::principal::UserPrincipal;
use callboard_config::Secret;
use callboard_store::{Conn, Query, StoreError, Tx, record};
use jiff::Timestamp;
use serde_json::{Value, json};
use smol_str::SmolStr;
use std::sync::Arc;

const SESSIONS: &str = "
    SELECT id_hash, family, user_ref, ownership, provider, environment, profile, user_agent,
           address, signed_in_at, resolved_at, seen_at, expires_at, replaced_at,
           CAST(CASE WHEN refresh_token IS NULL THEN 0 ELSE 1 END AS BIGINT) AS refresh_tokens
    FROM auth_sessions
    WHERE expires_at > $1";

const SESSION: &str = "
    SELECT id_hash, family, user_ref, ownership, provider, environment, profile, user_agent,
           address, signed_in_at, resolved_at, seen_at, expires_at, replaced_at,
           CAST(CASE WHEN refresh_token IS NULL THEN 0 ELSE 1 END AS BIGINT) AS refresh_tokens
    FROM auth_sessions
    WHERE id_hash = $1";

const INSERT: &str = "
    INSERT INTO auth_sessions (id_hash, family, user_ref, ownership, provider, environment, profile,
                               user_agent, address, signed_in_at, resolved_at, seen_at, expires_at,
                               refresh_token)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";

const REPLACE: &str = "
    UPDATE auth_sessions
    SET replaced_at = $2, refresh_token = NULL
    WHERE id_hash = $1";

const DELETE: &str = "
    DELETE FROM auth_sessions
    WHERE id_hash = $1
       OR (replaced_at IS NOT NULL AND family = (
              SELECT family
              FROM auth_sessions
              WHERE id_hash = $1 AND replaced_at IS NULL))
    RETURNING id_hash, replaced_at, provider, environment, refresh_token";

const OF_USER: &str = "
    SELECT id_hash
    FROM auth_sessions
    WHERE user_ref = $1 AND replaced_at IS NULL";

const DELETE_FAMILY: &str = "
    DELETE FROM auth_sessions
    WHERE family = $1
    RETURNING id_hash, replaced_at, provider, environment, refresh_token";

const DELETE_OVER: &str = "
    DELETE FROM auth_sessions
    WHERE expires_at <= $1 OR (seen_at <= $2 AND replaced_at IS NULL)";

const SEE: &str = "
    UPDATE auth_sessions
    SET seen_at = $2
    WHERE id_hash = $1 AND seen_at < $2";

const SEEN: &str = "
    SELECT id_hash, seen_at
    FROM auth_sessions
    WHERE seen_at > $1";

record! {
    /// A session as it is stored.
    pub(super) struct SessionRow {
        pub(super) id_hash: Vec<u8>,
        family: Vec<u8>,
        user_ref: String,
        /// The ownership references, an array of strings.
        ownership: Value,
        pub(super) provider: String,
        environment: Option<String>,
        profile: Value,
        user_agent: Option<String>,
        address: Option<String>,
        signed_in_at: i64,
        resolved_at: i64,
        seen_at: i64,
        expires_at: i64,
        replaced_at: Option<i64>,
        /// How many there are.
        refresh_tokens: i64,
    }
}

record! {
    /// When a session was last seen.
    pub(super) struct SeenRow {
        pub(super) id_hash: Vec<u8>,
        pub(super) seen_at: i64,
    }
}

record! {
    /// A session that was removed, with what its provider is told.
    pub(super) struct EndedRow {
        pub(super) id_hash: Vec<u8>,
        replaced_at: Option<i64>,
        pub(super) provider: String,
        pub(super) environment: Option<String>,
        /// Sealed for the session.
        pub(super) refresh_token: Option<Vec<u8>>,
    }
}

impl EndedRow {
    /// The digest of its id; `None` unless it was alive.
    pub(super) fn alive(&self) -> Option<Digest> {
        let digest = self.id_hash.as_slice().try_into().ok();
        digest.filter(|_| self.replaced_at.is_none())
    }
}

impl SessionRow {
    /// The session with the digest of its id; `None` for a row that is none of ours.
    pub(super) fn into_session(self) -> Option<(Digest, Arc<Session>)> {
        let digest = Digest::try_from(self.id_hash).ok()?;
        let owners = self.ownership.as_array()?.iter();
        let ownership = owners.filter_map(Value::as_str).map(SmolStr::from);
        let user = UserPrincipal::new(self.user_ref.into(), ownership.collect());
        let session = Session {
            user: Arc::new(user),
            provider: self.provider.into(),
            environment: self.environment.map(SmolStr::from),
            profile: profile_of(&self.profile),
            client: Client {
                user_agent: self.user_agent,
                address: self.address,
            },
            family: self.family.try_into().ok()?,
            signed_in_at: time(self.signed_in_at),
            resolved_at: time(self.resolved_at),
            expires_at: time(self.expires_at),
            replaced_at: self.replaced_at.map(time),
            has_refresh_token: self.refresh_tokens > 0,
            pulse: Arc::new(Pulse::written(time(self.seen_at))),
        };
        Some((digest, Arc::new(session)))
    }
}

/// Every session that is not too old at `now`, also those that were replaced.
pub(super) async fn sessions(
    conn: &mut Conn,
    now: Timestamp,
) -> Result<Vec<SessionRow>, StoreError> {
    conn.fetch_all(Query::new(SESSIONS).bind(now.as_millisecond()))
        .await
}

/// The session with this digest; `None` when it has ended.
pub(super) async fn session(
    conn: &mut Conn,
    digest: &Digest,
) -> Result<Option<SessionRow>, StoreError> {
    conn.fetch_optional(Query::new(SESSION).bind(&digest[..]))
        .await
}

/// Adds a session.
pub(super) async fn insert(
    tx: &mut Tx,
    digest: &Digest,
    session: &Session,
    refresh_token: Option<Vec<u8>>,
) -> Result<(), StoreError> {
    let insert = Query::new(INSERT)
        .bind(&digest[..])
        .bind(&session.family[..])
        .bind(session.user.entity_ref.as_str())
        .bind(json!(session.user.ownership))
        .bind(session.provider.as_str())
        .bind(session.environment.as_ref().map(SmolStr::to_string))
        .bind(profile_json(&session.profile))
        .bind(session.client.user_agent.clone())
        .bind(session.client.address.clone())
        .bind(session.signed_in_at.as_millisecond())
        .bind(session.resolved_at.as_millisecond())
        .bind(session.pulse.last().as_millisecond())
        .bind(session.expires_at.as_millisecond())
        .bind(refresh_token);
    tx.execute(insert).await?;
    Ok(())
}

/// Marks a session as followed by another of its family.
pub(super) async fn replace(
    tx: &mut Tx,
    digest: &Digest,
    now: Timestamp,
) -> Result<(), StoreError> {
    let replace = Query::new(REPLACE)
        .bind(&digest[..])
        .bind(now.as_millisecond());
    tx.execute(replace).await?;
    Ok(())
}

/// Removes a session, with what it replaced; removing one that is gone is no error.
pub(super) async fn delete(tx: &mut Tx, digest: &Digest) -> Result<Vec<EndedRow>, StoreError> {
    tx.fetch_all(Query::new(DELETE).bind(&digest[..])).await
}

/// The digests of the sessions of a user.
pub(super) async fn of_user(conn: &mut Conn, user_ref: &str) -> Result<Vec<Digest>, StoreError> {
    let found: Vec<Vec<u8>> = conn.fetch_all(Query::new(OF_USER).bind(user_ref)).await?;
    let digests = found.into_iter();
    Ok(digests
        .filter_map(|digest| digest.try_into().ok())
        .collect())
}

/// Removes every session of a family, also those that were replaced.
pub(super) async fn delete_family(tx: &mut Tx, family: &[u8]) -> Result<Vec<EndedRow>, StoreError> {
    tx.fetch_all(Query::new(DELETE_FAMILY).bind(family)).await
}

/// Removes the sessions that are too old at `now`, and those last seen at `idle_since` or before.
pub(super) async fn delete_over(
    tx: &mut Tx,
    now: Timestamp,
    idle_since: Timestamp,
) -> Result<u64, StoreError> {
    let delete = Query::new(DELETE_OVER)
        .bind(now.as_millisecond())
        .bind(idle_since.as_millisecond());
    tx.execute(delete).await
}

/// Notes when a session was last seen, unless another hub saw it later.
pub(super) async fn see(
    tx: &mut Tx,
    digest: &Digest,
    seen_at: Timestamp,
) -> Result<(), StoreError> {
    let see = Query::new(SEE)
        .bind(&digest[..])
        .bind(seen_at.as_millisecond());
    tx.execute(see).await?;
    Ok(())
}

/// When the sessions were last seen that were seen after `since`.
pub(super) async fn seen(conn: &mut Conn, since: Timestamp) -> Result<Vec<SeenRow>, StoreError> {
    conn.fetch_all(Query::new(SEEN).bind(since.as_millisecond()))
        .await
}

const LEASE: &str = "
    UPDATE auth_sessions
    SET renewing_until = $3
    WHERE id_hash = $1 AND resolved_at = $2 AND renewing_until <= $4 AND replaced_at IS NULL";

const REFRESH_TOKEN: &str = "
    SELECT refresh_token
    FROM auth_sessions
    WHERE id_hash = $1";

const RENEW: &str = "
    UPDATE auth_sessions
    SET ownership = $2, profile = $3, resolved_at = $4, renewing_until = 0,
        refresh_token = COALESCE($5, refresh_token)
    WHERE id_hash = $1 AND replaced_at IS NULL";

const RELEASE: &str = "
    UPDATE auth_sessions
    SET renewing_until = 0
    WHERE id_hash = $1";

/// Takes the right to renew a session until then, if nobody has it and nobody has renewed the
/// session since `resolved_at`.
pub(super) async fn lease(
    tx: &mut Tx,
    digest: &Digest,
    resolved_at: Timestamp,
    until: Timestamp,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let lease = Query::new(LEASE)
        .bind(&digest[..])
        .bind(resolved_at.as_millisecond())
        .bind(until.as_millisecond())
        .bind(now.as_millisecond());
    Ok(tx.execute(lease).await? == 1)
}

/// Gives the right back without having renewed.
pub(super) async fn release(tx: &mut Tx, digest: &Digest) -> Result<(), StoreError> {
    tx.execute(Query::new(RELEASE).bind(&digest[..])).await?;
    Ok(())
}

/// The sealed refresh token of a session.
pub(super) async fn refresh_token(
    conn: &mut Conn,
    digest: &Digest,
) -> Result<Option<Vec<u8>>, StoreError> {
    let found = conn
        .fetch_optional(Query::new(REFRESH_TOKEN).bind(&digest[..]))
        .await?;
    Ok(found.flatten())
}

/// Stores what was found out about the person of a session; a refresh token that is absent stays.
pub(super) async fn renew(
    tx: &mut Tx,
    digest: &Digest,
    session: &Session,
    refresh_token: Option<Vec<u8>>,
) -> Result<(), StoreError> {
    let renew = Query::new(RENEW)
        .bind(&digest[..])
        .bind(json!(session.user.ownership))
        .bind(profile_json(&session.profile))
        .bind(session.resolved_at.as_millisecond())
        .bind(refresh_token);
    tx.execute(renew).await?;
    Ok(())
}

const SECRET: &str = "
    SELECT secret
    FROM auth_session_secret
    WHERE id = 1";

const KEEP_SECRET: &str = "
    INSERT INTO auth_session_secret (id, secret)
    VALUES (1, $1)
    ON CONFLICT (id) DO NOTHING";

/// The secret that the hubs on this database share; `None` before there is one.
pub(super) async fn secret(conn: &mut Conn) -> Result<Option<Secret<Vec<u8>>>, StoreError> {
    let secret: Option<Vec<u8>> = conn.fetch_optional(Query::new(SECRET)).await?;
    Ok(secret.map(Secret::new))
}

/// Keeps a secret if there is none, and gives the one that is there.
pub(super) async fn keep_secret(
    tx: &mut Tx,
    secret: Vec<u8>,
) -> Result<Secret<Vec<u8>>, StoreError> {
    tx.execute(Query::new(KEEP_SECRET).bind(secret)).await?;
    tx.fetch_one(Query::new(SECRET)).await.map(Secret::new)
}

fn profile_json(profile: &Profile) -> Value {
    let Profile {
        email,
        display_name,
        picture,
    } = profile;
    json!({"email": email, "displayName": display_name, "picture": picture})
}

fn profile_of(json: &Value) -> Profile {
    let text = |member: &str| json[member].as_str().map(str::to_owned);
    Profile {
        email: text("email"),
        display_name: text("displayName"),
        picture: text("picture"),
    }
}
