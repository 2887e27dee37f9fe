//! What can go wrong with a database.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::postgres::refusal::Refusal;
use crate::{postgres, sqlite};

type Source = Box<dyn Error + Send + Sync>;

/// Why the store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A row that must exist does not.
    #[error("no such row")]
    NotFound,
    /// A write would have broken a constraint.
    #[error("the write conflicts with {0}")]
    Conflict(Constraint),
    /// Another connection held what was needed for too long; a later try may succeed.
    #[error("the database is busy")]
    Busy,
    /// The database cannot be reached, or the store was closed.
    #[error("the database is not available")]
    Unavailable(#[source] Source),
    /// A statement is wrong, or its result is not what the program expects: a bug.
    #[error("the database could not run the statement")]
    Internal(#[source] Source),
    /// The database could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The schema could not be brought up to date.
    #[error(transparent)]
    Migrate(#[from] MigrateError),
}

/// The constraint that a write would have broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Constraint {
    /// A primary key (`{table}_pkey`) or a unique constraint (`{table}_{columns}_key`).
    Unique(String),
    /// A reference to a row that does not exist, or from one that still does; SQLite does not
    /// say which.
    ForeignKey,
}

/// Why a database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is no such file.
    #[error("there is no database `{}`", .path.display())]
    Missing {
        /// The database file.
        path: PathBuf,
    },
    /// An in-memory database cannot be opened a second time.
    #[error("an in-memory database belongs to the process that made it")]
    Memory,
    /// The folder for the file could not be made.
    #[error("cannot create the folder `{}` for the database", .path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The file could not be made, or not be opened for reading and writing.
    #[error("cannot open the database file `{}`", .path.display())]
    File {
        /// The database file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The file is something else.
    #[error("`{}` is not a SQLite database", .path.display())]
    NotADatabase {
        /// The database file.
        path: PathBuf,
    },
    /// Another process keeps the database to itself.
    #[error("the database `{}` is locked by another process", .path.display())]
    Locked {
        /// The database file.
        path: PathBuf,
    },
    /// The file is damaged, or its disk fails.
    #[error("cannot use the database `{}`", .path.display())]
    Unusable {
        /// The database file.
        path: PathBuf,
        /// What the driver says.
        source: Source,
    },
    /// The server is out of reach, or does not let the user in.
    #[error("cannot open the database {address}")]
    Server {
        /// The database, without its password.
        address: String,
        /// Why, as far as that is known.
        refusal: Refusal,
        /// What the driver says.
        source: Source,
    },
}

/// Why the schema could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The text of a migration is another one than when it was applied.
    #[error("migration `{name}` was edited after it was applied to this database")]
    Edited {
        /// The migration.
        name: &'static str,
    },
    /// The database has a migration that the program does not.
    #[error("the database is newer than this program: it has migration `{name}`")]
    Newer {
        /// The migration.
        name: String,
    },
    /// Two migrations of the program have the same version.
    #[error("migrations `{first}` and `{second}` have the same version")]
    Duplicate {
        /// One of them.
        first: &'static str,
        /// The other.
        second: &'static str,
    },
    /// A statement of a migration failed; none was applied.
    #[error("migration `{name}` failed")]
    Failed {
        /// The migration.
        name: &'static str,
        /// Why.
        source: Box<StoreError>,
    },
}

impl StoreError {
    /// What the administrator may do about it, as a sentence; `None` where there is no telling.
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::Open(error) => Some(error.help()),
            Self::Migrate(error) => error.help(),
            Self::Busy => Some("another process writes to the database: try again when it is done"),
            Self::NotFound | Self::Conflict(_) | Self::Unavailable(_) | Self::Internal(_) => None,
        }
    }

    pub(crate) fn internal(source: impl Into<Source>) -> Self {
        Self::Internal(source.into())
    }

    /// Sorts an error of the driver by what the caller can do about it.
    pub(crate) fn from_driver(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::RowNotFound => Self::NotFound,
            sqlx::Error::PoolTimedOut => Self::Busy,
            sqlx::Error::PoolClosed
            | sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::WorkerCrashed => Self::Unavailable(error.into()),
            sqlx::Error::Database(error) if postgres::error::is_ours(error.as_ref()) => {
                postgres::error::classify(error)
            }
            sqlx::Error::Database(error) => sqlite::error::classify(error),
            other => Self::Internal(other.into()),
        }
    }
}

impl OpenError {
    /// What the administrator may do about it.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "start the hub once in the same working directory to make it",
            Self::Memory => "configure a database file to share it between processes",
            Self::Folder { .. } => "make the folder writable, or choose another place",
            Self::File { .. } => "make the file readable and writable for the user who runs this",
            Self::NotADatabase { .. } => {
                "choose another place, or move the file away to start with an empty database"
            }
            Self::Locked { .. } => "close the program that has the database open, and try again",
            Self::Unusable { .. } => "check the disk, or restore the file from a backup",
            Self::Server { refusal, .. } => refusal.help(),
        }
    }
}

impl MigrateError {
    fn help(&self) -> Option<&'static str> {
        match self {
            Self::Edited { .. } => {
                Some("restore the text as it was released, and put the change into a new migration")
            }
            Self::Newer { .. } => {
                Some("run the newer version again, or restore a backup made by this one")
            }
            Self::Duplicate { .. } => Some("give one of them a later time"),
            Self::Failed { .. } => None,
        }
    }

    pub(crate) fn failed(name: &'static str, source: StoreError) -> Self {
        Self::Failed {
            name,
            source: Box::new(source),
        }
    }
}

impl fmt::Display for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unique(name) => write!(f, "`{name}`"),
            Self::ForeignKey => f.write_str("a foreign key"),
        }
    }
}
