//! `GET /roles/conditions` and one condition.

use super::{builder, get};
use insta::assert_json_snapshot;
use serde_json::Value;

#[tokio::test]
async fn conditions_are_listed_and_filtered() {
    let hub = builder().start().await;
    let ann = hub.user("user:default/ann").await;
    let ids = |conditions: Value| {
        conditions
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["id"].as_i64().unwrap())
            .collect::<Vec<_>>()
    };

    assert_json_snapshot!(get(&ann, "/roles/conditions").await, @r#"
    [
      {
        "id": 1,
        "result": "CONDITIONAL",
        "roleEntityRef": "role:default/readers",
        "pluginId": "catalog",
        "resourceType": "catalog-entity",
        "permissionMapping": [
          {
            "name": "catalog.entity.refresh",
            "action": "update"
          },
          {
            "name": "catalog.entity.delete",
            "action": "delete"
          }
        ],
        "conditions": {
          "rule": "IS_ENTITY_OWNER",
          "resourceType": "catalog-entity",
          "params": {
            "claims": [
              "$currentUser"
            ]
          }
        }
      },
      {
        "id": 2,
        "result": "CONDITIONAL",
        "roleEntityRef": "role:default/owners",
        "pluginId": "permission",
        "resourceType": "policy-entity",
        "permissionMapping": [
          "read"
        ],
        "conditions": {
          "rule": "IS_OWNER",
          "resourceType": "policy-entity",
          "params": {
            "owners": [
              "$currentUser"
            ]
          }
        }
      }
    ]
    "#);
    assert_json_snapshot!(get(&ann, "/roles/conditions/1%7D?mappingFormat=actions").await, @r#"
    {
      "id": 1,
      "result": "CONDITIONAL",
      "roleEntityRef": "role:default/readers",
      "pluginId": "catalog",
      "resourceType": "catalog-entity",
      "permissionMapping": [
        "update",
        "delete"
      ],
      "conditions": {
        "rule": "IS_ENTITY_OWNER",
        "resourceType": "catalog-entity",
        "params": {
          "claims": [
            "$currentUser"
          ]
        }
      }
    }
    "#);
    assert_eq!(
        ids(get(&ann, "/roles/conditions?roleEntityRef=role:default/owners").await),
        [2]
    );
    assert_eq!(
        ids(get(
            &ann,
            "/roles/conditions?actions=update&actions=delete&pluginId=catalog"
        )
        .await),
        [1]
    );
    assert_eq!(
        ids(get(&ann, "/roles/conditions?actions=update&actions=create").await),
        [0; 0]
    );
    assert_eq!(
        ids(get(&ann, "/roles/conditions?resourceType=policy-entity").await),
        [2]
    );
}
