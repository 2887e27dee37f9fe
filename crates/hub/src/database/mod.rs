//! `backend.database`: which database the hub keeps its records in.

use crate::clock::Clock;
use crate::hub::StartError;
use crate::task::Task;
use callboard_config::{Config, Secret};
use callboard_store::{Limits, Store, StoreConfig};
use iam::Iam;
use serde_json::Value;
use std::sync::Arc;

mod applied;
mod encryption;
mod examination;
mod follow;
mod freshness;
mod iam;
mod limit;
mod metric;
mod postgres;
mod prune;
mod token;
mod unused;
mod watch;

pub use applied::Applied;
pub(crate) use applied::{Making, Origin, Progress};
pub(crate) use examination::examine;
pub(crate) use follow::{News, follow, news};
pub use freshness::Freshness;
pub(crate) use metric::DatabaseMetrics;
pub(crate) use prune::prune_feed;
pub(crate) use unused::findings;
pub(crate) use watch::watch_feed;

/// Where the database is.
const CONNECTION: &str = "backend.database.connection";

/// Whether PostgreSQL is to tell of commits.
const NOTIFICATIONS: &str = "callboard.database.notifications";

/// The folder of the database file when the configuration names none, below the working directory.
const DEFAULT_DIRECTORY: &str = "data";

/// Opens the database of the configuration for a hub, within the limits that it names.
///
/// # Errors
///
/// [`StartError`] as of [`store_config`], and when the database cannot be opened.
pub async fn open(config: &Config, clock: &dyn Clock) -> Result<Store, StartError> {
    let limits = limit::limits(config)?;
    let store = Store::open_within(&connection(config, clock).await?, &limits).await;
    Ok(store?)
}

/// As [`store_config`], with the password that AWS gives where the connection is of the type
/// `rds`.
///
/// # Errors
///
/// [`StartError`] as of [`store_config`], and when there is no such password.
pub async fn connection(config: &Config, clock: &dyn Clock) -> Result<StoreConfig, StartError> {
    let mut read = store_config(config)?;
    if let StoreConfig::Postgres(postgres) = &mut read
        && let Some(iam) = Iam::from_config(config, postgres)?
    {
        let token = iam.first_token(config, clock).await?;
        postgres.password = Some(token.password.expose().clone());
    }
    Ok(read)
}

/// Who the hub is at AWS; `None` where the password is no token.
fn identity(config: &Config) -> Result<Option<Iam>, StartError> {
    match store_config(config)? {
        StoreConfig::Postgres(postgres) => Iam::from_config(config, &postgres),
        StoreConfig::SqliteMemory | StoreConfig::SqliteFile { .. } => Ok(None),
    }
}

/// The task that keeps the password fresh; `None` where it does not change.
///
/// # Errors
///
/// [`StartError`] as of [`store_config`].
pub(crate) fn renewal(config: &Config) -> Result<Option<Task>, StartError> {
    let Some(iam) = identity(config)?.map(Arc::new) else {
        return Ok(None);
    };
    Ok(Some(Task::new("database-token", move |app, shutdown| {
        let iam = iam.clone();
        async move {
            let core = app.core();
            let show = |token: &Secret<String>| core.store.show_password(token.expose());
            token::renew(&iam, &*core.clock, shutdown, show).await;
        }
    })))
}

/// Whether the limits of the configuration can be used.
///
/// # Errors
///
/// [`StartError`] naming the value.
pub(crate) fn limits(config: &Config) -> Result<Limits, StartError> {
    limit::limits(config)
}

/// Reads `backend.database`; without it, SQLite in a file under `./data`.
///
/// With SQLite, `connection: ":memory:"` keeps the records in memory, as the original does, and
/// `{directory: …}` names the folder. With `pg` it is an address or an object, see [`postgres`].
///
/// # Errors
///
/// [`StartError`] for a client that the hub does not have, and for a connection that cannot be one.
pub fn store_config(config: &Config) -> Result<StoreConfig, StartError> {
    let client = config.optional_string("backend.database.client")?;
    match client.as_deref() {
        None | Some("better-sqlite3" | "sqlite3") => sqlite(config),
        Some("pg") => postgres::config(config).map(StoreConfig::Postgres),
        Some(other) => {
            let reason = format!("unknown client `{other}`, expected `better-sqlite3` or `pg`");
            Err(StartError::value(config, "backend.database.client", reason))
        }
    }
}

fn sqlite(config: &Config) -> Result<StoreConfig, StartError> {
    match config.json(CONNECTION) {
        Some(Value::String(text)) if text == ":memory:" => return Ok(StoreConfig::SqliteMemory),
        // Not repeated: the connection of another database holds a password.
        Some(Value::String(_)) => {
            let reason = "expected `:memory:`, or an object with `directory`";
            return Err(StartError::value(config, CONNECTION, reason)
                .with_help("an address of PostgreSQL goes with `client: pg`"));
        }
        _ => {}
    }
    let directory = config.optional_string("backend.database.connection.directory")?;
    let directory = directory.unwrap_or_else(|| DEFAULT_DIRECTORY.to_owned());
    Ok(StoreConfig::sqlite_in(config.resolve_path(directory)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read(database: &Value) -> Result<StoreConfig, StartError> {
        store_config(&Config::from_value(
            json!({"backend": {"database": database}}),
        ))
    }

    #[test]
    fn sqlite_is_in_a_file_unless_it_is_told_to_forget() {
        let memory = read(&json!({"client": "better-sqlite3", "connection": ":memory:"})).unwrap();
        let folder =
            read(&json!({"client": "sqlite3", "connection": {"directory": "/srv/hub"}})).unwrap();

        assert_eq!(memory, StoreConfig::SqliteMemory);
        assert_eq!(folder, StoreConfig::sqlite_in("/srv/hub"));
    }

    #[test]
    fn another_database_is_refused_without_telling_its_password() {
        let other = read(&json!({"client": "mysql2"})).unwrap_err().to_string();
        let url = read(&json!({"connection": "postgres://hub:hush@db/hub"}))
            .unwrap_err()
            .to_string();

        assert!(other.contains("unknown client `mysql2`"), "{other}");
        assert!(
            url.contains("`backend.database.connection`") && !url.contains("hush"),
            "{url}"
        );
    }
}
