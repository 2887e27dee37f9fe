//! The postings of many entities at once, on all processors.

use std::{
    cmp::Reverse,
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

/// How many keys and values a thread takes at a time: most keys are hardly any work.
const PORTION: usize = 1_024;

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
    // What a value names is often an entity, which holds its reference anyway.
    let refs: References<'_> = ids
        .iter()
        .filter_map(|id| {
            let entity_ref = entities.get(*id)?.entity_ref();
            Some((entity_ref.as_str(), entity_ref.as_smol_str()))
        })
        .collect();
    if threads < 2 {
        let builders = collect(entities, ids, &hasher).into_iter();
        let finished = builders.map(|(key, builder)| {
            let known = |value: &str| refs.get(value).copied();
            (
                key,
                EntryBuilder::finish(vec![builder], texts, &hasher, known),
            )
        });
        return finished.collect();
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
    let weight = |parts: &[EntryBuilder]| parts.iter().map(EntryBuilder::len).sum::<usize>();
    let mut keys: Vec<(SmolStr, Vec<EntryBuilder>)> = keys.into_iter().collect();
    // The most work first, so that no thread is left with it.
    keys.sort_by_cached_key(|(_, parts)| Reverse(weight(parts)));
    let ahead = Mutex::new(keys.into_iter());
    let portion = || {
        let mut ahead = ahead.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut portion, mut taken) = (Vec::new(), 0);
        while taken < PORTION
            && let Some((key, parts)) = ahead.next()
        {
            taken += 1 + weight(&parts);
            portion.push((key, parts));
        }
        portion
    };
    let finish = || {
        let mut done = Vec::new();
        loop {
            let portion = portion();
            if portion.is_empty() {
                return done;
            }
            done.extend(portion.into_iter().map(|(key, parts)| {
                let known = |value: &str| refs.get(value).copied();
                (key, EntryBuilder::finish(parts, texts, hasher, known))
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

fn joined<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| resume_unwind(panic))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{entity::Entity, key_index::KeyIndex};
    use std::sync::Arc;

    /// All that is known about each key, as text.
    fn shown<'a>(
        texts: Texts<'_>,
        entries: impl Iterator<Item = (&'a SmolStr, &'a KeyEntry)>,
    ) -> Vec<String> {
        let mut keys: Vec<String> = entries
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
    }

    #[test]
    fn postings_are_the_same_however_many_threads_build_them() {
        // So many that values which hardly ever come twice are not looked for any more.
        let entities: Slots = (0..3_000)
            .map(|number| {
                let title = ["Stage", "stage", "STAGE", "foyer"][number % 4];
                let tags = ["[]", "[\"a\"]", "[\"a\",\"b\"]", "null"][number % 4];
                let description = format!("No {}", number - usize::from(number % 10 == 9));
                let seats: Vec<String> = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "I"]
                    .map(|row| format!(r#"{{"at":"{row}{number}"}}"#))
                    .into();
                let json = format!(
                    r#"{{"kind":"K","metadata":{{"name":"n{number}","title":"{title}","tags":{tags},"description":"{description}"}},"spec":{{"n":{},"seats":[{}]}}}}"#,
                    number / 7,
                    seats.join(",")
                );
                Arc::new(Entity::parse(json).unwrap())
            })
            .collect();
        let texts = Texts(&entities);
        let ids: Vec<Id> = (0..entities.len() as Id).collect();
        let mut one_by_one: HashMap<SmolStr, KeyEntry> = HashMap::new();
        for id in &ids {
            for_each_row(entities.get(*id).unwrap(), |key, value| {
                let entry = one_by_one.entry(key.into()).or_default();
                entry.add_row(texts, *id, value);
            });
        }
        let expected = shown(texts, one_by_one.iter());

        for threads in [1, 2, 3, 7] {
            let built = index_in(&entities, &ids, threads);

            let built = built.iter().map(|(key, entry)| (key, entry));
            assert!(shown(texts, built) == expected, "{threads} threads");
        }
    }
}
