//! Process figures that the collector of the metrics library does not have.

use crate::hub::StartError;
use prometheus::{Counter, Gauge, Registry};

/// User and system time apart, and the heap, under the names that the original gives them.
pub(super) struct ProcessTimes {
    user: Counter,
    system: Counter,
    heap: Gauge,
}

impl ProcessTimes {
    pub(super) fn new(registry: &Registry) -> Result<ProcessTimes, StartError> {
        let user = Counter::new(
            "process_cpu_user_seconds_total",
            "Total user CPU time spent in seconds.",
        )?;
        let system = Counter::new(
            "process_cpu_system_seconds_total",
            "Total system CPU time spent in seconds.",
        )?;
        let heap = Gauge::new("process_heap_bytes", "Process heap size in bytes.")?;
        registry.register(Box::new(user.clone()))?;
        registry.register(Box::new(system.clone()))?;
        registry.register(Box::new(heap.clone()))?;
        Ok(ProcessTimes { user, system, heap })
    }

    /// Reads the figures; where the system does not offer them they keep their value.
    pub(super) fn update(&self) {
        let Ok(process) = procfs::process::Process::myself() else {
            return;
        };
        if let Ok(stat) = process.stat() {
            let ticks = procfs::ticks_per_second();
            raise(&self.user, seconds(stat.utime, ticks));
            raise(&self.system, seconds(stat.stime, ticks));
        }
        if let Some(kibibytes) = process.status().ok().and_then(|status| status.vmdata) {
            self.heap.set(kibibytes as f64 * 1024.0);
        }
    }
}

fn seconds(ticks: u64, per_second: u64) -> f64 {
    ticks as f64 / per_second as f64
}

/// Brings a counter up to `total`; one that two scrapes update at once never falls.
fn raise(counter: &Counter, total: f64) {
    counter.inc_by((total - counter.get()).max(0.0));
}
