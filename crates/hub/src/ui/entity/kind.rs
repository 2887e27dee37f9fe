//! What kinds are called in tabs, headings and sentences.

use crate::ui::Texts;

/// What stands for every kind in the address of a list.
pub const ALL_KINDS: &str = "all";

/// The words for a kind.
#[derive(Debug, Clone)]
pub struct KindWords {
    /// The kind in lower case, as addresses have it.
    pub kind: String,
    /// Several of it as a heading, such as `Components`.
    pub heading: String,
    /// The text that counts it in a sentence; absent for a kind that nobody foresaw.
    counted: Option<&'static str>,
    t: Texts,
}

/// Kinds in the order of the tabs, each with the text of its heading and the one that counts it;
/// others come after them.
const KNOWN: [(&str, &str, &str); 10] = [
    (ALL_KINDS, "kind-all", "kind-all-counted"),
    ("component", "kind-component", "kind-component-counted"),
    ("api", "kind-api", "kind-api-counted"),
    ("system", "kind-system", "kind-system-counted"),
    ("domain", "kind-domain", "kind-domain-counted"),
    ("resource", "kind-resource", "kind-resource-counted"),
    ("template", "kind-template", "kind-template-counted"),
    ("group", "kind-group", "kind-group-counted"),
    ("user", "kind-user", "kind-user-counted"),
    ("location", "kind-location", "kind-location-counted"),
];

impl KindWords {
    /// The words for `kind`, in any case; a kind that nobody foresaw goes by its own name.
    pub fn of(t: &Texts, kind: &str) -> KindWords {
        let kind = kind.to_lowercase();
        let known = KNOWN.iter().find(|(known, ..)| *known == kind);
        KindWords {
            heading: known.map_or_else(|| kind.clone(), |(_, text, _)| t.say(text).to_string()),
            counted: known.map(|(_, _, counted)| *counted),
            t: t.clone(),
            kind,
        }
    }

    /// Where its tab stands.
    pub fn rank(&self) -> usize {
        KNOWN
            .iter()
            .position(|(known, ..)| *known == self.kind)
            .unwrap_or(KNOWN.len())
    }

    /// The word for `count` of it in a sentence, such as `components`.
    pub fn counted(&self, count: u64) -> String {
        match self.counted {
            Some(text) => self.t.say(text).with("n", count).to_string(),
            None => self.kind.clone(),
        }
    }

    /// Several of it in a sentence.
    pub fn many(&self) -> String {
        self.counted(2)
    }

    /// Whether entities of this kind have an owner.
    pub fn has_owner(&self) -> bool {
        !matches!(self.kind.as_str(), "group" | "user" | "location")
    }
}
