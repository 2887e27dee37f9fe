//! Watches, as they look on the wire.

use std::time::Duration;

use callboard_kube_testkit::FakeCluster;
use futures_util::TryStreamExt as _;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{Api, WatchEvent, WatchParams};

async fn maps(cluster: &FakeCluster) -> Api<ConfigMap> {
    Api::default_namespaced(cluster.client().await)
}

fn apply(cluster: &FakeCluster, name: &str, label: &str) {
    cluster.apply(&format!(
        "{{apiVersion: v1, kind: ConfigMap, metadata: {{name: {name}, labels: {{colour: {label}}}}}}}"
    ));
}

/// What an event says, in one line.
fn line(event: &WatchEvent<ConfigMap>) -> String {
    let name = |map: &ConfigMap| map.metadata.name.clone().unwrap_or_default();
    match event {
        WatchEvent::Added(map) => format!("added {}", name(map)),
        WatchEvent::Modified(map) => format!("modified {}", name(map)),
        WatchEvent::Deleted(map) => format!("deleted {}", name(map)),
        WatchEvent::Bookmark(bookmark) => {
            let ends = bookmark
                .metadata
                .annotations
                .contains_key("k8s.io/initial-events-end");
            format!(
                "bookmark{}",
                if ends {
                    " of the end of the beginning"
                } else {
                    ""
                }
            )
        }
        WatchEvent::Error(status) => format!("error {}", status.code),
    }
}

/// All events of a watch of one second that begins after `version`.
async fn events(cluster: &FakeCluster, parameters: &WatchParams, version: &str) -> Vec<String> {
    let stream = maps(cluster)
        .await
        .watch(parameters, version)
        .await
        .unwrap();
    let events: Vec<WatchEvent<ConfigMap>> = stream.try_collect().await.unwrap();
    events.iter().map(line).collect()
}

fn version(cluster: &FakeCluster, name: &str) -> String {
    let map = cluster.get("cm", "default", name).unwrap();
    map["metadata"]["resourceVersion"]
        .as_str()
        .unwrap()
        .to_owned()
}

fn short() -> WatchParams {
    WatchParams::default().timeout(1)
}

#[tokio::test]
async fn what_happened_since_is_told_again() {
    let cluster = FakeCluster::start().await;
    apply(&cluster, "one", "red");
    let since = version(&cluster, "one");
    apply(&cluster, "one", "blue");
    apply(&cluster, "two", "red");
    cluster.delete("cm", "default", "one");

    let told = events(&cluster, &short(), &since).await;

    assert_eq!(
        told,
        ["modified one", "added two", "deleted one", "bookmark"]
    );
}

#[tokio::test]
async fn who_leaves_the_selection_is_deleted_and_who_enters_is_added() {
    let cluster = FakeCluster::start().await;
    apply(&cluster, "one", "red");
    let since = version(&cluster, "one");
    apply(&cluster, "one", "blue");
    apply(&cluster, "one", "red");

    let told = events(&cluster, &short().labels("colour=red"), &since).await;

    assert_eq!(told, ["deleted one", "added one", "bookmark"]);
}

#[tokio::test]
async fn initial_events_end_with_a_bookmark() {
    let cluster = FakeCluster::start().await;
    apply(&cluster, "one", "red");

    let told = events(&cluster, &short().initial_events(), "0").await;

    assert_eq!(
        told,
        [
            "added one",
            "bookmark of the end of the beginning",
            "bookmark"
        ]
    );
}

#[tokio::test]
async fn a_version_that_is_forgotten_is_gone() {
    let cluster = FakeCluster::start().await;
    apply(&cluster, "one", "red");
    let since = version(&cluster, "one");
    cluster.forget_history();

    assert_eq!(events(&cluster, &short(), &since).await, ["error 410"]);
}

#[tokio::test]
async fn a_watch_lasts_as_long_as_it_says_or_until_it_is_disconnected() {
    let cluster = FakeCluster::start().await;
    let long = WatchParams::default().timeout(290);
    let stream = maps(&cluster).await.watch(&long, "0").await.unwrap();
    let told = tokio::spawn(stream.try_collect::<Vec<_>>());
    cluster
        .until("the watch", |cluster| {
            (!cluster.calls().is_empty()).then_some(())
        })
        .await;

    cluster.disconnect_watches();

    let told = tokio::time::timeout(Duration::from_secs(10), told).await;
    assert_eq!(told.unwrap().unwrap().unwrap().len(), 0);
}
