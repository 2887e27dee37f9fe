//! Creating, updating and deleting roles.

use super::desk::{audit_events, create_role, decision, event_lines, everything, send, shown};
use super::role_refusal::refusals;
use super::{builder, get};
use crate::support::Log;
use callboard_testkit::Client;
use insta::{assert_json_snapshot, assert_snapshot};
use serde_json::{Value, json};

const TEST: &str = "/roles/role/default/test";

/// A role as it is read, without its times.
async fn role(client: &Client, path: &str) -> Value {
    let mut roles = get(client, path).await;
    let metadata = roles[0]["metadata"].as_object_mut().unwrap();
    assert!(metadata.remove("createdAt").unwrap().is_string());
    assert!(metadata.remove("lastModified").unwrap().is_string());
    roles
}

async fn members(client: &Client, path: &str) -> Value {
    get(client, path).await[0]["memberReferences"].clone()
}

#[tokio::test]
async fn the_requests_of_the_authorization_guide_are_answered() {
    let hub = builder().start().await;
    let ann = hub.user("user:default/ann").await;
    let created = json!({
        "memberReferences": ["group:default/example"],
        "name": "role:default/test",
        "metadata": {"description": "This is a test role"},
    });
    let updated = json!({
        "oldRole": {"memberReferences": ["group:default/example"], "name": "role:default/test"},
        "newRole": {
            "memberReferences": ["group:default/example", "user:default/test"],
            "name": "role:default/test",
        },
    });

    assert_eq!(shown(&send(&ann, "POST", "/roles", &created).await), "201");
    assert_eq!(shown(&send(&ann, "PUT", TEST, &updated).await), "200");
    assert_json_snapshot!(role(&ann, TEST).await, @r#"
    [
      {
        "memberReferences": [
          "group:default/example",
          "user:default/test"
        ],
        "name": "role:default/test",
        "metadata": {
          "source": "rest",
          "description": "This is a test role",
          "owner": "user:default/ann",
          "author": "user:default/ann",
          "modifiedBy": "user:default/ann",
          "isDefault": false
        }
      }
    ]
    "#);

    let one = format!("{TEST}?memberReferences=group:default/example");
    assert_eq!(shown(&send(&ann, "DELETE", &one, &json!({})).await), "204");
    assert_eq!(members(&ann, TEST).await, json!(["user:default/test"]));
    assert_eq!(shown(&send(&ann, "DELETE", TEST, &json!({})).await), "204");
    let gone = ann.get(&format!("/api/permission{TEST}")).await;
    assert_eq!(shown(&gone), "404 NotFoundError");
}

#[tokio::test]
async fn a_role_is_created_at_its_own_path_too() {
    let hub = builder().start().await;
    let ann = hub.user("user:default/ann").await;
    let path = "/roles/role/default/test_admin";
    let named =
        json!({"memberReferences": ["group:default/test"], "name": "role:default/test_admin"});
    let unnamed = json!({"memberReferences": ["user:default/tom"]});

    assert_eq!(shown(&send(&ann, "POST", path, &named).await), "201");
    assert_eq!(shown(&send(&ann, "POST", path, &unnamed).await), "201");
    assert_eq!(
        members(&ann, path).await,
        json!(["group:default/test", "user:default/tom"])
    );

    let other = json!({"memberReferences": ["user:default/bob"], "name": "role:default/other"});
    assert_snapshot!(refusals(&hub, &ann, &[
        ("POST", path, other),
        ("POST", "/roles/user/default/tom", unnamed),
    ]).await, @r#"
    400 InputError: Invalid role definition. Cause: 'name' is 'role:default/other', but the path names 'role:default/test_admin'
    400 InputError: Unsupported kind user. Supported value should be "role"
    "#);
}

#[tokio::test]
async fn owner_and_description_stay_unless_they_are_given() {
    let hub = builder().start().await;
    let ann = hub.user("user:default/ann").await;
    let zoe = hub
        .member("user:default/zoe", &["group:default/board"])
        .await;
    let create = |members: &[&str], metadata: Value| json!({"name": "role:default/test", "memberReferences": members, "metadata": metadata});
    let given = json!({"description": "who tests", "owner": "group:default/stage"});
    let answer = send(
        &ann,
        "POST",
        "/roles",
        &create(&["user:default/Tom"], given),
    )
    .await;
    assert_eq!(shown(&answer), "201");

    let more = create(&["user:default/bob"], Value::Null);
    assert_eq!(shown(&send(&zoe, "POST", "/roles", &more).await), "201");
    let same = json!({"memberReferences": ["user:default/bob"], "name": "role:default/test"});
    let update = json!({"oldRole": same, "newRole": same});
    assert_eq!(shown(&send(&zoe, "PUT", TEST, &update).await), "200");

    assert_json_snapshot!(role(&ann, TEST).await, @r#"
    [
      {
        "memberReferences": [
          "user:default/tom",
          "user:default/bob"
        ],
        "name": "role:default/test",
        "metadata": {
          "source": "rest",
          "description": "who tests",
          "owner": "group:default/stage",
          "author": "user:default/ann",
          "modifiedBy": "user:default/zoe",
          "isDefault": false
        }
      }
    ]
    "#);
}

#[tokio::test]
async fn a_renamed_role_keeps_everything() {
    let hub = builder().start().await;
    let ann = hub.user("user:default/ann").await;
    let renamed = "/roles/role/default/Renamed";
    create_role(&ann, "role:default/test").await;
    may_read_catalog(&ann, "role:default/test").await;
    let condition = json!({
        "result": "CONDITIONAL", "roleEntityRef": "role:default/test", "pluginId": "catalog",
        "resourceType": "catalog-entity", "permissionMapping": ["delete"],
        "conditions": {"rule": "HAS_LABEL", "resourceType": "catalog-entity", "params": {"label": "a"}},
    });
    let answer = send(&ann, "POST", "/roles/conditions", &condition).await;
    let condition = format!("/roles/conditions/{}", answer.json()["id"]);
    let before = role(&ann, TEST).await;
    let rename = json!({
        "oldRole": {"memberReferences": ["user:default/tom"]},
        "newRole": {"name": "role:default/Renamed", "memberReferences": ["user:default/bob"]},
    });

    assert_eq!(shown(&send(&ann, "PUT", TEST, &rename).await), "200");

    let after = role(&ann, renamed).await;
    assert_eq!(after[0]["metadata"], before[0]["metadata"]);
    assert_eq!(
        after[0]["memberReferences"],
        json!(["group:default/example", "user:default/bob"])
    );
    let policies = get(&ann, "/policies/role/default/Renamed").await;
    assert_eq!(policies.as_array().unwrap().len(), 1);
    assert_eq!(
        get(&ann, &condition).await["roleEntityRef"],
        "role:default/Renamed"
    );
    for gone in [TEST, "/policies/role/default/test"] {
        let gone = ann.get(&format!("/api/permission{gone}")).await;
        assert_eq!(shown(&gone), "404 NotFoundError");
    }
}

#[tokio::test]
async fn members_decide_from_the_next_question_on() {
    let hub = builder().start().await;
    let ann = hub.user("user:default/ann").await;
    let bob = hub.user("user:default/bob").await;
    let decides = async || decision(&bob, "catalog.entity.read", "read").await;
    let join = json!({"name": "role:default/test", "memberReferences": ["user:default/bob"]});

    assert_eq!(decides().await, "DENY");
    assert_eq!(shown(&send(&ann, "POST", "/roles", &join).await), "201");
    may_read_catalog(&ann, "role:default/test").await;
    assert_eq!(decides().await, "ALLOW");

    let leave = json!({
        "oldRole": {"memberReferences": ["user:default/bob"]},
        "newRole": {"name": "role:default/test", "memberReferences": ["user:default/tom"]},
    });
    assert_eq!(shown(&send(&ann, "PUT", TEST, &leave).await), "200");
    assert_eq!(decides().await, "DENY");
    assert_eq!(shown(&send(&ann, "POST", "/roles", &join).await), "201");
    assert_eq!(decides().await, "ALLOW");

    // The policies go with the role, and do not revive with another one of its name.
    assert_eq!(shown(&send(&ann, "DELETE", TEST, &json!({})).await), "204");
    assert_eq!(decides().await, "DENY");
    assert_eq!(shown(&send(&ann, "POST", "/roles", &join).await), "201");
    assert_eq!(decides().await, "DENY");
}

/// Lets a role read the catalog.
async fn may_read_catalog(client: &Client, role: &str) {
    let policy = json!([{
        "entityReference": role, "permission": "catalog-entity", "policy": "read", "effect": "allow",
    }]);
    assert_eq!(
        shown(&send(client, "POST", "/policies", &policy).await),
        "201"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_at_the_same_time_lose_nothing() {
    let hub = builder().on_disk().start().await;
    let ann = hub.user("user:default/ann").await;

    let writers = (0..20).map(|n| {
        let ann = ann.clone();
        tokio::spawn(async move {
            let body = json!({"name": "role:default/test", "memberReferences": [format!("user:default/u{n}")]});
            shown(&send(&ann, "POST", "/roles", &body).await)
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        assert_eq!(writer.await.unwrap(), "201");
    }

    let kept = members(&ann, TEST).await;
    assert_eq!(kept.as_array().unwrap().len(), 20, "{kept}");
}

#[tokio::test]
async fn what_was_written_is_there_after_a_restart() {
    let builder = builder().on_disk();
    let hub = builder.start().await;
    create_role(&hub.user("user:default/ann").await, "role:default/test").await;
    let before = everything(&hub).await;
    hub.stop().await;

    let hub = builder.start().await;

    assert_eq!(everything(&hub).await, before);
}

#[tokio::test]
async fn changes_reads_and_refusals_are_audit_events() {
    let hub = builder().start().await;
    let ann = hub.user("user:default/ann").await;
    let tom = hub.user("user:default/tom").await;
    let log = Log::capture();

    create_role(&ann, "role:default/test").await;
    send(&tom, "DELETE", TEST, &json!({})).await;
    get(&ann, TEST).await;
    get(&ann, "/roles").await;
    send(&ann, "DELETE", TEST, &json!({})).await;

    let mut events = audit_events(&log);
    events.retain(|event| event["eventId"] != "permission-evaluation");
    assert_snapshot!(event_lines(&events), @r#"
    role-write initiated "" {"source":"rest","actionType":"create"}
    role-write succeeded "" {"source":"rest","actionType":"create","roleEntityRef":"role:default/test","modifiedBy":"user:default/ann","members":["group:default/example","user:default/tom"],"description":"","owner":"user:default/ann","author":"user:default/ann","response":{"status":201}}
    role-write initiated "" {"source":"rest","actionType":"delete"}
    role-write failed "NotAllowedError: " {"source":"rest","actionType":"delete","response":{"status":403}}
    role-read initiated "" {"queryType":"by-role","entityRef":"role:default/test","source":"rest"}
    role-read succeeded "" {"queryType":"by-role","entityRef":"role:default/test","source":"rest","response":{"status":200}}
    role-read initiated "" {"queryType":"all","source":"rest"}
    role-read succeeded "" {"queryType":"all","source":"rest","response":{"status":200}}
    role-write initiated "" {"source":"rest","actionType":"delete"}
    role-write succeeded "" {"source":"rest","actionType":"delete","roleEntityRef":"role:default/test","modifiedBy":"user:default/ann","members":["group:default/example","user:default/tom"],"response":{"status":204}}
    "#);
}
