//! The SQLite driver: its connections, and how they are set up.

use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::time::Duration;

use sqlx::pool::{PoolConnection, PoolOptions};
use sqlx::sqlite::{
    SqliteArguments, SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteRow,
    SqliteSynchronous,
};
use sqlx::{Executor, Sqlite, Transaction};
use tokio::time::timeout;

use crate::config::Limits;
use crate::error::{OpenError, StoreError};
use crate::query::{Dialect, Query};

pub(crate) mod error;
pub(crate) mod file;
pub(crate) mod value;

/// Takes the write lock at once: a transaction that reads first and writes later would fail
/// without waiting if another process wrote in between.
const BEGIN_WRITE: &str = "BEGIN IMMEDIATE";

/// Reads the schema, so that a damaged or locked file is noticed when it is opened.
const PROBE: &str = "SELECT COUNT(*) FROM sqlite_schema";

/// How long to leave a locked file alone before it is opened again.
const OPEN_INTERVAL: Duration = Duration::from_millis(20);

/// How many rows the thread of a connection may be ahead of whoever reads them; each time that it
/// has to wait costs as much as reading a few rows.
const ROWS_AHEAD: usize = 512;

/// A log of this size (64 MiB) is cut down after a checkpoint, else it stays as large as the
/// largest write made it.
const LOG_LIMIT_BYTES: &str = "67108864";

/// One connection that writes, and some that read.
#[derive(Debug, Clone)]
pub(crate) struct Pools {
    writer: sqlx::Pool<Sqlite>,
    readers: Readers,
}

#[derive(Debug, Clone)]
enum Readers {
    Own(sqlx::Pool<Sqlite>),
    /// In memory the writer is all there is, switched between reading and writing.
    Writer,
}

impl Pools {
    /// Opens the file, which exists.
    pub(crate) async fn open_file(path: &Path, limits: &Limits) -> Result<Self, OpenError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .foreign_keys(true)
            .busy_timeout(limits.busy_timeout)
            .row_buffer_size(ROWS_AHEAD)
            .synchronous(SqliteSynchronous::Normal);
        // The journal mode is kept in the file, so the readers find it there.
        let writer = options
            .clone()
            .journal_mode(SqliteJournalMode::Wal)
            .pragma("journal_size_limit", LOG_LIMIT_BYTES);
        let readers = options.pragma("query_only", "ON");
        let writer = open_writer(path, writer, limits).await?;
        let readers = pool(limits, limits.read_connections).connect_lazy_with(readers);
        Ok(Self {
            writer,
            readers: Readers::Own(readers),
        })
    }

    /// Makes an empty database in memory.
    pub(crate) async fn open_memory(limits: &Limits) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new()
            .in_memory(true)
            .foreign_keys(true);
        let writer = pool(limits, 1)
            .connect_with(options)
            .await
            .map_err(StoreError::from_driver)?;
        Ok(Self {
            writer,
            readers: Readers::Writer,
        })
    }

    pub(crate) fn is_in_memory(&self) -> bool {
        matches!(self.readers, Readers::Writer)
    }

    pub(crate) async fn read(&self) -> Result<Connection, StoreError> {
        let conn = match &self.readers {
            Readers::Own(readers) => readers.acquire().await,
            Readers::Writer => self.writer.acquire().await,
        };
        let conn = Connection::Single(conn.map_err(StoreError::from_driver)?);
        self.switched(conn, "PRAGMA query_only = ON").await
    }

    pub(crate) async fn begin_read(&self) -> Result<Connection, StoreError> {
        let tx = match &self.readers {
            Readers::Own(readers) => readers.begin().await,
            Readers::Writer => self.writer.begin().await,
        };
        let conn = Connection::Transaction(tx.map_err(StoreError::from_driver)?);
        self.switched(conn, "PRAGMA query_only = ON").await
    }

    pub(crate) async fn begin(&self) -> Result<Connection, StoreError> {
        let tx = match &self.readers {
            Readers::Own(_) => self.writer.begin_with(BEGIN_WRITE).await,
            // No other process can take the lock, and a connection that was switched to reading
            // refuses to take it.
            Readers::Writer => self.writer.begin().await,
        };
        let conn = Connection::Transaction(tx.map_err(StoreError::from_driver)?);
        self.switched(conn, "PRAGMA query_only = OFF").await
    }

    /// Switches the connection that readers and the writer share between its two uses.
    async fn switched(
        &self,
        mut conn: Connection,
        pragma: &'static str,
    ) -> Result<Connection, StoreError> {
        match &self.readers {
            Readers::Own(_) => {}
            Readers::Writer => conn.execute_script(pragma).await?,
        }
        Ok(conn)
    }

    pub(crate) async fn close(&self) {
        // The writer goes last, because the last one to close moves the log into the file.
        match &self.readers {
            Readers::Own(readers) => readers.close().await,
            Readers::Writer => {}
        }
        self.writer.close().await;
    }
}

/// Connects the writer, and asks again while the file is locked.
///
/// SQLite waits for locks by itself, but not for the one that turns a new file to its log, which
/// two processes that start at the same time both want.
async fn open_writer(
    path: &Path,
    options: SqliteConnectOptions,
    limits: &Limits,
) -> Result<sqlx::Pool<Sqlite>, OpenError> {
    let attempts = async {
        loop {
            match try_writer(options.clone(), limits)
                .await
                .map_err(|e| error::open(path, e))
            {
                Err(OpenError::Locked { .. }) => tokio::time::sleep(OPEN_INTERVAL).await,
                result => return result,
            }
        }
    };
    let locked = |_| {
        Err(OpenError::Locked {
            path: path.to_owned(),
        })
    };
    timeout(limits.busy_timeout, attempts)
        .await
        .unwrap_or_else(locked)
}

async fn try_writer(
    options: SqliteConnectOptions,
    limits: &Limits,
) -> Result<sqlx::Pool<Sqlite>, sqlx::Error> {
    let writer = pool(limits, 1).connect_with(options).await?;
    writer.execute(PROBE).await?;
    Ok(writer)
}

fn pool(limits: &Limits, connections: u32) -> PoolOptions<Sqlite> {
    PoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(limits.busy_timeout)
        // A connection is a thread of this process: it does not go stale, an in-memory database
        // ends with it, and testing it before each use would double the cost of short queries.
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
}

/// A connection, in a transaction or not.
#[derive(Debug)]
pub(crate) enum Connection {
    Single(PoolConnection<Sqlite>),
    Transaction(Transaction<'static, Sqlite>),
}

impl Connection {
    pub(crate) async fn execute(&mut self, query: Query) -> Result<u64, StoreError> {
        let result = prepared(query)?
            .execute(&mut **self)
            .await
            .map_err(StoreError::from_driver)?;
        Ok(result.rows_affected())
    }

    pub(crate) async fn fetch_all(&mut self, query: Query) -> Result<Vec<SqliteRow>, StoreError> {
        prepared(query)?
            .fetch_all(&mut **self)
            .await
            .map_err(StoreError::from_driver)
    }

    pub(crate) async fn fetch_optional(
        &mut self,
        query: Query,
    ) -> Result<Option<SqliteRow>, StoreError> {
        prepared(query)?
            .fetch_optional(&mut **self)
            .await
            .map_err(StoreError::from_driver)
    }

    pub(crate) async fn execute_script(&mut self, sql: &'static str) -> Result<(), StoreError> {
        (**self)
            .execute(sqlx::raw_sql(sql))
            .await
            .map_err(StoreError::from_driver)?;
        Ok(())
    }

    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        match self {
            // Each of its statements was committed as it ran.
            Self::Single(_) => Ok(()),
            Self::Transaction(tx) => tx.commit().await.map_err(StoreError::from_driver),
        }
    }
}

impl Deref for Connection {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        match self {
            Self::Single(conn) => conn,
            Self::Transaction(tx) => tx,
        }
    }
}

impl DerefMut for Connection {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        match self {
            Self::Single(conn) => conn,
            Self::Transaction(tx) => tx,
        }
    }
}

type Prepared = sqlx::query::Query<'static, Sqlite, SqliteArguments>;

fn prepared(query: Query) -> Result<Prepared, StoreError> {
    let (sql, values) = query.into_parts(Dialect::Sqlite);
    let arguments = value::arguments(values).map_err(StoreError::Internal)?;
    Ok(sqlx::query_with(sql, arguments))
}
