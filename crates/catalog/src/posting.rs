//! Postings: which entities have which value of a key.

use std::{borrow::Cow, ops::Bound, sync::Arc};

use hashbrown::HashMap;
use roaring::{MultiOps, RoaringBitmap};
use smol_str::SmolStr;

use crate::{
    sorted_map::SortedMap,
    term::{Row, RowValue},
};

/// The dense number of an entity within a snapshot and those that share with it.
pub(crate) type Id = u32;

/// A set of entities that is not empty; most values belong to one entity only.
#[derive(Clone, Debug)]
pub(crate) enum Ids {
    One(Id),
    Many(Arc<RoaringBitmap>),
}

impl Ids {
    pub(crate) fn contains(&self, id: Id) -> bool {
        match self {
            Self::One(one) => *one == id,
            Self::Many(many) => many.contains(id),
        }
    }

    /// All of them, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Id> {
        let (one, many) = match self {
            Self::One(one) => (Some(*one), None),
            Self::Many(many) => (None, Some(many.iter())),
        };
        one.into_iter().chain(many.into_iter().flatten())
    }

    pub(crate) fn bitmap(&self) -> Cow<'_, RoaringBitmap> {
        match self {
            Self::One(one) => Cow::Owned(RoaringBitmap::from_iter([*one])),
            Self::Many(many) => Cow::Borrowed(many),
        }
    }

    /// How many of them are in `set`; all of them when it is `None`.
    pub(crate) fn count_in(&self, set: Option<&RoaringBitmap>) -> u64 {
        match (self, set) {
            (Self::One(_), None) => 1,
            (Self::One(one), Some(set)) => set.contains(*one).into(),
            (Self::Many(many), None) => many.len(),
            (Self::Many(many), Some(set)) => many.intersection_len(set),
        }
    }

    /// The set, to be kept.
    pub(crate) fn shared(&self) -> Arc<RoaringBitmap> {
        match self {
            Self::One(one) => Arc::new(RoaringBitmap::from_iter([*one])),
            Self::Many(many) => many.clone(),
        }
    }

    /// Gives back the room that growing has left in a set that nobody shares yet.
    pub(crate) fn shrink(&mut self) {
        if let Self::Many(many) = self
            && let Some(many) = Arc::get_mut(many)
        {
            *many = many.clone();
        }
    }

    pub(crate) fn insert(&mut self, id: Id) {
        match self {
            Self::One(one) if *one == id => {}
            Self::One(one) => *self = Self::Many(Arc::new(RoaringBitmap::from_iter([*one, id]))),
            Self::Many(many) => drop(Arc::make_mut(many).insert(id)),
        }
    }

    /// Adds others.
    pub(crate) fn append(&mut self, others: Self) {
        match (&mut *self, others) {
            (_, Self::One(other)) => self.insert(other),
            (Self::One(one), Self::Many(mut others)) => {
                Arc::make_mut(&mut others).insert(*one);
                *self = Self::Many(others);
            }
            (Self::Many(many), Self::Many(others)) => *Arc::make_mut(many) |= &*others,
        }
    }

    /// Takes an entity out; false when nothing would be left.
    pub(crate) fn remove(&mut self, id: Id) -> bool {
        match self {
            Self::One(one) => *one != id,
            Self::Many(many) => {
                let bitmap = Arc::make_mut(many);
                bitmap.remove(id);
                match (bitmap.len(), bitmap.min()) {
                    (1, Some(last)) => *self = Self::One(last),
                    (_, None) => return false,
                    (_, Some(_)) => {}
                }
                true
            }
        }
    }
}

/// The entities that have one value, and how each wrote it.
#[derive(Clone, Debug)]
pub(crate) struct Posting {
    pub(crate) ids: Ids,
    // Absent while everybody writes the value in lower case.
    variants: Option<Arc<Vec<(SmolStr, Ids)>>>,
}

impl Posting {
    /// The entities that write a value in lower case.
    pub(crate) fn plain(ids: Ids) -> Self {
        Self {
            ids,
            variants: None,
        }
    }

    /// Whether all of them write it in lower case.
    pub(crate) fn is_plain(&self) -> bool {
        self.variants.is_none()
    }

    pub(crate) fn new(folded: &str, original: &str, id: Id) -> Self {
        let ids = Ids::One(id);
        let variants = (original != folded).then(|| Arc::new(vec![(original.into(), ids.clone())]));
        Self { ids, variants }
    }

    pub(crate) fn insert(&mut self, folded: &str, original: &str, id: Id) {
        if self.variants.is_none() && original != folded {
            self.variants = Some(Arc::new(vec![(folded.into(), self.ids.clone())]));
        }
        if let Some(variants) = &mut self.variants {
            let variants = Arc::make_mut(variants);
            match variants.iter_mut().find(|(known, _)| known == original) {
                Some((_, ids)) => ids.insert(id),
                None => variants.push((original.into(), Ids::One(id))),
            }
        }
        self.ids.insert(id);
    }

    /// Adds the entities of another posting of the same value.
    fn append(&mut self, folded: &str, other: Self) {
        if self.variants.is_some() || other.variants.is_some() {
            let variants = self
                .variants
                .get_or_insert_with(|| Arc::new(vec![(folded.into(), self.ids.clone())]));
            let variants = Arc::make_mut(variants);
            let others = match other.variants {
                Some(others) => Arc::unwrap_or_clone(others),
                None => vec![(folded.into(), other.ids.clone())],
            };
            for (original, ids) in others {
                match variants.iter_mut().find(|(known, _)| *known == original) {
                    Some((_, known)) => known.append(ids),
                    None => variants.push((original, ids)),
                }
            }
        }
        self.ids.append(other.ids);
    }

    /// Takes an entity out; false when nothing would be left.
    fn remove(&mut self, value: &RowValue, id: Id) -> bool {
        if let Some(variants) = &mut self.variants {
            let variants = Arc::make_mut(variants);
            variants.retain_mut(|(original, ids)| *original != value.original || ids.remove(id));
            if variants.iter().any(|(_, ids)| ids.contains(id)) {
                return true;
            }
            if variants
                .iter()
                .all(|(original, _)| *original == value.folded)
            {
                self.variants = None;
            }
        }
        self.ids.remove(id)
    }

    /// The ways in which the value is written, with the entities that write it so.
    pub(crate) fn variants<'a>(
        &'a self,
        folded: &'a SmolStr,
    ) -> impl Iterator<Item = (&'a SmolStr, &'a Ids)> {
        let plain = self.variants.is_none().then_some((folded, &self.ids));
        plain.into_iter().chain(
            self.variants
                .iter()
                .flat_map(|list| list.iter().map(|(original, ids)| (original, ids))),
        )
    }
}

/// All that is known about one key.
#[derive(Clone, Debug, Default)]
pub(crate) struct KeyIndex {
    /// Entities that have the key, be it with a null value.
    pub(crate) present: Arc<RoaringBitmap>,
    /// Those of them that have it with null values only.
    pub(crate) null: Arc<RoaringBitmap>,
    /// Those that have more than one value.
    pub(crate) multi: Arc<RoaringBitmap>,
    /// The entities of each value, in the order of values.
    pub(crate) values: SortedMap<SmolStr, Posting>,
}

impl KeyIndex {
    /// The postings of the values that begin with a text.
    pub(crate) fn with_prefix<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a Posting> {
        let from = self.values.rising(Bound::Included(prefix));
        from.take_while(move |(value, _)| value.starts_with(prefix))
            .map(|(_, posting)| posting)
    }

    fn insert(&mut self, value: &RowValue, id: Id) {
        self.insert_value(&value.folded, &value.original, id);
    }

    /// Takes a row of an entity that has no other rows of this key than those it gave so.
    pub(crate) fn add_row(&mut self, id: Id, value: Option<(&str, &str)>) {
        let is_present = self.present.contains(id);
        let has_value = is_present && !self.null.contains(id);
        set_member(&mut self.present, id, true);
        match value {
            None => set_member(&mut self.null, id, !has_value),
            Some((folded, original)) => {
                set_member(&mut self.null, id, false);
                let is_new = self.insert_value(folded, original, id);
                if has_value && is_new {
                    set_member(&mut self.multi, id, true);
                }
            }
        }
    }

    /// Whether the entity did not have the value.
    fn insert_value(&mut self, folded: &str, original: &str, id: Id) -> bool {
        match self.values.get_mut(folded) {
            Some(posting) => {
                let is_new = !posting.ids.contains(id);
                posting.insert(folded, original, id);
                is_new
            }
            None => {
                let posting = Posting::new(folded, original, id);
                self.values.insert(folded.into(), posting);
                true
            }
        }
    }

    /// Brings the index up to date with what an entity has of the key, which was `before`.
    pub(crate) fn set_rows(&mut self, id: Id, before: &[Row], after: &[Row]) {
        let gone = before.iter().filter(|row| !after.contains(row));
        for value in gone.flat_map(|row| &row.value) {
            self.remove(value, id);
        }
        let new = after.iter().filter(|row| !before.contains(row));
        for value in new.flat_map(|row| &row.value) {
            self.insert(value, id);
        }
        let is_null = !after.is_empty() && after.iter().all(|row| row.value.is_none());
        set_member(&mut self.present, id, !after.is_empty());
        set_member(&mut self.null, id, is_null);
        set_member(&mut self.multi, id, has_several_values(after));
    }

    fn remove(&mut self, value: &RowValue, id: Id) {
        if self
            .values
            .get_mut(&value.folded)
            .is_some_and(|posting| !posting.remove(value, id))
        {
            self.values.remove(&value.folded);
        }
    }
}

/// Whether some of the rows, which are sorted and of one key, differ in their folded values.
fn has_several_values(rows: &[Row]) -> bool {
    let mut values = rows
        .iter()
        .flat_map(|row| &row.value)
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
    values: HashMap<SmolStr, Posting>,
}

impl KeyBuilder {
    /// A key that entities have with one value, which is in lower case.
    pub(crate) fn of(value: &'static str, ids: Ids) -> Self {
        let present = RoaringBitmap::clone(&ids.bitmap());
        Self {
            valued: present.clone(),
            present,
            multi: RoaringBitmap::new(),
            values: HashMap::from_iter([(SmolStr::new_static(value), Posting::plain(ids))]),
        }
    }

    /// Takes a row of an entity, which comes after those of entities with lower ids.
    pub(crate) fn insert(&mut self, id: Id, value: Option<(&str, &str)>) {
        self.present.insert(id);
        let Some((folded, original)) = value else {
            return;
        };
        let is_new = match self.values.get_mut(folded) {
            Some(posting) => {
                let is_new = !posting.ids.contains(id);
                posting.insert(folded, original, id);
                is_new
            }
            None => self
                .values
                .insert(folded.into(), Posting::new(folded, original, id))
                .is_none(),
        };
        if is_new && !self.valued.insert(id) {
            self.multi.insert(id);
        }
    }

    /// Adds the rows of entities with higher ids.
    pub(crate) fn append(&mut self, higher: Self) {
        self.present |= higher.present;
        self.valued |= higher.valued;
        self.multi |= higher.multi;
        for (value, posting) in higher.values {
            match self.values.get_mut(&value) {
                Some(known) => known.append(&value, posting),
                None => drop(self.values.insert(value, posting)),
            }
        }
    }

    /// The index of the key; `shared` gives a text for each value, which is equal to it and may
    /// be one that is kept anyway.
    pub(crate) fn finish(self, shared: impl Fn(SmolStr) -> SmolStr) -> KeyIndex {
        let mut sorted: Vec<_> = self.values.into_iter().collect();
        sorted.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        let sorted = sorted.into_iter().map(|(value, mut posting)| {
            posting.ids.shrink();
            (shared(value), posting)
        });
        let null = Arc::new(&self.present - &self.valued);
        KeyIndex {
            present: Arc::new(self.present),
            null,
            multi: Arc::new(self.multi),
            values: SortedMap::from_sorted(sorted),
        }
    }
}

/// Puts `id` into a shared set or takes it out, copying the set only when that changes it.
pub(crate) fn set_member(set: &mut Arc<RoaringBitmap>, id: Id, is_member: bool) {
    if set.contains(id) != is_member {
        let set = Arc::make_mut(set);
        if is_member {
            set.insert(id);
        } else {
            set.remove(id);
        }
    }
}

/// Collects a union of many postings.
#[derive(Default)]
pub(crate) struct Union<'a> {
    ones: Vec<Id>,
    many: Vec<&'a RoaringBitmap>,
}

impl<'a> Union<'a> {
    pub(crate) fn push(&mut self, ids: &'a Ids) {
        match ids {
            Ids::One(one) => self.ones.push(*one),
            Ids::Many(many) => self.many.push(many),
        }
    }

    pub(crate) fn finish(mut self) -> RoaringBitmap {
        self.ones.sort_unstable();
        let ones: RoaringBitmap = self.ones.into_iter().collect();
        if self.many.is_empty() {
            ones
        } else {
            self.many.into_iter().union() | ones
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(original: &str) -> RowValue {
        RowValue {
            folded: original.to_lowercase().into(),
            original: original.into(),
        }
    }

    fn counts(index: &KeyIndex) -> Vec<(String, u64)> {
        let counted = index.values.iter().flat_map(|(folded, posting)| {
            posting
                .variants(folded)
                .map(|(original, ids)| (original.to_string(), ids.count_in(None)))
        });
        counted.collect()
    }

    #[test]
    fn each_way_of_writing_is_counted_apart() {
        let mut index = KeyIndex::default();
        for (text, id) in [("a", 1), ("A", 2), ("a", 3), ("A", 3), ("B", 1)] {
            index.insert(&value(text), id);
        }

        assert_eq!(
            counts(&index),
            [("a".into(), 2), ("A".into(), 2), ("B".into(), 1)]
        );

        index.remove(&value("A"), 3);
        index.remove(&value("A"), 2);
        index.remove(&value("B"), 1);

        assert_eq!(counts(&index), [("a".into(), 2)]);
        assert!(
            !index.values.get("a").unwrap().ids.contains(2)
                && index.values.get("a").unwrap().ids.contains(3)
        );
    }
}
