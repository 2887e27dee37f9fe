//! kube-rs: typed and custom objects, and a controller.

use std::sync::Arc;
use std::time::Duration;

use callboard_kube_testkit::{FakeCluster, Simulation};
use futures_util::StreamExt as _;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::{ConfigMap, Pod};
use kube::Client;
use kube::api::{Api, DynamicObject, ListParams, LogParams, Patch, PatchParams};
use kube::core::{ApiResource, GroupVersionKind};
use kube::runtime::controller::{Action, Controller};
use kube::runtime::watcher;
use serde_json::json;

const DEFINITION: &str = include_str!("definition.yaml");
const STAGE: &str =
    "{apiVersion: lantern.example/v1alpha1, kind: Stage, metadata: {name: main}, spec: {seats: 3}}";

fn stage() -> ApiResource {
    ApiResource::from_gvk(&GroupVersionKind::gvk(
        "lantern.example",
        "v1alpha1",
        "Stage",
    ))
}

#[derive(Debug, thiserror::Error)]
#[error(transparent)]
struct Failed(#[from] kube::Error);

/// Makes a Deployment of the name of each stage, owned by it.
async fn reconcile(stage: Arc<DynamicObject>, client: Arc<Client>) -> Result<Action, Failed> {
    let deployments: Api<Deployment> = Api::namespaced(Client::clone(&client), "default");
    let name = stage.metadata.name.clone().unwrap_or_default();
    let wanted = json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "ownerReferences": [{
            "apiVersion": "lantern.example/v1alpha1",
            "kind": "Stage",
            "name": name,
            "uid": stage.metadata.uid,
            "controller": true,
        }]},
        "spec": {
            "replicas": stage.data["spec"]["seats"],
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": "stage", "image": "stage:1"}]},
            },
        },
    });
    let parameters = PatchParams::apply("stage-controller").force();
    deployments
        .patch(&name, &parameters, &Patch::Apply(&wanted))
        .await?;
    Ok(Action::await_change())
}

#[tokio::test]
async fn a_controller_follows_what_it_watches_and_owns() {
    let cluster = FakeCluster::start().await;
    cluster.apply(DEFINITION);
    let client = cluster.client().await;
    let stages: Api<DynamicObject> = Api::all_with(client.clone(), &stage());
    let deployments: Api<Deployment> = Api::all(client.clone());
    let controller = Controller::new_with(stages, watcher::Config::default(), stage())
        .owns(deployments, watcher::Config::default())
        .run(
            reconcile,
            |_, _, _| Action::requeue(Duration::from_millis(50)),
            Arc::new(client),
        )
        .for_each(|_| async {});
    let controller = tokio::spawn(controller);

    cluster.apply(STAGE);
    cluster
        .wait_for("deploy", "default", "main", |main| {
            main["status"]["readyReplicas"] == 3
        })
        .await;

    cluster.patch("stages", "default", "main", json!({"spec": {"seats": 5}}));
    cluster
        .wait_for("deploy", "default", "main", |main| {
            main["status"]["readyReplicas"] == 5
        })
        .await;

    cluster.delete("deploy", "default", "main");
    cluster
        .wait_for("deploy", "default", "main", |main| {
            main["spec"]["replicas"] == 5
        })
        .await;

    cluster.disconnect_watches();
    cluster.forget_history();
    cluster.patch("stages", "default", "main", json!({"spec": {"seats": 7}}));
    cluster
        .wait_for("deploy", "default", "main", |main| {
            main["spec"]["replicas"] == 7
        })
        .await;

    cluster.delete("stages", "default", "main");
    cluster.wait_until_gone("deploy", "default", "main").await;
    controller.abort();
}

#[tokio::test]
async fn the_status_of_an_object_is_written_apart() {
    let cluster = FakeCluster::start().await;
    cluster.apply(DEFINITION);
    cluster.apply(STAGE);
    let stages: Api<DynamicObject> =
        Api::namespaced_with(cluster.client().await, "default", &stage());
    let parameters = PatchParams::default();

    let both = json!({"spec": {"seats": 9}, "status": {"lit": true}});
    stages
        .patch_status("main", &parameters, &Patch::Merge(&both))
        .await
        .unwrap();
    let after_status = cluster.get("stages", "default", "main").unwrap();
    let other = json!({"spec": {"seats": 4}, "status": {"lit": false}});
    stages
        .patch("main", &parameters, &Patch::Merge(&other))
        .await
        .unwrap();
    let after_spec = cluster.get("stages", "default", "main").unwrap();

    assert_eq!(after_status["spec"]["seats"], 3);
    assert_eq!(after_status["status"]["lit"], true);
    assert_eq!(after_status["metadata"]["generation"], 1);
    assert_eq!(after_spec["spec"]["seats"], 4);
    assert_eq!(after_spec["status"]["lit"], true);
    assert_eq!(after_spec["metadata"]["generation"], 2);
}

#[tokio::test]
async fn lists_come_in_pages() {
    let cluster = FakeCluster::start().await;
    for number in 0..5 {
        cluster.apply(&format!(
            "{{apiVersion: v1, kind: ConfigMap, metadata: {{name: m{number}}}}}"
        ));
    }
    let maps: Api<ConfigMap> = Api::default_namespaced(cluster.client().await);

    let first = maps.list(&ListParams::default().limit(3)).await.unwrap();
    let token = first.metadata.continue_.clone().unwrap();
    let second = maps
        .list(&ListParams::default().limit(3).continue_token(&token))
        .await
        .unwrap();
    cluster.forget_history();
    let expired = maps
        .list(&ListParams::default().limit(3).continue_token(&token))
        .await;

    assert_eq!(first.items.len(), 3);
    assert_eq!(first.metadata.remaining_item_count, Some(2));
    assert_eq!(second.items.len(), 2);
    assert_eq!(second.metadata.continue_, None);
    assert!(matches!(expired, Err(kube::Error::Api(status)) if status.code == 410));
}

#[tokio::test]
async fn metadata_alone_is_given_where_it_is_asked() {
    let cluster = FakeCluster::start().await;
    cluster.apply(
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: one, labels: {a: b}}, data: {x: '1'}}",
    );
    let maps: Api<ConfigMap> = Api::default_namespaced(cluster.client().await);

    let one = maps.get_metadata("one").await.unwrap();
    let all = maps
        .list_metadata(&ListParams::default().labels("a=b"))
        .await
        .unwrap();
    let label = json!({"metadata": {"labels": {"a": "c"}}});
    let patched = maps
        .patch_metadata("one", &PatchParams::default(), &Patch::Merge(&label))
        .await
        .unwrap();

    assert_eq!(one.metadata.labels.unwrap()["a"], "b");
    assert_eq!(all.items.len(), 1);
    assert_eq!(patched.metadata.labels.unwrap()["a"], "c");
}

#[tokio::test]
async fn workloads_become_ready_when_the_test_says_so() {
    let cluster = FakeCluster::start().await;
    cluster.simulate(Simulation::OnRequest);
    cluster.apply(
        "{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: db}, spec: {serviceName: db, \
          selector: {matchLabels: {app: db}}, template: {metadata: {labels: {app: db}}, \
          spec: {containers: [{name: db, image: 'db:1', volumeMounts: [{name: data, mountPath: /data}]}]}}, \
          volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: [ReadWriteOnce], \
          resources: {requests: {storage: 1Gi}}}}]}}",
    );
    let status = || cluster.get("sts", "default", "db").unwrap()["status"].clone();

    assert_eq!(status().get("readyReplicas"), None);
    cluster.make_ready("sts", "default", "db");
    assert_eq!(status()["readyReplicas"], 1);
    assert_eq!(status()["observedGeneration"], 1);

    cluster.delete("sts", "default", "db");
    assert!(cluster.get("pvc", "default", "data-db-0").is_some());
}

#[tokio::test]
async fn a_workload_may_fail() {
    let cluster = FakeCluster::start().await;
    cluster.simulate(Simulation::OnRequest);
    cluster.apply(
        "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {selector: {matchLabels: {app: web}}, \
          template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: 'web:1'}]}}}}",
    );

    cluster.make_fail("deploy", "default", "web", "quota exceeded");

    let web = cluster.get("deploy", "default", "web").unwrap();
    let failure = &web["status"]["conditions"][1];
    assert_eq!(failure["type"], "ReplicaFailure");
    assert_eq!(failure["message"], "quota exceeded");
}

#[tokio::test]
async fn leases_logs_and_metrics_are_there() {
    let cluster = FakeCluster::start().await;
    let client = cluster.client().await;
    cluster.apply("{apiVersion: v1, kind: Pod, metadata: {name: web-1}, spec: {containers: [{name: web, image: 'web:1'}]}}");
    cluster.set_log("default", "web-1", "web", "hello\n");
    cluster.apply("{apiVersion: metrics.k8s.io/v1beta1, kind: PodMetrics, metadata: {name: web-1}, containers: [{name: web, usage: {cpu: 5m}}]}");

    let pods: Api<Pod> = Api::default_namespaced(client.clone());
    assert_eq!(
        pods.logs("web-1", &LogParams::default()).await.unwrap(),
        "hello\n"
    );
    assert_eq!(
        pods.get("web-1")
            .await
            .unwrap()
            .status
            .unwrap()
            .phase
            .as_deref(),
        Some("Running")
    );

    let leases: Api<Lease> = Api::default_namespaced(client.clone());
    let lease = json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "leader"}, "spec": {"holderIdentity": "me"}});
    leases
        .patch("leader", &PatchParams::apply("me"), &Patch::Apply(&lease))
        .await
        .unwrap();
    assert_eq!(
        leases
            .get("leader")
            .await
            .unwrap()
            .spec
            .unwrap()
            .holder_identity
            .as_deref(),
        Some("me")
    );

    let metrics = ApiResource {
        plural: "pods".to_owned(),
        ..ApiResource::from_gvk(&GroupVersionKind::gvk(
            "metrics.k8s.io",
            "v1beta1",
            "PodMetrics",
        ))
    };
    let metrics: Api<DynamicObject> = Api::namespaced_with(client, "default", &metrics);
    let web = metrics.get("web-1").await.unwrap();
    assert_eq!(web.data["containers"][0]["usage"]["cpu"], "5m");
}
