//! An action on an entity, as a page offers it.

use crate::catalog::Readable;
use crate::ui::entity::Sight;
use callboard_catalog::Entity;

/// How an action is offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Offer {
    /// Its control.
    Allowed,
    /// Its control, which says why it does nothing: others of this kind may be changed.
    NotThisOne {
        /// Where the tester says what decided; absent where there is no tester.
        tester: Option<String>,
    },
    /// Nothing at all.
    Never,
}

impl Offer {
    /// How an action is offered that the person may do with `part` of the catalog; `tester` gives
    /// where it is said what decided.
    pub fn on(
        entity: &Entity,
        part: &Readable,
        sight: &Sight,
        tester: impl FnOnce() -> Option<String>,
    ) -> Offer {
        match part {
            Readable::None => Offer::Never,
            Readable::All => Offer::Allowed,
            Readable::Only(_) if sight.is_within(entity, part) => Offer::Allowed,
            Readable::Only(_) => Offer::NotThisOne { tester: tester() },
        }
    }

    /// Whether the control works.
    pub fn is_allowed(&self) -> bool {
        *self == Offer::Allowed
    }

    /// Whether the control works for other entities, and not for this one.
    pub fn is_not_this_one(&self) -> bool {
        matches!(self, Offer::NotThisOne { .. })
    }

    /// Where the tester says what decided; absent when there is nothing to say, or no tester.
    pub fn tester(&self) -> Option<&str> {
        match self {
            Offer::NotThisOne { tester } => tester.as_deref(),
            Offer::Allowed | Offer::Never => None,
        }
    }
}
