//! One file for each command, and what they share; a command wires crates together and does nothing else.

pub(crate) mod audit;
pub(crate) mod check;
pub(crate) mod doctor;
pub(crate) mod hub;
pub(crate) mod import;
pub(crate) mod logging;
pub(crate) mod operator;
pub(crate) mod plugin;
pub(crate) mod rbac;
pub(crate) mod serve;
pub(crate) mod token;
pub(crate) mod version;

use crate::args::ConfigArgs;
use callboard_config::{Config, ConfigError, Environment, LoadOptions};
use callboard_hub::app::Mode;
use callboard_hub::finding::{Finding, Severity};
use miette::IntoDiagnostic;
use std::process::ExitCode;
use tokio::runtime::{Builder, Runtime};

/// The configuration that the command line names, and the environment that it was read in.
pub(crate) fn load(args: &ConfigArgs) -> Result<(Config, Environment), LoadError> {
    let environment = Environment::of_process();
    let options = LoadOptions {
        args: args.files.clone(),
        root: std::env::current_dir().map_err(LoadError::WorkingDirectory)?,
        environment: environment.clone(),
    };
    Ok((Config::load(&options)?, environment))
}

/// A runtime for a command that does one thing after the other.
pub(crate) fn runtime() -> miette::Result<Runtime> {
    Builder::new_current_thread()
        .enable_all()
        .build()
        .into_diagnostic()
}

/// How a command exits that looks for faults: one that would keep the hub from working is a
/// failure.
pub(crate) fn verdict<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> ExitCode {
    let is_fault = |finding: &Finding| finding.severity == Severity::Error;
    match findings.into_iter().any(is_fault) {
        true => ExitCode::FAILURE,
        false => ExitCode::SUCCESS,
    }
}

/// What `NODE_ENV` says that the hub runs for.
pub(crate) fn mode(environment: &Environment) -> Mode {
    Mode::of(environment.get("NODE_ENV"))
}

/// Who runs the command: the name behind the process, as the system's accounts have it.
pub(crate) fn operator(environment: &Environment) -> String {
    let uid = std::fs::metadata("/proc/self")
        .map(|process| std::os::unix::fs::MetadataExt::uid(&process));
    let Ok(uid) = uid else {
        return environment.get("USER").unwrap_or("unknown").to_owned();
    };
    let accounts = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        let known = fields.nth(1)?;
        (known.parse() == Ok(uid)).then(|| name.to_owned())
    });
    name.unwrap_or_else(|| format!("uid {uid}"))
}

/// Why the configuration was not loaded.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub(crate) enum LoadError {
    /// A file is missing, cannot be read, or holds something that cannot be used.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Config(#[from] ConfigError),
    /// The operating system does not say where the program runs.
    #[error("the working directory cannot be found")]
    WorkingDirectory(#[source] std::io::Error),
}
