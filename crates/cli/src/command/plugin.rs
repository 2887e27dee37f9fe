//! `callboard install-dynamic-plugins`: what the init container of the original does.

use super::logging;
use crate::args::PluginArgs;
use callboard_config::{Config, Environment};
use callboard_hub::clock::SystemClock;
use callboard_plugins::{Lock, Outcome, Plugin, install};
use miette::{IntoDiagnostic, WrapErr, miette};
use serde_json::json;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

/// How long another installer may hold the folder, in milliseconds.
const TIMEOUT_VARIABLE: &str = "DYNAMIC_PLUGINS_LOCK_TIMEOUT_MS";
const DEFAULT_TIMEOUT: Duration = Duration::from_mins(10);

pub(crate) fn run(args: &PluginArgs) -> miette::Result<ExitCode> {
    let environment = Environment::of_process();
    let no_config = Config::from_value(json!({}));
    logging::start(&no_config, &environment, Arc::new(SystemClock));
    let folder = std::env::current_dir()
        .into_diagnostic()
        .wrap_err("the working directory cannot be found")?;
    std::fs::create_dir_all(&args.root)
        .into_diagnostic()
        .wrap_err_with(|| format!("cannot make the folder `{}`", args.root.display()))?;
    let _lock = Lock::take(&args.root, timeout(&environment)?, |path| {
        tracing::info!(
            plugin = "dynamic-plugins",
            "waiting for another installer, which holds `{}`",
            path.display()
        );
    })
    .into_diagnostic()?;
    let installation =
        install(&args.list, &folder, &args.root).map_err(|error| match error.help() {
            Some(help) => miette!(help = help, "{error}"),
            None => miette!("{error}"),
        })?;
    for warning in &installation.warnings {
        tracing::warn!(plugin = "dynamic-plugins", "{warning}");
    }
    for plugin in &installation.plugins {
        tell(plugin);
    }
    written(&installation.file, installation.plugins.len());
    Ok(ExitCode::SUCCESS)
}

fn timeout(environment: &Environment) -> miette::Result<Duration> {
    match environment.get(TIMEOUT_VARIABLE) {
        None | Some("") => Ok(DEFAULT_TIMEOUT),
        Some(text) => text.parse().map(Duration::from_millis).map_err(|_| {
            miette!(
                help = "give a number of milliseconds, such as 600000",
                "{TIMEOUT_VARIABLE} is `{text}`, which is no number"
            )
        }),
    }
}

/// One line for a package, with the marks by which the original's log is searched.
fn tell(plugin: &Plugin) {
    let package = &plugin.package;
    match plugin.outcome() {
        Outcome::Disabled => tracing::info!(
            plugin = "dynamic-plugins",
            "======= Skipping disabled dynamic plugin {package}"
        ),
        Outcome::Native => tracing::info!(
            plugin = "dynamic-plugins",
            "======= Installing dynamic plugin {package}: it is built in"
        ),
        Outcome::NotBuiltIn | Outcome::Unknown => tracing::info!(
            plugin = "dynamic-plugins",
            "======= Installing dynamic plugin {package}: its configuration only, since it is not \
             built in"
        ),
    }
}

fn written(file: &Path, count: usize) {
    tracing::info!(
        plugin = "dynamic-plugins",
        count,
        "wrote `{}`",
        file.display()
    );
}
