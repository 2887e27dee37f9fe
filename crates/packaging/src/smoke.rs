//! Whether a program needs nothing but itself: it runs in a chroot that holds nothing else.

use crate::pod::as_root;
use anyhow::{Context, Result, ensure};
use std::fs;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Where the name service of the chroot answers; the port of name services is fixed.
const NAME_SERVICE: Ipv4Addr = Ipv4Addr::new(127, 0, 53, 53);
/// Where every name leads.
const ANSWER: Ipv4Addr = Ipv4Addr::new(127, 0, 53, 9);

const DEADLINE: Duration = Duration::from_secs(20);
const INTERVAL: Duration = Duration::from_millis(5);

/// What a program in an empty chroot said and did.
#[derive(Debug)]
pub struct Report {
    /// What it says its version is.
    pub version: String,
    /// Whether it finds names that `/etc/hosts` has.
    pub reads_hosts: bool,
    /// Whether it finds names that only a name service knows.
    pub asks_name_service: bool,
}

/// Runs `binary` in an empty chroot below `folder`. Needs root, or `sudo` without a password.
///
/// # Errors
///
/// When it does not start there, or the loopback addresses of the name service are taken.
pub fn check(binary: &Path, folder: &Path) -> Result<Report> {
    let root = folder.join("empty");
    fs::create_dir_all(root.join("etc"))?;
    fs::copy(binary, root.join("callboard"))?;
    let output = program(&root).arg("version").output()?;
    ensure!(
        output.status.success(),
        "the program does not run by itself: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let version = String::from_utf8(output.stdout)?.trim_end().to_owned();

    fs::write(
        root.join("etc/hosts"),
        format!("{ANSWER} in-hosts.callboard.test\n"),
    )?;
    fs::write(
        root.join("etc/resolv.conf"),
        format!("nameserver {NAME_SERVICE}\n"),
    )?;
    let reads_hosts = reaches(&root, "in-hosts.callboard.test")?;
    let asks_name_service = reaches(&root, "in-dns.callboard.test")?;
    fs::remove_dir_all(&root)?;
    Ok(Report {
        version,
        reads_hosts,
        asks_name_service,
    })
}

fn program(root: &Path) -> Command {
    let mut command = as_root("/usr/sbin/chroot");
    command
        .arg(root)
        .arg("/callboard")
        .env_clear()
        .stdin(Stdio::null());
    command
}

/// Whether the program, told to sign in to a hub of this name, comes to where the name leads.
fn reaches(root: &Path, name: &str) -> Result<bool> {
    let names = UdpSocket::bind((NAME_SERVICE, 53)).context("cannot be a name service")?;
    names.set_nonblocking(true)?;
    let listener = TcpListener::bind((ANSWER, 0))?;
    listener.set_nonblocking(true)?;
    let port = listener.local_addr()?.port();
    let mut child = program(root)
        .args(["login", &format!("https://{name}:{port}")])
        .env("HOME", "/")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let reached = wait_for(&names, &listener, &mut child);
    // It may have ended by itself; nobody answers it anyway.
    let _ended = child.kill();
    child.wait()?;
    reached
}

fn wait_for(names: &UdpSocket, listener: &TcpListener, child: &mut Child) -> Result<bool> {
    let begin = Instant::now();
    let mut question = [0; 512];
    while begin.elapsed() < DEADLINE {
        match names.recv_from(&mut question) {
            Ok((length, asker)) => {
                if let Some(answer) = answer(&question[..length]) {
                    names.send_to(&answer, asker)?;
                }
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error.into()),
        }
        match listener.accept() {
            Ok(_) => return Ok(true),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error.into()),
        }
        if child.try_wait()?.is_some() {
            // What it did last may be waiting still.
            return Ok(listener.accept().is_ok());
        }
        std::thread::sleep(INTERVAL);
    }
    Ok(false)
}

/// The answer to a question of DNS: an address for IPv4, none for anything else.
fn answer(question: &[u8]) -> Option<Vec<u8>> {
    const HEADER: usize = 12;
    const IPV4: [u8; 2] = [0, 1];
    let name_length = question.get(HEADER..)?.iter().position(|byte| *byte == 0)?;
    let end = HEADER + name_length + 5;
    let asked = question.get(HEADER..end)?;
    let kind = question.get(end - 4..end - 2)?;
    let has_answer = kind == IPV4;

    let mut bytes = question.get(..2)?.to_vec();
    bytes.extend([0x81, 0x80]); // An answer without an error, as it was asked for.
    bytes.extend([0, 1, 0, u8::from(has_answer), 0, 0, 0, 0]);
    bytes.extend(asked);
    if has_answer {
        bytes.extend([0xc0, HEADER as u8]); // The name of the question.
        bytes.extend(IPV4);
        bytes.extend([0, 1, 0, 0, 0, 60, 0, 4]);
        bytes.extend(ANSWER.octets());
    }
    Some(bytes)
}
