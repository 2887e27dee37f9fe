//! `cargo xtask fuzz [seconds]`: looks for inputs that the parsers cannot stand.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::{command, tool};

/// How long each target runs unless it is said otherwise.
pub(crate) const DEFAULT_SECONDS: u32 = 120;

/// The programs of `fuzz/`, each with a start corpus of its name.
const TARGETS: &[&str] = &[
    "policy_csv",
    "conditions_yaml",
    "criteria_json",
    "entity_ref",
    "search_request",
    "entity_yaml",
    "filter_query",
    "cursor",
];

/// What instruments code for the fuzzer; the compiler passes it on to LLVM, on stable too.
const INSTRUMENT: &str = "--cfg fuzzing \
    -Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares \
    -Ccodegen-units=1";

/// Builds the targets and runs each for `seconds`, beginning with the corpus of the repository.
///
/// What is found on the way is kept under `target/fuzz/corpus`, where the next run begins too.
///
/// # Errors
///
/// When an input makes a target panic, hang for five seconds or take a gigabyte; the fuzzer has
/// then shown it and written it to `target/fuzz/artifacts`.
pub(crate) fn run(root: &Path, seconds: u32) -> Result<()> {
    tool::ensure_cpp()?;
    let host = host()?;
    let target = root.join("target/fuzz");
    let build = Command::new("cargo")
        .args([
            "build",
            "--release",
            "--locked",
            "--manifest-path",
            "fuzz/Cargo.toml",
        ])
        // With a target named, build scripts are not instrumented.
        .args(["--target", &host])
        .arg("--target-dir")
        .arg(&target)
        .env("RUSTFLAGS", INSTRUMENT)
        .current_dir(root)
        .status()
        .context("cargo cannot be started")?;
    if !build.success() {
        bail!("the fuzz targets do not build");
    }

    let mut found = Vec::new();
    for name in TARGETS {
        let (grown, artifacts) = (target.join("corpus").join(name), target.join("artifacts/"));
        std::fs::create_dir_all(&grown)?;
        std::fs::create_dir_all(&artifacts)?;
        let mut fuzz = Command::new(target.join(&host).join("release").join(name));
        fuzz.arg(format!("-max_total_time={seconds}"))
            .args([
                "-timeout=5",
                "-rss_limit_mb=1024",
                "-print_final_stats=1",
                "-verbosity=0",
            ])
            .arg(format!(
                "-artifact_prefix={}/{name}-",
                target.join("artifacts").display()
            ))
            // New inputs go to the first folder; the others are only read.
            .arg(&grown)
            .arg(root.join("fuzz/corpus").join(name))
            .current_dir(root);
        if let Err(error) = command::run(&mut fuzz) {
            println!("{error:#}");
            found.push(*name);
        }
    }
    if !found.is_empty() {
        bail!(
            "found something in {}; the inputs are in target/fuzz/artifacts",
            found.join(", ")
        );
    }
    Ok(())
}

/// The triple of this machine.
fn host() -> Result<String> {
    let version = command::output(Command::new("rustc").arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned)
        .context("rustc does not say for which host it is")
}
