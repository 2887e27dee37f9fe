//! `callboard rbac explain`: why a user may, or may not, do something.

use crate::args::ConfigArgs;
use crate::command::{self, logging};
use callboard_config::Config;
use callboard_hub::app::Mode;
use callboard_hub::clock::{Clock, SystemClock};
use callboard_hub::rbac::explain::{ExplainRequest, FullAnswer};
use callboard_hub::{Hub, Parts, StartError, database};
use callboard_store::{Store, StoreConfig};
use clap::{Args, ValueEnum};
use miette::IntoDiagnostic;
use std::process::ExitCode;
use std::sync::Arc;

/// The question.
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The user, such as `user:default/mara.lindqvist`.
    #[arg(long, value_name = "REF")]
    user: String,
    /// The permission, such as `catalog.entity.delete`.
    #[arg(long, value_name = "NAME")]
    permission: String,
    /// The action, for a permission that no plugin of the hub declares.
    #[arg(long, value_name = "ACTION")]
    action: Option<String>,
    /// The resource, such as `component:default/box-office-api`.
    #[arg(long, value_name = "REF")]
    resource: Option<String>,
    /// How the answer is printed.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// How an answer is printed.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs, as the HTTP interface has it.
    Json,
}

#[expect(clippy::print_stdout, reason = "the answer of the command")]
pub(crate) fn run(config: &ConfigArgs, args: &ExplainArgs) -> miette::Result<ExitCode> {
    let (config, environment) = command::load(config)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    logging::start_on_stderr(&config, &environment, clock.clone());
    let request = ExplainRequest {
        user: Some(args.user.clone()),
        permission: args.permission.clone(),
        action: args.action.clone(),
        resource_ref: args.resource.clone(),
    };
    let runtime = command::runtime()?;
    let mode = command::mode(&environment);
    let answer = runtime.block_on(ask(config, clock, mode, &request))?;
    match args.format {
        Format::Text => print!("{answer}"),
        Format::Json => {
            let json = serde_json::to_string_pretty(&answer).into_diagnostic()?;
            println!("{json}");
        }
    }
    Ok(ExitCode::SUCCESS)
}

#[expect(clippy::print_stderr, reason = "a warning beside the answer")]
async fn ask(
    config: Config,
    clock: Arc<dyn Clock>,
    mode: Mode,
    request: &ExplainRequest,
) -> miette::Result<FullAnswer> {
    let database = database::connection(&config, &*clock).await?;
    if database == StoreConfig::SqliteMemory {
        eprintln!(
            "warning: the hub keeps its records in memory, so only files and configuration count here"
        );
    }
    let store = Store::open(&database).await.map_err(StartError::from)?;
    let parts = Parts {
        config,
        store,
        clock,
        mode,
        providers: Vec::new(),
    };
    Ok(Hub::explain(parts, request).await?)
}
