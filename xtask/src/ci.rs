//! What continuous integration runs, and a shorter form for between two edits.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::command;

/// Runs `.ci/run`, which lists its steps itself so that there is one list.
pub(crate) fn run(root: &Path) -> Result<()> {
    command::run(Command::new("bash").arg(".ci/run").current_dir(root))
}

/// Runs formatting, check, clippy and nextest, and stops at the first that fails.
///
/// Neither documentation tests nor the tests with npm clients run, and nothing is installed.
pub(crate) fn run_fast(root: &Path) -> Result<()> {
    const STEPS: &[&str] = &[
        "fmt --all --check",
        "check --workspace --all-targets",
        "clippy --workspace --all-targets -- -D warnings",
        "nextest run --workspace",
    ];
    for step in STEPS {
        command::run(
            Command::new("cargo")
                .args(step.split(' '))
                .current_dir(root),
        )?;
    }
    Ok(())
}
