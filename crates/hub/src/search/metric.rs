//! What `/metrics` tells about search.

use crate::hub::StartError;
use prometheus::{HistogramOpts, HistogramVec, IntGaugeVec, Opts, Registry};
use std::time::Duration;

/// The figures of each index, set whenever it is brought up to date.
pub(super) struct Metrics {
    documents: IntGaugeVec,
    size: IntGaugeVec,
    updates: HistogramVec,
}

impl Metrics {
    pub(super) fn new(registry: &Registry) -> Result<Metrics, StartError> {
        let labels = &["type"];
        let metrics = Metrics {
            documents: IntGaugeVec::new(
                Opts::new(
                    "search_documents_count",
                    "Total amount of documents in the search index",
                ),
                labels,
            )?,
            size: IntGaugeVec::new(
                Opts::new("search_index_size_bytes", "Memory of the search index"),
                labels,
            )?,
            updates: HistogramVec::new(
                HistogramOpts::new(
                    "search_index_update_duration_seconds",
                    "Time to bring the search index up to date",
                )
                .buckets(vec![0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0]),
                labels,
            )?,
        };
        registry.register(Box::new(metrics.documents.clone()))?;
        registry.register(Box::new(metrics.size.clone()))?;
        registry.register(Box::new(metrics.updates.clone()))?;
        Ok(metrics)
    }

    /// Takes down an index after it was brought up to date.
    pub(super) fn indexed(
        &self,
        document_type: &str,
        documents: u64,
        size_bytes: usize,
        took: Duration,
    ) {
        let labels = &[document_type];
        let documents = i64::try_from(documents).unwrap_or(i64::MAX);
        self.documents.with_label_values(labels).set(documents);
        let size = i64::try_from(size_bytes).unwrap_or(i64::MAX);
        self.size.with_label_values(labels).set(size);
        let updates = self.updates.with_label_values(labels);
        updates.observe(took.as_secs_f64());
    }
}
