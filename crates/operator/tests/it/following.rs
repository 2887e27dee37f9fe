//! The operator's switches for following objects that custom resources name.

use crate::stage::{GUIDE, NS, deployed, hash, options, stage, start};
use callboard_kube_testkit::{FakeCluster, Verb};
use callboard_operator::Options;
use callboard_operator::external::Following;
use serde_json::json;

fn with(is_marked: bool, is_watched: bool) -> Options {
    Options {
        following: Following {
            is_marked,
            is_watched,
        },
        ..options()
    }
}

fn label(cluster: &FakeCluster, resource: &str, name: &str) -> String {
    let object = cluster.get(resource, NS, name).unwrap();
    let label = &object["metadata"]["labels"]["rhdh.redhat.com/ext-config-sync"];
    label.as_str().unwrap().to_owned()
}

/// Changes a Secret that is named, then something of the custom resource, and gives the hashes
/// before and after both.
async fn hashes_around_an_edit(cluster: &FakeCluster) -> [String; 2] {
    let deployment = || cluster.get("deployments", NS, "backstage-my-rhdh").unwrap();
    let before = hash(&deployment());
    let secret = json!({"stringData": {"BACKEND_SECRET": "yyy"}});
    cluster.patch("secrets", NS, "secrets-rhdh", secret);
    // A pass that follows from something else reads the Secret as well.
    let env = json!([{"name": "LOG_LEVEL", "value": "debug"}]);
    let spec = json!({"spec": {"application": {"extraEnvs": {"envs": env}}}});
    cluster.patch(crate::stage::BACKSTAGES, NS, "my-rhdh", spec);
    let after = cluster
        .wait_for("deployments", NS, "backstage-my-rhdh", |it| {
            it["spec"]["template"]["spec"]["containers"][0]["env"]
                .to_string()
                .contains("LOG_LEVEL")
        })
        .await;
    [before, hash(&after)]
}

#[tokio::test]
async fn what_is_named_is_marked_and_followed_unless_the_operator_is_told_otherwise() {
    let cluster = stage().await;
    let _operator = start(&cluster, options()).await;
    cluster.apply(GUIDE);
    deployed(&cluster, "my-rhdh").await;

    let [before, after] = hashes_around_an_edit(&cluster).await;

    assert_eq!(label(&cluster, "secrets", "secrets-rhdh"), "true");
    assert_ne!(before, after);
}

#[tokio::test]
async fn what_is_marked_as_not_to_be_followed_leaves_pods_alone() {
    let cluster = stage().await;
    let _operator = start(&cluster, with(false, true)).await;
    cluster.apply(GUIDE);
    deployed(&cluster, "my-rhdh").await;

    let [before, after] = hashes_around_an_edit(&cluster).await;

    assert_eq!(label(&cluster, "secrets", "secrets-rhdh"), "false");
    assert_eq!(label(&cluster, "configmaps", "app-config-rhdh"), "false");
    assert_eq!(before, after);
}

#[tokio::test]
async fn without_watches_pods_are_left_alone_and_nothing_that_is_named_is_listed() {
    let cluster = stage().await;
    let _operator = start(&cluster, with(true, false)).await;
    cluster.apply(GUIDE);
    deployed(&cluster, "my-rhdh").await;

    let [before, after] = hashes_around_an_edit(&cluster).await;

    assert_eq!(before, after);
    let is_watch_of_named = |path: &str| path.contains("ext-config-sync");
    let calls = cluster.calls();
    assert!(calls.iter().any(|call| call.verb == Verb::Watch));
    assert!(!calls.iter().any(|call| is_watch_of_named(&call.path)));
}

#[tokio::test]
async fn a_mark_follows_the_switch_when_the_operator_starts_with_another() {
    let cluster = stage().await;
    let first = start(&cluster, options()).await;
    cluster.apply(GUIDE);
    deployed(&cluster, "my-rhdh").await;
    assert_eq!(label(&cluster, "secrets", "secrets-rhdh"), "true");
    first.stop().await;

    let _second = start(&cluster, with(false, true)).await;

    cluster
        .wait_for("secrets", NS, "secrets-rhdh", |it| {
            it["metadata"]["labels"]["rhdh.redhat.com/ext-config-sync"] == "false"
        })
        .await;
}
