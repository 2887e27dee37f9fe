//! A catalog that is worked out from nothing, again and again.

use crate::catalog::config::OrphanStrategy;
use crate::catalog::emitted::{Emitted, Form};
use crate::catalog::record::{Digest, Source};
use callboard_catalog::relation::{self, Edge};
use callboard_catalog::{Entity, EntityRef, StatusItem, Stitch, StitchSource};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// What is known of an entity.
#[derive(Debug, Clone)]
pub(super) struct Known {
    /// Tells one that went and came back from what it was.
    pub(super) born: usize,
    pub(super) key: Option<String>,
    pub(super) sources: BTreeSet<Source>,
    pub(super) emitted: Digest,
    pub(super) is_active: bool,
    pub(super) errors: Vec<StatusItem>,
    /// What it says in the catalog; absent while it is invisible.
    shown: Option<Value>,
    /// What it says from the end of the transaction on.
    pub(super) next: Option<Value>,
}

/// Everything that is known.
#[derive(Debug)]
pub(super) struct Slow {
    strategy: OrphanStrategy,
    births: usize,
    pub(super) known: BTreeMap<EntityRef, Known>,
}

impl Slow {
    pub(super) fn new(strategy: OrphanStrategy) -> Slow {
        Slow {
            strategy,
            births: 0,
            known: BTreeMap::new(),
        }
    }

    /// Takes an emission; says whether another location has the reference.
    pub(super) fn emit(&mut self, source: &Source, emitted: &Emitted) -> bool {
        let entity_ref = &emitted.entity_ref;
        let key = emitted.location_key.as_ref().map(ToString::to_string);
        let before = self.known.get(entity_ref).cloned();
        if let Some(before) = &before {
            let is_alone = matches!(source, Source::Provider(_))
                && before.sources == BTreeSet::from([source.clone()]);
            if before.key.is_some() && before.key != key && !is_alone {
                return false;
            }
        }
        let is_new = before
            .as_ref()
            .is_none_or(|before| before.emitted != emitted.digest);
        let mut known = before.unwrap_or_else(|| {
            self.births += 1;
            Known {
                born: self.births,
                key: None,
                sources: BTreeSet::new(),
                emitted: emitted.digest,
                is_active: false,
                errors: Vec::new(),
                shown: None,
                next: None,
            }
        });
        known.key = key;
        known.emitted = emitted.digest;
        if *source != Source::Entity(entity_ref.clone()) {
            known.sources.insert(source.clone());
        }
        if is_new {
            let form = Form::of(&emitted.value());
            known.is_active = form == Form::Active;
            match form {
                Form::Good => {
                    known.errors = Vec::new();
                    known.next = Some(emitted.value());
                }
                Form::Bad(problem) => {
                    known.errors = vec![problem.status()];
                    known.next = None;
                }
                Form::Active => known.next = None,
            }
        }
        let is_final = is_new && !known.is_active && known.errors.is_empty();
        self.known.insert(entity_ref.clone(), known);
        if is_final {
            let source = Source::Entity(entity_ref.clone());
            let children = self.children_of(&source);
            self.disown(&source, &children);
        }
        true
    }

    /// Ends a transaction: what was said last in it counts, or what was there before.
    pub(super) fn commit(&mut self) {
        for known in self.known.values_mut() {
            if let Some(next) = known.next.take() {
                known.shown = Some(next);
            }
        }
    }

    /// A source emits these no more.
    pub(super) fn disown(&mut self, source: &Source, gone: &[EntityRef]) {
        self.let_go(source, gone, self.strategy == OrphanStrategy::Delete);
    }

    /// A source goes with all that only it emits.
    pub(super) fn prune(&mut self, source: &Source, gone: &[EntityRef]) {
        self.let_go(source, gone, true);
    }

    fn let_go(&mut self, source: &Source, gone: &[EntityRef], is_deleted: bool) {
        // What was nobody's before is nobody's to take away.
        let orphans = self.known.iter();
        let orphans = orphans.filter(|(_, known)| known.sources.is_empty());
        let mut roots: Vec<EntityRef> = orphans.map(|(orphan, _)| orphan.clone()).collect();
        let mut loose = Vec::new();
        for entity_ref in gone {
            if let Some(known) = self.known.get_mut(entity_ref)
                && known.sources.remove(source)
            {
                loose.push(entity_ref.clone());
            }
        }
        if !is_deleted {
            return;
        }
        let is_provider = |source: &Source| matches!(source, Source::Provider(_));
        let provided = self.known.iter();
        let provided = provided.filter(|(_, known)| known.sources.iter().any(is_provider));
        roots.extend(provided.map(|(name, _)| name.clone()));
        let alive = self.reachable(roots);
        for lost in self.reachable(loose).difference(&alive) {
            self.known.remove(lost);
            for known in self.known.values_mut() {
                known.sources.remove(&Source::Entity(lost.clone()));
            }
        }
    }

    /// Somebody removes an entity.
    pub(super) fn remove(&mut self, entity_ref: &EntityRef) {
        if self.known.remove(entity_ref).is_some() {
            let source = Source::Entity(entity_ref.clone());
            let children = self.children_of(&source);
            self.disown(&source, &children);
        }
    }

    pub(super) fn children_of(&self, source: &Source) -> Vec<EntityRef> {
        let emitted = self.known.iter();
        emitted
            .filter(|(_, known)| known.sources.contains(source))
            .map(|(child, _)| child.clone())
            .collect()
    }

    /// These and all below them.
    fn reachable(&self, mut ahead: Vec<EntityRef>) -> BTreeSet<EntityRef> {
        let mut found = BTreeSet::new();
        while let Some(entity_ref) = ahead.pop() {
            if self.known.contains_key(&entity_ref) && found.insert(entity_ref.clone()) {
                ahead.extend(self.children_of(&Source::Entity(entity_ref)));
            }
        }
        found
    }

    /// Every visible entity in its final form; `uid` gives the identifier of each.
    pub(super) fn entities(&self, uid: impl Fn(&EntityRef) -> Uuid) -> Vec<Entity> {
        let shown = || {
            let known = self.known.iter();
            known.filter_map(|(name, known)| Some((name, known, known.shown.clone()?)))
        };
        let edges: Vec<Edge> = shown()
            .flat_map(|(_, _, value)| relation::edges(&value).unwrap())
            .collect();
        let mut relations = relation::by_entity(edges);
        let stitched = shown().map(|(name, known, value)| {
            let stitch = Stitch {
                source: StitchSource::Written(&value.to_string()),
                uid: uid(name),
                annotations: &[],
                relations: &relations.remove(name).unwrap_or_default(),
                status: &known.errors,
                is_orphan: known.sources.is_empty(),
            };
            stitch.finish().unwrap()
        });
        stitched.collect()
    }
}
