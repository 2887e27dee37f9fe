//! What is known about a key: who has it, and which values there are.

use std::{borrow::Cow, hash::BuildHasher, ops::Bound, sync::Arc};

use hashbrown::{DefaultHashBuilder, HashTable};
use roaring::RoaringBitmap;
use smol_str::SmolStr;

use crate::{
    ids::{Id, Ids, set_member},
    posting::{Posting, Texts},
    sorted_list::{SortedList, beginning},
    term::{PlacedRow, Written},
};

/// All that is known about one key.
#[derive(Clone, Debug, Default)]
pub(crate) struct KeyIndex {
    /// Entities that have the key, be it with a null value.
    pub(crate) present: Arc<RoaringBitmap>,
    /// Those of them that have it with null values only.
    pub(crate) null: Arc<RoaringBitmap>,
    /// Those that have more than one value.
    pub(crate) multi: Arc<RoaringBitmap>,
    /// The postings in the order of their values.
    pub(crate) values: SortedList<Posting>,
}

impl KeyIndex {
    /// The posting of a value, which is in lower case.
    pub(crate) fn get(&self, texts: Texts<'_>, value: &str) -> Option<&Posting> {
        self.values.get(&texts, value)
    }

    /// The postings of the values that begin with a text.
    pub(crate) fn with_prefix<'a>(
        &'a self,
        texts: Texts<'a>,
        prefix: &'a str,
    ) -> impl Iterator<Item = &'a Posting> {
        let from = self.values.rising(&texts, Bound::Included(prefix));
        from.take_while(move |posting| texts.begins(posting, prefix))
    }

    /// Takes a row of an entity that has no other rows of this key than those it gave so.
    pub(crate) fn add_row(&mut self, texts: Texts<'_>, id: Id, value: Option<Written<'_>>) {
        let is_present = self.present.contains(id);
        let has_value = is_present && !self.null.contains(id);
        set_member(&mut self.present, id, true);
        match value {
            None => set_member(&mut self.null, id, !has_value),
            Some(value) => {
                set_member(&mut self.null, id, false);
                let is_new = self.insert(texts, id, value);
                if has_value && is_new {
                    set_member(&mut self.multi, id, true);
                }
            }
        }
    }

    /// Adds what is known about the key of entities that have no rows of it here.
    pub(crate) fn append(&mut self, texts: Texts<'_>, other: &Self) {
        let sets = [
            (&mut self.present, &other.present),
            (&mut self.null, &other.null),
            (&mut self.multi, &other.multi),
        ];
        for (set, others) in sets.into_iter().filter(|(_, others)| !others.is_empty()) {
            *Arc::make_mut(set) |= &**others;
        }
        let postings = other.values.iter();
        let postings: Vec<(Cow<'_, str>, Posting)> = postings
            .map(|posting| (texts.folded(posting), posting.clone()))
            .collect();
        let mut join = |known: &mut Posting, other| known.append(texts, other);
        self.values.merge(&texts, &postings, &mut join);
    }

    /// Takes out what an entity has of the key and will not have any more, or not where it was;
    /// the first half of a change, while `texts` are those before it.
    pub(crate) fn take(
        &mut self,
        texts: Texts<'_>,
        id: Id,
        before: &[PlacedRow],
        after: &[PlacedRow],
    ) {
        for row in before.iter().filter(|row| !after.contains(row)) {
            let Some(value) = &row.row.value else {
                continue;
            };
            let Some(posting) = self.get(texts, &value.folded) else {
                continue;
            };
            let stays = after.iter().any(|other| other.row == row.row);
            if stays && !posting.is_within(id) {
                continue;
            }
            if let Some(posting) = self.values.get_mut(&texts, &value.folded)
                && !posting.remove(id, &value.original)
            {
                self.values.remove(&texts, &value.folded);
            }
        }
    }

    /// Puts in what an entity has of the key now; the second half of a change, when `texts` are
    /// those after it.
    pub(crate) fn put(
        &mut self,
        texts: Texts<'_>,
        id: Id,
        before: &[PlacedRow],
        after: &[PlacedRow],
    ) {
        for row in after.iter().filter(|row| !before.contains(row)) {
            if let Some(value) = row.written() {
                self.insert(texts, id, value);
            }
        }
        let is_null = !after.is_empty() && after.iter().all(|row| row.row.value.is_none());
        set_member(&mut self.present, id, !after.is_empty());
        set_member(&mut self.null, id, is_null);
        set_member(&mut self.multi, id, has_several_values(after));
    }

    /// Whether the entity did not have the value.
    fn insert(&mut self, texts: Texts<'_>, id: Id, value: Written<'_>) -> bool {
        let Some(posting) = self.get(texts, value.folded) else {
            let posting = Posting::new(id, value);
            self.values.insert(&texts, value.folded, posting);
            return true;
        };
        let is_new = !posting.ids().contains(id);
        // What changes nothing is not worth a copy.
        if !posting.has(texts, id, value.original)
            && let Some(posting) = self.values.get_mut(&texts, value.folded)
        {
            posting.insert(texts, id, value);
        }
        is_new
    }
}

/// Whether some of the rows, which are sorted and of one key, differ in their folded values.
fn has_several_values(rows: &[PlacedRow]) -> bool {
    let mut values = rows
        .iter()
        .flat_map(|row| &row.row.value)
        .map(|value| &value.folded);
    let first = values.next();
    values.any(|value| Some(value) != first)
}

/// Collects the rows of one key while a snapshot is built, entity by entity.
#[derive(Default)]
pub(crate) struct KeyBuilder {
    present: RoaringBitmap,
    valued: RoaringBitmap,
    multi: RoaringBitmap,
    /// The entities that came last, and last with a value.
    last: (Option<Id>, Option<Id>),
    values: Values,
}

/// Postings in the order in which their values came, which is not far from that of the values where
/// these are parts of references.
#[derive(Default)]
struct Values {
    /// Each behind the hash of its value.
    postings: Vec<(u64, Posting)>,
    places: HashTable<u32>,
}

impl Values {
    /// The posting of a value.
    fn get_mut(&mut self, texts: Texts<'_>, hash: u64, value: &str) -> Option<&mut Posting> {
        let postings = &self.postings;
        let is_it = |place: &u32| {
            let (known, posting) = &postings[*place as usize];
            *known == hash && texts.is(posting, value)
        };
        let place = *self.places.find(hash, is_it)?;
        Some(&mut self.postings[place as usize].1)
    }

    /// Adds the posting of a value that has none.
    fn push(&mut self, hash: u64, posting: Posting) {
        let Self { postings, places } = self;
        let hash_of = |place: &u32| postings[*place as usize].0;
        places.insert_unique(hash, postings.len() as u32, hash_of);
        postings.push((hash, posting));
    }
}

impl KeyBuilder {
    /// A key that entities have with one value, which is in lower case.
    pub(crate) fn of(value: &'static str, ids: Ids, hasher: &DefaultHashBuilder) -> Self {
        let present = ids.as_set().bitmap().into_owned();
        let posting = Posting::plain(SmolStr::new_static(value), ids);
        let mut values = Values::default();
        values.push(hasher.hash_one(value), posting);
        Self {
            valued: present.clone(),
            last: (present.max(), present.max()),
            present,
            multi: RoaringBitmap::new(),
            values,
        }
    }

    /// Takes a row of an entity, which comes after those of entities with lower ids.
    pub(crate) fn insert(
        &mut self,
        texts: Texts<'_>,
        hasher: &DefaultHashBuilder,
        id: Id,
        value: Option<Written<'_>>,
    ) {
        if self.last.0.replace(id) != Some(id) {
            self.present.insert(id);
        }
        let Some(value) = value else {
            return;
        };
        let hash = hasher.hash_one(value.folded);
        let is_new = match self.values.get_mut(texts, hash, value.folded) {
            Some(posting) => posting.insert(texts, id, value),
            None => {
                self.values.push(hash, Posting::new(id, value));
                true
            }
        };
        if is_new && self.last.1.replace(id) == Some(id) {
            self.multi.insert(id);
        } else if is_new {
            self.valued.insert(id);
        }
    }

    /// Adds the rows of entities with higher ids.
    pub(crate) fn append(&mut self, texts: Texts<'_>, higher: Self) {
        self.present |= higher.present;
        self.valued |= higher.valued;
        self.multi |= higher.multi;
        self.last = (higher.last.0.or(self.last.0), higher.last.1.or(self.last.1));
        for (hash, posting) in higher.values.postings {
            let known = self.values.get_mut(texts, hash, &texts.folded(&posting));
            match known {
                Some(known) => known.append(texts, posting),
                None => self.values.push(hash, posting),
            }
        }
    }

    /// The index of the key; `known` gives a text that is equal to a value and is kept anyway, if
    /// there is one.
    pub(crate) fn finish<'a>(
        self,
        texts: Texts<'_>,
        known: impl Fn(&str) -> Option<&'a SmolStr>,
    ) -> KeyIndex {
        let mut postings = self.values.postings;
        postings
            .iter_mut()
            .for_each(|(_, posting)| posting.shrink(&known));
        let mut order: Vec<(u64, Cow<'_, str>, &Posting)> = postings
            .iter()
            .map(|(_, posting)| {
                let value = texts.folded(posting);
                (beginning(value.as_bytes()), value, posting)
            })
            .collect();
        // Stable, since that makes use of stretches that are in order already.
        order.sort_by(|(beginning, one, _), (other_beginning, other, _)| {
            let by_beginning = beginning.cmp(other_beginning);
            by_beginning.then_with(|| one.cmp(other))
        });
        let sorted = order.iter().map(|(_, _, posting)| Posting::clone(posting));
        KeyIndex {
            null: Arc::new(&self.present - &self.valued),
            present: Arc::new(self.present),
            multi: Arc::new(self.multi),
            values: SortedList::from_sorted(sorted.collect(), &texts),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slots::Slots;

    fn written(original: &str) -> (String, &str) {
        (original.to_lowercase(), original)
    }

    fn counts(index: &KeyIndex) -> Vec<(String, u64)> {
        let slots = Slots::default();
        let postings = index.values.iter();
        let counted = postings.flat_map(|posting| posting.variants(Texts(&slots)));
        counted
            .map(|(original, ids)| (original.to_owned(), ids.count_in(None)))
            .collect()
    }

    #[test]
    fn each_way_of_writing_is_counted_apart() {
        let slots = Slots::default();
        let texts = Texts(&slots);
        let mut index = KeyIndex::default();
        for (text, id) in [("a", 1), ("A", 2), ("a", 3), ("A", 3), ("B", 1)] {
            let (folded, original) = written(text);
            let value = Written {
                folded: &folded,
                original,
                span: None,
            };
            index.insert(texts, id, value);
        }

        assert_eq!(
            counts(&index),
            [("a".into(), 2), ("A".into(), 2), ("B".into(), 1)]
        );

        for (text, id) in [("A", 3), ("A", 2), ("B", 1)] {
            let row = PlacedRow::of("key", text);
            index.take(texts, id, &[row], &[]);
        }

        assert_eq!(counts(&index), [("a".into(), 2)]);
        let ids = index.get(texts, "a").unwrap().ids();
        assert!(!ids.contains(2) && ids.contains(3));
    }
}
