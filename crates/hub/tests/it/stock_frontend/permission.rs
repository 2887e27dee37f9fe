//! Decisions, and the pages that manage roles.

use super::Frontend;
use serde_json::{Value, json};

const ROLES: &str = "/api/permission/roles";
const POLICIES: &str = "/api/permission/policies";
const CONDITIONS: &str = "/api/permission/roles/conditions";

fn role(description: &str) -> Value {
    json!({
        "memberReferences": ["user:default/guest"], "name": "role:default/crew",
        "metadata": {"description": description},
    })
}

/// A role that the page has made.
async fn with_role() -> Frontend {
    let frontend = Frontend::start().await;
    let made = frontend.post(ROLES, role("The crew")).await;
    assert_eq!(made.status, 201, "{}", made.text());
    frontend
}

fn policy() -> Value {
    json!({
        "entityReference": "role:default/crew", "permission": "catalog-entity",
        "policy": "update", "effect": "allow",
    })
}

fn condition() -> Value {
    json!({
        "result": "CONDITIONAL", "roleEntityRef": "role:default/crew", "pluginId": "catalog",
        "resourceType": "catalog-entity", "permissionMapping": ["delete"],
        "conditions": {"rule": "IS_ENTITY_KIND", "resourceType": "catalog-entity", "params": {"kinds": ["API"]}},
    })
}

#[tokio::test]
async fn whether_the_administration_is_shown() {
    let frontend = Frontend::start().await;

    let answer = frontend.get("/api/permission/").await;

    assert_eq!(answer.json(), json!({"status": "Authorized"}));
}

#[tokio::test]
async fn a_decision_about_the_literal_resource_of_the_role_pages() {
    let frontend = Frontend::start().await;
    let item = json!({
        "id": "1", "resourceRef": "policy-entity",
        "permission": {
            "type": "resource", "name": "policy.entity.read", "resourceType": "policy-entity",
            "attributes": {"action": "read"},
        },
    });

    let answer = frontend
        .post("/api/permission/authorize", json!({"items": [item]}))
        .await;

    assert_eq!(
        answer.json(),
        json!({"items": [{"id": "1", "result": "ALLOW"}]})
    );
}

#[tokio::test]
async fn what_plugins_let_policies_say() {
    let frontend = Frontend::start().await;

    let policies = frontend
        .get("/api/permission/plugins/policies")
        .await
        .json();
    let rules = frontend
        .get("/api/permission/plugins/condition-rules")
        .await
        .json();

    let plugins = |list: &Value| -> Vec<Value> {
        list.as_array()
            .unwrap()
            .iter()
            .map(|item| item["pluginId"].clone())
            .collect()
    };
    assert!(plugins(&policies).contains(&json!("catalog")));
    assert!(plugins(&rules).contains(&json!("catalog")));
}

#[tokio::test]
async fn a_role_is_made_listed_read_changed_and_removed() {
    let frontend = with_role().await;
    let path = format!("{ROLES}/role/default/crew");

    let listed = frontend.get(ROLES).await.json();
    let read = frontend.get(&path).await.json();
    let change = json!({"oldRole": role("The crew"), "newRole": role("Everybody backstage")});
    let changed = frontend.put(&path, change).await;
    let after = frontend.get(&path).await.json();
    let removed = frontend.delete(&path).await;

    let names = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|role| role["name"].clone());
    assert!(
        names
            .collect::<Vec<_>>()
            .contains(&json!("role:default/crew"))
    );
    assert_eq!(read[0]["metadata"]["description"], "The crew");
    assert_eq!(changed.status, 200, "{}", changed.text());
    assert_eq!(after[0]["metadata"]["description"], "Everybody backstage");
    assert_eq!(removed.status, 204);
}

#[tokio::test]
async fn policies_are_made_listed_and_removed() {
    let frontend = with_role().await;
    let path = format!("{POLICIES}/role/default/crew");

    let made = frontend.post(POLICIES, json!([policy()])).await;
    let listed = frontend.get(POLICIES).await.json();
    let of_role = frontend.get(&path).await.json();
    let query = "?permission=catalog-entity&policy=update&effect=allow";
    let removed = frontend.delete(&format!("{path}{query}")).await;

    assert_eq!(made.status, 201, "{}", made.text());
    let is_ours = |row: &&Value| row["entityReference"] == "role:default/crew";
    assert_eq!(listed.as_array().unwrap().iter().filter(is_ours).count(), 1);
    assert_eq!(of_role[0]["policy"], "update");
    assert_eq!(removed.status, 204, "{}", removed.text());
}

#[tokio::test]
async fn policies_of_a_role_are_removed_in_one_request() {
    let frontend = with_role().await;
    let path = format!("{POLICIES}/role/default/crew");
    frontend.post(POLICIES, json!([policy()])).await;

    let removed = frontend
        .call("DELETE", &path, Some(&json!([policy()])))
        .await;

    assert_eq!(removed.status, 204, "{}", removed.text());
    assert_eq!(frontend.get(&path).await.status, 404);
}

#[tokio::test]
async fn a_condition_is_made_listed_changed_by_a_stray_brace_and_removed() {
    let frontend = with_role().await;

    let made = frontend.post(CONDITIONS, condition()).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let id = made.json()["id"].as_i64().unwrap();
    let query = "?roleEntityRef=role%3Adefault%2Fcrew";
    let listed = frontend.get(&format!("{CONDITIONS}{query}")).await.json();
    let mut change = condition();
    change["conditions"]["params"]["kinds"] = json!(["Component"]);
    let changed = frontend.put(&format!("{CONDITIONS}/{id}%7D"), change).await;
    let removed = frontend.delete(&format!("{CONDITIONS}/{id}")).await;

    assert_eq!(listed[0]["id"], id);
    assert_eq!(
        listed[0]["permissionMapping"],
        json!(["delete"]),
        "plain in, plain out"
    );
    assert_eq!(changed.status, 200, "{}", changed.text());
    assert_eq!(removed.status, 204);
}
