//! Catalog files: reading one, judging what is in it, and making entities of that.

#![no_main]

use callboard_catalog::{
    CatalogSnapshot, Entity, Filter, Match, Query, Rows, Stitch, StitchSource, check_keys,
    relation, validate,
};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use uuid::Uuid;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    for document in callboard_yaml::parse_documents(&text).into_iter().flatten() {
        let value = document.to_json();
        // A document that is refused may still be shown, and asked for what it says.
        let edges = relation::edges(&value);
        if validate(&value).is_ok() && check_keys(&value).is_ok() {
            let edges = edges.expect("the references of a valid entity can be read");
            let entity = stitched(&value, edges);
            check_index(entity);
        }
    }
});

/// The final form of an entity that is alone; made again from what it was made of it is the same.
fn stitched(value: &Value, edges: Vec<relation::Edge>) -> Entity {
    let mut relations = relation::by_entity(edges);
    let has_own_etag = value["metadata"]["etag"].is_string();
    let written = value.to_string();
    let stitch = |source: StitchSource<'_>, relations: &[_]| {
        let stitch = Stitch {
            source,
            uid: Uuid::nil(),
            annotations: &[],
            relations,
            status: &[],
            is_orphan: false,
        };
        stitch.finish().expect("a valid entity has a final form")
    };
    let written = StitchSource::Written(&written);
    let bare = stitch(written, &[]);
    let own = relations.remove(bare.entity_ref()).unwrap_or_default();
    let entity = stitch(written, &own);
    assert_eq!(entity.relations(), own, "relations read back");
    let source = StitchSource::Final {
        entity: &entity,
        has_own_etag,
    };
    let again = stitch(source, &own);
    assert_eq!(again.json(), entity.json(), "made again it differs");
    entity
}

/// Everything that can be searched for is found.
fn check_index(entity: Entity) {
    let rows = Rows::of(&entity);
    let catalog = CatalogSnapshot::build([entity]);
    for row in rows.as_slice() {
        let leaf = match &row.value {
            Some(value) => Match::one_of(&row.key, [&value.folded]),
            None => Match::exists(&row.key),
        };
        let query = Query {
            filter: Some(Filter::from(leaf)),
            ..Query::default()
        };
        assert_eq!(catalog.query(&query).total, 1, "{row:?} is not found");
    }
}
