//! What `/metrics` tells about reading URLs.

use super::error::ReadError;
use crate::hub::StartError;
use prometheus::{HistogramOpts, HistogramTimer, HistogramVec, IntCounterVec, Opts, Registry};

/// Counted for each file, folder or pattern that was read.
pub(super) struct Metrics {
    reads: IntCounterVec,
    seconds: HistogramVec,
}

impl Metrics {
    pub(super) fn new(registry: &Registry) -> Result<Metrics, StartError> {
        let metrics = Metrics {
            reads: IntCounterVec::new(
                Opts::new("reading_urls_total", "URLs that were read, by outcome"),
                &["provider", "outcome"],
            )?,
            seconds: HistogramVec::new(
                HistogramOpts::new("reading_duration_seconds", "Time to read a URL")
                    .buckets(vec![0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 120.0]),
                &["provider"],
            )?,
        };
        // So that the series are there before the first read, and a rate has somewhere to begin.
        metrics.reads.with_label_values(&["other", "found"]);
        metrics.seconds.with_label_values(&["other"]);
        registry.register(Box::new(metrics.reads.clone()))?;
        registry.register(Box::new(metrics.seconds.clone()))?;
        Ok(metrics)
    }

    /// Begins to measure; dropping it ends.
    pub(super) fn timer(&self, provider: &str) -> HistogramTimer {
        self.seconds.with_label_values(&[provider]).start_timer()
    }

    pub(super) fn count(&self, provider: &str, outcome: Result<&str, &ReadError>) {
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(error) => error.outcome(),
        };
        self.reads.with_label_values(&[provider, outcome]).inc();
    }
}
