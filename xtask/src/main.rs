//! Tasks of the workspace: `cargo xtask test`, `tidy`, `bench`, `fuzz`, `crash`, `look` and `ci`.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a task talks to the person who runs it"
)]

mod bench;
mod ci;
mod command;
mod crash;
mod fuzz;
mod kube;
mod look;
mod test;
mod tidy;
mod tool;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

const USAGE: &str = "\
cargo xtask <task>

  test        install what the tests need when it is missing, then run every test
  tidy        check the rules that no compiler checks: dependencies, licences, sizes, links
  bench       measure start, memory and throughput of the release build
  fuzz [secs] give each parser random inputs, two minutes unless it is said otherwise
  crash [runs] [--seed N]
              kill the hub that often while it writes, and look for what was lost
  look        take what pages look like now for what they should look like
  ci          run all that continuous integration runs (`.ci/run`)
  ci --fast   run formatting, check, clippy and nextest only
";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .context("xtask lies one folder below the root of the workspace")?;

    match arguments.as_slice() {
        ["test"] => test::run(root, test::Profile::of_environment()),
        ["tidy"] => tidy::run(root),
        ["bench"] => bench::run(root),
        ["fuzz"] => fuzz::run(root, fuzz::DEFAULT_SECONDS),
        ["fuzz", seconds] => {
            let number = seconds
                .parse()
                .with_context(|| format!("`{seconds}` is no number of seconds"))?;
            fuzz::run(root, number)
        }
        ["crash", plan @ ..] => crash::run(root, &crash::Plan::parse(plan)?),
        ["look"] => look::run(root),
        ["ci"] => ci::run(root),
        ["ci", "--fast"] => ci::run_fast(root),
        [] | ["help" | "--help" | "-h"] => {
            print!("{USAGE}");
            Ok(())
        }
        unknown => bail!("unknown task `{}`\n\n{USAGE}", unknown.join(" ")),
    }
}
