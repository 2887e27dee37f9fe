//! The PostgreSQL driver: its connections, and how they are set up.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use sqlx::pool::{PoolConnection, PoolOptions};
use sqlx::postgres::{PgArguments, PgConnectOptions, PgConnection, PgListener, PgRow};
use sqlx::{Executor, Postgres, Transaction};
use tokio::sync::watch;

use crate::config::{Limits, PostgresConfig};
use crate::contact::{Contact, Lost};
use crate::error::{OpenError, StoreError};
use crate::query::{Dialect, Query};

mod address;
pub(crate) mod connect;
pub(crate) mod error;
pub(crate) mod refusal;
pub(crate) mod value;

/// All that is read is of one moment.
const BEGIN_READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// One writer at a time, as on SQLite: what a transaction reads after this is the newest state,
/// and it stays so until its end. Every engine that speaks this dialect has locks of rows.
const LOCK_WRITERS: &str = "SELECT revision FROM store_feed_head WHERE id = 1 FOR UPDATE";

/// What the server's clock says, in seconds since 1970.
const TIME: &str = "SELECT CAST(EXTRACT(EPOCH FROM CURRENT_TIMESTAMP) AS DOUBLE PRECISION)";

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
pub(crate) struct Pools(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    present: RwLock<Arc<Set>>,
    plan: RwLock<Plan>,
    notifies: bool,
    contact: watch::Sender<Contact>,
}

#[derive(Debug)]
struct Set {
    writers: sqlx::Pool<Postgres>,
    readers: sqlx::Pool<Postgres>,
    watchers: sqlx::Pool<Postgres>,
}

/// How connections are made, and how many.
#[derive(Debug)]
struct Plan {
    options: PgConnectOptions,
    settings: String,
    wait: Duration,
    write: u32,
    read: u32,
}

impl Plan {
    fn new(config: &PostgresConfig, limits: &Limits) -> Self {
        let others = limits.connections.saturating_sub(WATCHERS);
        let write = (others / 2).clamp(1, WRITERS);
        Self {
            options: connect::options(config),
            settings: connect::settings(config, limits),
            wait: limits.busy_timeout,
            write,
            read: others.saturating_sub(write).max(1),
        }
    }

    /// A set that connects when it is first used.
    fn set(&self) -> Set {
        let only_read = format!("{}{}", self.settings, connect::ONLY_READ);
        let lazy = |wait, connections, settings| {
            pool(wait, connections, settings).connect_lazy_with(self.options.clone())
        };
        Set {
            writers: lazy(self.wait, self.write, self.settings.clone()),
            readers: lazy(self.wait, self.read, only_read.clone()),
            watchers: lazy(LOOK_DEADLINE, WATCHERS, only_read),
        }
    }
}

impl Pools {
    /// Connects, after making the database or the schema if that is wanted.
    pub(crate) async fn open(config: &PostgresConfig, limits: &Limits) -> Result<Self, OpenError> {
        let plan = Plan::new(config, limits);
        connect::ensure(config, &plan.options).await?;
        let set = plan.set();
        // A lazy pool would find out only at the first write that it may not connect.
        let first = set.writers.acquire().await;
        drop(first.map_err(|error| error::open(config, error))?);
        Ok(Self(Arc::new(Shared {
            present: RwLock::new(Arc::new(set)),
            plan: RwLock::new(plan),
            notifies: config.notifies,
            contact: watch::Sender::new(Contact::new()),
        })))
    }

    /// What is known of the server.
    pub(crate) fn contact(&self) -> &watch::Sender<Contact> {
        &self.0.contact
    }

    fn present(&self) -> Arc<Set> {
        let present = self.0.present.read();
        Arc::clone(&present.unwrap_or_else(PoisonError::into_inner))
    }

    /// Begins with new connections. A server that vanished without a word leaves the old ones
    /// waiting for minutes; nobody waits with them.
    pub(crate) fn renew(&self) {
        // Held until the set is the present one, so that no other password is shown in between.
        let plan = self.0.plan.read().unwrap_or_else(PoisonError::into_inner);
        let set = Arc::new(plan.set());
        let present = self.0.present.write();
        *present.unwrap_or_else(PoisonError::into_inner) = set;
    }

    /// The time since 1970 by the server's clock.
    pub(crate) async fn time(&self) -> Result<Duration, StoreError> {
        let set = self.present();
        let seconds: f64 = sqlx::query_scalar(TIME)
            .fetch_one(&set.readers)
            .await
            .map_err(StoreError::from_driver)?;
        Ok(Duration::try_from_secs_f64(seconds).unwrap_or_default())
    }

    /// Shows the server another password from now on; connections that are open stay so.
    pub(crate) fn show_password(&self, password: &str) {
        let mut plan = self.0.plan.write().unwrap_or_else(PoisonError::into_inner);
        plan.options = plan.options.clone().password(password);
        let set = self.present();
        for pool in [&set.writers, &set.readers, &set.watchers] {
            pool.set_connect_options(plan.options.clone());
        }
    }

    pub(crate) async fn read(&self) -> Result<Connection, StoreError> {
        let conn = self.present().readers.acquire().await;
        Ok(self.watched(Kind::Single(conn.map_err(StoreError::from_driver)?)))
    }

    pub(crate) async fn begin_read(&self) -> Result<Connection, StoreError> {
        let tx = self.present().readers.begin_with(BEGIN_READ).await;
        Ok(self.watched(Kind::Transaction(tx.map_err(StoreError::from_driver)?)))
    }

    pub(crate) async fn begin(&self) -> Result<Connection, StoreError> {
        self.begin_locked(LOCK_WRITERS).await
    }

    /// As `begin`, for a database that may have no table yet.
    pub(crate) async fn begin_schema(&self) -> Result<Connection, StoreError> {
        self.begin_locked(LOCK_SCHEMA).await
    }

    async fn begin_locked(&self, lock: &'static str) -> Result<Connection, StoreError> {
        let tx = self.present().writers.begin().await;
        let tx = tx.map_err(StoreError::from_driver)?;
        let mut conn = self.watched(Kind::Transaction(tx));
        conn.execute_script(lock).await.map_err(error::of_writer)?;
        Ok(conn)
    }

    /// Listens for the commits of other processes; `None` where nobody tells of them.
    pub(crate) async fn listen(&self) -> Result<Option<Listener>, StoreError> {
        if !self.0.notifies {
            return Ok(None);
        }
        let set = self.present();
        let listening = in_time(async {
            let listener = PgListener::connect_with(&set.watchers).await;
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
        let conn = self.present().watchers.acquire().await;
        Ok(Connection {
            kind: Kind::Single(conn.map_err(StoreError::from_driver)?),
            notifies: false,
            contact: None,
        })
    }

    /// A connection on which nobody waits for a server that is lost.
    fn watched(&self, kind: Kind) -> Connection {
        Connection {
            kind,
            notifies: self.0.notifies,
            contact: Some(self.0.contact.subscribe()),
        }
    }

    pub(crate) async fn close(&self) {
        let set = self.present();
        set.watchers.close().await;
        set.readers.close().await;
        set.writers.close().await;
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
                let (sql, _) = Query::built(settings).into_parts(Dialect::Postgres);
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
    /// Absent for whoever finds out whether the server is lost.
    contact: Option<watch::Receiver<Contact>>,
}

#[derive(Debug)]
enum Kind {
    Single(PoolConnection<Postgres>),
    Transaction(Transaction<'static, Postgres>),
}

impl Kind {
    fn as_mut(&mut self) -> &mut PgConnection {
        match self {
            Self::Single(conn) => conn,
            Self::Transaction(tx) => tx,
        }
    }
}

impl Connection {
    pub(crate) async fn execute(&mut self, query: Query) -> Result<u64, StoreError> {
        let query = prepared(query)?;
        let Self { kind, contact, .. } = self;
        let result = unless_lost(contact, query.execute(kind.as_mut())).await?;
        Ok(result.rows_affected())
    }

    pub(crate) async fn fetch_all(&mut self, query: Query) -> Result<Vec<PgRow>, StoreError> {
        let query = prepared(query)?;
        let Self { kind, contact, .. } = self;
        unless_lost(contact, query.fetch_all(kind.as_mut())).await
    }

    pub(crate) async fn fetch_optional(
        &mut self,
        query: Query,
    ) -> Result<Option<PgRow>, StoreError> {
        let query = prepared(query)?;
        let Self { kind, contact, .. } = self;
        unless_lost(contact, query.fetch_optional(kind.as_mut())).await
    }

    pub(crate) async fn execute_script(&mut self, sql: &'static str) -> Result<(), StoreError> {
        let Self { kind, contact, .. } = self;
        unless_lost(contact, kind.as_mut().execute(sqlx::raw_sql(sql))).await?;
        Ok(())
    }

    /// Wakes the listeners of every process when the transaction commits.
    pub(crate) async fn notify(&mut self) -> Result<(), StoreError> {
        if !self.notifies {
            return Ok(());
        }
        let notify = sqlx::query("SELECT pg_notify($1, '')").bind(CHANNEL);
        let Self { kind, contact, .. } = self;
        unless_lost(contact, notify.execute(kind.as_mut())).await?;
        Ok(())
    }

    pub(crate) async fn commit(mut self) -> Result<(), StoreError> {
        match self.kind {
            // Each of its statements was committed as it ran.
            Kind::Single(_) => Ok(()),
            Kind::Transaction(tx) => unless_lost(&mut self.contact, tx.commit()).await,
        }
    }
}

/// Waits for the server, but no longer than it is there: one that vanished does not even close
/// its connections.
async fn unless_lost<T>(
    contact: &mut Option<watch::Receiver<Contact>>,
    work: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, StoreError> {
    let lost = async {
        match contact {
            Some(contact) => drop(contact.wait_for(|contact| contact.is_lost).await),
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        biased;
        done = work => done.map_err(StoreError::from_driver),
        () = lost => Err(StoreError::Unavailable(Lost.into())),
    }
}

type Prepared = sqlx::query::Query<'static, Postgres, PgArguments>;

fn prepared(query: Query) -> Result<Prepared, StoreError> {
    let (sql, values) = query.into_parts(Dialect::Postgres);
    let arguments = value::arguments(values).map_err(StoreError::Internal)?;
    Ok(sqlx::query_with(sql, arguments))
}
