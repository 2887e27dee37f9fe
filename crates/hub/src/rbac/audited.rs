//! The audit events of requests: each begins one, whoever asks, and the answer ends it.

use super::service::Rbac;
use super::state::State as Stored;
use super::write::Changed;
use crate::app::App;
use crate::audit::{Operation, Requester};
use crate::error::Error;
use axum::http::StatusCode;
use serde_json::{Value, json};

/// The plugin whose events these are.
const PLUGIN: &str = "permission";

/// A read that is being answered.
pub(super) struct Read(Operation);

impl Read {
    /// Begins the event `id`; `query`, an object, says what is asked for.
    pub(super) fn begin(requester: Requester, id: &'static str, mut query: Value) -> Read {
        query["source"] = json!("rest");
        Read(Operation::begin(requester, PLUGIN, id, query))
    }

    /// Answers, and ends the event.
    pub(super) fn answer<T>(self, answer: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
        let answer = answer();
        match &answer {
            Ok(_) => self
                .0
                .succeed(json!({"response": {"status": StatusCode::OK.as_u16()}})),
            Err(error) => self.0.fail(error),
        }
        answer
    }
}

/// A change that is being made.
pub(super) struct Write(Operation);

impl Write {
    /// Begins the event `id` of a request that creates something.
    pub(super) fn create(requester: Requester, id: &'static str) -> Write {
        Write::begin(requester, id, "create")
    }

    /// Begins the event `id` of a request that updates something.
    pub(super) fn update(requester: Requester, id: &'static str) -> Write {
        Write::begin(requester, id, "update")
    }

    /// Begins the event `id` of a request that deletes something.
    pub(super) fn delete(requester: Requester, id: &'static str) -> Write {
        Write::begin(requester, id, "delete")
    }

    fn begin(requester: Requester, id: &'static str, action: &str) -> Write {
        let meta = json!({"source": "rest", "actionType": action});
        Write(Operation::begin(requester, PLUGIN, id, meta))
    }

    /// Makes the change, ends the event, and gives the answer with its status.
    ///
    /// `prepare` authorizes and reads the request while others may still write, and gives the
    /// change, which has the roles to itself.
    pub(super) async fn make<T, C>(
        self,
        app: &App,
        status: fn(&T) -> StatusCode,
        prepare: impl FnOnce() -> Result<C, Error>,
    ) -> Result<(StatusCode, T), Error>
    where
        C: FnOnce(&mut Stored) -> Result<Changed<T>, Error> + Send + 'static,
        T: Send + 'static,
    {
        let Write(operation) = self;
        let change = operation.or_refuse(app, prepare()).await?;
        Rbac::write(app, operation, move |state| {
            let Changed { answer, mut meta } = change(state)?;
            let status = status(&answer);
            meta["response"] = json!({"status": status.as_u16()});
            Ok(Changed {
                answer: (status, answer),
                meta,
            })
        })
        .await
    }

    /// Ends the event of what changes no roles itself.
    pub(super) async fn end(
        self,
        app: &App,
        answer: Result<StatusCode, Error>,
    ) -> Result<StatusCode, Error> {
        let Write(operation) = self;
        match &answer {
            Ok(status) => operation.succeed(json!({"response": {"status": status.as_u16()}})),
            Err(error) => operation.refuse(app, error).await,
        }
        answer
    }
}
