//! `GET /sources`: what came of each policy file.

use super::{POLICIES, builder, get};
use callboard_testkit::TestHub;
use insta::assert_json_snapshot;
use serde_json::{Value, json};

/// The answer without what differs from one run to the next.
fn steady(hub: &TestHub, sources: &Value) -> Value {
    let folder = format!("{}/", hub.folder().display());
    let text = sources.to_string().replace(&folder, "");
    let mut sources: Value = serde_json::from_str(&text).unwrap();
    for source in sources.as_array_mut().unwrap() {
        for key in ["lastRead", "lastChanged"] {
            let time = source[key].as_str().unwrap();
            assert!(time.ends_with('Z') && time.len() == 24, "{time}");
            source[key] = json!("(time)");
        }
    }
    sources
}

#[tokio::test]
async fn each_file_is_listed_with_what_is_wrong_in_it() {
    let hub = builder()
        .policy_csv(&format!(
            "{POLICIES}p, role:default/readers, catalog.entty.read, read, allow\n"
        ))
        .start()
        .await;

    let sources = get(&hub.user("user:default/ann").await, "/sources").await;

    assert_json_snapshot!(steady(&hub, &sources), @r#"
    [
      {
        "kind": "policies-csv-file",
        "name": "policies.csv",
        "path": "policies.csv",
        "reload": false,
        "inForce": true,
        "lastRead": "(time)",
        "lastChanged": "(time)",
        "sha256": "6f54120bc53a40f114a87d2008fe423d919cb93228e5241040bcd4372095ba7a",
        "counts": {
          "members": 3,
          "policies": 4
        },
        "diagnostics": [
          {
            "severity": "warning",
            "message": "Policy role:default/readers,policy-entity,create,deny from file policies.csv names a retired resource type",
            "line": 5,
            "help": "name the permission `policy.entity.create` instead of `policy-entity`"
          },
          {
            "severity": "warning",
            "message": "no plugin of this hub has a permission or resource type `catalog.entty.read`",
            "line": 8,
            "help": "did you mean `catalog.entity.read`?"
          }
        ]
      },
      {
        "kind": "conditionalPoliciesFile",
        "name": "conditions.yaml",
        "path": "conditions.yaml",
        "reload": false,
        "inForce": true,
        "lastRead": "(time)",
        "lastChanged": "(time)",
        "sha256": "072e8a61611d3a5025c149b04c005706221472af9452ae11dd567f0aa5f0b06d",
        "counts": {
          "conditions": 2
        },
        "diagnostics": []
      }
    ]
    "#);
}

#[tokio::test]
async fn an_owner_of_some_roles_sees_no_diagnostics() {
    let hub = builder()
        .policy_csv(&format!("{POLICIES}p, \"x\n"))
        .start()
        .await;

    let sources = get(&hub.user("user:default/olga").await, "/sources").await;

    let sources = sources.as_array().unwrap();
    assert_eq!(sources.len(), 2);
    for source in sources {
        assert_eq!(source["inForce"], true);
        assert!(source["sha256"].is_string());
        assert_eq!(source.get("diagnostics"), None);
    }
}

#[tokio::test]
async fn without_files_there_is_nothing_to_list() {
    let hub = TestHub::start().await;

    assert_eq!(get(&hub.service(), "/sources").await, json!([]));
}
