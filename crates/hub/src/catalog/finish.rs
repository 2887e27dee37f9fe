//! From a changed ledger to the entities as they are served, and what has to be written.
//!
//! What is written is known before the index is: a large change is written while it is indexed.

use super::ledger::{Conflict, Due, Ledger};
use super::metric::Stitched;
use super::parallel;
use super::record::{Digest, Record};
use super::state::State;
use callboard_catalog::relation::{self, Edge};
use callboard_catalog::{
    CatalogSnapshot, Change, Entity, EntityRef, Relation, StatusItem, Stitch, StitchSource,
};
use foldhash::{HashMap, HashSet};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What differs between two states.
pub(super) struct Difference {
    pub(super) next: State,
    /// Records that are gone, with their entities.
    pub(super) removed: Vec<EntityRef>,
    /// Records that are new or other than before, each with its entity if it has one.
    pub(super) changed: Vec<Row>,
    /// When entities are to be processed next, where that changes.
    pub(super) due: BTreeMap<EntityRef, Due>,
    pub(super) conflicts: Vec<Conflict>,
    pub(super) stitched: Stitched,
}

/// A record with its entity.
pub(super) struct Row {
    pub(super) entity_ref: EntityRef,
    pub(super) record: Arc<Record>,
    /// The final form; absent when there never was one.
    pub(super) entity: Option<Arc<Entity>>,
}

impl Difference {
    /// Whether there is nothing that anybody could see.
    pub(super) fn is_empty(&self) -> bool {
        self.removed.is_empty() && self.changed.is_empty()
    }
}

/// As [`stitch_all`], with all of it in the index.
pub(super) fn finish(ledger: Ledger<'_>) -> Difference {
    let (mut difference, changes) = stitch_all(ledger);
    apply(&mut difference.next, changes);
    difference
}

/// Derives the relations that have changed, and stitches every entity that looks different now.
///
/// The next state still has the snapshot of before: the changes are to be [applied](apply) to it.
pub(super) fn stitch_all(ledger: Ledger<'_>) -> (Difference, Vec<Change>) {
    let Ledger {
        before,
        mut next,
        processed,
        mut touched,
        due,
        conflicts,
        ..
    } = ledger;
    let gone: Vec<EntityRef> = touched
        .iter()
        .filter(|entity_ref| next.record(entity_ref).is_none())
        .cloned()
        .collect();
    let mut contents: HashMap<EntityRef, Arc<str>> = processed
        .into_iter()
        .filter(|(entity_ref, _)| next.record(entity_ref).is_some())
        .collect();
    let mut stitched: BTreeSet<EntityRef> = contents.keys().cloned().collect();
    // One that went and came back is invisible until it is processed.
    let hidden: Vec<EntityRef> = touched
        .iter()
        .filter(|entity_ref| is_other(&before, &next, entity_ref))
        .filter(|entity_ref| !contents.contains_key(*entity_ref))
        .cloned()
        .collect();
    let relations = Relations::of(&before, gone.iter().chain(&hidden), stated(&contents));
    stitched.extend(relations.differing().cloned());
    stitched.extend(
        touched
            .iter()
            .filter(|entity_ref| looks_different(&before, &next, entity_ref))
            .cloned(),
    );
    let sources: Vec<(EntityRef, Option<Arc<str>>)> = stitched
        .into_iter()
        .map(|entity_ref| {
            let content = contents.remove(&entity_ref);
            (entity_ref, content)
        })
        .collect();
    let finished = parallel::map(sources, |(entity_ref, content)| {
        let finished = stitch(&before, &next, &relations, &entity_ref, content.as_deref())?;
        Some((entity_ref, finished))
    });

    let mut changes: Vec<Change> = Vec::new();
    let mut outcome = Stitched::default();
    for (entity_ref, Finished { record, form }) in finished.into_iter().flatten() {
        match form {
            FinalForm::Changed(entity) => {
                changes.push(Change::Upsert(entity));
                outcome.changed += 1;
            }
            FinalForm::Unchanged => outcome.unchanged += 1,
            FinalForm::Failed => outcome.failed += 1,
        }
        touched.insert(entity_ref.clone());
        next.set_record(&entity_ref, record);
    }
    let removed: Vec<EntityRef> = gone
        .into_iter()
        .filter(|entity_ref| before.record(entity_ref).is_some())
        .collect();
    for entity_ref in removed.iter().chain(&hidden) {
        if before.snapshot.get(entity_ref.as_str()).is_some() {
            changes.push(Change::Remove(entity_ref.clone()));
        }
    }
    let shown: HashMap<&EntityRef, Option<&Arc<Entity>>> = changes
        .iter()
        .map(|change| match change {
            Change::Upsert(entity) => (entity.entity_ref(), Some(entity)),
            Change::Remove(entity_ref) => (entity_ref, None),
        })
        .collect();
    let row = |entity_ref: EntityRef| {
        let record = changed_record(&before, &next, &entity_ref)?;
        let known = || before.snapshot.get(entity_ref.as_str());
        let entity = shown.get(&entity_ref).copied().unwrap_or_else(known);
        Some(Row {
            record: Arc::clone(record),
            entity: entity.cloned(),
            entity_ref,
        })
    };
    let changed = touched.into_iter().filter_map(row).collect();
    let difference = Difference {
        next,
        removed,
        changed,
        due,
        conflicts,
        stitched: outcome,
    };
    (difference, changes)
}

/// The relations that each of some entities states, sorted and each once.
fn stated(contents: &HashMap<EntityRef, Arc<str>>) -> HashMap<EntityRef, Vec<Edge>> {
    let stated = parallel::map(contents.iter().collect(), |(entity_ref, json)| {
        (EntityRef::clone(entity_ref), stated_by(json))
    });
    stated.into_iter().collect()
}

/// An entity that was put together.
struct Finished {
    record: Record,
    form: FinalForm,
}

/// What came of putting an entity together.
enum FinalForm {
    Changed(Arc<Entity>),
    Unchanged,
    Failed,
}

/// Puts an entity together from its new content or from what it was made of before; `None` when
/// there is neither.
fn stitch(
    before: &State,
    next: &State,
    relations: &Relations<'_>,
    entity_ref: &EntityRef,
    content: Option<&str>,
) -> Option<Finished> {
    let record = next.record(entity_ref)?;
    let known = before.snapshot.get(entity_ref.as_str());
    let source = match (content, known) {
        (None, _) if record.digest.is_none() => return None,
        (Some(json), _) => StitchSource::Written(json),
        (None, Some(known)) => StitchSource::Final {
            entity: known,
            has_own_etag: before
                .record(entity_ref)
                .is_some_and(|before| before.has_own_etag),
        },
        (None, None) => return None,
    };
    let all = relations.of_entity(entity_ref, known);
    let stitch = Stitch {
        source,
        uid: record.uid,
        annotations: &[],
        relations: &all,
        status: &record.errors,
        is_orphan: record.sources.is_empty(),
    };
    let mut record = Record::clone(record);
    let form = match stitch.finish() {
        Ok(finished) => {
            let digest = Some(Digest::of_entity(&finished));
            if record.digest != digest || known.is_none() {
                record.digest = digest;
                FinalForm::Changed(finished.into())
            } else {
                FinalForm::Unchanged
            }
        }
        // What was checked has the form of an entity; should it not, it stays as it was.
        Err(error) => {
            let item = StatusItem::processing_error("Error", &error.to_string());
            record.errors = [item].into();
            FinalForm::Failed
        }
    };
    Some(Finished { record, form })
}

/// Brings the snapshot of a state up to date; one that is new for the most part is built from
/// scratch, which takes less time.
pub(super) fn apply(state: &mut State, changes: Vec<Change>) {
    if changes.is_empty() {
        return;
    }
    let changed: HashSet<EntityRef> = changes
        .iter()
        .map(|change| match change {
            Change::Upsert(entity) => entity.entity_ref().clone(),
            Change::Remove(entity_ref) => entity_ref.clone(),
        })
        .collect();
    let next = match changes.len() < state.snapshot.len() {
        true => state.snapshot.apply(changes),
        false => {
            let kept = state.snapshot.entities();
            let kept = kept.filter(|entity| !changed.contains(entity.entity_ref()));
            let new = changes.into_iter().filter_map(|change| match change {
                Change::Upsert(entity) => Some(entity),
                Change::Remove(_) => None,
            });
            CatalogSnapshot::build(kept.cloned().chain(new))
        }
    };
    state.set_snapshot(next, &changed);
}

/// The record of an entity that is new or other than before.
fn changed_record<'a>(
    before: &State,
    next: &'a State,
    entity_ref: &EntityRef,
) -> Option<&'a Arc<Record>> {
    let record = next.record(entity_ref)?;
    let is_same = before
        .record(entity_ref)
        .is_some_and(|known| Arc::ptr_eq(known, record) || known.is_same(record));
    (!is_same).then_some(record)
}

/// Whether something shows in an entity that is not in its own content.
fn looks_different(before: &State, next: &State, entity_ref: &EntityRef) -> bool {
    match (before.record(entity_ref), next.record(entity_ref)) {
        (Some(before), Some(next)) => {
            before.errors != next.errors || before.sources.is_empty() != next.sources.is_empty()
        }
        (None, _) | (_, None) => false,
    }
}

/// Whether it is another one that has the reference now.
fn is_other(before: &State, next: &State, entity_ref: &EntityRef) -> bool {
    match (before.record(entity_ref), next.record(entity_ref)) {
        (Some(before), Some(next)) => before.uid != next.uid,
        (None, _) | (_, None) => false,
    }
}

/// What changes about the relations of entities.
struct Relations<'a> {
    before: &'a State,
    /// Entities whose own content is new, or that are gone.
    content: HashSet<EntityRef>,
    /// In no order, and perhaps more than once.
    gained: HashMap<EntityRef, Vec<Relation>>,
    lost: HashMap<EntityRef, Vec<Relation>>,
}

impl<'a> Relations<'a> {
    fn of<'b>(
        before: &'a State,
        gone: impl Iterator<Item = &'b EntityRef>,
        now: HashMap<EntityRef, Vec<Edge>>,
    ) -> Relations<'a> {
        let stated = |entity: &Entity| stated_by(entity.json());
        let mut relations = Relations {
            before,
            content: now.keys().cloned().chain(gone.cloned()).collect(),
            gained: HashMap::default(),
            lost: HashMap::default(),
        };
        let mut lost = Vec::new();
        for entity_ref in &relations.content {
            let then = before
                .snapshot
                .get(entity_ref.as_str())
                .map(|known| stated(known))
                .unwrap_or_default();
            let now = now.get(entity_ref).map_or(&[][..], Vec::as_slice);
            let is_gone = |edge: &Edge| now.binary_search(edge).is_err();
            let gone = then.into_iter().filter(is_gone);
            lost.extend(gone.map(|edge| (entity_ref.clone(), edge)));
        }
        // What one end says no more, the other may still say.
        let mut others: HashMap<EntityRef, Vec<Edge>> = HashMap::default();
        for (stater, edge) in lost {
            let other = match edge.source == stater {
                true => &edge.target,
                false => &edge.source,
            };
            let is_still_stated = match now.get(other) {
                Some(now) => now.binary_search(&edge).is_ok(),
                None if relations.content.contains(other) => false,
                None => others
                    .entry(other.clone())
                    .or_insert_with(|| {
                        let known = before.snapshot.get(other.as_str());
                        known.map(|known| stated(known)).unwrap_or_default()
                    })
                    .binary_search(&edge)
                    .is_ok(),
            };
            if !is_still_stated {
                add(&mut relations.lost, edge);
            }
        }
        for edge in now.into_values().flatten() {
            add(&mut relations.gained, edge);
        }
        relations
    }

    /// The entities whose relations differ, or may do so.
    fn differing(&self) -> impl Iterator<Item = &EntityRef> {
        let is_news = |entity_ref: &&EntityRef| {
            let known = self.before.snapshot.get(entity_ref.as_str());
            known.is_some_and(|known| {
                let known = known.relations();
                let gained = self.gained.get(*entity_ref);
                // Those of a final form are sorted.
                gained.is_some_and(|gained| {
                    let is_new = |relation| known.binary_search(relation).is_err();
                    gained.iter().any(is_new)
                })
            })
        };
        self.lost.keys().chain(self.gained.keys().filter(is_news))
    }

    /// All relations of an entity, by type and target; `known` is its form so far.
    fn of_entity(&self, entity_ref: &EntityRef, known: Option<&Arc<Entity>>) -> Vec<Relation> {
        let mut all = match known {
            Some(known) => known.relations(),
            None => self.waiting_for(entity_ref),
        };
        if let Some(lost) = self.lost.get(entity_ref) {
            let lost: BTreeSet<&Relation> = lost.iter().collect();
            all.retain(|relation| !lost.contains(relation));
        }
        if let Some(gained) = self.gained.get(entity_ref) {
            all.extend_from_slice(gained);
        }
        all.sort_unstable();
        all.dedup();
        all
    }

    /// What entities say of one that is new, and that do not change themselves.
    fn waiting_for(&self, entity_ref: &EntityRef) -> Vec<Relation> {
        let mut found = Vec::new();
        if self.before.snapshot.is_empty() {
            return found;
        }
        for (here, entity) in self.before.snapshot.referring_to(entity_ref) {
            if !self.content.contains(entity.entity_ref()) {
                found.push(Relation {
                    relation_type: here.into(),
                    target: entity.entity_ref().clone(),
                });
            }
        }
        found
    }
}

fn add(to: &mut HashMap<EntityRef, Vec<Relation>>, edge: Edge) {
    to.entry(edge.source).or_default().push(Relation {
        relation_type: edge.relation_type.into(),
        target: edge.target,
    });
}

/// The relations that an entity states, sorted and each once; its references were checked with the
/// rest of it.
fn stated_by(json: &str) -> Vec<Edge> {
    let mut stated = relation::edges_in(json).unwrap_or_default();
    stated.sort_unstable();
    stated.dedup();
    stated
}
