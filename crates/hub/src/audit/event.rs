//! One step of an operation, and how the log says it.

use crate::principal::Principal;
use axum::http::{HeaderMap, Method, Uri, header};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::{Value, json};
use std::net::IpAddr;

/// One step of an operation that is worth remembering; `M` is what else is known.
#[derive(Debug, Clone)]
pub struct Event<'a, M = Value> {
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
    pub meta: M,
}

/// How much an event matters; decides the level of its log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// Routine reads.
    Low,
    /// Everything about permissions, sign-in and tokens.
    Medium,
}

impl Severity {
    /// Whether the log has lines of its level at present.
    pub fn is_heard(self) -> bool {
        match self {
            Severity::Low => tracing::enabled!(target: "audit", tracing::Level::DEBUG),
            Severity::Medium => tracing::enabled!(target: "audit", tracing::Level::INFO),
        }
    }
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
#[derive(Debug, Clone, Copy, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Actor<'a> {
    /// A user's reference, a service's subject, or `plugin:<id>` for the hub itself.
    #[serde(rename = "actorId")]
    pub id: &'a str,
    /// The address that the request came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip: Option<IpAddr>,
    /// The host that the request named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hostname: Option<&'a str>,
    /// The client program.
    #[serde(skip_serializing_if = "Option::is_none")]
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
pub fn record<M: Serialize>(event: &Event<'_, M>) {
    if !event.severity.is_heard() {
        return;
    }
    // Maps with names as keys, which can always be written.
    let line = serde_json::to_string(event).unwrap_or_default();
    let (plugin, id) = (event.plugin, event.id);
    // The mark of the generation before, by which collectors may still tell these lines apart; rows
    // need none.
    match event.severity {
        Severity::Low => {
            tracing::debug!(target: "audit", plugin, isAuditLog = true, json = line, "{plugin}.{id}");
        }
        Severity::Medium => {
            tracing::info!(target: "audit", plugin, isAuditLog = true, json = line, "{plugin}.{id}");
        }
    }
}

impl Event<'_> {
    /// The event as a JSON object.
    pub(super) fn to_json(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

/// Without its plugin, which every line of the log has.
impl<M: Serialize> Serialize for Event<'_, M> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let severity = match self.severity {
            Severity::Low => "low",
            Severity::Medium => "medium",
        };
        let mut object = serializer.serialize_map(None)?;
        object.serialize_entry("isAuditEvent", &true)?;
        object.serialize_entry("eventId", self.id)?;
        object.serialize_entry("severityLevel", severity)?;
        object.serialize_entry("status", self.outcome.as_str())?;
        if let Outcome::Failed(reason) = self.outcome {
            object.serialize_entry("error", reason)?;
        }
        object.serialize_entry("actor", &self.actor)?;
        if let Some((method, uri)) = self.request {
            let request = json!({"url": uri.to_string(), "method": method.as_str()});
            object.serialize_entry("request", &request)?;
        }
        object.serialize_entry("meta", &self.meta)?;
        object.end()
    }
}
