//! What plugins answer below `/.well-known/backstage/permissions`.

use super::builder;
use callboard_testkit::TestHub;
use insta::{assert_json_snapshot, assert_snapshot};
use serde_json::{Value, json};

#[tokio::test]
async fn metadata_lists_permissions_and_rules() {
    let hub = TestHub::start().await;
    let ann = hub.user("user:default/ann").await;
    let path = |plugin: &str| format!("/api/{plugin}/.well-known/backstage/permissions/metadata");

    let permission = ann.get(&path("permission")).await.json();
    let scaffolder = ann.get(&path("scaffolder")).await.json();
    let anonymous = hub.anonymous().get(&path("permission")).await.status;

    assert_eq!(anonymous, 401);
    assert_json_snapshot!(permission, @r#"
    {
      "permissions": [
        {
          "type": "resource",
          "name": "policy.entity.read",
          "attributes": {
            "action": "read"
          },
          "resourceType": "policy-entity"
        },
        {
          "type": "basic",
          "name": "policy.entity.create",
          "attributes": {
            "action": "create"
          }
        },
        {
          "type": "resource",
          "name": "policy.entity.delete",
          "attributes": {
            "action": "delete"
          },
          "resourceType": "policy-entity"
        },
        {
          "type": "resource",
          "name": "policy.entity.update",
          "attributes": {
            "action": "update"
          },
          "resourceType": "policy-entity"
        }
      ],
      "rules": [
        {
          "name": "IS_OWNER",
          "description": "Should allow access to RBAC roles and Permissions through ownership",
          "resourceType": "policy-entity",
          "paramsSchema": {
            "type": "object",
            "properties": {
              "owners": {
                "type": "array",
                "items": {
                  "type": "string"
                },
                "description": "List of entity refs to match against"
              }
            },
            "required": [
              "owners"
            ],
            "additionalProperties": false,
            "$schema": "http://json-schema.org/draft-07/schema#"
          }
        }
      ]
    }
    "#);
    let names = |value: &Value| {
        value
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["name"].clone())
            .collect::<Vec<_>>()
    };
    assert_json_snapshot!([names(&scaffolder["permissions"]), names(&scaffolder["rules"])], @r#"
    [
      [
        "scaffolder.action.execute",
        "scaffolder.template.parameter.read",
        "scaffolder.template.step.read",
        "scaffolder.task.create",
        "scaffolder.task.read",
        "scaffolder.task.cancel",
        "scaffolder.template.management",
        "scaffolder.template.dry-run"
      ],
      [
        "HAS_TAG",
        "HAS_ACTION_ID",
        "HAS_BOOLEAN_PROPERTY",
        "HAS_NUMBER_PROPERTY",
        "HAS_STRING_PROPERTY",
        "IS_TASK_OWNER"
      ]
    ]
    "#);
}

#[tokio::test]
async fn apply_conditions_answers_yes_or_no() {
    let hub = builder().start().await;
    let client = hub.service();
    let path = "/api/catalog/.well-known/backstage/permissions/apply-conditions";
    let kinds = |kinds: Value| json!({"rule": "IS_ENTITY_KIND", "resourceType": "catalog-entity", "params": {"kinds": kinds}});
    let item = |id: &str, resource_ref: Value, conditions: Value| json!({"id": id, "resourceRef": resource_ref, "resourceType": "catalog-entity", "conditions": conditions});

    let answer = client.post(path, &json!({"items": [
        item("1", json!("component:default/foyer"), kinds(json!(["component"]))),
        item("2", json!(["component:default/foyer", "api:default/tickets"]), json!({"not": kinds(json!(["api"]))})),
        item("3", json!("component:default/nobody"), json!({"not": kinds(json!(["api"]))})),
    ]})).await;

    assert_json_snapshot!(answer.json(), @r#"
    {
      "items": [
        {
          "id": "1",
          "result": "ALLOW"
        },
        {
          "id": "2",
          "result": [
            "ALLOW",
            "DENY"
          ]
        },
        {
          "id": "3",
          "result": "DENY"
        }
      ]
    }
    "#);
    let mut errors = Vec::new();
    for (plugin, item) in [
        (
            "catalog",
            item("1", json!("component:default/foyer"), kinds(json!("x"))),
        ),
        (
            "catalog",
            item(
                "1",
                json!("component:default/foyer"),
                json!({"rule": "NOPE", "resourceType": "catalog-entity"}),
            ),
        ),
        (
            "catalog",
            item("1", json!("component:default/foyer"), json!({"anyOf": []})),
        ),
        (
            "catalog",
            json!({"id": "1", "resourceRef": "x", "resourceType": "nope", "conditions": kinds(json!([]))}),
        ),
        (
            "scaffolder",
            json!({"id": "1", "resourceRef": "x", "resourceType": "scaffolder-action", "conditions": kinds(json!([]))}),
        ),
    ] {
        let path = format!("/api/{plugin}/.well-known/backstage/permissions/apply-conditions");
        let answer = client.post(&path, &json!({"items": [item]})).await;
        let error = answer.error();
        errors.push(format!(
            "{} {}: {}",
            answer.status.as_u16(),
            error["name"].as_str().unwrap(),
            error["message"].as_str().unwrap()
        ));
    }
    assert_snapshot!(errors.join("\n"), @r#"
    400 InputError: Parameters to rule are invalid; caused by Error: Expected array, received string at "kinds"
    500 Error: Permission rule 'NOPE' does not exist for resource type 'catalog-entity'
    400 InputError: items[0].conditions: `anyOf` must be a list with at least one member
    400 InputError: Unexpected resource types: nope.
    501 NotImplementedError: This plugin does not expose any permission rule or can't evaluate the conditions request for scaffolder-action
    "#);
}
