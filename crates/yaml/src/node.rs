//! The tree that reading gives: values with their places.

use serde_json::{Map, Number, Value};

/// A place in a text, both counted from 1; columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The line.
    pub line: u32,
    /// The column.
    pub column: u32,
}

/// A value and where it begins.
///
/// What an alias gives stands where its anchor is, because that is the text to mend.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Where the value begins.
    pub at: Position,
    /// What it is.
    pub value: NodeValue,
}

/// What a node holds.
#[derive(Debug, Clone, PartialEq)]
pub enum NodeValue {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A finite number; a whole one within ±2⁶³ is an integer.
    Number(Number),
    /// Any other scalar.
    String(String),
    /// A list.
    Sequence(Vec<Node>),
    /// Entries in the order of the text, each key once.
    Mapping(Vec<Entry>),
}

/// One key of a mapping, and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key; one that is not text is here as JavaScript prints it (`null` as nothing).
    pub key: String,
    /// Where the key begins.
    pub at: Position,
    /// The value.
    pub node: Node,
}

impl Node {
    /// Copies the value into JSON, keeping the order of keys.
    pub fn to_json(&self) -> Value {
        match &self.value {
            NodeValue::Null => Value::Null,
            NodeValue::Bool(value) => Value::Bool(*value),
            NodeValue::Number(value) => Value::Number(value.clone()),
            NodeValue::String(value) => Value::String(value.clone()),
            NodeValue::Sequence(items) => items.iter().map(Self::to_json).collect(),
            NodeValue::Mapping(entries) => Value::Object(
                entries
                    .iter()
                    .map(|entry| (entry.key.clone(), entry.node.to_json()))
                    .collect::<Map<_, _>>(),
            ),
        }
    }

    /// Turns the value into JSON, keeping the order of keys; the places are lost.
    pub fn into_json(self) -> Value {
        match self.value {
            NodeValue::Null => Value::Null,
            NodeValue::Bool(value) => Value::Bool(value),
            NodeValue::Number(value) => Value::Number(value),
            NodeValue::String(value) => Value::String(value),
            NodeValue::Sequence(items) => items.into_iter().map(Self::into_json).collect(),
            NodeValue::Mapping(entries) => Value::Object(
                entries
                    .into_iter()
                    .map(|entry| (entry.key, entry.node.into_json()))
                    .collect::<Map<_, _>>(),
            ),
        }
    }

    /// Gives the value at `key`; `None` if it is absent or this is not a mapping.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entry(key).map(|entry| &entry.node)
    }

    /// Gives the entry at `key`; `None` if it is absent or this is not a mapping.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key == key)
    }

    /// Gives the entries of a mapping; of anything else, none.
    pub fn entries(&self) -> &[Entry] {
        match &self.value {
            NodeValue::Mapping(entries) => entries,
            NodeValue::Null
            | NodeValue::Bool(_)
            | NodeValue::Number(_)
            | NodeValue::String(_)
            | NodeValue::Sequence(_) => &[],
        }
    }

    /// Gives the items of a sequence; of anything else, none.
    pub fn items(&self) -> &[Self] {
        match &self.value {
            NodeValue::Sequence(items) => items,
            NodeValue::Null
            | NodeValue::Bool(_)
            | NodeValue::Number(_)
            | NodeValue::String(_)
            | NodeValue::Mapping(_) => &[],
        }
    }

    /// Gives the text of a string; of anything else, `None`.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            NodeValue::String(text) => Some(text),
            NodeValue::Null
            | NodeValue::Bool(_)
            | NodeValue::Number(_)
            | NodeValue::Sequence(_)
            | NodeValue::Mapping(_) => None,
        }
    }

    /// Gives the value under `path`, whose steps are keys, or indices in sequences.
    pub fn lookup<'a>(&self, path: impl IntoIterator<Item = &'a str>) -> Option<&Self> {
        path.into_iter().try_fold(self, Self::step)
    }

    /// Gives the place of `path`, or of the nearest value above it that exists.
    ///
    /// An entry of a mapping is placed at its key, which is what a message about it
    /// should underline.
    pub fn nearest<'a>(&self, path: impl IntoIterator<Item = &'a str>) -> Position {
        let (mut node, mut at) = (self, self.at);
        for step in path {
            let Some(next) = node.step(step) else { break };
            at = node.entry(step).map_or(next.at, |entry| entry.at);
            node = next;
        }
        at
    }

    fn step(&self, step: &str) -> Option<&Self> {
        self.get(step)
            .or_else(|| self.items().get(step.parse::<usize>().ok()?))
    }
}
