//! Cuts a text into documents before any is read, so that an error stays in its own.
//!
//! This is sound because `---` and `...` at the start of a line can stand nowhere inside
//! a document, not even in a quoted or block scalar.

use crate::{Node, NodeValue, YamlError, compose};

/// One document, not read yet: its text, and where that begins in the whole text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Document<'a> {
    /// From its `---` (or directives) up to the next marker.
    pub(crate) text: &'a str,
    /// The line of its first character, from 1.
    pub(crate) first_line: u32,
}

impl<'a> Document<'a> {
    /// The text, from its `---` (or directives) up to the next marker.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// The line, from 1, on which what it says begins.
    pub fn content_line(&self) -> u32 {
        let is_content = |line: &&str| {
            let line = line.strip_prefix("---").unwrap_or(line).trim_start();
            !line.is_empty() && !line.starts_with(['#', '%'])
        };
        let lines = self.text.lines().zip(self.first_line..);
        let mut content = lines.filter(|(line, _)| is_content(line));
        content.next().map_or(self.first_line, |(_, number)| number)
    }

    /// Reads it, giving places in the whole text; `None` when it is empty.
    ///
    /// # Errors
    ///
    /// As [`parse`](crate::parse).
    pub fn parse(&self) -> Result<Option<Node>, YamlError> {
        let node = compose::compose(self)?;
        Ok((node.value != NodeValue::Null).then_some(node))
    }
}

/// Gives the documents of `text`, without stretches that are only comments.
///
/// A document that a marker opens counts even when nothing follows.
pub(crate) fn split(text: &str) -> Vec<Document<'_>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut documents = Vec::new();
    let mut open = Stretch {
        start: 0,
        first_line: 1,
        content: Content::Nothing,
    };
    let mut offset = 0;
    for (line, number) in text.split_inclusive('\n').zip(1..) {
        match Marker::of(line) {
            Some(Marker::Start) => {
                // Directives before a marker belong to the document it opens.
                if open.content != Content::Directives {
                    documents.extend(open.close(text, offset));
                    open = Stretch {
                        start: offset,
                        first_line: number,
                        content: Content::Nothing,
                    };
                }
                open.content = Content::Document;
            }
            Some(Marker::End) => {
                documents.extend(open.close(text, offset));
                let start = offset + line.len();
                open = Stretch {
                    start,
                    first_line: number + 1,
                    content: Content::Nothing,
                };
            }
            None => open.content = open.content.and(line),
        }
        offset += line.len();
    }
    documents.extend(open.close(text, text.len()));
    documents
}

/// Lines since the last marker.
struct Stretch {
    start: usize,
    first_line: u32,
    content: Content,
}

impl Stretch {
    fn close<'a>(&self, text: &'a str, end: usize) -> Option<Document<'a>> {
        let document = Document {
            text: &text[self.start..end],
            first_line: self.first_line,
        };
        (self.content != Content::Nothing).then_some(document)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Content {
    /// Blank lines and comments.
    Nothing,
    /// The same and `%` lines.
    Directives,
    Document,
}

impl Content {
    fn and(self, line: &str) -> Self {
        let blank = line.trim_start();
        match self {
            Self::Document => Self::Document,
            Self::Nothing | Self::Directives if blank.is_empty() || blank.starts_with('#') => self,
            Self::Nothing | Self::Directives if line.starts_with('%') => Self::Directives,
            Self::Nothing | Self::Directives => Self::Document,
        }
    }
}

enum Marker {
    Start,
    End,
}

impl Marker {
    fn of(line: &str) -> Option<Self> {
        let (marker, rest) = line.split_at_checked(3)?;
        if !rest.is_empty() && !rest.starts_with([' ', '\t', '\r', '\n']) {
            return None;
        }
        match marker {
            "---" => Some(Self::Start),
            "..." => Some(Self::End),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_of_the_content_is_that_of_its_value() {
        let text = "# a\n\na: 1\n---\n\n# b\nb: 2\n--- {c: 3}\n...\n%YAML 1.2\n---\nd: 4\n";

        for document in split(text) {
            let node = document.parse().unwrap().unwrap();

            assert_eq!(document.content_line(), node.at.line, "{}", document.text());
        }
    }
}
