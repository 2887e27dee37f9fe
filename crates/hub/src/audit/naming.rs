//! Which rows of the log name a role.

use super::event::{Event, Outcome};
use super::store::{self, ChangeRow};
use callboard_store::{Store, StoreError};
use serde_json::Value;
use std::collections::BTreeSet;

/// The events by which roles change; the queries of [`store`] name them, too.
const CHANGES: [&str; 3] = ["role-write", "policy-write", "condition-write"];

/// How many rows are read at once.
const ROWS: u32 = 500;

/// Whether roles changed by what an event tells.
pub(super) fn is_change(event: &Event<'_>) -> bool {
    event.plugin == "permission"
        && matches!(event.outcome, Outcome::Succeeded)
        && CHANGES.contains(&event.id)
}

/// The roles that an event names, which is given as the log has it.
pub(super) fn roles_in(event: &Value) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    collect(event, &mut found);
    found
}

fn collect<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
    match value {
        Value::String(text) if text.starts_with("role:") => drop(found.insert(text)),
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(members) => members.values().for_each(|member| collect(member, found)),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Notes what the rows name that were written before this was noted.
pub(super) async fn catch_up(store: &Store) -> Result<(), StoreError> {
    if !store::has_unnamed(&mut store.read().await?).await? {
        return Ok(());
    }
    let mut tx = store.begin().await?;
    // Another hub may have been faster; from here on it waits.
    store::lock_head(&mut tx).await?;
    if !store::has_unnamed(&mut tx).await? {
        return Ok(());
    }
    let mut last = 0;
    loop {
        let rows = store::changes_after(&mut tx, last, ROWS).await?;
        for ChangeRow { number, event, .. } in &rows {
            last = *number;
            // What is no JSON is shown by nobody.
            if let Ok(event) = serde_json::from_str(event) {
                store::name_roles(&mut tx, *number, &roles_in(&event)).await?;
            }
        }
        if rows.is_empty() {
            return tx.commit().await;
        }
    }
}
