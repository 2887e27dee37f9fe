//! `backend.database`: which database the hub keeps its records in.

use crate::app::App;
use crate::hub::StartError;
use crate::task::Shutdown;
use callboard_config::Config;
use callboard_store::StoreConfig;
use serde_json::Value;
use std::time::Duration;

mod postgres;

/// Where the database is.
const CONNECTION: &str = "backend.database.connection";

/// The folder of the database file when the configuration names none, below the working directory.
const DEFAULT_DIRECTORY: &str = "data";

/// How long a write of another process may stay unseen where nobody tells of it.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Wakes the followers of the change feed when another process has written, until the hub stops.
///
/// A database in memory has no other processes.
pub(crate) async fn watch_feed(app: App, mut shutdown: Shutdown) {
    let store = &app.core().store;
    if store.is_in_memory() {
        return;
    }
    let mut reported = false;
    loop {
        let error = tokio::select! {
            watched = store.feed().watch(LOOK_EVERY) => watched.err(),
            () = shutdown.signalled() => return,
        };
        if let (Some(error), false) = (error, reported) {
            let error: &dyn std::error::Error = &error;
            tracing::warn!(
                plugin = "hub",
                error,
                "the database does not answer; what other processes write is not seen meanwhile"
            );
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = shutdown.signalled() => return,
        }
        reported = store.feed().latest().await.is_err();
    }
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
