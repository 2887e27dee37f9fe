//! The real kubectl against a cluster.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::{Output, find, run};
use crate::FakeCluster;

/// kubectl, with a configuration and a home of its own.
#[derive(Debug)]
pub struct Kubectl {
    program: PathBuf,
    folder: TempDir,
}

impl Kubectl {
    /// kubectl as `admin` of a cluster.
    ///
    /// # Panics
    ///
    /// When kubectl is not installed; the message says how it is.
    pub fn of(cluster: &FakeCluster) -> Self {
        let kubectl = Self::new();
        cluster.kubeconfig(&kubectl.kubeconfig());
        kubectl
    }

    /// kubectl as a user of a cluster that speaks TLS: otherwise it keeps the token to itself.
    ///
    /// # Panics
    ///
    /// As [`Self::of`].
    pub fn of_user(cluster: &FakeCluster, user: &str) -> Self {
        let kubectl = Self::new();
        cluster.kubeconfig_as(&kubectl.kubeconfig(), user);
        kubectl
    }

    fn new() -> Self {
        Self {
            program: find("CALLBOARD_KUBECTL", "kubectl"),
            folder: TempDir::new().expect("a temporary folder can be made"),
        }
    }

    /// A folder of its own, in which it runs, for files that it reads.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn kubeconfig(&self) -> PathBuf {
        self.folder.path().join("kubeconfig")
    }

    /// The command itself, with configuration, home and folder set.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(arguments)
            .current_dir(self.folder())
            .env("KUBECONFIG", self.kubeconfig())
            // Discovery is cached there by address, and ports come back.
            .env("HOME", self.folder());
        command
    }

    /// Runs it and gives what it printed.
    ///
    /// # Panics
    ///
    /// When it fails; the message holds what it complained about.
    pub async fn run(&self, arguments: &[&str]) -> String {
        expect_success(arguments, run(self.command(arguments), None).await)
    }

    /// As [`Self::run`], with this text as its input.
    ///
    /// # Panics
    ///
    /// As [`Self::run`].
    pub async fn run_with(&self, arguments: &[&str], input: &str) -> String {
        let input = Some(input.to_owned());
        expect_success(arguments, run(self.command(arguments), input).await)
    }

    /// As [`Self::run`], with `sed` and this script as the editor.
    ///
    /// # Panics
    ///
    /// As [`Self::run`].
    pub async fn edit(&self, arguments: &[&str], script: &str) -> String {
        let mut command = self.command(arguments);
        command.env("EDITOR", format!("sed -i {script}"));
        expect_success(arguments, run(command, None).await)
    }

    /// Runs lines of a shell in its folder, with it as `kubectl`, and gives what they printed.
    ///
    /// # Panics
    ///
    /// When one of them fails; the message holds what it complained about.
    pub async fn shell(&self, script: &str) -> String {
        let program = self.program.display();
        let mut command = Command::new("sh");
        command
            .args(["-e", "-c"])
            .arg(format!("kubectl() {{ '{program}' \"$@\"; }}\n{script}"))
            .current_dir(self.folder())
            .env("KUBECONFIG", self.kubeconfig())
            .env("HOME", self.folder());
        let output = run(command, None).await;
        assert!(
            output.is_success,
            "this failed:\n{script}\n{}{}",
            output.stdout, output.stderr
        );
        output.stdout
    }

    /// Runs it, however it ends.
    pub async fn attempt(&self, arguments: &[&str], input: Option<&str>) -> Output {
        run(self.command(arguments), input.map(ToOwned::to_owned)).await
    }
}

fn expect_success(arguments: &[&str], output: Output) -> String {
    assert!(
        output.is_success,
        "`kubectl {}` failed: {}{}",
        arguments.join(" "),
        output.stdout,
        output.stderr
    );
    output.stdout
}
