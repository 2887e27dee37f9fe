//! Sentences with markup in them.

use super::Text;
use askama::filters::HtmlSafe;
use std::fmt::{self, Write};

/// What stands for the first value while the sentence is put together; the others follow. Neither
/// texts nor values hold characters for private use.
const FIRST_MARK: u32 = 0xE000;

/// A text in which some values have markup of their own. The text and the values are escaped; only
/// the markup that is added here is not.
pub struct Rich<'t> {
    text: Text<'t>,
    /// The markup of each value, in the order of their marks.
    values: Vec<String>,
}

impl<'t> Rich<'t> {
    pub(super) fn new(text: Text<'t>) -> Rich<'t> {
        Rich {
            text,
            values: Vec::new(),
        }
    }

    /// Gives it a plain value.
    pub fn with(
        mut self,
        name: &'t str,
        value: impl Into<fluent_bundle::FluentValue<'t>>,
    ) -> Rich<'t> {
        self.text = self.text.with(name, value);
        self
    }

    /// Gives it words of a program, such as the name of a permission.
    pub fn code(self, name: &'t str, value: &str) -> Rich<'t> {
        self.element(name, "code", value)
    }

    /// Gives it words that matter.
    pub fn strong(self, name: &'t str, value: &str) -> Rich<'t> {
        self.element(name, "b", value)
    }

    /// Gives it words that lead somewhere.
    pub fn link(self, name: &'t str, href: &str, label: &str) -> Rich<'t> {
        let markup = format!(r#"<a href="{}">{}</a>"#, Escaped(href), Escaped(label));
        self.put(name, markup)
    }

    /// Gives it words that have markup already.
    pub fn nested(self, name: &'t str, words: &impl HtmlSafe) -> Rich<'t> {
        self.put(name, words.to_string())
    }

    fn element(self, name: &'t str, element: &str, value: &str) -> Rich<'t> {
        let markup = format!("<{element}>{}</{element}>", Escaped(value));
        self.put(name, markup)
    }

    fn put(mut self, name: &'t str, markup: String) -> Rich<'t> {
        let mark = u32::try_from(self.values.len()).map(|index| FIRST_MARK + index);
        // INVARIANT: nobody writes a sentence with thousands of values.
        let mark = mark.ok().and_then(char::from_u32).expect("a mark");
        self.values.push(markup);
        self.text = self.text.with(name, mark.to_string());
        self
    }
}

impl fmt::Display for Rich<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.text.to_string().chars() {
            let index = u32::from(c).checked_sub(FIRST_MARK);
            match index.and_then(|index| self.values.get(index as usize)) {
                Some(markup) => f.write_str(markup)?,
                None => write!(f, "{}", Escaped(c.encode_utf8(&mut [0; 4])))?,
            }
        }
        Ok(())
    }
}

impl HtmlSafe for Rich<'_> {}

/// Words that mean nothing but themselves, in text and in attributes.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}
