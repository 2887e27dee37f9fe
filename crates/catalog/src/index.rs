//! The catalog as it is at one moment, with postings for every search row.

use std::{borrow::Cow, cmp::Ordering, collections::BTreeMap, sync::Arc};

use callboard_policy::EntityRef;
use hashbrown::HashSet;
use roaring::RoaringBitmap;
use smol_str::SmolStr;

use crate::{
    build,
    cow_map::CowMap,
    entity::Entity,
    ids::{Id, IdSet, set_member},
    key_entry::KeyEntry,
    key_index::KeyIndex,
    memo::Memo,
    posting::{Posting, Texts},
    relation,
    scan::push_folded,
    slots::Slots,
    sorted_list::{Reader, SortedList, beginning},
    term::{PlacedRow, for_each_row},
};

/// How many new entities are worth collecting their rows before these are put in.
const WORTH_COLLECTING: usize = 64;

/// All entities at one moment, and the index over them.
///
/// A snapshot never changes; [`CatalogSnapshot::apply`] makes the next one, which shares with
/// it whatever the changes leave alone. Cloning copies a few reference counts.
#[derive(Clone, Debug, Default)]
pub struct CatalogSnapshot {
    // INVARIANT: an id in `live` has an entity here, and no other id has.
    entities: Slots,
    live: Arc<RoaringBitmap>,
    by_ref: SortedList<(Id, Arc<Entity>)>,
    keys: CowMap<SmolStr, KeyEntry>,
    memo: Memo,
}

/// A change to the catalog.
#[derive(Clone, Debug)]
pub enum Change {
    /// An entity is new, or takes the place of the one with its reference.
    Upsert(Arc<Entity>),
    /// The entity with this reference goes, if it is there.
    Remove(EntityRef),
}

impl CatalogSnapshot {
    /// Indexes entities from scratch; of several with one reference the last counts.
    pub fn build<E: Into<Arc<Entity>>>(entities: impl IntoIterator<Item = E>) -> Self {
        let entities: Slots = latest(entities.into_iter().map(Into::into)).collect();
        let ids: Vec<Id> = (0..entities.len() as Id).collect();
        let by_ref = ids
            .iter()
            .filter_map(|id| Some((*id, entities.get(*id)?.clone())));
        let by_ref = SortedList::from_sorted(by_ref.collect(), &References);
        let mut snapshot = Self {
            live: Arc::new(ids.iter().copied().collect()),
            by_ref,
            ..Self::default()
        };
        for (key, entry) in build::index(&entities, &ids) {
            snapshot.keys.insert(key, entry);
        }
        snapshot.entities = entities;
        snapshot
    }

    /// The catalog after some changes, in their order.
    #[must_use]
    pub fn apply(&self, changes: impl IntoIterator<Item = Change>) -> Self {
        let mut next = self.clone();
        // Nobody looks between two changes, so that what is new can be added together.
        let mut new: BTreeMap<EntityRef, Arc<Entity>> = BTreeMap::new();
        for change in changes {
            match change {
                Change::Upsert(entity) => {
                    let entity_ref = entity.entity_ref();
                    if next.id_of(entity_ref.as_str()).is_some() {
                        next.change(entity);
                    } else {
                        new.insert(entity_ref.clone(), entity);
                    }
                }
                Change::Remove(entity_ref) => {
                    if new.remove(&entity_ref).is_none() {
                        next.remove(&entity_ref);
                    }
                }
            }
        }
        next.add(new.into_values().collect());
        next
    }

    /// The number of entities.
    pub fn len(&self) -> usize {
        self.by_ref.len()
    }

    /// Whether there is no entity.
    pub fn is_empty(&self) -> bool {
        self.by_ref.is_empty()
    }

    /// All entities, in the order of their references.
    pub fn entities(&self) -> impl Iterator<Item = &Arc<Entity>> {
        self.by_ref.iter().map(|(_, entity)| entity)
    }

    /// The entity with a reference, which is canonical: full and in lower case.
    pub fn get(&self, entity_ref: &str) -> Option<&Arc<Entity>> {
        let found = self.by_ref.get(&References, entity_ref);
        found.map(|(_, entity)| entity)
    }

    /// The entity with a `metadata.uid`.
    pub fn get_by_uid(&self, uid: &str) -> Option<&Arc<Entity>> {
        let index = self.key("metadata.uid")?;
        let posting = index.get(self.texts(), uid)?;
        posting.ids().iter().next().and_then(|id| self.entity(id))
    }

    /// Entities that have a relation to another, such as the members of a group by `memberOf`.
    ///
    /// They come in the order of their references; the other end need not exist.
    pub fn related_to(&self, relation_type: &str, target: &EntityRef) -> Vec<&Arc<Entity>> {
        let mut found: Vec<_> = self.related(relation_type, target).collect();
        found.sort_unstable_by(|a, b| a.entity_ref().cmp(b.entity_ref()));
        found
    }

    /// Every entity that has a relation of a built-in type to another, with the type of the
    /// opposite relation: what the other would say of it, if it exists.
    pub fn referring_to(
        &self,
        target: &EntityRef,
    ) -> impl Iterator<Item = (&'static str, &Arc<Entity>)> {
        relation::types().iter().flat_map(move |(there, here)| {
            let related = self.related(there, target);
            related.map(|entity| (*here, entity))
        })
    }

    /// How many relations of built-in types there are, each counted at both its ends, whether
    /// both exist or not.
    pub fn relation_count(&self) -> usize {
        let known: HashSet<&str> = self
            .entities()
            .map(|entity| entity.entity_ref().as_str())
            .collect();
        let texts = self.texts();
        let mut folded = String::new();
        let indexes = relation::types().iter().filter_map(|(there, _)| {
            folded.clear();
            folded.push_str("relations.");
            push_folded(&mut folded, there);
            self.keys.get(folded.as_str())?.as_index()
        });
        indexes
            .flat_map(|index| index.values.iter())
            .map(|posting| {
                // One that leads nowhere has no other end to be counted at.
                let ends = if known.contains(&*texts.folded(posting)) {
                    1
                } else {
                    2
                };
                ends * posting.ids().count_in(None) as usize
            })
            .sum()
    }

    fn related(
        &self,
        relation_type: &str,
        target: &EntityRef,
    ) -> impl Iterator<Item = &Arc<Entity>> {
        let mut key = String::from("relations.");
        push_folded(&mut key, relation_type);
        let posting = self
            .keys
            .get(key.as_str())
            .and_then(KeyEntry::as_index)
            .and_then(|index| index.get(self.texts(), target.as_str()));
        posting
            .map(Posting::ids)
            .into_iter()
            .flat_map(IdSet::iter)
            .filter_map(|id| self.entity(id))
    }

    pub(crate) fn entity(&self, id: Id) -> Option<&Arc<Entity>> {
        self.entities.get(id)
    }

    /// The entity of each number.
    pub(crate) fn slots(&self) -> &Slots {
        &self.entities
    }

    /// The texts of all postings.
    pub(crate) fn texts(&self) -> Texts<'_> {
        Texts(&self.entities)
    }

    /// The number of the entity with a reference, which is canonical.
    pub(crate) fn id_of(&self, entity_ref: &str) -> Option<Id> {
        self.by_ref.get(&References, entity_ref).map(|(id, _)| *id)
    }

    pub(crate) fn key(&self, key: &str) -> Option<Cow<'_, KeyIndex>> {
        self.keys.get(key).map(KeyEntry::index)
    }

    /// Every key that some entity has, in no order.
    pub(crate) fn keys(&self) -> impl Iterator<Item = (&SmolStr, &KeyEntry)> {
        self.keys.iter()
    }

    pub(crate) fn live(&self) -> &RoaringBitmap {
        &self.live
    }

    pub(crate) fn memo(&self) -> &Memo {
        &self.memo
    }

    pub(crate) fn by_ref(&self) -> &SortedList<(Id, Arc<Entity>)> {
        &self.by_ref
    }

    /// Puts an entity in place of the one with its reference.
    fn change(&mut self, entity: Arc<Entity>) {
        let entity_ref = entity.entity_ref().clone();
        if let Some(id) = self.id_of(entity_ref.as_str()) {
            self.replace(id, Some(&entity));
            self.by_ref
                .insert(&References, entity_ref.as_str(), (id, entity));
        }
    }

    /// Adds entities that are not there yet, in the order of their references.
    fn add(&mut self, entities: Vec<Arc<Entity>>) {
        let ids = self.first_free_ids(entities.len());
        let new: Vec<(Id, Arc<Entity>)> = ids.iter().copied().zip(entities).collect();
        for (id, entity) in &new {
            set_member(&mut self.live, *id, true);
            self.entities.set(*id, Some(entity.clone()));
        }
        let by_ref: Vec<_> = new
            .iter()
            .map(|(id, entity)| {
                let entity_ref = Cow::Borrowed(entity.entity_ref().as_str());
                (entity_ref, (*id, entity.clone()))
            })
            .collect();
        let mut replace = |known: &mut _, entity| *known = entity;
        self.by_ref.merge(&References, &by_ref, &mut replace);
        let texts = Texts(&self.entities);
        if ids.len() < WORTH_COLLECTING {
            for (id, entity) in ids.iter().filter_map(|id| Some((*id, texts.0.get(*id)?))) {
                for_each_row(entity, |key, value| {
                    let entry = self.keys.get_mut_or_default(&key.into());
                    entry.add_row(texts, id, value);
                });
            }
            return;
        }
        // Values that come in their order find their places faster.
        for (key, entry) in build::index(&self.entities, &ids) {
            let known = self.keys.get_mut_or_default(&key);
            known.append(texts, entry);
        }
    }

    fn remove(&mut self, entity_ref: &EntityRef) {
        let Some(id) = self.id_of(entity_ref.as_str()) else {
            return;
        };
        self.replace(id, None);
        set_member(&mut self.live, id, false);
        self.by_ref.remove(&References, entity_ref.as_str());
    }

    /// The lowest ids that no entity has, in order.
    fn first_free_ids(&self, count: usize) -> Vec<Id> {
        let len = self.entities.len() as Id;
        let mut free = RoaringBitmap::new();
        if self.live.len() < u64::from(len) {
            free.insert_range(0..len);
            free -= &*self.live;
        }
        free.into_iter().chain(len..).take(count).collect()
    }

    /// Puts an entity, or nothing, in place of another, and brings the keys up to date whose rows
    /// differ or stand elsewhere.
    fn replace(&mut self, id: Id, entity: Option<&Arc<Entity>>) {
        let rows = |entity: Option<&Arc<Entity>>| {
            entity.map_or_else(Vec::new, |entity| PlacedRow::all_of(entity))
        };
        let (old, new) = (rows(self.entities.get(id)), rows(entity));
        let both = || Groups::of(&old, &new).filter(|(_, before, after)| before != after);
        // What is read in the old entity is taken out as long as that is there.
        for (key, before, after) in both() {
            let entry = self.keys.get_mut_or_default(key);
            entry.take(Texts(&self.entities), id, before, after);
        }
        self.entities.set(id, entity.cloned());
        for (key, before, after) in both() {
            let entry = self.keys.get_mut_or_default(key);
            entry.put(Texts(&self.entities), id, before, after);
            if entry.is_empty() {
                self.keys.remove(key);
            }
        }
    }
}

/// The rows that two states of an entity have of each key, key by key.
struct Groups<'a> {
    before: &'a [PlacedRow],
    after: &'a [PlacedRow],
}

impl<'a> Groups<'a> {
    /// Rows are sorted.
    fn of(before: &'a [PlacedRow], after: &'a [PlacedRow]) -> Self {
        Self { before, after }
    }
}

impl<'a> Iterator for Groups<'a> {
    type Item = (&'a SmolStr, &'a [PlacedRow], &'a [PlacedRow]);

    fn next(&mut self) -> Option<Self::Item> {
        let firsts = [self.before.first(), self.after.first()];
        let key = firsts.into_iter().flatten().map(|row| &row.row.key).min()?;
        let rows_of_key = |rows: &mut &'a [PlacedRow]| {
            let (of_key, rest) = rows.split_at(rows.partition_point(|row| row.row.key <= *key));
            *rows = rest;
            of_key
        };
        let before = rows_of_key(&mut self.before);
        Some((key, before, rows_of_key(&mut self.after)))
    }
}

/// The last entity of each reference, in the order of references.
fn latest(entities: impl Iterator<Item = Arc<Entity>>) -> impl Iterator<Item = Arc<Entity>> {
    let mut entities: Vec<_> = entities.collect();
    entities.sort_by(|a, b| a.entity_ref().cmp(b.entity_ref()));
    // Of equal references the one that comes later stays.
    entities.reverse();
    entities.dedup_by(|a, b| a.entity_ref() == b.entity_ref());
    entities.into_iter().rev()
}

/// Reads the references of entities.
pub(crate) struct References;

impl Reader<(Id, Arc<Entity>)> for References {
    fn compare(&self, (_, entity): &(Id, Arc<Entity>), text: &str) -> Ordering {
        entity.entity_ref().as_str().cmp(text)
    }

    fn beginning(&self, (_, entity): &(Id, Arc<Entity>)) -> u64 {
        beginning(entity.entity_ref().as_str().as_bytes())
    }

    fn text(&self, (_, entity): &(Id, Arc<Entity>)) -> SmolStr {
        entity.entity_ref().as_smol_str().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entity(name: &str, uid: &str) -> Arc<Entity> {
        let relations = r#"[{"type":"memberOf","targetRef":"group:default/crew"}]"#;
        let json = format!(
            r#"{{"kind":"User","metadata":{{"name":"{name}","uid":"{uid}"}},"relations":{relations}}}"#
        );
        Arc::new(Entity::parse(json).unwrap())
    }

    #[test]
    fn entities_are_found_by_reference_uid_and_relation() {
        let catalog = CatalogSnapshot::build([entity("Tom", "u-1"), entity("ann", "u-2")]);

        assert_eq!(
            catalog.get("user:default/tom").map(|found| found.name()),
            Some("Tom")
        );
        assert_eq!(catalog.get("user:default/Tom"), None);
        assert_eq!(
            catalog.get_by_uid("u-2").map(|found| found.name()),
            Some("ann")
        );
        let members = catalog.related_to("memberOf", &"group:default/crew".parse().unwrap());
        assert_eq!(
            members
                .iter()
                .map(|member| member.name())
                .collect::<Vec<_>>(),
            ["ann", "Tom"]
        );
    }

    #[test]
    fn a_new_entity_takes_the_place_of_a_removed_one() {
        let catalog = CatalogSnapshot::build([entity("tom", "u-1"), entity("ann", "u-2")]);
        let tom = catalog
            .get("user:default/tom")
            .unwrap()
            .entity_ref()
            .clone();

        let later = catalog.apply([Change::Remove(tom), Change::Upsert(entity("eve", "u-3"))]);

        assert_eq!((later.len(), later.entities.len()), (2, 2));
        assert_eq!(
            (later.get_by_uid("u-1"), catalog.get_by_uid("u-3")),
            (None, None)
        );
        assert_eq!(
            later.get_by_uid("u-3").map(|found| found.name()),
            Some("eve")
        );
    }
}
