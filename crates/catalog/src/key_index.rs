//! What is known about a key: who has it, and which values there are.

use std::{borrow::Cow, hash::BuildHasher, ops::Bound, sync::Arc};

use hashbrown::{DefaultHashBuilder, HashTable};
use roaring::RoaringBitmap;
use smol_str::SmolStr;

use crate::{
    arrange::{Arranged, in_order},
    ids::{Id, Ids, set_member},
    posting::{Posting, Texts},
    sorted_list::SortedList,
    term::{PlacedRow, Written},
};

/// How many rows of a key tell whether its values come again.
const WORTH_KNOWING: usize = 1_024;

/// A value comes again rarely when it does so in one row of so many.
const RARELY: usize = 8;

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
    // INVARIANT: those of an entity with a value that nobody else has stand together.
    postings: Vec<Posting>,
    /// Where the values are, each behind its hash.
    places: HashTable<(u64, u32)>,
    /// How many rows came.
    rows: usize,
    /// Whether hardly any value came twice, so that none is looked for any more but among those of
    /// the same entity. Equal ones meet when they are sorted.
    are_unlike: bool,
}

impl Values {
    /// Adds a row, and tells whether the entity did not have the value.
    fn insert(
        &mut self,
        texts: Texts<'_>,
        hasher: &DefaultHashBuilder,
        id: Id,
        value: Written<'_>,
    ) -> bool {
        self.rows += 1;
        if self.are_unlike {
            let latest = self.postings.iter_mut().rev();
            let mut own = latest.take_while(|posting| posting.is_of(id));
            return match own.find(|posting| texts.is(posting, value.folded)) {
                Some(posting) => posting.insert(texts, id, value),
                None => {
                    self.postings.push(Posting::new(id, value));
                    true
                }
            };
        }
        let hash = hasher.hash_one(value.folded);
        let is_it = |(known, place): &(u64, u32)| {
            *known == hash && texts.is(&self.postings[*place as usize], value.folded)
        };
        match self.places.find(hash, is_it).map(|(_, place)| *place) {
            Some(place) => self.postings[place as usize].insert(texts, id, value),
            None => {
                self.push(hash, Posting::new(id, value));
                true
            }
        }
    }

    /// Adds the posting of a value that has none.
    fn push(&mut self, hash: u64, posting: Posting) {
        let place = (hash, self.postings.len() as u32);
        self.places.insert_unique(hash, place, |(hash, _)| *hash);
        self.postings.push(posting);
    }

    /// Gives up looking for values, between two entities, when hardly any was found.
    fn consider(&mut self) {
        let found = self.rows - self.postings.len();
        if !self.are_unlike && self.rows >= WORTH_KNOWING && found < self.rows / RARELY {
            self.are_unlike = true;
            self.places = HashTable::new();
        }
    }
}

impl KeyBuilder {
    /// A key that entities have with one value, which is in lower case.
    pub(crate) fn of(value: &'static str, ids: Ids, hasher: &DefaultHashBuilder) -> Self {
        let present = ids.as_set().bitmap().into_owned();
        let posting = Posting::plain(SmolStr::new_static(value), ids);
        let mut values = Values {
            rows: present.len() as usize,
            ..Values::default()
        };
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
            self.values.consider();
        }
        let Some(value) = value else {
            return;
        };
        let is_new = self.values.insert(texts, hasher, id, value);
        if is_new && self.last.1.replace(id) == Some(id) {
            self.multi.insert(id);
        } else if is_new {
            self.valued.insert(id);
        }
    }

    /// How many values there are.
    pub(crate) fn len(&self) -> usize {
        self.values.postings.len()
    }

    /// The index of the key, of which each part has what entities with higher ids than those before
    /// say; `known` gives a text that is equal to a value and is kept anyway, if there is one.
    pub(crate) fn finish<'a>(
        parts: Vec<Self>,
        texts: Texts<'_>,
        known: impl Fn(&str) -> Option<&'a SmolStr>,
    ) -> KeyIndex {
        let mut index = KeyIndex::default();
        let mut valued = RoaringBitmap::new();
        let mut postings = Vec::with_capacity(parts.iter().map(Self::len).sum());
        for part in parts {
            *Arc::make_mut(&mut index.present) |= part.present;
            *Arc::make_mut(&mut index.multi) |= part.multi;
            valued |= part.valued;
            postings.extend(part.values.postings);
        }
        // Several parts may have the same value, and so may one that did not look for it.
        let order = in_order(&postings, texts);
        let mut postings: Vec<Option<Posting>> = postings.into_iter().map(Some).collect();
        let mut sorted: Vec<Posting> = Vec::with_capacity(postings.len());
        for Arranged { place, is_again } in order {
            let Some(posting) = postings[place as usize].take() else {
                continue;
            };
            match sorted.last_mut() {
                Some(last) if is_again => last.append(texts, posting),
                Some(_) | None => sorted.push(posting),
            }
        }
        sorted.iter_mut().for_each(|posting| posting.shrink(&known));
        index.null = Arc::new(&*index.present - &valued);
        index.values = SortedList::from_sorted(sorted, &texts);
        index
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
