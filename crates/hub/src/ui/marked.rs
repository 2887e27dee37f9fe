//! A text in which what was looked for stands out.

use askama::Template;
use askama::filters::HtmlSafe;

/// A text with marks where it has what was looked for.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(
    source = "{% for span in spans %}{% if span.is_found %}<mark>{{ span.text }}</mark>{% else %}{{ span.text }}{% endif %}{% endfor %}",
    ext = "html"
)]
pub struct Marked {
    spans: Vec<Span>,
}

/// A piece of text, and whether it was looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Span {
    text: String,
    is_found: bool,
}

impl HtmlSafe for Marked {}

impl Marked {
    /// A text without marks.
    pub fn plain(text: &str) -> Marked {
        let mut marked = Marked { spans: Vec::new() };
        marked.push(text, false);
        marked
    }

    /// `text` with a mark on the first place that has `found` in it, whatever the case of either.
    pub fn first(text: &str, found: &str) -> Marked {
        let mut marked = Marked { spans: Vec::new() };
        let (before, rest) = cut(text, found).unwrap_or((text, ""));
        let (inside, after) = rest.split_at(prefix(rest, found).unwrap_or(0));
        marked.push(before, false);
        marked.push(inside, true);
        marked.push(after, false);
        marked
    }

    /// A text whose marks were set by whoever found it, each between two that stand for nothing
    /// else.
    pub fn between(text: &str, [before, after]: [&str; 2]) -> Marked {
        let mut marked = Marked { spans: Vec::new() };
        let mut rest = text;
        while let Some((plain, opened)) = rest.split_once(before) {
            let (found, behind) = opened.split_once(after).unwrap_or((opened, ""));
            marked.push(plain, false);
            marked.push(found, true);
            rest = behind;
        }
        marked.push(rest, false);
        marked
    }

    fn push(&mut self, text: &str, is_found: bool) {
        if !text.is_empty() {
            let text = text.to_owned();
            self.spans.push(Span { text, is_found });
        }
    }
}

/// What stands before the first `found` in a text, and the rest that begins with it.
fn cut<'a>(text: &'a str, found: &str) -> Option<(&'a str, &'a str)> {
    let starts = text.char_indices().map(|(at, _)| text.split_at(at));
    let mut places = starts.filter(|(_, rest)| prefix(rest, found).is_some());
    places.next()
}

/// How many bytes of a text are `found`, with which it begins.
fn prefix(text: &str, found: &str) -> Option<usize> {
    let mut wanted = found.chars().flat_map(char::to_lowercase).peekable();
    for (at, letter) in text.char_indices() {
        if wanted.peek().is_none() {
            return Some(at);
        }
        if !letter
            .to_lowercase()
            .all(|lower| wanted.next() == Some(lower))
        {
            return None;
        }
    }
    wanted.peek().is_none().then_some(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_found_stands_apart() {
        let between = |text| Marked::between(text, ["[", "]"]).to_string();

        assert_eq!(between("box [office] api"), "box <mark>office</mark> api");
        assert_eq!(between("[seat][map]"), "<mark>seat</mark><mark>map</mark>");
        assert_eq!(between(""), "");
    }

    #[test]
    fn the_first_place_is_found_in_any_case() {
        let first = |text, found| Marked::first(text, found).to_string();

        assert_eq!(
            first("Mara Lindqvist", "LIND"),
            "Mara <mark>Lind</mark>qvist"
        );
        assert_eq!(first("Élise", "él"), "<mark>Él</mark>ise");
        assert_eq!(first("<b> & co", "&"), "&#60;b&#62; <mark>&#38;</mark> co");
        assert_eq!(first("crew", "screw"), "crew");
        assert_eq!(first("crew", ""), "crew");
        assert_eq!(first("", "crew"), "");
    }
}
