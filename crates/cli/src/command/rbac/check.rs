//! `callboard rbac check`: says what is wrong with policy files before they ship.

mod json;
mod sarif;

use crate::args::ConfigArgs;
use crate::command::{self, check};
use crate::report;
use callboard_config::{Config, Environment};
use callboard_hub::Hub;
use callboard_hub::clock::SystemClock;
use callboard_hub::finding::{Finding, Severity};
use callboard_hub::rbac::PolicyFiles;
use clap::{Args, ValueEnum};
use miette::miette;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// Which files are checked, and how the answer is written.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// The policies in CSV, the conditional policies in YAML, or both, in any order.
    ///
    /// A file that is not given is that of the configuration.
    #[arg(value_name = "FILE", num_args = 0..=2)]
    policy_files: Vec<PathBuf>,
    /// How findings are written.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Exit with 1 also when there are only warnings.
    #[arg(long)]
    deny_warnings: bool,
}

/// How findings are written.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// A line for each, for people and editors.
    Text,
    /// A list of objects.
    Json,
    /// SARIF 2.1.0, which code hosts show beside the lines.
    Sarif,
}

/// The exit code when there is nothing that could be checked.
const UNUSABLE: u8 = 2;

pub(crate) fn run(config: &ConfigArgs, args: &CheckArgs) -> miette::Result<ExitCode> {
    let findings = match findings(config, args) {
        Ok(findings) => findings,
        Err(error) => {
            report::print(&error);
            return Ok(ExitCode::from(UNUSABLE));
        }
    };
    print(&findings, args.format);
    let worst = findings.iter().map(|finding| finding.severity).max();
    let failed = match worst {
        Some(Severity::Error) => true,
        Some(Severity::Warning) => args.deny_warnings,
        Some(Severity::Note) | None => false,
    };
    Ok(if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

fn findings(args: &ConfigArgs, check: &CheckArgs) -> miette::Result<Vec<Finding>> {
    let (config, environment) = configuration(args)?;
    if config.is_none() && check.policy_files.is_empty() {
        return Err(miette!(
            help = "name the files, such as `callboard rbac check policies.csv conditions.yaml`",
            "there is nothing to check: neither files nor a configuration"
        ));
    }
    let mut files = PolicyFiles {
        config,
        ..PolicyFiles::default()
    };
    for file in &check.policy_files {
        let is_policies = is_policies(file)?;
        let (place, what) = if is_policies {
            (&mut files.policies, "policies")
        } else {
            (&mut files.conditions, "conditional policies")
        };
        if let Some(other) = place.replace(file.clone()) {
            return Err(miette!(
                "`{}` and `{}` are both files of {what}",
                other.display(),
                file.display()
            ));
        }
    }
    let runtime = command::runtime()?;
    let mode = command::mode(&environment);
    Ok(runtime.block_on(Hub::check_policies(files, Arc::new(SystemClock), mode))?)
}

/// The configuration that was named, or that of the working directory, if there is one.
fn configuration(args: &ConfigArgs) -> miette::Result<(Option<Config>, Environment)> {
    if args.files.is_empty() && !Path::new("app-config.yaml").exists() {
        return Ok((None, Environment::of_process()));
    }
    let (config, environment) = command::load(args)?;
    Ok((Some(config), environment))
}

/// Tells the two files apart, by the name or else by the first line that counts.
fn is_policies(path: &Path) -> miette::Result<bool> {
    let bytes = std::fs::read(path)
        .map_err(|error| miette!("cannot read `{}`: {error}", path.display()))?;
    let extension = path.extension().and_then(|extension| extension.to_str());
    Ok(match extension.map(str::to_lowercase).as_deref() {
        Some("csv") => true,
        Some("yaml" | "yml") => false,
        _ => is_rows(&String::from_utf8_lossy(&bytes)),
    })
}

fn is_rows(text: &str) -> bool {
    let lines = text
        .lines()
        .map(|line| line.trim_start_matches('\u{feff}').trim());
    let mut lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    let first = lines.next().and_then(|line| line.split_once(','));
    first.is_some_and(|(kind, _)| matches!(kind.trim(), "p" | "g"))
}

#[expect(clippy::print_stdout, reason = "the answer of the command")]
fn print(findings: &[Finding], format: Format) {
    let here = std::env::current_dir().unwrap_or_default();
    match format {
        Format::Text => check::print(findings),
        Format::Json => println!("{:#}", json::of(findings, &here)),
        Format::Sarif => println!("{:#}", sarif::of(findings, &here)),
    }
}

#[cfg(test)]
mod tests {
    use super::is_rows;

    #[test]
    fn rows_are_told_from_documents_by_their_first_line() {
        assert!(is_rows(
            "\u{feff}# roles\n\n g , user:default/ann, role:default/a\n"
        ));
        assert!(!is_rows("# conditions\n---\nresult: CONDITIONAL\n"));
        assert!(!is_rows("pluginId: a, b\n"));
        assert!(!is_rows(""));
    }
}
