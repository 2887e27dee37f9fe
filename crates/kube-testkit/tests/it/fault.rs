//! What goes wrong on purpose.

use std::time::{Duration, Instant};

use callboard_kube_testkit::{FakeCluster, Fault, Verb};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{Api, Patch, PatchParams, PostParams};
use serde_json::json;

async fn maps(cluster: &FakeCluster) -> Api<ConfigMap> {
    Api::default_namespaced(cluster.client().await)
}

fn map(name: &str) -> ConfigMap {
    serde_json::from_value(json!({"metadata": {"name": name}})).unwrap()
}

#[tokio::test]
async fn a_fault_strikes_as_often_as_it_says_and_only_where_it_says() {
    let cluster = FakeCluster::start().await;
    let maps = maps(&cluster).await;
    cluster.inject(
        Fault::status(403, "Forbidden")
            .verb(Verb::Create)
            .resource("configmaps")
            .times(2),
    );

    let results = [
        maps.create(&PostParams::default(), &map("a")).await.is_ok(),
        maps.get_opt("a").await.is_ok(),
        maps.create(&PostParams::default(), &map("a")).await.is_ok(),
        maps.create(&PostParams::default(), &map("a")).await.is_ok(),
    ];

    assert_eq!(results, [false, true, false, true]);
}

#[tokio::test]
async fn a_lost_answer_leaves_what_was_done_and_a_lost_request_nothing() {
    let cluster = FakeCluster::start().await;
    let maps = maps(&cluster).await;

    cluster.inject(Fault::lost_answer().name("a").times(1));
    cluster.inject(Fault::lost_request().name("b").times(1));
    let patch = |name: &str| {
        let patch = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}});
        let maps = maps.clone();
        let name = name.to_owned();
        async move {
            maps.patch(&name, &PatchParams::apply("x"), &Patch::Apply(&patch))
                .await
        }
    };
    let lost = [patch("a").await.is_err(), patch("b").await.is_err()];

    assert_eq!(lost, [true, true]);
    assert!(cluster.get("cm", "default", "a").is_some());
    assert!(cluster.get("cm", "default", "b").is_none());
}

#[tokio::test]
async fn a_delay_delays_every_nth_request() {
    let cluster = FakeCluster::start().await;
    let maps = maps(&cluster).await;
    let delay = Duration::from_millis(200);
    cluster.inject(Fault::delay(delay).every(2));

    let start = Instant::now();
    maps.get_opt("a").await.unwrap();
    maps.get_opt("a").await.unwrap();
    assert!(start.elapsed() >= delay);

    cluster.clear_faults();
    let start = Instant::now();
    maps.get_opt("a").await.unwrap();
    maps.get_opt("a").await.unwrap();
    assert!(start.elapsed() < delay * 10);
}

#[tokio::test]
async fn every_request_is_on_record() {
    let cluster = FakeCluster::start().await;
    let maps = maps(&cluster).await;
    let patch = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}});
    maps.patch(
        "a",
        &PatchParams::apply("stage-manager"),
        &Patch::Apply(&patch),
    )
    .await
    .unwrap();
    maps.get_opt("b").await.unwrap();

    let calls = cluster.calls();

    let lines: Vec<String> = calls.iter().map(ToString::to_string).collect();
    assert_eq!(
        lines,
        [
            "patch configmaps default/a -> 201",
            "get configmaps default/b -> 404"
        ]
    );
    assert_eq!(calls[0].manager, "stage-manager");
    assert_eq!(calls[0].content_type, "application/apply-patch+yaml");
    assert!(calls.iter().all(|call| !call.verb.is_deletion()));
}
