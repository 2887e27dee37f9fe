//! Reading the PostgreSQL database of another program, to take over what it stores.
//!
//! Nothing here writes, and nothing of it is the hub's own database: that is a
//! [`Store`](crate::Store). Columns of foreign tables come and go between versions, so a row is
//! a JSON object of whatever columns there are.
//!
//! ```no_run
//! # use callboard_store::foreign::{ForeignAddress, ForeignDatabase, ForeignError};
//! # async fn example() -> Result<(), ForeignError> {
//! let address = ForeignAddress::parse("postgres://reader@db.example.com/backstage")?;
//! let mut database = ForeignDatabase::connect(&address).await?;
//! let rows = database.rows("casbin_rule").await?.unwrap_or_default();
//! # Ok(())
//! # }
//! ```

use std::error::Error;
use std::fmt;
use std::time::Duration;

use serde_json::{Map, Value};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgRow};
use sqlx::{ConnectOptions, Connection, Executor, Row};
use tokio::time::timeout;

use crate::query::{Dialect, Query};

type Source = Box<dyn Error + Send + Sync>;

/// A row: its columns by name, in no particular order.
pub type ForeignRow = Map<String, Value>;

/// How long to wait for the server to let us in.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// What may stand behind the `?` of an address.
const PARAMETERS: [&str; 12] = [
    "application_name",
    "dbname",
    "host",
    "hostaddr",
    "options",
    "password",
    "port",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
    "user",
];

/// All tables as they are at one moment, and no way to change them.
const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// A statement that waits for a lock of the other program must not wait for ever.
const SET_TIMEOUT: &str = "SELECT set_config('statement_timeout', '60s', true)";

const SET_SCHEMA: &str = "SELECT set_config('search_path', quote_ident($1), true)";

const EXISTS: &str = "SELECT to_regclass(quote_ident($1)) IS NOT NULL";

/// Where a foreign database is; neither `Display` nor `Debug` shows its password.
#[derive(Clone)]
pub struct ForeignAddress {
    options: Box<PgConnectOptions>,
    schema: Option<String>,
}

impl ForeignAddress {
    /// Reads a `postgres://` URL, with the parameters that `psql` knows, such as `sslmode`,
    /// `host` (also the folder of a socket) and `options`.
    ///
    /// What the URL leaves out comes, as for `psql`, from `PGPASSWORD` and its like and from the
    /// user's password file.
    ///
    /// # Errors
    ///
    /// [`ForeignError::Address`], which does not repeat the URL.
    pub fn parse(url: &str) -> Result<Self, ForeignError> {
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return Err(ForeignError::Address(
                "it does not begin with `postgres://`".into(),
            ));
        }
        if let Some(key) = unknown_parameter(url) {
            let reason = format!("the parameter `{key}` is not known");
            return Err(ForeignError::Address(reason.into()));
        }
        let options = url
            .parse::<PgConnectOptions>()
            .map_err(|error| ForeignError::Address(error.into()))?;
        Ok(Self {
            options: Box::new(options.application_name("callboard")),
            schema: None,
        })
    }

    /// The same address with its tables in `schema`, instead of those that the user's search path
    /// names.
    #[must_use]
    pub fn in_schema(self, schema: impl Into<String>) -> Self {
        Self {
            schema: Some(schema.into()),
            ..self
        }
    }
}

impl fmt::Display for ForeignAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let options = &self.options;
        write!(f, "postgres://{}@", options.get_username())?;
        match options.get_socket() {
            Some(folder) => f.write_str(&folder.to_string_lossy())?,
            None => write!(f, "{}:{}", options.get_host(), options.get_port())?,
        }
        let database = options
            .get_database()
            .unwrap_or_else(|| options.get_username());
        write!(f, "/{database}")?;
        match &self.schema {
            Some(schema) => write!(f, " (schema {schema})"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for ForeignAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A connection to a foreign database, in a transaction that only reads.
#[derive(Debug)]
pub struct ForeignDatabase {
    conn: PgConnection,
}

impl ForeignDatabase {
    /// Connects; everything that is read afterwards is of one moment.
    ///
    /// # Errors
    ///
    /// [`ForeignError::Connect`] if the server does not answer in 15 s or does not let us in.
    pub async fn connect(address: &ForeignAddress) -> Result<Self, ForeignError> {
        let refused = |error: sqlx::Error| ForeignError::Connect(error.into());
        let connecting = timeout(CONNECT_TIMEOUT, address.options.connect());
        let mut conn = connecting
            .await
            .map_err(|_| ForeignError::Connect("the server does not answer".into()))?
            .map_err(refused)?;
        conn.execute(BEGIN).await.map_err(refused)?;
        conn.execute(SET_TIMEOUT).await.map_err(refused)?;
        if let Some(schema) = &address.schema {
            sqlx::query(SET_SCHEMA)
                .bind(schema)
                .execute(&mut conn)
                .await
                .map_err(refused)?;
        }
        Ok(Self { conn })
    }

    /// Every row of `table`, in the order of the column `id` if it has one; `None` if there is no
    /// such table.
    ///
    /// `table` is a name that the program knows, case and hyphens included. Times are texts as in
    /// ISO 8601.
    ///
    /// # Errors
    ///
    /// [`ForeignError::Read`], also if this user may not read the table.
    pub async fn rows(
        &mut self,
        table: &'static str,
    ) -> Result<Option<Vec<ForeignRow>>, ForeignError> {
        self.try_rows(table)
            .await
            .map_err(|source| ForeignError::Read { table, source })
    }

    async fn try_rows(&mut self, table: &'static str) -> Result<Option<Vec<ForeignRow>>, Source> {
        let row = sqlx::query(EXISTS)
            .bind(table)
            .fetch_one(&mut self.conn)
            .await?;
        if !row.try_get::<bool, _>(0)? {
            return Ok(None);
        }
        let select =
            format!("SELECT to_jsonb(t)::text FROM \"{table}\" AS t ORDER BY to_jsonb(t) -> 'id'");
        let (select, _) = Query::built(select).into_parts(Dialect::Postgres);
        let rows = sqlx::query(select).fetch_all(&mut self.conn).await?;
        let rows = rows.iter().map(object);
        rows.collect::<Result<_, _>>().map(Some)
    }

    /// Ends the transaction and the connection.
    ///
    /// # Errors
    ///
    /// [`ForeignError::Connect`] if the server was already gone; what was read is good all the same.
    pub async fn close(self) -> Result<(), ForeignError> {
        let closed = self.conn.close().await;
        closed.map_err(|error| ForeignError::Connect(error.into()))
    }
}

/// The first parameter that the driver would not know.
///
/// It would ignore it, a `sslmode` with a slip of the pen too, and log its value.
fn unknown_parameter(url: &str) -> Option<&str> {
    let (_, query) = url.split_once('?')?;
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let mut keys = pairs.map(|pair| pair.split_once('=').map_or(pair, |(key, _)| key));
    keys.find(|key| !PARAMETERS.contains(key) && !key.starts_with("options["))
}

fn object(row: &PgRow) -> Result<ForeignRow, Source> {
    let text: &str = row.try_get(0)?;
    Ok(serde_json::from_str(text)?)
}

/// Why a foreign database could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ForeignError {
    /// The address is none. It may hold a password, so it is not repeated.
    #[error("the address of the database cannot be read")]
    Address(#[source] Source),
    /// The server is out of reach, or refuses the user.
    #[error("cannot connect to the database")]
    Connect(#[source] Source),
    /// A table cannot be read.
    #[error("cannot read the table `{table}`")]
    Read {
        /// The table.
        table: &'static str,
        /// Why.
        source: Source,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_form_of_an_address_shows_its_password() {
        let url = "postgres://hub:hush@db.example.com:5433/backstage?sslmode=require";
        let address = ForeignAddress::parse(url).unwrap().in_schema("permission");

        assert_eq!(
            address.to_string(),
            "postgres://hub@db.example.com:5433/backstage (schema permission)"
        );
        assert_eq!(format!("{address:?}"), address.to_string());
    }

    #[test]
    fn what_is_no_address_is_refused_without_repeating_it() {
        for url in [
            "mysql://hub:hush@db/x",
            "postgres://hub:hush@db:port/x",
            "postgres://hub:hush@db/x?sslmode=hush",
            "postgres://hub@db/x?pass=hush",
        ] {
            let error = ForeignAddress::parse(url).unwrap_err();

            assert!(matches!(error, ForeignError::Address(_)), "{url}");
            assert!(!error.to_string().contains("hush"), "{error}");
        }
    }
}
