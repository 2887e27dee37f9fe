//! Facets: how many entities have each value of a key.

use roaring::RoaringBitmap;
use smol_str::SmolStr;

use crate::{filter::Filter, index::CatalogSnapshot, term::fold};

/// The values of one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facet {
    /// The key as it was asked for.
    pub key: String,
    /// Its values as they are written, ordered without case; nulls have none.
    pub values: Vec<FacetValue>,
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
    pub fn facets<S: AsRef<str>>(
        &self,
        keys: &[S],
        filter: Option<&Filter>,
        permission: Option<&Filter>,
    ) -> Vec<Facet> {
        let restricted = filter.is_some() || permission.is_some();
        let set = restricted.then(|| self.select(filter.into_iter().chain(permission)));
        let facet = |key: &str| Facet {
            key: key.to_owned(),
            values: self.facet(&fold(key), set.as_deref()),
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
