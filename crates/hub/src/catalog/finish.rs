//! From what was read to the entities as they are served.

use super::reading::Reading;
use super::state::{Digest, Record};
use callboard_catalog::relation::{self, Edge};
use callboard_catalog::{Entity, EntityRef, Relation, StatusItem, Stitch};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use uuid::Uuid;

const LOCATION_ANNOTATION: &str = "backstage.io/managed-by-location";
const ORIGIN_ANNOTATION: &str = "backstage.io/managed-by-origin-location";
/// Lists of references whose order means nothing.
const UNORDERED: [&str; 7] = [
    "/spec/providesApis",
    "/spec/consumesApis",
    "/spec/dependsOn",
    "/spec/dependencyOf",
    "/spec/memberOf",
    "/spec/children",
    "/spec/members",
];

/// The catalog as it shall be.
pub(super) struct Finished {
    pub(super) entities: HashMap<EntityRef, Final>,
    /// How many relations they have, at both ends.
    pub(super) relation_count: usize,
}

/// An entity as it is served.
#[derive(Debug, Clone)]
pub(super) struct Final {
    pub(super) entity: Arc<Entity>,
    pub(super) record: Record,
}

/// An entity that has no final form, and why.
pub(super) struct Rejected {
    pub(super) entity_ref: EntityRef,
    pub(super) message: String,
}

/// Derives the relations, and stitches what was read together with what is `kept` as it was.
///
/// References that `known` has keep their identifier; the others get one from `new_uid`.
///
/// # Errors
///
/// The entities that cannot be stitched, to be taken out of what was read.
pub(super) fn finish(
    reading: &Reading,
    kept: &[Final],
    known: &HashMap<EntityRef, Record>,
    new_uid: &mut dyn FnMut() -> Uuid,
) -> Result<Finished, Vec<Rejected>> {
    let kept: Vec<(&EntityRef, &Record, Value)> = kept
        .iter()
        .map(|last| (last.entity.entity_ref(), &last.record, source_of(last)))
        .collect();
    let sources = reading
        .emitted
        .values()
        .map(|emitted| &emitted.value)
        .chain(kept.iter().map(|kept| &kept.2));
    // References were checked with the rest of the entity.
    let edges: Vec<Edge> = sources
        .filter_map(|source| relation::edges(source).ok())
        .flatten()
        .collect();
    let relations = relation::by_entity(edges);
    let context = Context {
        reading,
        relations: &relations,
    };

    let (mut entities, mut rejected) = (HashMap::new(), Vec::new());
    let mut accept = |entity_ref: &EntityRef, stitched: Result<Final, String>| match stitched {
        Ok(stitched) => drop(entities.insert(entity_ref.clone(), stitched)),
        Err(message) => rejected.push(Rejected {
            entity_ref: entity_ref.clone(),
            message,
        }),
    };
    for (entity_ref, emitted) in &reading.emitted {
        let (location, origin) = (emitted.location.to_string(), emitted.origin.to_string());
        let annotations = [
            (LOCATION_ANNOTATION, &*location),
            (ORIGIN_ANNOTATION, &*origin),
        ];
        let record = Record {
            uid: known
                .get(entity_ref)
                .map_or_else(&mut *new_uid, |record| record.uid),
            location_key: location.as_str().into(),
            origin_key: origin.as_str().into(),
            parents: emitted.parents.clone(),
            has_own_etag: emitted.value["metadata"]["etag"].is_string(),
            digest: Digest::default(),
        };
        accept(
            entity_ref,
            context.stitch(
                entity_ref,
                sorted(emitted.value.clone()),
                &annotations,
                record,
            ),
        );
    }
    for (entity_ref, record, source) in kept {
        accept(
            entity_ref,
            context.stitch(entity_ref, source, &[], record.clone()),
        );
    }
    if rejected.is_empty() {
        let relation_count = relations.values().map(Vec::len).sum();
        return Ok(Finished {
            entities,
            relation_count,
        });
    }
    Err(rejected)
}

/// Sorts lists of references, as the original does: a file that is only rearranged changes nothing.
fn sorted(mut entity: Value) -> Value {
    for field in UNORDERED {
        if let Some(list) = entity
            .pointer_mut(field)
            .and_then(Value::as_array_mut)
            .filter(|list| list.iter().all(Value::is_string))
        {
            list.sort_by(|one, other| one.as_str().cmp(&other.as_str()));
        }
    }
    entity
}

struct Context<'a> {
    reading: &'a Reading,
    relations: &'a BTreeMap<EntityRef, Vec<Relation>>,
}

impl Context<'_> {
    fn stitch(
        &self,
        entity_ref: &EntityRef,
        entity: Value,
        annotations: &[(&str, &str)],
        record: Record,
    ) -> Result<Final, String> {
        let relations: &[Relation] = self.relations.get(entity_ref).map_or(&[], Vec::as_slice);
        let status: &[StatusItem] = self
            .reading
            .status
            .get(entity_ref)
            .map_or(&[], Vec::as_slice);
        let stitch = Stitch {
            entity,
            uid: record.uid,
            annotations,
            relations,
            status,
            is_orphan: false,
        };
        let entity = stitch.finish().map_err(|error| error.to_string())?;
        let digest = Digest::of(&entity);
        Ok(Final {
            entity: Arc::new(entity),
            record: Record { digest, ..record },
        })
    }
}

/// What the hub had read when it made this entity; stitching fills in the rest again.
fn source_of(last: &Final) -> Value {
    let mut value = last.entity.value();
    if let Some(metadata) = value.get_mut("metadata").and_then(Value::as_object_mut)
        && !last.record.has_own_etag
    {
        metadata.shift_remove("etag");
    }
    value
}
