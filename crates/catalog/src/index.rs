//! The catalog as it is at one moment, with postings for every search row.

use std::{
    borrow::{Borrow, Cow},
    cmp::Ordering,
    sync::Arc,
};

use callboard_policy::EntityRef;
use hashbrown::HashSet;
use roaring::RoaringBitmap;
use rpds::VectorSync;
use smol_str::SmolStr;

use crate::{
    build,
    cow_map::CowMap,
    entity::Entity,
    key_entry::KeyEntry,
    memo::Memo,
    posting::{Id, KeyIndex, set_member},
    relation,
    scan::push_folded,
    sorted_map::SortedMap,
    term::{Rows, for_each_row},
};

/// All entities at one moment, and the index over them.
///
/// A snapshot never changes; [`CatalogSnapshot::apply`] makes the next one, which shares with
/// it whatever the changes leave alone. Cloning copies a few reference counts.
#[derive(Clone, Debug, Default)]
pub struct CatalogSnapshot {
    // INVARIANT: an id in `live` has an entity here, and no other id has.
    entities: VectorSync<Option<Arc<Entity>>>,
    live: Arc<RoaringBitmap>,
    by_ref: SortedMap<ByRef, Id>,
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
        let entities: Vec<Arc<Entity>> = latest(entities.into_iter().map(Into::into)).collect();
        let mut snapshot = Self::default();
        for (key, entry) in build::index(&entities) {
            snapshot.keys.insert(key, entry);
        }
        let mut live = RoaringBitmap::new();
        let mut by_ref = Vec::with_capacity(entities.len());
        for (id, entity) in (0..).zip(entities) {
            live.insert(id);
            by_ref.push((ByRef(entity.clone()), id));
            snapshot.entities.push_back_mut(Some(entity));
        }
        snapshot.live = Arc::new(live);
        snapshot.by_ref = SortedMap::from_sorted(by_ref);
        snapshot
    }

    /// The catalog after some changes, in their order.
    #[must_use]
    pub fn apply(&self, changes: impl IntoIterator<Item = Change>) -> Self {
        let mut next = self.clone();
        for change in changes {
            match change {
                Change::Upsert(entity) => next.upsert(entity),
                Change::Remove(entity_ref) => next.remove(&entity_ref),
            }
        }
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
        self.by_ref.iter().map(|(by_ref, _)| &by_ref.0)
    }

    /// The entity with a reference, which is canonical: full and in lower case.
    pub fn get(&self, entity_ref: &str) -> Option<&Arc<Entity>> {
        self.by_ref
            .get_key_value(entity_ref)
            .map(|(by_ref, _)| &by_ref.0)
    }

    /// The entity with a `metadata.uid`.
    pub fn get_by_uid(&self, uid: &str) -> Option<&Arc<Entity>> {
        let index = self.key("metadata.uid")?;
        let posting = index.values.get(uid)?;
        posting.ids.bitmap().min().and_then(|id| self.entity(id))
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
            .by_ref
            .iter()
            .map(|(by_ref, _)| by_ref.0.entity_ref().as_str())
            .collect();
        let mut folded = String::new();
        let indexes = relation::types().iter().filter_map(|(there, _)| {
            folded.clear();
            folded.push_str("relations.");
            push_folded(&mut folded, there);
            self.keys.get(folded.as_str())?.as_index()
        });
        indexes
            .flat_map(|index| index.values.iter())
            .map(|(target, posting)| {
                // One that leads nowhere has no other end to be counted at.
                let ends = if known.contains(target.as_str()) {
                    1
                } else {
                    2
                };
                ends * posting.ids.count_in(None) as usize
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
            .and_then(|index| index.values.get(target.as_str()));
        posting
            .into_iter()
            .flat_map(|posting| posting.ids.iter())
            .filter_map(|id| self.entity(id))
    }

    pub(crate) fn entity(&self, id: Id) -> Option<&Arc<Entity>> {
        self.entities.get(id as usize).and_then(Option::as_ref)
    }

    /// The entity of each number.
    pub(crate) fn slots(&self) -> &VectorSync<Option<Arc<Entity>>> {
        &self.entities
    }

    pub(crate) fn key(&self, key: &str) -> Option<Cow<'_, KeyIndex>> {
        self.keys.get(key).map(KeyEntry::index)
    }

    pub(crate) fn live(&self) -> &RoaringBitmap {
        &self.live
    }

    pub(crate) fn memo(&self) -> &Memo {
        &self.memo
    }

    pub(crate) fn by_ref(&self) -> &SortedMap<ByRef, Id> {
        &self.by_ref
    }

    fn upsert(&mut self, entity: Arc<Entity>) {
        let known = self.by_ref.get(entity.entity_ref().as_str()).copied();
        let id = known.unwrap_or_else(|| self.first_free_id());
        match self.entity(id) {
            Some(old) => {
                let old = Rows::of(old.as_ref());
                self.reindex(id, &old, &Rows::of(&entity));
            }
            None => self.index(id, &entity),
        }
        set_member(&mut self.live, id, true);
        self.by_ref.insert(ByRef(entity.clone()), id);
        if id as usize == self.entities.len() {
            self.entities.push_back_mut(Some(entity));
        } else {
            self.entities.set_mut(id as usize, Some(entity));
        }
    }

    fn remove(&mut self, entity_ref: &EntityRef) {
        let Some(id) = self.by_ref.get(entity_ref.as_str()).copied() else {
            return;
        };
        let old = self
            .entity(id)
            .map(|old| Rows::of(old.as_ref()))
            .unwrap_or_default();
        self.reindex(id, &old, &Rows::default());
        set_member(&mut self.live, id, false);
        self.by_ref.remove(entity_ref.as_str());
        self.entities.set_mut(id as usize, None);
    }

    /// The lowest id that no entity has.
    fn first_free_id(&self) -> Id {
        let len = self.entities.len() as Id;
        if self.live.len() == u64::from(len) {
            return len;
        }
        let mut free = RoaringBitmap::new();
        free.insert_range(0..len);
        free -= &*self.live;
        free.min().unwrap_or(len)
    }

    /// Adds the rows of an entity whose number nobody has.
    fn index(&mut self, id: Id, entity: &Entity) {
        for_each_row(entity, |key, value| {
            self.keys.get_mut_or_default(&key.into()).add_row(id, value);
        });
    }

    /// Brings the keys up to date whose rows differ between two states of an entity.
    fn reindex(&mut self, id: Id, old: &Rows, new: &Rows) {
        let mut keys: Vec<&SmolStr> = old
            .as_slice()
            .iter()
            .chain(new.as_slice())
            .map(|row| &row.key)
            .collect();
        keys.sort_unstable();
        keys.dedup();
        for key in keys {
            let (before, after) = (old.of_key(key), new.of_key(key));
            if before == after {
                continue;
            }
            let entry = self.keys.get_mut_or_default(key);
            entry.set_rows(id, before, after);
            if entry.is_empty() {
                self.keys.remove(key);
            }
        }
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

/// An entity that is found by its reference.
#[derive(Clone, Debug)]
pub(crate) struct ByRef(pub(crate) Arc<Entity>);

impl Borrow<str> for ByRef {
    fn borrow(&self) -> &str {
        self.0.entity_ref().as_str()
    }
}

impl PartialEq for ByRef {
    fn eq(&self, other: &Self) -> bool {
        self.0.entity_ref() == other.0.entity_ref()
    }
}

impl Eq for ByRef {}

impl PartialOrd for ByRef {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ByRef {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.entity_ref().cmp(other.0.entity_ref())
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
