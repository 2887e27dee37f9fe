//! Typed reads of a part of the configuration.

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::diagnostic::ConfigError;
use crate::duration;
use crate::path::{ConfigPath, Step};
use crate::section;
use crate::span::{Data, Location, Origin, Tree};

/// A part of the configuration, whose errors still give whole paths.
///
/// Paths are relative to the part: keys joined by dots, items as `[0]`; the empty path is
/// the part itself. A `null` counts as absent. Texts of errors are those of the original.
#[derive(Debug, Clone)]
pub struct View<'a> {
    path: ConfigPath,
    tree: Option<&'a Tree>,
    /// What a missing value is missing from.
    origin: &'a Origin,
}

impl<'a> View<'a> {
    pub(crate) fn new(root: &'a Tree) -> Self {
        Self {
            path: ConfigPath::default(),
            tree: Some(root),
            origin: &root.origin,
        }
    }

    /// Gives the path of this part from the root, empty for the root.
    pub fn path(&self) -> String {
        self.path.to_string()
    }

    /// Says whether there is anything here.
    pub fn exists(&self) -> bool {
        self.tree.is_some()
    }

    /// Narrows the view to what lies at `path`, be it there or not.
    ///
    /// # Errors
    ///
    /// If a key of the path is malformed, or leads through something that has no keys.
    pub fn at(&self, path: &str) -> Result<Self, ConfigError> {
        let steps = ConfigPath::parse(path).ok_or_else(|| {
            let key = self.joined_text(path);
            ConfigError::at(format!("Invalid config key '{key}'"), self.origin)
        })?;
        steps
            .0
            .into_iter()
            .try_fold(self.clone(), |view, step| view.step(step))
    }

    /// Narrows the view to the entry at exactly `key`, which may hold dots and slashes.
    pub fn entry(&self, key: &str) -> Self {
        self.below(
            Step::Key(key.to_owned()),
            self.tree.and_then(|tree| tree.get(key)),
        )
    }

    /// Gives the keys of an object in their order; of anything else, none.
    pub fn keys(&self) -> Vec<&'a str> {
        match self.tree.map(|tree| &tree.data) {
            Some(Data::Object(entries)) => entries
                .iter()
                .filter(|(_, value)| value.present().is_some())
                .map(|(key, _)| key.as_str())
                .collect(),
            _ => Vec::new(),
        }
    }

    /// Says whether there is a value at `path`.
    pub fn has(&self, path: &str) -> bool {
        self.at(path).is_ok_and(|view| view.exists())
    }

    /// Gives a text that is not empty.
    ///
    /// # Errors
    ///
    /// If it is missing, empty or of another type.
    pub fn string(&self, path: &str) -> Result<String, ConfigError> {
        self.required(path, self.optional_string(path)?)
    }

    /// Gives a text that is not empty; `None` if it is absent.
    ///
    /// # Errors
    ///
    /// If it is empty or of another type.
    pub fn optional_string(&self, path: &str) -> Result<Option<String>, ConfigError> {
        self.read(path, |view, tree| {
            to_text(tree)
                .map(str::to_owned)
                .ok_or_else(|| view.wrong_type(tree, "string"))
        })
    }

    /// Gives a number, also one that is written as text.
    ///
    /// # Errors
    ///
    /// If it is missing or no number.
    pub fn number(&self, path: &str) -> Result<f64, ConfigError> {
        self.required(path, self.optional_number(path)?)
    }

    /// Gives a number, also one that is written as text; `None` if it is absent.
    ///
    /// # Errors
    ///
    /// If it is no number.
    pub fn optional_number(&self, path: &str) -> Result<Option<f64>, ConfigError> {
        self.read(path, |view, tree| match &tree.data {
            Data::Number(_) | Data::String(_) => {
                to_number(tree).ok_or_else(|| view.not_convertible(tree, "number"))
            }
            _ => Err(view.wrong_type(tree, "number")),
        })
    }

    /// Gives a yes or no, also as text (`yes`, `on`, `1`, …).
    ///
    /// # Errors
    ///
    /// If it is missing or neither.
    pub fn boolean(&self, path: &str) -> Result<bool, ConfigError> {
        self.required(path, self.optional_boolean(path)?)
    }

    /// Gives a yes or no, also as text (`yes`, `on`, `1`, …); `None` if it is absent.
    ///
    /// # Errors
    ///
    /// If it is neither.
    pub fn optional_boolean(&self, path: &str) -> Result<Option<bool>, ConfigError> {
        self.read(path, |view, tree| match &tree.data {
            Data::Bool(_) | Data::Number(_) | Data::String(_) => {
                to_boolean(tree).ok_or_else(|| view.not_convertible(tree, "boolean"))
            }
            _ => Err(view.wrong_type(tree, "boolean")),
        })
    }

    /// Gives a list of texts, none of them empty.
    ///
    /// # Errors
    ///
    /// If it is missing or of another type.
    pub fn string_list(&self, path: &str) -> Result<Vec<String>, ConfigError> {
        self.required(path, self.optional_string_list(path)?)
    }

    /// Gives a list of texts, none of them empty; `None` if it is absent.
    ///
    /// # Errors
    ///
    /// If it is of another type.
    pub fn optional_string_list(&self, path: &str) -> Result<Option<Vec<String>>, ConfigError> {
        self.read(path, |view, tree| {
            view.items(tree, "string-array")?
                .into_iter()
                .map(|(item, tree)| {
                    to_text(tree)
                        .map(str::to_owned)
                        .ok_or_else(|| item.wrong_type(tree, "string-array"))
                })
                .collect()
        })
    }

    /// Gives an object as a view.
    ///
    /// # Errors
    ///
    /// If it is missing or of another type.
    pub fn object(&self, path: &str) -> Result<Self, ConfigError> {
        self.required(path, self.optional_object(path)?)
    }

    /// Gives an object as a view; `None` if it is absent.
    ///
    /// # Errors
    ///
    /// If it is of another type.
    pub fn optional_object(&self, path: &str) -> Result<Option<Self>, ConfigError> {
        self.read(path, |view, tree| match &tree.data {
            Data::Object(_) => Ok(view.clone()),
            _ => Err(view.wrong_type(tree, "object")),
        })
    }

    /// Gives a list of objects as views.
    ///
    /// # Errors
    ///
    /// If it is missing or of another type.
    pub fn object_list(&self, path: &str) -> Result<Vec<Self>, ConfigError> {
        self.required(path, self.optional_object_list(path)?)
    }

    /// Gives a list of objects as views; `None` if it is absent.
    ///
    /// # Errors
    ///
    /// If it is of another type.
    pub fn optional_object_list(&self, path: &str) -> Result<Option<Vec<Self>>, ConfigError> {
        self.read(path, |view, tree| {
            view.items(tree, "object-array")?
                .into_iter()
                .map(|(item, tree)| match &tree.data {
                    Data::Object(_) => Ok(item),
                    _ => Err(item.wrong_type(tree, "object-array")),
                })
                .collect()
        })
    }

    /// Gives a duration: `{minutes: 30}`, `PT30M` or `30 minutes`; `None` if it is absent.
    ///
    /// # Errors
    ///
    /// If it is none of these, or negative.
    pub fn optional_duration(&self, path: &str) -> Result<Option<Duration>, ConfigError> {
        self.read(path, |view, tree| {
            duration::read(tree).ok_or_else(|| {
                view.not_convertible(tree, "duration")
                    .with_help("write it as `{ minutes: 30 }`, `PT30M` or `30 minutes`")
            })
        })
    }

    /// Gives a duration: `{minutes: 30}`, `PT30M` or `30 minutes`.
    ///
    /// # Errors
    ///
    /// If it is missing, none of these, or negative.
    pub fn duration(&self, path: &str) -> Result<Duration, ConfigError> {
        self.required(path, self.optional_duration(path)?)
    }

    /// Reads what lies at `path` into a type; `None` if it is absent.
    ///
    /// Numbers and booleans may be written as text, as variables always are. Keys that
    /// the type does not know are passed over.
    ///
    /// # Errors
    ///
    /// If the value does not fit; the error names the innermost path.
    pub fn section<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>, ConfigError> {
        self.read(path, |view, tree| section::read(tree, &view.path))
    }

    /// Gives the value at `path` as JSON; `None` if it is absent or unreachable.
    pub fn json(&self, path: &str) -> Option<Value> {
        self.at(path).ok()?.tree.map(Tree::to_json)
    }

    /// Gives the place of the value at `path`; `None` if it is absent or not from a file.
    pub fn located(&self, path: &str) -> Option<Location> {
        self.at(path).ok()?.tree?.origin.location()
    }

    /// Builds an error about the value at `path`, for checks of the caller's own.
    ///
    /// It points at the value, or else at the nearest part around it.
    pub fn error(&self, path: &str, message: impl Into<String>) -> ConfigError {
        let view = self.nearest(path);
        let origin = view.tree.map_or(view.origin, |tree| &tree.origin);
        ConfigError::at(message.into(), origin)
    }

    fn nearest(&self, path: &str) -> Self {
        let steps = ConfigPath::parse(path).unwrap_or_default();
        let mut view = self.clone();
        for step in steps.0 {
            match view.step(step) {
                Ok(next) if next.exists() => view = next,
                Ok(_) | Err(_) => break,
            }
        }
        view
    }

    fn step(&self, step: Step) -> Result<Self, ConfigError> {
        let tree = match (self.tree, &step) {
            (None, _) => None,
            (
                Some(Tree {
                    data: Data::Object(_),
                    ..
                }),
                Step::Key(key),
            ) => self.tree.and_then(|tree| tree.get(key)),
            (
                Some(Tree {
                    data: Data::Array(items),
                    ..
                }),
                Step::Index(index),
            ) => items.get(*index).and_then(Tree::present),
            (Some(tree), Step::Key(_)) => return Err(self.wrong_type(tree, "object")),
            (Some(tree), Step::Index(_)) => return Err(self.wrong_type(tree, "array")),
        };
        Ok(self.below(step, tree))
    }

    fn below(&self, step: Step, tree: Option<&'a Tree>) -> Self {
        let origin = tree.map_or(self.origin, |tree| &tree.origin);
        Self {
            path: self.path.joined(step),
            tree,
            origin,
        }
    }

    fn read<T>(
        &self,
        path: &str,
        convert: impl FnOnce(&Self, &'a Tree) -> Result<T, ConfigError>,
    ) -> Result<Option<T>, ConfigError> {
        let view = self.at(path)?;
        view.tree.map(|tree| convert(&view, tree)).transpose()
    }

    fn required<T>(&self, path: &str, value: Option<T>) -> Result<T, ConfigError> {
        value.ok_or_else(|| {
            let (key, layer) = (self.joined_text(path), &self.origin.layer);
            self.error(
                path,
                format!("Missing required config value at '{key}' in '{layer}'"),
            )
        })
    }

    fn items(&self, tree: &'a Tree, wanted: &str) -> Result<Vec<(Self, &'a Tree)>, ConfigError> {
        match &tree.data {
            Data::Array(items) => Ok(items
                .iter()
                .enumerate()
                .map(|(index, item)| (self.below(Step::Index(index), Some(item)), item))
                .collect()),
            _ => Err(self.wrong_type(tree, wanted)),
        }
    }

    fn wrong_type(&self, tree: &Tree, wanted: &str) -> ConfigError {
        wrong_type(&self.path, tree, wanted)
    }

    fn not_convertible(&self, tree: &Tree, wanted: &str) -> ConfigError {
        not_convertible(&self.path, tree, wanted)
    }

    fn joined_text(&self, path: &str) -> String {
        let prefix = self.path.to_string();
        match (prefix.as_str(), path) {
            ("", path) => path.to_owned(),
            (prefix, "") => prefix.to_owned(),
            (prefix, path) => format!("{prefix}.{path}"),
        }
    }
}

pub(crate) fn wrong_type(path: &ConfigPath, tree: &Tree, wanted: &str) -> ConfigError {
    let (layer, got) = (&tree.origin.layer, tree.type_name());
    let message =
        format!("Invalid type in config for key '{path}' in '{layer}', got {got}, wanted {wanted}");
    ConfigError::at(message, &tree.origin)
}

pub(crate) fn not_convertible(path: &ConfigPath, tree: &Tree, wanted: &str) -> ConfigError {
    let layer = &tree.origin.layer;
    let message =
        format!("Unable to convert config value for key '{path}' in '{layer}' to a {wanted}");
    ConfigError::at(message, &tree.origin)
}

/// Gives a text that is not empty.
pub(crate) fn to_text(tree: &Tree) -> Option<&str> {
    match &tree.data {
        Data::String(text) if !text.is_empty() => Some(text),
        _ => None,
    }
}

/// Gives a number, also from text, as JavaScript's `Number(…)` reads it; empty text is
/// none here.
pub(crate) fn to_number(tree: &Tree) -> Option<f64> {
    match &tree.data {
        Data::Number(number) => number.as_f64(),
        Data::String(text) => {
            let text = text.trim();
            if let Some(digits) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
                return u32::from_str_radix(digits, 16).ok().map(f64::from);
            }
            // Rust also reads `inf` and `nan`.
            let plain = text
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
            text.parse()
                .ok()
                .filter(|value: &f64| plain && value.is_finite())
        }
        _ => None,
    }
}

/// Gives a yes or no, also from text and from 1 and 0.
pub(crate) fn to_boolean(tree: &Tree) -> Option<bool> {
    let text = match &tree.data {
        Data::Bool(value) => return Some(*value),
        Data::Number(number) => number.to_string(),
        Data::String(text) => text.trim().to_lowercase(),
        _ => return None,
    };
    match text.as_str() {
        "y" | "yes" | "true" | "1" | "on" => Some(true),
        "n" | "no" | "false" | "0" | "off" => Some(false),
        _ => None,
    }
}
