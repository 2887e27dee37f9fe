//! `${VAR}` in strings, and the include objects `$env`, `$file` and `$include`.

use std::path::{Path, PathBuf};

use indexmap::IndexMap;

use crate::diagnostic::ConfigError;
use crate::environment::Environment;
use crate::span::{Data, Origin, Tree};

/// How many `$include` may lie within one another.
const MAX_INCLUDES: usize = 32;

/// Transforms what one configuration file holds.
pub(crate) struct Transform<'a> {
    pub(crate) environment: &'a Environment,
    /// The layer's file, which every error names.
    pub(crate) config_file: &'a Path,
    /// The working directory, where a file is that is not beside the one that names it.
    pub(crate) root: &'a Path,
    /// Every file that was opened, or should have been.
    pub(crate) files: &'a mut Vec<PathBuf>,
}

/// Where the transformation stands.
#[derive(Clone, Copy)]
struct Scope<'a> {
    /// What relative paths are relative to.
    folder: &'a Path,
    includes: usize,
}

/// A reason without the place, which the caller knows.
type Reason = String;

/// What an include object stands for; `None` drops its key.
enum Included {
    Value(Option<Data>),
    /// More configuration, in a file of the given folder.
    Tree {
        tree: Tree,
        folder: PathBuf,
    },
}

impl Transform<'_> {
    /// Transforms the whole file.
    pub(crate) fn run(&mut self, tree: Tree) -> Result<Option<Tree>, ConfigError> {
        // A path that was read has a folder.
        let folder = self
            .config_file
            .parent()
            .unwrap_or(self.config_file)
            .to_owned();
        self.value(
            tree,
            "",
            Scope {
                folder: &folder,
                includes: 0,
            },
        )
    }

    fn value(
        &mut self,
        tree: Tree,
        path: &str,
        scope: Scope<'_>,
    ) -> Result<Option<Tree>, ConfigError> {
        let Tree { origin, data } = tree;
        let data = match data {
            Data::String(text) => match substitute(&text, self.environment) {
                Some(text) => Data::String(text),
                None => return Ok(None),
            },
            Data::Array(items) => {
                let mut kept = Vec::with_capacity(items.len());
                for (index, item) in items.into_iter().enumerate() {
                    kept.extend(self.value(item, &format!("{path}[{index}]"), scope)?);
                }
                Data::Array(kept)
            }
            Data::Object(entries) => match entries.keys().find(|key| key.starts_with('$')) {
                Some(key) => {
                    let included = self
                        .include(key, &entries, &origin, scope)
                        .map_err(|reason| self.error(path, &reason, &origin))?;
                    return match included {
                        Included::Value(data) => Ok(data.map(|data| Tree { origin, data })),
                        Included::Tree { tree, folder } => {
                            let includes = scope.includes + 1;
                            self.value(
                                tree,
                                path,
                                Scope {
                                    folder: &folder,
                                    includes,
                                },
                            )
                        }
                    };
                }
                None => {
                    let mut kept = IndexMap::with_capacity(entries.len());
                    for (key, value) in entries {
                        if let Some(value) = self.value(value, &format!("{path}.{key}"), scope)? {
                            kept.insert(key, value);
                        }
                    }
                    Data::Object(kept)
                }
            },
            Data::Null | Data::Bool(_) | Data::Number(_) => data,
        };
        Ok(Some(Tree { origin, data }))
    }

    fn include(
        &mut self,
        key: &str,
        entries: &IndexMap<String, Tree>,
        origin: &Origin,
        scope: Scope<'_>,
    ) -> Result<Included, Reason> {
        if entries.len() != 1 {
            return Err(format!("include key {key} should not have adjacent keys"));
        }
        let Some(Tree {
            data: Data::String(raw),
            ..
        }) = entries.get(key)
        else {
            return Err(format!("{key} include value is not a string"));
        };
        let argument = substitute(raw, self.environment)
            .ok_or_else(|| format!("{key} substitution value was undefined"))?;
        match key {
            "$env" => {
                let value = self.environment.get(&argument).map(str::trim);
                Ok(Included::Value(
                    value.map(|value| Data::String(value.to_owned())),
                ))
            }
            "$file" => {
                let path = self.find(&argument, scope);
                let text = self.read(&path, &argument)?;
                Ok(Included::Value(Some(Data::String(
                    text.trim_end().to_owned(),
                ))))
            }
            "$include" => self.include_file(&argument, origin, scope),
            _ => Err(format!("unknown include {key}")),
        }
    }

    /// Reads `file#path.in.it`.
    fn include_file(
        &mut self,
        argument: &str,
        origin: &Origin,
        scope: Scope<'_>,
    ) -> Result<Included, Reason> {
        if scope.includes >= MAX_INCLUDES {
            return Err(format!(
                "more than {MAX_INCLUDES} includes within one another"
            ));
        }
        let (name, selected) = argument.split_once('#').unwrap_or((argument, ""));
        let path = self.find(name, scope);
        let is_json = match path.extension().and_then(|extension| extension.to_str()) {
            Some("json") => true,
            Some("yaml" | "yml") => false,
            _ => {
                return Err(format!(
                    "no configuration parser available for included file {name}"
                ));
            }
        };
        let text = self.read(&path, name)?;
        let origin = origin.in_file(&path, &text);
        let broken = |error: &dyn std::fmt::Display| {
            format!("failed to parse included file {name}, {error}")
        };
        let mut tree = if is_json {
            let value = serde_json::from_str(&text).map_err(|error| broken(&error))?;
            Tree::from_json(value, &origin)
        } else {
            let node = callboard_yaml::parse(&text).map_err(|error| match error.position() {
                Some(at) => broken(&format_args!("{error} at line {}", at.line)),
                None => broken(&error),
            })?;
            Tree::from_node(node, &origin)
        };
        let steps: Vec<&str> = selected
            .split('.')
            .filter(|_| !selected.is_empty())
            .collect();
        for (index, step) in steps.iter().enumerate() {
            let Data::Object(mut entries) = tree.data else {
                let above = steps[..index].join(".");
                return Err(format!(
                    "value at '{above}' in included file {name} is not an object"
                ));
            };
            match entries.swap_remove(*step) {
                Some(next) => tree = next,
                None if index + 1 == steps.len() => return Ok(Included::Value(None)),
                None => {
                    let above = steps[..=index].join(".");
                    return Err(format!(
                        "value at '{above}' in included file {name} is not an object"
                    ));
                }
            }
        }
        let folder = path.parent().unwrap_or(scope.folder).to_owned();
        Ok(Included::Tree { tree, folder })
    }

    /// Where a file is: beside the one that names it, else in the working directory.
    ///
    /// The original knows the first place only. A chart mounts what it brings elsewhere than
    /// people mount what they bring, who name their files as if all of it were in one folder.
    fn find(&mut self, name: &str, scope: Scope<'_>) -> PathBuf {
        let (beside, below) = (scope.folder.join(name), self.root.join(name));
        if beside == below || beside.exists() {
            return beside;
        }
        let (found, missing) = if below.exists() {
            (below, beside)
        } else {
            (beside, below)
        };
        // It may appear later.
        self.files.push(missing);
        found
    }

    fn read(&mut self, path: &Path, name: &str) -> Result<String, Reason> {
        self.files.push(path.to_owned());
        std::fs::read_to_string(path)
            .map_err(|error| format!("failed to read file {name}, {error}"))
    }

    fn error(&self, path: &str, reason: &str, origin: &Origin) -> ConfigError {
        ConfigError::unreadable(
            self.config_file,
            &format!("error at {path}, {reason}"),
            origin,
        )
    }
}

/// Replaces every `${VAR}` and `${VAR:-fallback}` of `text`.
///
/// `None` if a variable is not set and has no fallback. `$${VAR}` stays, without its
/// first `$`. What a variable holds is trimmed and not looked at again.
fn substitute(text: &str, environment: &Environment) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let (before, inner) = (&rest[..start], &rest[start + 2..]);
        // A name holds no brace, so the first one decides.
        match inner.find(['{', '}']) {
            Some(end) if inner[end..].starts_with('}') => {
                if let Some(before) = before.strip_suffix('$') {
                    out.extend([before, &rest[start..start + 3 + end]]);
                } else {
                    out.push_str(before);
                    out.push_str(variable(&inner[..end], environment)?);
                }
                rest = &inner[end + 1..];
            }
            _ => {
                out.extend([before, "${"]);
                rest = inner;
            }
        }
    }
    out.push_str(rest);
    Some(out)
}

fn variable<'a>(reference: &'a str, environment: &'a Environment) -> Option<&'a str> {
    let value = |name: &str| environment.get(name.trim()).map(str::trim);
    match reference.split_once(":-") {
        None => value(reference),
        // Empty counts as unset on either side.
        Some((name, fallback)) => value(name)
            .filter(|value| !value.is_empty())
            .or(Some(fallback.trim()).filter(|fallback| !fallback.is_empty())),
    }
}
