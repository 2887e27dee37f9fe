//! The distance between two words, letter by letter.

use crate::word::MAX_LETTERS;

type Row = [u8; MAX_LETTERS + 1];

/// The distance between a term and a word that is spelled out and taken back letter by letter,
/// so that words with a common beginning share the work.
///
/// A letter too many, one missing, one in the place of another, and two that changed places are
/// one edit each; no letter is edited twice.
pub(crate) struct Edits<'t> {
    term: &'t [char],
    letters: Vec<char>,
    // INVARIANT: one row more than there are letters; row `n` holds the distances between the
    // first `n` letters and each beginning of the term.
    rows: Vec<Row>,
}

impl<'t> Edits<'t> {
    /// Begins with the empty word. Letters of the term beyond the 64th are not looked at.
    pub(crate) fn new(term: &'t [char]) -> Self {
        let term = &term[..term.len().min(MAX_LETTERS)];
        let mut row = [0; MAX_LETTERS + 1];
        for (place, distance) in row.iter_mut().enumerate() {
            *distance = place as u8;
        }
        Self {
            term,
            letters: Vec::with_capacity(MAX_LETTERS),
            rows: vec![row],
        }
    }

    /// The distance between the letters so far and the whole term.
    pub(crate) fn distance(&self) -> u8 {
        self.rows[self.letters.len()][self.term.len()]
    }

    /// Adds a letter, and gives the least distance that any word with this beginning can have.
    pub(crate) fn push(&mut self, letter: char) -> u8 {
        let depth = self.letters.len();
        let above = &self.rows[depth];
        let before = depth.checked_sub(1).map(|depth| &self.rows[depth]);
        let last = self.letters.last();
        let mut row = [0; MAX_LETTERS + 1];
        row[0] = depth as u8 + 1;
        let mut least = row[0];
        for (at, expected) in self.term.iter().enumerate() {
            let substituted = above[at] + u8::from(*expected != letter);
            let mut distance = substituted.min(above[at + 1] + 1).min(row[at] + 1);
            if let Some(before) = before
                && at > 0
                && self.term[at - 1] == letter
                && last == Some(expected)
            {
                distance = distance.min(before[at - 1] + 1);
            }
            row[at + 1] = distance;
            least = least.min(distance);
        }
        self.letters.push(letter);
        self.rows.push(row);
        least
    }

    /// Takes the last letter back.
    pub(crate) fn pop(&mut self) {
        if self.letters.pop().is_some() {
            self.rows.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spell(edits: &mut Edits<'_>, letters: &str) {
        for letter in letters.chars() {
            edits.push(letter);
        }
    }

    fn distance(term: &str, word: &str) -> u8 {
        let term: Vec<char> = term.chars().collect();
        let mut edits = Edits::new(&term);
        spell(&mut edits, word);
        edits.distance()
    }

    #[test]
    fn every_kind_of_edit_is_one() {
        for (term, word, expected) in [
            ("usher", "usher", 0),
            ("usher", "ushers", 1),
            ("usher", "uher", 1),
            ("usher", "asher", 1),
            ("usher", "suher", 1),
            ("usher", "usehr", 1),
            ("usher", "sher", 1),
            ("ca", "abc", 3),
            ("", "abc", 3),
            ("ωδη", "ωδ", 1),
        ] {
            assert_eq!(distance(term, word), expected, "{term} and {word}");
        }
    }

    #[test]
    fn what_is_taken_back_leaves_no_trace() {
        let term: Vec<char> = "stage".chars().collect();
        let mut edits = Edits::new(&term);
        spell(&mut edits, "stXY");
        edits.pop();
        edits.pop();
        spell(&mut edits, "age");

        assert_eq!(edits.distance(), 0);
    }
}
