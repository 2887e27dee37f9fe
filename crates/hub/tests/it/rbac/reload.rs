//! Policy files that change under a running hub.

mod fault;

use super::{CONDITIONS, POLICIES, builder, get};
use crate::support::Log;
use callboard_testkit::{Client, TestHub, TestHubBuilder};
use insta::assert_snapshot;
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::Duration;

/// How long a test waits for what the hub does on its own.
const DEADLINE: Duration = Duration::from_secs(20);

fn reloading() -> TestHubBuilder {
    builder().config(json!({"permission": {"rbac": {"policyFileReload": true}}}))
}

async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let wait = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(DEADLINE, wait)
        .await
        .unwrap_or_else(|_| panic!("{what} in time"));
}

/// What the policy answers when `client` wants to read an entity.
async fn decision(client: &Client) -> String {
    let question = json!({"items": [{"id": "a", "resourceRef": "component:default/x", "permission": {
        "type": "resource", "name": "catalog.entity.read", "attributes": {"action": "read"},
        "resourceType": "catalog-entity",
    }}]});
    let answer = client.post("/api/permission/authorize", &question).await;
    answer.json()["items"][0]["result"]
        .as_str()
        .unwrap()
        .to_owned()
}

async fn eventually_decided(client: &Client, expected: &str) {
    eventually(&format!("the policy answers {expected}"), async || {
        decision(client).await == expected
    })
    .await;
}

fn with_effect(effect: &str) -> String {
    let row = format!("catalog-entity, read, {effect}");
    POLICIES.replace("catalog-entity, read, allow", &row)
}

/// One of the files as `GET /sources` shows it.
async fn source(hub: &TestHub, kind: &str) -> Value {
    let sources = get(&hub.service(), "/sources").await;
    let mut sources = sources.as_array().unwrap().iter();
    let found = sources.find(|source| source["kind"] == kind);
    found.unwrap().clone()
}

async fn eventually_refused(hub: &TestHub, kind: &str) -> Value {
    eventually(&format!("{kind} is refused"), async || {
        source(hub, kind).await["inForce"] == false
    })
    .await;
    source(hub, kind).await
}

async fn eventually_in_force(hub: &TestHub, kind: &str) {
    eventually(&format!("{kind} is in force"), async || {
        source(hub, kind).await["inForce"] == true
    })
    .await;
}

/// The events of the audit log that `named` lets through, as `status meta`.
fn events(log: &Log, named: &[&str]) -> Vec<String> {
    let lines = log.lines().into_iter();
    let events = lines.filter(|line| line["isAuditEvent"] == true && line["status"] != "initiated");
    events
        .filter(|event| named.contains(&event["eventId"].as_str().unwrap()))
        .map(|event| {
            let error = event["error"].as_str().unwrap_or_default();
            let text = |key: &str| event[key].as_str().unwrap();
            let line = format!(
                "{} {} {} {error}",
                text("eventId"),
                text("status"),
                event["meta"]
            );
            line.trim_end().to_owned()
        })
        .collect()
}

#[tokio::test]
async fn an_edit_changes_decisions_without_a_restart() {
    let builder = reloading();
    let hub = builder.start().await;
    let tom = hub.user("user:default/tom").await;
    assert_eq!(decision(&tom).await, "ALLOW");

    for effect in ["deny", "allow", "deny", "allow"] {
        builder.write("policies.csv", &with_effect(effect));
        eventually_decided(&tom, &effect.to_uppercase()).await;
    }
}

#[tokio::test]
async fn without_the_setting_an_edit_waits_for_the_next_start() {
    let builder = builder().on_disk();
    let hub = builder.start().await;
    let tom = hub.user("user:default/tom").await;

    builder.write("policies.csv", &with_effect("deny"));
    tokio::time::sleep(Duration::from_millis(400)).await;

    assert_eq!(decision(&tom).await, "ALLOW");
    assert_eq!(source(&hub, "policies-csv-file").await["reload"], false);
}

#[tokio::test]
async fn of_edits_in_quick_succession_the_last_counts() {
    let builder = reloading();
    let hub = builder.start().await;
    let tom = hub.user("user:default/tom").await;

    for round in 0..4 {
        let last = if round % 2 == 0 { "deny" } else { "allow" };
        for edit in 0..12 {
            // Both effects in turn, and in the end the one that was not in force before.
            let effect = if edit % 2 == round % 2 {
                "allow"
            } else {
                "deny"
            };
            builder.write("policies.csv", &with_effect(effect));
            tokio::time::sleep(Duration::from_millis(3 * edit)).await;
        }
        eventually_decided(&tom, &last.to_uppercase()).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(decision(&tom).await, last.to_uppercase(), "round {round}");
    }
}

#[tokio::test]
async fn a_file_may_be_replaced_in_every_way() {
    let builder = reloading();
    let hub = builder.start().await;
    let tom = hub.user("user:default/tom").await;
    let path = builder.folder().join("policies.csv");

    // As an editor does.
    let new = builder.write("policies.csv.new", &with_effect("deny"));
    fs::rename(&new, &path).unwrap();
    eventually_decided(&tom, "DENY").await;

    // Away for a while, and then written in parts.
    fs::remove_file(&path).unwrap();
    eventually_refused(&hub, "policies-csv-file").await;
    assert_eq!(decision(&tom).await, "DENY");
    let (one, two) = POLICIES.split_at(60);
    builder.write("policies.csv", one);
    builder.write("policies.csv", &format!("{one}{two}"));
    eventually_decided(&tom, "ALLOW").await;
    eventually_in_force(&hub, "policies-csv-file").await;

    // Only the time of the file differs from the one before, and a comment.
    builder.write("policies.csv", &format!("# again\n{}", with_effect("deny")));
    eventually_decided(&tom, "DENY").await;
}

/// Lays `text` into a mounted folder as Kubernetes does: a new folder, then one link to it.
fn mount(folder: &Path, generation: u32, text: &str) {
    let data = format!("..2026_{generation}");
    fs::create_dir(folder.join(&data)).unwrap();
    fs::write(folder.join(&data).join("policies.csv"), text).unwrap();
    symlink(&data, folder.join("..data_tmp")).unwrap();
    fs::rename(folder.join("..data_tmp"), folder.join("..data")).unwrap();
    if generation > 0 {
        fs::remove_dir_all(folder.join(format!("..2026_{}", generation - 1))).unwrap();
    }
}

#[tokio::test]
async fn a_config_map_that_swaps_its_link_is_followed() {
    let builder = reloading();
    let folder = builder.folder().join("mounted");
    fs::create_dir(&folder).unwrap();
    mount(&folder, 0, POLICIES);
    symlink("..data/policies.csv", folder.join("policies.csv")).unwrap();
    let path = folder.join("policies.csv");
    let builder = builder.config(json!({"permission": {"rbac": {"policies-csv-file": path}}}));
    let hub = builder.start().await;
    let tom = hub.user("user:default/tom").await;
    assert_eq!(decision(&tom).await, "ALLOW");

    for (generation, effect) in (1..).zip(["deny", "allow", "deny"]) {
        mount(&folder, generation, &with_effect(effect));
        eventually_decided(&tom, &effect.to_uppercase()).await;
    }
}

#[tokio::test]
async fn a_conditions_file_may_come_later() {
    let builder = reloading();
    fs::remove_file(builder.folder().join("conditions.yaml")).unwrap();
    let hub = builder.start().await;
    assert_eq!(get(&hub.service(), "/roles/conditions").await, json!([]));

    builder.write("conditions.yaml", CONDITIONS);

    eventually("the conditions come", async || {
        let conditions = get(&hub.service(), "/roles/conditions").await;
        conditions.as_array().unwrap().len() == 2
    })
    .await;
    eventually_in_force(&hub, "conditionalPoliciesFile").await;
}

#[tokio::test]
async fn what_a_start_and_a_reload_change_is_audited() {
    let log = Log::capture();
    let builder = reloading().config(json!({"permission": {"rbac": {"defaultPermissions": null}}}));
    let _hub = builder.start().await;
    let named = ["role-write", "policy-write", "condition-write"];
    assert_snapshot!(events(&log, &named).join("\n"), @r#"
    role-write succeeded {"source":"csv-file","actionType":"create_or_update","addedPolicies":[["user:default/tom","role:default/readers"],["group:default/stage","role:default/readers"],["user:default/olga","role:default/owners"]],"updatedPolicies":[],"failedPolicies":[]}
    role-write succeeded {"actionType":"create","roleEntityRef":"role:default/rbac_admin","source":"configuration","members":["user:default/ann"],"addedMembers":["user:default/ann"]}
    policy-write succeeded {"source":"configuration","actionType":"create","policies":[["role:default/rbac_admin","policy-entity","read","allow"],["role:default/rbac_admin","policy.entity.create","create","allow"],["role:default/rbac_admin","policy-entity","delete","allow"],["role:default/rbac_admin","policy-entity","update","allow"],["role:default/rbac_admin","catalog-entity","read","allow"]]}
    policy-write succeeded {"source":"csv-file","actionType":"create","policies":[["role:default/readers","catalog-entity","read","allow"],["role:default/readers","policy-entity","create","deny"],["role:default/owners","catalog-entity","delete","allow"]]}
    condition-write succeeded {"actionType":"create","condition":{"result":"CONDITIONAL","roleEntityRef":"role:default/readers","pluginId":"catalog","resourceType":"catalog-entity","permissionMapping":[{"name":"catalog.entity.refresh","action":"update"},{"name":"catalog.entity.delete","action":"delete"}],"conditions":{"rule":"IS_ENTITY_OWNER","resourceType":"catalog-entity","params":{"claims":["$currentUser"]}},"id":1}}
    condition-write succeeded {"actionType":"create","condition":{"result":"CONDITIONAL","roleEntityRef":"role:default/owners","pluginId":"permission","resourceType":"policy-entity","permissionMapping":["read"],"conditions":{"rule":"IS_OWNER","resourceType":"policy-entity","params":{"owners":["$currentUser"]}},"id":2}}
    "#);
    let told = events(&log, &named).len();

    let text = POLICIES
        .replace("g, group:default/stage, role:default/readers\n", "")
        .replace("g, user:default/olga", "g, user:default/ida")
        .replace(
            "role:default/owners, catalog-entity, delete",
            "role:default/owners, catalog-entity, update",
        );
    builder.write(
        "policies.csv",
        &format!("{text}g, user:default/x, group:default/y\n"),
    );
    eventually("the change is told", async || {
        events(&log, &named).len() > told
    })
    .await;

    assert_snapshot!(events(&log, &named)[told..].join("\n"), @r#"
    role-write succeeded {"source":"csv-file","actionType":"create_or_update","addedPolicies":[],"updatedPolicies":[["user:default/ida","role:default/owners"]],"failedPolicies":[["user:default/x","group:default/y"]]}
    role-write succeeded {"actionType":"update","roleEntityRef":"role:default/readers","source":"csv-file","members":["user:default/tom"],"removedMembers":["group:default/stage"]}
    role-write succeeded {"actionType":"update","roleEntityRef":"role:default/owners","source":"csv-file","members":["user:default/ida"],"removedMembers":["user:default/olga"]}
    policy-write succeeded {"source":"csv-file","actionType":"create","policies":[["role:default/owners","catalog-entity","update","allow"]]}
    policy-write succeeded {"source":"csv-file","actionType":"delete","policies":[["role:default/owners","catalog-entity","delete","allow"]]}
    "#);
}

#[tokio::test]
async fn a_sequence_of_edits_ends_where_a_fresh_start_does() {
    let builder = reloading();
    let hub = builder.start().await;
    for (csv, yaml) in [
        (with_effect("deny"), CONDITIONS.to_owned()),
        (
            POLICIES.replace("owners", "others"),
            CONDITIONS.replace("owners", "others"),
        ),
        (
            "g, user:default/eve, role:default/late\n".to_owned(),
            CONDITIONS.to_owned(),
        ),
        (
            POLICIES.to_owned(),
            CONDITIONS.replace("$currentUser", "$ownerRefs"),
        ),
    ] {
        builder.write("policies.csv", &csv);
        builder.write("conditions.yaml", &yaml);

        let fresh = builder.start().await;
        let expected = listed(&fresh).await;
        eventually("both hubs say the same", async || {
            listed(&hub).await == expected
        })
        .await;
    }
}

/// Roles, policies and conditions without ids and times, in order.
async fn listed(hub: &TestHub) -> Vec<String> {
    let mut all = Vec::new();
    for path in ["/roles", "/policies", "/roles/conditions"] {
        let mut items = get(&hub.service(), path).await;
        for item in items.as_array_mut().unwrap() {
            item.as_object_mut().unwrap().remove("id");
            if let Some(metadata) = item["metadata"].as_object_mut() {
                metadata.retain(|key, _| !key.ends_with("At") && key != "lastModified");
            }
            all.push(item.to_string());
        }
    }
    all.sort();
    all
}

#[tokio::test]
async fn two_hubs_on_one_database_write_a_change_once() {
    let builder = reloading().on_disk();
    let (one, other) = (builder.start().await, builder.start().await);
    let before = get(&one.service(), "/roles/conditions").await;

    builder.write("policies.csv", &with_effect("deny"));
    builder.write(
        "conditions.yaml",
        &CONDITIONS.replace("$currentUser", "$ownerRefs"),
    );

    for hub in [&one, &other] {
        let tom = hub.user("user:default/tom").await;
        eventually_decided(&tom, "DENY").await;
        eventually("the conditions are changed", async || {
            let after = get(&hub.service(), "/roles/conditions").await;
            after != before
        })
        .await;
    }
    assert_eq!(listed(&one).await, listed(&other).await);
    let ids = |conditions: &Value| {
        let conditions = conditions.as_array().unwrap().iter();
        conditions.map(|one| one["id"].clone()).collect::<Vec<_>>()
    };
    let after = get(&other.service(), "/roles/conditions").await;
    assert_eq!(ids(&after), ids(&before));
}

#[tokio::test]
async fn a_role_given_over_rest_is_not_taken_by_the_file() {
    let builder = reloading();
    let hub = builder.start().await;
    let ann = hub.user("user:default/ann").await;
    let role = json!({"name": "role:default/theirs", "memberReferences": ["user:default/eve"]});
    let created = ann.post("/api/permission/roles", &role).await;
    assert_eq!(created.status, 201, "{}", created.text());

    let text = format!("{POLICIES}g, user:default/tom, role:default/theirs\n");
    builder.write("policies.csv", &text);
    eventually("the row is refused", async || {
        let found = source(&hub, "policies-csv-file").await["diagnostics"].to_string();
        found.contains("consider making changes to the 'REST'")
    })
    .await;

    let found = get(&hub.service(), "/roles/role/default/theirs").await;
    assert_eq!(found[0]["memberReferences"], json!(["user:default/eve"]));
}
