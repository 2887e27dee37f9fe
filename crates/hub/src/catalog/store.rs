//! The records of the catalog.

use super::finish::Final;
use super::location::RegisteredLocation;
use super::state::{Digest, Record};
use callboard_catalog::{Entity, EntityRef};
use callboard_store::{Conn, Migration, Query, StoreError, Tx, feed, migrations, record};
use std::collections::HashMap;
use std::fmt::Write;
use std::sync::Arc;
use uuid::Uuid;

pub(super) const MIGRATIONS: &[Migration] = migrations![
    "20261121100000_catalog_entities.sql",
    "20261121100100_catalog_locations.sql"
];

/// What lines of the change feed call a change of entities.
const TOPIC: &str = "catalog";

/// How many rows one statement writes; SQLite takes 32,766 values at most.
const CHUNK: usize = 64;

/// How many locations are read at most.
const MAX_LOCATIONS: u32 = 100_000;

const RECORDS: &str = "
    SELECT entity_ref, uid, location_key, origin_key, parents, has_own_etag, digest
    FROM catalog_entities
    LIMIT 10000000";

const ENTITY: &str = "
    SELECT entity
    FROM catalog_entities
    WHERE entity_ref = $1";

const DELETE: &str = "
    DELETE FROM catalog_entities
    WHERE entity_ref = $1";

const LOCATIONS: &str = "
    SELECT id, location_type, target
    FROM catalog_locations
    ORDER BY location_type, target
    LIMIT $1";

record! {
    struct RecordRow {
        entity_ref: String,
        uid: String,
        location_key: String,
        origin_key: String,
        parents: String,
        has_own_etag: bool,
        digest: String,
    }
}

record! { struct LocationRow { id: String, location_type: String, target: String } }

/// What is known of every entity, without the entities.
pub(super) async fn records(conn: &mut Conn) -> Result<HashMap<EntityRef, Record>, StoreError> {
    let rows: Vec<RecordRow> = conn.fetch_all(Query::new(RECORDS)).await?;
    Ok(rows
        .into_iter()
        .filter_map(RecordRow::into_record)
        .collect())
}

impl RecordRow {
    /// `None` for a row that somebody has damaged: its entity is new then.
    fn into_record(self) -> Option<(EntityRef, Record)> {
        let parents = self
            .parents
            .lines()
            .map(EntityRef::parse)
            .collect::<Result<_, _>>()
            .ok()?;
        let record = Record {
            uid: Uuid::parse_str(&self.uid).ok()?,
            location_key: self.location_key.into(),
            origin_key: self.origin_key.into(),
            parents,
            has_own_etag: self.has_own_etag,
            digest: Digest(self.digest.into()),
        };
        Some((EntityRef::parse(&self.entity_ref).ok()?, record))
    }
}

/// The final form of an entity, as it was last written.
pub(super) async fn entity(
    conn: &mut Conn,
    entity_ref: &EntityRef,
) -> Result<Option<Arc<Entity>>, StoreError> {
    let json: Option<String> = conn
        .fetch_optional(Query::new(ENTITY).bind(entity_ref.as_str()))
        .await?;
    Ok(json.and_then(|json| Entity::parse(json).ok()).map(Arc::new))
}

/// The locations that were registered by request.
pub(super) async fn locations(conn: &mut Conn) -> Result<Vec<RegisteredLocation>, StoreError> {
    let rows: Vec<LocationRow> = conn
        .fetch_all(Query::new(LOCATIONS).bind(MAX_LOCATIONS))
        .await?;
    let locations = rows.into_iter().map(|row| RegisteredLocation {
        id: row.id,
        target: row.target,
        location_type: row.location_type,
    });
    Ok(locations.collect())
}

/// Writes what changed, and one line of the change feed for all of it.
pub(super) async fn write(
    tx: &mut Tx,
    removed: &[EntityRef],
    changed: &[&Final],
) -> Result<(), StoreError> {
    for entity_ref in removed {
        tx.execute(Query::new(DELETE).bind(entity_ref.as_str()))
            .await?;
    }
    for rows in changed.chunks(CHUNK) {
        tx.execute(upsert(rows)).await?;
    }
    feed::record(tx, TOPIC, "entities").await.map(drop)
}

fn upsert(rows: &[&Final]) -> Query {
    const COLUMNS: [&str; 8] = [
        "entity_ref",
        "uid",
        "location_key",
        "origin_key",
        "parents",
        "has_own_etag",
        "digest",
        "entity",
    ];
    let mut sql = format!(
        "INSERT INTO catalog_entities ({})\nVALUES",
        COLUMNS.join(", ")
    );
    for row in 0..rows.len() {
        let first = row * COLUMNS.len() + 1;
        let places: Vec<String> = (first..first + COLUMNS.len())
            .map(|place| format!("${place}"))
            .collect();
        let comma = if row == 0 { "" } else { "," };
        // Writing to a string cannot fail.
        let _ = write!(sql, "{comma}\n({})", places.join(", "));
    }
    let updates: Vec<String> = COLUMNS[1..]
        .iter()
        .map(|column| format!("{column} = excluded.{column}"))
        .collect();
    let _ = write!(
        sql,
        "\nON CONFLICT (entity_ref) DO UPDATE SET {}",
        updates.join(", ")
    );
    rows.iter()
        .fold(Query::built(sql), |query, Final { entity, record }| {
            let parents: Vec<&str> = record.parents.iter().map(EntityRef::as_str).collect();
            query
                .bind(entity.entity_ref().as_str())
                .bind(record.uid.to_string())
                .bind(record.location_key.as_str())
                .bind(record.origin_key.as_str())
                .bind(parents.join("\n"))
                .bind(record.has_own_etag)
                .bind(record.digest.0.as_str())
                .bind(entity.json())
        })
}
