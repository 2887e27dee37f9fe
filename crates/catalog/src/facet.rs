//! Facets: how many entities have each value of a key, and which keys there are.

use std::{
    cell::LazyCell,
    cmp::Reverse,
    ops::Deref,
    sync::{Arc, OnceLock},
};

use roaring::RoaringBitmap;
use serde_json::Value;
use smol_str::SmolStr;

use crate::{filter::Filter, index::CatalogSnapshot, memo::FacetOf, term::fold};

/// How many keys are looked at for each that is wanted: those of list items turn out to be none.
const TRIES: usize = 8;

/// The values of one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facet {
    /// The key as it was asked for.
    pub key: String,
    /// Its values as they are written, ordered without case; nulls have none.
    pub values: Arc<FacetValues>,
}

/// The values of a facet, which whoever counted them may ask for again.
#[derive(Debug, Default)]
pub struct FacetValues {
    values: Vec<FacetValue>,
    written: OnceLock<Vec<u8>>,
}

/// One value of a facet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FacetValue {
    /// The value as it is written; values that differ in case are counted apart.
    pub value: SmolStr,
    /// How many entities have it, at least one.
    pub count: u64,
}

impl FacetValues {
    /// The values as `write` writes them, which it is asked once: for whoever answers with them,
    /// always in the same form.
    pub fn written(&self, write: impl FnOnce(&[FacetValue]) -> Vec<u8>) -> &[u8] {
        self.written.get_or_init(|| write(&self.values))
    }
}

impl Deref for FacetValues {
    type Target = [FacetValue];

    fn deref(&self) -> &[FacetValue] {
        &self.values
    }
}

impl PartialEq for FacetValues {
    fn eq(&self, other: &Self) -> bool {
        self.values == other.values
    }
}

impl Eq for FacetValues {}

impl From<Vec<FacetValue>> for FacetValues {
    fn from(values: Vec<FacetValue>) -> Self {
        Self {
            values,
            written: OnceLock::new(),
        }
    }
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
            let count = || Arc::new(self.facet(&facet.key, set.as_deref()).into());
            Facet {
                key: key.to_owned(),
                values: self.memo().facets.get_or(&facet, count),
            }
        };
        keys.iter().map(|key| facet(key.as_ref())).collect()
    }

    /// The keys below `parent`, such as `metadata.annotations`, that entities which pass
    /// `permission` have and that contain `text`, the most common first and `limit` at most.
    ///
    /// They come without the parent, as one of these entities writes them; `spec.steps.input` may
    /// be within a list, what is below it may not.
    pub fn keys_below(
        &self,
        parent: &str,
        text: &str,
        permission: Option<&Arc<Filter>>,
        limit: usize,
    ) -> Vec<FacetValue> {
        let permitted = permission.map(|_| self.select_permitted(None, permission));
        let (parent, text) = (fold(parent), fold(text));
        let mut found: Vec<_> = self
            .keys()
            .filter_map(|(key, entry)| {
                let name = key.strip_prefix(parent.as_str())?.strip_prefix('.')?;
                let ids = entry.present();
                let count = ids.count_in(permitted.as_deref());
                (count > 0 && name.contains(text.as_str())).then_some((Reverse(count), name, ids))
            })
            .collect();
        found.sort_unstable_by_key(|(count, name, _)| (*count, *name));
        let written = found
            .into_iter()
            .take(limit.saturating_mul(TRIES))
            .filter_map(|(Reverse(count), name, ids)| {
                let may = |id: &u32| permitted.as_deref().is_none_or(|set| set.contains(*id));
                let entity = self.entity(ids.iter().find(may)?)?.value();
                let value = written_below(&entity, &parent, name)?.into();
                Some(FacetValue { value, count })
            });
        written.take(limit).collect()
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

/// How the key `name` below `parent` is written in an entity; lists on the way to the parent are
/// gone into.
fn written_below(value: &Value, parent: &str, name: &str) -> Option<String> {
    let (step, rest) = match parent.split_once('.') {
        Some((step, rest)) => (step, Some(rest)),
        None => (parent, None),
    };
    match value {
        Value::Array(items) => items
            .iter()
            .find_map(|item| written_below(item, parent, name)),
        Value::Object(members) => members
            .iter()
            .filter(|(key, _)| fold(key) == step)
            .find_map(|(_, member)| match rest {
                Some(rest) => written_below(member, rest, name),
                None => written(member, name),
            }),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

/// How a key is written in an object or the objects below it.
fn written(value: &Value, name: &str) -> Option<String> {
    value.as_object()?.iter().find_map(|(key, member)| {
        match name.strip_prefix(fold(key).as_str())? {
            "" => Some(key.clone()),
            rest => {
                let below = written(member, rest.strip_prefix('.')?)?;
                Some(format!("{key}.{below}"))
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{entity::Entity, filter::Match};

    fn catalog() -> CatalogSnapshot {
        let entities = [
            r#"{"kind":"Component","metadata":{"name":"a","annotations":{"example.com/Docs":"./a","x":"true"}},
                "spec":{"type":"site","profile":{"eMail":"a@example.com"},"dependsOn":["resource:a","resource:b"]}}"#,
            r#"{"kind":"API","metadata":{"name":"b","annotations":{"example.com/Docs":"./b"}},"spec":{"type":"rest"}}"#,
            r#"{"kind":"Template","metadata":{"name":"c"},"spec":{"steps":[{"input":{"Url":"u"}},{"input":{"branch":"m"}}]}}"#,
        ];
        CatalogSnapshot::build(entities.map(|json| Entity::parse(json).unwrap()))
    }

    fn below(parent: &str, text: &str, permission: Option<&Arc<Filter>>) -> Vec<(String, u64)> {
        let found = catalog().keys_below(parent, text, permission, 10);
        found
            .into_iter()
            .map(|one| (one.value.to_string(), one.count))
            .collect()
    }

    #[test]
    fn keys_come_as_they_are_written_and_the_most_common_first() {
        let docs = "example.com/Docs".to_owned();

        let annotations = [(docs.clone(), 2), ("x".to_owned(), 1)];
        assert_eq!(below("metadata.annotations", "", None), annotations);
        assert_eq!(below("metadata.annotations", "DOCS", None), [(docs, 2)]);
        let inputs = ["branch", "Url"].map(|name| (name.to_owned(), 1));
        assert_eq!(below("spec.steps.input", "", None), inputs);
    }

    #[test]
    fn values_are_written_once() {
        let catalog = catalog();
        let written = |length: usize| {
            let facets = catalog.facets(&["kind"], None, None);
            let write = |values: &[FacetValue]| vec![b'.'; length * values.len()];
            facets[0].values.written(write).len()
        };

        assert_eq!([written(1), written(2)], [3, 3]);
    }

    #[test]
    fn values_of_lists_are_no_keys() {
        let spec = below("spec", "", None);

        let names: Vec<_> = spec.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["type", "dependsOn", "profile.eMail"]);
    }

    #[test]
    fn keys_of_entities_that_may_not_be_read_are_none() {
        let apis = Arc::new(Filter::from(Match::one_of("kind", ["api"])));

        let annotations = below("metadata.annotations", "", Some(&apis));
        assert_eq!(annotations, [("example.com/Docs".to_owned(), 1)]);
    }
}
