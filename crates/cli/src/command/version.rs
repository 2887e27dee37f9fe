//! `callboard version`: prints the version of the program.

use std::process::ExitCode;

#[expect(clippy::print_stdout, reason = "the answer of the command")]
pub(crate) fn run() -> miette::Result<ExitCode> {
    println!("callboard {}", env!("CARGO_PKG_VERSION"));
    Ok(ExitCode::SUCCESS)
}
