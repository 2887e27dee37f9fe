//! The table of visits.

use callboard_store::{Conn, Migration, Query, StoreError, migrations, record};
use jiff::Timestamp;

/// The schema.
pub(in crate::personal) const MIGRATIONS: &[Migration] =
    migrations!["20261125060100_personal_visits.sql"];

const VISITS: &str = "
    SELECT user_ref, entity_ref, opened_at
    FROM personal_visits
    WHERE opened_at > $1
    ORDER BY opened_at";

const UPSERT: &str = "
    INSERT INTO personal_visits (user_ref, entity_ref, opened_at)
    VALUES ($1, $2, $3)
    ON CONFLICT (user_ref, entity_ref) DO UPDATE
    SET opened_at = excluded.opened_at
    WHERE excluded.opened_at > personal_visits.opened_at";

const DELETE_BEYOND: &str = "
    DELETE FROM personal_visits
    WHERE user_ref = $1 AND entity_ref NOT IN (
        SELECT entity_ref
        FROM personal_visits
        WHERE user_ref = $1
        ORDER BY opened_at DESC, entity_ref
        LIMIT $2
    )";

const DELETE_OLD: &str = "
    DELETE FROM personal_visits
    WHERE opened_at <= $1";

record! {
    /// A visit as it is stored.
    pub(super) struct VisitRow {
        pub(super) user_ref: String,
        pub(super) entity_ref: String,
        pub(super) opened_at: i64,
    }
}

/// The visits after `time`, the oldest first.
pub(super) async fn visits(conn: &mut Conn, time: Timestamp) -> Result<Vec<VisitRow>, StoreError> {
    conn.fetch_all(Query::new(VISITS).bind(time.as_millisecond()))
        .await
}

/// Notes a visit, unless a later one is noted.
pub(super) async fn upsert(conn: &mut Conn, row: &VisitRow) -> Result<(), StoreError> {
    let upsert = Query::new(UPSERT)
        .bind(row.user_ref.as_str())
        .bind(row.entity_ref.as_str())
        .bind(row.opened_at);
    conn.execute(upsert).await.map(drop)
}

/// Removes the visits of a user but for the `keep` newest.
pub(super) async fn delete_beyond(
    conn: &mut Conn,
    user: &str,
    keep: usize,
) -> Result<(), StoreError> {
    let keep = i64::try_from(keep).unwrap_or(i64::MAX);
    let delete = Query::new(DELETE_BEYOND).bind(user).bind(keep);
    conn.execute(delete).await.map(drop)
}

/// Removes the visits up to `time`.
pub(super) async fn delete_old(conn: &mut Conn, time: Timestamp) -> Result<(), StoreError> {
    let delete = Query::new(DELETE_OLD).bind(time.as_millisecond());
    conn.execute(delete).await.map(drop)
}
