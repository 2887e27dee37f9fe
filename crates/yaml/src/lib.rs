//! YAML as the original hub reads it, with positions; and a writer for what it reads.
//!
//! Configuration, catalog files and policies are written by people, so every value
//! knows where it stands in the text. Values are those of the YAML 1.2 core schema as
//! JavaScript prints them: `yes` is text, `1.0` is `1`, `017` is `17`.
//!
//! ```
//! let node = callboard_yaml::parse("backend:\n  listen: 7007\n")?;
//! let listen = node.lookup(["backend", "listen"]).ok_or("absent")?;
//! assert_eq!(listen.to_json(), 7007);
//! assert_eq!((listen.at.line, listen.at.column), (2, 11));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod compose;
mod document;
mod emit;
mod node;
mod scalar;

pub use document::Document;
pub use emit::to_string;
pub use node::{Entry, Node, NodeValue, Position};

/// Why a text is not YAML.
///
/// The message leaves the place out; [`position`](Self::position) has it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct YamlError {
    message: String,
    position: Option<Position>,
}

impl YamlError {
    /// Gives the place of the error in the whole text, if the reader knew it.
    pub fn position(&self) -> Option<Position> {
        self.position
    }
}

/// Reads a text that holds exactly one document.
///
/// An empty text, or one of comments only, is [`NodeValue::Null`].
///
/// # Errors
///
/// On a syntax error, a duplicate key, a number that is not finite, a second document,
/// or a text that passes the limits on depth, size and aliases.
///
/// # Source
///
/// Mirrors `parse` of the npm package `yaml`, apart from the limits and `.inf`/`.nan`,
/// which it lets pass.
pub fn parse(text: &str) -> Result<Node, YamlError> {
    let documents = document::split(text);
    let Some(first) = documents.first() else {
        return Ok(Node {
            at: Position { line: 1, column: 1 },
            value: NodeValue::Null,
        });
    };
    let node = compose::compose(first)?;
    match documents.get(1) {
        None => Ok(node),
        Some(second) => Err(YamlError {
            message: "expected one document, found another".to_owned(),
            position: Some(Position {
                line: second.first_line,
                column: 1,
            }),
        }),
    }
}

/// Reads every document of a text, in order; empty ones are skipped.
///
/// An error concerns its own document only: the others are still read.
///
/// # Source
///
/// Mirrors `parseAllDocuments` of the npm package `yaml` as the original's catalog uses
/// it.
pub fn parse_documents(text: &str) -> Vec<Result<Node, YamlError>> {
    documents(text)
        .iter()
        .filter_map(|document| document.parse().transpose())
        .collect()
}

/// Cuts a text into its documents without reading them, which may then be done in any order.
pub fn documents(text: &str) -> Vec<Document<'_>> {
    document::split(text)
}
