//! What kinds are called in tabs, headings and sentences.

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

/// Kinds in the order of the tabs, with their words; others come after them.
const KNOWN: [(&str, &str, &str, &str); 9] = [
    ("component", "Components", "component", "components"),
    ("api", "APIs", "API", "APIs"),
    ("system", "Systems", "system", "systems"),
    ("domain", "Domains", "domain", "domains"),
    ("resource", "Resources", "resource", "resources"),
    ("template", "Templates", "template", "templates"),
    ("group", "Groups", "group", "groups"),
    ("user", "Users", "user", "users"),
    ("location", "Locations", "location", "locations"),
];

impl KindWords {
    /// The words for `kind`, in any case; a kind that nobody foresaw goes by its own name.
    pub fn of(kind: &str) -> KindWords {
        let kind = kind.to_lowercase();
        match KNOWN.iter().find(|(known, ..)| *known == kind) {
            Some((_, heading, one, many)) => KindWords {
                heading: (*heading).to_owned(),
                one: (*one).to_owned(),
                many: (*many).to_owned(),
                kind,
            },
            None => KindWords {
                heading: kind.clone(),
                one: kind.clone(),
                many: kind.clone(),
                kind,
            },
        }
    }

    /// Where its tab stands.
    pub fn rank(&self) -> usize {
        KNOWN
            .iter()
            .position(|(known, ..)| *known == self.kind)
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
