//! What `/metrics` tells about the policy files.

use super::status::SourceStatus;
use prometheus::{GaugeVec, IntCounterVec, IntGaugeVec, Opts, Registry};

/// The gauges and counters, set whenever files are looked at.
pub(super) struct Metrics {
    in_force: IntGaugeVec,
    last_read: GaugeVec,
    reads: IntCounterVec,
}

impl Metrics {
    pub(super) fn new(registry: &Registry) -> Result<Metrics, prometheus::Error> {
        let metrics = Metrics {
            in_force: IntGaugeVec::new(
                Opts::new(
                    "permission_source_in_force",
                    "1 when what a policy file holds now counts, 0 when an older content does",
                ),
                &["source"],
            )?,
            last_read: GaugeVec::new(
                Opts::new(
                    "permission_source_last_read_timestamp_seconds",
                    "when a policy file was last looked at, in seconds since 1970",
                ),
                &["source"],
            )?,
            reads: IntCounterVec::new(
                Opts::new(
                    "permission_source_reads_total",
                    "new contents of policy files, by what came of them",
                ),
                &["source", "outcome"],
            )?,
        };
        registry.register(Box::new(metrics.in_force.clone()))?;
        registry.register(Box::new(metrics.last_read.clone()))?;
        registry.register(Box::new(metrics.reads.clone()))?;
        Ok(metrics)
    }

    /// Shows what is known about each file.
    pub(super) fn show(&self, sources: &[SourceStatus]) {
        for source in sources {
            let labels = [source.kind.name()];
            self.in_force
                .with_label_values(&labels)
                .set(source.is_in_force().into());
            self.last_read
                .with_label_values(&labels)
                .set(source.read_at.as_duration().as_secs_f64());
        }
    }

    /// Counts a content that was not there before.
    pub(super) fn count(&self, source: &SourceStatus) {
        let outcome = if source.is_in_force() {
            "applied"
        } else {
            "refused"
        };
        let labels = [source.kind.name(), outcome];
        self.reads.with_label_values(&labels).inc();
    }
}
