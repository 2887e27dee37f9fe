//! What `/metrics` tells about the catalog.

use super::state::State;
use crate::hub::StartError;
use prometheus::core::Collector;
use prometheus::{
    Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts,
    Registry,
};
use std::collections::BTreeMap;
use std::time::Duration;

/// The gauges, set whenever a catalog is published, and what is counted meanwhile.
///
/// What is counted or timed goes by two names, those of both generations of the original.
pub(super) struct Metrics {
    entities: IntGaugeVec,
    locations: IntGauge,
    relations: IntGauge,
    processed: [IntCounterVec; 2],
    processing: [HistogramVec; 2],
    processors: [HistogramVec; 2],
    delay: [Histogram; 2],
    stitched: IntCounter,
    stitched_by_result: IntCounterVec,
    stitching: Histogram,
    stitching_delay: Histogram,
    /// Changes that wait for their turn to be stitched.
    pub(super) stitching_queue: IntGauge,
}

/// The upper ends of the buckets of times, in seconds.
const BUCKETS: [f64; 9] = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0];

/// How long an entity may reasonably be late, in seconds.
const DELAY_BUCKETS: [f64; 8] = [0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0];

/// How the processing of an entity ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ProcessingResult {
    /// Nothing that it reads had changed.
    Unchanged,
    /// All is well.
    Changed,
    /// Something is wrong with it.
    Errors,
    /// What came of it could not be kept, and it is processed again.
    Failed,
}

/// How many entities were stitched, by what came of that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Stitched {
    /// They look different now.
    pub(super) changed: u64,
    /// They are as they were.
    pub(super) unchanged: u64,
    /// They could not be put together.
    pub(super) failed: u64,
}

impl ProcessingResult {
    fn as_str(self) -> &'static str {
        match self {
            ProcessingResult::Unchanged => "unchanged",
            ProcessingResult::Changed => "changed",
            ProcessingResult::Errors => "errors",
            ProcessingResult::Failed => "failed",
        }
    }
}

impl Metrics {
    pub(super) fn new(registry: &Registry) -> Result<Metrics, StartError> {
        let add = Adder(registry);
        Ok(Metrics {
            entities: add.one(IntGaugeVec::new(
                Opts::new(
                    "catalog_entities_count",
                    "Total amount of entities in the catalog",
                ),
                &["kind"],
            )?)?,
            locations: add.one(IntGauge::new(
                "catalog_registered_locations_count",
                "Total amount of registered locations in the catalog",
            )?)?,
            relations: add.one(IntGauge::new(
                "catalog_relations_count",
                "Total amount of relations between entities",
            )?)?,
            processed: add.by_result(
                [
                    "catalog_processed_entities_count",
                    "catalog_processed_entities_count_total",
                ],
                "Amount of entities processed",
            )?,
            processing: add.times_by_result(
                [
                    "catalog_processing_duration_seconds",
                    "catalog_processing_duration",
                ],
                "Time spent executing the full processing flow, in seconds",
            )?,
            processors: add.times_by_result(
                [
                    "catalog_processors_duration_seconds",
                    "catalog_processors_duration",
                ],
                "Time spent reading and judging an entity, in seconds",
            )?,
            delay: add.delays([
                "catalog_processing_queue_delay_seconds",
                "catalog_processing_queue_delay",
            ])?,
            stitched: add.one(IntCounter::new(
                "catalog_stitched_entities_count",
                "Amount of entities stitched",
            )?)?,
            stitched_by_result: add.one(IntCounterVec::new(
                Opts::new(
                    "catalog_stitched_entities_count_total",
                    "Amount of entities stitched",
                ),
                &["result"],
            )?)?,
            stitching: add.time(
                "catalog_stitching_duration",
                "Time spent stitching what one change touches, in seconds",
            )?,
            stitching_delay: add.time(
                "catalog_stitching_queue_delay",
                "The amount of delay between a change and its turn to be stitched, in seconds",
            )?,
            stitching_queue: add.one(IntGauge::new(
                "catalog_stitching_queue_length",
                "Number of changes that wait for their turn to be stitched",
            )?)?,
        })
    }

    /// An entity was processed, in `whole`; `reading` of that went before anything was written.
    pub(super) fn processed(&self, result: ProcessingResult, reading: Duration, whole: Duration) {
        let label = &[result.as_str()];
        for counter in &self.processed {
            counter.with_label_values(label).inc();
        }
        for times in &self.processing {
            times.with_label_values(label).observe(whole.as_secs_f64());
        }
        let of_processors = match result {
            ProcessingResult::Errors => "failed",
            ProcessingResult::Unchanged | ProcessingResult::Changed | ProcessingResult::Failed => {
                "ok"
            }
        };
        for times in &self.processors {
            let times = times.with_label_values(&[of_processors]);
            times.observe(reading.as_secs_f64());
        }
    }

    /// An entity that was due is taken up, so much later.
    pub(super) fn taken_up(&self, late: Duration) {
        for delays in &self.delay {
            delays.observe(late.as_secs_f64());
        }
    }

    /// A change was stitched, after it had waited for its turn.
    pub(super) fn stitched(&self, stitched: Stitched, waited: Duration, took: Duration) {
        let Stitched {
            changed,
            unchanged,
            failed,
        } = stitched;
        if changed + unchanged + failed == 0 {
            return;
        }
        self.stitched.inc_by(changed + unchanged + failed);
        let counts = [
            ("changed", changed),
            ("unchanged", unchanged),
            ("error", failed),
        ];
        for (result, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
            let counter = self.stitched_by_result.with_label_values(&[result]);
            counter.inc_by(count);
        }
        self.stitching_delay.observe(waited.as_secs_f64());
        self.stitching.observe(took.as_secs_f64());
    }

    pub(super) fn show(&self, state: &State) {
        let mut kinds: BTreeMap<String, u64> = BTreeMap::new();
        let facets = state.snapshot.facets(&["kind"], None, None);
        for value in facets.iter().flat_map(|facet| facet.values.iter()) {
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

/// Makes metrics that are registered.
struct Adder<'a>(&'a Registry);

impl Adder<'_> {
    fn one<M: Collector + Clone + 'static>(&self, metric: M) -> Result<M, StartError> {
        self.0.register(Box::new(metric.clone()))?;
        Ok(metric)
    }

    fn by_result(&self, names: [&str; 2], help: &str) -> Result<[IntCounterVec; 2], StartError> {
        let [older, newer] =
            names.map(|name| self.one(IntCounterVec::new(Opts::new(name, help), &["result"])?));
        Ok([older?, newer?])
    }

    fn times_by_result(
        &self,
        names: [&str; 2],
        help: &str,
    ) -> Result<[HistogramVec; 2], StartError> {
        let [older, newer] = names.map(|name| {
            let options = HistogramOpts::new(name, help).buckets(BUCKETS.to_vec());
            self.one(HistogramVec::new(options, &["result"])?)
        });
        Ok([older?, newer?])
    }

    fn delays(&self, names: [&str; 2]) -> Result<[Histogram; 2], StartError> {
        let help = "The amount of delay between being scheduled for processing, and the start of actually being processed, in seconds";
        let [older, newer] = names.map(|name| {
            let options = HistogramOpts::new(name, help).buckets(DELAY_BUCKETS.to_vec());
            self.one(Histogram::with_opts(options)?)
        });
        Ok([older?, newer?])
    }

    fn time(&self, name: &str, help: &str) -> Result<Histogram, StartError> {
        let options = HistogramOpts::new(name, help).buckets(BUCKETS.to_vec());
        self.one(Histogram::with_opts(options)?)
    }
}

fn to_gauge(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
