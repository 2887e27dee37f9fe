//! The PostgreSQL driver: its connections, and how they are set up.

use std::ops::{Deref, DerefMut};
use std::time::Duration;

use sqlx::pool::{PoolConnection, PoolOptions};
use sqlx::postgres::{PgArguments, PgConnection, PgListener, PgRow};
use sqlx::{Executor, Postgres, Transaction};

use crate::config::{Limits, PostgresConfig};
use crate::error::{OpenError, StoreError};
use crate::query::Query;

mod address;
pub(crate) mod connect;
pub(crate) mod error;
pub(crate) mod value;

/// All that is read is of one moment.
const BEGIN_READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// One writer at a time, as on SQLite: what a transaction reads after this is the newest state,
/// and it stays so until its end. Every engine that speaks this dialect has locks of rows.
const LOCK_WRITERS: &str = "SELECT revision FROM store_feed_head WHERE id = 1 FOR UPDATE";

/// Keeps other processes out while there may be no row to lock yet. The number is ours alone.
const LOCK_SCHEMA: &str = "SELECT pg_advisory_xact_lock(4850312279513001)";

/// The channel on which a commit wakes the other processes.
const CHANNEL: &str = "callboard_changes";

/// Most connections that write: one works, the others wait for it in the server's line.
const WRITERS: u32 = 3;

/// One connection listens, the other asks.
const WATCHERS: u32 = 2;

/// How long the server may take to say what the newest revision is before it counts as lost.
const LOOK_DEADLINE: Duration = Duration::from_secs(2);

/// Connections that write, some that only read, and those that watch the server.
#[derive(Debug, Clone)]
pub(crate) struct Pools {
    writers: sqlx::Pool<Postgres>,
    readers: sqlx::Pool<Postgres>,
    watchers: sqlx::Pool<Postgres>,
    notifies: bool,
}

impl Pools {
    /// Connects, after making the database or the schema if that is wanted.
    pub(crate) async fn open(config: &PostgresConfig, limits: &Limits) -> Result<Self, OpenError> {
        let options = connect::options(config);
        connect::ensure(config, &options).await?;
        let settings = connect::settings(config, limits);
        let only_read = format!("{settings}{}", connect::ONLY_READ);
        let others = limits.connections.saturating_sub(WATCHERS);
        let write = (others / 2).clamp(1, WRITERS);
        let read = others.saturating_sub(write).max(1);
        // A lazy pool would find out only at the first write that it may not connect.
        let writers = pool(limits.busy_timeout, write, settings)
            .connect_with(options.clone())
            .await
            .map_err(|error| error::open(config, error))?;
        let readers = pool(limits.busy_timeout, read, only_read.clone());
        let watchers = pool(LOOK_DEADLINE, WATCHERS, only_read);
        Ok(Self {
            writers,
            readers: readers.connect_lazy_with(options.clone()),
            watchers: watchers.connect_lazy_with(options),
            notifies: config.notifies,
        })
    }

    pub(crate) async fn read(&self) -> Result<Connection, StoreError> {
        let conn = self
            .readers
            .acquire()
            .await
            .map_err(StoreError::from_driver)?;
        Ok(self.single(conn))
    }

    pub(crate) async fn begin_read(&self) -> Result<Connection, StoreError> {
        let tx = self.readers.begin_with(BEGIN_READ).await;
        Ok(Connection {
            kind: Kind::Transaction(tx.map_err(StoreError::from_driver)?),
            notifies: self.notifies,
        })
    }

    pub(crate) async fn begin(&self) -> Result<Connection, StoreError> {
        self.begin_locked(LOCK_WRITERS).await
    }

    /// As `begin`, for a database that may have no table yet.
    pub(crate) async fn begin_schema(&self) -> Result<Connection, StoreError> {
        self.begin_locked(LOCK_SCHEMA).await
    }

    async fn begin_locked(&self, lock: &'static str) -> Result<Connection, StoreError> {
        let tx = self
            .writers
            .begin()
            .await
            .map_err(StoreError::from_driver)?;
        let mut conn = Connection {
            kind: Kind::Transaction(tx),
            notifies: self.notifies,
        };
        let locked = (*conn).execute(sqlx::raw_sql(lock)).await;
        locked.map_err(error::of_writer)?;
        Ok(conn)
    }

    /// Listens for the commits of other processes; `None` where nobody tells of them.
    pub(crate) async fn listen(&self) -> Result<Option<Listener>, StoreError> {
        if !self.notifies {
            return Ok(None);
        }
        let listening = in_time(async {
            let listener = PgListener::connect_with(&self.watchers).await;
            let mut listener = listener.map_err(StoreError::from_driver)?;
            let listens = listener.listen(CHANNEL).await;
            listens.map_err(StoreError::from_driver)?;
            Ok(Listener(listener))
        });
        match listening.await {
            Ok(listener) => Ok(Some(listener)),
            Err(StoreError::Internal(error)) => {
                tracing::warn!(%error, "the database server has no `LISTEN`; it is asked for changes instead");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// A connection that nobody else waits for.
    pub(crate) async fn watcher(&self) -> Result<Connection, StoreError> {
        let conn = self.watchers.acquire().await;
        Ok(self.single(conn.map_err(StoreError::from_driver)?))
    }

    fn single(&self, conn: PoolConnection<Postgres>) -> Connection {
        Connection {
            kind: Kind::Single(conn),
            notifies: self.notifies,
        }
    }

    pub(crate) async fn close(&self) {
        self.watchers.close().await;
        self.readers.close().await;
        self.writers.close().await;
    }
}

/// Gives up after [`LOOK_DEADLINE`]: a server that hangs is as good as none.
pub(crate) async fn in_time<T>(
    work: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    match tokio::time::timeout(LOOK_DEADLINE, work).await {
        Ok(done) => done,
        Err(elapsed) => Err(StoreError::Unavailable(elapsed.into())),
    }
}

/// A pool of so many connections, each of which begins with `settings`.
fn pool(wait: Duration, connections: u32, settings: String) -> PoolOptions<Postgres> {
    PoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(wait)
        // What answers requests does not come here, so a ping each time costs nobody anything, and
        // a connection that a restart of the server cut is never handed out.
        .test_before_acquire(true)
        .after_connect(move |conn: &mut PgConnection, _meta| {
            let settings = settings.clone();
            Box::pin(async move {
                let (sql, _) = Query::built(settings).into_parts();
                conn.execute(sqlx::raw_sql(sql)).await?;
                Ok(())
            })
        })
}

/// A connection that waits for the commits of other processes.
#[derive(Debug)]
pub(crate) struct Listener(PgListener);

impl Listener {
    /// Waits until a process has committed something, or until the connection was lost and is back.
    pub(crate) async fn woken(&mut self) -> Result<(), StoreError> {
        self.0
            .try_recv()
            .await
            .map(drop)
            .map_err(StoreError::from_driver)
    }
}

/// A connection, in a transaction or not.
#[derive(Debug)]
pub(crate) struct Connection {
    kind: Kind,
    notifies: bool,
}

#[derive(Debug)]
enum Kind {
    Single(PoolConnection<Postgres>),
    Transaction(Transaction<'static, Postgres>),
}

impl Connection {
    pub(crate) async fn execute(&mut self, query: Query) -> Result<u64, StoreError> {
        let result = prepared(query)?
            .execute(&mut **self)
            .await
            .map_err(StoreError::from_driver)?;
        Ok(result.rows_affected())
    }

    pub(crate) async fn fetch_all(&mut self, query: Query) -> Result<Vec<PgRow>, StoreError> {
        prepared(query)?
            .fetch_all(&mut **self)
            .await
            .map_err(StoreError::from_driver)
    }

    pub(crate) async fn fetch_optional(
        &mut self,
        query: Query,
    ) -> Result<Option<PgRow>, StoreError> {
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

    /// Wakes the listeners of every process when the transaction commits.
    pub(crate) async fn notify(&mut self) -> Result<(), StoreError> {
        if !self.notifies {
            return Ok(());
        }
        sqlx::query("SELECT pg_notify($1, '')")
            .bind(CHANNEL)
            .execute(&mut **self)
            .await
            .map_err(StoreError::from_driver)?;
        Ok(())
    }

    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        match self.kind {
            // Each of its statements was committed as it ran.
            Kind::Single(_) => Ok(()),
            Kind::Transaction(tx) => tx.commit().await.map_err(StoreError::from_driver),
        }
    }
}

impl Deref for Connection {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        match &self.kind {
            Kind::Single(conn) => conn,
            Kind::Transaction(tx) => tx,
        }
    }
}

impl DerefMut for Connection {
    fn deref_mut(&mut self) -> &mut PgConnection {
        match &mut self.kind {
            Kind::Single(conn) => conn,
            Kind::Transaction(tx) => tx,
        }
    }
}

type Prepared = sqlx::query::Query<'static, Postgres, PgArguments>;

fn prepared(query: Query) -> Result<Prepared, StoreError> {
    let (sql, values) = query.into_parts();
    let arguments = value::arguments(values).map_err(StoreError::Internal)?;
    Ok(sqlx::query_with(sql, arguments))
}
