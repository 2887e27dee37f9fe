//! The real engine of Helm.

use std::path::Path;

use callboard_kube_testkit::{FakeCluster, Helm};
use serde_json::json;

fn chart() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/chart"))
}

#[tokio::test]
async fn a_release_is_installed_upgraded_rolled_back_tested_and_uninstalled() {
    let cluster = FakeCluster::start().await;
    let helm = Helm::of(&cluster, "default");
    let image = || {
        let web = cluster.get("deploy", "default", "bill").unwrap();
        web["spec"]["template"]["spec"]["containers"][0]["image"].clone()
    };
    let key = || cluster.get("secrets", "default", "bill-key").unwrap()["data"]["key"].clone();

    let wait = json!({"wait": "watcher", "timeout": 20});
    let release = helm
        .act("install", &json!([chart(), "bill", {}]), &wait)
        .await;
    assert_eq!(release["status"], "deployed", "{release}");
    assert_eq!(image(), "playbill:1");
    let first_key = key();
    assert!(first_key.is_string());

    helm.act(
        "upgrade",
        &json!([chart(), "bill", {"image": "playbill:2"}]),
        &wait,
    )
    .await;
    assert_eq!(image(), "playbill:2");
    assert_eq!(key(), first_key);

    helm.rollback("bill", 1).await;
    assert_eq!(image(), "playbill:1");
    assert_eq!(helm.history("bill").await.as_array().unwrap().len(), 3);
    assert_eq!(helm.list().await[0]["name"], "bill");

    helm.test("bill").await;

    helm.uninstall("bill").await;
    assert_eq!(cluster.get("deploy", "default", "bill"), None);
    assert_eq!(cluster.get("services", "default", "bill"), None);
    assert_eq!(helm.list().await, json!([]));
}

#[tokio::test]
async fn a_chart_is_rendered_and_checked_without_a_cluster() {
    let rendered = Helm::render(chart(), "bill", &json!({"replicas": 7})).await;
    let findings = Helm::lint(chart(), &json!({})).await;

    let objects = rendered["playbill/templates/objects.yaml"]
        .as_str()
        .unwrap();
    assert!(objects.contains("replicas: 7"), "{objects}");
    assert_eq!(findings["errors"], json!([]), "{findings}");
    assert_eq!(Helm::values("a: [1, x]").await, json!({"a": [1, "x"]}));
}
