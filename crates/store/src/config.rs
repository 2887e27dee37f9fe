//! Which database is opened, and within which limits.

use std::path::PathBuf;
use std::time::Duration;

/// Name of the database file inside a configured directory.
pub const DATABASE_FILE: &str = "callboard.sqlite";

/// Which database the program keeps its records in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreConfig {
    /// A SQLite file, which other processes of this machine may open at the same time.
    SqliteFile {
        /// The file; it and the missing folders above it are made when it is opened.
        path: PathBuf,
    },
    /// A SQLite database that lives and ends with the [`Store`](crate::Store).
    SqliteMemory,
}

impl StoreConfig {
    /// The SQLite file [`DATABASE_FILE`] in `directory`.
    pub fn sqlite_in(directory: impl Into<PathBuf>) -> Self {
        Self::SqliteFile {
            path: directory.into().join(DATABASE_FILE),
        }
    }
}

/// How long and how widely a [`Store`](crate::Store) may use its database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// How long to wait for a connection or for a lock of another process before
    /// [`StoreError::Busy`](crate::StoreError::Busy); 5 s by default.
    pub busy_timeout: Duration,
    /// Most connections that read at the same time; 4 by default.
    pub read_connections: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            busy_timeout: Duration::from_secs(5),
            read_connections: 4,
        }
    }
}
