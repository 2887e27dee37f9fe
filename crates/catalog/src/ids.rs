//! Sets of entities.

use std::{borrow::Cow, sync::Arc};

use roaring::{MultiOps, RoaringBitmap};

/// The dense number of an entity within a snapshot and those that share with it.
pub(crate) type Id = u32;

/// How many entities are kept side by side before they become a bitmap, which takes twice the
/// room at least: so many that what holds them fills a place of 48 bytes.
const FEW: usize = 7;

/// A set of entities that is not empty; most values belong to one entity only, and most others to
/// a few.
#[derive(Clone, Debug)]
pub(crate) enum Ids {
    One(Id),
    Few(Arc<Few>),
    Many(Arc<RoaringBitmap>),
}

/// Up to [`FEW`] entities.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Few {
    len: u32,
    // INVARIANT: the first `len` ascend, the others mean nothing.
    ids: [Id; FEW],
}

impl Few {
    /// Nothing when there are too many.
    fn of(ascending: impl Iterator<Item = Id>) -> Option<Self> {
        let mut few = Self {
            len: 0,
            ids: [0; FEW],
        };
        for id in ascending {
            *few.ids.get_mut(few.len as usize)? = id;
            few.len += 1;
        }
        Some(few)
    }

    fn as_slice(&self) -> &[Id] {
        &self.ids[..self.len as usize]
    }

    /// False when there is no room for it.
    fn insert(&mut self, id: Id) -> bool {
        let (len, at) = (
            self.len as usize,
            match self.as_slice().binary_search(&id) {
                Ok(_) => return true,
                Err(at) => at,
            },
        );
        if len == FEW {
            return false;
        }
        self.ids.copy_within(at..len, at + 1);
        self.ids[at] = id;
        self.len += 1;
        true
    }

    fn remove(&mut self, id: Id) {
        if let Ok(at) = self.as_slice().binary_search(&id) {
            self.ids.copy_within(at + 1..self.len as usize, at);
            self.len -= 1;
        }
    }
}

impl Ids {
    pub(crate) fn as_set(&self) -> IdSet<'_> {
        match self {
            Self::One(one) => IdSet::One(*one),
            Self::Few(few) => IdSet::Few(few.as_slice()),
            Self::Many(many) => IdSet::Many(many),
        }
    }

    /// The set, to be kept.
    pub(crate) fn shared(&self) -> Arc<RoaringBitmap> {
        match self {
            Self::One(_) | Self::Few(_) => Arc::new(self.as_set().bitmap().into_owned()),
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

    /// Puts an entity in, and tells whether it is new.
    pub(crate) fn insert(&mut self, id: Id) -> bool {
        match self {
            Self::One(one) if *one == id => false,
            Self::One(one) => {
                let both = [id.min(*one), id.max(*one)];
                let few = Few::of(both.into_iter());
                *self = few.map_or(Self::One(id), |few| Self::Few(Arc::new(few)));
                true
            }
            // What is there already is not worth a copy.
            Self::Few(few) if few.as_slice().contains(&id) => false,
            Self::Few(few) => {
                if !Arc::make_mut(few).insert(id) {
                    let mut many = IdSet::Few(few.as_slice()).bitmap().into_owned();
                    many.insert(id);
                    *self = Self::Many(Arc::new(many));
                }
                true
            }
            Self::Many(many) => Arc::make_mut(many).insert(id),
        }
    }

    /// Adds others.
    pub(crate) fn append(&mut self, others: Self) {
        match (&mut *self, others) {
            (_, Self::One(other)) => drop(self.insert(other)),
            (_, Self::Few(others)) => {
                for id in others.as_slice() {
                    self.insert(*id);
                }
            }
            (Self::Many(many), Self::Many(others)) => *Arc::make_mut(many) |= &*others,
            (Self::One(_) | Self::Few(_), Self::Many(others)) => {
                let fewer = std::mem::replace(self, Self::Many(others));
                for id in fewer.as_set().iter() {
                    self.insert(id);
                }
            }
        }
    }

    /// Takes an entity out; false when nothing would be left.
    pub(crate) fn remove(&mut self, id: Id) -> bool {
        match self {
            Self::One(one) => *one != id,
            Self::Few(few) => {
                let few = Arc::make_mut(few);
                few.remove(id);
                match *few.as_slice() {
                    [] => return false,
                    [last] => *self = Self::One(last),
                    [..] => {}
                }
                true
            }
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
    /// In order.
    Few(&'a [Id]),
    Many(&'a RoaringBitmap),
}

impl<'a> IdSet<'a> {
    pub(crate) fn contains(self, id: Id) -> bool {
        match self {
            Self::One(one) => one == id,
            Self::Few(few) => few.contains(&id),
            Self::Many(many) => many.contains(id),
        }
    }

    /// All of them, in order.
    pub(crate) fn iter(self) -> impl Iterator<Item = Id> + use<'a> {
        let (one, few, many) = match self {
            Self::One(one) => (Some(one), &[][..], None),
            Self::Few(few) => (None, few, None),
            Self::Many(many) => (None, &[][..], Some(many.iter())),
        };
        let one = one.into_iter().chain(few.iter().copied());
        one.chain(many.into_iter().flatten())
    }

    pub(crate) fn bitmap(self) -> Cow<'a, RoaringBitmap> {
        match self {
            Self::One(one) => Cow::Owned(RoaringBitmap::from_iter([one])),
            Self::Few(few) => Cow::Owned(few.iter().copied().collect()),
            Self::Many(many) => Cow::Borrowed(many),
        }
    }

    /// Those of them that are in `set`.
    pub(crate) fn within(self, set: &RoaringBitmap) -> RoaringBitmap {
        match self {
            Self::One(_) | Self::Few(_) => self.iter().filter(|id| set.contains(*id)).collect(),
            Self::Many(many) => many & set,
        }
    }

    /// How many of them are in `set`; all of them when it is `None`.
    pub(crate) fn count_in(self, set: Option<&RoaringBitmap>) -> u64 {
        match (self, set) {
            (Self::One(_), None) => 1,
            (Self::Few(few), None) => few.len() as u64,
            (Self::Many(many), None) => many.len(),
            (Self::One(one), Some(set)) => set.contains(one).into(),
            (Self::Few(few), Some(set)) => {
                few.iter().filter(|id| set.contains(**id)).count() as u64
            }
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
            IdSet::Few(few) => self.ones.extend(few),
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn a_set_is_the_same_in_each_of_its_forms(
            first in 0..40_u32,
            edits in proptest::collection::vec((any::<bool>(), 0..40_u32), 0..60),
            others in proptest::collection::btree_set(0..40_u32, 1..20),
            of in proptest::collection::btree_set(0..40_u32, 0..20),
        ) {
            let mut model = BTreeSet::from([first]);
            let mut ids = Ids::One(first);
            for (is_new, id) in edits {
                if is_new {
                    prop_assert_eq!(ids.insert(id), model.insert(id));
                } else if ids.remove(id) {
                    model.remove(&id);
                } else {
                    prop_assert_eq!(&model, &BTreeSet::from([id]));
                }
            }
            let mut members = others.iter();
            let mut more = Ids::One(*members.next().unwrap());
            for id in members {
                more.insert(*id);
            }
            let mut all = ids.clone();
            all.append(more);
            let of: RoaringBitmap = of.into_iter().collect();

            for (ids, model) in [(ids, model.clone()), (all, &model | &others)] {
                let set = ids.as_set();
                prop_assert_eq!(set.iter().collect::<Vec<_>>(), model.iter().copied().collect::<Vec<_>>());
                prop_assert!((0..40).all(|id| set.contains(id) == model.contains(&id)));
                let bitmap = set.bitmap().into_owned();
                prop_assert_eq!(&bitmap, &model.iter().copied().collect::<RoaringBitmap>());
                prop_assert_eq!(&*ids.shared(), &bitmap);
                prop_assert_eq!(set.within(&of), &bitmap & &of);
                prop_assert_eq!(set.count_in(None), bitmap.len());
                prop_assert_eq!(set.count_in(Some(&of)), bitmap.intersection_len(&of));
            }
        }
    }

    #[test]
    fn a_set_takes_as_little_room_as_a_number_and_a_reference() {
        assert_eq!((size_of::<Ids>(), size_of::<Few>()), (16, 32));
    }
}
