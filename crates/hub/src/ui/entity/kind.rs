//! What kinds are called in tabs, headings and sentences.

use crate::ui::Texts;

/// The words for a kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KindWords {
    /// The kind in lower case, as addresses have it.
    pub kind: String,
    /// Several of it as a heading, such as `Components`.
    pub heading: String,
    /// One of it in a sentence, such as `component`.
    pub one: String,
    /// Several of it in a sentence, such as `components`.
    pub many: String,
}

/// Kinds in the order of the tabs; others come after them.
const KNOWN: [&str; 9] = [
    "component",
    "api",
    "system",
    "domain",
    "resource",
    "template",
    "group",
    "user",
    "location",
];

impl KindWords {
    /// The words for `kind`, in any case; a kind that nobody foresaw goes by its own name.
    pub fn of(t: &Texts, kind: &str) -> KindWords {
        let kind = kind.to_lowercase();
        let words = |name| t.say(name).with("kind", kind.as_str()).to_string();
        KindWords {
            heading: words("entity-kind-heading"),
            one: words("entity-kind"),
            many: words("entity-kinds"),
            kind,
        }
    }

    /// Where its tab stands.
    pub fn rank(&self) -> usize {
        KNOWN
            .iter()
            .position(|known| *known == self.kind)
            .unwrap_or(KNOWN.len())
    }

    /// The word for `count` of it.
    pub fn counted(&self, count: u64) -> &str {
        if count == 1 { &self.one } else { &self.many }
    }

    /// Whether entities of this kind have an owner.
    pub fn has_owner(&self) -> bool {
        !matches!(self.kind.as_str(), "group" | "user" | "location")
    }
}
