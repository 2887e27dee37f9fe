//! Bringing roles in line with configuration, files and catalog.

use super::{CONDITIONS, POLICIES, builder, get};
use serde_json::{Value, json};
use std::time::Duration;

/// May the caller read some entity?
fn read_question() -> Value {
    json!({"items": [{"id": "a", "resourceRef": "component:default/x", "permission": {
        "type": "resource", "name": "catalog.entity.read", "attributes": {"action": "read"},
        "resourceType": "catalog-entity",
    }}]})
}

#[tokio::test]
async fn a_changed_row_changes_the_decision_after_a_restart() {
    let builder = builder().on_disk();
    let question = read_question();
    let first = builder.start().await;
    let tom = first.user("user:default/tom").await;
    let before = tom
        .post("/api/permission/authorize", &question)
        .await
        .json();
    let roles_before = get(&first.service(), "/roles").await;
    first.stop().await;

    builder.write(
        "policies.csv",
        &POLICIES.replace("catalog-entity, read, allow", "catalog-entity, read, deny"),
    );
    let second = builder.start().await;
    let tom = second.user("user:default/tom").await;
    let after = tom
        .post("/api/permission/authorize", &question)
        .await
        .json();

    assert_eq!(before["items"][0]["result"], "ALLOW");
    assert_eq!(after["items"][0]["result"], "DENY");
    assert_eq!(get(&second.service(), "/roles").await, roles_before);
    second.stop().await;
}

#[tokio::test]
async fn conditions_keep_their_ids_and_roles_their_times() {
    let builder = builder().on_disk();
    let first = builder.start().await;
    let roles = get(&first.service(), "/roles").await;
    first.stop().await;

    // The second document comes first now, and the other one has another rule.
    let (one, two) = CONDITIONS.split_once("---").unwrap();
    builder.write(
        "conditions.yaml",
        &format!("{two}---{}", one.replace("$currentUser", "$ownerRefs")),
    );
    let second = builder.start().await;
    let conditions = get(&second.service(), "/roles/conditions").await;

    assert_eq!(conditions[0]["id"], 1);
    assert_eq!(
        conditions[0]["conditions"]["params"]["claims"],
        json!(["$ownerRefs"])
    );
    assert_eq!(
        (&conditions[1]["id"], &conditions[1]["roleEntityRef"]),
        (&json!(2), &json!("role:default/owners"))
    );
    assert_eq!(get(&second.service(), "/roles").await, roles);
    second.stop().await;
}

#[tokio::test]
async fn what_is_no_longer_configured_goes() {
    let builder = builder().on_disk();
    builder.start().await.stop().await;

    let builder = builder.config(json!({"permission": {"rbac": null}}));
    let hub = builder.start().await;

    let service = hub.service();
    assert_eq!(get(&service, "/roles").await, json!([]));
    assert_eq!(get(&service, "/roles/conditions").await, json!([]));
    let policies = get(&service, "/policies").await;
    let subjects = policies
        .as_array()
        .unwrap()
        .iter()
        .map(|policy| policy["entityReference"].as_str().unwrap());
    assert!(
        subjects
            .clone()
            .all(|subject| subject == "role:default/rbac_admin"),
        "{policies}"
    );
    assert_eq!(subjects.count(), 5);
    hub.stop().await;
}

#[tokio::test]
async fn a_broken_conditions_file_leaves_what_is_stored() {
    let builder = builder().on_disk();
    builder.start().await.stop().await;
    for broken in [
        "result: [",
        "result: CONDITIONAL\nroleEntityRef: role:default/readers\n",
    ] {
        builder.write("conditions.yaml", broken);

        let hub = builder.start().await;

        assert_eq!(
            get(&hub.service(), "/roles/conditions")
                .await
                .as_array()
                .unwrap()
                .len(),
            2
        );
        let findings = hub.app().rbac().findings();
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert!(
            findings[0]
                .file
                .as_deref()
                .unwrap()
                .ends_with("conditions.yaml")
        );
        hub.stop().await;
    }
    std::fs::remove_file(builder.folder().join("conditions.yaml")).unwrap();
    let hub = builder.start().await;
    assert_eq!(
        get(&hub.service(), "/roles/conditions")
            .await
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert!(
        hub.app()
            .rbac()
            .findings()
            .iter()
            .any(|finding| finding.message.contains("conditionalPoliciesFile"))
    );
    hub.stop().await;
}

#[tokio::test]
async fn a_new_member_has_the_roles_of_the_group_without_a_restart() {
    let group = "
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: stage}
spec: {type: team, children: [], members: []}
";
    let builder = builder().catalog(group);
    let hub = builder.start().await;
    let ida = hub.user("user:default/ida").await;
    let may_read = async || {
        let answer = ida
            .post("/api/permission/authorize", &read_question())
            .await;
        answer.json()["items"][0]["result"] == "ALLOW"
    };
    assert!(!may_read().await);

    builder.write(
        "catalog.yaml",
        &group.replace("members: []", "members: [ida]"),
    );

    let is_followed = async {
        while !may_read().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), is_followed)
        .await
        .unwrap();
    hub.stop().await;
}

#[tokio::test]
async fn a_new_group_below_another_has_its_roles_without_a_restart() {
    let parent = "
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: stage}
spec: {type: department, children: []}
";
    let child = "
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: ushers}
spec: {type: team, parent: stage, children: [], members: [ida]}
";
    let builder = builder().catalog(parent);
    let hub = builder.start().await;
    let ida = hub.user("user:default/ida").await;
    let decided = async |expected: &str| {
        let is_followed = async {
            loop {
                let answer = ida
                    .post("/api/permission/authorize", &read_question())
                    .await;
                if answer.json()["items"][0]["result"] == expected {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), is_followed)
            .await
            .unwrap();
    };
    decided("DENY").await;

    builder.write("catalog.yaml", &format!("{parent}---{child}"));
    decided("ALLOW").await;
    builder.write("catalog.yaml", parent);
    decided("DENY").await;
}

#[tokio::test]
async fn a_start_that_finds_everything_in_line_writes_nothing() {
    let builder = builder().on_disk();
    let first = builder.start().await;
    let before = first.app().core().store.feed().latest().await.unwrap();
    first.stop().await;

    let second = builder.start().await;

    let after = second.app().core().store.feed().latest().await.unwrap();
    assert_eq!(after, before);
}

#[tokio::test]
async fn groups_of_the_catalog_give_roles() {
    let hub = builder()
        .catalog(
            "
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: ushers}
spec: {type: team, parent: stage, children: [], members: [ida]}
",
        )
        .start()
        .await;
    let ida = hub.user("user:default/ida").await;

    let question = read_question();
    let answer = ida
        .post("/api/permission/authorize", &question)
        .await
        .json();

    assert_eq!(answer["items"][0]["result"], "ALLOW");
}
