//! Everything about the catalog that is in force at one moment.

use super::finish::Row;
use super::location::RegisteredLocation;
use super::record::{Record, Source};
use callboard_catalog::{CatalogSnapshot, Entity, EntityRef, Relation};
use callboard_store::Revision;
use foldhash::fast::RandomState;
use rpds::{HashTrieMapSync, HashTrieSetSync};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::panic::resume_unwind;
use std::sync::Arc;
use std::thread;

/// Which part of all entities must have changed, one in so many, for counting all relations anew to
/// take less time than counting what differs.
const WORTH_COUNTING: usize = 50;

/// A catalog as it is published; cloning copies a few reference counts.
#[derive(Clone, Default)]
pub(super) struct State {
    pub(super) snapshot: Arc<CatalogSnapshot>,
    // INVARIANT: each entity of `snapshot` has a record, and one with a digest.
    pub(super) records: HashTrieMapSync<EntityRef, Arc<Record>, RandomState>,
    // INVARIANT: the inverse of the sources of the records.
    pub(super) children: HashTrieMapSync<Source, Arc<BTreeSet<EntityRef>>, RandomState>,
    // INVARIANT: whoever has a record with errors.
    pub(super) failed: HashTrieSetSync<EntityRef, RandomState>,
    /// How many relations there are, each counted at both its ends.
    pub(super) relation_count: usize,
    pub(super) registered: Arc<[RegisteredLocation]>,
    /// Up to where the change feed is applied.
    pub(super) revision: Revision,
}

impl State {
    /// What some rows make, each of another entity, and nothing else. Blocks.
    pub(super) fn of(rows: Vec<Row>) -> State {
        let (mut state, mut children) =
            (State::default(), HashMap::<Source, Vec<EntityRef>>::new());
        let entities: Vec<Arc<Entity>> = rows.iter().filter_map(|row| row.entity.clone()).collect();
        thread::scope(|scope| {
            let building = scope.spawn(|| {
                let snapshot = CatalogSnapshot::build(entities);
                (snapshot.relation_count(), snapshot)
            });
            for Row {
                entity_ref, record, ..
            } in rows
            {
                for source in record.sources.iter() {
                    match children.get_mut(source) {
                        Some(children) => children.push(entity_ref.clone()),
                        None => drop(children.insert(source.clone(), vec![entity_ref.clone()])),
                    }
                }
                if !record.errors.is_empty() {
                    state.failed.insert_mut(entity_ref.clone());
                }
                state.records.insert_mut(entity_ref, record);
            }
            // All of a source at once fill their nodes, which one after the other leaves half empty.
            for (source, children) in children {
                let children = children.into_iter().collect();
                state.children.insert_mut(source, Arc::new(children));
            }
            let built = building.join().unwrap_or_else(|panic| resume_unwind(panic));
            (state.relation_count, state.snapshot) = (built.0, built.1.into());
        });
        state
    }

    /// The record of an entity, visible or not.
    pub(super) fn record(&self, entity_ref: &EntityRef) -> Option<&Arc<Record>> {
        self.records.get(entity_ref)
    }

    /// What a source emits.
    pub(super) fn children_of(&self, source: &Source) -> impl Iterator<Item = &EntityRef> {
        self.children
            .get(source)
            .into_iter()
            .flat_map(|children| children.iter())
    }

    /// Puts a record in place of the one with its reference, if there is one.
    pub(super) fn set_record(&mut self, entity_ref: &EntityRef, record: Record) {
        self.put_record(entity_ref, Arc::new(record));
    }

    /// As [`State::set_record`], with a record that others share.
    pub(super) fn put_record(&mut self, entity_ref: &EntityRef, record: Arc<Record>) {
        let before = self.records.get(entity_ref).cloned();
        let old = before.as_ref().map_or(&[][..], |before| &before.sources);
        for gone in old.iter().filter(|source| !record.sources.contains(source)) {
            self.unlink(gone, entity_ref);
        }
        for new in record.sources.iter().filter(|source| !old.contains(source)) {
            self.link(new, entity_ref);
        }
        match record.errors.is_empty() {
            true => drop(self.failed.remove_mut(entity_ref)),
            false => self.failed.insert_mut(entity_ref.clone()),
        }
        self.records.insert_mut(entity_ref.clone(), record);
    }

    /// Takes a record out.
    pub(super) fn remove_record(&mut self, entity_ref: &EntityRef) {
        let Some(before) = self.records.get(entity_ref).cloned() else {
            return;
        };
        for source in before.sources.iter() {
            self.unlink(source, entity_ref);
        }
        self.failed.remove_mut(entity_ref);
        self.records.remove_mut(entity_ref);
    }

    /// Forgets what was read, so that everything is read as if for the first time.
    pub(super) fn forget_tags(&mut self) {
        let tagged: Vec<(EntityRef, Arc<Record>)> = self
            .records
            .iter()
            .filter(|(_, record)| record.tags.is_some())
            .map(|(entity_ref, record)| (entity_ref.clone(), Arc::clone(record)))
            .collect();
        for (entity_ref, record) in tagged {
            let record = Record {
                tags: None,
                ..Record::clone(&record)
            };
            self.set_record(&entity_ref, record);
        }
    }

    /// Puts the next snapshot in place; `changed` are all whose entities differ in it.
    pub(super) fn set_snapshot(
        &mut self,
        next: CatalogSnapshot,
        changed: &HashSet<EntityRef, RandomState>,
    ) {
        let before = std::mem::replace(&mut self.snapshot, Arc::new(next));
        if changed.len() > self.snapshot.len() / WORTH_COUNTING {
            self.relation_count = self.snapshot.relation_count();
            return;
        }
        let weight = |snapshot: &CatalogSnapshot, entity_ref: &EntityRef| -> usize {
            let relations = snapshot
                .get(entity_ref.as_str())
                .map(|entity| entity.relations())
                .unwrap_or_default();
            // One that leads nowhere has no other end to be counted at.
            let is_open = |relation: &&Relation| snapshot.get(relation.target.as_str()).is_none();
            relations.len() + relations.iter().filter(is_open).count()
        };
        let (mut more, mut less) = (0, 0);
        for entity_ref in changed {
            more += weight(&self.snapshot, entity_ref);
            less += weight(&before, entity_ref);
            let was_there = before.get(entity_ref.as_str()).is_some();
            let is_there = self.snapshot.get(entity_ref.as_str()).is_some();
            if was_there == is_there {
                continue;
            }
            let others = before
                .referring_to(entity_ref)
                .filter(|(_, other)| !changed.contains(other.entity_ref()))
                .count();
            match is_there {
                true => less += others,
                false => more += others,
            }
        }
        self.relation_count = (self.relation_count + more).saturating_sub(less);
    }

    fn link(&mut self, source: &Source, entity_ref: &EntityRef) {
        match self.children.get_mut(source) {
            Some(children) => drop(Arc::make_mut(children).insert(entity_ref.clone())),
            None => {
                let only = BTreeSet::from([entity_ref.clone()]);
                self.children.insert_mut(source.clone(), Arc::new(only));
            }
        }
    }

    fn unlink(&mut self, source: &Source, entity_ref: &EntityRef) {
        let Some(children) = self.children.get_mut(source) else {
            return;
        };
        let children = Arc::make_mut(children);
        children.remove(entity_ref);
        if children.is_empty() {
            self.children.remove_mut(source);
        }
    }
}
