//! What is asked, and what is found.

use std::{
    cmp::{Ordering, Reverse},
    collections::BinaryHeap,
};

use crate::{document::DocumentId, term::Term, word::words};

/// How many words of a query count.
const MAX_TERMS: usize = 16;

/// A question to an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// The words that are looked for; a document has to have all of them.
    pub terms: Vec<Term>,
    /// Names of facets, each with the values of which a document has one; compared without case.
    /// A document has to pass all of them.
    pub filters: Vec<(String, Vec<String>)>,
    /// How many hits are wanted, counted from the best one.
    pub wanted: usize,
}

impl Query {
    /// Asks for the 25 best documents that have all words of a text; of a text without words,
    /// for any documents. A text of more than 16 words is cut.
    pub fn new(text: &str) -> Self {
        let mut terms: Vec<Term> = Vec::new();
        for word in words(text) {
            if terms.iter().all(|term| term.text != word.folded) && terms.len() < MAX_TERMS {
                terms.push(Term::new(word.folded));
            }
        }
        Self {
            terms,
            filters: Vec::new(),
            wanted: 25,
        }
    }
}

/// The documents that match a query.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// How many there are.
    pub total: u64,
    /// The best of them, the best first; as many as were wanted.
    pub hits: Vec<Hit>,
}

/// A document that matches a query; the greater, the better.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Its number.
    pub id: DocumentId,
    /// The place of its index among those whose answers were joined; 0 when there was one only.
    pub index: usize,
    /// How well it matches; only good for comparison.
    pub score: u16,
    pub(crate) title_words: u8,
    pub(crate) tie: Box<str>,
}

impl Ord for Hit {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_score = self.score.cmp(&other.score);
        by_score
            .then_with(|| other.title_words.cmp(&self.title_words))
            .then_with(|| other.tie.cmp(&self.tie))
            .then_with(|| other.id.cmp(&self.id))
    }
}

impl PartialOrd for Hit {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The greatest of what is offered.
pub(crate) struct Best<T> {
    wanted: usize,
    // The least is on top, where it gives way.
    kept: BinaryHeap<Reverse<(u16, T)>>,
}

impl<T: Ord> Best<T> {
    pub(crate) fn new(wanted: usize) -> Self {
        Self {
            wanted,
            kept: BinaryHeap::new(),
        }
    }

    pub(crate) fn offer(&mut self, score: u16, what: T) {
        if self.kept.len() < self.wanted {
            self.kept.push(Reverse((score, what)));
        } else if let Some(mut least) = self.kept.peek_mut()
            && (score, &what) > (least.0.0, &least.0.1)
        {
            *least = Reverse((score, what));
        }
    }

    /// The greatest first.
    pub(crate) fn into_sorted(self) -> impl Iterator<Item = (u16, T)> {
        let ascending = self.kept.into_sorted_vec().into_iter();
        ascending.map(|Reverse(kept)| kept)
    }
}
