//! A hub in a process of its own.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

/// How long a hub may take to start or to stop.
const DEADLINE: Duration = Duration::from_secs(20);

pub(super) struct Process {
    child: Child,
    port: u16,
}

impl Process {
    /// Starts the release build with the example organisation, behind `wrapper` if it is not empty.
    pub(super) fn start(root: &Path, folder: &Path, wrapper: &[&str]) -> Result<Process> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let binary = root.join("target/release/callboard");
        let mut command = match wrapper.split_first() {
            None => Command::new(binary),
            Some((program, arguments)) => {
                let mut command = Command::new(program);
                command.args(arguments).arg(binary);
                command
            }
        };
        let child = command
            .arg("serve")
            .current_dir(root)
            .env("APP_CONFIG_backend_listen_port", port.to_string())
            .env(
                "APP_CONFIG_backend_database_connection_directory",
                folder.join("data"),
            )
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .context("cannot start the hub")?;
        Ok(Process { child, port })
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn wait_until_ready(&self) -> Result<()> {
        let begin = Instant::now();
        while begin.elapsed() < DEADLINE {
            if self.is_ready() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_micros(500));
        }
        bail!("the hub was not ready after {} s", DEADLINE.as_secs())
    }

    fn is_ready(&self) -> bool {
        let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) else {
            return false;
        };
        let request = "GET /.backstage/health/v1/readiness HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        let mut answer = String::new();
        stream.write_all(request.as_bytes()).is_ok()
            && stream.read_to_string(&mut answer).is_ok()
            && answer.starts_with("HTTP/1.1 200")
    }

    /// The resident set as the kernel counts it.
    pub(super) fn resident_mib(&self) -> Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .context("no VmRSS")?;
        let kibibytes: f64 = line.trim().trim_end_matches(" kB").parse()?;
        Ok(kibibytes / 1024.0)
    }

    /// A token from `callboard token`, while the hub runs.
    pub(super) fn user_token(&self, root: &Path, folder: &Path, user: &str) -> Result<String> {
        let output = Command::new(root.join("target/release/callboard"))
            .args(["token", "--user", user])
            .current_dir(root)
            .env(
                "APP_CONFIG_backend_database_connection_directory",
                folder.join("data"),
            )
            .output()?;
        ensure!(
            output.status.success(),
            "no token: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }

    pub(super) fn stop(mut self) -> Result<()> {
        let status = Command::new("kill")
            .args(["-TERM", &self.child.id().to_string()])
            .status()?;
        ensure!(status.success(), "cannot signal the hub");
        let status = self.child.wait()?;
        ensure!(status.success(), "the hub stopped with {status}");
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // After an orderly stop there is nothing left to kill.
        let _gone = self.child.kill();
    }
}
