//! Markdown that people wrote, as markup that can do nothing but look like text.
//!
//! Every element is written here, and none but a link has an attribute: what somebody puts into a
//! description can neither run, nor load, nor pass for a part of the page.

use askama::filters::HtmlSafe;
use pulldown_cmark::{CodeBlockKind, CowStr, Event, Options, Parser, Tag, TagEnd};
use std::fmt;

/// A text with marks, ready for a page; displayed, it is its markup.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Markdown(String);

impl Markdown {
    /// Reads `source` as CommonMark with tables and strikethrough.
    ///
    /// HTML in it is shown as written, an image becomes a link to it, and a link that is not one
    /// of the web or of mail becomes its words.
    pub fn new(source: &str) -> Markdown {
        let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
        let mut writer = Writer::default();
        for event in Parser::new_ext(source, options) {
            writer.write(event);
        }
        Markdown(writer.html)
    }

    /// The beginning of `source` in plain words: its first paragraph without markup; absent when
    /// it says nothing.
    pub fn lead(source: &str) -> Option<String> {
        let mut words = String::new();
        for event in Parser::new_ext(source, Options::ENABLE_STRIKETHROUGH) {
            match event {
                Event::Text(text)
                | Event::Code(text)
                | Event::Html(text)
                | Event::InlineHtml(text) => words.push_str(&text),
                Event::SoftBreak | Event::HardBreak => words.push(' '),
                Event::End(TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::Item)
                    if !words.trim().is_empty() =>
                {
                    break;
                }
                _ => {}
            }
        }
        let words = words.trim();
        (!words.is_empty()).then(|| words.to_owned())
    }

    /// Whether there is nothing to read.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Markdown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl HtmlSafe for Markdown {}

#[derive(Default)]
struct Writer {
    html: String,
    /// For each open link and image, whether its address may be followed.
    links: Vec<bool>,
    is_table_head: bool,
}

impl Writer {
    fn write(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.open(tag),
            Event::End(tag) => self.close(tag),
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => self.text(&text),
            Event::Code(code) => {
                self.html.push_str("<code>");
                self.text(&code);
                self.html.push_str("</code>");
            }
            Event::SoftBreak => self.html.push('\n'),
            Event::HardBreak => self.html.push_str("<br>"),
            Event::Rule => self.html.push_str("<hr>"),
            Event::InlineMath(text) | Event::DisplayMath(text) | Event::FootnoteReference(text) => {
                self.text(&text);
            }
            Event::TaskListMarker(is_done) => self.text(if is_done { "☑ " } else { "☐ " }),
        }
    }

    fn open(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => self.open_link(&dest_url),
            Tag::CodeBlock(CodeBlockKind::Fenced(_) | CodeBlockKind::Indented) => {
                self.html.push_str("<pre><code>");
            }
            Tag::TableHead => {
                self.is_table_head = true;
                self.html.push_str("<thead><tr>");
            }
            Tag::TableCell => {
                let element = self.cell();
                self.html.push_str(&format!("<{element}>"));
            }
            // A page has headings of its own, which those of a text would break.
            Tag::Heading { .. } => self.html.push_str("<p><b>"),
            Tag::List(Some(_)) => self.html.push_str("<ol>"),
            tag => {
                if let Some(element) = element(&tag.to_end()) {
                    self.html.push_str(&format!("<{element}>"));
                }
            }
        }
    }

    fn close(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Link | TagEnd::Image => {
                if self.links.pop() == Some(true) {
                    self.html.push_str("</a>");
                }
            }
            TagEnd::CodeBlock => self.html.push_str("</code></pre>"),
            TagEnd::TableHead => {
                self.is_table_head = false;
                self.html.push_str("</tr></thead>");
            }
            TagEnd::TableCell => {
                let element = self.cell();
                self.html.push_str(&format!("</{element}>"));
            }
            TagEnd::Heading(_) => self.html.push_str("</b></p>"),
            TagEnd::List(true) => self.html.push_str("</ol>"),
            tag => {
                if let Some(element) = element(&tag) {
                    self.html.push_str(&format!("</{element}>"));
                }
            }
        }
    }

    fn open_link(&mut self, address: &CowStr<'_>) {
        let may_lead = ["https://", "http://", "mailto:"]
            .iter()
            .any(|scheme| address.starts_with(scheme));
        // A link in a link is none.
        let may_lead = may_lead && !self.links.contains(&true);
        if may_lead {
            self.html.push_str("<a href=\"");
            self.text(address);
            self.html.push_str("\" rel=\"noreferrer\">");
        }
        self.links.push(may_lead);
    }

    fn cell(&self) -> &'static str {
        if self.is_table_head { "th" } else { "td" }
    }

    fn text(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '&' => self.html.push_str("&amp;"),
                '<' => self.html.push_str("&lt;"),
                '>' => self.html.push_str("&gt;"),
                '"' => self.html.push_str("&quot;"),
                c => self.html.push(c),
            }
        }
    }
}

/// The element of what needs no other care.
fn element(tag: &TagEnd) -> Option<&'static str> {
    Some(match tag {
        TagEnd::Paragraph => "p",
        TagEnd::BlockQuote(_) => "blockquote",
        TagEnd::List(_) => "ul",
        TagEnd::Item => "li",
        TagEnd::Table => "table",
        TagEnd::TableRow => "tr",
        TagEnd::Emphasis => "em",
        TagEnd::Strong => "strong",
        TagEnd::Strikethrough => "del",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn html(source: &str) -> String {
        Markdown::new(source).to_string()
    }

    #[test]
    fn marks_become_markup() {
        assert_eq!(
            html("One *two* **three** `four`.\n\n- a\n- b"),
            "<p>One <em>two</em> <strong>three</strong> <code>four</code>.</p><ul><li>a</li><li>b</li></ul>"
        );
        assert_eq!(html("# Heading"), "<p><b>Heading</b></p>");
        assert_eq!(
            html("|a|\n|-|\n|b|"),
            "<table><thead><tr><th>a</th></tr></thead><tr><td>b</td></tr></table>"
        );
    }

    #[test]
    fn the_lead_is_the_first_paragraph_in_plain_words() {
        let lead = |source| Markdown::lead(source).unwrap_or_default();

        assert_eq!(
            lead("One **two**\n[three](https://x) `four` <b>\n\nFive"),
            "One two three four <b>"
        );
        assert_eq!(lead("# Heading\n\nText"), "Heading");
        assert_eq!(lead("- a\n- b"), "a");
        assert_eq!(Markdown::lead(" \n"), None);
    }

    #[test]
    fn html_is_shown_as_written() {
        assert_eq!(
            html("<b onclick=\"x()\">a</b>"),
            "<p>&lt;b onclick=&quot;x()&quot;&gt;a&lt;/b&gt;</p>"
        );
        assert!(!html("<script>alert(1)</script>").contains("<script"));
    }

    #[test]
    fn only_addresses_of_the_web_and_of_mail_are_links() {
        assert_eq!(
            html("[a](https://docs.example/?a=1&b=\"x\")"),
            "<p><a href=\"https://docs.example/?a=1&amp;b=&quot;x&quot;\" rel=\"noreferrer\">a</a></p>"
        );
        assert_eq!(
            html("[a](https://docs.example/?a=1&b=2)"),
            "<p><a href=\"https://docs.example/?a=1&amp;b=2\" rel=\"noreferrer\">a</a></p>"
        );
        assert_eq!(html("[a](javascript:alert(1))"), "<p>a</p>");
        assert_eq!(html("[a](/settings/theme)"), "<p>a</p>");
        assert_eq!(
            html("![plan](https://img.example/x.png)"),
            "<p><a href=\"https://img.example/x.png\" rel=\"noreferrer\">plan</a></p>"
        );
    }

    #[test]
    fn no_element_has_an_attribute_but_links() {
        let awkward = "```js onload=x\ncode\n```\n\n3. c\n\n| a |\n|:-:|\n| b |\n\n## h {#id .class}\n\n[^1]: note";

        let html = html(awkward);

        assert!(!html.contains('='), "{html}");
    }
}
