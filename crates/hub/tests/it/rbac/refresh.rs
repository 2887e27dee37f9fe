//! Asking a provider for its roles: `POST /refresh/{id}`.

use super::desk::{send, shown};
use super::provider::{Directory, Entries, crew};
use super::{builder, get};
use crate::support::Log;
use callboard_testkit::Client;
use serde_json::json;

async fn refresh(client: &Client, id: &str) -> String {
    shown(&send(client, "POST", &format!("/refresh/{id}"), &json!({})).await)
}

#[tokio::test]
async fn a_provider_is_refreshed_when_the_answer_comes() {
    let directory = Directory::with(Entries::default());
    let hub = builder().provider(directory.clone()).start().await;
    let ann = hub.user("user:default/ann").await;
    let bob = hub.user("user:default/bob").await;
    assert_eq!(
        shown(&bob.get("/api/permission/").await),
        "403 NotAllowedError"
    );

    let mut entries = crew();
    entries
        .members
        .push(("user:default/bob", "role:default/readers"));
    directory.set(entries);
    assert_eq!(refresh(&ann, "ldap").await, "200");

    assert_eq!(get(&bob, "").await, json!({"status": "Authorized"}));
    // The role of the policy file stays as it is.
    let role = get(&ann, "/roles/role/default/readers").await;
    assert_eq!(role[0]["memberReferences"].as_array().unwrap().len(), 2);
    directory.set(Entries::default());
    assert_eq!(refresh(&ann, "ldap").await, "200");
    assert_eq!(
        shown(&bob.get("/api/permission/").await),
        "403 NotAllowedError"
    );
}

#[tokio::test]
async fn unknown_providers_are_not_found() {
    let hub = builder().start().await;
    let ann = hub.user("user:default/ann").await;
    assert_eq!(
        refresh(&ann, "ldap").await,
        "404 NotFoundError: No RBAC providers were found"
    );

    let hub = builder().provider(Directory::with(crew())).start().await;
    let ann = hub.user("user:default/ann").await;
    assert_eq!(
        refresh(&ann, "keycloak").await,
        "404 NotFoundError: The RBAC provider keycloak was not found"
    );
}

#[tokio::test]
async fn only_people_with_the_right_refresh() {
    let hub = builder().provider(Directory::with(crew())).start().await;

    assert_eq!(
        refresh(&hub.user("user:default/tom").await, "ldap").await,
        "403 NotAllowedError"
    );
    assert_eq!(
        refresh(&hub.service(), "ldap").await,
        "403 NotAllowedError: Only credential principal with type 'user' permitted to modify permissions"
    );
    assert_eq!(
        refresh(&hub.anonymous(), "ldap").await,
        "401 AuthenticationError: Missing credentials"
    );
}

#[tokio::test]
async fn a_refresh_that_fails_is_a_fault_and_an_audit_event() {
    let directory = Directory::with(crew());
    let hub = builder().provider(directory.clone()).start().await;
    let ann = hub.user("user:default/ann").await;
    let mut faulty = crew();
    faulty.conditions.push(json!({}));
    directory.set(faulty);
    let log = Log::capture();

    let answer = refresh(&ann, "ldap").await;

    assert!(answer.starts_with("500 Error"), "{answer}");
    let events: Vec<_> = log
        .lines()
        .into_iter()
        .filter(|line| line["eventId"] == "provider-refresh")
        .collect();
    let statuses: Vec<_> = events.iter().map(|event| event["status"].clone()).collect();
    assert_eq!(statuses, ["initiated", "failed"]);
    assert_eq!(events[1]["meta"]["response"], json!({"status": 500}));
}
