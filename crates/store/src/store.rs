//! The store: what opens a database and hands out connections to it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::config::{Limits, PostgresConfig, StoreConfig};
use crate::conn::{AnyConn, Conn, Tx};
use crate::error::{OpenError, StoreError};
use crate::feed::Feed;
use crate::migration::{self, Migration, MigrationReport};
use crate::{postgres, sqlite};

/// An open database; clones share it.
#[derive(Debug, Clone)]
pub struct Store {
    pool: Pool,
    feed: Feed,
    file: Option<Arc<Path>>,
}

/// The connections of each driver.
#[derive(Debug, Clone)]
pub(crate) enum Pool {
    Sqlite(sqlite::Pools),
    Postgres(postgres::Pools),
}

impl Store {
    /// Opens the database, and makes it first if it does not exist.
    ///
    /// A new SQLite file has mode 0600 and each new folder above it 0700; those that exist keep
    /// their modes. The schema is brought up to date by [`Store::migrate`], not here.
    ///
    /// # Errors
    ///
    /// [`StoreError::Open`], which names the file and says what may be done.
    pub async fn open(config: &StoreConfig) -> Result<Self, StoreError> {
        Self::open_within(config, &Limits::default()).await
    }

    /// Opens the database as [`Store::open`] does, within other limits.
    ///
    /// # Errors
    ///
    /// As [`Store::open`].
    pub async fn open_within(config: &StoreConfig, limits: &Limits) -> Result<Self, StoreError> {
        match config {
            StoreConfig::SqliteFile { path } => {
                sqlite::file::create(path).await?;
                let pools = sqlite::Pools::open_file(path, limits).await?;
                Ok(Self::over(Pool::Sqlite(pools), Some(path)))
            }
            StoreConfig::SqliteMemory => {
                let pools = sqlite::Pools::open_memory(limits).await?;
                Ok(Self::over(Pool::Sqlite(pools), None))
            }
            StoreConfig::Postgres(config) => {
                let pools = postgres::Pools::open(config, limits).await?;
                Ok(Self::over(Pool::Postgres(pools), None))
            }
        }
    }

    /// Opens a database that another process made, and makes nothing.
    ///
    /// # Errors
    ///
    /// [`StoreError::Open`] as in [`Store::open`], [`OpenError::Missing`] if there is no such
    /// file, and [`OpenError::Memory`] if the database would be in memory.
    pub async fn open_existing(config: &StoreConfig) -> Result<Self, StoreError> {
        match config {
            StoreConfig::SqliteFile { path } => {
                sqlite::file::check(path).await?;
                let pools = sqlite::Pools::open_file(path, &Limits::default()).await?;
                Ok(Self::over(Pool::Sqlite(pools), Some(path)))
            }
            StoreConfig::SqliteMemory => Err(OpenError::Memory.into()),
            StoreConfig::Postgres(config) => {
                let existing = PostgresConfig {
                    makes_database: false,
                    makes_schema: false,
                    ..config.clone()
                };
                let pool = postgres::Pools::open(&existing, &Limits::default()).await?;
                Ok(Self::over(Pool::Postgres(pool), None))
            }
        }
    }

    /// Whether the user of `config` may make its database, should it be missing.
    ///
    /// # Errors
    ///
    /// [`StoreError::Open`] when the server cannot be asked.
    pub async fn may_make(config: &PostgresConfig) -> Result<bool, StoreError> {
        Ok(postgres::connect::may_make(config).await?)
    }

    fn over(pool: Pool, file: Option<&PathBuf>) -> Self {
        Self {
            feed: Feed::new(pool.clone()),
            pool,
            file: file.map(|path| path.as_path().into()),
        }
    }

    /// Brings the schema up to date: applies what is missing of `list`, oldest first.
    ///
    /// `list` is the merged list of the features; the store adds its own. All is applied in one
    /// transaction that keeps other processes out, so a failed update leaves the schema as it was.
    /// An up-to-date database is only checked.
    ///
    /// # Errors
    ///
    /// [`StoreError::Migrate`]: see [`MigrateError`](crate::MigrateError); else as [`Store::begin`].
    pub async fn migrate(&self, list: Vec<Migration>) -> Result<MigrationReport, StoreError> {
        let list = migration::merge(list)?;
        let mut tx = self.begin_schema().await?;
        let report = migration::apply(&mut tx, &list).await?;
        tx.commit().await?;
        Ok(report)
    }

    /// A connection that only reads, each statement the newest committed state.
    ///
    /// An in-memory database has one connection for all: whoever holds one and waits for another
    /// gets [`StoreError::Busy`] in the end.
    ///
    /// # Errors
    ///
    /// [`StoreError::Busy`] if none gets free in time, [`StoreError::Unavailable`] after
    /// [`Store::close`] or if the database cannot be reached: at once when
    /// [`Feed::contact`] knows that already.
    pub async fn read(&self) -> Result<Conn, StoreError> {
        self.feed.check_contact()?;
        self.pool.read().await
    }

    /// A transaction that only reads, all statements one and the same state.
    ///
    /// # Errors
    ///
    /// As [`Store::read`].
    pub async fn begin_read(&self) -> Result<Tx, StoreError> {
        self.feed.check_contact()?;
        let conn = match &self.pool {
            Pool::Sqlite(pools) => AnyConn::Sqlite(pools.begin_read().await?),
            Pool::Postgres(pool) => AnyConn::Postgres(pool.begin_read().await?),
        };
        Ok(Tx::new(Conn(conn), self.feed.clone()))
    }

    /// A transaction that writes. There is one writer at a time, whichever process it belongs to;
    /// the others wait in line, and each sees what those before it wrote.
    ///
    /// # Errors
    ///
    /// As [`Store::read`]; `Busy` also if another process writes for too long.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        self.feed.check_contact()?;
        let conn = match &self.pool {
            Pool::Sqlite(pools) => AnyConn::Sqlite(pools.begin().await?),
            Pool::Postgres(pool) => AnyConn::Postgres(pool.begin().await?),
        };
        Ok(Tx::new(Conn(conn), self.feed.clone()))
    }

    /// As [`Store::begin`], on a database that may have no table yet.
    async fn begin_schema(&self) -> Result<Tx, StoreError> {
        let conn = match &self.pool {
            Pool::Sqlite(pools) => AnyConn::Sqlite(pools.begin().await?),
            Pool::Postgres(pool) => AnyConn::Postgres(pool.begin_schema().await?),
        };
        Ok(Tx::new(Conn(conn), self.feed.clone()))
    }

    /// The change feed of this database.
    pub fn feed(&self) -> &Feed {
        &self.feed
    }

    /// The time since 1970 by the clock of the server; `None` for a file, which has none.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the server does not answer.
    pub async fn server_time(&self) -> Result<Option<Duration>, StoreError> {
        match &self.pool {
            Pool::Sqlite(_) => Ok(None),
            Pool::Postgres(pool) => pool.time().await.map(Some),
        }
    }

    /// The file that the data is in, for what is kept beside it; `None` when it is in no file.
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// Whether the data ends with this store.
    pub fn is_in_memory(&self) -> bool {
        match &self.pool {
            Pool::Sqlite(pools) => pools.is_in_memory(),
            Pool::Postgres(_) => false,
        }
    }

    /// Shows the server another password from now on, where there is a server; connections that
    /// are open stay so.
    pub fn show_password(&self, password: &str) {
        match &self.pool {
            Pool::Sqlite(_) => {}
            Pool::Postgres(pool) => pool.show_password(password),
        }
    }

    /// Waits for the connections in use and closes all; clones of the store are closed as well.
    pub async fn close(&self) {
        match &self.pool {
            Pool::Sqlite(pools) => pools.close().await,
            Pool::Postgres(pool) => pool.close().await,
        }
    }
}

impl Pool {
    pub(crate) async fn read(&self) -> Result<Conn, StoreError> {
        match self {
            Pool::Sqlite(pools) => Ok(Conn(AnyConn::Sqlite(pools.read().await?))),
            Pool::Postgres(pool) => Ok(Conn(AnyConn::Postgres(pool.read().await?))),
        }
    }
}
