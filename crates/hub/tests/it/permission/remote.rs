//! Conditional decisions about resources of another backend.

use crate::remote::{Remote, Reply};
use crate::support::Log;
use callboard_testkit::{Client, TestHub};
use insta::assert_json_snapshot;
use serde_json::{Value, json};

const CONDITIONS: &str = "
result: CONDITIONAL
roleEntityRef: role:default/keepers
pluginId: props
resourceType: prop
permissionMapping: [read]
conditions: {rule: IS_KEPT_BY, resourceType: prop, params: {keepers: [$ownerRefs]}}
---
result: CONDITIONAL
roleEntityRef: role:default/keepers
pluginId: catalog
resourceType: catalog-entity
permissionMapping: [read]
conditions: {rule: IS_ENTITY_OWNER, resourceType: catalog-entity, params: {claims: [$ownerRefs]}}
";

async fn hub(remote: &Remote) -> TestHub {
    TestHub::builder()
        .config(remote.config())
        .policy_csv("g, user:default/ann, role:default/keepers")
        .conditions(CONDITIONS)
        .catalog(
            "
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: foyer}
spec: {type: website, lifecycle: production, owner: stage}
",
        )
        .start()
        .await
}

fn question(permission: &str, resource_type: &str, resource_ref: &Value) -> Value {
    json!({"id": resource_ref.to_string(), "resourceRef": resource_ref, "permission": {
        "type": "resource", "name": permission, "attributes": {"action": "read"},
        "resourceType": resource_type,
    }})
}

fn prop(resource_ref: &Value) -> Value {
    question("props.read", "prop", resource_ref)
}

fn entity(resource_ref: &str) -> Value {
    question(
        "catalog.entity.read",
        "catalog-entity",
        &json!(resource_ref),
    )
}

async fn results(client: &Client, items: Value) -> Vec<Value> {
    let body = json!({"items": items});
    let answer = client.post("/api/permission/authorize", &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let items = answer.json();
    let result = |item: &Value| item["result"].clone();
    items["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(result)
        .collect()
}

#[tokio::test]
async fn the_plugin_that_owns_the_resources_is_asked_once_for_all_of_them() {
    let remote = Remote::start().await;
    remote.answer_conditions(Reply::Allowing(&["crown", "skull"]));
    let hub = hub(&remote).await;
    let ann = hub
        .member("user:default/ann", &["group:default/stage"])
        .await;

    let results = results(
        &ann,
        json!([
            prop(&json!("crown")),
            entity("component:default/foyer"),
            prop(&json!("sword")),
            prop(&json!(["sword", "skull"])),
        ]),
    )
    .await;

    assert_eq!(
        results,
        [
            json!("ALLOW"),
            json!("ALLOW"),
            json!("DENY"),
            json!(["DENY", "ALLOW"])
        ]
    );
    let asked = remote.asked_for_verdicts();
    assert_eq!(asked.len(), 1);
    assert_json_snapshot!(asked[0].body, @r#"
    {
      "items": [
        {
          "id": "0.0",
          "resourceRef": "crown",
          "resourceType": "prop",
          "conditions": {
            "anyOf": [
              {
                "rule": "IS_KEPT_BY",
                "resourceType": "prop",
                "params": {
                  "keepers": [
                    "user:default/ann",
                    "group:default/stage"
                  ]
                }
              }
            ]
          }
        },
        {
          "id": "2.0",
          "resourceRef": "sword",
          "resourceType": "prop",
          "conditions": {
            "anyOf": [
              {
                "rule": "IS_KEPT_BY",
                "resourceType": "prop",
                "params": {
                  "keepers": [
                    "user:default/ann",
                    "group:default/stage"
                  ]
                }
              }
            ]
          }
        },
        {
          "id": "3.0",
          "resourceRef": "sword",
          "resourceType": "prop",
          "conditions": {
            "anyOf": [
              {
                "rule": "IS_KEPT_BY",
                "resourceType": "prop",
                "params": {
                  "keepers": [
                    "user:default/ann",
                    "group:default/stage"
                  ]
                }
              }
            ]
          }
        },
        {
          "id": "3.1",
          "resourceRef": "skull",
          "resourceType": "prop",
          "conditions": {
            "anyOf": [
              {
                "rule": "IS_KEPT_BY",
                "resourceType": "prop",
                "params": {
                  "keepers": [
                    "user:default/ann",
                    "group:default/stage"
                  ]
                }
              }
            ]
          }
        }
      ]
    }
    "#);
}

#[tokio::test]
async fn it_is_asked_on_behalf_of_the_user() {
    let remote = Remote::start().await;
    remote.answer_conditions(Reply::Allowing(&["crown"]));
    let hub = hub(&remote).await;
    let ann = hub.user("user:default/ann").await;
    results(&ann, json!([prop(&json!("crown"))])).await;

    let [header, claims] = remote.asked_for_verdicts()[0].token_parts();

    assert_eq!(header["typ"], "vnd.backstage.plugin");
    assert_eq!(claims["sub"], "permission");
    assert_eq!(claims["aud"], "props");
    // Whoever gets the token learns from it who the user is, and what they own.
    let user = hub.anonymous().bearer(claims["obo"].as_str().unwrap());
    let user = user.get("/api/auth/v1/userinfo").await.json();
    assert_eq!(user["claims"]["sub"], "user:default/ann");
}

#[tokio::test]
async fn nothing_is_asked_when_the_policy_says_it_all() {
    let remote = Remote::start().await;
    let hub = hub(&remote).await;
    let bob = hub.user("user:default/bob").await;

    assert_eq!(
        results(&bob, json!([prop(&json!("crown"))])).await,
        ["DENY"]
    );

    assert!(remote.asked_for_verdicts().is_empty());
}

#[tokio::test]
async fn without_a_verdict_its_items_are_denied_and_all_others_answered() {
    let verdictless = json!({"items": [{"id": "unknown", "result": "ALLOW"}]});
    for (reply, cause) in [
        (
            Reply::Status(500),
            "the answer has status 500 Internal Server Error",
        ),
        (
            Reply::Text("curtain"),
            "the answer is not the JSON that was asked for",
        ),
        (
            Reply::Json(json!({})),
            "the answer is not the JSON that was asked for",
        ),
        (Reply::Json(verdictless), ""),
        (Reply::Never, "no answer in time"),
    ] {
        let remote = Remote::start().await;
        remote.answer_conditions(reply);
        let log = Log::capture();
        let hub = hub(&remote).await;
        let ann = hub
            .member("user:default/ann", &["group:default/stage"])
            .await;

        let questions = json!([
            prop(&json!("crown")),
            entity("component:default/foyer"),
            prop(&json!(["crown", "sword"])),
        ]);
        let results = results(&ann, questions).await;

        assert_eq!(
            results,
            [json!("DENY"), json!("ALLOW"), json!(["DENY", "DENY"])]
        );
        let told = "denied, since the plugin that owns the resources gives no verdict";
        let line = log.lines().into_iter().find(|line| line["message"] == told);
        let found = line.map_or(String::new(), |line| {
            line["error"].as_str().unwrap().to_owned()
        });
        assert!(found.starts_with(cause), "{found}");
        assert_eq!(found.is_empty(), cause.is_empty(), "{found}");
    }
}

#[tokio::test]
async fn direct_users_may_not_apply_conditions_and_plugins_for_them_may() {
    let remote = Remote::start().await;
    let hub = hub(&remote).await;
    let path = "/api/catalog/.well-known/backstage/permissions/apply-conditions";
    let body = json!({"items": [{
        "id": "1", "resourceRef": "component:default/foyer", "resourceType": "catalog-entity",
        "conditions": {"rule": "IS_ENTITY_KIND", "resourceType": "catalog-entity", "params": {"kinds": ["component"]}},
    }]});
    let ann = hub.user("user:default/ann").await;
    let token = hub
        .app()
        .auth()
        .issue_plugin_token("permission", "catalog", None);
    let plugin = hub.anonymous().bearer(token.await.unwrap().token.expose());

    let direct = ann.post(path, &body).await;
    let by_plugin = plugin.post(path, &body).await;

    assert_eq!(direct.status, 403);
    assert_json_snapshot!(direct.error(), @r#"
    {
      "name": "NotAllowedError",
      "message": ""
    }
    "#);
    assert_eq!(
        by_plugin.json()["items"],
        json!([{"id": "1", "result": "ALLOW"}])
    );
}
