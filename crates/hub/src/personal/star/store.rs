//! The table of stars.

use callboard_store::{Conn, Migration, Query, StoreError, migrations, record};
use jiff::Timestamp;

/// The schema.
pub(in crate::personal) const MIGRATIONS: &[Migration] =
    migrations!["20261125060000_personal_stars.sql"];

const STARS: &str = "
    SELECT user_ref, entity_ref, starred_at
    FROM personal_stars
    ORDER BY starred_at DESC, entity_ref";

const STARS_OF: &str = "
    SELECT user_ref, entity_ref, starred_at
    FROM personal_stars
    WHERE user_ref = $1
    ORDER BY starred_at DESC, entity_ref";

const INSERT: &str = "
    INSERT INTO personal_stars (user_ref, entity_ref, starred_at)
    VALUES ($1, $2, $3)
    ON CONFLICT (user_ref, entity_ref) DO NOTHING";

const DELETE: &str = "
    DELETE FROM personal_stars
    WHERE user_ref = $1 AND entity_ref = $2";

record! {
    /// A star as it is stored.
    pub(super) struct StarRow {
        pub(super) user_ref: String,
        pub(super) entity_ref: String,
        pub(super) starred_at: i64,
    }
}

/// Every star, the newest first.
pub(super) async fn stars(conn: &mut Conn) -> Result<Vec<StarRow>, StoreError> {
    conn.fetch_all(Query::new(STARS)).await
}

/// The stars of a user, the newest first.
pub(super) async fn stars_of(conn: &mut Conn, user: &str) -> Result<Vec<StarRow>, StoreError> {
    conn.fetch_all(Query::new(STARS_OF).bind(user)).await
}

/// Adds a star; one that is there stays as it is.
pub(super) async fn insert(
    conn: &mut Conn,
    user: &str,
    entity_ref: &str,
    at: Timestamp,
) -> Result<(), StoreError> {
    let insert = Query::new(INSERT)
        .bind(user)
        .bind(entity_ref)
        .bind(at.as_millisecond());
    conn.execute(insert).await.map(drop)
}

/// Removes a star, if it is there.
pub(super) async fn delete(
    conn: &mut Conn,
    user: &str,
    entity_ref: &str,
) -> Result<(), StoreError> {
    let delete = Query::new(DELETE).bind(user).bind(entity_ref);
    conn.execute(delete).await.map(drop)
}
