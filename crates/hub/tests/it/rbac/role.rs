//! `GET /roles` and one role.

use super::{builder, get};
use insta::assert_json_snapshot;
use serde_json::{Value, json};

fn without_times(mut roles: Value) -> Value {
    for role in roles.as_array_mut().unwrap() {
        for member in ["createdAt", "lastModified"] {
            let time = role["metadata"][member].take();
            assert!(time.as_str().unwrap().ends_with('Z'), "{time}");
        }
    }
    roles
}

#[tokio::test]
async fn administrators_see_every_role() {
    let hub = builder().start().await;
    let ann = hub.user("user:default/ann").await;

    assert_json_snapshot!(without_times(get(&ann, "/roles").await), @r#"
    [
      {
        "memberReferences": [
          "user:default/ann"
        ],
        "name": "role:default/rbac_admin",
        "metadata": {
          "source": "configuration",
          "description": "The default permission policy for the admin role allows for the creation, deletion, updating, and reading of roles and permission policies.",
          "owner": null,
          "author": "application configuration",
          "modifiedBy": "application configuration",
          "createdAt": null,
          "lastModified": null,
          "isDefault": false
        }
      },
      {
        "memberReferences": [
          "user:default/tom",
          "group:default/stage"
        ],
        "name": "role:default/readers",
        "metadata": {
          "source": "csv-file",
          "description": null,
          "owner": null,
          "author": "csv permission policy file",
          "modifiedBy": "csv permission policy file",
          "createdAt": null,
          "lastModified": null,
          "isDefault": false
        }
      },
      {
        "memberReferences": [
          "user:default/olga"
        ],
        "name": "role:default/owners",
        "metadata": {
          "source": "csv-file",
          "description": null,
          "owner": null,
          "author": "csv permission policy file",
          "modifiedBy": "csv permission policy file",
          "createdAt": null,
          "lastModified": null,
          "isDefault": false
        }
      },
      {
        "memberReferences": [],
        "name": "role:default/everybody",
        "metadata": {
          "source": "configuration",
          "description": "Role with default permissions for all users and groups.",
          "owner": null,
          "author": "application configuration",
          "modifiedBy": "application configuration",
          "createdAt": null,
          "lastModified": null,
          "isDefault": true
        }
      }
    ]
    "#);
    let roles = get(&ann, "/roles").await;
    assert_eq!(
        get(&ann, "/roles/role/default/readers").await,
        json!([roles[1]])
    );
}
