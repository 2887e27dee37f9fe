//! What `POST /api/permission/authorize` answers.

use super::builder;
use crate::support::Log;
use callboard_testkit::{Client, TestHub};
use insta::{assert_json_snapshot, assert_snapshot};
use serde_json::{Value, json};

fn entity_read(id: &str, resource_ref: &Value) -> Value {
    json!({"id": id, "resourceRef": resource_ref, "permission": {
        "type": "resource", "name": "catalog.entity.read", "attributes": {"action": "read"},
        "resourceType": "catalog-entity",
    }})
}

fn basic(id: &str, name: &str, attributes: &Value) -> Value {
    json!({"id": id, "permission": {"type": "basic", "name": name, "attributes": attributes}})
}

async fn authorize(client: &Client, items: Value) -> Value {
    let answer = client
        .post("/api/permission/authorize", &json!({"items": items}))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["items"].clone()
}

#[tokio::test]
async fn a_batch_is_answered_in_order_with_its_ids() {
    let hub = builder().start().await;
    let ann = hub
        .member("user:default/ann", &["group:default/stage"])
        .await;

    let items = authorize(
        &ann,
        json!([
            basic("a", "catalog.entity.create", &json!({"action": "create"})),
            entity_read("a", &json!("component:default/foyer")),
            entity_read("b", &json!("api:default/tickets")),
            entity_read("c", &json!("component:default/nobody")),
            entity_read(
                "d",
                &json!(["Component:Default/Foyer", "api:default/tickets"])
            ),
            basic("e", "kubernetes.proxy", &json!({})),
            basic("f", "never.heard.of", &json!({})),
        ]),
    )
    .await;

    assert_json_snapshot!(items, @r#"
    [
      {
        "id": "a",
        "result": "ALLOW"
      },
      {
        "id": "a",
        "result": "ALLOW"
      },
      {
        "id": "b",
        "result": "DENY"
      },
      {
        "id": "c",
        "result": "DENY"
      },
      {
        "id": "d",
        "result": [
          "ALLOW",
          "DENY"
        ]
      },
      {
        "id": "e",
        "result": "DENY"
      },
      {
        "id": "f",
        "result": "DENY"
      }
    ]
    "#);
}

#[tokio::test]
async fn no_items_are_fine() {
    let hub = TestHub::start().await;
    let ann = hub.user("user:default/ann").await;

    assert_eq!(authorize(&ann, json!([])).await, json!([]));
}

#[tokio::test]
async fn a_plain_answer_to_a_list_of_resources_is_one_word() {
    let hub = builder().start().await;
    let nobody = hub.user("user:default/nobody").await;

    let items = authorize(
        &nobody,
        json!([entity_read(
            "a",
            &json!(["component:default/foyer", "api:default/x"])
        )]),
    )
    .await;

    assert_eq!(items, json!([{"id": "a", "result": "DENY"}]));
}

#[tokio::test]
async fn a_person_must_name_the_resource() {
    let hub = builder().start().await;
    let ann = hub.user("user:default/ann").await;
    let mut item = entity_read("a", &Value::Null);
    item.as_object_mut().unwrap().remove("resourceRef");

    let answer = ann
        .post("/api/permission/authorize", &json!({"items": [item]}))
        .await;

    assert_eq!(answer.status, 400);
    assert_json_snapshot!(answer.json(), @r#"
    {
      "error": {
        "name": "InputError",
        "message": "Resource permissions require a resourceRef to be set. Direct user requests without a resourceRef are not allowed."
      },
      "request": {
        "method": "POST",
        "url": "/authorize"
      },
      "response": {
        "statusCode": 400
      }
    }
    "#);
}

#[tokio::test]
async fn a_service_is_refused_and_nobody_must_sign_in() {
    let hub = builder().start().await;
    let body = json!({"items": []});

    let service = hub.service().post("/api/permission/authorize", &body).await;
    let nobody = hub
        .anonymous()
        .post("/api/permission/authorize", &body)
        .await;

    assert_eq!(
        (service.status.as_u16(), nobody.status.as_u16()),
        (403, 401)
    );
    assert_json_snapshot!([service.error(), nobody.error()], @r#"
    [
      {
        "name": "NotAllowedError",
        "message": "This endpoint does not allow 'service' credentials"
      },
      {
        "name": "AuthenticationError",
        "message": "Missing credentials"
      }
    ]
    "#);
}

#[tokio::test]
async fn a_malformed_body_names_the_place() {
    let hub = TestHub::start().await;
    let ann = hub.user("user:default/ann").await;
    let mut bodies = Vec::new();
    for items in [
        json!("x"),
        json!([1]),
        json!([basic("a", "x", &json!({})), {"id": 1}]),
        json!([{"id": "a"}]),
        json!([basic("a", "x", &json!({"action": "use"}))]),
        json!([{"id": "a", "permission": {"type": "resource", "name": "x", "attributes": {}}}]),
        json!([{"id": "a", "permission": {"type": "other", "name": "x", "attributes": {}}}]),
        json!([entity_read("a", &json!([]))]),
        json!([entity_read("a", &json!(null))]),
    ] {
        let answer = ann
            .post("/api/permission/authorize", &json!({"items": items}))
            .await;
        assert_eq!(answer.status, 400);
        bodies.push(format!(
            "{}: {}",
            answer.error()["name"].as_str().unwrap(),
            answer.error()["message"].as_str().unwrap()
        ));
    }

    assert_snapshot!(bodies.join("\n"), @r#"
    InputError: items: must be a list
    InputError: items[0]: must be an object
    InputError: items[1].id: must be a string
    InputError: items[0].permission: must be an object
    InputError: items[0].permission.attributes.action: must be one of create, read, update, delete
    InputError: items[0].permission.resourceType: must be a string
    InputError: items[0].permission.type: must be basic or resource
    InputError: items[0].resourceRef: must be a string, or a list of them
    InputError: items[0].resourceRef: must be a string, or a list of them
    "#);
}

#[tokio::test]
async fn a_condition_with_an_unknown_rule_denies_also_below_not() {
    let hub = builder().start().await;
    let eve = hub.user("user:default/eve").await;
    let mut delete = entity_read("b", &json!("component:default/foyer"));
    delete["permission"]["name"] = json!("catalog.entity.delete");
    delete["permission"]["attributes"]["action"] = json!("delete");

    let items = authorize(
        &eve,
        json!([entity_read("a", &json!("component:default/foyer")), delete]),
    )
    .await;
    let list = eve.get("/api/catalog/entities").await;
    let metrics = hub.anonymous().get("/metrics").await.text();

    assert_eq!(
        items,
        json!([{"id": "a", "result": "DENY"}, {"id": "b", "result": "DENY"}])
    );
    assert_eq!(list.json(), json!([]));
    let counted = "permission_condition_faults_total{fault=\"unknown-rule\"} 3";
    assert!(metrics.contains(counted), "{metrics}");
}

#[tokio::test]
async fn a_reference_that_cannot_be_read_is_denied() {
    let hub = builder().start().await;
    let ann = hub
        .member("user:default/ann", &["group:default/stage"])
        .await;

    let items = authorize(
        &ann,
        json!([entity_read("a", &json!(["::", "component:default/foyer"]))]),
    )
    .await;

    assert_eq!(items, json!([{"id": "a", "result": ["DENY", "ALLOW"]}]));
}

#[tokio::test]
async fn health_is_open() {
    let hub = TestHub::start().await;

    assert_eq!(
        hub.anonymous().get("/api/permission/health").await.json(),
        json!({"status": "ok"})
    );
}

#[tokio::test]
async fn everything_is_allowed_while_permissions_are_off() {
    let hub = builder()
        .config(json!({"permission": {"enabled": false}}))
        .start()
        .await;
    let nobody = hub.user("user:default/nobody").await;

    let items = authorize(
        &nobody,
        json!([
            basic("a", "x", &json!({})),
            entity_read("b", &json!("component:default/foyer"))
        ]),
    )
    .await;
    let roles = nobody.get("/api/permission/roles").await;
    let anonymous = hub
        .anonymous()
        .post("/api/permission/authorize", &json!({"items": []}))
        .await;

    assert_eq!(
        items,
        json!([{"id": "a", "result": "ALLOW"}, {"id": "b", "result": "ALLOW"}])
    );
    assert_eq!((roles.status.as_u16(), roles.text().as_str()), (404, ""));
    assert_eq!(anonymous.status, 401);
}

#[tokio::test]
async fn a_decision_is_one_line_and_failed_where_the_policy_could_not_answer() {
    let hub = builder().start().await;
    let eve = hub.user("user:default/eve").await;
    let log = Log::capture();

    authorize(
        &eve,
        json!([
            entity_read("a", &json!("component:default/foyer")),
            basic("b", "kubernetes.proxy", &json!({})),
        ]),
    )
    .await;

    let lines = log.lines();
    let of_decisions: Vec<_> = lines
        .iter()
        .filter(|line| line["eventId"] == "permission-evaluation")
        .map(|line| json!([line["status"], line["error"], line["meta"]["result"]]))
        .collect();
    let error = of_decisions[0][1].as_str().unwrap();
    assert!(error.starts_with("Error: conditional policy "), "{error}");
    assert!(
        error
            .ends_with(" of role `role:default/broken` names a rule that its plugin does not have"),
        "{error}"
    );
    assert_eq!(
        of_decisions,
        [
            json!(["failed", error, "DENY"]),
            json!(["succeeded", null, "DENY"])
        ]
    );
}
