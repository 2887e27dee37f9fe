//! `callboard rbac export`: writes the stored policy as the files that a hub reads.

use crate::args::ConfigArgs;
use crate::command::{self, logging};
use callboard_hub::clock::{Clock, SystemClock};
use callboard_hub::rbac::{Export, ExportSource};
use callboard_hub::{Hub, Parts, StartError, database};
use callboard_store::{Store, StoreConfig};
use clap::{Args, ValueEnum};
use miette::miette;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// Where the files go, and what goes into them.
#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// The file for roles, members and policies, in CSV; standard output unless given.
    #[arg(long, value_name = "FILE")]
    policies: Option<PathBuf>,
    /// The file for conditional policies, in YAML.
    ///
    /// Without it they go to standard output when `--policies` is given, and nowhere when not.
    #[arg(long, value_name = "FILE")]
    conditions: Option<PathBuf>,
    /// Which roles are written, by where they come from; those of the configuration never are.
    #[arg(long, value_enum, default_value_t = From::All)]
    source: From,
    /// Write over files that are there.
    #[arg(long)]
    force: bool,
}

/// Where roles come from.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum From {
    /// Everywhere but the configuration.
    All,
    /// The REST API.
    Rest,
    /// The policy file.
    CsvFile,
}

pub(crate) fn run(args: &ConfigArgs, export: &ExportArgs) -> miette::Result<ExitCode> {
    if !export.force {
        for file in [&export.policies, &export.conditions].into_iter().flatten() {
            if file.exists() {
                return Err(taken(file));
            }
        }
    }
    let (config, environment) = command::load(args)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    logging::start_on_stderr(&config, &environment, clock.clone());
    let runtime = command::runtime()?;
    let database = runtime.block_on(database::connection(&config, &*clock))?;
    if database == StoreConfig::SqliteMemory {
        return Err(miette!(
            help = "give `backend.database.connection` a `directory`",
            "the hub keeps its roles in memory, where this command cannot read them"
        ));
    }
    let mode = command::mode(&environment);
    let operator = command::operator(&environment);
    let source = match export.source {
        From::All => ExportSource::All,
        From::Rest => ExportSource::Rest,
        From::CsvFile => ExportSource::CsvFile,
    };
    let exported = runtime.block_on(async {
        let store = Store::open(&database).await.map_err(StartError::from)?;
        let parts = Parts {
            config,
            store,
            clock,
            mode,
            providers: Vec::new(),
        };
        Hub::export_policies(parts, source, &operator).await
    })?;
    write(export, &exported)?;
    report(export, &exported);
    Ok(ExitCode::SUCCESS)
}

#[expect(clippy::print_stdout, reason = "the answer of the command")]
fn write(args: &ExportArgs, exported: &Export) -> miette::Result<()> {
    if let Some(file) = &args.policies {
        write_file(file, &exported.policies, args.force)?;
    } else {
        print!("{}", exported.policies);
    }
    match (&args.conditions, &args.policies) {
        (Some(file), _) => write_file(file, &exported.conditions, args.force)?,
        (None, Some(_)) => print!("{}", exported.conditions),
        (None, None) => {}
    }
    Ok(())
}

fn write_file(path: &Path, text: &str, force: bool) -> miette::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true);
    if force {
        options.create(true).truncate(true);
    } else {
        options.create_new(true);
    }
    let written = options
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => taken(path),
        _ => miette!("cannot write `{}`: {error}", path.display()),
    })
}

fn taken(path: &Path) -> miette::Report {
    miette!(
        help = "give another name, or `--force` to write over it",
        "`{}` is there already",
        path.display()
    )
}

/// Says what is not in the files.
#[expect(clippy::print_stderr, reason = "beside the answer of the command")]
fn report(args: &ExportArgs, exported: &Export) {
    for left_out in &exported.left_out {
        eprintln!("left out: {left_out}");
    }
    if args.policies.is_none() && args.conditions.is_none() && exported.condition_count > 0 {
        let count = exported.condition_count;
        eprintln!(
            "not written: {count} conditional policies; `--conditions FILE` says where they go"
        );
    }
}
