//! An operation with its two events: that it began, and how it ended.

use super::chain::Head;
use super::event::{Event, Outcome, Severity, record};
use super::{Audit, Requester, service};
use crate::app::App;
use crate::error::Error;
use callboard_store::{StoreError, Tx};
use prometheus::IntCounter;
use serde_json::{Map, Value, json};

/// Something that was asked for and is worth remembering.
///
/// Beginning one writes the event `initiated`; it ends with `succeeded` or `failed`, whose `meta`
/// is that of the beginning with more added. Reads end in the log alone. What changes something
/// ends inside the transaction that makes the change, and a change that was refused in one of its
/// own.
#[derive(Debug, Clone)]
pub struct Operation {
    plugin: &'static str,
    id: &'static str,
    severity: Severity,
    requester: Requester,
    meta: Map<String, Value>,
}

impl Operation {
    /// Says that an operation begins.
    ///
    /// `meta` is an object: what is known about the operation before it is tried. The id of the
    /// access token that the requester showed is added to it.
    pub fn begin(
        requester: Requester,
        plugin: &'static str,
        id: &'static str,
        meta: Value,
    ) -> Operation {
        Operation::of(Severity::Medium, requester, plugin, id, meta)
    }

    /// Says that somebody looks at something, as routine: only a log of level `debug` tells of it.
    ///
    /// It ends with [`Operation::succeed`] or [`Operation::fail`]. [`Severity::is_heard`] says
    /// whether there is any need to.
    pub fn look(
        requester: Requester,
        plugin: &'static str,
        id: &'static str,
        meta: Value,
    ) -> Operation {
        Operation::of(Severity::Low, requester, plugin, id, meta)
    }

    fn of(
        severity: Severity,
        requester: Requester,
        plugin: &'static str,
        id: &'static str,
        meta: Value,
    ) -> Operation {
        let mut operation = Operation {
            plugin,
            id,
            severity,
            requester,
            meta: Map::new(),
        };
        operation.note(meta);
        if let Some(id) = operation.requester.access_token() {
            operation.meta.insert("accessTokenId".to_owned(), json!(id));
        }
        record(&operation.event(Outcome::Initiated));
        operation
    }

    /// Ends a read that was answered; `more` is added to what the event says.
    pub fn succeed(mut self, more: Value) {
        self.note(more);
        record(&self.event(Outcome::Succeeded));
    }

    /// Ends a read that was not answered.
    pub fn fail(mut self, error: &Error) {
        self.note_status(error);
        record(&self.event(Outcome::Failed(&named(error))));
    }

    /// Names the actor, where it shows only meanwhile who that is, as at sign-in.
    #[must_use]
    pub fn done_by(mut self, actor: &str) -> Operation {
        self.requester = self.requester.known_as(actor);
        self
    }

    /// Who asks for it.
    pub(crate) fn requester(&self) -> &Requester {
        &self.requester
    }

    /// Ends a change, as a part of the transaction that makes it: without its record there is no
    /// change.
    ///
    /// From here to the end of `tx` other recorded changes wait, so it stands near the end of a
    /// transaction, and before the line of the change feed. Once the transaction is committed,
    /// [`Recorded::publish`] writes the event to the log.
    ///
    /// # Errors
    ///
    /// As [`callboard_store::Conn::execute`].
    pub async fn succeed_in(
        &self,
        app: &App,
        tx: &mut Tx,
        more: Value,
    ) -> Result<Recorded, StoreError> {
        self.succeed_by(app.audit(), tx, more).await
    }

    /// Ends a change as [`Operation::succeed_in`] does, for tools that have no [`App`].
    pub(crate) async fn succeed_by(
        &self,
        audit: &Audit,
        tx: &mut Tx,
        more: Value,
    ) -> Result<Recorded, StoreError> {
        let mut operation = self.clone();
        operation.note(more);
        let head = audit
            .append(tx, &operation.event(Outcome::Succeeded))
            .await?;
        let count = audit.counts.of(&operation.event(Outcome::Succeeded));
        Ok(Recorded {
            operation,
            head,
            count,
        })
    }

    /// Ends something that changes nothing in the database and is kept all the same, such as an
    /// export of data. Nothing may be given away before.
    ///
    /// # Errors
    ///
    /// As [`callboard_store::Store::begin`].
    pub async fn succeed_recorded(mut self, app: &App, more: Value) -> Result<(), StoreError> {
        self.note(more);
        let event = self.event(Outcome::Succeeded);
        app.audit().append_alone(&event).await?;
        app.audit().counts.of(&event).inc();
        record(&event);
        Ok(())
    }

    /// Ends a change that was refused, or went wrong; nothing of it was kept but the refusal.
    ///
    /// A refusal that cannot be recorded is a refusal all the same: the log says so. Of many
    /// refusals of the same actor within a minute, the first twenty are kept, and the others
    /// counted in one row; the log has them all.
    pub async fn refuse(mut self, app: &App, error: &Error) {
        self.note_status(error);
        self.refuse_by(app.audit(), &named(error)).await;
    }

    /// Gives back what a step of the change came to; when that is an error, the change ends with it
    /// as [`Operation::refuse`] says.
    ///
    /// # Errors
    ///
    /// The error itself.
    pub async fn or_refuse<T>(&self, app: &App, step: Result<T, Error>) -> Result<T, Error> {
        if let Err(error) = &step {
            self.clone().refuse(app, error).await;
        }
        step
    }

    /// Ends a change as [`Operation::refuse`] does, for tools that have no [`App`].
    pub(crate) async fn refuse_by(self, audit: &Audit, reason: &str) {
        let event = self.event(Outcome::Failed(reason));
        audit.counts.of(&event).inc();
        record(&event);
        audit.append_refusal(&event).await;
    }

    /// Adds members to what the event says.
    fn note(&mut self, more: Value) {
        if let Value::Object(more) = more {
            self.meta.extend(more);
        }
    }

    fn note_status(&mut self, error: &Error) {
        let (status, _) = error.wire();
        if self.requester.request().is_some() {
            self.note(json!({"response": {"status": status.as_u16()}}));
        }
    }

    fn event<'a>(&'a self, outcome: Outcome<'a>) -> Event<'a> {
        Event {
            plugin: self.plugin,
            id: self.id,
            severity: self.severity,
            outcome,
            actor: self.requester.actor(),
            request: self.requester.request(),
            meta: Value::Object(self.meta.clone()),
        }
    }
}

/// A change whose end is recorded and not yet in the log.
#[derive(Debug)]
#[must_use = "a change that was committed is published"]
pub struct Recorded {
    operation: Operation,
    head: Head,
    count: IntCounter,
}

impl Recorded {
    /// Writes the event to the log, after the commit.
    pub fn publish(self) {
        self.count.inc();
        record(&self.operation.event(Outcome::Succeeded));
        service::tell_now_and_then(&self.head);
    }
}

/// `NotFoundError: the message`, as the original's events name errors.
fn named(error: &Error) -> String {
    let (_, name) = error.wire();
    format!("{name}: {error}")
}
