//! Whether the database can be used, for `callboard doctor`.

use super::connection;
use crate::clock::Clock;
use crate::finding::Finding;
use callboard_config::Config;
use callboard_store::{Store, StoreConfig, StoreError};
use jiff::{SignedDuration, Timestamp};
use std::error::Error;
use std::path::Path;
use std::time::Duration;

/// How far the clock of the server may be from ours: tokens and leases are judged by both.
const SKEW: SignedDuration = SignedDuration::from_secs(5);

/// How long the server may take to let us in.
const DEADLINE: Duration = Duration::from_secs(15);

/// Opens the database if it is there, and looks whether it could be made if it is not.
pub(crate) async fn examine(config: &Config, clock: &dyn Clock) -> Vec<Finding> {
    let database = match connection(config, clock).await {
        Ok(database) => database,
        Err(error) => return vec![Finding::from_start_error(&error)],
    };
    match &database {
        StoreConfig::SqliteMemory => vec![
            Finding::warning("the records are in memory and end with the hub")
                .help("give `backend.database.connection` a `directory`"),
        ],
        StoreConfig::SqliteFile { path } if !path.exists() => writable(path),
        StoreConfig::SqliteFile { .. } | StoreConfig::Postgres(_) => {
            match tokio::time::timeout(DEADLINE, look(&database, clock)).await {
                Ok(Ok(findings)) => findings,
                Ok(Err(error)) => vec![fault(&error, &database)],
                Err(_) => vec![
                    Finding::error(format!("{} does not answer", named(&database)))
                        .help("look whether a firewall is in between"),
                ],
            }
        }
    }
}

async fn look(database: &StoreConfig, clock: &dyn Clock) -> Result<Vec<Finding>, StoreError> {
    let store = Store::open_existing(database).await?;
    let told = store.server_time().await;
    let now = clock.now();
    store.close().await;
    let there = told?.and_then(|since| SignedDuration::try_from(since).ok());
    let there = there.and_then(|since| Timestamp::from_duration(since).ok());
    Ok(there
        .and_then(|there| skew(there, now))
        .into_iter()
        .collect())
}

fn skew(there: Timestamp, here: Timestamp) -> Option<Finding> {
    let apart = there.duration_since(here);
    (apart.abs() > SKEW).then(|| {
        let message = format!("the clock of the database is {apart:#} away from this machine's");
        Finding::error(message).help("let both follow a time server")
    })
}

fn fault(error: &StoreError, database: &StoreConfig) -> Finding {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    if text.contains("does not exist") {
        return Finding::note(format!("{}: {text}", named(database)))
            .help("the hub makes it at its first start, unless `ensureExists` is `false`");
    }
    Finding::error(format!("{}: {text}", named(database)))
}

/// Where the database is, without a password.
fn named(database: &StoreConfig) -> String {
    match database {
        StoreConfig::SqliteMemory => "memory".to_owned(),
        StoreConfig::SqliteFile { path } => path.display().to_string(),
        StoreConfig::Postgres(config) => config.to_string(),
    }
}

/// Whether the folder of a file that is not there yet lets us make one.
fn writable(file: &Path) -> Vec<Finding> {
    let there = file.ancestors().skip(1).find(|folder| folder.is_dir());
    let Some(folder) = there else {
        return Vec::new();
    };
    match tempfile_in(folder) {
        Ok(()) => Vec::new(),
        Err(error) => vec![
            Finding::error(format!(
                "`{}` cannot be made: {error} in `{}`",
                file.display(),
                folder.display()
            ))
            .help("let the hub's user write there, or name another `directory`"),
        ],
    }
}

fn tempfile_in(folder: &Path) -> std::io::Result<()> {
    let probe = folder.join(format!(".callboard-{}", std::process::id()));
    std::fs::File::create_new(&probe)?;
    std::fs::remove_file(probe)
}
