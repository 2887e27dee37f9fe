//! What `GET /plugins/…` lists.

use super::{builder, get};
use insta::assert_json_snapshot;
use serde_json::{Value, json};

#[tokio::test]
async fn plugins_are_listed_in_order() {
    let hub = builder().start().await;
    let ann = hub.user("user:default/ann").await;

    let policies = get(&ann, "/plugins/policies").await;
    let rules = get(&ann, "/plugins/condition-rules").await;

    assert_eq!(
        get(&ann, "/plugins/id").await,
        json!({"ids": ["kubernetes", "catalog", "scaffolder", "permission", "callboard"]})
    );
    let ids = |list: &Value| {
        list.as_array()
            .unwrap()
            .iter()
            .map(|plugin| plugin["pluginId"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        ids(&policies),
        ["catalog", "scaffolder", "permission", "callboard"]
    );
    assert_eq!(ids(&rules), ["catalog", "scaffolder", "permission"]);
    assert_json_snapshot!(policies[2], @r#"
    {
      "pluginId": "permission",
      "policies": [
        {
          "name": "policy.entity.read",
          "policy": "read",
          "permission": "policy-entity",
          "isResourced": true,
          "resourceType": "policy-entity"
        },
        {
          "name": "policy.entity.create",
          "policy": "create",
          "permission": "policy.entity.create",
          "isResourced": false
        },
        {
          "name": "policy.entity.delete",
          "policy": "delete",
          "permission": "policy-entity",
          "isResourced": true,
          "resourceType": "policy-entity"
        },
        {
          "name": "policy.entity.update",
          "policy": "update",
          "permission": "policy-entity",
          "isResourced": true,
          "resourceType": "policy-entity"
        }
      ]
    }
    "#);
    let metadata = get(&ann, "/.well-known/backstage/permissions/metadata").await;
    assert_eq!(
        rules[2],
        json!({"pluginId": "permission", "rules": metadata["rules"]})
    );
}
