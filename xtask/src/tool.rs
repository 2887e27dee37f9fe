//! The programs that the tests need, and how those that are missing come onto the machine.
//!
//! What is missing is named before it is installed; when everything is there, nothing is
//! downloaded. Debian packages need the right to install them; all else goes to the user's
//! own folders.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::command;

const NEXTEST: &str = "cargo-nextest@0.9.143";
/// The npm package that holds the runtime itself, for systems whose own is too old.
const NODE: &str = "node@22";
const OLDEST_NODE: u32 = 20;

/// Makes sure that everything is there and gives the path of node.
///
/// # Errors
///
/// When a Debian package is missing and this user may not install it (the message holds the
/// one command to run), or when an installation fails or does not give what it should.
pub(crate) fn ensure(root: &Path) -> Result<PathBuf> {
    let machine = Machine::new(root);

    install_packages(|| machine.missing_packages())?;
    if !has_nextest() {
        println!("Missing cargo-nextest, compiling it: this takes some minutes, once");
        command::run(
            Command::new("cargo")
                .args(["install", "--locked", NEXTEST])
                .current_dir(root),
        )?;
    }
    if machine.node().is_none() {
        println!(
            "Missing Node.js {OLDEST_NODE} or newer, installing it into {}",
            machine.tools.display()
        );
        std::fs::create_dir_all(&machine.tools).context("cannot make the folder for tools")?;
        command::run(
            Command::new("npm")
                .arg("install")
                .arg("--prefix")
                .arg(&machine.tools)
                .arg(NODE),
        )?;
    }
    let node = machine
        .node()
        .context("Node.js was installed but does not start")?;
    if !machine.has_npm_clients()? {
        println!(
            "Missing npm packages of the compatibility tests, installing them into compat/node_modules"
        );
        command::run(&mut machine.npm_ci(&node)?)?;
    }
    Ok(node)
}

/// Makes sure that there is a C++ compiler, which the fuzzer is built with.
///
/// # Errors
///
/// As [`ensure`].
pub(crate) fn ensure_cpp() -> Result<()> {
    install_packages(|| {
        let has_compiler = succeeds("c++", &["--version"]);
        Ok(if has_compiler {
            Vec::new()
        } else {
            vec!["g++"]
        })
    })
}

/// Installs the Debian packages that `missing` names, until it names none.
fn install_packages(missing: impl Fn() -> Result<Vec<&'static str>>) -> Result<()> {
    let packages = missing()?;
    if packages.is_empty() {
        return Ok(());
    }
    let mut install = apt(&packages, Rights::of_user())?;
    println!(
        "Missing Debian packages, installing them: {}",
        packages.join(", ")
    );
    command::run(&mut install)?;
    let still = missing()?;
    ensure!(
        still.is_empty(),
        "installed, but not found afterwards: {}",
        still.join(", ")
    );
    Ok(())
}

struct Machine {
    compat: PathBuf,
    tools: PathBuf,
}

impl Machine {
    fn new(root: &Path) -> Self {
        Self {
            compat: root.join("compat"),
            tools: root.join("target/tools"),
        }
    }

    fn missing_packages(&self) -> Result<Vec<&'static str>> {
        let mut missing = Vec::new();
        if !has_postgresql() {
            missing.push("postgresql");
        }
        for (package, program) in [
            ("chromium", "chromium"),
            ("chromium-driver", "chromedriver"),
            ("prometheus", "promtool"),
        ] {
            if !succeeds(program, &["--version"]) {
                missing.push(package);
            }
        }
        if !succeeds("python3", &["-c", "import ensurepip, venv"]) {
            missing.push("python3-venv");
        }
        let needs_npm = self.node().is_none() || !self.has_npm_clients()?;
        if needs_npm && !succeeds("npm", &["--version"]) {
            missing.push("npm");
        }
        Ok(missing)
    }

    /// Node from the search path when it is new enough, else the one of the tool folder.
    fn node(&self) -> Option<PathBuf> {
        [
            PathBuf::from("node"),
            self.tools.join("node_modules/node/bin/node"),
        ]
        .into_iter()
        .find(|node| {
            command::output(Command::new(node).arg("--version"))
                .is_ok_and(|version| major(&version).is_some_and(|major| major >= OLDEST_NODE))
        })
    }

    fn has_npm_clients(&self) -> Result<bool> {
        let wanted = std::fs::read_to_string(self.compat.join("package-lock.json"))
            .context("cannot read `compat/package-lock.json`")?;
        let wanted =
            serde_json::from_str(&wanted).context("`compat/package-lock.json` is not JSON")?;
        // npm writes down what it installed; without that file, or with a broken one, nothing counts as installed.
        let installed =
            std::fs::read_to_string(self.compat.join("node_modules/.package-lock.json"))
                .ok()
                .and_then(|text| serde_json::from_str(&text).ok());
        Ok(installed.is_some_and(|installed| is_installed(&wanted, &installed)))
    }

    fn npm_ci(&self, node: &Path) -> Result<Command> {
        let mut npm = Command::new("npm");
        npm.args(["ci", "--ignore-scripts"])
            .current_dir(&self.compat);
        // npm runs under whichever node comes first.
        if let Some(folder) = node.parent().filter(|folder| folder.is_absolute()) {
            npm.env("PATH", search_path_with(folder)?);
        }
        Ok(npm)
    }
}

/// Whether every package of the lock file is installed at its version, optional ones aside.
fn is_installed(lock: &Value, installed: &Value) -> bool {
    let Some(packages) = lock["packages"].as_object() else {
        return false;
    };
    packages
        .iter()
        .filter(|(path, package)| !path.is_empty() && package["optional"] != Value::Bool(true))
        .all(|(path, package)| installed["packages"][path]["version"] == package["version"])
}

/// The major number of a version such as `v20.11.1`.
fn major(version: &str) -> Option<u32> {
    version
        .trim()
        .trim_start_matches('v')
        .split('.')
        .next()?
        .parse()
        .ok()
}

fn has_nextest() -> bool {
    succeeds("cargo", &["nextest", "--version"])
}

/// Debian keeps the programs of the server outside the search path, one folder per version.
fn has_postgresql() -> bool {
    succeeds("initdb", &["--version"])
        || std::fs::read_dir("/usr/lib/postgresql").is_ok_and(|versions| {
            versions
                .flatten()
                .any(|version| version.path().join("bin/initdb").exists())
        })
}

fn succeeds(program: &str, arguments: &[&str]) -> bool {
    command::succeeds(Command::new(program).args(arguments))
}

#[expect(
    clippy::disallowed_methods,
    reason = "the search path is what the child process extends"
)]
fn search_path_with(folder: &Path) -> Result<OsString> {
    let current = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(folder.to_path_buf()).chain(std::env::split_paths(&current));
    Ok(std::env::join_paths(folders)?)
}

/// What the user may do about missing packages.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Rights {
    Root,
    Sudo,
    None,
}

impl Rights {
    fn of_user() -> Self {
        if command::output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0") {
            Self::Root
        } else if succeeds("sudo", &["-n", "true"]) {
            Self::Sudo
        } else {
            Self::None
        }
    }
}

/// The one command that installs the packages.
fn apt(packages: &[&str], rights: Rights) -> Result<Command> {
    let script = format!(
        "apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends {}",
        packages.join(" ")
    );
    let mut command = match rights {
        Rights::Root => Command::new("sh"),
        Rights::Sudo => {
            let mut sudo = Command::new("sudo");
            sudo.args(["-n", "sh"]);
            sudo
        }
        Rights::None => bail!(
            "this user may not install packages; run this, then try again:\n\n  sudo sh -c '{script}'\n"
        ),
    };
    command.args(["-c", &script]);
    Ok(command)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_version_gives_its_major_number() {
        assert_eq!(major("v20.20.2\n"), Some(20));
        assert_eq!(major("8.1"), Some(8));
        assert_eq!(major("unknown"), None);
    }

    #[test]
    fn clients_count_as_installed_only_at_the_locked_version() {
        let lock = json!({"packages": {
            "": {"name": "compat"},
            "node_modules/a": {"version": "1.0.0"},
            "node_modules/b": {"version": "2.0.0", "optional": true},
        }});

        assert!(is_installed(
            &lock,
            &json!({"packages": {"node_modules/a": {"version": "1.0.0"}}})
        ));
        assert!(!is_installed(
            &lock,
            &json!({"packages": {"node_modules/a": {"version": "0.9.0"}}})
        ));
        assert!(!is_installed(&lock, &json!({"packages": {}})));
        assert!(!is_installed(&json!({}), &json!({})));
    }

    #[test]
    fn without_rights_the_message_holds_the_one_command() {
        let error = apt(&["chromium", "npm"], Rights::None)
            .unwrap_err()
            .to_string();

        assert!(error.contains("sudo sh -c 'apt-get update && "), "{error}");
        assert!(error.contains("chromium npm'"), "{error}");
    }

    #[test]
    fn with_rights_one_command_installs_all_packages() {
        let command = apt(&["chromium"], Rights::Sudo).unwrap();

        assert_eq!(command.get_program(), "sudo");
        assert!(
            command
                .get_args()
                .any(|argument| argument.to_string_lossy().ends_with(" chromium"))
        );
    }
}
