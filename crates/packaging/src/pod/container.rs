//! One container of a pod: what is started, as whom, with what.

use super::volume::{data_of, find};
use anyhow::{Context, Result, bail};
use serde_json::Value;

/// What a container comes to once image and manifest are put together.
#[derive(Debug)]
pub(super) struct Container {
    pub(super) name: String,
    /// The program and all its arguments.
    pub(super) command: Vec<String>,
    pub(super) environment: Vec<(String, String)>,
    /// The working directory.
    pub(super) folder: String,
    pub(super) user: u32,
    pub(super) has_read_only_root: bool,
    pub(super) mounts: Vec<Mount>,
}

#[derive(Debug)]
pub(super) struct Mount {
    pub(super) volume: String,
    pub(super) path: String,
    /// The part of the volume, `subPath`.
    pub(super) part: Option<String>,
    pub(super) is_read_only: bool,
}

impl Container {
    pub(super) fn of(
        container: &Value,
        spec: &Value,
        image: &Value,
        objects: &[Value],
    ) -> Result<Container> {
        let mut command = words(&container["command"]);
        if command.is_empty() {
            command = words(&image["Entrypoint"]);
        }
        command.extend(words(&container["args"]));

        let user = [
            &container["securityContext"]["runAsUser"],
            &spec["securityContext"]["runAsUser"],
        ]
        .into_iter()
        .find_map(Value::as_u64);
        let user = match user {
            Some(user) => u32::try_from(user)?,
            None => {
                let text = image["User"].as_str().context("the image names no user")?;
                let user = text.split(':').next().unwrap_or(text);
                user.parse()
                    .with_context(|| format!("`{text}` is no number, so nobody can tell root"))?
            }
        };
        let folder = [&container["workingDir"], &image["WorkingDir"]]
            .into_iter()
            .find_map(Value::as_str)
            .unwrap_or("/");
        Ok(Container {
            name: text(&container["name"]),
            command,
            environment: environment(container, image, objects)?,
            folder: folder.to_owned(),
            user,
            has_read_only_root: container["securityContext"]["readOnlyRootFilesystem"] == true,
            mounts: container["volumeMounts"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|mount| Mount {
                    volume: text(&mount["name"]),
                    path: text(&mount["mountPath"]),
                    part: mount["subPath"].as_str().map(str::to_owned),
                    is_read_only: mount["readOnly"] == true,
                })
                .collect(),
        })
    }
}

/// The variables of the image, then those of whole objects, then each by itself; the last wins.
fn environment(
    container: &Value,
    image: &Value,
    objects: &[Value],
) -> Result<Vec<(String, String)>> {
    let mut all: Vec<(String, String)> = Vec::new();
    let mut set =
        |name: String, value: String| match all.iter_mut().find(|(known, _)| *known == name) {
            Some(entry) => entry.1 = value,
            None => all.push((name, value)),
        };
    for assignment in words(&image["Env"]) {
        let (name, value) = assignment.split_once('=').context("no variable")?;
        set(name.to_owned(), value.to_owned());
    }
    for from in container["envFrom"].as_array().into_iter().flatten() {
        for (member, kind) in [("configMapRef", "ConfigMap"), ("secretRef", "Secret")] {
            if let Some(name) = from[member]["name"].as_str() {
                for (key, value) in data_of(find(objects, kind, name)?)? {
                    set(key, String::from_utf8(value)?);
                }
            }
        }
    }
    for variable in container["env"].as_array().into_iter().flatten() {
        set(text(&variable["name"]), value(variable, objects)?);
    }
    Ok(all)
}

fn value(variable: &Value, objects: &[Value]) -> Result<String> {
    if let Some(value) = variable["value"].as_str() {
        return Ok(value.to_owned());
    }
    for (member, kind) in [("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")] {
        let reference = &variable["valueFrom"][member];
        if let Some(name) = reference["name"].as_str() {
            let key = text(&reference["key"]);
            let data = data_of(find(objects, kind, name)?)?;
            let (_, value) = data
                .into_iter()
                .find(|(known, _)| *known == key)
                .with_context(|| format!("{kind} `{name}` has no key `{key}`"))?;
            return Ok(String::from_utf8(value)?);
        }
    }
    bail!("the variable {} has no value", variable["name"])
}

fn words(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().map(text).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
