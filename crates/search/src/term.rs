//! One word of a query, and how like it a word of a document is.

use smol_str::SmolStr;

use crate::edit::Edits;

/// From how many letters on one typo is forgiven.
const ONE_TYPO_FROM: usize = 4;
/// From how many letters on two are.
const TWO_TYPOS_FROM: usize = 8;

/// One word of a query, folded.
///
/// A word of a document is like it when it is the same, begins with it, or is that but for
/// typos: one from four letters on, two from eight, none in a number. A typo within a word that
/// goes on is forgiven only if the letter that was typed last is right, as otherwise nearly
/// every word would do that begins nearly so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    pub(crate) text: SmolStr,
    pub(crate) letters: Vec<char>,
    pub(crate) tolerance: u8,
}

/// How like a term a word is, the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Likeness {
    /// Two letters are wrong.
    TwoTypos,
    /// One letter is wrong.
    OneTypo,
    /// The word goes on after the term.
    Prefix,
    /// It is the same word.
    Exact,
}

impl Term {
    /// A term of a word that is folded, as [`crate::fold`] gives it.
    pub fn new(folded: SmolStr) -> Self {
        let letters: Vec<char> = folded.chars().collect();
        let is_number = letters.iter().all(|letter| letter.is_numeric());
        let tolerance = match letters.len() {
            _ if is_number => 0,
            ..ONE_TYPO_FROM => 0,
            ONE_TYPO_FROM..TWO_TYPOS_FROM => 1,
            TWO_TYPOS_FROM.. => 2,
        };
        Self {
            text: folded,
            letters,
            tolerance,
        }
    }

    /// How like the term a folded word is; `None` when it is another word.
    pub fn likeness(&self, word: &str) -> Option<Likeness> {
        if word == self.text {
            return Some(Likeness::Exact);
        }
        if word.starts_with(&*self.text) {
            return Some(Likeness::Prefix);
        }
        if self.tolerance == 0 {
            return None;
        }
        let mut edits = Edits::new(&self.letters);
        let mut least = u8::MAX;
        for letter in word.chars() {
            if edits.push(letter) > self.tolerance {
                return Likeness::of_typos(least);
            }
            if self.letters.last() == Some(&letter) && edits.distance() <= self.tolerance {
                least = least.min(edits.distance());
            }
        }
        if edits.distance() <= self.tolerance {
            least = least.min(edits.distance());
        }
        Likeness::of_typos(least)
    }
}

impl Likeness {
    /// The likeness of a word that is within the tolerance.
    pub(crate) fn of_typos(count: u8) -> Option<Self> {
        match count {
            0 | 1 => Some(Self::OneTypo),
            2 => Some(Self::TwoTypos),
            3.. => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longer_a_term_the_more_typos_are_forgiven() {
        use Likeness::{Exact, OneTypo, Prefix, TwoTypos};
        for (term, word, expected) in [
            ("seat", "seat", Some(Exact)),
            ("sea", "seating", Some(Prefix)),
            ("sae", "seating", None),
            ("saet", "seat", Some(OneTypo)),
            ("seta", "seating", Some(OneTypo)),
            ("saet", "seating", Some(OneTypo)),
            ("tikcet", "tickets", Some(OneTypo)),
            ("tikcte", "tickets", None),
            ("scheduel", "scheduler", Some(OneTypo)),
            ("shcedulre", "scheduler", Some(TwoTypos)),
            ("seap", "seat", Some(OneTypo)),
            ("seap", "seating", None),
            ("20261", "20262", None),
            ("theatre", "theatre", Some(Exact)),
        ] {
            assert_eq!(
                Term::new(term.into()).likeness(word),
                expected,
                "{term} and {word}"
            );
        }
    }
}
