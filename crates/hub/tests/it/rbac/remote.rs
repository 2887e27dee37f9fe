//! Permissions and rules of a plugin of another backend, beside those of this hub.

use super::get;
use crate::remote::{Remote, Reply};
use crate::support::Log;
use callboard_hub::rbac::Health;
use callboard_testkit::{Client, TestHub};
use insta::assert_json_snapshot;
use jiff::SignedDuration;
use serde_json::{Value, json};

fn metadata() -> Value {
    json!({
        "permissions": [
            {"type": "resource", "name": "props.read", "attributes": {"action": "read"}, "resourceType": "prop"},
            {"type": "basic", "name": "props.count", "attributes": {}},
        ],
        "rules": [{
            "name": "IS_LENT", "description": "Lent out", "resourceType": "prop",
            "paramsSchema": {"type": "object", "properties": {}},
        }],
    })
}

async fn hub(remote: &Remote) -> TestHub {
    let admins =
        json!({"permission": {"rbac": {"admin": {"users": [{"name": "user:default/ann"}]}}}});
    let builder = TestHub::builder().config(remote.config()).config(admins);
    builder.start().await
}

/// The ids of the plugins in a list.
async fn ids(client: &Client, list: &str) -> Vec<String> {
    let list = get(client, &format!("/plugins/{list}")).await;
    let id = |plugin: &Value| plugin["pluginId"].as_str().unwrap().to_owned();
    list.as_array().unwrap().iter().map(id).collect()
}

#[tokio::test]
async fn its_permissions_and_rules_are_listed_in_the_order_of_ids() {
    let remote = Remote::start().await;
    remote.answer_metadata(Reply::Json(metadata()));
    let hub = hub(&remote).await;
    let ann = hub.user("user:default/ann").await;

    let policies = get(&ann, "/plugins/policies").await;
    let rules = get(&ann, "/plugins/condition-rules").await;

    assert_eq!(
        ids(&ann, "policies").await,
        ["props", "catalog", "scaffolder", "permission", "callboard"]
    );
    assert_json_snapshot!(policies[0], @r#"
    {
      "pluginId": "props",
      "policies": [
        {
          "name": "props.read",
          "policy": "read",
          "permission": "prop",
          "isResourced": true,
          "resourceType": "prop"
        },
        {
          "name": "props.count",
          "policy": "use",
          "permission": "props.count",
          "isResourced": false
        }
      ]
    }
    "#);
    assert_json_snapshot!(rules[0], @r#"
    {
      "pluginId": "props",
      "rules": [
        {
          "name": "IS_LENT",
          "description": "Lent out",
          "resourceType": "prop",
          "paramsSchema": {
            "type": "object",
            "properties": {}
          }
        }
      ]
    }
    "#);
    assert_eq!(remote.asked_for_metadata().len(), 1, "kept for a while");
}

#[tokio::test]
async fn it_is_asked_with_a_token_of_plugin_permission() {
    let remote = Remote::start().await;
    remote.answer_metadata(Reply::Json(metadata()));
    let hub = hub(&remote).await;
    ids(&hub.user("user:default/ann").await, "policies").await;

    let [header, claims] = remote.asked_for_metadata()[0].token_parts();

    assert_eq!(header["typ"], "vnd.backstage.plugin");
    let now = hub.now();
    assert_eq!(
        claims,
        json!({"sub": "permission", "aud": "props", "iat": now, "exp": now + 3600})
    );
    let keys = hub.anonymous();
    let keys = keys
        .get("/api/permission/.backstage/auth/v1/jwks.json")
        .await
        .json();
    assert_eq!(keys["keys"][0]["kid"], header["kid"]);
}

#[tokio::test]
async fn nothing_older_than_a_minute_is_listed() {
    let remote = Remote::start().await;
    remote.answer_metadata(Reply::Json(metadata()));
    let hub = hub(&remote).await;
    let ann = hub.user("user:default/ann").await;
    assert!(ids(&ann, "policies").await.contains(&"props".to_owned()));

    remote.answer_metadata(Reply::Json(json!({"permissions": []})));
    hub.clock().advance(SignedDuration::from_secs(29));
    assert!(ids(&ann, "policies").await.contains(&"props".to_owned()));
    assert_eq!(remote.asked_for_metadata().len(), 1);
    hub.clock().advance(SignedDuration::from_secs(31));

    assert!(!ids(&ann, "policies").await.contains(&"props".to_owned()));
    assert!(
        !ids(&ann, "condition-rules")
            .await
            .contains(&"props".to_owned())
    );
}

#[tokio::test]
async fn missing_rules_count_as_none() {
    let remote = Remote::start().await;
    remote.answer_metadata(Reply::Json(
        json!({"permissions": metadata()["permissions"]}),
    ));
    let hub = hub(&remote).await;
    let ann = hub.user("user:default/ann").await;

    assert!(ids(&ann, "policies").await.contains(&"props".to_owned()));
    assert!(
        !ids(&ann, "condition-rules")
            .await
            .contains(&"props".to_owned())
    );
}

#[tokio::test]
async fn what_a_plugin_told_last_stays_while_it_is_down_and_each_change_is_logged_once() {
    let remote = Remote::start().await;
    remote.answer_metadata(Reply::Json(metadata()));
    let log = Log::capture();
    let hub = hub(&remote).await;
    let ann = hub.user("user:default/ann").await;
    ids(&ann, "policies").await;
    let since = hub.now();

    remote.answer_metadata(Reply::Status(500));
    for _ in 0..3 {
        hub.clock().advance(SignedDuration::from_secs(60));
        assert!(ids(&ann, "policies").await.contains(&"props".to_owned()));
    }
    let down = health(&hub);
    remote.answer_metadata(Reply::Json(metadata()));
    hub.clock().advance(SignedDuration::from_secs(60));
    until(async || {
        ids(&ann, "policies").await;
        matches!(health(&hub), Health::Up { .. })
    })
    .await;

    let Health::Down { since: broken, why } = down else {
        panic!("{down:?}")
    };
    assert_eq!(broken.as_second(), since + 60);
    assert_eq!(why, "the answer has status 500 Internal Server Error");
    let told: Vec<Value> = log
        .lines()
        .into_iter()
        .filter(|line| line["remote"] == "props")
        .map(|line| json!([line["level"], line["message"]]))
        .collect();
    assert_json_snapshot!(told, @r#"
    [
      [
        "warn",
        "a plugin of another backend does not tell its permissions; what it told last stays"
      ],
      [
        "info",
        "a plugin of another backend answers again"
      ]
    ]
    "#);
}

/// Waits until `holds` does; the background has a few seconds for it.
async fn until(holds: impl AsyncFn() -> bool) {
    for _ in 0..200 {
        if holds().await {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("it never came to hold");
}

fn health(hub: &TestHub) -> Health {
    let mut listed = hub.app().rbac().remote_plugins(hub.app());
    assert_eq!(listed.len(), 1);
    listed.remove(0).health
}

#[tokio::test]
async fn a_plugin_that_cannot_be_used_is_left_out_and_says_why() {
    for (reply, why, questions) in [
        (
            Reply::Text("curtain"),
            "the answer is not the JSON that was asked for: expected value",
            1,
        ),
        (
            Reply::Json(json!({"permissions": 7})),
            "the answer is not the JSON that was asked for: invalid type: integer",
            1,
        ),
        (Reply::Status(404), "the answer has status 404 Not Found", 1),
        (
            Reply::Status(503),
            "the answer has status 503 Service Unavailable",
            2,
        ),
    ] {
        let remote = Remote::start().await;
        remote.answer_metadata(reply);
        let hub = hub(&remote).await;
        let ann = hub.user("user:default/ann").await;

        let listed = ids(&ann, "policies").await;

        assert_eq!(listed, ["catalog", "scaffolder", "permission", "callboard"]);
        let Health::Down { why: found, .. } = health(&hub) else {
            panic!("{why}")
        };
        assert!(found.starts_with(why), "{found}");
        assert_eq!(remote.asked_for_metadata().len(), questions, "{why}");
        let metrics = hub.anonymous().get("/metrics").await.text();
        assert!(metrics.contains(r#"permission_remote_plugin_up{plugin="props"} 0"#));
    }
}

#[tokio::test]
async fn a_plugin_that_is_not_listed_is_not_asked() {
    let remote = Remote::start().await;
    let config = json!({"discovery": remote.config()["discovery"]});
    let hub = TestHub::builder().config(config).start().await;
    let service = hub.service();

    assert_eq!(
        ids(&service, "policies").await,
        ["catalog", "scaffolder", "permission", "callboard"]
    );

    assert!(remote.asked_for_metadata().is_empty());
}
