//! Small parts of pages that are nothing but a class and a few letters.

use crate::ui::Icon;
use askama::filters::HtmlSafe;
use std::fmt;

/// What a colour means; its class sets the colour of the part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    /// Ink on paper.
    #[default]
    Plain,
    /// Allows, works.
    Ok,
    /// Denies, fails.
    No,
    /// Depends.
    If,
    /// Acts.
    Info,
    /// One of the colours that tell kinds and groups apart.
    Plum,
    /// One of the colours that tell kinds and groups apart.
    Teal,
    /// One of the colours that tell kinds and groups apart.
    Brass,
}

impl Tone {
    /// The class.
    pub fn class(self) -> &'static str {
        match self {
            Tone::Plain => "",
            Tone::Ok => "ok",
            Tone::No => "no",
            Tone::If => "if",
            Tone::Info => "info",
            Tone::Plum => "plum",
            Tone::Teal => "teal",
            Tone::Brass => "brass",
        }
    }

    /// A colour for a person or a group: the same name always gets the same one.
    pub fn of_name(name: &str) -> Tone {
        const TONES: [Tone; 5] = [Tone::Info, Tone::Plum, Tone::Brass, Tone::Teal, Tone::Plain];
        let sum = name.bytes().fold(7_usize, |sum, byte| {
            sum.wrapping_mul(31).wrapping_add(byte.into())
        });
        TONES[sum % TONES.len()]
    }
}

impl fmt::Display for Tone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.class())
    }
}

impl HtmlSafe for Tone {}

/// The coloured square with an icon before the name of an entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tile {
    /// What stands for the kind.
    pub icon: Icon,
    /// Its colour.
    pub tone: Tone,
    /// Whether it stands beside a heading.
    pub is_large: bool,
}

impl Tile {
    /// A tile of a row.
    pub fn new(icon: Icon, tone: Tone) -> Tile {
        Tile {
            icon,
            tone,
            is_large: false,
        }
    }

    /// The tile of a heading.
    pub fn large(self) -> Tile {
        Tile {
            is_large: true,
            ..self
        }
    }
}

impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let gap = if self.tone == Tone::Plain { "" } else { " " };
        let size = if self.is_large { " lg" } else { "" };
        write!(
            f,
            r#"<span class="tile{gap}{}{size}" aria-hidden="true">{}</span>"#,
            self.tone, self.icon
        )
    }
}

impl HtmlSafe for Tile {}

/// A button that leads to another page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageLink {
    /// A sign for the direction.
    pub mark: &'static str,
    /// What it leads to.
    pub label: String,
    /// Where; absent where there is nothing further.
    pub href: Option<String>,
}

/// The initials of a person (round) or a group (square).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Avatar {
    initials: String,
    tone: Tone,
    class: &'static str,
}

impl Avatar {
    /// The avatar of a person.
    pub fn person(name: &str) -> Avatar {
        Avatar {
            initials: initials(name),
            tone: Tone::of_name(name),
            class: "",
        }
    }

    /// The avatar of a group.
    pub fn group(name: &str) -> Avatar {
        Avatar {
            class: " sq",
            ..Avatar::person(name)
        }
    }

    /// The avatar beside a heading.
    pub fn large(self) -> Avatar {
        Avatar {
            class: " lg",
            ..self
        }
    }
}

impl fmt::Display for Avatar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let gap = if self.tone == Tone::Plain { "" } else { " " };
        // INVARIANT: initials are letters and digits only, so they need no escaping.
        let Avatar {
            initials,
            tone,
            class,
        } = self;
        write!(
            f,
            r#"<span class="av{gap}{tone}{class}" aria-hidden="true">{initials}</span>"#
        )
    }
}

impl HtmlSafe for Avatar {}

/// The first letters of the first and last word, or the first two letters of a single one.
fn initials(name: &str) -> String {
    let mut words = name
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty());
    let letters = match (words.next(), words.next_back()) {
        (Some(first), Some(last)) => [first.chars().next(), last.chars().next()],
        (Some(only), None) => {
            let mut letters = only.chars();
            [letters.next(), letters.next()]
        }
        (None, _) => [None, None],
    };
    letters
        .into_iter()
        .flatten()
        .flat_map(char::to_uppercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_come_from_the_first_and_the_last_word() {
        for (name, letters) in [
            ("Mara Lindqvist", "ML"),
            ("Front of house", "FH"),
            ("Platform", "PL"),
            ("mara.lindqvist", "ML"),
            ("<b>", "B"),
            ("…", ""),
            ("Ärzte über alles", "ÄA"),
        ] {
            assert_eq!(initials(name), letters, "{name}");
        }
    }

    #[test]
    fn parts_are_the_markup_of_the_style_sheet() {
        let tile = Tile::new(Icon::Server, Tone::Info).large().to_string();

        assert!(
            tile.starts_with(r#"<span class="tile info lg" aria-hidden="true"><svg class="i""#),
            "{tile}"
        );
        assert!(
            Avatar::group("Platform")
                .to_string()
                .contains(" sq\" aria-hidden=\"true\">PL<")
        );
    }
}
