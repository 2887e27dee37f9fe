//! What is read, in which order: files, then the environment.

use std::path::{Component, Path, PathBuf};

use serde_json::Value;

use crate::diagnostic::ConfigError;
use crate::environment::Environment;
use crate::merge::merge;
use crate::path::is_key;
use crate::span::{Data, Origin, Tree};
use crate::substitute::Transform;

/// What to load.
#[derive(Debug, Clone)]
pub struct LoadOptions {
    /// The `--config` arguments, lowest layer first, relative to `root`.
    ///
    /// Empty means `app-config.yaml`, which must exist, and `app-config.local.yaml`,
    /// which need not.
    pub args: Vec<PathBuf>,
    /// The working directory, absolute: relative paths in values are relative to it.
    pub root: PathBuf,
    /// The variables for `${…}`, `$env` and `APP_CONFIG_*`.
    pub environment: Environment,
}

const DEFAULT_FILE: &str = "app-config.yaml";
const LOCAL_FILE: &str = "app-config.local.yaml";
const VARIABLE_PREFIX: &str = "APP_CONFIG_";

/// Reads and merges every layer; `files` takes each file that was opened or looked for.
pub(crate) fn load(options: &LoadOptions, files: &mut Vec<PathBuf>) -> Result<Tree, ConfigError> {
    let mut root = Tree::object(Origin::layer("config"));
    for path in layer_files(options, files)? {
        if let Some(layer) = read_file(&path, options, files)? {
            merge(&mut root, layer);
        }
    }
    if let Some(layer) = variables(&options.environment)? {
        merge(&mut root, layer);
    }
    Ok(root)
}

fn layer_files(
    options: &LoadOptions,
    files: &mut Vec<PathBuf>,
) -> Result<Vec<PathBuf>, ConfigError> {
    if options.args.is_empty() {
        let local = options.root.join(LOCAL_FILE);
        let mut layers = vec![options.root.join(DEFAULT_FILE)];
        if local.exists() {
            layers.push(local);
        } else {
            // It may appear later.
            files.push(local);
        }
        return Ok(layers);
    }
    if let Some(url) = options.args.iter().find(|path| is_url(path)) {
        return Err(ConfigError::remote(url));
    }
    Ok(options
        .args
        .iter()
        .map(|path| normal(&options.root.join(path)))
        .collect())
}

/// Says whether an argument has a scheme and a host.
fn is_url(argument: &Path) -> bool {
    let text = argument.to_string_lossy();
    text.split_once("://").is_some_and(|(scheme, rest)| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
            && !rest.is_empty()
            && !rest.starts_with('/')
    })
}

/// Removes `.` and `..` without asking the file system, as Node's `resolve` does.
///
/// What leads out of a relative path stays in front of it.
pub(crate) fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for component in path.components() {
        match (component, out.components().next_back()) {
            (Component::CurDir, _)
            | (Component::ParentDir, Some(Component::RootDir | Component::Prefix(_))) => {}
            (Component::ParentDir, Some(Component::Normal(_))) => {
                out.pop();
            }
            (component, _) => out.push(component),
        }
    }
    if out.as_os_str().is_empty() {
        out.push(Component::CurDir);
    }
    out
}

/// Reads one layer; `None` if the file is empty.
fn read_file(
    path: &Path,
    options: &LoadOptions,
    files: &mut Vec<PathBuf>,
) -> Result<Option<Tree>, ConfigError> {
    files.push(path.to_owned());
    let text = std::fs::read_to_string(path).map_err(|error| ConfigError::io(path, error))?;
    let origin = Origin::file(path, &text);
    let node = callboard_yaml::parse(&text).map_err(|error| {
        let place = error.position().map_or(origin.clone(), |at| origin.at(at));
        ConfigError::unreadable(path, &error.to_string(), &place)
    })?;
    let tree = Tree::from_node(node, &origin);
    if matches!(tree.data, Data::Null) {
        return Ok(None);
    }
    let not_an_object =
        |origin: &Origin| ConfigError::unreadable(path, "expected object at config root", origin);
    if !matches!(tree.data, Data::Object(_)) {
        return Err(not_an_object(&tree.origin));
    }
    let root = tree.origin.clone();
    // The root may be an include object itself.
    match (Transform {
        environment: &options.environment,
        config_file: path,
        root: &options.root,
        files,
    })
    .run(tree)?
    {
        Some(tree) if matches!(tree.data, Data::Object(_)) => Ok(Some(tree)),
        Some(_) | None => Err(not_an_object(&root)),
    }
}

/// Builds the layer of `APP_CONFIG_*`; `None` if none is set.
fn variables(environment: &Environment) -> Result<Option<Tree>, ConfigError> {
    let mut root = None;
    for (key, value) in environment.with_prefix(VARIABLE_PREFIX) {
        if value.is_empty() {
            continue;
        }
        let origin = Origin {
            variable: Some(format!("{VARIABLE_PREFIX}{key}").into()),
            ..Origin::layer("env")
        };
        let root = root.get_or_insert_with(|| Tree::object(Origin::layer("env")));
        set_variable(root, key, value, &origin)
            .map_err(|reason| ConfigError::variable(reason, &origin))?;
    }
    Ok(root)
}

fn set_variable(root: &mut Tree, key: &str, value: &str, origin: &Origin) -> Result<(), String> {
    let parts: Vec<&str> = key.split('_').collect();
    if !parts.iter().all(|part| is_key(part)) {
        return Err(format!("Invalid env config key '{key}'"));
    }
    let mut parent = root;
    for (index, part) in parts.iter().enumerate() {
        let Data::Object(entries) = &mut parent.data else {
            let above = parts[..index].join("_");
            return Err(format!(
                "Could not nest config for key '{key}' under existing value '{above}'"
            ));
        };
        let is_last = index + 1 == parts.len();
        if is_last && entries.contains_key(*part) {
            return Err(format!(
                "Refusing to override existing config at key '{key}'"
            ));
        }
        parent = entries
            .entry((*part).to_owned())
            .or_insert_with(|| Tree::object(origin.clone()));
    }
    *parent = match serde_json::from_str(value) {
        Ok(Value::Null) => {
            return Err(format!(
                "Failed to parse JSON-serialized config value for key '{key}', Error: value may not be null"
            ));
        }
        Ok(json) => Tree::from_json(json, origin),
        Err(_) => Tree {
            origin: origin.clone(),
            data: Data::String(value.to_owned()),
        },
    };
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_loses_its_detours() {
        for (path, expected) in [
            ("/srv/./hub/../roles//a.csv", "/srv/roles/a.csv"),
            ("/../a", "/a"),
            ("./a/b/..", "a"),
            ("../../a", "../../a"),
            ("a/../..", ".."),
            ("a/..", "."),
        ] {
            assert_eq!(normal(Path::new(path)), Path::new(expected), "{path}");
        }
    }
}
