//! Whether the database can be used, for `callboard doctor`.

use super::iam::Iam;
use super::{connection, identity};
use crate::clock::Clock;
use crate::finding::Finding;
use callboard_config::Config;
use callboard_store::{OpenError, PostgresConfig, Refusal, Store, StoreConfig, StoreError, Tls};
use jiff::{SignedDuration, Timestamp};
use std::error::Error;
use std::net::IpAddr;
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
        StoreConfig::SqliteFile { .. } => match look(&database, clock).await {
            Ok(findings) => findings,
            Err(error) => vec![fault(&error)],
        },
        StoreConfig::Postgres(server) => {
            // What cannot be read has ended in an error above.
            let iam = identity(config).ok().flatten();
            let mut findings = notes(server, iam.as_ref());
            let looked = async {
                match look(&database, clock).await {
                    Ok(findings) => findings,
                    Err(error) => vec![refused(&error, server, iam.as_ref()).await],
                }
            };
            findings.extend(match tokio::time::timeout(DEADLINE, looked).await {
                Ok(findings) => findings,
                Err(_) => vec![
                    Finding::error(format!("{server} does not answer"))
                        .help("look whether a firewall or a security group is in between"),
                ],
            });
            findings
        }
    }
}

/// How the hub comes to the server, where that is worth a word.
fn notes(server: &PostgresConfig, iam: Option<&Iam>) -> Vec<Finding> {
    let mut notes = Vec::new();
    if let Some(iam) = iam {
        let text = format!("the password is a token of AWS, by {}", iam.source());
        notes.push(Finding::note(text));
    }
    if server.tls == Tls::Off && !is_here(&server.host) {
        let text = format!("the connection to `{}` is not encrypted", server.host);
        notes.push(Finding::note(text).help("see `backend.database.connection.ssl`"));
    }
    notes
}

/// Whether what goes to this host stays on the machine.
fn is_here(host: &str) -> bool {
    let is_loopback = |address: IpAddr| address.is_loopback();
    host.starts_with('/') || host == "localhost" || host.parse().is_ok_and(is_loopback)
}

/// What keeps the hub from its server, and how to mend it.
async fn refused(error: &StoreError, server: &PostgresConfig, iam: Option<&Iam>) -> Finding {
    let StoreError::Open(OpenError::Server { refusal, .. }) = error else {
        return fault(error);
    };
    match (refusal, iam) {
        (Refusal::NoDatabase, _) if server.makes_database => match Store::may_make(server).await {
            Ok(true) => Finding::note(format!("{server} is not there yet"))
                .help("the hub makes it at its first start"),
            Ok(false) => Finding::error(format!(
                "{server} is not there, and `{}` may not make it",
                server.user
            ))
            .help(Refusal::NotAllowed.help()),
            Err(error) => fault(&error),
        },
        (Refusal::Credentials, Some(iam)) => fault(error).help(format!(
            "let the user in with `GRANT rds_iam TO {}` on the database, and let {} do \
             `rds-db:connect` as this user",
            server.user,
            iam.source()
        )),
        _ => fault(error),
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

fn fault(error: &StoreError) -> Finding {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    Finding {
        help: error.help().map(str::to_owned),
        ..Finding::error(text)
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
