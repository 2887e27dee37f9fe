//! Schema changes, declared by the features and applied at start.
//!
//! The table of applied migrations holds the hash of each text, so that an edit of a released
//! file is noticed, and a database that a newer program made is refused instead of misread.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use crate::conn::Conn;
use crate::error::{MigrateError, StoreError};
use crate::query::Query;
use crate::{feed, record};

const CREATE_TABLE: &str = "
    CREATE TABLE IF NOT EXISTS store_migrations (
        version  BIGINT NOT NULL PRIMARY KEY,
        name     TEXT   NOT NULL,
        checksum TEXT   NOT NULL
    )";

const APPLIED: &str = "
    SELECT version, name, checksum
    FROM store_migrations
    ORDER BY version";

const INSERT_APPLIED: &str = "
    INSERT INTO store_migrations (version, name, checksum)
    VALUES ($1, $2, $3)";

const SUFFIX: &str = ".sql";
const VERSION_DIGITS: usize = 14;

/// A schema change: `YYYYMMDDhhmmss_noun.sql` and its text.
///
/// The text is one or more statements that run inside a transaction. Unique constraints are
/// written without a name of their own, or as `{table}_{columns}_key`, which is the name that
/// [`Constraint::Unique`](crate::Constraint::Unique) reports on every database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Migration {
    version: i64,
    name: &'static str,
    sql: &'static str,
}

impl Migration {
    /// The migration of `file` (its name, not its path) with text `sql`.
    ///
    /// # Panics
    ///
    /// If the name has another form: in a constant, as [`migrations!`](crate::migrations) makes
    /// one, that is an error of the build.
    pub const fn new(file: &'static str, sql: &'static str) -> Self {
        let bytes = file.as_bytes();
        assert!(
            bytes.len() > VERSION_DIGITS + 1 + SUFFIX.len() && bytes[VERSION_DIGITS] == b'_',
            "a migration is called `YYYYMMDDhhmmss_noun.sql`",
        );
        let mut version = 0;
        let mut at = 0;
        while at < VERSION_DIGITS {
            assert!(
                bytes[at].is_ascii_digit(),
                "a migration starts with its time in 14 digits"
            );
            version = version * 10 + (bytes[at] - b'0') as i64;
            at += 1;
        }
        let (name, suffix) = file.split_at(file.len() - SUFFIX.len());
        assert!(
            matches!(suffix.as_bytes(), b".sql"),
            "a migration ends in `.sql`"
        );
        Self { version, name, sql }
    }

    /// Its time and noun, without the ending.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The hash of the text in hexadecimal digits, the same for both kinds of line ending.
    fn checksum(&self) -> String {
        let mut hash = Sha256::new();
        for part in self.sql.split('\r') {
            hash.update(part);
        }
        hash.finalize()
            .iter()
            .fold(String::new(), |mut text, byte| {
                // Writing to a `String` cannot fail.
                let _ = write!(text, "{byte:02x}");
                text
            })
    }
}

/// What [`Store::migrate`](crate::Store::migrate) did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationReport {
    /// Names of the migrations applied now, oldest first; empty if all were in place.
    pub applied: Vec<&'static str>,
    /// How many migrations the database now has.
    pub total: usize,
}

record! { struct AppliedRow { version: i64, name: String, checksum: String } }

/// Adds the store's own migrations to `list` and orders all by version.
///
/// # Errors
///
/// [`MigrateError::Duplicate`] if two have the same version.
pub(crate) fn merge(mut list: Vec<Migration>) -> Result<Vec<Migration>, MigrateError> {
    list.extend_from_slice(feed::MIGRATIONS);
    list.sort_by_key(|migration| migration.version);
    for pair in list.windows(2) {
        if pair[0].version == pair[1].version {
            return Err(MigrateError::Duplicate {
                first: pair[0].name,
                second: pair[1].name,
            });
        }
    }
    Ok(list)
}

/// Applies what is missing of `list`, which is ordered by version.
///
/// `conn` is inside a write transaction, and no other process is.
pub(crate) async fn apply(
    conn: &mut Conn,
    list: &[Migration],
) -> Result<MigrationReport, StoreError> {
    conn.execute(Query::new(CREATE_TABLE)).await?;
    let applied = conn.fetch_all(Query::new(APPLIED)).await?;
    let missing = missing(&applied, list)?;
    for migration in &missing {
        apply_one(conn, migration)
            .await
            .map_err(|source| MigrateError::failed(migration.name, source))?;
        tracing::info!(migration = migration.name, "applied a migration");
    }
    let applied = missing.iter().map(|migration| migration.name).collect();
    Ok(MigrationReport {
        applied,
        total: list.len(),
    })
}

async fn apply_one(conn: &mut Conn, migration: &Migration) -> Result<(), StoreError> {
    conn.execute_script(migration.sql).await?;
    let insert = Query::new(INSERT_APPLIED)
        .bind(migration.version)
        .bind(migration.name)
        .bind(migration.checksum());
    conn.execute(insert).await?;
    Ok(())
}

/// The migrations of `list` that are not applied, after a check of those that are.
fn missing(applied: &[AppliedRow], list: &[Migration]) -> Result<Vec<Migration>, MigrateError> {
    for row in applied {
        let Ok(at) = list.binary_search_by_key(&row.version, |migration| migration.version) else {
            return Err(MigrateError::Newer {
                name: row.name.clone(),
            });
        };
        if list[at].checksum() != row.checksum {
            return Err(MigrateError::Edited {
                name: list[at].name,
            });
        }
    }
    let is_missing =
        |migration: &&Migration| applied.iter().all(|row| row.version != migration.version);
    Ok(list.iter().filter(is_missing).copied().collect())
}

/// The named files of the folder `migrations` beside the calling file, as `&'static [Migration]`.
///
/// ```text
/// hub.migrations(migrations!["20261121093000_rbac_roles.sql", "20261121093100_rbac_policies.sql"]);
/// ```
#[macro_export]
macro_rules! migrations {
    ($($file:literal),+ $(,)?) => {{
        const LIST: &[$crate::Migration] = &[
            $($crate::Migration::new($file, ::core::include_str!(::core::concat!("migrations/", $file)))),+
        ];
        LIST
    }};
}
