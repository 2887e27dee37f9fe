//! Sets of entities.

use std::{borrow::Cow, sync::Arc};

use roaring::{MultiOps, RoaringBitmap};

/// The dense number of an entity within a snapshot and those that share with it.
pub(crate) type Id = u32;

/// A set of entities that is not empty; most values belong to one entity only.
#[derive(Clone, Debug)]
pub(crate) enum Ids {
    One(Id),
    Many(Arc<RoaringBitmap>),
}

impl Ids {
    pub(crate) fn as_set(&self) -> IdSet<'_> {
        match self {
            Self::One(one) => IdSet::One(*one),
            Self::Many(many) => IdSet::Many(many),
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

/// A set of entities as it is looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) enum IdSet<'a> {
    One(Id),
    Many(&'a RoaringBitmap),
}

impl<'a> IdSet<'a> {
    pub(crate) fn contains(self, id: Id) -> bool {
        match self {
            Self::One(one) => one == id,
            Self::Many(many) => many.contains(id),
        }
    }

    /// All of them, in order.
    pub(crate) fn iter(self) -> impl Iterator<Item = Id> + use<'a> {
        let (one, many) = match self {
            Self::One(one) => (Some(one), None),
            Self::Many(many) => (None, Some(many.iter())),
        };
        one.into_iter().chain(many.into_iter().flatten())
    }

    pub(crate) fn bitmap(self) -> Cow<'a, RoaringBitmap> {
        match self {
            Self::One(one) => Cow::Owned(RoaringBitmap::from_iter([one])),
            Self::Many(many) => Cow::Borrowed(many),
        }
    }

    /// How many of them are in `set`; all of them when it is `None`.
    pub(crate) fn count_in(self, set: Option<&RoaringBitmap>) -> u64 {
        match (self, set) {
            (Self::One(_), None) => 1,
            (Self::One(one), Some(set)) => set.contains(one).into(),
            (Self::Many(many), None) => many.len(),
            (Self::Many(many), Some(set)) => many.intersection_len(set),
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

/// Collects a union of many sets.
#[derive(Default)]
pub(crate) struct Union<'a> {
    ones: Vec<Id>,
    many: Vec<&'a RoaringBitmap>,
}

impl<'a> Union<'a> {
    pub(crate) fn push(&mut self, ids: IdSet<'a>) {
        match ids {
            IdSet::One(one) => self.ones.push(one),
            IdSet::Many(many) => self.many.push(many),
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
