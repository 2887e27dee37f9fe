//! What leaves the catalog with a registered location.

use super::location::RegisteredLocation;
use super::record::Source;
use super::service::Catalog;
use callboard_catalog::EntityRef;
use std::collections::{HashSet, VecDeque};

/// A registered location, and what comes from it alone.
#[derive(Debug, Clone)]
pub(super) struct Leaving {
    pub(super) location: RegisteredLocation,
    /// Everything that goes with it, the nearest first; the entity that stands for it is not named.
    pub(super) entities: Vec<EntityRef>,
}

impl Catalog {
    /// What would go if the registered location above an entity were removed; `None` when there is
    /// none. Whoever asks is told of everything: what a person may read has yet to be picked out.
    pub(super) fn leaving_with(&self, entity_ref: &EntityRef) -> Option<Leaving> {
        let origin = self.origin_of(entity_ref)?;
        let state = self.state();
        let mut registered = state.registered.iter();
        let location = registered
            .find(|known| known.to_location() == origin)?
            .clone();
        let root = origin.entity_ref();
        let mut gone = HashSet::from([root.clone()]);
        let mut ahead = VecDeque::from([root]);
        let mut entities = Vec::new();
        while let Some(parent) = ahead.pop_front() {
            for child in state.children_of(&Source::Entity(parent)) {
                let record = state.record(child);
                // One that something else emits as well stays.
                let is_held = record.is_some_and(|record| {
                    record.sources.iter().any(|source| match source {
                        Source::Entity(parent) => !gone.contains(parent),
                        Source::Provider(_) => true,
                    })
                });
                if !is_held && gone.insert(child.clone()) {
                    entities.push(child.clone());
                    ahead.push_back(child.clone());
                }
            }
        }
        Some(Leaving { location, entities })
    }
}
