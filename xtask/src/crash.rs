//! `cargo xtask crash [runs] [--seed N]`: kills the hub while it writes.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command;

/// How often the hub is killed on each database unless it is said otherwise.
pub(crate) const DEFAULT_RUNS: u32 = 200;

/// How often, and with which choice of writes and moments.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    runs: u32,
    /// Absent means one that nobody knows beforehand; a failure names it.
    seed: Option<u64>,
}

impl Plan {
    /// Reads the words after `crash`.
    ///
    /// # Errors
    ///
    /// When one of them is neither a number of runs nor `--seed` with a number.
    pub(crate) fn parse(arguments: &[&str]) -> Result<Plan> {
        let mut plan = Plan {
            runs: DEFAULT_RUNS,
            seed: None,
        };
        let mut words = arguments.iter();
        while let Some(word) = words.next() {
            if *word == "--seed" {
                let seed = words.next().context("`--seed` wants a number")?;
                plan.seed = Some(number(seed)?);
            } else {
                plan.runs = number(word)?;
            }
        }
        Ok(plan)
    }
}

fn number<T: std::str::FromStr>(word: &str) -> Result<T> {
    match word.parse() {
        Ok(number) => Ok(number),
        Err(_) => bail!("`{word}` is no number"),
    }
}

/// Runs `crates/cli/tests/it/crash` on SQLite and on PostgreSQL, one after the other.
///
/// # Errors
///
/// When something acknowledged was lost, or something is half there; how to see it once more has
/// been shown by then.
pub(crate) fn run(root: &Path, plan: &Plan) -> Result<()> {
    let mut test = Command::new("cargo");
    test.args(["test", "--package", "callboard", "--test", "it", "--locked"])
        .args(["--", "crash::what_was_acknowledged"])
        .args(["--nocapture", "--test-threads=1"])
        .env("CALLBOARD_CRASH_RUNS", plan.runs.to_string())
        .current_dir(root);
    if let Some(seed) = plan.seed {
        test.env("CALLBOARD_CRASH_SEED", seed.to_string());
    }
    command::run(&mut test)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_and_seed_are_read_in_any_order() {
        let plan = |runs, seed| Plan { runs, seed };

        assert_eq!(Plan::parse(&[]).unwrap(), plan(DEFAULT_RUNS, None));
        assert_eq!(Plan::parse(&["7"]).unwrap(), plan(7, None));
        assert_eq!(
            Plan::parse(&["--seed", "3", "7"]).unwrap(),
            plan(7, Some(3))
        );
        assert!(Plan::parse(&["--seed"]).is_err() && Plan::parse(&["often"]).is_err());
    }
}
