//! The pod of the hub, and what is added to it.

use super::metadata::{list, map};
use crate::error::InputError;
use serde_json::{Value, json};

/// The container of the hub; log queries know it by this name.
pub(crate) const HUB: &str = "backstage-backend";
/// The container that makes ready what the hub reads of its plugins.
pub(crate) const PLUGINS: &str = "install-dynamic-plugins";

const LISTS: [&str; 2] = ["containers", "initContainers"];

/// A pod template that is being filled.
pub(crate) struct Pod<'a>(pub(crate) &'a mut Value);

impl Pod<'_> {
    /// Lists the names of its containers, those that only start it included.
    pub(crate) fn containers(&self) -> Vec<String> {
        LISTS
            .iter()
            .filter_map(|list| self.0["spec"][list].as_array())
            .flatten()
            .filter_map(|container| Some(container["name"].as_str()?.to_owned()))
            .collect()
    }

    /// Changes the containers that `wanted` names: the hub alone if it is empty, all for `*`.
    ///
    /// # Errors
    ///
    /// If one of them does not exist; `field` says who asked.
    pub(crate) fn edit(
        &mut self,
        wanted: &[String],
        field: &str,
        mut change: impl FnMut(&mut Value),
    ) -> Result<(), InputError> {
        let existing = self.containers();
        if let Some(unknown) = wanted
            .iter()
            .find(|it| *it != "*" && !existing.contains(it))
        {
            return Err(InputError::field(
                format!("{field}.containers"),
                format!(
                    "container {unknown} not found; there are `{}`",
                    existing.join("`, `")
                ),
            ));
        }
        let is_wanted = |name: &str| match wanted {
            [] => name == HUB,
            wanted => wanted.iter().any(|it| it == "*" || it == name),
        };
        for key in LISTS {
            let containers = self.0["spec"].get_mut(key).and_then(Value::as_array_mut);
            for container in containers.into_iter().flatten() {
                if container["name"].as_str().is_some_and(is_wanted) {
                    change(container);
                }
            }
        }
        Ok(())
    }

    /// Adds a volume for the object `name`, and gives the name of the volume.
    ///
    /// One that is there already is used again; another one of the same name stays, and this
    /// one gets `kind` behind its name.
    pub(crate) fn volume(&mut self, name: &str, kind: &str, source: &Value) -> String {
        let volumes = list(&mut self.0["spec"], "volumes");
        let plain = volume_name(name);
        for candidate in [plain.clone(), volume_name(&format!("{kind}-{name}"))] {
            let mut volume = source.clone();
            volume["name"] = candidate.clone().into();
            match volumes.iter().find(|it| it["name"] == volume["name"]) {
                Some(existing) if *existing == volume => return candidate,
                Some(_) => {}
                None => {
                    volumes.push(volume);
                    return candidate;
                }
            }
        }
        plain
    }

    /// Adds a Secret with which images are pulled.
    pub(crate) fn pull_secret(&mut self, name: &str) {
        let secrets = list(&mut self.0["spec"], "imagePullSecrets");
        let secret = json!({"name": name});
        if !secrets.contains(&secret) {
            secrets.push(secret);
        }
    }

    /// Sets an annotation of the pods.
    pub(crate) fn annotate(&mut self, key: &str, value: String) {
        map(self.0, "metadata");
        map(&mut self.0["metadata"], "annotations").insert(key.to_owned(), value.into());
    }
}

/// Mounts a volume; what was at its path before gives way.
pub(crate) fn mount(container: &mut Value, mount: &Value) {
    let mounts = list(container, "volumeMounts");
    mounts.retain(|it| it["mountPath"] != mount["mountPath"]);
    mounts.push(mount.clone());
}

/// Sets a variable; one of the same name gives way.
pub(crate) fn env(container: &mut Value, env: &Value) {
    let envs = list(container, "env");
    match envs.iter_mut().find(|it| it["name"] == env["name"]) {
        Some(existing) => *existing = env.clone(),
        None => envs.push(env.clone()),
    }
}

/// Takes all keys of an object as variables; objects added later win.
pub(crate) fn env_from(container: &mut Value, source: &Value) {
    let sources = list(container, "envFrom");
    sources.retain(|it| it != source);
    sources.push(source.clone());
}

/// Adds a configuration file to those that the hub reads, as the last one so far.
pub(crate) fn config_argument(container: &mut Value, path: &str) {
    list(container, "args").extend(["--config".into(), path.into()]);
}

/// Makes a name that a volume may have: lower-case, digits and single dashes, 63 at most.
fn volume_name(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        match c.to_ascii_lowercase() {
            c @ ('a'..='z' | '0'..='9') => out.push(c),
            _ if out.is_empty() || out.ends_with('-') => {}
            _ => out.push('-'),
        }
    }
    out.truncate(63);
    out.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_volumes_have_only_what_is_allowed() {
        assert_eq!(volume_name("App.Config--RHDH_1"), "app-config-rhdh-1");
        assert_eq!(volume_name(&"x".repeat(80)).len(), 63);
    }

    #[test]
    fn a_config_map_and_a_secret_of_one_name_are_two_volumes() {
        let mut template = json!({"spec": {"containers": []}});
        let mut pod = Pod(&mut template);

        let first = pod.volume("same", "configmap", &json!({"configMap": {"name": "same"}}));
        let again = pod.volume("same", "configmap", &json!({"configMap": {"name": "same"}}));
        let second = pod.volume("same", "secret", &json!({"secret": {"secretName": "same"}}));

        assert_eq!([first, again, second], ["same", "same", "secret-same"]);
    }
}
