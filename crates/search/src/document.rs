//! What is indexed.

use std::borrow::Cow;

use smol_str::SmolStr;

use crate::word::{fold, words};

/// The number of a document, chosen by whoever has the documents.
///
/// Small numbers are best: sets of them are bitmaps.
pub type DocumentId = u32;

/// How many words of a text are indexed.
const MAX_WORDS: usize = 10_000;

/// A document, as far as it can be searched.
#[derive(Clone, Debug, Default)]
pub struct Document<'a> {
    /// Its number; of two documents with one number the later counts.
    pub id: DocumentId,
    /// What decides between documents that are equal otherwise; differs for each of them.
    pub key: Cow<'a, str>,
    /// What it is called on pages.
    pub title: Cow<'a, str>,
    /// What it is called by machines; found under its words and under all of them in one.
    pub name: Cow<'a, str>,
    /// Single words that somebody gave it.
    pub tags: Vec<Cow<'a, str>>,
    /// What it says.
    pub text: Cow<'a, str>,
    /// What a query can be narrowed by, each with a value.
    pub facets: Vec<(&'static str, Cow<'a, str>)>,
}

/// Where in a document a word stands, the least prominent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// What it says.
    Text,
    /// What somebody gave it.
    Tags,
    /// What it is called by machines.
    Name,
    /// What it is called on pages.
    Title,
}

impl Field {
    pub(crate) const ALL: [Self; 4] = [Self::Text, Self::Tags, Self::Name, Self::Title];

    /// The bit by which sets of fields have it.
    pub(crate) fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl Document<'_> {
    /// The words, each once, with the set of fields in which it stands.
    pub(crate) fn words(&self) -> Vec<(SmolStr, u8)> {
        let mut found = Vec::new();
        let mut add = |text: &str, field: Field| {
            let words = words(text).take(MAX_WORDS);
            let before = found.len();
            found.extend(words.map(|word| (word.folded, field.bit())));
            found.len() - before
        };
        add(&self.title, Field::Title);
        let in_name = add(&self.name, Field::Name);
        self.tags.iter().for_each(|tag| {
            add(tag, Field::Tags);
        });
        add(&self.text, Field::Text);
        if in_name > 1 {
            found.push((fold(&self.name), Field::Name.bit()));
        }
        found.sort_unstable();
        found.dedup_by(|(word, fields), (kept, all)| {
            let is_same = word == kept;
            if is_same {
                *all |= *fields;
            }
            is_same
        });
        found
    }

    /// What decides between documents that match a query equally well: the one of whose title the
    /// query is the greater part comes first, then the alphabet.
    pub(crate) fn tie(&self) -> (u8, String) {
        let mut tie = String::with_capacity(self.title.len() + self.key.len() + 2);
        let mut count = 0_u8;
        for word in words(&self.title).take(usize::from(u8::MAX)) {
            tie.push_str(&word.folded);
            tie.push(' ');
            count += 1;
        }
        tie.push_str(&self.key);
        (count, tie)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_listed_once_with_all_its_fields() {
        let document = Document {
            title: "Box Office".into(),
            name: "box-office".into(),
            tags: vec!["box".into()],
            text: "An office".into(),
            ..Document::default()
        };

        let words: Vec<_> = document.words();
        let words: Vec<_> = words
            .iter()
            .map(|(word, fields)| (word.as_str(), *fields))
            .collect();

        assert_eq!(
            words,
            [
                ("an", 0b0001),
                ("box", 0b1110),
                ("boxoffice", 0b0100),
                ("office", 0b1101)
            ]
        );
    }
}
