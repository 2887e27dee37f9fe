//! Binding values to PostgreSQL, and reading them from its rows.

use serde_json::Value as Json;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::types::Json as JsonValue;
use sqlx::{Arguments, ColumnIndex, Row};

use crate::error::StoreError;
use crate::value::{Kind, Value};

/// The values as arguments of a statement.
pub(crate) fn arguments(values: Vec<Value>) -> Result<PgArguments, sqlx::error::BoxDynError> {
    let mut arguments = PgArguments::default();
    for value in values {
        match value {
            Value::Null(Kind::Text) => arguments.add(None::<String>),
            Value::Null(Kind::Integer) => arguments.add(None::<i64>),
            Value::Null(Kind::Boolean) => arguments.add(None::<bool>),
            Value::Null(Kind::Double) => arguments.add(None::<f64>),
            Value::Null(Kind::Blob) => arguments.add(None::<Vec<u8>>),
            Value::Null(Kind::Json) => arguments.add(None::<JsonValue<Json>>),
            Value::Text(text) => arguments.add(text),
            Value::Integer(number) => arguments.add(number),
            Value::Boolean(flag) => arguments.add(flag),
            Value::Double(number) => arguments.add(number),
            Value::Blob(bytes) => arguments.add(bytes),
            Value::Json(json) => arguments.add(JsonValue(json)),
        }?;
    }
    Ok(arguments)
}

/// The value of a column, which must be of the kind `kind`, or NULL.
pub(crate) fn read(
    row: &PgRow,
    column: impl ColumnIndex<PgRow>,
    kind: Kind,
) -> Result<Value, StoreError> {
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
        Kind::Json => row
            .try_get::<Option<JsonValue<Json>>, _>(column)
            .map(|v| v.map(|json| Value::Json(json.0))),
    };
    Ok(value
        .map_err(StoreError::from_driver)?
        .unwrap_or(Value::Null(kind)))
}
