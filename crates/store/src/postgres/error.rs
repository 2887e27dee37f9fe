//! What PostgreSQL's error codes mean to a caller.

use sqlx::error::DatabaseError;
use sqlx::postgres::PgDatabaseError;

use super::refusal::Refusal;
use crate::config::PostgresConfig;
use crate::error::{Constraint, OpenError, StoreError};

/// Sorts a database's answer by what the caller can do about it.
pub(crate) fn classify(error: Box<dyn DatabaseError>) -> StoreError {
    let code = error.code().unwrap_or_default().into_owned();
    match code.as_str() {
        // unique_violation
        "23505" => {
            let name = error.constraint().unwrap_or_default().to_owned();
            StoreError::Conflict(Constraint::Unique(name))
        }
        // foreign_key_violation
        "23503" => StoreError::Conflict(Constraint::ForeignKey),
        // serialization_failure, deadlock_detected, lock_not_available
        "40001" | "40P01" | "55P03" => StoreError::Busy,
        // query_canceled: a statement ran into its time limit
        "57014" => StoreError::Busy,
        _ if is_unavailable(&code) => StoreError::Unavailable(sqlx::Error::Database(error).into()),
        _ => StoreError::Internal(sqlx::Error::Database(error).into()),
    }
}

/// Sorts an error of a connection that is meant to write: a server that only reads is a standby,
/// and the one to write to is elsewhere or to come.
pub(crate) fn of_writer(error: StoreError) -> StoreError {
    match error {
        StoreError::Internal(cause) if is_read_only(&*cause) => StoreError::Unavailable(cause),
        other => other,
    }
}

fn is_read_only(cause: &(dyn std::error::Error + 'static)) -> bool {
    let error = cause.downcast_ref::<sqlx::Error>();
    let code = error.and_then(|error| error.as_database_error()?.code());
    // read_only_sql_transaction
    code.as_deref() == Some("25006")
}

/// Whether the server itself is in trouble: connection, authorization, resources, shutdown.
fn is_unavailable(code: &str) -> bool {
    ["08", "28", "53", "57", "58"]
        .iter()
        .any(|class| code.starts_with(class))
        || matches!(code, "25P03" | "3D000")
}

/// Whether the error is PostgreSQL's.
pub(crate) fn is_ours(error: &dyn DatabaseError) -> bool {
    error.try_downcast_ref::<PgDatabaseError>().is_some()
}

/// Says why the database of `config` could not be opened.
pub(crate) fn open(config: &PostgresConfig, error: sqlx::Error) -> OpenError {
    OpenError::Server {
        address: config.to_string(),
        refusal: Refusal::of(&error),
        source: error.into(),
    }
}
