//! What pages tell of the past.

use super::store::{self, ChangeRow, DayRow};
use super::{Audit, naming};
use callboard_store::StoreError;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::Value;

const MS_PER_DAY: i64 = 86_400_000;

/// A change of roles that was made.
#[derive(Debug, Clone, PartialEq)]
pub struct RoleChange {
    /// Its row in the audit log.
    pub number: i64,
    /// When it was made.
    pub at: Timestamp,
    /// `role-write`, `policy-write` or `condition-write`.
    pub event_id: String,
    /// Who made it.
    pub actor: String,
    /// What the event says of it.
    pub meta: Value,
}

impl Audit {
    /// How many events of a plugin succeeded on each day since `since`, in UTC; days without any
    /// are left out.
    ///
    /// # Errors
    ///
    /// As [`callboard_store::Store::read`].
    pub async fn count_by_day(
        &self,
        plugin: &str,
        event_id: &str,
        since: Timestamp,
    ) -> Result<Vec<(Date, i64)>, StoreError> {
        let mut conn = self.store.read().await?;
        let rows = store::days(&mut conn, (plugin, event_id), since.as_millisecond()).await?;
        let day = |DayRow { day, events }| {
            let start = Timestamp::from_millisecond(day * MS_PER_DAY).ok()?;
            Some((start.to_zoned(TimeZone::UTC).date(), events))
        };
        Ok(rows.into_iter().filter_map(day).collect())
    }

    /// The newest changes of roles since `since`, the newest first, at most `limit`.
    ///
    /// # Errors
    ///
    /// As [`callboard_store::Store::read`].
    pub async fn role_changes(
        &self,
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<RoleChange>, StoreError> {
        let mut conn = self.store.read().await?;
        let rows = store::changes_since(&mut conn, since.as_millisecond(), limit).await?;
        let changes = rows.into_iter();
        Ok(changes
            .filter_map(|row| RoleChange::of(row, |_| true))
            .collect())
    }

    /// The newest changes since `since` that name a role, the newest first, at most `limit`.
    ///
    /// # Errors
    ///
    /// As [`callboard_store::Store::read`].
    pub async fn changes_naming(
        &self,
        role: &str,
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<RoleChange>, StoreError> {
        let mut conn = self.store.read().await?;
        let rows = store::changes_of(&mut conn, role, since.as_millisecond(), limit).await?;
        let names_it = |event: &Value| naming::roles_in(event).contains(role);
        let changes = rows.into_iter();
        Ok(changes
            .filter_map(|row| RoleChange::of(row, names_it))
            .collect())
    }
}

impl RoleChange {
    /// What a row tells; `None` when its event is not one that is wanted after all.
    fn of(row: ChangeRow, is_wanted: impl Fn(&Value) -> bool) -> Option<RoleChange> {
        let mut event: Value = serde_json::from_str(&row.event).ok()?;
        if !is_wanted(&event) {
            return None;
        }
        Some(RoleChange {
            number: row.number,
            at: Timestamp::from_millisecond(row.at).ok()?,
            event_id: row.event_id,
            actor: row.actor,
            meta: event["meta"].take(),
        })
    }
}
