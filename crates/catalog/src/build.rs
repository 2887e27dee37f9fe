//! The postings of many entities at once, on all processors.

use std::{
    num::NonZero,
    panic::resume_unwind,
    sync::{Arc, Mutex, PoisonError},
    thread::{self, ScopedJoinHandle},
};

use hashbrown::{HashMap, HashSet};
use smol_str::SmolStr;

use crate::{
    entity::Entity,
    key_entry::{EntryBuilder, KeyEntry},
    posting::Id,
    term::for_each_row,
};

/// How many entities are worth a thread.
const PART: usize = 4_096;

type Builders = HashMap<SmolStr, EntryBuilder>;

/// The references of all entities, as they hold them.
type References<'a> = HashSet<&'a SmolStr>;

/// The postings of each key; the numbers of the entities are their places.
pub(crate) fn index(entities: &[Arc<Entity>]) -> Vec<(SmolStr, KeyEntry)> {
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    index_in(entities, processors.min(entities.len().div_ceil(PART)))
}

/// As [`index`], in so many threads.
fn index_in(entities: &[Arc<Entity>], threads: usize) -> Vec<(SmolStr, KeyEntry)> {
    let refs: References<'_> = entities
        .iter()
        .map(|entity| entity.entity_ref().as_smol_str())
        .collect();
    if threads < 2 {
        let builders = collect(0, entities).into_iter();
        return builders
            .map(|(key, builder)| finished(key, builder, &refs))
            .collect();
    }
    let size = entities.len().div_ceil(threads);
    let builders = thread::scope(|scope| {
        let parts: Vec<_> = entities
            .chunks(size)
            .zip((0..).step_by(size))
            .map(|(part, first)| scope.spawn(move || collect(first as Id, part)))
            .collect();
        parts.into_iter().map(joined).reduce(merged)
    });
    let ahead = Mutex::new(builders.unwrap_or_default().into_iter());
    let finish = || {
        let mut done = Vec::new();
        loop {
            let next = ahead.lock().unwrap_or_else(PoisonError::into_inner).next();
            match next {
                Some((key, builder)) => done.push(finished(key, builder, &refs)),
                None => return done,
            }
        }
    };
    thread::scope(|scope| {
        let parts: Vec<_> = (0..threads).map(|_| scope.spawn(finish)).collect();
        parts.into_iter().flat_map(joined).collect()
    })
}

/// Collects the rows of entities whose numbers count from `first`.
fn collect(first: Id, entities: &[Arc<Entity>]) -> Builders {
    let mut builders = Builders::new();
    for (id, entity) in (first..).zip(entities) {
        for_each_row(entity, |key, value| match builders.get_mut(key) {
            Some(builder) => builder.insert(id, value),
            None => builders.entry(key.into()).or_default().insert(id, value),
        });
    }
    builders
}

/// Adds what was collected of entities with higher numbers.
fn merged(mut lower: Builders, higher: Builders) -> Builders {
    for (key, builder) in higher {
        match lower.get_mut(&key) {
            Some(known) => known.append(builder),
            None => drop(lower.insert(key, builder)),
        }
    }
    lower
}

/// The index of a key. What a relation leads to is most often an entity, which holds its reference
/// anyway.
fn finished(key: SmolStr, builder: EntryBuilder, refs: &References<'_>) -> (SmolStr, KeyEntry) {
    let leads_to_entities = key.starts_with("relations.");
    let entry = builder.finish(|value| match refs.get(&value) {
        Some(known) if leads_to_entities => SmolStr::clone(known),
        Some(_) | None => value,
    });
    (key, entry)
}

fn joined<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| resume_unwind(panic))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::posting::KeyIndex;

    #[test]
    fn postings_are_the_same_however_many_threads_build_them() {
        let entities: Vec<Arc<Entity>> = (0..60)
            .map(|number| {
                let title = ["Stage", "stage", "STAGE", "foyer"][number % 4];
                let tags = ["[]", "[\"a\"]", "[\"a\",\"b\"]", "null"][number % 4];
                let json = format!(
                    r#"{{"kind":"K","metadata":{{"name":"n{number}","title":"{title}","tags":{tags}}},"spec":{{"n":{}}}}}"#,
                    number / 7
                );
                Arc::new(Entity::parse(json).unwrap())
            })
            .collect();
        let shown = |threads| {
            let mut keys: Vec<String> = index_in(&entities, threads)
                .iter()
                .map(|(key, entry)| {
                    let index = entry.index();
                    let values = index.values.iter().map(|(value, posting)| {
                        let variants = posting
                            .variants(value)
                            .map(|(text, ids)| (text.clone(), ids.iter().collect::<Vec<_>>()));
                        (value, posting.ids.bitmap(), variants.collect::<Vec<_>>())
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
