//! Moving in: the roles of a Red Hat Developer Hub, or of any Backstage with the community's
//! RBAC backend, read from its database or over its REST interface.
//!
//! [`plan`] is all of the thinking, without a database; [`postgres`] and [`api`] read; what is
//! here is written in one transaction.

mod api;
mod foreign;
mod plan;
mod postgres;
mod report;

pub use api::{ApiAddress, ApiError};
pub use report::{Count, Kind, Note, Outcome, Report};

use super::config::RbacConfig;
use super::{service, store};
use crate::app::Core;
use crate::audit::{Audit, Operation, Requester};
use crate::hub::StartError;
use callboard_store::foreign::{ForeignAddress, ForeignError};
use callboard_store::{StoreError, feed};
use miette::Diagnostic;
use serde_json::json;
use std::fmt::Display;

/// Where roles are imported from.
#[derive(Debug, Clone)]
pub enum ImportSource {
    /// The database of the other installation, which need not run.
    Database(ForeignAddress),
    /// The other installation itself.
    Api(ApiAddress),
}

/// Whether an import is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportMode {
    /// Writes what is new.
    Write,
    /// Writes nothing, and says what would be written.
    DryRun,
}

/// Reads the other installation and writes what this one lacks, in one transaction that a
/// running hub on the same database follows.
pub(crate) async fn import(
    core: &Core,
    audit: &Audit,
    source: &ImportSource,
    mode: ImportMode,
    asked_by: &str,
) -> Result<Report, ImportError> {
    let config = RbacConfig::from_config(&core.config)?;
    let (foreign, shown) = match source {
        ImportSource::Database(address) => (postgres::read(address).await?, address.to_string()),
        ImportSource::Api(address) => (api::read(address).await?, address.shown()),
    };

    let mut tx = core.store.begin().await?;
    // A dry run drops the transaction, and this with it.
    store::begin_write(&mut tx).await?;
    let stored = store::load(&mut tx).await?;
    let (state, report) = plan::plan(&stored, foreign, &config);
    let report = Report {
        source: shown,
        dry_run: mode == ImportMode::DryRun,
        ..report
    };
    if mode == ImportMode::DryRun || state == stored {
        return Ok(report);
    }
    let requester = Requester::named(asked_by);
    let operation = Operation::begin(
        requester,
        "permission",
        "role-import",
        json!({"from": report.source}),
    );
    store::save(&mut tx, &stored, &state).await?;
    let counts = json!({"counts": report.counts});
    let recorded = operation.succeed_by(audit, &mut tx, counts).await?;
    feed::record(&mut tx, service::TOPIC, "import").await?;
    tx.commit().await?;
    recorded.publish();
    Ok(report)
}

/// Why an import did not happen; nothing was written then.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The configuration of this hub cannot be used, or its database.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The database of the other installation cannot be read.
    #[error(transparent)]
    Foreign(#[from] ForeignError),
    /// There are no roles in that database.
    #[error("there is no table `casbin_rule` in the database")]
    NoTables,
    /// The other installation cannot be asked.
    #[error(transparent)]
    Api(#[from] ApiError),
}

impl From<StoreError> for ImportError {
    fn from(error: StoreError) -> ImportError {
        StartError::from(error).into()
    }
}

impl Diagnostic for ImportError {
    fn help<'a>(&'a self) -> Option<Box<dyn Display + 'a>> {
        let help = match self {
            Self::Start(error) => return error.help(),
            Self::Foreign(ForeignError::Address(_)) => {
                "write it as `postgres://user@host:5432/backstage_plugin_permission`, special characters of a password \
                 as `%40`, or give the password in PGPASSWORD"
            }
            Self::Foreign(ForeignError::Connect(_)) => {
                "check host, port, user, password and database, and whether the server wants `?sslmode=require`"
            }
            Self::Foreign(ForeignError::Read { .. }) => {
                "use a user who may read the tables of the permission plugin"
            }
            Self::NoTables => {
                "name the database `backstage_plugin_permission`; with `pluginDivisionMode: schema` name the shared \
                 database and add `--schema permission`"
            }
            Self::Api(error) => error.help(),
        };
        Some(Box::new(help))
    }
}
