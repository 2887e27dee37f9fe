//! `callboard import`: moving in from another installation.

use super::logging;
use crate::args::{ConfigArgs, ImportCommand, ReportFormat, RhdhArgs};
use callboard_config::{Config, Environment, Secret};
use callboard_hub::clock::{Clock, SystemClock};
use callboard_hub::rbac::import::{ApiAddress, ImportError, ImportMode, ImportSource, Report};
use callboard_hub::{Hub, Parts, StartError, database};
use callboard_store::foreign::ForeignAddress;
use callboard_store::{Store, StoreConfig};
use miette::{IntoDiagnostic, WrapErr, miette};
use std::process::ExitCode;
use std::sync::Arc;

/// The variable that holds the token when no option does.
const TOKEN_VARIABLE: &str = "CALLBOARD_IMPORT_TOKEN";

pub(crate) fn run(args: &ConfigArgs, command: &ImportCommand) -> miette::Result<ExitCode> {
    let ImportCommand::Rhdh(rhdh) = command;
    let (config, environment) = super::load(args)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    logging::start_on_stderr(&config, &environment, clock.clone());
    let source = source(rhdh, &environment)?;
    let runtime = super::runtime()?;
    let report = runtime.block_on(import(config, clock, &environment, &source, mode(rhdh)))?;
    print(&report, rhdh.format);
    Ok(ExitCode::SUCCESS)
}

fn mode(rhdh: &RhdhArgs) -> ImportMode {
    if rhdh.dry_run {
        ImportMode::DryRun
    } else {
        ImportMode::Write
    }
}

fn source(rhdh: &RhdhArgs, environment: &Environment) -> miette::Result<ImportSource> {
    if let Some(base) = &rhdh.from_api {
        let token = token(rhdh, environment)?;
        let address = ApiAddress::new(base, token).map_err(ImportError::from)?;
        return Ok(ImportSource::Api(address));
    }
    // One of the two is required, and an empty text is no address.
    let url = rhdh.from.as_ref().map_or("", |url| url.expose().as_str());
    let address = ForeignAddress::parse(url).map_err(ImportError::from)?;
    Ok(ImportSource::Database(match &rhdh.schema {
        Some(schema) => address.in_schema(schema),
        None => address,
    }))
}

fn token(rhdh: &RhdhArgs, environment: &Environment) -> miette::Result<Secret<String>> {
    if let Some(token) = &rhdh.token {
        return Ok(token.clone());
    }
    if let Some(path) = &rhdh.token_file {
        let text = std::fs::read_to_string(path)
            .into_diagnostic()
            .wrap_err_with(|| format!("cannot read the token file `{}`", path.display()))?;
        return Ok(Secret::new(text.trim().to_owned()));
    }
    match environment.get(TOKEN_VARIABLE) {
        Some(token) if !token.is_empty() => Ok(Secret::new(token.to_owned())),
        Some(_) | None => Err(miette!(
            help = format!("give it with `--token-file` or in {TOKEN_VARIABLE}"),
            "`--from-api` needs a token of the other installation"
        )),
    }
}

async fn import(
    config: Config,
    clock: Arc<dyn Clock>,
    environment: &Environment,
    source: &ImportSource,
    mode: ImportMode,
) -> miette::Result<Report> {
    let database = database::connection(&config, &*clock).await?;
    if database == StoreConfig::SqliteMemory {
        return Err(miette!(
            help = "give `backend.database.connection` a `directory`",
            "the hub keeps its records in memory, where nothing can be imported"
        ));
    }
    let store = Store::open(&database).await.map_err(StartError::from)?;
    let parts = Parts {
        config,
        store,
        clock,
        mode: super::mode(environment),
        providers: Vec::new(),
    };
    Ok(Hub::import_roles(parts, source, mode, &super::operator(environment)).await?)
}

#[expect(clippy::print_stdout, reason = "the answer of the command")]
fn print(report: &Report, format: ReportFormat) {
    match format {
        ReportFormat::Text => println!("{report}"),
        ReportFormat::Json => println!("{}", report.to_json()),
    }
}
