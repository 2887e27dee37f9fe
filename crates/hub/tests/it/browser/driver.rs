//! The program between a test and its browser.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// How often it is started before the test gives up.
const ATTEMPTS: usize = 5;

/// A running `chromedriver`, stopped when it is dropped.
pub(super) struct Driver {
    child: Child,
    port: u16,
}

impl Driver {
    /// Starts it on a port of its own choice.
    pub(super) fn start() -> Driver {
        // The client speaks plain HTTP to it, and still wants to know how it would encrypt. The
        // second browser of a process finds the provider in place.
        let _installed = rustls::crypto::ring::default_provider().install_default();
        // It looks for a free port before it takes it, and another one may be quicker.
        let driver = (0..ATTEMPTS).find_map(|_| Driver::attempt());
        driver.expect("chromedriver says its port")
    }

    fn attempt() -> Option<Driver> {
        let mut child = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .spawn()
            .expect("`chromedriver` is installed; `cargo xtask test` does that");
        let output = BufReader::new(child.stdout.take().unwrap());
        let started = "was started successfully on port ";
        let port = output.lines().find_map(|line| {
            let line = line.unwrap();
            let (_, port) = line.split_once(started)?;
            Some(port.trim_end_matches('.').parse().unwrap())
        });
        let Some(port) = port else {
            child.wait().unwrap();
            return None;
        };
        Some(Driver { child, port })
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to stop.
        let _ended = self.child.kill();
        let _status = self.child.wait();
    }
}
