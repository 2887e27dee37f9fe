//! How many operations ended, and how.

use super::event::Event;
use prometheus::{IntCounter, IntCounterVec, Opts, Registry};

/// A counter for each kind of operation and each end.
#[derive(Debug)]
pub(super) struct Counts(IntCounterVec);

impl Counts {
    pub(super) fn new() -> Counts {
        let options = Opts::new(
            "audit_events_total",
            "operations of the audit log that ended, by how they did",
        );
        let events = IntCounterVec::new(options, &["plugin", "event", "status"]);
        Counts(events.expect("the names above are those of a counter and its labels"))
    }

    /// Shows them among the metrics of the hub.
    pub(super) fn register(&self, registry: &Registry) -> Result<(), prometheus::Error> {
        registry.register(Box::new(self.0.clone()))
    }

    /// The counter of such an event.
    pub(super) fn of(&self, event: &Event<'_>) -> IntCounter {
        let labels = [event.plugin, event.id, event.outcome.as_str()];
        self.0.with_label_values(&labels)
    }
}
