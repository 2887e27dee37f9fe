//! Starts the program in a folder of its own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::{self, JoinHandle};
use tempfile::TempDir;

/// A folder with a configuration in it, in which the program is run.
pub(crate) struct Place {
    folder: TempDir,
    pub(crate) port: u16,
}

/// Permissions on, one reader, one small catalog, a database file, a port that was free.
const CONFIG: &str = "
app: {title: Callboard, baseUrl: 'http://localhost:PORT'}
backend:
  baseUrl: http://localhost:PORT
  listen: 127.0.0.1:PORT
auth:
  environment: development
  providers: {guest: {userEntityRef: 'user:default/guest', dangerouslyAllowOutsideDevelopment: true}}
permission:
  enabled: true
  rbac:
    admin: {users: [{name: 'user:default/warden'}]}
    policies-csv-file: ./policies.csv
catalog:
  rules: [{allow: [Component, User, Group, Location]}]
  locations: [{type: file, target: ./catalog.yaml}]
callboard: {metrics: {port: false}}
";

pub(crate) const POLICIES: &str = "\
p, role:default/readers, catalog-entity, read, allow
g, user:default/ann, role:default/readers
g, group:default/ushers, role:default/readers
";

const CATALOG: &str = "
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: ann}
spec: {memberOf: [ushers]}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: ushers}
spec: {type: team, children: []}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: till}
spec: {type: service, lifecycle: production, owner: ushers}
";

impl Place {
    pub(crate) fn new() -> Place {
        let place = Place::empty();
        place.write(
            "app-config.yaml",
            &CONFIG.replace("PORT", &place.port.to_string()),
        );
        place.write("policies.csv", POLICIES);
        place.write("catalog.yaml", CATALOG);
        place
    }

    pub(crate) fn empty() -> Place {
        let free = TcpListener::bind("127.0.0.1:0").expect("a loopback port is free");
        let port = free
            .local_addr()
            .expect("a bound listener has an address")
            .port();
        Place {
            folder: TempDir::new().expect("a temporary folder can be made"),
            port,
        }
    }

    /// Replaces a part of the configuration.
    pub(crate) fn configure(&self, part: &str, by: &str) {
        self.replace("app-config.yaml", part, by);
    }

    /// Replaces a part of the configuration on top, which says where the records are.
    pub(crate) fn configure_local(&self, part: &str, by: &str) {
        self.replace("app-config.local.yaml", part, by);
    }

    fn replace(&self, file: &str, part: &str, by: &str) {
        let text = std::fs::read_to_string(self.path(file)).expect("the folder has the file");
        assert!(text.contains(part), "{part} is not in {text}");
        self.write(file, &text.replace(part, by));
    }

    /// Keeps the records in the PostgreSQL database at `url`.
    pub(crate) fn keep_in_postgresql(&self, url: &str) {
        let config = format!("backend: {{database: {{client: pg, connection: '{url}'}}}}\n");
        self.write("app-config.local.yaml", &config);
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text)
            .expect("a file can be written into the test's folder");
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_callboard"));
        command
            .args(arguments)
            .current_dir(self.folder())
            .env_remove("LOG_LEVEL")
            .env_remove("NODE_ENV");
        command
    }

    /// Runs the program to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments)
            .output()
            .expect("the program starts")
    }

    /// Starts the hub and waits until it says that it is ready.
    pub(crate) fn serve(&self) -> Running {
        let mut child = self
            .command(&["serve"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut log = BufReader::new(child.stdout.take().expect("standard output is piped"));
        let mut lines: Vec<String> = Vec::new();
        while !lines.last().is_some_and(|line| line.contains("is ready")) {
            let mut line = String::new();
            let read = log.read_line(&mut line).expect("the log is text");
            assert!(read > 0, "the hub ended before it was ready: {lines:?}");
            lines.push(line.trim_end().to_owned());
        }
        // A hub whose log nobody reads stands still once the pipe is full.
        let rest = thread::spawn(move || {
            let mut rest = Vec::new();
            log.read_to_end(&mut rest).expect("the log can be read");
            // One that is killed may end in the middle of a letter.
            String::from_utf8_lossy(&rest).into_owned()
        });
        Running {
            child,
            rest: Some(rest),
            lines,
            port: self.port,
        }
    }
}

/// A hub in a process of its own; killed when dropped.
pub(crate) struct Running {
    child: Child,
    /// The log from then on.
    rest: Option<JoinHandle<String>>,
    pub(crate) lines: Vec<String>,
    port: u16,
}

impl Running {
    /// Sends one request and gives status line, headers and body.
    pub(crate) fn ask(&self, method: &str, path: &str, token: Option<&str>, body: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("the hub listens");
        let authorization = token
            .map(|token| format!("Authorization: Bearer {token}\r\n"))
            .unwrap_or_default();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{authorization}\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .expect("the hub reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("the hub answers");
        answer
    }

    /// Sends SIGTERM and waits; gives the exit code and every line of the log.
    pub(crate) fn terminate(mut self) -> (Option<i32>, Vec<String>) {
        let pid = self.child.id().to_string();
        let killed = Command::new("kill")
            .args(["-TERM", &pid])
            .status()
            .expect("kill runs");
        assert!(killed.success());
        let rest = self.rest.take().map(JoinHandle::join);
        let rest = rest.expect("nobody else waits for it");
        let rest = rest.expect("the log can be read");
        self.lines.extend(rest.lines().map(str::to_owned));
        let status = self.child.wait().expect("the hub ends");
        (status.code(), std::mem::take(&mut self.lines))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // After an orderly stop there is nothing left to kill.
        let _gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}

pub(crate) fn stderr(output: &Output) -> String {
    // The report wraps long lines to the width of the terminal.
    String::from_utf8_lossy(&output.stderr)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}
