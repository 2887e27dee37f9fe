//! Values that remember where they were written.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use callboard_yaml::{Node, NodeValue, Position};
use indexmap::IndexMap;
use serde_json::{Number, Value};

/// A place in a configuration file; line and column count from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// The file, as an absolute path.
    pub file: PathBuf,
    /// The line.
    pub line: u32,
    /// The column, in characters.
    pub column: u32,
}

/// A file that was read, kept to show the line of a mistake.
#[derive(Debug)]
pub(crate) struct SourceFile {
    pub(crate) path: PathBuf,
    pub(crate) text: String,
}

/// Where a value comes from.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    /// What messages call the layer: the base name of its file, or `env`.
    ///
    /// A value that was included from another file still belongs to the layer.
    pub(crate) layer: Arc<str>,
    /// The file that the value stands in, included ones being their own.
    pub(crate) file: Option<Arc<SourceFile>>,
    /// Where in that file.
    pub(crate) at: Option<Position>,
    /// The environment variable that set it.
    pub(crate) variable: Option<Arc<str>>,
}

impl Origin {
    /// Names a layer that is not a file.
    pub(crate) fn layer(name: &str) -> Self {
        Self {
            layer: name.into(),
            file: None,
            at: None,
            variable: None,
        }
    }

    /// Names a file that is a layer of its own.
    pub(crate) fn file(path: &Path, text: &str) -> Self {
        let layer = path
            .file_name()
            .unwrap_or(path.as_os_str())
            .to_string_lossy();
        Self::layer(&layer).in_file(path, text)
    }

    /// Gives the same layer at the top of another file.
    pub(crate) fn in_file(&self, path: &Path, text: &str) -> Self {
        let file = SourceFile {
            path: path.to_owned(),
            text: text.to_owned(),
        };
        Self {
            file: Some(Arc::new(file)),
            at: None,
            ..self.clone()
        }
    }

    /// Gives the same layer and file at another place.
    pub(crate) fn at(&self, at: Position) -> Self {
        Self {
            at: Some(at),
            ..self.clone()
        }
    }

    pub(crate) fn location(&self) -> Option<Location> {
        let (file, at) = (self.file.as_ref()?, self.at?);
        Some(Location {
            file: file.path.clone(),
            line: at.line,
            column: at.column,
        })
    }
}

/// A value with its origin.
#[derive(Debug, Clone)]
pub(crate) struct Tree {
    pub(crate) origin: Origin,
    pub(crate) data: Data,
}

#[derive(Debug, Clone)]
pub(crate) enum Data {
    Null,
    Bool(bool),
    Number(Number),
    String(String),
    Array(Vec<Tree>),
    Object(IndexMap<String, Tree>),
}

impl Tree {
    /// Takes what was read from the file of `origin`.
    pub(crate) fn from_node(node: Node, origin: &Origin) -> Self {
        let data = match node.value {
            NodeValue::Null => Data::Null,
            NodeValue::Bool(value) => Data::Bool(value),
            NodeValue::Number(value) => Data::Number(value),
            NodeValue::String(value) => Data::String(value),
            NodeValue::Sequence(items) => Data::Array(
                items
                    .into_iter()
                    .map(|item| Self::from_node(item, origin))
                    .collect(),
            ),
            NodeValue::Mapping(entries) => Data::Object(
                entries
                    .into_iter()
                    .map(|entry| (entry.key, Self::from_node(entry.node, origin)))
                    .collect(),
            ),
        };
        Self {
            origin: origin.at(node.at),
            data,
        }
    }

    /// Takes a JSON value whose parts have no places of their own.
    pub(crate) fn from_json(value: Value, origin: &Origin) -> Self {
        let data = match value {
            Value::Null => Data::Null,
            Value::Bool(value) => Data::Bool(value),
            Value::Number(value) => Data::Number(as_javascript(value)),
            Value::String(value) => Data::String(value),
            Value::Array(items) => Data::Array(
                items
                    .into_iter()
                    .map(|item| Self::from_json(item, origin))
                    .collect(),
            ),
            Value::Object(entries) => Data::Object(
                entries
                    .into_iter()
                    .map(|(key, value)| (key, Self::from_json(value, origin)))
                    .collect(),
            ),
        };
        Self {
            origin: origin.clone(),
            data,
        }
    }

    pub(crate) fn object(origin: Origin) -> Self {
        Self {
            origin,
            data: Data::Object(IndexMap::new()),
        }
    }

    pub(crate) fn to_json(&self) -> Value {
        match &self.data {
            Data::Null => Value::Null,
            Data::Bool(value) => Value::Bool(*value),
            Data::Number(value) => Value::Number(value.clone()),
            Data::String(value) => Value::String(value.clone()),
            Data::Array(items) => items.iter().map(Self::to_json).collect(),
            Data::Object(entries) => Value::Object(
                entries
                    .iter()
                    .map(|(key, value)| (key.clone(), value.to_json()))
                    .collect(),
            ),
        }
    }

    /// Gives the value at `key` of an object; `null` counts as absent.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        match &self.data {
            Data::Object(entries) => entries.get(key)?.present(),
            Data::Null | Data::Bool(_) | Data::Number(_) | Data::String(_) | Data::Array(_) => None,
        }
    }

    pub(crate) fn present(&self) -> Option<&Self> {
        (!matches!(self.data, Data::Null)).then_some(self)
    }

    /// Names the type as messages do.
    pub(crate) fn type_name(&self) -> &'static str {
        match &self.data {
            Data::Null => "null",
            Data::Bool(_) => "boolean",
            Data::Number(_) => "number",
            Data::String(text) if text.is_empty() => "empty-string",
            Data::String(_) => "string",
            Data::Array(_) => "array",
            Data::Object(_) => "object",
        }
    }
}

/// Writes whole numbers as integers, as JavaScript does after parsing `1.0`.
fn as_javascript(number: Number) -> Number {
    match number.as_f64() {
        Some(value) if number.is_f64() && value.fract() == 0.0 && value.abs() < 1e15 => {
            Number::from(value as i64)
        }
        _ => number,
    }
}
