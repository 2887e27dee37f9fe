//! `GET /policies` and those of one subject.

use super::{builder, get};
use insta::{assert_json_snapshot, assert_snapshot};
use serde_json::{Value, json};

#[tokio::test]
async fn policies_are_listed_and_filtered() {
    let hub = builder().start().await;
    let ann = hub.user("user:default/ann").await;

    let lines = |policies: Value| {
        let line = |policy: &Value| {
            let text = |key: &str| policy[key].as_str().unwrap().to_owned();
            format!(
                "{} {} {} {} ({})",
                text("entityReference"),
                text("permission"),
                text("policy"),
                text("effect"),
                policy["metadata"]["source"].as_str().unwrap()
            )
        };
        policies
            .as_array()
            .unwrap()
            .iter()
            .map(line)
            .collect::<Vec<_>>()
            .join("\n")
    };
    assert_snapshot!(lines(get(&ann, "/policies").await), @r#"
    role:default/everybody kubernetes.proxy use allow (configuration)
    role:default/rbac_admin policy-entity read allow (configuration)
    role:default/rbac_admin policy.entity.create create allow (configuration)
    role:default/rbac_admin policy-entity delete allow (configuration)
    role:default/rbac_admin policy-entity update allow (configuration)
    role:default/rbac_admin catalog-entity read allow (configuration)
    role:default/readers catalog-entity read allow (csv-file)
    role:default/readers policy.entity.create create deny (csv-file)
    role:default/owners catalog-entity delete allow (csv-file)
    "#);
    assert_snapshot!(lines(get(&ann, "/policies?permission=catalog-entity&policy=read").await), @r#"
    role:default/rbac_admin catalog-entity read allow (configuration)
    role:default/readers catalog-entity read allow (csv-file)
    "#);
    assert_eq!(
        get(&ann, "/policies?entityRef=role:default/nobody").await,
        json!([])
    );
    assert_eq!(
        lines(get(&ann, "/policies?entityRef=role:default/owners&entityRef=x").await)
            .lines()
            .count(),
        1
    );
    assert_json_snapshot!(get(&ann, "/policies/role/default/owners").await, @r#"
    [
      {
        "entityReference": "role:default/owners",
        "permission": "catalog-entity",
        "policy": "delete",
        "effect": "allow",
        "metadata": {
          "source": "csv-file"
        }
      }
    ]
    "#);
}
