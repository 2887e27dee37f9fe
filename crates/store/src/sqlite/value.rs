//! Binding values to SQLite, and reading them from its rows.

use serde_json::Value as Json;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::types::Json as JsonText;
use sqlx::{Arguments, ColumnIndex, Row};

use crate::error::StoreError;
use crate::value::{Kind, Value};

/// The values as arguments of a statement.
pub(crate) fn arguments(values: Vec<Value>) -> Result<SqliteArguments, sqlx::error::BoxDynError> {
    let mut arguments = SqliteArguments::default();
    for value in values {
        match value {
            // SQLite has one NULL for all types.
            Value::Null(_) => arguments.add(None::<i64>),
            Value::Text(text) => arguments.add(text),
            Value::Integer(number) => arguments.add(number),
            Value::Boolean(flag) => arguments.add(flag),
            Value::Double(number) => arguments.add(number),
            Value::Blob(bytes) => arguments.add(bytes),
            Value::Json(json) => arguments.add(JsonText(json)),
        }?;
    }
    Ok(arguments)
}

/// The value of a column, which must be of the kind `kind`, or NULL.
pub(crate) fn read(
    row: &SqliteRow,
    column: impl ColumnIndex<SqliteRow>,
    kind: Kind,
) -> Result<Value, StoreError> {
    // Always read as an `Option`: the driver gives NULL as an empty or zero value otherwise.
    let value = match kind {
        Kind::Text => row
            .try_get::<Option<String>, _>(column)
            .map(|v| v.map(Value::Text)),
        Kind::Integer => row
            .try_get::<Option<i64>, _>(column)
            .map(|v| v.map(Value::Integer)),
        Kind::Boolean => row
            .try_get::<Option<bool>, _>(column)
            .map(|v| v.map(Value::Boolean)),
        Kind::Double => row
            .try_get::<Option<f64>, _>(column)
            .map(|v| v.map(Value::Double)),
        Kind::Blob => row
            .try_get::<Option<Vec<u8>>, _>(column)
            .map(|v| v.map(Value::Blob)),
        // Unchecked, because a column of type `JSONB` keeps a bare number as a number, not as
        // text; read as text it is the same JSON.
        Kind::Json => row
            .try_get_unchecked::<Option<JsonText<Json>>, _>(column)
            .map(|v| v.map(|json| Value::Json(json.0))),
    };
    Ok(value
        .map_err(StoreError::from_driver)?
        .unwrap_or(Value::Null(kind)))
}
