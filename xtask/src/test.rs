//! `cargo xtask test`: every test of the workspace, with nothing left out.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::kube::Clients;
use crate::{command, tool};

/// Which profile of `.config/nextest.toml` the tests run with.
#[derive(Clone, Copy)]
pub(crate) enum Profile {
    /// Stops at the first failure, for a person who waits.
    Default,
    /// Runs everything to its end, for a log that is read later.
    Ci,
}

impl Profile {
    /// `Ci` where the variable `CI` is set to something, as hosted runners do.
    #[expect(
        clippy::disallowed_methods,
        reason = "a task has no configuration; this is its one switch"
    )]
    pub(crate) fn of_environment() -> Self {
        if std::env::var_os("CI").is_some_and(|value| !value.is_empty()) {
            Self::Ci
        } else {
            Self::Default
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Ci => "ci",
        }
    }
}

/// Installs what is missing and runs all stages; a stage that fails does not hide the next.
///
/// # Errors
///
/// When something is missing and cannot be installed, or a stage fails.
pub(crate) fn run(root: &Path, profile: Profile) -> Result<()> {
    let node = tool::ensure(root)?;
    let clients = Clients::ensure(root)?;

    let stages: [(&str, Result<()>); 3] = [
        ("workspace", workspace(root, profile, &clients)),
        ("documentation", documentation(root)),
        ("npm clients", npm_clients(root, &node)),
    ];

    println!();
    let mut failed = Vec::new();
    for (name, outcome) in stages {
        match outcome {
            Ok(()) => println!("{name}: passed"),
            Err(error) => {
                println!("{name}: failed, {error:#}");
                failed.push(name);
            }
        }
    }
    if !failed.is_empty() {
        bail!("tests failed: {}", failed.join(", "));
    }
    Ok(())
}

/// Unit tests, vectors, requests, browser, and the clients of Kubernetes.
fn workspace(root: &Path, profile: Profile, clients: &Clients) -> Result<()> {
    let arguments = [
        "nextest",
        "run",
        "--workspace",
        "--locked",
        "--profile",
        profile.name(),
    ];
    let mut nextest = Command::new("cargo");
    nextest.args(arguments).current_dir(root);
    command::run(clients.tell(&mut nextest))
}

fn documentation(root: &Path) -> Result<()> {
    command::run(
        Command::new("cargo")
            .args(["test", "--doc", "--workspace", "--locked"])
            .current_dir(root),
    )
}

/// The clients of Backstage against the binary of the development profile.
fn npm_clients(root: &Path, node: &Path) -> Result<()> {
    // The same selection of packages and targets as nextest's, so that features resolve alike
    // and nothing is compiled a second time.
    let build = ["build", "--workspace", "--bins", "--tests", "--locked"];
    command::run(Command::new("cargo").args(build).current_dir(root))?;

    command::run(
        Command::new(node)
            .args(["--test", "--test-reporter=spec"])
            .args(test_files(&root.join("compat"))?)
            .env(
                "CALLBOARD_BIN",
                target_directory(root)?.join("debug/callboard"),
            )
            .current_dir(root),
    )
}

/// The files of a folder that hold tests for node's runner, in order of their names.
fn test_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in
        std::fs::read_dir(folder).with_context(|| format!("cannot list `{}`", folder.display()))?
    {
        let path = entry?.path();
        if path.to_string_lossy().ends_with(".test.mjs") {
            files.push(path);
        }
    }
    if files.is_empty() {
        bail!("no test in `{}`", folder.display());
    }
    files.sort();
    Ok(files)
}

fn target_directory(root: &Path) -> Result<PathBuf> {
    let arguments = ["metadata", "--format-version", "1", "--no-deps", "--locked"];
    let text = command::output(Command::new("cargo").args(arguments).current_dir(root))?;
    let metadata: serde_json::Value =
        serde_json::from_str(&text).context("cargo metadata prints JSON")?;
    let directory = metadata["target_directory"]
        .as_str()
        .context("cargo metadata names the target directory")?;
    Ok(PathBuf::from(directory))
}
