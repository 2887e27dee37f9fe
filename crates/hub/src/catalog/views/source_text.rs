//! Data as text with colours: YAML and JSON in pieces, each with the class of its colour.

use serde_json::{Map, Value};

/// A part of a text that has one colour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    /// `k` for keys, `s` for strings, `v` for other values, nothing for the rest.
    pub class: &'static str,
    /// The text.
    pub text: String,
}

/// Writes a value as YAML 1.2.
pub(super) fn yaml(value: &Value) -> Vec<Piece> {
    let mut out = Writer::default();
    out.yaml(value, 0);
    out.pieces
}

/// Writes a value as JSON, indented by two spaces.
pub(super) fn json(value: &Value) -> Vec<Piece> {
    let mut out = Writer::default();
    out.json(value, 0);
    out.plain("\n");
    out.pieces
}

#[derive(Default)]
struct Writer {
    pieces: Vec<Piece>,
}

impl Writer {
    fn push(&mut self, class: &'static str, text: impl Into<String>) {
        self.pieces.push(Piece {
            class,
            text: text.into(),
        });
    }

    fn plain(&mut self, text: &str) {
        match self.pieces.last_mut().filter(|last| last.class.is_empty()) {
            Some(last) => last.text.push_str(text),
            None => self.push("", text),
        }
    }

    fn break_line(&mut self, indent: usize) {
        self.plain("\n");
        self.plain(&"  ".repeat(indent));
    }

    /// Writes a value that stands at the start of a line or after `- `.
    fn yaml(&mut self, value: &Value, indent: usize) {
        match value {
            Value::Object(members) if !members.is_empty() => {
                for (at, (key, member)) in members.iter().enumerate() {
                    if at > 0 {
                        self.plain(&"  ".repeat(indent));
                    }
                    self.push("k", yaml_key(key));
                    self.plain(":");
                    self.yaml_below(member, indent);
                }
            }
            Value::Array(items) if !items.is_empty() => {
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        self.plain(&"  ".repeat(indent));
                    }
                    self.plain("- ");
                    self.yaml(item, indent + 1);
                }
            }
            Value::String(text) => {
                self.yaml_text(text, indent.saturating_sub(1));
            }
            Value::Object(_)
            | Value::Array(_)
            | Value::Null
            | Value::Bool(_)
            | Value::Number(_) => {
                self.push("v", value.to_string());
                self.plain("\n");
            }
        }
    }

    /// Writes the value after a key.
    fn yaml_below(&mut self, value: &Value, indent: usize) {
        let is_block = match value {
            Value::Object(members) => !members.is_empty(),
            Value::Array(items) => !items.is_empty(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
        };
        if is_block {
            self.break_line(indent + 1);
            self.yaml(value, indent + 1);
        } else {
            self.plain(" ");
            self.yaml(value, indent + 1);
        }
    }

    /// Writes a string and ends its line; lines of a block are one step further in than `indent`.
    fn yaml_text(&mut self, text: &str, indent: usize) {
        if !is_block_text(text) {
            let is_plain = is_plain_text(text);
            self.push(
                "s",
                if is_plain {
                    text.to_owned()
                } else {
                    Value::from(text).to_string()
                },
            );
            self.plain("\n");
            return;
        }
        // Chomping says how the text ends: `-` without a line break, nothing with one, `+` with more.
        let chomping = match (text.ends_with('\n'), text.ends_with("\n\n")) {
            (false, _) => "|-",
            (true, false) => "|",
            (true, true) => "|+",
        };
        self.plain(chomping);
        for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
            self.plain("\n");
            if !line.is_empty() {
                self.plain(&"  ".repeat(indent + 1));
                self.push("s", line);
            }
        }
        self.plain("\n");
    }

    fn json(&mut self, value: &Value, indent: usize) {
        match value {
            Value::Object(members) if !members.is_empty() => self.json_object(members, indent),
            Value::Array(items) if !items.is_empty() => {
                self.plain("[");
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        self.plain(",");
                    }
                    self.break_line(indent + 1);
                    self.json(item, indent + 1);
                }
                self.break_line(indent);
                self.plain("]");
            }
            Value::String(_) => self.push("s", value.to_string()),
            Value::Object(_)
            | Value::Array(_)
            | Value::Null
            | Value::Bool(_)
            | Value::Number(_) => {
                self.push("v", value.to_string());
            }
        }
    }

    fn json_object(&mut self, members: &Map<String, Value>, indent: usize) {
        self.plain("{");
        for (at, (key, member)) in members.iter().enumerate() {
            if at > 0 {
                self.plain(",");
            }
            self.break_line(indent + 1);
            self.push("k", Value::from(key.as_str()).to_string());
            self.plain(": ");
            self.json(member, indent + 1);
        }
        self.break_line(indent);
        self.plain("}");
    }
}

fn yaml_key(key: &str) -> String {
    if is_plain_text(key) {
        key.to_owned()
    } else {
        Value::from(key).to_string()
    }
}

/// Whether a string needs no quotes: it starts like a word, holds nothing that YAML reads
/// otherwise, and is no word of YAML's own.
fn is_plain_text(text: &str) -> bool {
    let starts = text.chars().next().is_some_and(char::is_alphabetic);
    let holds = text
        .chars()
        .all(|c| c.is_alphanumeric() || "_-./:@+()', ;".contains(c));
    let is_broken = text.contains(": ") || text.ends_with([':', ' ']);
    let is_word = ["null", "true", "false"]
        .iter()
        .any(|word| text.eq_ignore_ascii_case(word));
    starts && holds && !is_broken && !is_word
}

/// Whether a string reads better as a block of lines, and can be one.
fn is_block_text(text: &str) -> bool {
    let is_printable = text.chars().all(|c| {
        c == '\n'
            || !c.is_control() && !matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}')
    });
    // A first line that is indented or empty would need its indent said.
    let starts = text
        .chars()
        .next()
        .is_some_and(|first| !first.is_whitespace());
    text.contains('\n') && is_printable && starts
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn text(pieces: &[Piece]) -> String {
        pieces.iter().map(|piece| piece.text.as_str()).collect()
    }

    fn awkward() -> Value {
        json!({
            "kind": "API", "empty": {}, "none": [], "nothing": null, "yes": true, "number": 1.5,
            "metadata": {"name": "seating-v3", "annotations": {"backstage.io/managed-by-location": "file:/srv/a: b"}},
            "words": ["true", "null", "12", "", " x", "x ", "a #b", "a: b", "- a", "naïve", "C++", "it's", "\"", "a\tb", "%"],
            "nested": [[1, [2]], {"a": [{"b": "c", "d": ["e"]}]}, []],
            "definition": "openapi: 3.0.0\n\ninfo:\n  title: \"Seats\"\n",
            "texts": ["a\nb", "a\nb\n\n", "\na", " a\nb", "a\r\nb", "a\n\n b"],
            "deep": {"deeper": {"script": "echo 1\necho 2"}},
        })
    }

    #[test]
    fn yaml_is_read_back_as_it_was() {
        let written = text(&yaml(&awkward()));

        let read = callboard_yaml::parse(&written)
            .unwrap_or_else(|error| panic!("{error}\n{written}"))
            .to_json();

        assert_eq!(read, awkward(), "{written}");
    }

    #[test]
    fn json_is_read_back_as_it_was() {
        assert_eq!(
            serde_json::from_str::<Value>(&text(&json(&awkward()))).unwrap(),
            awkward()
        );
    }

    #[test]
    fn yaml_looks_as_people_write_it() {
        let value =
            json!({"kind": "API", "spec": {"tags": ["rust"], "definition": "a: 1\nb: 2\n"}});

        assert_eq!(
            text(&yaml(&value)),
            "kind: API\nspec:\n  tags:\n    - rust\n  definition: |\n    a: 1\n    b: 2\n"
        );
    }

    #[test]
    fn keys_and_values_have_their_colours() {
        let pieces = yaml(&json!({"a": "b", "c": 1}));

        let classes: Vec<_> = pieces
            .iter()
            .map(|piece| (piece.class, piece.text.as_str()))
            .collect();
        assert_eq!(
            classes,
            [
                ("k", "a"),
                ("", ": "),
                ("s", "b"),
                ("", "\n"),
                ("k", "c"),
                ("", ": "),
                ("v", "1"),
                ("", "\n")
            ]
        );
    }
}
