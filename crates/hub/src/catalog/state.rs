//! Everything about the catalog that is in force at one moment.

use super::file::Fingerprint;
use super::location::RegisteredLocation;
use super::service::LocationStatus;
use callboard_catalog::{CatalogSnapshot, Entity, EntityRef};
use smol_str::SmolStr;
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;
use uuid::Uuid;

/// A catalog as it is published, and what the next reading of its files starts from.
#[derive(Default)]
pub(super) struct State {
    pub(super) snapshot: Arc<CatalogSnapshot>,
    // INVARIANT: there is a record for each entity of `snapshot`, and no other.
    pub(super) records: Arc<HashMap<EntityRef, Record>>,
    pub(super) locations: Arc<[LocationStatus]>,
    /// How many relations the entities have, at both ends.
    pub(super) relation_count: usize,
    pub(super) registered: Arc<[RegisteredLocation]>,
    /// The files and folders that were looked at, as they were then.
    pub(super) seen: BTreeMap<PathBuf, Option<Fingerprint>>,
}

/// What is known of an entity beside its final form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    /// Stays with the reference for as long as the entity is in the catalog.
    pub(super) uid: Uuid,
    /// The location that the entity was read from, as `<type>:<target>`.
    pub(super) location_key: SmolStr,
    /// The configured location above it, in the same form.
    pub(super) origin_key: SmolStr,
    /// The entities that emit it; none for a location of the configuration.
    pub(super) parents: Vec<EntityRef>,
    /// Whether the file gives the entity its etag, and not the hub.
    pub(super) has_own_etag: bool,
    /// Tells one final form from another.
    pub(super) digest: Digest,
}

/// A hash over a final entity, in hexadecimal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Digest(pub(super) SmolStr);

impl Digest {
    pub(super) fn of(entity: &Entity) -> Digest {
        Digest(super::location::sha1_hex(entity.json()).into())
    }
}

impl State {
    /// The entities that emit the one with this reference.
    pub(super) fn parents_of(&self, entity_ref: &EntityRef) -> &[EntityRef] {
        self.records
            .get(entity_ref)
            .map_or(&[], |record| &record.parents)
    }
}
