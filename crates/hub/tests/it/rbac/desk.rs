//! What the tests of changes share: who changes roles, and how answers are shown.

use super::builder;
use crate::support::Log;
use axum::body::Body;
use axum::http::Method;
use callboard_testkit::{Answer, Client, TestHub, TestHubBuilder};
use serde_json::{Value, json};

/// Ann administers everything; Bob and Cid create roles, and read and change those that they own.
pub(super) const DELEGATES: &str = "
g, user:default/bob, role:default/delegates
g, user:default/cid, role:default/delegates
p, role:default/delegates, policy.entity.create, create, allow
g, user:default/dan, role:default/creators
p, role:default/creators, policy.entity.create, create, allow
";

const OWN_ROLES: &str = "
---
result: CONDITIONAL
roleEntityRef: role:default/delegates
pluginId: permission
resourceType: policy-entity
permissionMapping: [read, update, delete]
conditions:
  rule: IS_OWNER
  resourceType: policy-entity
  params: {owners: [$currentUser]}
";

/// A hub on which several people may change roles.
pub(super) fn desk() -> TestHubBuilder {
    builder()
        .policy_csv(&format!("{}{DELEGATES}", super::POLICIES))
        .conditions(&format!("{}{OWN_ROLES}", super::CONDITIONS))
}

/// A role of `client`'s with two members.
pub(super) async fn create_role(client: &Client, name: &str) {
    let body = json!({
        "name": name,
        "memberReferences": ["group:default/example", "user:default/tom"],
    });
    let answer = client.post("/api/permission/roles", &body).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
}

/// A request with a JSON body.
pub(super) async fn send(client: &Client, method: &str, path: &str, body: &Value) -> Answer {
    let method: Method = method.parse().unwrap();
    let path = format!("/api/permission{path}");
    let json = Some("application/json");
    client
        .send(method, &path, json, Body::from(body.to_string()))
        .await
}

/// The status of an answer, and the name and message of its error or else its body.
pub(super) fn shown(answer: &Answer) -> String {
    let status = answer.status.as_u16();
    if answer.body.is_empty() {
        return status.to_string();
    }
    let body = answer.json();
    match (
        body["error"]["name"].as_str(),
        body["error"]["message"].as_str(),
    ) {
        (Some(name), Some("")) => format!("{status} {name}"),
        (Some(name), Some(message)) => format!("{status} {name}: {message}"),
        _ => format!("{status} {body}"),
    }
}

/// Everything that is stored, as the administrator reads it.
pub(super) async fn everything(hub: &TestHub) -> [Value; 3] {
    let ann = hub.user("user:default/ann").await;
    [
        super::get(&ann, "/roles").await,
        super::get(&ann, "/policies").await,
        super::get(&ann, "/roles/conditions").await,
    ]
}

/// Whether somebody may do something with a component of the catalog.
pub(super) async fn decision(client: &Client, permission: &str, action: &str) -> String {
    let question = json!({"items": [{"id": "a", "resourceRef": "component:default/x", "permission": {
        "type": "resource", "name": permission, "attributes": {"action": action},
        "resourceType": "catalog-entity",
    }}]});
    let answer = client.post("/api/permission/authorize", &question).await;
    answer.json()["items"][0]["result"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// The audit events of a log.
pub(super) fn audit_events(log: &Log) -> Vec<Value> {
    let mut lines = log.lines();
    lines.retain(|line| line["isAuditEvent"] == true);
    lines
}

/// What happened, how it went and what is known about it, one event a line.
pub(super) fn event_lines(events: &[Value]) -> String {
    let line = |event: &Value| {
        let text = |key: &str| event[key].as_str().unwrap_or_default().to_owned();
        let (id, status, error) = (text("eventId"), text("status"), text("error"));
        format!("{id} {status} {error:?} {}", event["meta"])
    };
    events.iter().map(line).collect::<Vec<_>>().join("\n")
}
