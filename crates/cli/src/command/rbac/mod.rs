//! `callboard rbac`: what can be asked about roles and policies at the machine.

mod explain;

use crate::args::ConfigArgs;
use clap::Subcommand;
use std::process::ExitCode;

/// What to do with roles and policies.
#[derive(Debug, Subcommand)]
pub(crate) enum Rbac {
    /// Say why a user may, or may not, do something.
    Explain(explain::ExplainArgs),
}

pub(crate) fn run(config: &ConfigArgs, command: &Rbac) -> miette::Result<ExitCode> {
    match command {
        Rbac::Explain(args) => explain::run(config, args),
    }
}
