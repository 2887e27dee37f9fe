//! The rows of the catalog.

use super::common::Common;
use super::finish::{Difference, Row};
use super::ledger::Due;
use super::location::RegisteredLocation;
use super::record::{Digest, Record, Source};
use callboard_catalog::{Entity, EntityRef};
use callboard_store::{
    Conn, Migration, Query, Record as _, Revision, StoreError, Tx, feed, migrations, record,
};
use std::collections::BTreeSet;
use std::sync::Arc;
use uuid::Uuid;

pub(super) const MIGRATIONS: &[Migration] = migrations![
    "20261121100000_catalog_entities.sql",
    "20261121100100_catalog_locations.sql",
    "20261123090100_catalog_records.sql"
];

/// What lines of the change feed call a change of the catalog.
pub(super) const TOPIC: &str = "catalog";

/// The key of a line about the registered locations; every other key is a list of references, one
/// a line.
pub(super) const LOCATIONS_KEY: &str = "locations";

/// The key of a line that only says that something is to be processed.
pub(super) const DUE_KEY: &str = "due";

/// How many references stand in one statement, and in one line of the change feed.
const CHUNK: usize = 64;

/// How many rows one statement writes; SQLite takes 32,766 values at most.
const ROWS: usize = 256;

/// How many records are read together: all of them would take a multiple of their size.
const PAGE_ROWS: u32 = 1_024;

/// How many rows of a table are read at most.
const MAX_ROWS: u32 = 10_000_000;

/// An empty list of errors, as almost every record has it.
const NO_ERRORS: &str = "[]";

const COLUMNS: [&str; 14] = [
    "entity_ref",
    "uid",
    "location_key",
    "sources",
    "emitted",
    "input",
    "is_active",
    "tags",
    "errors",
    "has_own_etag",
    "line",
    "digest",
    "entity",
    "due_at",
];

const PAGE: &str = "
    SELECT entity_ref, uid, location_key, sources, emitted, input, is_active, tags, errors,
           has_own_etag, line, digest, entity
    FROM catalog_records
    WHERE entity_ref > $1
    ORDER BY entity_ref
    LIMIT $2";

// When a row is due that is there already is said on its own.
const REPLACE: &str = "
    ON CONFLICT (entity_ref) DO UPDATE
    SET uid = excluded.uid, location_key = excluded.location_key, sources = excluded.sources,
        emitted = excluded.emitted, input = excluded.input, is_active = excluded.is_active,
        tags = excluded.tags, errors = excluded.errors, has_own_etag = excluded.has_own_etag,
        line = excluded.line, digest = excluded.digest, entity = excluded.entity";

const DELETE: &str = "
    DELETE FROM catalog_records
    WHERE entity_ref = $1";

const SET_DUE: &str = "
    UPDATE catalog_records
    SET due_at = $2, claimed_until = NULL, claimed_by = NULL
    WHERE entity_ref = $1";

// A claim that is gone was taken back by somebody who wants it processed again.
const RELEASE: &str = "
    UPDATE catalog_records
    SET due_at = $2, claimed_until = NULL, claimed_by = NULL
    WHERE entity_ref = $1 AND claimed_by IS NOT NULL";

const IS_ANY_DUE: &str = "
    SELECT COUNT(*)
    FROM (
        SELECT 1
        FROM catalog_records
        WHERE due_at <= $1
            AND (claimed_until IS NULL OR claimed_until <= $1 OR claimed_by = $2)
        LIMIT 1
    ) AS due";

// A transaction that writes keeps all others out, so two replicas never claim the same row. What a
// process has claimed itself is left from a time when the database did not take what came of it.
const CLAIM: &str = "
    UPDATE catalog_records
    SET claimed_until = $2, claimed_by = $3
    WHERE entity_ref IN (
        SELECT entity_ref
        FROM catalog_records
        WHERE due_at <= $1
            AND (claimed_until IS NULL OR claimed_until <= $1 OR claimed_by = $3)
        ORDER BY due_at
        LIMIT $4
    )
    RETURNING entity_ref, due_at";

// What nobody is at and is due was taken back, and is processed again.
const HELD: &str = "(claimed_by = $1 OR (claimed_by IS NULL AND due_at <= $2))";

const FREE: &str = "
    UPDATE catalog_records
    SET claimed_until = NULL, claimed_by = NULL
    WHERE due_at <= $1 AND claimed_by IS NOT NULL";

const LOCATIONS: &str = "
    SELECT id, location_type, target
    FROM catalog_locations
    ORDER BY location_type, target
    LIMIT $1";

const INSERT_LOCATION: &str = "
    INSERT INTO catalog_locations (id, location_type, target)
    VALUES ($1, $2, $3)";

const DELETE_LOCATION: &str = "
    DELETE FROM catalog_locations
    WHERE id = $1";

record! {
    struct RecordRow {
        entity_ref: String,
        uid: String,
        location_key: Option<String>,
        sources: String,
        emitted: String,
        input: Option<String>,
        is_active: bool,
        tags: Option<String>,
        errors: String,
        has_own_etag: bool,
        line: Option<i64>,
        digest: Option<String>,
        entity: Option<String>,
    }
}

record! { struct ClaimedRow { entity_ref: String, due_at: i64 } }

record! { struct LocationRow { id: String, location_type: String, target: String } }

/// The next rows after a reference, in the order of references; none when there are no more.
pub(super) struct Page(Vec<callboard_store::Row>);

/// What is written in a page.
pub(super) struct PageRead {
    pub(super) rows: Vec<Row>,
    /// References of rows that somebody has damaged.
    pub(super) damaged: Vec<String>,
}

impl Page {
    /// Fetches the page after a reference.
    pub(super) async fn after(conn: &mut Conn, after: &str) -> Result<Page, StoreError> {
        let query = Query::new(PAGE).bind(after).bind(PAGE_ROWS);
        Ok(Page(conn.fetch_rows(query).await?))
    }

    /// The last reference of the page; `None` when there are no more rows.
    pub(super) fn last(&self) -> Result<Option<String>, StoreError> {
        self.0.last().map(|row| row.get("entity_ref")).transpose()
    }

    /// Reads the rows. Blocks.
    pub(super) fn read(self, common: &Common) -> Result<PageRead, StoreError> {
        let mut page = PageRead {
            rows: Vec::with_capacity(self.0.len()),
            damaged: Vec::new(),
        };
        for row in self.0 {
            let mut row = RecordRow::from_row(&row)?;
            let entity_ref = std::mem::take(&mut row.entity_ref);
            match row.into_row(&entity_ref, common) {
                Some(row) => page.rows.push(row),
                None => page.damaged.push(entity_ref),
            }
        }
        Ok(page)
    }
}

/// Removes damaged rows: what they were about is emitted anew.
pub(super) async fn remove(tx: &mut Tx, damaged: &[String]) -> Result<(), StoreError> {
    for entity_ref in damaged {
        tx.execute(Query::new(DELETE).bind(entity_ref)).await?;
    }
    Ok(())
}

/// The records with these references, as far as there are any.
pub(super) async fn some(
    conn: &mut Conn,
    entity_refs: &[EntityRef],
) -> Result<Vec<Row>, StoreError> {
    let (mut found, common) = (Vec::new(), Common::default());
    for chunk in entity_refs.chunks(CHUNK) {
        let places: Vec<String> = (1..=chunk.len()).map(|place| format!("${place}")).collect();
        let columns = COLUMNS[..COLUMNS.len() - 1].join(", ");
        let places = places.join(", ");
        let sql = format!("SELECT {columns}\nFROM catalog_records\nWHERE entity_ref IN ({places})");
        let query = chunk.iter().fold(Query::built(sql), |query, entity_ref| {
            query.bind(entity_ref.as_str())
        });
        let rows: Vec<RecordRow> = conn.fetch_all(query).await?;
        let rows = rows.into_iter().map(|mut row| {
            let entity_ref = std::mem::take(&mut row.entity_ref);
            row.into_row(&entity_ref, &common)
        });
        found.extend(rows.flatten());
    }
    Ok(found)
}

impl RecordRow {
    /// `None` when it is damaged.
    fn into_row(self, entity_ref: &str, common: &Common) -> Option<Row> {
        let entity = match self.entity {
            Some(json) => Some(Arc::new(Entity::parse(json).ok()?)),
            None => None,
        };
        // One text serves the entity and its record.
        let known = entity.as_ref().map(|entity| entity.entity_ref());
        let entity_ref = match known.filter(|known| known.as_str() == entity_ref) {
            Some(known) => known.clone(),
            None => EntityRef::parse(entity_ref).ok()?,
        };
        let record = Record {
            uid: Uuid::parse_str(&self.uid).ok()?,
            location_key: self.location_key.map(|key| common.key(&key)),
            sources: common.sources(&self.sources)?,
            // What is no hash was written by an older hub, and is like nothing that is emitted.
            emitted: Digest::parse(&self.emitted).unwrap_or_else(|| Digest::of("")),
            input: self.input.map(Into::into),
            is_active: self.is_active,
            tags: self.tags.map(Into::into),
            errors: match &*self.errors {
                NO_ERRORS => Arc::default(),
                errors => serde_json::from_str::<Vec<_>>(errors).ok()?.into(),
            },
            has_own_etag: self.has_own_etag,
            digest: match &entity {
                Some(_) => Digest::parse(&self.digest?),
                None => None,
            },
            line: self.line.and_then(|line| u32::try_from(line).ok()),
        };
        Some(Row {
            entity_ref,
            record: Arc::new(record),
            entity,
        })
    }
}

/// The locations that were registered by request.
pub(super) async fn locations(conn: &mut Conn) -> Result<Vec<RegisteredLocation>, StoreError> {
    let rows: Vec<LocationRow> = conn.fetch_all(Query::new(LOCATIONS).bind(MAX_ROWS)).await?;
    let locations = rows.into_iter().map(|row| RegisteredLocation {
        id: row.id,
        target: row.target,
        location_type: row.location_type,
    });
    Ok(locations.collect())
}

/// Writes what differs; `due_at` says when, in milliseconds since 1970.
pub(super) async fn write(
    tx: &mut Tx,
    before: &super::state::State,
    difference: &Difference,
    due_at: &(dyn Fn(Due) -> Option<i64> + Sync),
) -> Result<(), StoreError> {
    for entity_ref in &difference.removed {
        tx.execute(Query::new(DELETE).bind(entity_ref.as_str()))
            .await?;
    }
    let mut queries = difference.changed.chunks(ROWS).map(|rows| {
        let insert = Query::insert_or("catalog_records", &COLUMNS, rows.len(), REPLACE);
        rows.iter().fold(insert, |query, row| {
            let due = difference.due.get(&row.entity_ref);
            bind(query, row).bind(due.and_then(|due| due_at(*due)))
        })
    });
    let mut query = queries.next();
    while let Some(ready) = query {
        // The database writes some rows while the next are got ready.
        let next = async { queries.next() };
        let (written, next) = tokio::join!(tx.execute(ready), next);
        written?;
        query = next;
    }
    for (entity_ref, due) in &difference.due {
        let Some(known) = before.record(entity_ref) else {
            continue;
        };
        if *due == Due::Never && !known.is_active {
            continue;
        }
        let set = match due {
            Due::Released => RELEASE,
            Due::Now | Due::Later | Due::Never => SET_DUE,
        };
        let query = Query::new(set).bind(entity_ref.as_str()).bind(due_at(*due));
        tx.execute(query).await?;
    }
    write_locations(tx, &before.registered, &difference.next.registered).await
}

async fn write_locations(
    tx: &mut Tx,
    before: &[RegisteredLocation],
    next: &[RegisteredLocation],
) -> Result<(), StoreError> {
    for gone in before.iter().filter(|location| !next.contains(location)) {
        tx.execute(Query::new(DELETE_LOCATION).bind(&gone.id))
            .await?;
    }
    for new in next.iter().filter(|location| !before.contains(location)) {
        let query = Query::new(INSERT_LOCATION)
            .bind(&new.id)
            .bind(&new.location_type)
            .bind(&new.target);
        tx.execute(query).await?;
    }
    Ok(())
}

/// Adds to the feed what differs, as the last part of a transaction; gives the newest revision.
pub(super) async fn announce(
    tx: &mut Tx,
    before: &super::state::State,
    difference: &Difference,
) -> Result<Option<Revision>, StoreError> {
    let mut revision = None;
    let changed = difference.changed.iter().map(|row| row.entity_ref.as_str());
    let removed = difference.removed.iter().map(EntityRef::as_str);
    let entity_refs: Vec<&str> = removed.chain(changed).collect();
    let lines: Vec<String> = entity_refs
        .chunks(CHUNK)
        .map(|entity_refs| entity_refs.join("\n"))
        .collect();
    if !lines.is_empty() {
        revision = Some(feed::record_all(tx, TOPIC, &lines).await?);
    }
    if before.registered != difference.next.registered {
        revision = Some(feed::record(tx, TOPIC, LOCATIONS_KEY).await?);
    }
    if revision.is_none() && difference.due.values().any(|due| *due == Due::Now) {
        revision = Some(feed::record(tx, TOPIC, DUE_KEY).await?);
    }
    Ok(revision)
}

/// The values of all columns but the last.
fn bind(query: Query, row: &Row) -> Query {
    let Row {
        entity_ref,
        record,
        entity,
    } = row;
    let sources: Vec<String> = record.sources.iter().map(Source::to_string).collect();
    let errors = match record.errors.is_empty() {
        true => NO_ERRORS.to_owned(),
        // A list of structs with string members: serialising it cannot fail.
        false => serde_json::to_string(&*record.errors).unwrap_or_default(),
    };
    query
        .bind(entity_ref.as_str())
        .bind(record.uid.to_string())
        .bind(record.location_key.as_deref())
        .bind(sources.join("\n"))
        .bind(record.emitted.to_string())
        .bind(record.input.as_deref())
        .bind(record.is_active)
        .bind(record.tags.as_deref())
        .bind(errors)
        .bind(record.has_own_etag)
        .bind(record.line)
        .bind(record.digest.map(|digest| digest.to_string()))
        .bind(entity.as_ref().map(|entity| entity.json()))
}

/// Whether something is due that nobody but `claimed_by` is at.
pub(super) async fn is_any_due(
    conn: &mut Conn,
    now_ms: i64,
    claimed_by: &str,
) -> Result<bool, StoreError> {
    let query = Query::new(IS_ANY_DUE).bind(now_ms).bind(claimed_by);
    let count: i64 = conn.fetch_one(query).await?;
    Ok(count > 0)
}

/// Those of `entity_refs` that nobody else has claimed and processed since `claimed_by` did claim
/// them.
pub(super) async fn held(
    tx: &mut Tx,
    entity_refs: &[EntityRef],
    claimed_by: &str,
    now_ms: i64,
) -> Result<BTreeSet<EntityRef>, StoreError> {
    let mut held = BTreeSet::new();
    for chunk in entity_refs.chunks(CHUNK) {
        let places: Vec<String> = (3..chunk.len() + 3)
            .map(|place| format!("${place}"))
            .collect();
        let places = places.join(", ");
        let sql = format!(
            "SELECT entity_ref\nFROM catalog_records\nWHERE {HELD} AND entity_ref IN ({places})"
        );
        let query = Query::built(sql).bind(claimed_by).bind(now_ms);
        let query = chunk
            .iter()
            .fold(query, |query, entity_ref| query.bind(entity_ref.as_str()));
        let found: Vec<String> = tx.fetch_all(query).await?;
        held.extend(found.iter().filter_map(|held| EntityRef::parse(held).ok()));
    }
    Ok(held)
}

/// Frees everything that is claimed, and gives how much that was.
pub(super) async fn free(tx: &mut Tx, now_ms: i64) -> Result<u64, StoreError> {
    tx.execute(Query::new(FREE).bind(now_ms)).await
}

/// Takes some of what is due, for `claimed_by` alone until `until_ms`; gives with each since when it
/// is, in milliseconds since 1970.
pub(super) async fn claim(
    tx: &mut Tx,
    now_ms: i64,
    until_ms: i64,
    claimed_by: &str,
    limit: u32,
) -> Result<Vec<(EntityRef, i64)>, StoreError> {
    let query = Query::new(CLAIM)
        .bind(now_ms)
        .bind(until_ms)
        .bind(claimed_by)
        .bind(limit);
    let claimed: Vec<ClaimedRow> = tx.fetch_all(query).await?;
    Ok(claimed
        .iter()
        .filter_map(|row| Some((EntityRef::parse(&row.entity_ref).ok()?, row.due_at)))
        .collect())
}
