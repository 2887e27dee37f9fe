//! What is known about a key, in as little room as it takes.

use std::{borrow::Cow, sync::Arc};

use hashbrown::DefaultHashBuilder;
use smol_str::SmolStr;

use crate::{
    ids::{Id, IdSet, Ids},
    key_index::{KeyBuilder, KeyIndex},
    posting::{Posting, Texts},
    slots::Slots,
    sorted_list::SortedList,
    term::{PlacedRow, Written},
};

/// What an entity says that has an item of a list, at the key of that item.
const TRUE: &str = "true";

/// A key with the entities that have it.
///
/// By far the most keys are those of list items, such as `spec.dependson.resource:default/a`,
/// which nobody gives another value than `true`. They need no more than the set of who has them.
#[derive(Clone, Debug)]
pub(crate) enum KeyEntry {
    /// Every entity that has the key has it once, with the value `true`.
    Flag(Ids),
    /// Anything else, also nothing yet.
    Index(Box<KeyIndex>),
}

impl Default for KeyEntry {
    fn default() -> Self {
        Self::Index(Box::default())
    }
}

impl KeyEntry {
    /// All that is known about the key.
    pub(crate) fn index(&self) -> Cow<'_, KeyIndex> {
        match self {
            Self::Flag(ids) => Cow::Owned(of_flag(ids.clone())),
            Self::Index(index) => Cow::Borrowed(index),
        }
    }

    /// The entities that have the key, be it with a null value.
    pub(crate) fn present(&self) -> IdSet<'_> {
        match self {
            Self::Flag(ids) => ids.as_set(),
            Self::Index(index) => IdSet::Many(&index.present),
        }
    }

    /// All that is known about a key that is no flag.
    pub(crate) fn as_index(&self) -> Option<&KeyIndex> {
        match self {
            Self::Flag(_) => None,
            Self::Index(index) => Some(index),
        }
    }

    /// As [`KeyIndex::add_row`].
    pub(crate) fn add_row(&mut self, texts: Texts<'_>, id: Id, value: Option<Written<'_>>) {
        match self {
            Self::Flag(ids) if is_flag(value) => drop(ids.insert(id)),
            Self::Index(index) if is_flag(value) && index.present.is_empty() => {
                *self = Self::Flag(Ids::One(id));
            }
            Self::Flag(_) | Self::Index(_) => self.change(|index| index.add_row(texts, id, value)),
        }
    }

    /// Adds what is known about the key of entities that have no rows of it here.
    pub(crate) fn append(&mut self, texts: Texts<'_>, other: Self) {
        if self.is_empty() {
            *self = other;
            return;
        }
        match (&mut *self, other) {
            (Self::Flag(ids), Self::Flag(others)) => ids.append(others),
            (_, other) => self.change(|index| index.append(texts, &other.index())),
        }
    }

    /// As [`KeyIndex::take`].
    pub(crate) fn take(
        &mut self,
        texts: Texts<'_>,
        id: Id,
        before: &[PlacedRow],
        after: &[PlacedRow],
    ) {
        match self {
            // Nothing of a flag is read in an entity, so that all can wait for the second half.
            Self::Flag(_) => {}
            Self::Index(index) => index.take(texts, id, before, after),
        }
    }

    /// As [`KeyIndex::put`].
    pub(crate) fn put(
        &mut self,
        texts: Texts<'_>,
        id: Id,
        before: &[PlacedRow],
        after: &[PlacedRow],
    ) {
        match (&mut *self, after) {
            (Self::Flag(ids), []) => {
                if !ids.remove(id) {
                    *self = Self::default();
                }
            }
            (Self::Flag(ids), [row]) if is_flag(row.written()) => drop(ids.insert(id)),
            (Self::Flag(_), _) => self.change(|index| {
                index.take(texts, id, before, after);
                index.put(texts, id, before, after);
            }),
            (Self::Index(_), _) => self.change(|index| index.put(texts, id, before, after)),
        }
    }

    /// Whether no entity has the key.
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::Flag(_) => false,
            Self::Index(index) => index.present.is_empty(),
        }
    }

    fn change(&mut self, change: impl FnOnce(&mut KeyIndex)) {
        let mut index = match std::mem::take(self) {
            Self::Flag(ids) => Box::new(of_flag(ids)),
            Self::Index(index) => index,
        };
        change(&mut index);
        *self = match as_flag(&index) {
            Some(ids) => Self::Flag(ids),
            None => Self::Index(index),
        };
    }
}

/// Whether a row is that of a list item.
pub(crate) fn is_flag(value: Option<Written<'_>>) -> bool {
    value.is_some_and(|value| value.original == TRUE)
}

fn of_flag(ids: Ids) -> KeyIndex {
    let present = ids.shared();
    let posting = Posting::plain(SmolStr::new_static(TRUE), ids);
    KeyIndex {
        present,
        null: Arc::default(),
        multi: Arc::default(),
        values: SortedList::from_sorted(vec![posting], &Texts(&Slots::default())),
    }
}

/// The entities of an index that is one of a flag.
fn as_flag(index: &KeyIndex) -> Option<Ids> {
    let is_single = index.values.len() == 1 && index.null.is_empty();
    let slots = Slots::default();
    // A value that is read in an entity is none of a flag.
    let posting = index.values.iter().next().filter(|_| is_single)?;
    let ids = posting.as_plain()?;
    Texts(&slots).is(posting, TRUE).then(|| ids.clone())
}

/// Collects the rows of one key while a snapshot is built, entity by entity.
#[derive(Default)]
pub(crate) struct EntryBuilder {
    // INVARIANT: one of the two is absent. As long as all rows are those of list items it is the
    // second.
    flag: Option<Ids>,
    index: Option<Box<KeyBuilder>>,
}

impl EntryBuilder {
    /// Takes a row of an entity, which comes after those of entities with lower ids.
    pub(crate) fn insert(
        &mut self,
        texts: Texts<'_>,
        hasher: &DefaultHashBuilder,
        id: Id,
        value: Option<Written<'_>>,
    ) {
        match (&mut self.flag, &self.index) {
            (None, None) if is_flag(value) => self.flag = Some(Ids::One(id)),
            (Some(ids), None) if is_flag(value) => drop(ids.insert(id)),
            _ => self.index(hasher).insert(texts, hasher, id, value),
        }
    }

    /// How many values there are.
    pub(crate) fn len(&self) -> usize {
        self.index.as_ref().map_or(1, |index| index.len())
    }

    /// The entry of the key, of which each part has the rows of entities with higher ids than those
    /// before; `known` gives a text that is equal to a value and is kept anyway, if there is one.
    pub(crate) fn finish<'a>(
        parts: Vec<Self>,
        texts: Texts<'_>,
        hasher: &DefaultHashBuilder,
        known: impl Fn(&str) -> Option<&'a SmolStr>,
    ) -> KeyEntry {
        if parts.iter().all(|part| part.flag.is_some()) {
            let flags = parts.into_iter().filter_map(|part| part.flag);
            let all = flags.reduce(|mut lower, higher| {
                lower.append(higher);
                lower
            });
            return all.map_or_else(KeyEntry::default, |mut ids| {
                ids.shrink();
                KeyEntry::Flag(ids)
            });
        }
        let parts = parts.into_iter().map(|part| part.into_index(hasher));
        let index = KeyBuilder::finish(parts.collect(), texts, known);
        match as_flag(&index) {
            Some(ids) => KeyEntry::Flag(ids),
            None => KeyEntry::Index(Box::new(index)),
        }
    }

    fn into_index(mut self, hasher: &DefaultHashBuilder) -> KeyBuilder {
        self.index(hasher);
        self.index.map(|index| *index).unwrap_or_default()
    }

    fn index(&mut self, hasher: &DefaultHashBuilder) -> &mut KeyBuilder {
        let flag = &mut self.flag;
        self.index.get_or_insert_with(|| match flag.take() {
            Some(ids) => Box::new(KeyBuilder::of(TRUE, ids, hasher)),
            None => Box::default(),
        })
    }
}
