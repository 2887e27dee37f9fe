//! A cell of the matrix, and the way to an answer.

use crate::rbac::review::{Cell, Way};
use crate::ui::{Icon, Texts, Tone};
use callboard_policy::How;

/// How a cell looks.
pub(super) struct Mark {
    pub(super) tone: Tone,
    pub(super) icon: Option<Icon>,
    /// What a screen reader says, and a badge.
    pub(super) word: String,
    /// How many rules the answer depends on; 0 where it does not.
    pub(super) rules: usize,
}

impl Mark {
    pub(super) fn new(t: &Texts, cell: Cell) -> Mark {
        let (tone, icon, name) = match cell {
            Cell::Nothing => (Tone::Plain, None, "review-nothing"),
            Cell::Allow => (Tone::Ok, Some(Icon::Check), "review-allow"),
            Cell::Deny => (Tone::No, Some(Icon::X), "review-deny"),
            Cell::Conditional(_) => (Tone::If, Some(Icon::Split), "review-conditional"),
        };
        Mark {
            tone,
            icon,
            word: t.say(name).to_string(),
            rules: match cell {
                Cell::Conditional(rules) => rules,
                Cell::Nothing | Cell::Allow | Cell::Deny => 0,
            },
        }
    }
}

/// The word of a cell for programs.
pub(super) fn word(cell: Cell) -> &'static str {
    match cell {
        Cell::Nothing => "",
        Cell::Allow => "allow",
        Cell::Deny => "deny",
        Cell::Conditional(_) => "conditional",
    }
}

/// The path that gives an answer, in words.
pub(super) fn path(t: &Texts, way: &Way) -> String {
    if way.is_super_user {
        return t.say("review-super-user").to_string();
    }
    let Some(held) = &way.held else {
        return String::new();
    };
    let text = match (held.how, held.via.as_slice()) {
        (How::Default, _) => t.say("review-by-default"),
        (How::Member, []) => t.say("review-directly"),
        (How::Member, via) => t.say("review-through").with("path", via.join(" → ")),
        (How::Ownership, via) => t.say("review-by-token").with("refs", via.join(", ")),
    };
    text.to_string()
}
