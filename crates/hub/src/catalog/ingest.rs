//! Brings the catalog in line with the files: reads them, compares, records, publishes.

use super::config::CatalogConfig;
use super::finish::{Final, Finished, Rejected, finish};
use super::keep::kept;
use super::reading::Reading;
use super::service::LocationStatus;
use super::state::{Record, State};
use super::store;
use crate::app::App;
use crate::finding::Finding;
use callboard_catalog::{CatalogSnapshot, Change, EntityRef};
use callboard_store::{Store, StoreError};
use rand::RngExt;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use tokio::task::{JoinError, spawn_blocking};
use uuid::Uuid;

/// Why the catalog could not be brought in line; what was in force still is.
#[derive(Debug, thiserror::Error)]
pub(super) enum IngestError {
    /// The database did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The reading of files was interrupted.
    #[error("reading catalog files was interrupted")]
    Interrupted(#[from] JoinError),
}

/// Fills the catalog at start, from the files and from what the database has of earlier runs.
pub(super) async fn start(app: &App) -> Result<(), IngestError> {
    let mut conn = app.core().store.read().await?;
    let known = Arc::new(store::records(&mut conn).await?);
    let registered = store::locations(&mut conn).await?.into();
    drop(conn);
    let nothing = State {
        registered,
        ..State::default()
    };
    let state = next_state(app, &nothing, known).await?;
    app.catalog().publish(state);
    Ok(())
}

/// The catalog as [`start`] would publish it now; nothing is recorded or published.
pub(super) async fn preview(
    store: &Store,
    config: CatalogConfig,
) -> Result<CatalogSnapshot, IngestError> {
    let mut conn = store.read().await?;
    let known = Arc::new(store::records(&mut conn).await?);
    drop(conn);
    let (_, finished) = read(store, Arc::new(config), &State::default(), &known).await?;
    Ok(CatalogSnapshot::build(
        finished.entities.into_values().map(|found| found.entity),
    ))
}

/// The catalog that the files make, were there no database.
pub(super) fn from_files(config: &CatalogConfig) -> CatalogSnapshot {
    let mut reading = Reading::of(config);
    loop {
        match finish(&reading, &[], &HashMap::new(), &mut new_uid) {
            Ok(finished) => {
                let entities = finished.entities.into_values();
                return CatalogSnapshot::build(entities.map(|found| found.entity));
            }
            Err(rejected) => reject(&mut reading, &rejected),
        }
    }
}

/// Takes out what cannot be, so that there is less each time.
fn reject(reading: &mut Reading, rejected: &[Rejected]) {
    for Rejected {
        entity_ref,
        message,
    } in rejected
    {
        reading.reject(entity_ref, message);
    }
}

/// Reads the files again and publishes what has changed.
pub(super) async fn again(app: &App) -> Result<(), IngestError> {
    let before = app.catalog().state();
    let state = next_state(app, &before, Arc::clone(&before.records)).await?;
    app.catalog().publish(state);
    Ok(())
}

/// What is in force after `before`, already recorded; `known` is what the database has.
async fn next_state(
    app: &App,
    before: &State,
    known: Arc<HashMap<EntityRef, Record>>,
) -> Result<State, IngestError> {
    let config = Arc::clone(&app.catalog().config);
    let store = &app.core().store;
    let (reading, finished) = read(store, config, before, &known).await?;
    let difference = Difference::between(&known, &finished.entities);
    difference.record(store).await?;
    let snapshot = if before.snapshot.is_empty() {
        Arc::new(CatalogSnapshot::build(
            finished
                .entities
                .values()
                .map(|found| Arc::clone(&found.entity)),
        ))
    } else if difference.is_empty() {
        Arc::clone(&before.snapshot)
    } else {
        Arc::new(before.snapshot.apply(difference.changes()))
    };
    let locations = statuses(&app.catalog().config, reading.findings, &finished.entities);
    log_news(&before.locations, &locations);
    let records = finished
        .entities
        .into_iter()
        .map(|(entity_ref, found)| (entity_ref, found.record));
    Ok(State {
        snapshot,
        records: Arc::new(records.collect()),
        locations,
        relation_count: finished.relation_count,
        registered: Arc::clone(&before.registered),
        seen: reading.files.seen,
    })
}

/// Reads the files, and stitches what they hold with what stays as it was.
async fn read(
    store: &Store,
    config: Arc<CatalogConfig>,
    before: &State,
    known: &Arc<HashMap<EntityRef, Record>>,
) -> Result<(Reading, Finished), IngestError> {
    let mut reading = spawn_blocking(move || Reading::of(&config)).await?;
    loop {
        let last_good = last_good(store, before, known, &reading).await?;
        let known = Arc::clone(known);
        let stitched = spawn_blocking(move || {
            let finished = finish(&reading, &last_good, &known, &mut new_uid);
            (reading, finished)
        });
        let (back, finished) = stitched.await?;
        reading = back;
        match finished {
            Ok(finished) => return Ok((reading, finished)),
            // Each turn takes something out, so that this comes to an end.
            Err(rejected) => reject(&mut reading, &rejected),
        }
    }
}

/// The entities that stay as they were: from memory, or at start from the database.
async fn last_good(
    store: &Store,
    before: &State,
    known: &HashMap<EntityRef, Record>,
    reading: &Reading,
) -> Result<Vec<Final>, StoreError> {
    let mut found = Vec::new();
    let (mut kept, mut conn) = (kept(reading, known).into_iter().collect::<Vec<_>>(), None);
    kept.sort_unstable();
    for entity_ref in kept {
        let Some(record) = known.get(&entity_ref) else {
            continue;
        };
        let entity = match before.snapshot.get(entity_ref.as_str()) {
            Some(entity) => Some(Arc::clone(entity)),
            None => {
                let conn = match &mut conn {
                    Some(conn) => conn,
                    none => none.insert(store.read().await?),
                };
                store::entity(conn, &entity_ref).await?
            }
        };
        found.extend(entity.map(|entity| Final {
            entity,
            record: record.clone(),
        }));
    }
    Ok(found)
}

#[expect(
    clippy::disallowed_methods,
    reason = "nothing depends on which identifier an entity gets"
)]
fn new_uid() -> Uuid {
    uuid::Builder::from_random_bytes(rand::rng().random()).into_uuid()
}

/// What has to be written to get from one catalog to the next.
struct Difference<'a> {
    removed: Vec<EntityRef>,
    changed: Vec<&'a Final>,
}

impl<'a> Difference<'a> {
    fn between(
        known: &HashMap<EntityRef, Record>,
        entities: &'a HashMap<EntityRef, Final>,
    ) -> Difference<'a> {
        let is_gone = |entity_ref: &&EntityRef| !entities.contains_key(*entity_ref);
        let is_new = |found: &&Final| known.get(found.entity.entity_ref()) != Some(&found.record);
        Difference {
            removed: known.keys().filter(is_gone).cloned().collect(),
            changed: entities.values().filter(is_new).collect(),
        }
    }

    fn is_empty(&self) -> bool {
        self.removed.is_empty() && self.changed.is_empty()
    }

    /// Writes it in one transaction; an empty one does not touch the database.
    async fn record(&self, store: &Store) -> Result<(), StoreError> {
        if self.is_empty() {
            return Ok(());
        }
        let mut tx = store.begin().await?;
        store::write(&mut tx, &self.removed, &self.changed).await?;
        tx.commit().await
    }

    fn changes(&self) -> impl Iterator<Item = Change> {
        let removed = self.removed.iter().cloned().map(Change::Remove);
        removed.chain(
            self.changed
                .iter()
                .map(|found| Change::Upsert(Arc::clone(&found.entity))),
        )
    }
}

fn statuses(
    config: &CatalogConfig,
    findings: Vec<Vec<Finding>>,
    entities: &HashMap<EntityRef, Final>,
) -> Arc<[LocationStatus]> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for found in entities.values() {
        *counts.entry(&found.record.origin_key).or_default() += 1;
    }
    let status = |(configured, findings): (&super::config::ConfiguredLocation, Vec<Finding>)| {
        LocationStatus {
            entity_count: counts
                .get(&*configured.location.to_string())
                .copied()
                .unwrap_or_default(),
            location: configured.location.clone(),
            findings,
        }
    };
    config.locations.iter().zip(findings).map(status).collect()
}

/// Logs each finding once, and the recovery of a location.
fn log_news(before: &[LocationStatus], now: &[LocationStatus]) {
    let known: HashSet<String> = before
        .iter()
        .flat_map(|status| &status.findings)
        .map(ToString::to_string)
        .collect();
    let findings = now.iter().flat_map(|status| &status.findings);
    for finding in findings.filter(|finding| !known.contains(&finding.to_string())) {
        finding.log("catalog");
    }
    for status in now.iter().filter(|status| status.findings.is_empty()) {
        let had_findings =
            |old: &LocationStatus| old.location == status.location && !old.findings.is_empty();
        if before.iter().any(had_findings) {
            tracing::info!(plugin = "catalog", location = %status.location, "the catalog files are all well again");
        }
    }
}
