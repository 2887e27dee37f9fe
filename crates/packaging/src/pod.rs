//! The containers of a rendered pod, started in a chroot as a kubelet would start them.
//!
//! Arguments, environment, user, working directory and mounts are those of the manifest and of
//! the image; the root is read-only when the manifest says so. What a kubelet adds is here as
//! well: `/proc`, `/dev`, `/etc/hosts` and `/etc/resolv.conf`. Needs root, or `sudo` without a
//! password.

mod container;
mod volume;

use crate::image;
use anyhow::{Context, Result, ensure};
use container::Container;
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A pod whose volumes lie in a folder.
#[derive(Debug)]
pub struct Pod {
    spec: Value,
    objects: Vec<Value>,
    /// The member `config` of the image's configuration.
    image: Value,
    /// The root of the image.
    root: PathBuf,
    folder: PathBuf,
    user: Option<u32>,
}

impl Pod {
    /// Prepares the pod of a Deployment: makes its volumes of the other objects.
    ///
    /// `root` is the file system of the image and is not changed. `hosts` are names that the
    /// containers know, each with its address.
    ///
    /// # Errors
    ///
    /// When a volume refers to an object that is not there, or is of a kind unknown here.
    pub fn prepare(
        deployment: &Value,
        objects: &[Value],
        image: &Value,
        root: &Path,
        folder: &Path,
        hosts: &[(&str, &str)],
    ) -> Result<Pod> {
        let spec = deployment["spec"]["template"]["spec"].clone();
        let volumes = folder.join("volumes");
        for volume in spec["volumes"].as_array().into_iter().flatten() {
            volume::make(volume, objects, &volumes)?;
        }
        let mut text = "127.0.0.1 localhost\n".to_owned();
        for (name, address) in hosts {
            text.push_str(&format!("{address} {name}\n"));
        }
        fs::write(folder.join("hosts"), text)?;
        fs::write(folder.join("resolv.conf"), "")?;
        Ok(Pod {
            spec,
            objects: objects.to_vec(),
            image: image.clone(),
            root: root.to_path_buf(),
            folder: folder.to_path_buf(),
            user: None,
        })
    }

    /// Lets the containers run as this user of the group 0, as OpenShift chooses one.
    #[must_use]
    pub fn with_user(mut self, user: u32) -> Pod {
        self.user = Some(user);
        self
    }

    /// Runs the init containers in order, each to its end.
    ///
    /// # Errors
    ///
    /// When one fails; the message has what it wrote.
    pub fn initialise(&self) -> Result<Vec<Output>> {
        let mut outputs = Vec::new();
        for container in self.spec["initContainers"].as_array().into_iter().flatten() {
            let name = &container["name"];
            let output = self.command_of(container)?.output()?;
            ensure!(
                output.status.success(),
                "the init container {name} ended with {}\n{}{}",
                output.status,
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            );
            outputs.push(output);
        }
        Ok(outputs)
    }

    /// The command that starts a container; its process is the one of the program.
    ///
    /// # Errors
    ///
    /// When there is none of that name, or it refers to something that is not there.
    pub fn command(&self, name: &str) -> Result<Command> {
        self.command_of(self.container(name)?)
    }

    /// Path and port of a probe, such as `readinessProbe`.
    ///
    /// # Errors
    ///
    /// When the container has no such probe over HTTP.
    pub fn probe(&self, container: &str, probe: &str) -> Result<(String, u16)> {
        let container = self.container(container)?;
        let asked = &container[probe]["httpGet"];
        let path = asked["path"].as_str().context("the probe has no path")?;
        let port = match asked["port"].as_str() {
            None => asked["port"].as_u64(),
            Some(name) => container["ports"]
                .as_array()
                .into_iter()
                .flatten()
                .find(|port| port["name"] == name)
                .and_then(|port| port["containerPort"].as_u64()),
        };
        let port = port.context("the probe names a port that the container has not")?;
        Ok((path.to_owned(), u16::try_from(port)?))
    }

    fn container(&self, name: &str) -> Result<&Value> {
        self.spec["containers"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|container| container["name"] == name)
            .with_context(|| format!("there is no container `{name}`"))
    }

    fn command_of(&self, container: &Value) -> Result<Command> {
        let container = Container::of(container, &self.spec, &self.image, &self.objects)?;
        let folder = self.folder.join("containers").join(&container.name);
        let root = folder.join("root");
        if !root.exists() {
            image::link(&self.root, &root)?;
        }
        fs::set_permissions(&root, fs::Permissions::from_mode(0o755))?;

        let mut script = Script::new(&root);
        for (source, target) in [("/proc", "proc"), ("/dev", "dev")] {
            script.bind_tree(Path::new(source), &root.join(target))?;
        }
        for name in ["hosts", "resolv.conf"] {
            script.bind(&self.folder.join(name), &root.join("etc").join(name), true)?;
        }
        for mount in &container.mounts {
            let volume = self.folder.join("volumes").join(&mount.volume);
            let source = match &mount.part {
                None => volume,
                // What a ConfigMap shows is a link, and a mount wants what it leads to.
                Some(part) => fs::canonicalize(volume.join(part))
                    .with_context(|| format!("`{part}` is not in the volume `{}`", mount.volume))?,
            };
            let target = root.join(mount.path.trim_start_matches('/'));
            script.bind(&source, &target, mount.is_read_only)?;
        }
        if container.has_read_only_root {
            script.lock();
        }
        let user = self.user.map_or(container.user, |user| user);
        Ok(script.run(&container, user))
    }
}

/// What is done in a mount namespace of its own before the program takes over.
struct Script {
    root: PathBuf,
    lines: Vec<String>,
}

impl Script {
    fn new(root: &Path) -> Script {
        let quoted = quoted(&root.display().to_string());
        Script {
            root: root.to_path_buf(),
            lines: vec![
                "set -e".to_owned(),
                "mount --make-rprivate /".to_owned(),
                format!("mount --bind {quoted} {quoted}"),
            ],
        }
    }

    /// Makes the place to mount on, as a container runtime does, and the line that mounts.
    fn bind(&mut self, source: &Path, target: &Path, is_read_only: bool) -> Result<()> {
        place(source, target)?;
        let (source, target) = (quoted_path(source), quoted_path(target));
        self.lines.push(format!("mount --bind {source} {target}"));
        if is_read_only {
            self.lines
                .push(format!("mount -o remount,bind,ro {target}"));
        }
        Ok(())
    }

    fn bind_tree(&mut self, source: &Path, target: &Path) -> Result<()> {
        place(source, target)?;
        let (source, target) = (quoted_path(source), quoted_path(target));
        self.lines.push(format!("mount --rbind {source} {target}"));
        Ok(())
    }

    fn lock(&mut self) {
        let root = quoted_path(&self.root);
        self.lines.push(format!("mount -o remount,bind,ro {root}"));
    }

    fn run(mut self, container: &Container, user: u32) -> Command {
        let mut words = vec!["exec env -i".to_owned()];
        for (name, value) in &container.environment {
            words.push(quoted(&format!("{name}={value}")));
        }
        words.push(format!(
            "/usr/bin/unshare --root={} --wd={} --setgid=0 --setuid={user}",
            quoted_path(&self.root),
            quoted(&container.folder)
        ));
        words.extend(container.command.iter().map(|word| quoted(word)));
        self.lines.push(words.join(" "));

        let mut command = as_root("/usr/bin/unshare");
        command
            .args(["--mount", "sh", "-c"])
            .arg(self.lines.join("\n"))
            .stdin(Stdio::null());
        command
    }
}

/// A program with the rights of root, by `sudo` where this is not root itself.
pub fn as_root(program: &str) -> Command {
    let is_root = Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|output| output.stdout == b"0\n");
    if is_root {
        return Command::new(program);
    }
    let mut command = Command::new("sudo");
    command.args(["-n", program]);
    command
}

fn place(source: &Path, target: &Path) -> Result<()> {
    if target.exists() {
        return Ok(());
    }
    if source.is_dir() {
        fs::create_dir_all(target)?;
    } else {
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(target, "")?;
    }
    Ok(())
}

fn quoted_path(path: &Path) -> String {
    quoted(&path.display().to_string())
}

fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_reach_the_program_as_they_are() {
        let output = Command::new("sh")
            .args(["-c", &format!("printf %s {}", quoted("it's $HOME \"x\""))])
            .output()
            .unwrap();

        assert_eq!(output.stdout, b"it's $HOME \"x\"");
    }
}
