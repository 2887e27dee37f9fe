//! The operator as the Operator Lifecycle Manager has it from its bundle.

use super::{INSTANCE, VERSION, clone_of_the_project};
use crate::stage::{NS, options, start};
use callboard_kube_testkit::FakeCluster;
use callboard_operator::manifest;
use serde_json::{Value, json};

const NAMESPACE: &str = "rhdh-operator";
const ACCESS: &str = "rbac.authorization.k8s.io";

#[tokio::test]
async fn the_operator_of_a_subscription_follows_the_guide() {
    let cluster = FakeCluster::start().await;
    let kubectl = clone_of_the_project(&cluster);
    define_kinds(&cluster);

    let subscribe = include_str!("lifecycle.sh");
    kubectl
        .shell(&format!("VERSION={VERSION}\n{subscribe}"))
        .await;
    install_bundle(&cluster);
    let _operator = start(&cluster, options()).await;
    kubectl.shell(include_str!("configure.sh")).await;
    kubectl.shell(INSTANCE).await;

    let subscription = cluster.get("subscriptions", NAMESPACE, "rhdh").unwrap();
    let version = subscription["spec"]["startingCSV"].as_str().unwrap();
    assert!(
        cluster
            .get("clusterserviceversions", NAMESPACE, version)
            .is_some()
    );
    let operator = cluster.get("deployments", NAMESPACE, "rhdh.fast").unwrap();
    let pod = &operator["spec"]["template"]["spec"];
    assert_eq!(
        pod["imagePullSecrets"],
        json!([{"name": "rhdh-pull-secret"}])
    );
    assert_eq!(pod["containers"][0]["name"], "manager");
    let hub = cluster.get("deployments", NS, "backstage-my-rhdh").unwrap();
    assert_eq!(
        hub["spec"]["template"]["spec"]["securityContext"]["fsGroup"],
        3000
    );
}

/// Defines the kinds of the Operator Lifecycle Manager, as far as they matter here.
fn define_kinds(cluster: &FakeCluster) {
    for (version, plural, kind) in [
        ("v1alpha1", "catalogsources", "CatalogSource"),
        ("v1", "operatorgroups", "OperatorGroup"),
        ("v1alpha1", "subscriptions", "Subscription"),
        (
            "v1alpha1",
            "clusterserviceversions",
            "ClusterServiceVersion",
        ),
    ] {
        let schema = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
        apply(
            cluster,
            &json!({
                "apiVersion": "apiextensions.k8s.io/v1",
                "kind": "CustomResourceDefinition",
                "metadata": {"name": format!("{plural}.operators.coreos.com")},
                "spec": {
                    "group": "operators.coreos.com",
                    "names": {"kind": kind, "plural": plural},
                    "scope": "Namespaced",
                    "versions": [{
                        "name": version,
                        "served": true,
                        "storage": true,
                        "schema": {"openAPIV3Schema": schema},
                    }],
                },
            }),
        );
    }
}

/// Does what the Operator Lifecycle Manager does with a bundle.
///
/// Its objects come into the namespace of the subscription, and what the version asks for is made.
fn install_bundle(cluster: &FakeCluster) {
    for (path, text) in manifest::bundle() {
        if !path.starts_with("manifests/") {
            continue;
        }
        let mut object = callboard_yaml::parse(&text).unwrap().into_json();
        if object["kind"] != "CustomResourceDefinition" {
            object["metadata"]["namespace"] = NAMESPACE.into();
        }
        apply(cluster, &object);
        if object["kind"] == "ClusterServiceVersion" {
            install(cluster, &object["spec"]["install"]["spec"]);
        }
    }
}

fn install(cluster: &FakeCluster, wanted: &Value) {
    for deployment in wanted["deployments"].as_array().unwrap() {
        apply(
            cluster,
            &json!({
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "metadata": {
                    "name": deployment["name"],
                    "namespace": NAMESPACE,
                    "labels": deployment["label"],
                },
                "spec": deployment["spec"],
            }),
        );
    }
    for (field, kind) in [
        ("clusterPermissions", "ClusterRole"),
        ("permissions", "Role"),
    ] {
        for permission in wanted[field].as_array().unwrap() {
            grant(cluster, kind, permission);
        }
    }
}

/// Gives a service account its rules.
fn grant(cluster: &FakeCluster, kind: &str, permission: &Value) {
    let account = &permission["serviceAccountName"];
    let name = format!("rhdh-operator-{}", kind.to_lowercase());
    let metadata = json!({"name": name, "namespace": NAMESPACE});
    let version = format!("{ACCESS}/v1");
    apply(
        cluster,
        &json!({
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {"name": account, "namespace": NAMESPACE},
        }),
    );
    apply(
        cluster,
        &json!({
            "apiVersion": version,
            "kind": kind,
            "metadata": metadata,
            "rules": permission["rules"],
        }),
    );
    apply(
        cluster,
        &json!({
            "apiVersion": version,
            "kind": format!("{kind}Binding"),
            "metadata": metadata,
            "roleRef": {"apiGroup": ACCESS, "kind": kind, "name": name},
            "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": NAMESPACE}],
        }),
    );
}

fn apply(cluster: &FakeCluster, object: &Value) {
    cluster.apply(&object.to_string());
}
