//! `callboard rbac`: roles and policies from the command line.

mod check;
mod explain;
mod export;

use crate::args::ConfigArgs;
use clap::Subcommand;
use std::process::ExitCode;

/// What to do with roles and policies.
#[derive(Debug, Subcommand)]
pub(crate) enum Rbac {
    /// Check policy files before they ship; exits with 1 when something is wrong.
    Check(check::CheckArgs),
    /// Say why a user may, or may not, do something.
    Explain(explain::ExplainArgs),
    /// Write the stored policy as the files that a hub reads.
    Export(export::ExportArgs),
}

pub(crate) fn run(config: &ConfigArgs, rbac: &Rbac) -> miette::Result<ExitCode> {
    match rbac {
        Rbac::Check(args) => check::run(config, args),
        Rbac::Explain(args) => explain::run(config, args),
        Rbac::Export(args) => export::run(config, args),
    }
}
