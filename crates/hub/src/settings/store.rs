//! The table of preferences.

use callboard_store::{Conn, Migration, Query, StoreError, Tx, migrations};
use jiff::Timestamp;
use serde_json::Value;

/// The schema.
pub(super) const MIGRATIONS: &[Migration] = migrations!["20261125081000_settings_preferences.sql"];

const PREFERENCES: &str = "
    SELECT preferences
    FROM settings_preferences
    WHERE user_ref = $1";

const KEEP: &str = "
    INSERT INTO settings_preferences (user_ref, preferences, changed_at)
    VALUES ($1, $2, $3)
    ON CONFLICT (user_ref) DO UPDATE
    SET preferences = EXCLUDED.preferences, changed_at = EXCLUDED.changed_at";

/// What a person chose; `None` when they have chosen nothing yet.
pub(super) async fn preferences(
    conn: &mut Conn,
    user_ref: &str,
) -> Result<Option<Value>, StoreError> {
    conn.fetch_optional(Query::new(PREFERENCES).bind(user_ref))
        .await
}

/// Keeps what a person chose, in place of what they chose before.
pub(super) async fn keep(
    tx: &mut Tx,
    user_ref: &str,
    preferences: Value,
    now: Timestamp,
) -> Result<(), StoreError> {
    let keep = Query::new(KEEP)
        .bind(user_ref)
        .bind(preferences)
        .bind(now.as_millisecond());
    tx.execute(keep).await?;
    Ok(())
}
