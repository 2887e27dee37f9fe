//! What was found out about a snapshot, so that it need not be found out again.
//!
//! A portal asks the same facets for everybody who has the same view, and whoever turns pages
//! asks under the same permission each time. Both are remembered by all that they depend on, within
//! the snapshot that they are true of: another caller's view is another key, and another snapshot
//! knows nothing yet.

use std::{borrow::Borrow, hash::Hash, sync::Arc};

use arc_swap::ArcSwap;
use roaring::RoaringBitmap;
use smol_str::SmolStr;

use crate::{cow_map::CowMap, facet::FacetValues, filter::Filter};

/// How much is remembered of each kind of thing, beside what is looked at first.
const LIMIT_BYTES: usize = 8 * 1024 * 1024;

/// What one thing takes beside what is counted.
const OVERHEAD_BYTES: usize = 256;

/// What was found out about a snapshot.
#[derive(Debug, Default)]
pub(crate) struct Memo {
    /// The entities that pass a permission.
    pub(crate) permitted: Remembered<Arc<Filter>, RoaringBitmap>,
    /// The values of a key.
    pub(crate) facets: Remembered<FacetOf, FacetValues>,
}

/// What the values of a facet depend on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct FacetOf {
    /// In lower case.
    pub(crate) key: SmolStr,
    pub(crate) filter: Option<Filter>,
    pub(crate) permission: Option<Arc<Filter>>,
}

impl Clone for Memo {
    /// A clone becomes another snapshot, so it knows nothing.
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// Values by what they depend on; readers wait for nobody.
#[derive(Debug)]
pub(crate) struct Remembered<K: Eq + Hash, V: ?Sized>(ArcSwap<Known<K, V>>);

#[derive(Debug)]
struct Known<K: Eq + Hash, V: ?Sized> {
    values: CowMap<K, Arc<V>>,
    size_bytes: usize,
}

/// What takes room.
pub(crate) trait Size {
    /// How much, roughly.
    fn size_bytes(&self) -> usize;
}

impl<K: Clone + Eq + Hash + Size, V: Size + ?Sized> Remembered<K, V> {
    /// The value of a key, if it is known.
    pub(crate) fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<Arc<V>>
    where
        K: Borrow<Q>,
    {
        self.0.load().values.get(key).cloned()
    }

    /// The value of a key, which `find` gives if it is not known.
    pub(crate) fn get_or(&self, key: &K, find: impl FnOnce() -> Arc<V>) -> Arc<V> {
        if let Some(known) = self.get(key) {
            return known;
        }
        let value = find();
        let size_bytes = OVERHEAD_BYTES + key.size_bytes() + value.size_bytes();
        if size_bytes < LIMIT_BYTES {
            self.0
                .rcu(|known| known.with(key.clone(), &value, size_bytes));
        }
        value
    }
}

impl<K: Clone + Eq + Hash, V: ?Sized> Known<K, V> {
    /// All that is known and one value more; when that is too much, this one alone.
    fn with(&self, key: K, value: &Arc<V>, size_bytes: usize) -> Self {
        let begun = Self::default();
        let known = if self.size_bytes + size_bytes > LIMIT_BYTES {
            &begun
        } else {
            self
        };
        let mut values = known.values.clone();
        values.insert(key, Arc::clone(value));
        Self {
            values,
            size_bytes: known.size_bytes + size_bytes,
        }
    }
}

impl<K: Eq + Hash, V: ?Sized> Default for Remembered<K, V> {
    fn default() -> Self {
        Self(ArcSwap::default())
    }
}

impl<K: Eq + Hash, V: ?Sized> Default for Known<K, V> {
    fn default() -> Self {
        Self {
            values: CowMap::default(),
            size_bytes: 0,
        }
    }
}

impl Size for Filter {
    fn size_bytes(&self) -> usize {
        // As long as its text, give or take some.
        serde_json::to_string(self).map_or(LIMIT_BYTES, |text| 4 * text.len())
    }
}

impl Size for Arc<Filter> {
    fn size_bytes(&self) -> usize {
        Filter::size_bytes(self)
    }
}

impl Size for FacetOf {
    fn size_bytes(&self) -> usize {
        let filters = self.filter.iter().chain(self.permission.as_deref());
        self.key.len() + filters.map(Size::size_bytes).sum::<usize>()
    }
}

impl Size for RoaringBitmap {
    fn size_bytes(&self) -> usize {
        self.serialized_size()
    }
}

impl Size for FacetValues {
    fn size_bytes(&self) -> usize {
        /// What stands around a value once it is written.
        const AROUND: usize = 32;
        let written = self.iter().map(|value| value.value.len() + AROUND);
        size_of_val(&**self) + written.sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CatalogSnapshot, Change, Entity, Query};

    impl Size for usize {
        fn size_bytes(&self) -> usize {
            *self
        }
    }

    #[test]
    fn what_is_known_is_not_found_out_again() {
        let memo = Remembered::<usize, usize>::default();

        assert_eq!(memo.get(&1), None);
        assert_eq!(*memo.get_or(&1, || Arc::new(7)), 7);
        assert_eq!(*memo.get_or(&1, || panic!("it is known")), 7);
        assert_eq!(*memo.get_or(&2, || Arc::new(8)), 8);
    }

    #[test]
    fn no_more_is_remembered_than_there_is_room_for() {
        let memo = Remembered::<usize, usize>::default();
        let half = LIMIT_BYTES / 2;
        memo.get_or(&1, || Arc::new(half));

        memo.get_or(&2, || Arc::new(half));
        assert_eq!((memo.get(&1), memo.get(&2)), (None, Some(Arc::new(half))));

        memo.get_or(&3, || Arc::new(LIMIT_BYTES));
        assert_eq!((memo.get(&2), memo.get(&3)), (Some(Arc::new(half)), None));
    }

    #[test]
    fn nobody_is_given_what_another_may_see_or_what_was_before() {
        let entity = |kind: &str, name: &str, owner: &str| {
            let json = format!(
                r#"{{"kind":"{kind}","metadata":{{"name":"{name}"}},"spec":{{"owner":"{owner}"}}}}"#
            );
            Arc::new(Entity::parse(json).unwrap())
        };
        let catalog = CatalogSnapshot::build([
            entity("Component", "a", "crew"),
            entity("Component", "b", "others"),
            entity("API", "c", "crew"),
        ]);
        let filter = |text: &str| Filter::parse(&[text]).unwrap().unwrap();
        let [of_crew, of_others] =
            ["crew", "others"].map(|owner| Arc::new(filter(&format!("spec.owner={owner}"))));
        let components = filter("kind=component");
        let total = |catalog: &CatalogSnapshot, permission: Option<&Arc<Filter>>| {
            let query = Query {
                permission: permission.cloned(),
                ..Query::default()
            };
            catalog.query(&query).total
        };
        let counted = |catalog: &CatalogSnapshot, filter: Option<&Filter>, permission| {
            let facets = catalog.facets(&["kind"], filter, permission);
            let values = facets[0].values.iter();
            values.map(|value| value.count).sum::<u64>()
        };
        let sees = |catalog: &CatalogSnapshot| {
            let permits = |permission| catalog.permits("component:default/b", permission);
            [
                total(catalog, None),
                total(catalog, Some(&of_crew)),
                total(catalog, Some(&of_others)),
                counted(catalog, None, None),
                counted(catalog, None, Some(&of_crew)),
                counted(catalog, None, Some(&of_others)),
                counted(catalog, Some(&components), None),
                counted(catalog, Some(&components), Some(&of_crew)),
                u64::from(permits(&of_crew)),
                u64::from(permits(&of_others)),
            ]
        };

        // What is remembered, too.
        for _ in 0..2 {
            assert_eq!(sees(&catalog), [3, 2, 1, 3, 2, 1, 2, 1, 0, 1]);
        }

        let later = catalog.apply([Change::Upsert(entity("Component", "b", "crew"))]);
        for _ in 0..2 {
            assert_eq!(sees(&later), [3, 3, 0, 3, 3, 0, 2, 2, 1, 0]);
            assert_eq!(sees(&catalog), [3, 2, 1, 3, 2, 1, 2, 1, 0, 1]);
        }
    }

    #[test]
    fn a_clone_knows_nothing() {
        let memo = Memo::default();
        let everything = Arc::new(Filter(callboard_policy::Criteria::AllOf(Vec::new())));
        memo.permitted.get_or(&everything, Arc::default);

        assert!(memo.permitted.get(&everything).is_some());
        assert!(memo.clone().permitted.get(&everything).is_none());
    }
}
