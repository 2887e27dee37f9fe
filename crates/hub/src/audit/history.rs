//! What pages tell of the past.

use super::store::{self, ChangeRow, DayRow};
use super::{Audit, Head};
use callboard_store::StoreError;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::Value;

/// How many of the newest rows are looked through for what is about one role.
const LOOKED_THROUGH: i64 = 50_000;

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
        let window = (since.as_millisecond(), 0);
        let rows = store::changes(&mut conn, "%", window, limit).await?;
        Ok(rows.into_iter().filter_map(RoleChange::of).collect())
    }

    /// The newest changes since `since` that name a role, the newest first, at most `limit`. Those
    /// that are far back are not found.
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
        let head = store::head(&mut conn).await?.unwrap_or_else(Head::start);
        let after = head.number - LOOKED_THROUGH;
        let window = (since.as_millisecond(), after);
        let rows = store::changes(&mut conn, &pattern(role), window, limit).await?;
        Ok(rows.into_iter().filter_map(RoleChange::of).collect())
    }
}

impl RoleChange {
    fn of(row: ChangeRow) -> Option<RoleChange> {
        let mut event: Value = serde_json::from_str(&row.event).ok()?;
        Some(RoleChange {
            number: row.number,
            at: Timestamp::from_millisecond(row.at).ok()?,
            event_id: row.event_id,
            actor: row.actor,
            meta: event["meta"].take(),
        })
    }
}

/// What finds the reference as a JSON string in the text of an event.
fn pattern(role: &str) -> String {
    let mut pattern = String::from("%");
    for c in Value::from(role).to_string().chars() {
        if matches!(c, '!' | '%' | '_') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_finds_nothing_but_the_reference() {
        assert_eq!(pattern("role:default/a_b%"), r#"%"role:default/a!_b!%"%"#);
    }
}
