//! Who may read roles, and what the others are told.

use super::{builder, get};
use callboard_testkit::Client;
use insta::assert_snapshot;
use serde_json::json;

/// The status and the message of a refusal.
async fn refused(client: &Client, path: &str) -> String {
    let answer = client.get(&format!("/api/permission{path}")).await;
    if answer.body.is_empty() {
        return format!("{} without a body", answer.status.as_u16());
    }
    let error = answer.error();
    let (name, message) = (
        error["name"].as_str().unwrap(),
        error["message"].as_str().unwrap(),
    );
    format!("{} {name} {message:?}", answer.status.as_u16())
}

#[tokio::test]
async fn every_read_is_refused_to_an_ordinary_user() {
    let hub = builder().start().await;
    let tom = hub.user("user:default/tom").await;
    for path in [
        "",
        "/roles",
        "/roles/role/default/readers",
        "/policies",
        "/policies/role/default/readers",
        "/roles/conditions",
        "/roles/conditions/1",
        "/plugins/policies",
        "/plugins/condition-rules",
        "/plugins/id",
        "/sources",
    ] {
        assert_eq!(
            refused(&tom, path).await,
            "403 NotAllowedError \"\"",
            "{path}"
        );
        assert_eq!(
            hub.anonymous()
                .get(&format!("/api/permission{path}"))
                .await
                .status,
            401,
            "{path}"
        );
    }
}

#[tokio::test]
async fn services_and_super_users_read_too() {
    let hub = builder().start().await;
    let board = hub
        .member("user:default/zoe", &["group:default/board"])
        .await;

    for client in [hub.service(), board] {
        assert_eq!(get(&client, "").await, json!({"status": "Authorized"}));
        assert_eq!(get(&client, "/").await, json!({"status": "Authorized"}));
        assert_eq!(get(&client, "/roles").await.as_array().unwrap().len(), 4);
    }
}

#[tokio::test]
async fn refusals_have_the_messages_of_the_original() {
    let hub = builder().start().await;
    let ann = hub.user("user:default/ann").await;
    let mut seen = Vec::new();
    for path in [
        "/roles/role/default/nobody",
        "/roles/user/default/tom",
        "/roles/role/Default/a",
        "/roles/role/default/a--b",
        "/policies/user/default/tom",
        "/policies/thing/default/tom",
        "/policies?entityRef[a]=b",
        "/roles/conditions/x",
        "/roles/conditions/99",
        "/roles/conditions?actions=destroy",
        "/roles/conditions?pluginId[x]=y",
        "/nothing",
    ] {
        seen.push(format!("{path}: {}", refused(&ann, path).await));
    }
    assert_snapshot!(seen.join("\n"), @r#"
    /roles/role/default/nobody: 404 NotFoundError ""
    /roles/user/default/tom: 400 InputError "Unsupported kind user. Supported value should be \"role\""
    /roles/role/Default/a: 400 InputError "The namespace 'Default' in the entity reference must be a string that is sequences of [a-z0-9] separated by [-], at most 63 characters in total"
    /roles/role/default/a--b: 400 InputError "The name 'a--b' in the entity reference must be a string that is sequences of [a-zA-Z0-9] separated by any of [-_.], at most 63 characters in total"
    /policies/user/default/tom: 404 NotFoundError ""
    /policies/thing/default/tom: 400 InputError "Unsupported kind thing. List supported values [\"user\", \"group\", \"role\"]"
    /policies?entityRef[a]=b: 400 InputError "This api doesn't support nested query"
    /roles/conditions/x: 400 InputError "Id is not a valid number."
    /roles/conditions/99: 404 NotFoundError ""
    /roles/conditions?actions=destroy: 400 InputError "Invalid permission action query value: destroy. Permission name should be string."
    /roles/conditions?pluginId[x]=y: 400 InputError "This api doesn't support nested query"
    /nothing: 404 without a body
    "#);
}

#[tokio::test]
async fn an_owner_sees_owned_roles_only() {
    let hub = builder().start().await;
    let olga = hub.user("user:default/olga").await;

    let names = get(&olga, "/roles").await;
    let names: Vec<_> = names
        .as_array()
        .unwrap()
        .iter()
        .map(|role| role["name"].as_str().unwrap())
        .collect();

    assert_eq!(names, ["role:default/everybody"]);
    assert_eq!(get(&olga, "").await, json!({"status": "Authorized"}));
    assert_eq!(get(&olga, "/roles/conditions").await, json!([]));
    assert_eq!(
        refused(&olga, "/roles/role/default/readers").await,
        "404 NotFoundError \"\""
    );
    assert_eq!(
        refused(&olga, "/policies/role/default/readers").await,
        "404 NotFoundError \"\""
    );
    assert_eq!(
        refused(&olga, "/roles/conditions/1").await,
        "404 NotFoundError \"\""
    );
    let policies = get(&olga, "/policies").await;
    assert_eq!(policies.as_array().unwrap().len(), 1);
    assert_eq!(policies[0]["entityReference"], "role:default/everybody");
}

#[tokio::test]
async fn a_service_may_be_restricted_to_another_permission() {
    let token = "a-narrow-token-of-its-own";
    let hub = builder()
        .config(json!({"backend": {"auth": {"externalAccess": [{
            "type": "static", "options": {"token": token, "subject": "ci"},
            "accessRestrictions": [{"plugin": "permission", "permission": "policy.entity.delete"}],
        }]}}}))
        .start()
        .await;

    assert_eq!(
        refused(&hub.anonymous().bearer(token), "/roles").await,
        "403 NotAllowedError \"\""
    );
}
