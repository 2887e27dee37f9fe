//! Entities that are stuck: those whose processing failed, and those that never came through.

use super::access::Readable;
use super::record::{Record, Source};
use super::service::Catalog;
use super::state::State;
use crate::app::App;
use crate::error::Error;
use crate::principal::Principal;
use callboard_catalog::{
    CatalogSnapshot, Entity, EntityRef, Relation, StatusItem, Stitch, StitchSource, relation,
};
use serde_json::Value;
use smol_str::SmolStr;
use std::collections::BTreeSet;
use std::sync::Arc;
use uuid::Uuid;

/// Why an entity is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    /// Its processing failed when it was last tried.
    Failed,
    /// It is not visible.
    Pending,
}

/// An entity that is stuck.
#[derive(Debug, Clone)]
pub(super) struct Unprocessed {
    pub(super) entity_ref: EntityRef,
    pub(super) uid: Uuid,
    /// As it was emitted; absent when it is being processed for the first time no more.
    pub(super) input: Option<Value>,
    /// As it is visible.
    pub(super) processed: Option<Arc<Entity>>,
    pub(super) errors: Arc<[StatusItem]>,
    pub(super) location_key: Option<SmolStr>,
}

impl Catalog {
    /// The entities that are stuck, as far as the caller might read them were they visible, in the
    /// order of their references.
    ///
    /// # Errors
    ///
    /// As [`Catalog::readable`].
    pub(super) fn unprocessed(
        &self,
        app: &App,
        principal: &Principal,
        reason: Reason,
    ) -> Result<Vec<Unprocessed>, Error> {
        let readable = self.readable(app, principal)?;
        if readable == Readable::None {
            return Ok(Vec::new());
        }
        let state = self.state();
        let is_asked_for = |record: &Record| match reason {
            Reason::Failed => !record.errors.is_empty(),
            Reason::Pending => record.digest.is_none(),
        };
        let mut found: Vec<Unprocessed> = state
            .records
            .iter()
            .filter(|(_, record)| is_asked_for(record))
            .map(|(entity_ref, record)| Unprocessed::new(&state, entity_ref, record))
            .filter(|stuck| stuck.is_readable(&readable))
            .collect();
        found.sort_unstable_by(|one, other| one.entity_ref.cmp(&other.entity_ref));
        Ok(found)
    }
}

impl Catalog {
    /// Those of the entities that `source` emits that are stuck for any reason, as
    /// [`Catalog::unprocessed`] gives them.
    ///
    /// # Errors
    ///
    /// As [`Catalog::readable`].
    pub(super) fn stuck_below(
        &self,
        app: &App,
        principal: &Principal,
        source: &EntityRef,
    ) -> Result<Vec<Unprocessed>, Error> {
        let readable = self.readable(app, principal)?;
        let state = self.state();
        let source = Source::Entity(source.clone());
        let stuck = state
            .children_of(&source)
            .filter_map(|child| Some((child, state.record(child)?)))
            .filter(|(_, record)| !record.errors.is_empty() || record.digest.is_none())
            .map(|(child, record)| Unprocessed::new(&state, child, record));
        Ok(stuck.filter(|stuck| stuck.is_readable(&readable)).collect())
    }
}

impl Unprocessed {
    fn new(state: &State, entity_ref: &EntityRef, record: &Record) -> Unprocessed {
        Unprocessed {
            entity_ref: entity_ref.clone(),
            uid: record.uid,
            input: record
                .input
                .as_deref()
                .and_then(|input| serde_json::from_str(input).ok()),
            processed: state.snapshot.get(entity_ref.as_str()).cloned(),
            errors: Arc::clone(&record.errors),
            location_key: record.location_key.clone(),
        }
    }

    /// Whether it would be readable with the relations that it states itself.
    fn is_readable(&self, readable: &Readable) -> bool {
        let filter = match readable {
            Readable::None => return false,
            Readable::All => return true,
            Readable::Only(filter) => filter,
        };
        let Some(entity) = self.as_if_visible() else {
            return false;
        };
        CatalogSnapshot::build([entity]).matches(self.entity_ref.as_str(), filter)
    }

    fn as_if_visible(&self) -> Option<Arc<Entity>> {
        let Some(input) = &self.input else {
            return self.processed.clone();
        };
        let relations: BTreeSet<Relation> = relation::edges(input)
            .unwrap_or_default()
            .into_iter()
            .filter(|edge| edge.source == self.entity_ref)
            .map(|edge| Relation {
                relation_type: edge.relation_type.into(),
                target: edge.target,
            })
            .collect();
        let relations: Vec<Relation> = relations.into_iter().collect();
        let written = input.to_string();
        let stitch = Stitch {
            source: StitchSource::Written(&written),
            uid: self.uid,
            annotations: &[],
            relations: &relations,
            status: &[],
            is_orphan: false,
        };
        stitch.finish().ok().map(Arc::new)
    }
}
