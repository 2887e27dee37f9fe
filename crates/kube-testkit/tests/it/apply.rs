//! Server-side apply: owners, conflicts, what is left out.

use callboard_kube_testkit::FakeCluster;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{Api, DeleteParams, Patch, PatchParams, PostParams};
use serde_json::{Value, json};

fn config_map(data: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": data})
}

async fn config_maps(cluster: &FakeCluster) -> Api<ConfigMap> {
    Api::namespaced(cluster.client().await, "default")
}

#[tokio::test]
async fn what_a_manager_leaves_out_goes_unless_another_owns_it() {
    let cluster = FakeCluster::start().await;
    let maps = config_maps(&cluster).await;
    let apply = async |manager: &str, data: Value| {
        let patch = config_map(&data);
        maps.patch(
            "settings",
            &PatchParams::apply(manager),
            &Patch::Apply(&patch),
        )
        .await
    };

    apply("one", json!({"a": "1", "b": "1", "shared": "1"}))
        .await
        .unwrap();
    apply("two", json!({"shared": "1", "c": "1"}))
        .await
        .unwrap();
    apply("one", json!({"a": "2"})).await.unwrap();

    let settings = cluster.get("cm", "default", "settings").unwrap();
    assert_eq!(settings["data"], json!({"a": "2", "shared": "1", "c": "1"}));
    insta::assert_json_snapshot!(settings["metadata"]["managedFields"][0]["fieldsV1"], @r#"
    {
      "f:data": {
        "f:a": {}
      }
    }
    "#);
}

#[tokio::test]
async fn what_somebody_else_owns_is_a_conflict_until_it_is_forced() {
    let cluster = FakeCluster::start().await;
    let maps = config_maps(&cluster).await;
    let patch = config_map(&json!({"a": "1", "b": "1"}));
    maps.patch(
        "settings",
        &PatchParams::apply("one"),
        &Patch::Apply(&patch),
    )
    .await
    .unwrap();
    let other = config_map(&json!({"a": "2", "b": "1"}));

    let refused = maps
        .patch(
            "settings",
            &PatchParams::apply("two"),
            &Patch::Apply(&other),
        )
        .await;
    let forced = PatchParams::apply("two").force();
    maps.patch("settings", &forced, &Patch::Apply(&other))
        .await
        .unwrap();
    let back = maps
        .patch(
            "settings",
            &PatchParams::apply("one"),
            &Patch::Apply(&patch),
        )
        .await;

    let Err(kube::Error::Api(status)) = refused else {
        panic!("a conflict was expected, not {refused:?}");
    };
    assert_eq!(status.code, 409);
    assert_eq!(
        status.message,
        "Apply failed with 1 conflict: conflict with \"one\" using v1: .data.a"
    );
    assert!(back.is_err());
    assert_eq!(
        cluster.get("cm", "default", "settings").unwrap()["data"],
        json!({"a": "2", "b": "1"})
    );
}

#[tokio::test]
async fn applying_the_same_again_changes_nothing() {
    let cluster = FakeCluster::start().await;
    let maps = config_maps(&cluster).await;
    let patch = config_map(&json!({"a": "1"}));
    let parameters = PatchParams::apply("one");

    let first = maps
        .patch("settings", &parameters, &Patch::Apply(&patch))
        .await
        .unwrap();
    let second = maps
        .patch("settings", &parameters, &Patch::Apply(&patch))
        .await
        .unwrap();

    assert_eq!(
        first.metadata.resource_version,
        second.metadata.resource_version
    );
}

#[tokio::test]
async fn items_of_keyed_lists_have_owners_of_their_own() {
    let cluster = FakeCluster::start().await;
    let deployments: Api<Deployment> = Api::namespaced(cluster.client().await, "default");
    let web = |containers: Value| {
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
            "spec": {
                "selector": {"matchLabels": {"app": "web"}},
                "template": {
                    "metadata": {"labels": {"app": "web"}},
                    "spec": {"containers": containers},
                },
            },
        })
    };
    let apply = async |manager: &str, containers: Value| {
        let patch = web(containers);
        deployments
            .patch("web", &PatchParams::apply(manager), &Patch::Apply(&patch))
            .await
            .unwrap()
    };

    apply("one", json!([{"name": "a", "image": "a:1", "env": [{"name": "X", "value": "1"}]}, {"name": "b", "image": "b:1"}])).await;
    apply("two", json!([{"name": "c", "image": "c:1"}])).await;
    apply("one", json!([{"name": "b", "image": "b:2"}])).await;

    let web = cluster.get("deploy", "default", "web").unwrap();
    let names: Vec<&Value> = web["spec"]["template"]["spec"]["containers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|container| &container["image"])
        .collect();
    assert_eq!(names, ["b:2", "c:1"]);
}

#[tokio::test]
async fn values_of_sets_have_owners_of_their_own() {
    let cluster = FakeCluster::start().await;
    let maps = config_maps(&cluster).await;
    let apply = async |manager: &str, finalizers: &[&str]| {
        let metadata = json!({"name": "settings", "finalizers": finalizers});
        let patch = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata});
        maps.patch(
            "settings",
            &PatchParams::apply(manager),
            &Patch::Apply(&patch),
        )
        .await
        .unwrap()
    };

    apply("one", &["a.example/1", "b.example/2"]).await;
    apply("two", &["b.example/2", "c.example/3"]).await;
    let after = apply("one", &[]).await;

    assert_eq!(
        after.metadata.finalizers.unwrap(),
        ["b.example/2", "c.example/3"]
    );
}

#[tokio::test]
async fn a_dry_run_tells_and_stores_nothing() {
    let cluster = FakeCluster::start().await;
    let maps = config_maps(&cluster).await;

    let parameters = PatchParams::apply("one").dry_run();
    let patch = config_map(&json!({"a": "1"}));
    let told = maps
        .patch("settings", &parameters, &Patch::Apply(&patch))
        .await
        .unwrap();

    assert_eq!(told.data.unwrap()["a"], "1");
    assert_eq!(cluster.get("cm", "default", "settings"), None);
}

#[tokio::test]
async fn a_stale_replacement_is_refused() {
    let cluster = FakeCluster::start().await;
    let maps = config_maps(&cluster).await;
    let patch = config_map(&json!({"a": "1"}));
    let mut stale: ConfigMap = serde_json::from_value(patch).unwrap();
    stale = maps.create(&PostParams::default(), &stale).await.unwrap();
    cluster.patch("cm", "default", "settings", json!({"data": {"a": "2"}}));

    let refused = maps
        .replace("settings", &PostParams::default(), &stale)
        .await;
    let again = maps
        .create(
            &PostParams::default(),
            &ConfigMap {
                metadata: kube::api::ObjectMeta {
                    name: Some("settings".to_owned()),
                    ..Default::default()
                },
                ..stale
            },
        )
        .await;

    let reason = |result: Result<ConfigMap, kube::Error>| match result {
        Err(kube::Error::Api(status)) => status.reason,
        other => panic!("a refusal was expected, not {other:?}"),
    };
    assert_eq!(reason(refused), "Conflict");
    assert_eq!(reason(again), "AlreadyExists");
}

#[tokio::test]
async fn what_may_not_change_is_refused_with_the_field() {
    let cluster = FakeCluster::start().await;
    cluster.apply(
        "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {selector: {matchLabels: {app: web}}, \
          template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: 'web:1'}]}}}}",
    );

    let refused = cluster
        .try_apply(
            "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {selector: {matchLabels: {app: other}}, \
              template: {metadata: {labels: {app: other}}, spec: {containers: [{name: web, image: 'web:1', \
              volumeMounts: [{name: nowhere, mountPath: /x}]}]}}}}",
        )
        .unwrap_err();

    insta::assert_snapshot!(refused, @r#"Deployment.apps "web" is invalid: [spec.template.spec.containers[0].volumeMounts[0].name: Not found: "nowhere", spec.selector: Invalid value: {"matchLabels":{"app":"other"}}: field is immutable]"#);
}

#[tokio::test]
async fn finalizers_hold_an_object_until_they_are_gone() {
    let cluster = FakeCluster::start().await;
    let maps = config_maps(&cluster).await;
    cluster.apply("{apiVersion: v1, kind: ConfigMap, metadata: {name: held, finalizers: [lantern.example/x]}}");

    let waiting = maps.delete("held", &DeleteParams::default()).await.unwrap();
    assert!(waiting.is_left());
    assert!(
        cluster.get("cm", "default", "held").unwrap()["metadata"]["deletionTimestamp"].is_string()
    );

    cluster.patch(
        "cm",
        "default",
        "held",
        json!({"metadata": {"finalizers": null}}),
    );
    assert_eq!(cluster.get("cm", "default", "held"), None);
}

#[tokio::test]
async fn orphans_stay_and_lose_their_owner() {
    let cluster = FakeCluster::start().await;
    let maps = config_maps(&cluster).await;
    let owner = cluster
        .apply("{apiVersion: v1, kind: ConfigMap, metadata: {name: owner}}")
        .remove(0);
    cluster.apply(&format!(
        "{{apiVersion: v1, kind: ConfigMap, metadata: {{name: child, ownerReferences: \
         [{{apiVersion: v1, kind: ConfigMap, name: owner, uid: {}}}]}}}}",
        owner["metadata"]["uid"]
    ));

    maps.delete("owner", &DeleteParams::orphan()).await.unwrap();

    let child = cluster.get("cm", "default", "child").unwrap();
    assert_eq!(child["metadata"].get("ownerReferences"), None);
}
