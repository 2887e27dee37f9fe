//! An operator that dies anywhere leaves something that the next one finishes.

use crate::stage::{GUIDE, NS, deployed, is_deployed, made, operator, stage};
use callboard_kube_testkit::FakeCluster;
use serde_json::Value;

/// The secrets that somebody may already have used.
fn generated(cluster: &FakeCluster) -> Vec<Value> {
    ["backstage-psql-secret-my-rhdh", "backstage-envs-my-rhdh"]
        .into_iter()
        .filter_map(|name| Some(cluster.get("secrets", NS, name)?["data"].clone()))
        .collect()
}

#[tokio::test]
async fn wherever_an_operator_dies_the_next_one_comes_to_the_same_objects() {
    let reference = stage().await;
    let calm = operator(&reference).await;
    reference.apply(GUIDE);
    deployed(&reference, "my-rhdh").await;
    calm.stop().await;
    let expected = made(&reference);
    let writes = reference
        .calls()
        .iter()
        .filter(|call| call.verb.is_write())
        .count();
    assert!(writes > 8, "{writes}");

    for last in 0..=writes {
        let cluster = stage().await;
        cluster.apply(GUIDE);
        let first = operator(&cluster).await;
        cluster
            .until("some writes, or the end", |cluster| {
                let calls = cluster.calls();
                let count = calls.iter().filter(|call| call.verb.is_write()).count();
                (count >= last || is_deployed(cluster, "my-rhdh")).then_some(())
            })
            .await;
        first.kill().await;
        let kept = generated(&cluster);

        let _second = operator(&cluster).await;
        deployed(&cluster, "my-rhdh").await;

        assert_eq!(made(&cluster), expected, "killed after {last} writes");
        let after = generated(&cluster);
        assert!(
            kept.iter().all(|secret| after.contains(secret)),
            "killed after {last} writes"
        );
        assert!(cluster.removals().is_empty());
    }
}

#[tokio::test]
async fn generated_secrets_outlive_operators_and_changes() {
    let cluster = stage().await;
    let first = operator(&cluster).await;
    cluster.apply(GUIDE);
    deployed(&cluster, "my-rhdh").await;
    let before = generated(&cluster);
    assert_eq!(before.len(), 2);
    first.stop().await;

    // An upgrade: other defaults, another operator.
    let config = cluster
        .get("configmaps", "rhdh-operator", "backstage-default-config")
        .unwrap();
    let text = config["data"]["secret-envs.yaml"].as_str().unwrap();
    let more = format!("{text}stringData:\n  MORE: of-it\n");
    cluster.patch(
        "configmaps",
        "rhdh-operator",
        "backstage-default-config",
        serde_json::json!({"data": {"secret-envs.yaml": more}}),
    );
    let _second = operator(&cluster).await;
    cluster
        .wait_for("secrets", NS, "backstage-envs-my-rhdh", |it| {
            it["data"]["MORE"] == "b2YtaXQ="
        })
        .await;

    let after = generated(&cluster);
    assert_eq!(after[0], before[0]);
    assert_eq!(after[1]["BACKEND_SECRET"], before[1]["BACKEND_SECRET"]);
}
