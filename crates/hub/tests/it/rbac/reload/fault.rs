//! Policy files that break under a running hub.

use super::super::{CONDITIONS, get};
use super::{
    decision, events, eventually, eventually_decided, eventually_in_force, eventually_refused,
    reloading, source, with_effect,
};
use crate::support::Log;
use insta::assert_snapshot;
use serde_json::json;
use std::fs;

#[tokio::test]
async fn a_file_that_cannot_be_read_keeps_the_last_good_policy_and_tells_why() {
    let log = Log::capture();
    let builder = reloading();
    let hub = builder.start().await;
    let tom = hub.user("user:default/tom").await;
    let before = source(&hub, "policies-csv-file").await;

    fs::write(builder.folder().join("policies.csv"), b"# M\xfcller\n").unwrap();
    let after = eventually_refused(&hub, "policies-csv-file").await;

    assert_eq!(decision(&tom).await, "ALLOW");
    assert_eq!(after["sha256"], before["sha256"]);
    assert_eq!(after["counts"], json!({"members": 3, "policies": 3}));
    let refused = &after["refused"];
    assert!(refused["sha256"].is_string() && refused["sha256"] != before["sha256"]);
    let reason = refused["reason"].as_str().unwrap();
    assert!(
        reason.ends_with("policies.csv`: line 1 is not UTF-8"),
        "{reason}"
    );
    assert_eq!(after["diagnostics"][0]["message"], reason);
    let metrics = hub.anonymous().get("/metrics").await.text();
    for line in [
        "permission_source_in_force{source=\"policies-csv-file\"} 0",
        "permission_source_in_force{source=\"conditionalPoliciesFile\"} 1",
        "permission_source_reads_total{outcome=\"applied\",source=\"policies-csv-file\"} 1",
        "permission_source_reads_total{outcome=\"refused\",source=\"policies-csv-file\"} 1",
    ] {
        assert!(metrics.contains(line), "{line} is missing from {metrics}");
    }
    let failed = events(&log, &["permissions-read"]);
    let failed = failed
        .join("\n")
        .replace(&builder.folder().display().to_string(), "");
    assert_snapshot!(failed, @r#"permissions-read failed {"source":"csv-file"} InputError: `permission.rbac.policies-csv-file` in the configuration: cannot read `/policies.csv`: line 1 is not UTF-8"#);

    builder.write("policies.csv", &with_effect("deny"));
    eventually_decided(&tom, "DENY").await;
    eventually_in_force(&hub, "policies-csv-file").await;
    assert_eq!(
        source(&hub, "policies-csv-file").await["diagnostics"],
        json!([])
    );
}

#[tokio::test]
async fn a_faulty_row_is_skipped_and_the_rest_counts() {
    let builder = reloading();
    let hub = builder.start().await;
    let tom = hub.user("user:default/tom").await;

    let text = format!("{}p, \"broken\n", with_effect("deny"));
    builder.write("policies.csv", &text);
    eventually_decided(&tom, "DENY").await;
    eventually("the fault is told", async || {
        let found = source(&hub, "policies-csv-file").await;
        found["inForce"] == true && found["diagnostics"][0]["line"] == 8
    })
    .await;
}

#[tokio::test]
async fn an_emptied_file_takes_everything_that_came_from_it_and_warns() {
    let log = Log::capture();
    let builder = reloading();
    let hub = builder.start().await;

    builder.write("policies.csv", "");
    eventually("the roles go", async || {
        let roles = get(&hub.service(), "/roles").await;
        let mut roles = roles.as_array().unwrap().iter();
        roles.all(|role| role["metadata"]["source"] == "configuration")
    })
    .await;

    assert_eq!(get(&hub.service(), "/roles/conditions").await, json!([]));
    let diagnostics = &source(&hub, "policies-csv-file").await["diagnostics"];
    assert_eq!(
        diagnostics[0]["message"],
        "the file holds no row any more; all 6 that came from it are removed"
    );
    assert!(log.text().contains("the file holds no row any more"));
}

#[tokio::test]
async fn a_broken_conditions_file_keeps_every_condition_and_tells_why() {
    let log = Log::capture();
    let builder = reloading();
    let hub = builder.start().await;
    let before = get(&hub.service(), "/roles/conditions").await;
    let kind = "conditionalPoliciesFile";

    for broken in [
        // One bad document is enough.
        CONDITIONS.replace("rule: IS_OWNER", "regel: IS_OWNER"),
        // Two conditions for the same permission.
        format!("{CONDITIONS}---{CONDITIONS}").replacen("$currentUser", "$ownerRefs", 1),
    ] {
        builder.write("conditions.yaml", &broken);
        let refused = eventually_refused(&hub, kind).await;

        assert_eq!(get(&hub.service(), "/roles/conditions").await, before);
        assert_eq!(refused["diagnostics"][0]["severity"], "error");
        builder.write("conditions.yaml", CONDITIONS);
        eventually_in_force(&hub, kind).await;
    }
    fs::remove_file(builder.folder().join("conditions.yaml")).unwrap();
    eventually_refused(&hub, kind).await;
    assert_eq!(get(&hub.service(), "/roles/conditions").await, before);

    let failed = events(
        &log,
        &[
            "conditional-policies-file-change",
            "conditional-policies-file-not-found",
        ],
    );
    let failed = failed
        .join("\n")
        .replace(&builder.folder().display().to_string(), "");
    assert_snapshot!(failed, @r#"
    conditional-policies-file-change failed {} InputError: 'rule' must be specified in the roleCondition.conditions.condition
    conditional-policies-file-change failed {"pendingAdds":1,"pendingRemoves":0,"pluginIds":["catalog","permission"],"source":"conditional-policies-file"} InputError: Cannot create condition: permission mapping overlaps with existing condition (id: 1) for resource type 'catalog-entity'. Overlapping entries: permission 'catalog.entity.refresh'; permission 'catalog.entity.delete'.
    conditional-policies-file-not-found failed {} NotFoundError: File '/conditions.yaml' was not found
    "#);
    assert!(log.text().contains("conditional_reconcile_aborted"));
}
