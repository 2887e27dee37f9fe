//! The steps of the guide for EKS that need no cloud: edits of the manifest, patches, labels.

use crate::stage::{GUIDE, NS, deployed, operator};
use callboard_kube_testkit::FakeCluster;
use callboard_operator::manifest;
use serde_json::{Value, json};

/// `sed "s#<pattern>:.*#<replacement>#g"`.
fn replace_image(text: &str, pattern: &str, replacement: &str) -> String {
    let lines = text.lines().map(|line| match line.split_once(pattern) {
        Some((before, _)) => format!("{before}{replacement}\n"),
        None => format!("{line}\n"),
    });
    lines.collect()
}

fn edited_manifest() -> String {
    let mut text = manifest::one_file();
    for (from, to) in [
        ("backstage-operator", "rhdh-operator"),
        ("backstage-system", "rhdh-operator"),
        ("backstage-controller-manager", "rhdh-controller-manager"),
    ] {
        text = text.replace(from, to);
    }
    for (pattern, replacement) in [
        (
            "gcr.io/kubebuilder/kube-rbac-proxy:",
            "registry.example.com/proxy:1",
        ),
        (
            "quay.io/janus-idp/operator:",
            "registry.example.com/operator:1",
        ),
        (
            "quay.io/janus-idp/backstage-showcase:",
            "registry.example.com/hub:1",
        ),
        (
            "quay.io/fedora/postgresql-15:",
            "registry.example.com/postgresql-15:latest",
        ),
    ] {
        text = replace_image(&text, pattern, replacement);
    }
    let pod = "          automountServiceAccountToken: false\n";
    let group = "          securityContext:\n            # You can assign any random value as fsGroup\n            fsGroup: 3000\n";
    assert_eq!(text.matches(pod).count(), 2);
    text = text.replace(pod, &format!("{group}{pod}"));
    text.replace("type: ClusterIP", "type: NodePort")
}

#[tokio::test]
async fn the_edited_manifest_installs_an_operator_that_does_as_it_says() {
    let cluster = FakeCluster::start().await;

    // In one go and in the order of the file, as `kubectl apply -f` does.
    cluster.apply(&edited_manifest());

    cluster.apply("{apiVersion: v1, kind: Namespace, metadata: {name: ns1}}");
    let _operator = operator(&cluster).await;
    cluster.apply(GUIDE);
    deployed(&cluster, "my-rhdh").await;
    let hub = cluster.get("deployments", NS, "backstage-my-rhdh").unwrap();
    let database = cluster
        .get("statefulsets", NS, "backstage-psql-my-rhdh")
        .unwrap();
    for workload in [&hub, &database] {
        assert_eq!(
            workload["spec"]["template"]["spec"]["securityContext"]["fsGroup"],
            3000
        );
    }
    let image = &database["spec"]["template"]["spec"]["containers"][0]["image"];
    assert_eq!(*image, "registry.example.com/postgresql-15:latest");
    let service = cluster.get("services", NS, "backstage-my-rhdh").unwrap();
    assert_eq!(service["spec"]["type"], "NodePort");
}

#[tokio::test]
async fn the_deployment_of_the_operator_has_the_names_and_labels_of_the_guide() {
    let cluster = FakeCluster::start().await;
    cluster.apply(&edited_manifest());

    let patch = json!({"spec": {"template": {"spec": {"imagePullSecrets": [{"name": "rhdh-pull-secret"}]}}}});
    let deployment = cluster.patch(
        "deployments",
        "rhdh-operator",
        "rhdh-controller-manager",
        patch,
    );

    assert_eq!(
        deployment["metadata"]["labels"]["control-plane"],
        "controller-manager"
    );
    assert_eq!(
        deployment["metadata"]["labels"]["app.kubernetes.io/part-of"],
        "rhdh-operator"
    );
    let containers = &deployment["spec"]["template"]["spec"]["containers"];
    assert_eq!(containers[0]["name"], "manager");
    assert_eq!(
        containers[0]["image"],
        format!("quay.io/callboard/callboard:{}", env!("CARGO_PKG_VERSION"))
    );
}

fn bundle_file(ending: &str) -> Value {
    let files = manifest::bundle();
    let (_, text) = files
        .iter()
        .find(|(path, _)| path.ends_with(ending))
        .unwrap();
    callboard_yaml::parse(text).unwrap().into_json()
}

fn of_manifest(kind: &str, name: &str) -> Value {
    callboard_yaml::parse_documents(&manifest::one_file())
        .into_iter()
        .map(|document| document.unwrap().into_json())
        .find(|object| object["kind"] == kind && object["metadata"]["name"] == name)
        .unwrap()
}

#[test]
fn the_bundle_says_the_same_as_the_manifest() {
    let version = bundle_file("clusterserviceversion.yaml");
    let install = &version["spec"]["install"]["spec"];

    let deployment = of_manifest("Deployment", "rhdh-controller-manager");
    assert_eq!(install["deployments"][0]["spec"], deployment["spec"]);
    assert_eq!(install["deployments"][0]["name"], "rhdh.fast");
    let role = of_manifest("ClusterRole", "rhdh-manager-role");
    assert_eq!(install["clusterPermissions"][0]["rules"], role["rules"]);
    let role = of_manifest("Role", "rhdh-leader-election-role");
    assert_eq!(install["permissions"][0]["rules"], role["rules"]);

    let definition = of_manifest("CustomResourceDefinition", "backstages.rhdh.redhat.com");
    assert_eq!(bundle_file("rhdh.redhat.com_backstages.yaml"), definition);
    let versions = |list: &Value, key: &str| -> Vec<String> {
        let names = list.as_array().unwrap().iter();
        let mut names: Vec<String> = names
            .map(|it| it[key].as_str().unwrap().to_owned())
            .collect();
        names.sort();
        names
    };
    assert_eq!(
        versions(
            &version["spec"]["customresourcedefinitions"]["owned"],
            "version"
        ),
        versions(&definition["spec"]["versions"], "name")
    );
    let config = of_manifest("ConfigMap", "backstage-default-config");
    assert_eq!(bundle_file("_v1_configmap.yaml")["data"], config["data"]);
}

#[test]
fn the_bundle_is_subscribed_to_as_the_guide_says() {
    let annotations = bundle_file("annotations.yaml")["annotations"].clone();
    let key =
        |name: &str| annotations[format!("operators.operatorframework.io.bundle.{name}")].clone();

    assert_eq!(key("package.v1"), "rhdh");
    assert_eq!(key("channel.default.v1"), "fast");
    let version = bundle_file("clusterserviceversion.yaml");
    let modes = version["spec"]["installModes"].as_array().unwrap();
    let supported: Vec<_> = modes
        .iter()
        .filter(|it| it["supported"] == true)
        .map(|it| &it["type"])
        .collect();
    assert_eq!(supported, ["AllNamespaces"]);
    assert_eq!(
        version["metadata"]["name"],
        format!("rhdh-operator.v{}", env!("CARGO_PKG_VERSION"))
    );
}
