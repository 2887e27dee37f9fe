//! One file for each command, and what they share; a command wires crates together and does nothing else.

pub(crate) mod check;
pub(crate) mod import;
pub(crate) mod logging;
pub(crate) mod serve;
pub(crate) mod token;
pub(crate) mod version;

use crate::args::ConfigArgs;
use callboard_config::{Config, ConfigError, Environment, LoadOptions};
use callboard_hub::app::Mode;

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

/// What `NODE_ENV` says that the hub runs for.
pub(crate) fn mode(environment: &Environment) -> Mode {
    Mode::of(environment.get("NODE_ENV"))
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
