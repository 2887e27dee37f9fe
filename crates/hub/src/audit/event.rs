//! One step of an operation, and how the log says it.

use crate::principal::Principal;
use axum::http::{HeaderMap, Method, Uri, header};
use serde_json::{Map, Value, json};
use std::net::IpAddr;

/// One step of an operation that is worth remembering.
#[derive(Debug, Clone)]
pub struct Event<'a> {
    /// The plugin that reports it.
    pub plugin: &'static str,
    /// What happened, such as `sign-in`.
    pub id: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// How it went.
    pub outcome: Outcome<'a>,
    /// Who did it.
    pub actor: Actor<'a>,
    /// The request that caused it; absent for work of the hub itself and of command-line tools.
    pub request: Option<(&'a Method, &'a Uri)>,
    /// What else is known.
    pub meta: Value,
}

/// How much an event matters; decides the level of its log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// Routine reads.
    Low,
    /// Everything about permissions, sign-in and tokens.
    Medium,
}

/// How an operation went.
#[derive(Debug, Clone, Copy)]
pub enum Outcome<'a> {
    /// It has only begun.
    Initiated,
    /// It was done.
    Succeeded,
    /// It was refused, or went wrong, for this reason.
    Failed(&'a str),
}

impl Outcome<'_> {
    /// The word for logs.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Outcome::Initiated => "initiated",
            Outcome::Succeeded => "succeeded",
            Outcome::Failed(_) => "failed",
        }
    }
}

/// Who did it, and from where.
#[derive(Debug, Clone, Copy, Default)]
pub struct Actor<'a> {
    /// A user's reference, a service's subject, or `plugin:<id>` for the hub itself.
    pub id: &'a str,
    /// The address that the request came from.
    pub ip: Option<IpAddr>,
    /// The host that the request named.
    pub hostname: Option<&'a str>,
    /// The client program.
    pub user_agent: Option<&'a str>,
}

impl<'a> Actor<'a> {
    /// The caller of a request.
    pub fn of(principal: &'a Principal, headers: &'a HeaderMap) -> Actor<'a> {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        Actor {
            id: principal.actor(),
            ip: None,
            hostname: text(header::HOST),
            user_agent: text(header::USER_AGENT),
        }
    }
}

/// Writes an event to the log, and nowhere else.
pub fn record(event: &Event<'_>) {
    let line = event.to_json().to_string();
    let (plugin, id) = (event.plugin, event.id);
    match event.severity {
        Severity::Low => tracing::debug!(target: "audit", plugin, json = line, "{plugin}.{id}"),
        Severity::Medium => tracing::info!(target: "audit", plugin, json = line, "{plugin}.{id}"),
    }
}

impl Event<'_> {
    /// The event as a JSON object, without its plugin, which every line of the log has.
    pub(super) fn to_json(&self) -> Value {
        let mut object = Map::new();
        object.insert("isAuditEvent".to_owned(), json!(true));
        object.insert("eventId".to_owned(), json!(self.id));
        let severity = match self.severity {
            Severity::Low => "low",
            Severity::Medium => "medium",
        };
        object.insert("severityLevel".to_owned(), json!(severity));
        object.insert("status".to_owned(), json!(self.outcome.as_str()));
        if let Outcome::Failed(reason) = self.outcome {
            object.insert("error".to_owned(), json!(reason));
        }
        object.insert("actor".to_owned(), self.actor.to_json());
        if let Some((method, uri)) = self.request {
            object.insert(
                "request".to_owned(),
                json!({"url": uri.to_string(), "method": method.as_str()}),
            );
        }
        object.insert("meta".to_owned(), self.meta.clone());
        Value::Object(object)
    }
}

impl Actor<'_> {
    fn to_json(self) -> Value {
        let ip = self.ip.map(|ip| ip.to_string());
        let members = [
            ("actorId", Some(self.id)),
            ("ip", ip.as_deref()),
            ("hostname", self.hostname),
            ("userAgent", self.user_agent),
        ];
        let known = members
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), json!(value?))));
        Value::Object(known.collect())
    }
}
