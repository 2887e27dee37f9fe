//! How many decisions there were, and how they went.

use callboard_policy::Decision;
use prometheus::{IntCounter, IntCounterVec, Opts, Registry};

/// The counters, with every series resolved in advance so that counting is one atomic addition.
pub(super) struct Counts {
    allowed: IntCounter,
    denied: IntCounter,
    conditional: IntCounter,
    faults: IntCounterVec,
}

impl Counts {
    pub(super) fn new(registry: &Registry) -> Result<Counts, prometheus::Error> {
        let decisions = IntCounterVec::new(
            Opts::new(
                "permission_decisions_total",
                "decisions of the policy, by result",
            ),
            &["result"],
        )?;
        let faults = IntCounterVec::new(
            Opts::new(
                "permission_condition_faults_total",
                "decisions denied for a condition that cannot be evaluated",
            ),
            &["fault"],
        )?;
        registry.register(Box::new(decisions.clone()))?;
        registry.register(Box::new(faults.clone()))?;
        Ok(Counts {
            allowed: decisions.with_label_values(&["allow"]),
            denied: decisions.with_label_values(&["deny"]),
            conditional: decisions.with_label_values(&["conditional"]),
            faults,
        })
    }

    pub(super) fn count(&self, decision: &Decision) {
        match decision {
            Decision::Allow(_) => self.allowed.inc(),
            Decision::Deny(_) => self.denied.inc(),
            Decision::Conditional(_) => self.conditional.inc(),
        }
    }

    /// Counts a decision that a faulty condition turned into a denial.
    pub(super) fn count_fault(&self, fault: &str) {
        self.faults.with_label_values(&[fault]).inc();
    }
}
