//! Facets: how many entities have each value of a key.

use std::{cell::LazyCell, sync::Arc};

use roaring::RoaringBitmap;
use smol_str::SmolStr;

use crate::{filter::Filter, index::CatalogSnapshot, memo::FacetOf, term::fold};

/// The values of one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facet {
    /// The key as it was asked for.
    pub key: String,
    /// Its values as they are written, ordered without case; nulls have none.
    pub values: Arc<[FacetValue]>,
}

/// One value of a facet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FacetValue {
    /// The value as it is written; values that differ in case are counted apart.
    pub value: SmolStr,
    /// How many entities have it, at least one.
    pub count: u64,
}

impl CatalogSnapshot {
    /// Counts the values of some keys among the entities that pass both filters.
    ///
    /// What was counted is remembered as long as there is room.
    pub fn facets<S: AsRef<str>>(
        &self,
        keys: &[S],
        filter: Option<&Filter>,
        permission: Option<&Arc<Filter>>,
    ) -> Vec<Facet> {
        let restricted = filter.is_some() || permission.is_some();
        let set = LazyCell::new(|| restricted.then(|| self.select_permitted(filter, permission)));
        let facet = |key: &str| {
            let facet = FacetOf {
                key: fold(key),
                filter: filter.cloned(),
                permission: permission.cloned(),
            };
            let count = || self.facet(&facet.key, set.as_deref()).into();
            Facet {
                key: key.to_owned(),
                values: self.memo().facets.get_or(&facet, count),
            }
        };
        keys.iter().map(|key| facet(key.as_ref())).collect()
    }

    fn facet(&self, key: &str, set: Option<&RoaringBitmap>) -> Vec<FacetValue> {
        let mut values = Vec::new();
        let Some(index) = self.key(key) else {
            return values;
        };
        for posting in index.values.iter() {
            for (original, ids) in posting.variants(self.texts()) {
                let count = ids.count_in(set);
                if count > 0 {
                    values.push(FacetValue {
                        value: original.into(),
                        count,
                    });
                }
            }
        }
        values
    }
}
