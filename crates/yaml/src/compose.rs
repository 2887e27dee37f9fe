//! Builds the tree of one document from the parser's events.
//!
//! The loop keeps its own stack, so nesting costs no call depth, and counts what it
//! builds, so aliases cannot multiply without end.

use std::collections::{HashMap, HashSet};

use granit_parser::{Event, Marker, Parser, ScanError, Span};

use crate::document::Document;
use crate::scalar;
use crate::{Entry, Node, NodeValue, Position, YamlError};

/// Values in one document, with those that aliases repeat.
const MAX_NODES: usize = 1_000_000;

/// Collections inside one another, with those that aliases bring.
const MAX_DEPTH: usize = 100;

/// Reads `document`, giving places in the whole text.
pub(crate) fn compose(document: &Document<'_>) -> Result<Node, YamlError> {
    let mut composer = Composer {
        first_line: document.first_line,
        nodes: 0,
        open: Vec::new(),
        anchors: HashMap::new(),
        root: None,
    };
    for event in Parser::new_from_str(document.text) {
        let (event, span) = event.map_err(|error| composer.syntax_error(&error))?;
        composer.take(event, span)?;
    }
    Ok(composer.root.unwrap_or(Node {
        at: Position {
            line: document.first_line,
            column: 1,
        },
        value: NodeValue::Null,
    }))
}

struct Composer {
    first_line: u32,
    nodes: usize,
    open: Vec<Collection>,
    anchors: HashMap<usize, Anchored>,
    root: Option<Node>,
}

/// A sequence or mapping whose end has not come yet.
struct Collection {
    at: Position,
    anchor: usize,
    /// How many nodes there were before this one.
    nodes_before: usize,
    /// Of the highest child so far.
    height: usize,
    content: Content,
}

enum Content {
    Sequence(Vec<Node>),
    Mapping {
        entries: Vec<Entry>,
        key: Option<(String, Position)>,
    },
}

/// What an alias repeats.
struct Anchored {
    node: Node,
    nodes: usize,
    height: usize,
}

/// So many keys are compared with each other sooner than they are hashed.
const FEW: usize = 16;

/// The parser's number for "no anchor".
const NO_ANCHOR: usize = 0;

impl Composer {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), YamlError> {
        let at = self.position(&span.start);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.count(1, at)?;
                let value = scalar::resolve(text, style, tag.as_deref())
                    .map_err(|message| error(message, at))?;
                self.finish(Node { at, value }, anchor, 1, 0)
            }
            Event::SequenceStart(_, anchor, _) => {
                self.begin(at, anchor, Content::Sequence(Vec::new()))
            }
            Event::MappingStart(_, anchor, _) => {
                let content = Content::Mapping {
                    entries: Vec::new(),
                    key: None,
                };
                self.begin(at, anchor, content)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            Event::Alias(anchor) => self.repeat(anchor, at),
            // Stream and document marks say nothing, as the text holds one document.
            _ => Ok(()),
        }
    }

    fn begin(&mut self, at: Position, anchor: usize, content: Content) -> Result<(), YamlError> {
        let nodes_before = self.nodes;
        self.count(1, at)?;
        self.open.push(Collection {
            at,
            anchor,
            nodes_before,
            height: 0,
            content,
        });
        self.check_depth(0, at)
    }

    fn end(&mut self) -> Result<(), YamlError> {
        let Some(collection) = self.open.pop() else {
            return Ok(());
        };
        let value = match collection.content {
            Content::Sequence(items) => NodeValue::Sequence(items),
            Content::Mapping { entries, .. } => NodeValue::Mapping(unique(entries)?),
        };
        let nodes = self.nodes - collection.nodes_before;
        let node = Node {
            at: collection.at,
            value,
        };
        self.finish(node, collection.anchor, nodes, collection.height + 1)
    }

    fn repeat(&mut self, anchor: usize, at: Position) -> Result<(), YamlError> {
        // An anchor is known once its node is complete, so this one is around the alias.
        let Some(anchored) = self.anchors.get(&anchor) else {
            return Err(error("an alias inside what it repeats".to_owned(), at));
        };
        let (nodes, height) = (anchored.nodes, anchored.height);
        self.count(nodes, at)?;
        self.check_depth(height, at)?;
        // Looked up again, as counting needed all of `self`.
        let node = self
            .anchors
            .get(&anchor)
            .map(|anchored| anchored.node.clone());
        node.map_or(Ok(()), |node| self.attach(node, height))
    }

    /// Puts a complete node in its place and remembers it if an alias may follow.
    fn finish(
        &mut self,
        node: Node,
        anchor: usize,
        nodes: usize,
        height: usize,
    ) -> Result<(), YamlError> {
        if anchor != NO_ANCHOR {
            let node = node.clone();
            self.anchors.insert(
                anchor,
                Anchored {
                    node,
                    nodes,
                    height,
                },
            );
        }
        self.attach(node, height)
    }

    fn attach(&mut self, node: Node, height: usize) -> Result<(), YamlError> {
        let Some(parent) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        parent.height = parent.height.max(height);
        match &mut parent.content {
            Content::Sequence(items) => items.push(node),
            Content::Mapping { entries, key } => match key.take() {
                Some((key, at)) => entries.push(Entry { key, at, node }),
                None => {
                    let text = scalar::key(node.value).ok_or_else(|| {
                        error("a key must not be a list or a mapping".to_owned(), node.at)
                    })?;
                    *key = Some((text, node.at));
                }
            },
        }
        Ok(())
    }

    fn count(&mut self, nodes: usize, at: Position) -> Result<(), YamlError> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > MAX_NODES {
            return Err(error(
                format!("more than {MAX_NODES} values, aliases included"),
                at,
            ));
        }
        Ok(())
    }

    fn check_depth(&self, height: usize, at: Position) -> Result<(), YamlError> {
        if self.open.len() + height > MAX_DEPTH {
            return Err(error(
                format!("nested more than {MAX_DEPTH} levels deep"),
                at,
            ));
        }
        Ok(())
    }

    fn syntax_error(&self, scan: &ScanError) -> YamlError {
        error(scan.info(), self.position(scan.marker()))
    }

    fn position(&self, marker: &Marker) -> Position {
        let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        Position {
            line: number(marker.line())
                .saturating_add(self.first_line)
                .saturating_sub(1),
            column: number(marker.col()).saturating_add(1),
        }
    }
}

/// Refuses a key that comes twice, in the form it prints: `1` and `"1"` are one.
fn unique(entries: Vec<Entry>) -> Result<Vec<Entry>, YamlError> {
    let twice = if entries.len() <= FEW {
        let mut numbered = entries.iter().enumerate();
        let twice = numbered.find(|(number, entry)| {
            let mut before = entries[..*number].iter();
            before.any(|other| other.key == entry.key)
        });
        twice.map(|(_, entry)| entry)
    } else {
        let mut seen = HashSet::with_capacity(entries.len());
        let mut entries = entries.iter();
        entries.find(|entry| !seen.insert(entry.key.as_str()))
    };
    match twice {
        Some(entry) => Err(error(format!("duplicate key `{}`", entry.key), entry.at)),
        None => Ok(entries),
    }
}

fn error(message: String, at: Position) -> YamlError {
    YamlError {
        message,
        position: Some(at),
    }
}
