//! Colours for source texts: comments, strings, keywords and keys, line by line.
//!
//! A scanner with a few facts about each language; what it does not know stays ink.

use crate::catalog::views::source_text::Piece;

/// A language, as far as colours go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::catalog::views) enum Language {
    Yaml,
    Json,
    GraphQl,
    Proto,
    Xml,
    Plain,
}

/// The pieces of one line.
pub(in crate::catalog::views) type Line = Vec<Piece>;

impl Language {
    /// What a definition of an API of this type is most likely written in.
    pub(in crate::catalog::views) fn of(api_type: &str, text: &str) -> Language {
        let start = text.trim_start();
        match api_type {
            "graphql" => Language::GraphQl,
            "grpc" | "protobuf" | "proto" => Language::Proto,
            "wsdl" | "soap" | "xml" => Language::Xml,
            _ if start.starts_with('{') || start.starts_with('[') => Language::Json,
            _ if start.starts_with('<') => Language::Xml,
            _ if start.starts_with("syntax = ") => Language::Proto,
            "openapi" | "asyncapi" | "trpc" => Language::Yaml,
            _ => Language::Plain,
        }
    }

    /// The end of the name of a file in it.
    pub(in crate::catalog::views) fn extension(self) -> &'static str {
        match self {
            Language::Yaml => "yaml",
            Language::Json => "json",
            Language::GraphQl => "graphql",
            Language::Proto => "proto",
            Language::Xml => "xml",
            Language::Plain => "txt",
        }
    }

    fn comment(self) -> Option<&'static str> {
        match self {
            Language::Yaml | Language::GraphQl => Some("#"),
            Language::Proto => Some("//"),
            Language::Json | Language::Xml | Language::Plain => None,
        }
    }

    /// What opens and closes a text over several lines, and its colour.
    fn block(self) -> Option<(&'static str, &'static str, &'static str)> {
        match self {
            Language::GraphQl => Some(("\"\"\"", "\"\"\"", "s")),
            Language::Proto => Some(("/*", "*/", "c")),
            Language::Xml => Some(("<!--", "-->", "c")),
            Language::Yaml | Language::Json | Language::Plain => None,
        }
    }

    fn keywords(self) -> &'static [&'static str] {
        match self {
            Language::GraphQl => &[
                "type",
                "input",
                "interface",
                "union",
                "enum",
                "scalar",
                "directive",
                "extend",
                "schema",
                "implements",
                "on",
                "query",
                "mutation",
                "subscription",
                "repeatable",
            ],
            Language::Proto => &[
                "syntax",
                "package",
                "import",
                "option",
                "message",
                "enum",
                "service",
                "rpc",
                "returns",
                "stream",
                "repeated",
                "optional",
                "required",
                "oneof",
                "map",
                "reserved",
                "extend",
                "extensions",
                "public",
                "edition",
            ],
            Language::Yaml | Language::Json | Language::Xml | Language::Plain => &[],
        }
    }
}

/// The first `limit` lines of `text` in colours.
pub(in crate::catalog::views) fn lines(text: &str, language: Language, limit: usize) -> Vec<Line> {
    let mut scanner = Scanner {
        language,
        is_in_block: false,
    };
    let lines = text.lines().take(limit);
    lines.map(|line| scanner.line(line)).collect()
}

struct Scanner {
    language: Language,
    is_in_block: bool,
}

impl Scanner {
    fn line(&mut self, line: &str) -> Line {
        let mut pieces = Pieces::default();
        let mut rest = line;
        while !rest.is_empty() {
            let (class, length) = self.next(rest, pieces.is_at_start());
            let (piece, after) = rest.split_at(length);
            pieces.push(class, piece);
            rest = after;
        }
        pieces.0
    }

    /// The class and the length of what comes next; never nothing.
    fn next(&mut self, rest: &str, is_at_start: bool) -> (&'static str, usize) {
        if self.language == Language::Plain {
            return ("", rest.len());
        }
        if let Some(found) = self.next_of_block(rest) {
            return found;
        }
        if self
            .language
            .comment()
            .is_some_and(|sign| rest.starts_with(sign))
        {
            return ("c", rest.len());
        }
        let first = rest.chars().next().unwrap_or_default();
        match first {
            '"' | '\'' if self.language != Language::Xml => {
                let length = string_length(rest, first);
                let is_key = matches!(self.language, Language::Yaml | Language::Json)
                    && rest[length..].trim_start().starts_with(':');
                (if is_key { "k" } else { "s" }, length)
            }
            '<' if self.language == Language::Xml => {
                ("k", rest.find('>').map_or(rest.len(), |end| end + 1))
            }
            c if self.language == Language::Yaml => yaml(rest, c, is_at_start),
            c if c.is_alphabetic() || c == '_' => {
                let length = word_length(rest);
                let word = &rest[..length];
                let is_value = matches!(word, "true" | "false" | "null");
                let class = match () {
                    () if is_value => "v",
                    () if self.language.keywords().contains(&word) => "k",
                    () => "",
                };
                (class, length)
            }
            c if c.is_ascii_digit() => ("v", word_length(rest)),
            c => ("", c.len_utf8()),
        }
    }

    fn next_of_block(&mut self, rest: &str) -> Option<(&'static str, usize)> {
        let (open, close, class) = self.language.block()?;
        let from = match self.is_in_block {
            true => 0,
            false if rest.starts_with(open) => open.len(),
            false => return None,
        };
        let end = rest[from..].find(close).map(|at| from + at + close.len());
        self.is_in_block = end.is_none();
        Some((class, end.unwrap_or(rest.len())))
    }
}

/// A key before a colon, or a value after one; in the middle of a line everything is text.
fn yaml(rest: &str, first: char, is_at_start: bool) -> (&'static str, usize) {
    if !is_at_start || first == '-' || first.is_whitespace() {
        return ("", first.len_utf8());
    }
    let key = rest.find(':').filter(|at| {
        let after = &rest[at + 1..];
        after.is_empty() || after.starts_with(' ')
    });
    match key {
        Some(at) if at > 0 => ("k", at),
        Some(_) | None => ("", first.len_utf8()),
    }
}

fn string_length(rest: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            c if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    rest.len()
}

fn word_length(rest: &str) -> usize {
    rest.find(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '.'))
        .unwrap_or(rest.len())
}

#[derive(Default)]
struct Pieces(Line);

impl Pieces {
    /// Whether nothing but room and dashes came before.
    fn is_at_start(&self) -> bool {
        let blank = |piece: &Piece| {
            piece.class.is_empty() && piece.text.chars().all(|c| c == ' ' || c == '-')
        };
        self.0.iter().all(blank)
    }

    fn push(&mut self, class: &'static str, text: &str) {
        match self.0.last_mut().filter(|last| last.class == class) {
            Some(last) => last.text.push_str(text),
            None => self.0.push(Piece {
                class,
                text: text.to_owned(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn told(text: &str, language: Language) -> String {
        let piece = |piece: &Piece| match piece.class {
            "" => piece.text.clone(),
            class => format!("[{class} {}]", piece.text),
        };
        let line = |line: &Line| line.iter().map(piece).collect::<String>();
        lines(text, language, 100)
            .iter()
            .map(line)
            .collect::<Vec<_>>()
            .join("\n")
    }

    #[test]
    fn each_language_has_its_colours() {
        assert_eq!(
            told(
                "# Seats\nopenapi: 3.0.0\n  - a: \"b: c\" # d",
                Language::Yaml
            ),
            "[c # Seats]\n[k openapi]: 3.0.0\n  - [k a]: [s \"b: c\"] [c # d]"
        );
        assert_eq!(
            told(r#"{"a": ["b", true, 12]}"#, Language::Json),
            r#"{[k "a"]: [[s "b"], [v true], [v 12]]}"#
        );
        assert_eq!(
            told(
                "message Seat { // one\n/* a\nb */ string id = 1;",
                Language::Proto
            ),
            "[k message] Seat { [c // one]\n[c /* a]\n[c b */] string id = [v 1];"
        );
        assert_eq!(
            told("\"\"\"\nA\n\"\"\"\ntype Seat", Language::GraphQl),
            "[s \"\"\"]\n[s A]\n[s \"\"\"]\n[k type] Seat"
        );
        assert_eq!(
            told("<a b=\"c\">d</a>", Language::Xml),
            "[k <a b=\"c\">]d[k </a>]"
        );
    }

    #[test]
    fn the_language_shows_in_the_text() {
        assert_eq!(Language::of("openapi", "{\"openapi\": 3}"), Language::Json);
        assert_eq!(Language::of("openapi", "openapi: 3"), Language::Yaml);
        assert_eq!(
            Language::of("grpc", "syntax = \"proto3\";"),
            Language::Proto
        );
        assert_eq!(Language::of("legacy", "whatever"), Language::Plain);
    }

    proptest! {
        #[test]
        fn colours_add_and_lose_nothing(text in "[-a-z:#\"'/*<>{} \\\\é0-9]{0,60}", which in 0_usize..6) {
            let language = [
                Language::Yaml, Language::Json, Language::GraphQl, Language::Proto, Language::Xml, Language::Plain,
            ][which];

            let lines = lines(&text, language, 10);

            let joined: String = lines.iter().flatten().map(|piece| piece.text.as_str()).collect();
            prop_assert_eq!(joined, text);
        }
    }
}
