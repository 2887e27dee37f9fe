//! Audit events: who did what.
//!
//! Each is a line of the log, in the form of the original's auditor: `isAuditEvent`, `plugin`,
//! `eventId`, `severityLevel`, `status`, `actor`, `request`, `meta`. An [`Operation`] writes two:
//! that it began, and how it ended.
//!
//! What changes something, refuses a change, signs in or out, gives a token or exports data is
//! kept, too: its end is a row of a table in which each row holds a keyed hash over itself and
//! over the row before ([`chain`]). The row is written in the transaction of the change, so that
//! neither is there without the other. Decisions and reads are lines of the log and no more.
//!
//! [`verify()`] tells whether the table is as it was written.

mod chain;
mod count;
mod event;
mod history;
mod key;
mod naming;
mod operation;
mod refusal;
mod requester;
mod service;
mod store;
#[cfg(test)]
mod test;
mod verify;
mod views;

pub use chain::{Head, HeadError};
pub use event::{Actor, Event, Outcome, Severity, record};
pub use history::RoleChange;
pub use key::{KeyError, Keys};
pub use operation::{Operation, Recorded};
pub use requester::Requester;
pub use service::Audit;
pub use verify::{Fault, Report, verify};

use crate::app::App;
use crate::feature::{Feature, Registrar};
use crate::finding::Finding;
use crate::hub::StartError;
use crate::task::Task;

/// The feature.
pub(crate) struct AuditFeature;

impl Feature for AuditFeature {
    fn id(&self) -> &'static str {
        "audit"
    }

    fn register(&self, hub: &mut Registrar) -> Result<(), StartError> {
        hub.migrations(store::MIGRATIONS);
        let audit = Audit::new(hub.core());
        audit.counts.register(&hub.core().metrics)?;
        hub.service(audit);
        hub.check(|core| {
            let configured = key::Configured::read(&core.config);
            let error = configured.err().map(StartError::from);
            error.iter().map(Finding::from_start_error).collect()
        });
        hub.on_start(|app| async move { app.audit().open().await });
        views::register(hub);
        hub.task(Task::new("audit-refusals", service::count_refusals));
        Ok(())
    }
}

impl App {
    /// The record of what was done.
    pub fn audit(&self) -> &Audit {
        self.service()
    }
}
