//! A part of the index, made once and never changed.

use std::cmp::Reverse;

use roaring::{MultiOps, RoaringBitmap};

use crate::{
    dictionary::{Dictionary, DictionaryDraft, Posting},
    document::{Document, DocumentId, Field},
    query::{Best, Found, Hit, Query},
    term::Likeness,
    texts::Texts,
    trie::Trie,
};

/// Some documents with their words.
///
/// A document has a place, which is its rank among documents that match a query equally well.
#[derive(Debug, Default)]
pub(crate) struct Segment {
    /// The number of the document at each place.
    ids: Vec<DocumentId>,
    title_words: Vec<u8>,
    ties: Texts,
    words: Dictionary,
    trie: Trie,
    facets: Dictionary,
}

/// What parts the name of a facet from its value.
const FACET_BREAK: char = '\0';

impl Segment {
    pub(crate) fn ids(&self) -> &[DocumentId] {
        &self.ids
    }

    /// The best of the documents that match, of those in `admitted` only; `None` means all.
    pub(crate) fn search(&self, query: &Query, admitted: Option<&RoaringBitmap>) -> Found {
        let mut scores = self.scores(query);
        self.narrow(query, &mut scores);
        let mut best = Best::new(query.wanted);
        let mut total = 0;
        for (place, score) in scores.into_iter().enumerate() {
            if score > 0 && admitted.is_none_or(|ids| ids.contains(self.ids[place])) {
                total += 1;
                // Places ascend, so that of equal scores the first stays.
                best.offer(score, Reverse(place as u32));
            }
        }
        let hits = best.into_sorted().map(|(score, Reverse(place))| Hit {
            id: self.ids[place as usize],
            index: 0,
            score,
            title_words: self.title_words[place as usize],
            tie: self.ties.get(place as usize).into(),
        });
        Found {
            total,
            hits: hits.collect(),
        }
    }

    /// The score at each place; 0 where a term is missing.
    fn scores(&self, query: &Query) -> Vec<u16> {
        let mut terms = query.terms.iter();
        let Some(first) = terms.next() else {
            return vec![1; self.ids.len()];
        };
        let mut scores = vec![0; self.ids.len()];
        let add = |term, scores: &mut [u16]| {
            self.words
                .like(&self.trie, term, &mut |likeness, postings| {
                    raise(scores, likeness, postings);
                });
        };
        add(first, &mut scores);
        let mut more = Vec::new();
        for term in terms {
            more.clear();
            more.resize(self.ids.len(), 0);
            add(term, &mut more);
            for (score, more) in scores.iter_mut().zip(&more) {
                let both = score.saturating_add(*more);
                *score = if *score == 0 || *more == 0 { 0 } else { both };
            }
        }
        scores
    }

    /// Leaves a score only where each filter has one of its values.
    fn narrow(&self, query: &Query, scores: &mut [u16]) {
        let places_of = |(name, values): &(String, Vec<String>)| {
            let values = values.iter().map(|value| {
                // Places of one word ascend.
                let postings = self.facets.exact(&facet(name, value)).iter();
                postings
                    .map(|posting| posting.place())
                    .collect::<RoaringBitmap>()
            });
            values.union()
        };
        let Some(passing) = query
            .filters
            .iter()
            .map(places_of)
            .reduce(|all, next| all & next)
        else {
            return;
        };
        for (score, place) in scores.iter_mut().zip(0..) {
            if *score > 0 && !passing.contains(place) {
                *score = 0;
            }
        }
    }

    /// What it takes of the heap.
    pub(crate) fn size_bytes(&self) -> usize {
        self.ids.capacity() * size_of::<DocumentId>()
            + self.title_words.capacity()
            + self.ties.size_bytes()
            + self.words.size_bytes()
            + self.trie.size_bytes()
            + self.facets.size_bytes()
    }
}

/// Raises the scores of documents to what these postings are worth.
fn raise(scores: &mut [u16], likeness: Likeness, postings: &[Posting]) {
    let worth = &WORTH[likeness as usize];
    for posting in postings {
        let score = &mut scores[posting.place() as usize];
        *score = (*score).max(worth[usize::from(posting.fields())]);
    }
}

/// What a word is worth by its likeness and the set of fields that it is in: that of the most
/// prominent one.
const WORTH: [[u16; 1 << Field::ALL.len()]; 4] = {
    let mut worth = [[0; 1 << Field::ALL.len()]; 4];
    let mut likeness = 0;
    while likeness < 4 {
        let mut fields = 1_usize;
        while fields < 1 << Field::ALL.len() {
            let best = fields.ilog2() as usize;
            worth[likeness][fields] = LIKENESS_WORTH[likeness] * FIELD_WORTH[best];
            fields += 1;
        }
        likeness += 1;
    }
    worth
};

/// By [`Likeness`]. The beginning of a title beats a whole word of a text, which beats a typo in
/// a title.
const LIKENESS_WORTH: [u16; 4] = [1, 2, 6, 10];
/// By [`Field`].
const FIELD_WORTH: [u16; 4] = [8, 16, 28, 32];

fn facet(name: &str, value: &str) -> String {
    let mut facet = String::with_capacity(name.len() + value.len() + 1);
    facet.push_str(name);
    facet.push(FACET_BREAK);
    facet.extend(value.chars().flat_map(char::to_lowercase));
    facet
}

/// Collects documents for a segment.
#[derive(Default)]
pub(crate) struct SegmentDraft {
    documents: Vec<(u8, String, DocumentId)>,
    words: DictionaryDraft,
    facets: DictionaryDraft,
}

impl SegmentDraft {
    /// Adds a document.
    pub(crate) fn push(&mut self, document: &Document<'_>) {
        let number = self.documents.len() as u32;
        let (title_words, tie) = document.tie();
        self.documents.push((title_words, tie, document.id));
        for (word, fields) in document.words() {
            self.words.push(&word, number, fields);
        }
        for (name, value) in &document.facets {
            self.facets.push(&facet(name, value), number, 0);
        }
    }

    /// Adds those documents of a segment that are still alive.
    pub(crate) fn absorb(&mut self, segment: &Segment, live: &RoaringBitmap) {
        let mut numbers = Vec::with_capacity(segment.ids.len());
        for (place, id) in segment.ids.iter().enumerate() {
            let is_live = live.contains(*id);
            numbers.push(is_live.then_some(self.documents.len() as u32));
            if is_live {
                let tie = segment.ties.get(place).to_owned();
                self.documents.push((segment.title_words[place], tie, *id));
            }
        }
        let dictionaries = [
            (&segment.words, &mut self.words),
            (&segment.facets, &mut self.facets),
        ];
        for (dictionary, draft) in dictionaries {
            for (word, postings) in dictionary.iter() {
                for posting in postings {
                    if let Some(number) = numbers[posting.place() as usize] {
                        draft.push(word, number, posting.fields());
                    }
                }
            }
        }
    }

    pub(crate) fn finish(self) -> Segment {
        let documents = self.documents;
        let mut order: Vec<u32> = (0..documents.len() as u32).collect();
        order.sort_unstable_by(|one, other| {
            documents[*one as usize].cmp(&documents[*other as usize])
        });
        let mut segment = Segment::default();
        let mut places = vec![0; documents.len()];
        for (place, number) in order.into_iter().enumerate() {
            let (title_words, tie, id) = &documents[number as usize];
            places[number as usize] = place as u32;
            segment.ids.push(*id);
            segment.title_words.push(*title_words);
            segment.ties.push(tie);
        }
        segment.ties.shrink_to_fit();
        segment.words = self.words.finish(&places);
        segment.facets = self.facets.finish(&places);
        segment.trie = segment.words.trie();
        segment
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worth_follows_likeness_and_field() {
        let worth =
            |likeness: Likeness, field: Field| WORTH[likeness as usize][usize::from(field.bit())];

        for [lower, higher] in [
            [Likeness::TwoTypos, Likeness::OneTypo],
            [Likeness::OneTypo, Likeness::Prefix],
            [Likeness::Prefix, Likeness::Exact],
        ] {
            assert!(
                Field::ALL
                    .iter()
                    .all(|field| worth(lower, *field) < worth(higher, *field))
            );
        }
        for fields in Field::ALL.windows(2) {
            assert!(worth(Likeness::Exact, fields[0]) < worth(Likeness::Exact, fields[1]));
        }
        let ladder = [
            worth(Likeness::Prefix, Field::Title),
            worth(Likeness::Exact, Field::Text),
            worth(Likeness::OneTypo, Field::Title),
            worth(Likeness::Prefix, Field::Text),
        ];
        assert!(ladder.is_sorted_by(|one, other| one > other), "{ladder:?}");
        let in_all = WORTH[Likeness::Exact as usize][0b1111];
        assert_eq!(in_all, worth(Likeness::Exact, Field::Title));
    }
}
