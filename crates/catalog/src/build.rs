//! The postings of many entities at once, on all processors.

use std::{
    num::NonZero,
    panic::resume_unwind,
    sync::{Mutex, PoisonError},
    thread::{self, ScopedJoinHandle},
};

use hashbrown::{DefaultHashBuilder, HashMap};
use smol_str::SmolStr;

use crate::{
    ids::Id,
    key_entry::{EntryBuilder, KeyEntry},
    posting::Texts,
    slots::Slots,
    term::for_each_row,
};

/// How many entities are worth a thread.
const PART: usize = 4_096;

/// How many keys a thread takes at a time, most of which are hardly any work.
const KEYS: usize = 16;

type Builders = HashMap<SmolStr, EntryBuilder>;

/// The references of all entities, as they hold them.
type References<'a> = HashMap<&'a str, &'a SmolStr>;

/// The postings of each key of some entities, whose numbers ascend.
pub(crate) fn index(entities: &Slots, ids: &[Id]) -> Vec<(SmolStr, KeyEntry)> {
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    index_in(entities, ids, processors.min(ids.len().div_ceil(PART)))
}

/// As [`index`], in so many threads.
fn index_in(entities: &Slots, ids: &[Id], threads: usize) -> Vec<(SmolStr, KeyEntry)> {
    let (texts, hasher) = (Texts(entities), DefaultHashBuilder::default());
    let refs: References<'_> = ids
        .iter()
        .filter_map(|id| {
            let entity_ref = entities.get(*id)?.entity_ref();
            Some((entity_ref.as_str(), entity_ref.as_smol_str()))
        })
        .collect();
    if threads < 2 {
        let builders = collect(entities, ids, &hasher).into_iter();
        return builders
            .map(|(key, builder)| finished(key, builder, texts, &refs))
            .collect();
    }
    let hasher = &hasher;
    let mut keys: HashMap<SmolStr, Vec<EntryBuilder>> = HashMap::new();
    thread::scope(|scope| {
        let parts: Vec<_> = ids
            .chunks(ids.len().div_ceil(threads))
            .map(|part| scope.spawn(move || collect(entities, part, hasher)))
            .collect();
        for (key, builder) in parts.into_iter().flat_map(joined) {
            keys.entry(key).or_default().push(builder);
        }
    });
    let ahead = Mutex::new(keys.into_iter());
    let finish = || {
        let mut done = Vec::new();
        loop {
            let next: Vec<_> = {
                let mut ahead = ahead.lock().unwrap_or_else(PoisonError::into_inner);
                ahead.by_ref().take(KEYS).collect()
            };
            if next.is_empty() {
                return done;
            }
            done.extend(next.into_iter().map(|(key, parts)| {
                let builder = parts.into_iter().reduce(|mut lower, higher| {
                    lower.append(texts, hasher, higher);
                    lower
                });
                finished(key, builder.unwrap_or_default(), texts, &refs)
            }));
        }
    };
    thread::scope(|scope| {
        let parts: Vec<_> = (0..threads).map(|_| scope.spawn(finish)).collect();
        parts.into_iter().flat_map(joined).collect()
    })
}

/// Collects the rows of some entities.
fn collect(entities: &Slots, ids: &[Id], hasher: &DefaultHashBuilder) -> Builders {
    let texts = Texts(entities);
    let mut builders = Builders::new();
    for &id in ids {
        let Some(entity) = entities.get(id) else {
            continue;
        };
        for_each_row(entity, |key, value| match builders.get_mut(key) {
            Some(builder) => builder.insert(texts, hasher, id, value),
            None => {
                let builder = builders.entry(key.into()).or_default();
                builder.insert(texts, hasher, id, value);
            }
        });
    }
    builders
}

/// The index of a key. What a value names is often an entity, which holds its reference anyway.
fn finished(
    key: SmolStr,
    builder: EntryBuilder,
    texts: Texts<'_>,
    refs: &References<'_>,
) -> (SmolStr, KeyEntry) {
    let entry = builder.finish(texts, |value| refs.get(value).copied());
    (key, entry)
}

fn joined<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| resume_unwind(panic))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{entity::Entity, key_index::KeyIndex};
    use std::sync::Arc;

    #[test]
    fn postings_are_the_same_however_many_threads_build_them() {
        let entities: Slots = (0..60)
            .map(|number| {
                let title = ["Stage", "stage", "STAGE", "foyer"][number % 4];
                let tags = ["[]", "[\"a\"]", "[\"a\",\"b\"]", "null"][number % 4];
                let json = format!(
                    r#"{{"kind":"K","metadata":{{"name":"n{number}","title":"{title}","tags":{tags},"description":"No {number}"}},"spec":{{"n":{}}}}}"#,
                    number / 7
                );
                Arc::new(Entity::parse(json).unwrap())
            })
            .collect();
        let texts = Texts(&entities);
        let shown = |threads| {
            let ids: Vec<Id> = (0..60).collect();
            let mut keys: Vec<String> = index_in(&entities, &ids, threads)
                .iter()
                .map(|(key, entry)| {
                    let index = entry.index();
                    let values = index.values.iter().map(|posting| {
                        let variants = posting
                            .variants(texts)
                            .map(|(text, ids)| (text.to_owned(), ids.iter().collect::<Vec<_>>()));
                        let variants: Vec<_> = variants.collect();
                        (texts.folded(posting), posting.ids().bitmap(), variants)
                    });
                    let values: Vec<_> = values.collect();
                    let KeyIndex {
                        present,
                        null,
                        multi,
                        ..
                    } = &*index;
                    format!("{key} {present:?} {null:?} {multi:?} {values:?}")
                })
                .collect();
            keys.sort();
            keys
        };

        let alone = shown(1);

        for threads in [2, 3, 7] {
            assert_eq!(shown(threads), alone);
        }
    }
}
