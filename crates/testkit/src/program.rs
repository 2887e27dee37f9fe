//! Programs of `compat` that tests run beside a hub.

use crate::corpus::workspace_root;
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

/// Which real provider an [`OpenIdProvider`] is set up like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProviderKind {
    /// Issuer and endpoints on different hosts, refresh tokens that stay, `email_verified` as text,
    /// no end of its own sessions.
    Cognito,
    /// One host, refresh tokens that are replaced with each use.
    Keycloak,
}

/// A real provider of OpenID Connect on a loopback port, npm's `oidc-provider`, until it is
/// dropped. Whoever says a name there is that person.
pub struct OpenIdProvider(Running);

/// A page of another origin that signs in with Backstage's browser client, until it is dropped.
pub struct FrontEnd(Running);

impl OpenIdProvider {
    /// The id by which it knows the hub.
    pub const CLIENT_ID: &str = "callboard";
    /// The secret by which it knows the hub, with characters that a header must encode.
    pub const CLIENT_SECRET: &str = "a client secret of tests: 100 % ASCII";

    /// Starts it.
    ///
    /// # Panics
    ///
    /// When Node is not installed, or the packages of `compat` are not.
    pub fn start(kind: ProviderKind) -> OpenIdProvider {
        let kind = match kind {
            ProviderKind::Cognito => "cognito",
            ProviderKind::Keycloak => "keycloak",
        };
        OpenIdProvider(Running::start(&["oidc-provider.mjs", kind]))
    }

    /// Where its metadata is found.
    pub fn metadata_url(&self) -> &str {
        self.0.text("metadataUrl")
    }
}

impl FrontEnd {
    /// Bundles and serves it.
    ///
    /// # Panics
    ///
    /// When Node is not installed, or the packages of `compat` are not.
    pub fn start() -> FrontEnd {
        FrontEnd(Running::start(&["front-end.mjs"]))
    }

    /// Its address, which ends in `/`; `?hub=` names the hub.
    pub fn url(&self) -> &str {
        self.0.text("url")
    }
}

/// A program that says on its first line where it is reached.
struct Running {
    child: Child,
    /// Kept, as a program ends when nobody reads what it writes.
    _output: BufReader<ChildStdout>,
    said: Value,
}

impl Running {
    fn start(arguments: &[&str]) -> Running {
        let mut child = Command::new("node")
            .args(arguments)
            .current_dir(workspace_root().join("compat"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("`node` is installed; `cargo xtask test` says how");
        let output = child.stdout.take().expect("its output is a pipe");
        let mut line = String::new();
        let mut output = BufReader::new(output);
        output.read_line(&mut line).expect("its output is readable");
        let said = serde_json::from_str(&line)
            .unwrap_or_else(|error| panic!("{arguments:?} did not start: {error}: {line:?}"));
        Running {
            child,
            _output: output,
            said,
        }
    }

    fn text(&self, name: &str) -> &str {
        self.said[name].as_str().expect("the program says it")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to stop.
        let _ended = self.child.kill();
        let _status = self.child.wait();
    }
}
