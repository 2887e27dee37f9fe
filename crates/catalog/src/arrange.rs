//! Many postings in the order of their values.
//!
//! Values stand all over the memory, and to fetch them is what takes time, not to compare them. So
//! a few letters of each are fetched together and sorted as a number, and more of them only for
//! those that begin alike, as URLs do.

use crate::{
    posting::{Posting, Texts},
    sorted_list::beginning,
};

/// How many letters are fetched at a time.
const LETTERS: usize = size_of::<u64>();

/// So few values that begin alike are compared with each other.
const FEW: usize = 16;

/// A posting on its way to its place.
struct Value<'a> {
    /// The letters that are looked at now, as a number that is ordered as they are.
    next: u64,
    place: u32,
    /// As they are written: what is not in lower case is ASCII.
    letters: &'a [u8],
}

/// A place among the postings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Arranged {
    pub(crate) place: u32,
    /// Whether the posting has the value of the one before it.
    pub(crate) is_again: bool,
}

/// The places of postings in the order of their values; equal ones stay as they are.
pub(crate) fn in_order(postings: &[Posting], texts: Texts<'_>) -> Vec<Arranged> {
    let placed = (0..).zip(postings);
    let mut values: Vec<Value<'_>> = placed
        .map(|(place, posting)| {
            let letters = texts.letters_of(posting);
            Value {
                next: folded_beginning(letters),
                place,
                letters,
            }
        })
        .collect();
    sort(&mut values, 0);
    let mut before: Option<&Value<'_>> = None;
    let arranged = values.iter().map(|value| Arranged {
        place: value.place,
        is_again: before.replace(value).is_some_and(|before| {
            // Mostly the letters at hand tell, and the text need not be fetched once more.
            before.next == value.next && before.letters.eq_ignore_ascii_case(value.letters)
        }),
    });
    arranged.collect()
}

/// Sorts values that do not differ before the place `from`, and whose next letters are those there.
fn sort(values: &mut [Value<'_>], from: usize) {
    // Stable, which also makes use of stretches that are in order already.
    values.sort_by_key(|value| value.next);
    let from = from + LETTERS;
    for alike in values.chunk_by_mut(|one, other| one.next == other.next) {
        let is_over = |value: &Value<'_>| value.letters.len() <= from;
        if alike.len() < FEW || alike.iter().all(is_over) {
            // What is no letter at the end of a text counts as one in its beginning.
            alike.sort_by(|one, other| {
                let by_rest = folded(one.rest(from)).cmp(folded(other.rest(from)));
                by_rest.then_with(|| one.letters.len().cmp(&other.letters.len()))
            });
        } else {
            let from = from + common(alike, from);
            for value in &mut *alike {
                value.next = folded_beginning(value.rest(from));
            }
            sort(alike, from);
        }
    }
}

/// How many letters all values have in common from a place on.
fn common(values: &[Value<'_>], from: usize) -> usize {
    let first = values.first().map_or(&[][..], |value| value.rest(from));
    values.iter().fold(first.len(), |common, value| {
        let both = folded(&first[..common]).zip(folded(value.rest(from)));
        both.take_while(|(one, other)| one == other).count()
    })
}

impl<'a> Value<'a> {
    fn rest(&self, from: usize) -> &'a [u8] {
        self.letters.get(from..).unwrap_or_default()
    }
}

fn folded(letters: &[u8]) -> impl Iterator<Item = u8> {
    letters.iter().map(u8::to_ascii_lowercase)
}

fn folded_beginning(letters: &[u8]) -> u64 {
    let mut first = beginning(letters).to_be_bytes();
    first.make_ascii_lowercase();
    u64::from_be_bytes(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ids::Ids, slots::Slots};

    #[test]
    fn values_come_in_their_order_and_equal_ones_as_they_came() {
        let numbered = (0..500).map(|n| format!("https://example.com/{}/x", n * 7919 % 500));
        let odd = [
            "",
            "a",
            "a\0",
            "a\0\0\0\0\0\0\0\0\0",
            "https://",
            "zürich",
            "b",
        ]
        .map(String::from);
        let long = (0..40).map(|n| format!("{}{}", "l".repeat(150), "m".repeat(n % 20)));
        let texts: Vec<String> = numbered.chain(odd).chain(long).collect();
        let posting = |text: &String| Posting::plain(text.into(), Ids::One(1));
        let postings: Vec<Posting> = texts.iter().map(posting).collect();
        let slots = Slots::default();

        let order = in_order(&postings, Texts(&slots));

        let mut expected: Vec<u32> = (0..postings.len() as u32).collect();
        expected.sort_by_key(|place| &texts[*place as usize]);
        let places: Vec<u32> = order.iter().map(|arranged| arranged.place).collect();
        assert_eq!(places, expected);
        let text = |arranged: &Arranged| &texts[arranged.place as usize];
        for pair in order.windows(2) {
            assert_eq!(
                pair[1].is_again,
                text(&pair[0]) == text(&pair[1]),
                "{pair:?}"
            );
        }
        assert!(!order[0].is_again);
    }
}
