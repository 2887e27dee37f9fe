//! The tables of another installation, read from its database.

use super::ImportError;
use super::foreign::{self, Foreign, ForeignCondition, ForeignRole, ForeignRule};
use callboard_store::foreign::{ForeignAddress, ForeignDatabase, ForeignRow};
use serde_json::{Value, json};

const RULES: &str = "casbin_rule";
const ROLES: &str = "role-metadata";
const CONDITIONS: &str = "role-condition-policies";
const PLUGINS: &str = "extra_permission_enabled_plugins";

/// The columns of [`RULES`] that hold values; later versions may have more, all of them empty.
const VALUES: [&str; 7] = ["v0", "v1", "v2", "v3", "v4", "v5", "v6"];

/// Reads all tables as they are at one moment.
///
/// Only [`RULES`] must be there; the other tables came with later versions. Columns that are not
/// known are ignored, and so are tables of older versions.
pub(super) async fn read(address: &ForeignAddress) -> Result<Foreign, ImportError> {
    let mut database = ForeignDatabase::connect(address).await?;
    let rules = database.rows(RULES).await?;
    let roles = database.rows(ROLES).await?.unwrap_or_default();
    let conditions = database.rows(CONDITIONS).await?.unwrap_or_default();
    let plugins = database.rows(PLUGINS).await?.unwrap_or_default();
    // All was read: whether the server hears the goodbye does not matter.
    let _closed = database.close().await;
    let rules = rules.ok_or(ImportError::NoTables)?;
    Ok(Foreign {
        rules: rules.iter().map(rule).collect(),
        roles: roles.iter().map(role).collect(),
        conditions: conditions.iter().map(condition).collect(),
        plugin_ids: plugins
            .iter()
            .map(|row| foreign::text(row, "pluginId"))
            .collect(),
    })
}

fn rule(row: &ForeignRow) -> ForeignRule {
    ForeignRule {
        place: place(RULES, row),
        kind: foreign::text(row, "ptype"),
        values: VALUES
            .iter()
            .map(|column| foreign::text(row, column))
            .collect(),
    }
}

fn role(row: &ForeignRow) -> ForeignRole {
    ForeignRole {
        place: place(ROLES, row),
        role: foreign::text(row, "roleEntityRef"),
        metadata: foreign::metadata(row),
    }
}

fn condition(row: &ForeignRow) -> ForeignCondition {
    ForeignCondition {
        place: place(CONDITIONS, row),
        id: row.get("id").and_then(Value::as_i64),
        body: body(row),
    }
}

/// The row in its wire form; two columns hold JSON as text.
fn body(row: &ForeignRow) -> Result<Value, String> {
    let json = |column: &str| match foreign::text(row, column) {
        Some(text) => serde_json::from_str::<Value>(&text)
            .map_err(|error| format!("the column `{column}` is not JSON: {error}")),
        None => Ok(Value::Null),
    };
    Ok(json!({
        "roleEntityRef": row.get("roleEntityRef"),
        "result": row.get("result"),
        "pluginId": row.get("pluginId"),
        "resourceType": row.get("resourceType"),
        "permissionMapping": json("permissions")?,
        "conditions": json("conditionsJson")?,
    }))
}

/// Such as `casbin_rule 17`.
fn place(table: &str, row: &ForeignRow) -> String {
    match row.get("id") {
        Some(id) => format!("{table} {id}"),
        None => table.to_owned(),
    }
}
