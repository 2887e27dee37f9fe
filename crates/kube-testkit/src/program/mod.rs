//! The real clients: kubectl, and the engine of Helm.
//!
//! `cargo xtask test` installs both and says where they are; a test that runs without that finds
//! them in `target/tools` of the workspace, if they were installed before.

mod helm;
mod kubectl;

pub use helm::Helm;
pub use kubectl::Kubectl;

use std::ffi::OsString;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where `cargo xtask test` installs what comes from Python's registry, from the workspace's root.
const TOOLS: &str = "../../target/tools/kube/bin";

/// What a program left behind.
#[derive(Debug, Clone)]
pub struct Output {
    /// What it printed.
    pub stdout: String,
    /// What it complained about.
    pub stderr: String,
    /// Whether it ended well.
    pub is_success: bool,
}

/// Finds a program that `variable` names, or that was installed under `name`.
#[expect(
    clippy::disallowed_methods,
    reason = "a test has no configuration; the task that runs it says where its programs are"
)]
fn find(variable: &str, name: &str) -> PathBuf {
    let named = std::env::var_os(variable).map(PathBuf::from);
    let installed = || Path::new(env!("CARGO_MANIFEST_DIR")).join(TOOLS).join(name);
    let program = named.unwrap_or_else(installed);
    assert!(
        program.exists(),
        "`{}` is missing: run `cargo xtask test` once, which installs it, or set {variable}",
        program.display()
    );
    program
}

/// Runs a program with this input, off the threads that serve.
async fn run(mut command: Command, input: Option<String>) -> Output {
    let task = tokio::task::spawn_blocking(move || {
        let program = OsString::from(command.get_program());
        let stdin = if input.is_some() {
            Stdio::piped()
        } else {
            Stdio::null()
        };
        let mut child = command
            .stdin(stdin)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start `{}`: {error}", program.display()));
        if let (Some(input), Some(mut stdin)) = (input, child.stdin.take()) {
            // A program that ends early does not read everything; its status tells.
            let _ended_early = stdin.write_all(input.as_bytes());
        }
        let output = child
            .wait_with_output()
            .expect("a program that was started can be waited for");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Output {
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
            is_success: output.status.success(),
        }
    });
    task.await.expect("a program that runs does not panic")
}
