//! What SQLite's result codes mean to a caller.

use std::path::Path;

use sqlx::error::DatabaseError;

use crate::error::{Constraint, OpenError, StoreError};

// Primary result codes; the low byte of an extended one.
const BUSY: i32 = 5;
const LOCKED: i32 = 6;
const IO_ERROR: i32 = 10;
const CORRUPT: i32 = 11;
const FULL: i32 = 13;
const CANNOT_OPEN: i32 = 14;
const NOT_A_DATABASE: i32 = 26;

// Extended result codes of `SQLITE_CONSTRAINT`.
const FOREIGN_KEY: i32 = 787;
const PRIMARY_KEY: i32 = 1555;
const UNIQUE: i32 = 2067;

/// Sorts a database's answer by what the caller can do about it.
pub(crate) fn classify(error: Box<dyn DatabaseError>) -> StoreError {
    let code = extended_code(error.as_ref());
    match code {
        FOREIGN_KEY => return StoreError::Conflict(Constraint::ForeignKey),
        PRIMARY_KEY | UNIQUE => {
            let name = constraint_name(error.message(), code == PRIMARY_KEY);
            return StoreError::Conflict(Constraint::Unique(name));
        }
        _ => {}
    }
    match code & 0xff {
        BUSY | LOCKED => StoreError::Busy,
        IO_ERROR | CORRUPT | FULL | CANNOT_OPEN | NOT_A_DATABASE => {
            StoreError::Unavailable(sqlx::Error::Database(error).into())
        }
        _ => StoreError::Internal(sqlx::Error::Database(error).into()),
    }
}

/// Says why the file at `path` could not be opened.
pub(crate) fn open(path: &Path, error: sqlx::Error) -> OpenError {
    let path = path.to_owned();
    let code = match &error {
        sqlx::Error::PoolTimedOut => BUSY,
        other => other.as_database_error().map_or(0, extended_code) & 0xff,
    };
    match code {
        BUSY | LOCKED => OpenError::Locked { path },
        NOT_A_DATABASE => OpenError::NotADatabase { path },
        _ => OpenError::Unusable {
            path,
            source: error.into(),
        },
    }
}

fn extended_code(error: &dyn DatabaseError) -> i32 {
    // SQLite's codes are numbers; 0, which is none of an error's, stands for anything else.
    error.code().and_then(|code| code.parse().ok()).unwrap_or(0)
}

/// The name that PostgreSQL gives a constraint, from SQLite's list of its columns.
///
/// `UNIQUE constraint failed: roles.source, roles.name` becomes `roles_source_name_key`.
fn constraint_name(message: &str, is_primary_key: bool) -> String {
    let columns = message
        .rsplit_once(": ")
        .map_or(message, |(_, columns)| columns);
    // An index over expressions is told by its name: `index 'name'`.
    if let Some(index) = columns.strip_prefix("index '") {
        return index.trim_end_matches('\'').to_owned();
    }
    let mut columns = columns
        .split(", ")
        .filter_map(|column| column.split_once('.'))
        .peekable();
    let table = columns.peek().map_or("", |(table, _)| table);
    if is_primary_key {
        return format!("{table}_pkey");
    }
    let columns: String = columns.map(|(_, column)| format!("{column}_")).collect();
    format!("{table}_{columns}key")
}

#[cfg(test)]
mod tests {
    use super::constraint_name;

    #[test]
    fn a_constraint_has_the_name_that_postgresql_would_give_it() {
        let failed = |columns: &str| format!("UNIQUE constraint failed: {columns}");

        assert_eq!(constraint_name(&failed("roles.id"), true), "roles_pkey");
        assert_eq!(
            constraint_name(&failed("roles.role_ref"), false),
            "roles_role_ref_key"
        );
        assert_eq!(
            constraint_name(&failed("g.role, g.name"), false),
            "g_role_name_key"
        );
        assert_eq!(
            constraint_name(&failed("index 'one_head'"), false),
            "one_head"
        );
    }
}
