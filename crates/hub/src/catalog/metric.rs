//! What `/metrics` tells about the catalog.

use super::state::State;
use crate::hub::StartError;
use prometheus::{IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry};
use std::collections::BTreeMap;

/// The gauges, set whenever a catalog is published, and what is counted meanwhile.
pub(super) struct Metrics {
    entities: IntGaugeVec,
    locations: IntGauge,
    relations: IntGauge,
    processed: IntCounterVec,
}

/// How the processing of an entity ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ProcessingResult {
    /// Nothing that it reads had changed.
    Unchanged,
    /// All is well.
    Changed,
    /// Something went wrong.
    Errors,
}

impl Metrics {
    pub(super) fn new(registry: &Registry) -> Result<Metrics, StartError> {
        let metrics = Metrics {
            entities: IntGaugeVec::new(
                Opts::new(
                    "catalog_entities_count",
                    "Total amount of entities in the catalog",
                ),
                &["kind"],
            )?,
            locations: IntGauge::new(
                "catalog_registered_locations_count",
                "Total amount of registered locations in the catalog",
            )?,
            relations: IntGauge::new(
                "catalog_relations_count",
                "Total amount of relations between entities",
            )?,
            processed: IntCounterVec::new(
                Opts::new(
                    "catalog_processed_entities_count",
                    "Amount of entities processed",
                ),
                &["result"],
            )?,
        };
        registry.register(Box::new(metrics.entities.clone()))?;
        registry.register(Box::new(metrics.locations.clone()))?;
        registry.register(Box::new(metrics.relations.clone()))?;
        registry.register(Box::new(metrics.processed.clone()))?;
        Ok(metrics)
    }

    /// An entity was processed.
    pub(super) fn processed(&self, result: ProcessingResult) {
        let label = match result {
            ProcessingResult::Unchanged => "unchanged",
            ProcessingResult::Changed => "changed",
            ProcessingResult::Errors => "errors",
        };
        self.processed.with_label_values(&[label]).inc();
    }

    pub(super) fn show(&self, state: &State) {
        let mut kinds: BTreeMap<String, u64> = BTreeMap::new();
        for value in state
            .snapshot
            .facets(&["kind"], None, None)
            .into_iter()
            .flat_map(|facet| facet.values)
        {
            *kinds.entry(value.value.to_lowercase()).or_default() += value.count;
        }
        self.entities.reset();
        for (kind, count) in &kinds {
            self.entities
                .with_label_values(&[kind])
                .set(to_gauge(*count));
        }
        self.locations.set(to_gauge(state.registered.len() as u64));
        self.relations.set(to_gauge(state.relation_count as u64));
    }
}

fn to_gauge(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
