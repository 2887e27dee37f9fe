//! Words, and the documents in which they stand.

use std::ops::Range;

use hashbrown::HashMap;
use smol_str::SmolStr;

use crate::{
    term::{Likeness, Term},
    texts::Texts,
    trie::Trie,
};

/// A sorted list of words, each with its postings.
#[derive(Debug, Default)]
pub(crate) struct Dictionary {
    words: Texts,
    // INVARIANT: the postings of word `n` are `starts[n]..starts[n + 1]`, so that those of
    // neighbouring words, such as all with one beginning, stand together.
    starts: Vec<u32>,
    postings: Vec<Posting>,
}

/// A place of a document in a segment, and the fields in which the word stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Posting(u32);

impl Posting {
    const FIELD_BITS: u32 = 4;

    pub(crate) fn new(place: u32, fields: u8) -> Self {
        Self(place << Self::FIELD_BITS | u32::from(fields))
    }

    pub(crate) fn place(self) -> u32 {
        self.0 >> Self::FIELD_BITS
    }

    pub(crate) fn fields(self) -> u8 {
        (self.0 & ((1 << Self::FIELD_BITS) - 1)) as u8
    }
}

impl Dictionary {
    /// The postings of a word, in the order of places.
    pub(crate) fn exact(&self, word: &str) -> &[Posting] {
        let place = self.words.partition_point(|other| other < word);
        if place < self.words.len() && self.words.get(place) == word {
            self.postings(place as u32..place as u32 + 1)
        } else {
            &[]
        }
    }

    /// Calls `found` with the postings of each word that is like a term.
    ///
    /// The same word may come more than once, the last time not more like than before.
    pub(crate) fn like(
        &self,
        trie: &Trie,
        term: &Term,
        found: &mut dyn FnMut(Likeness, &[Posting]),
    ) {
        let text = term.text.as_str();
        let start = self.words.partition_point(|other| other < text);
        let end = self
            .words
            .partition_point(|other| other < text || other.starts_with(text));
        let (mut from, to) = (start as u32, end as u32);
        if start < end && self.words.get(start) == text {
            found(Likeness::Exact, self.postings(from..from + 1));
            from += 1;
        }
        if from < to {
            found(Likeness::Prefix, self.postings(from..to));
        }
        if term.tolerance > 0 {
            trie.near(&self.words, term, &mut |words, typos| {
                if let Some(likeness) = Likeness::of_typos(typos) {
                    found(likeness, self.postings(words));
                }
            });
        }
    }

    pub(crate) fn trie(&self) -> Trie {
        Trie::over(&self.words)
    }

    /// Every word with its postings, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &[Posting])> {
        let words = self.words.iter().zip(0..);
        words.map(|(word, place)| (word, self.postings(place..place + 1)))
    }

    /// What it takes of the heap.
    pub(crate) fn size_bytes(&self) -> usize {
        self.words.size_bytes()
            + self.starts.capacity() * size_of::<u32>()
            + self.postings.capacity() * size_of::<Posting>()
    }

    fn postings(&self, words: Range<u32>) -> &[Posting] {
        let (start, end) = (
            self.starts[words.start as usize],
            self.starts[words.end as usize],
        );
        &self.postings[start as usize..end as usize]
    }
}

/// Collects words while documents come in.
#[derive(Default)]
pub(crate) struct DictionaryDraft(HashMap<SmolStr, Vec<(u32, u8)>>);

impl DictionaryDraft {
    /// Adds a word of a document, which has a number within the draft.
    pub(crate) fn push(&mut self, word: &str, document: u32, fields: u8) {
        match self.0.get_mut(word) {
            Some(postings) => postings.push((document, fields)),
            None => drop(self.0.insert(word.into(), vec![(document, fields)])),
        }
    }

    /// Puts the words in order; `places` gives each document's place by its number.
    pub(crate) fn finish(self, places: &[u32]) -> Dictionary {
        let mut words: Vec<_> = self.0.into_iter().collect();
        words.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        let count = words.iter().map(|(_, postings)| postings.len()).sum();
        let mut dictionary = Dictionary {
            words: Texts::default(),
            starts: Vec::with_capacity(words.len() + 1),
            postings: Vec::with_capacity(count),
        };
        for (word, postings) in words {
            let start = dictionary.postings.len();
            dictionary.starts.push(start as u32);
            dictionary.words.push(&word);
            let placed = postings
                .iter()
                .map(|(document, fields)| Posting::new(places[*document as usize], *fields));
            dictionary.postings.extend(placed);
            dictionary.postings[start..].sort_unstable();
        }
        dictionary.starts.push(count as u32);
        dictionary.words.shrink_to_fit();
        dictionary
    }
}
