//! Whatever happened on the way, the catalog is what it would be if it were worked out anew.
//!
//! Steps are taken by a [`Ledger`], one transaction after the other, and by [`slow`], which asks
//! everything from the beginning each time. What is published and what is written must be the same.

mod slow;
mod step;

use super::config::OrphanStrategy;
use super::finish::{Difference, Row, finish};
use super::ledger::{Due, Ledger};
use super::outcome::{Child, Children, Kept, Outcome};
use super::provider::{self, Deferred, Mutation};
use super::record::{Digest, Source};
use super::source::Resolver;
use super::state::State;
use callboard_catalog::{
    CatalogSnapshot, Entity, EntityRef, Filter, Match, Query, Relation, StatusItem,
};
use proptest::prelude::*;
use slow::{Known, Slow};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use step::{Emissions, Name, PROVIDERS, Settling, Step, entity, reference, transactions};
use uuid::Uuid;

/// A catalog, the rows that were written of it, and what it should be.
struct Desk {
    strategy: OrphanStrategy,
    state: State,
    rows: BTreeMap<EntityRef, Row>,
    /// What is to be processed some time.
    due: BTreeSet<EntityRef>,
    uids: u128,
    slow: Slow,
    /// The identifier of each that was ever there.
    born: HashMap<usize, Uuid>,
}

impl Desk {
    fn new(strategy: OrphanStrategy) -> Desk {
        Desk {
            strategy,
            state: State::default(),
            rows: BTreeMap::new(),
            due: BTreeSet::new(),
            uids: 0,
            slow: Slow::new(strategy),
            born: HashMap::new(),
        }
    }

    /// Takes steps in one transaction.
    fn take(&mut self, steps: &[Step]) {
        let before = self.state.clone();
        let uids = &mut self.uids;
        let mut new_uid = || {
            *uids += 1;
            Uuid::from_u128(*uids)
        };
        let mut ledger = Ledger::new(&before, self.strategy, &mut new_uid);
        for step in steps {
            take(&mut ledger, &mut self.slow, step);
        }
        self.slow.commit();
        let difference = finish(ledger);
        self.state = difference.next.clone();
        self.write(&before, difference);
    }

    /// Does with rows what the database is told.
    fn write(&mut self, before: &State, difference: Difference) {
        for gone in &difference.removed {
            assert!(self.rows.remove(gone).is_some(), "{gone} had no row");
            self.due.remove(gone);
        }
        for row in difference.changed {
            let is_known = before.record(&row.entity_ref).is_some();
            assert_eq!(is_known, self.rows.contains_key(&row.entity_ref));
            self.rows.insert(row.entity_ref.clone(), row);
        }
        for (entity_ref, due) in &difference.due {
            match due {
                Due::Now | Due::Later | Due::Released => self.due.insert(entity_ref.clone()),
                Due::Never => self.due.remove(entity_ref),
            };
        }
    }

    fn check(&mut self) {
        self.check_records();
        self.check_links();
        self.check_entities();
        self.check_rows();
    }

    fn check_records(&mut self) {
        let known: BTreeSet<&EntityRef> = self.slow.known.keys().collect();
        let records: BTreeSet<&EntityRef> = self.state.records.keys().collect();
        assert_eq!(records, known);
        let has_errors = |entity_ref: &&EntityRef| {
            let record = self.state.record(entity_ref);
            record.is_some_and(|record| !record.errors.is_empty())
        };
        let failed: BTreeSet<&EntityRef> = self.state.failed.iter().collect();
        assert_eq!(failed, records.into_iter().filter(has_errors).collect());
        for (entity_ref, known) in &self.slow.known {
            let record = self.state.record(entity_ref).unwrap();
            let sources: BTreeSet<Source> = record.sources.iter().cloned().collect();
            assert_eq!(sources.len(), record.sources.len(), "{entity_ref}");
            assert_eq!(sources, known.sources, "{entity_ref}");
            assert_eq!(record.location_key.as_deref(), known.key.as_deref());
            assert_eq!(record.emitted, known.emitted, "{entity_ref}");
            assert_eq!(record.is_active, known.is_active, "{entity_ref}");
            assert_eq!(*record.errors, *known.errors, "{entity_ref}");
            let uid = self.born.entry(known.born).or_insert(record.uid);
            assert_eq!(record.uid, *uid, "{entity_ref}");
        }
        let uids: BTreeSet<&Uuid> = self.born.values().collect();
        assert_eq!(uids.len(), self.born.len());
    }

    /// Whoever emits something is there, and is known to emit it.
    fn check_links(&self) {
        let mut children: HashMap<Source, BTreeSet<EntityRef>> = HashMap::new();
        for (child, record) in &self.state.records {
            for source in record.sources.iter() {
                let known = children.entry(source.clone()).or_default();
                known.insert(child.clone());
            }
        }
        for (source, children) in &children {
            if let Source::Entity(parent) = source {
                assert!(self.state.record(parent).is_some(), "{parent} is gone");
            }
            assert_eq!(
                self.state.children.get(source).map(|set| &**set),
                Some(children)
            );
        }
        assert_eq!(self.state.children.size(), children.len());
    }

    /// Every entity is what it would be if it were stitched now, and the index knows it.
    fn check_entities(&self) {
        let uid = |entity_ref: &EntityRef| self.state.record(entity_ref).unwrap().uid;
        let expected = self.slow.entities(uid);
        let snapshot = &self.state.snapshot;
        let json = |snapshot: &CatalogSnapshot| -> BTreeMap<EntityRef, String> {
            let entities = snapshot.entities();
            let named = entities.map(|one| (one.entity_ref().clone(), one.json().to_owned()));
            named.collect()
        };
        let ends = expected.iter().map(|entity| {
            let is_there = |target: &EntityRef| {
                let mut refs = expected.iter().map(Entity::entity_ref);
                refs.any(|known| known == target)
            };
            let is_open = |relation: &&Relation| !is_there(&relation.target);
            let relations = entity.relations();
            relations.len() + relations.iter().filter(is_open).count()
        });
        assert_eq!(self.state.relation_count, ends.sum::<usize>());
        let rebuilt = CatalogSnapshot::build(expected);
        assert_eq!(json(snapshot), json(&rebuilt));
        for key in KEYS {
            let query = || Query {
                filter: Some(Filter::from(Match::exists(key))),
                ..Query::default()
            };
            let refs = |snapshot: &CatalogSnapshot| -> Vec<EntityRef> {
                let page = snapshot.query(&query());
                page.entities
                    .iter()
                    .map(|one| one.entity_ref().clone())
                    .collect()
            };
            assert_eq!(refs(snapshot), refs(&rebuilt), "{key}");
        }
        let facets = |snapshot: &CatalogSnapshot| snapshot.facets(&KEYS, None, None);
        assert_eq!(
            format!("{:?}", facets(snapshot)),
            format!("{:?}", facets(&rebuilt))
        );
    }

    /// Whoever starts anew from what was written finds all of it.
    fn check_rows(&self) {
        let written: BTreeSet<&EntityRef> = self.rows.keys().collect();
        assert_eq!(written, self.state.records.keys().collect());
        for (entity_ref, row) in &self.rows {
            let record = self.state.record(entity_ref).unwrap();
            assert!(row.record.is_same(record), "{entity_ref}");
            let entity = self.state.snapshot.get(entity_ref.as_str());
            let json = |entity: &Arc<Entity>| entity.json().to_owned();
            assert_eq!(
                row.entity.as_ref().map(json),
                entity.map(json),
                "{entity_ref}"
            );
            let digest = entity.map(|entity| Digest::of_entity(entity));
            assert_eq!(record.digest, digest, "{entity_ref}");
            assert_eq!(
                self.due.contains(entity_ref),
                record.is_active,
                "{entity_ref}"
            );
        }
    }
}

/// What is asked of both indexes.
const KEYS: [&str; 5] = [
    "kind",
    "relations.dependson",
    "relations.dependencyof",
    "metadata.annotations.backstage.io/orphan",
    "metadata.etag",
];

fn take(ledger: &mut Ledger<'_>, slow: &mut Slow, step: &Step) {
    match step {
        Step::Replace(of, emissions) => {
            let source = Source::Provider(PROVIDERS[*of].into());
            let all = Mutation::Full(deferred(emissions));
            provider::apply(ledger, &source, all, Resolver(None)).unwrap();
            let mut gone = slow.children_of(&source);
            gone.retain(|child| emissions.keys().all(|name| reference(*name) != *child));
            slow.prune(&source, &gone);
            emit(slow, &source, emissions);
        }
        Step::Differ(of, emissions, gone) => {
            let source = Source::Provider(PROVIDERS[*of].into());
            let removed: Vec<EntityRef> = gone.iter().copied().map(reference).collect();
            let differs = Mutation::Delta {
                added: deferred(emissions),
                removed: removed.clone(),
            };
            provider::apply(ledger, &source, differs, Resolver(None)).unwrap();
            slow.prune(&source, &removed);
            emit(slow, &source, emissions);
        }
        Step::Settle(settling) => settle(ledger, slow, settling),
        Step::Remove(name) => {
            ledger.remove(&reference(*name));
            slow.remove(&reference(*name));
        }
    }
}

fn deferred(emissions: &Emissions) -> Vec<Deferred> {
    let emitted = emissions.iter().map(|(name, said)| said.of(*name));
    let deferred = emitted.map(|emitted| Deferred {
        entity: emitted.value(),
        location_key: emitted.location_key.map(Into::into),
    });
    deferred.collect()
}

fn emit(slow: &mut Slow, source: &Source, emissions: &Emissions) {
    for (name, said) in emissions {
        slow.emit(source, &said.of(*name));
    }
}

fn settle(ledger: &mut Ledger<'_>, slow: &mut Slow, settling: &Settling) {
    let entity_ref = reference(settling.name);
    // Nothing else is ever processed.
    let Some(known) = slow.known.get(&entity_ref).filter(|known| known.is_active) else {
        return;
    };
    let made_from = match settling.is_late {
        true => Digest::of("something older"),
        false => known.emitted,
    };
    let outcome = outcome(settling, made_from);
    if settling.is_in_pieces
        && let Some(children) = &outcome.children
    {
        ledger.adopt(&entity_ref, made_from, &children.taken);
    }
    ledger.settle(&outcome, Due::Later);
    if !settling.is_late {
        settle_slowly(slow, settling, &outcome);
    }
}

fn outcome(settling: &Settling, made_from: Digest) -> Outcome {
    let mut kept = Kept::default();
    settling.kept.iter().for_each(|key| kept.location(key));
    let failed = StatusItem::processing_error("Error", "it went wrong");
    let taken = |emissions: &Emissions| {
        let emitted = emissions.iter().map(|(name, said)| said.of(*name));
        let children = emitted.map(|emitted| Child {
            emitted,
            form: None,
        });
        children.collect()
    };
    Outcome {
        entity_ref: reference(settling.name),
        made_from,
        processed: settling.processed.map(|other| entity(settling.name, other)),
        errors: settling.has_failed.then_some(failed).into_iter().collect(),
        children: settling.children.as_ref().map(|emissions| Children {
            taken: taken(emissions),
            kept,
        }),
        tags: None,
        findings: Vec::new(),
    }
}

fn settle_slowly(slow: &mut Slow, settling: &Settling, outcome: &Outcome) {
    let source = Source::Entity(outcome.entity_ref.clone());
    if settling.is_in_pieces {
        let new = |name: &Name, slow: &Slow| !slow.known.contains_key(&reference(*name));
        for (name, said) in settling.children.iter().flatten() {
            if new(name, slow) {
                slow.emit(&source, &said.of(*name));
            }
        }
    }
    let Some(known) = slow.known.get_mut(&outcome.entity_ref) else {
        return;
    };
    known.errors.clone_from(&outcome.errors);
    if let Some(processed) = &outcome.processed {
        known.next = Some(processed.clone());
    }
    let Some(emissions) = &settling.children else {
        return;
    };
    let before = slow.children_of(&source);
    let is_taken = |child: &EntityRef| emissions.keys().any(|name| reference(*name) == *child);
    let is_kept = |known: &Known| known.key.is_some() && known.key.as_deref() == settling.kept;
    let (taken, left): (Vec<_>, Vec<_>) = before.into_iter().partition(is_taken);
    let mut gone = left;
    gone.retain(|child| !is_kept(&slow.known[child]));
    let mut in_order: Vec<_> = emissions.iter().collect();
    in_order.sort_by_key(|(name, _)| reference(**name));
    for (name, said) in in_order {
        let emitted = said.of(*name);
        let child = &emitted.entity_ref;
        if let Some(known) = slow.known.get_mut(child)
            && known.sources == BTreeSet::from([source.clone()])
        {
            // It moves within the location.
            known.key = known
                .key
                .take()
                .filter(|key| Some(&**key) == emitted.location_key.as_deref());
        }
        if !slow.emit(&source, &emitted) && taken.contains(child) {
            gone.push(child.clone());
        }
    }
    slow.disown(&source, &gone);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_catalog_is_what_it_would_be_worked_out_anew(
        transactions in transactions(),
        is_deleting in any::<bool>(),
    ) {
        let strategy = match is_deleting {
            true => OrphanStrategy::Delete,
            false => OrphanStrategy::Keep,
        };
        let mut desk = Desk::new(strategy);
        for steps in &transactions {
            desk.take(steps);
            desk.check();
        }
    }
}
