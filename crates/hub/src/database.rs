//! `backend.database`: which database the hub keeps its records in.

use crate::app::App;
use crate::hub::StartError;
use crate::task::Shutdown;
use callboard_config::Config;
use callboard_store::StoreConfig;
use std::time::Duration;

/// The folder of the database file when the configuration names none, below the working directory.
const DEFAULT_DIRECTORY: &str = "data";

/// How often the database is asked whether another process has written to it.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Wakes the followers of the change feed when another process has written, until the hub stops.
///
/// A database in memory has no other processes.
pub(crate) async fn watch_feed(app: App, mut shutdown: Shutdown) {
    let store = &app.core().store;
    if store.is_in_memory() {
        return;
    }
    let mut is_away = false;
    loop {
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = shutdown.signalled() => return,
        }
        let looked = store.feed().latest().await;
        if let (Err(error), false) = (&looked, is_away) {
            let error: &dyn std::error::Error = error;
            tracing::warn!(
                plugin = "hub",
                error,
                "the database does not answer; what other processes write is not seen meanwhile"
            );
        }
        is_away = looked.is_err();
    }
}

/// Reads `backend.database`; without it, SQLite in a file under `./data`.
///
/// `:memory:` keeps the records in memory, as the original does; `{directory: …}` names the folder.
///
/// # Errors
///
/// [`StartError`] for a client that the hub does not have.
pub fn store_config(config: &Config) -> Result<StoreConfig, StartError> {
    let client = config.optional_string("backend.database.client")?;
    match client.as_deref() {
        None | Some("better-sqlite3" | "sqlite3") => {}
        Some("pg") => {
            return Err(StartError::value(
                config,
                "backend.database.client",
                "PostgreSQL is not served by this version, use `better-sqlite3`",
            ));
        }
        Some(other) => {
            let reason = format!("unknown client `{other}`, expected `better-sqlite3`");
            return Err(StartError::value(config, "backend.database.client", reason));
        }
    }
    let connection = config.json("backend.database.connection");
    match connection
        .as_ref()
        .and_then(|connection| connection.as_str())
    {
        Some(":memory:") => return Ok(StoreConfig::SqliteMemory),
        // Not repeated: the connection of another database holds a password.
        Some(_) => {
            let reason = "expected `:memory:`, or an object with `directory`";
            return Err(StartError::value(
                config,
                "backend.database.connection",
                reason,
            ));
        }
        None => {}
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
        let pg = read(&json!({"client": "pg"})).unwrap_err().to_string();
        let url = read(&json!({"connection": "postgres://hub:hush@db/hub"}))
            .unwrap_err()
            .to_string();

        assert!(
            pg.starts_with("`backend.database.client` in the configuration: PostgreSQL"),
            "{pg}"
        );
        assert!(
            url.contains("`backend.database.connection`") && !url.contains("hush"),
            "{url}"
        );
    }
}
