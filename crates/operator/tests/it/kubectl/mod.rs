//! The commands of the guide for EKS, as they stand there, run by a shell with the real kubectl.
//!
//! What the guide has people do in an editor, `sed` does here.

mod instance;
mod lifecycle;

use crate::stage::{NS, Running, options, start};
use callboard_kube_testkit::{FakeCluster, Kubectl};
use serde_json::Value;
use std::path::Path;

const VERSION: &str = env!("CARGO_PKG_VERSION");
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

const INSTANCE: &str = include_str!("instance.sh");
const MANIFEST: &str = include_str!("manifest.sh");

/// kubectl in a folder like a clone of the project, as far as the guide needs it.
fn clone_of_the_project(cluster: &FakeCluster) -> Kubectl {
    let kubectl = Kubectl::of(cluster);
    for name in ["Makefile", "Cargo.toml", "deploy"] {
        let here = kubectl.folder().join(name);
        std::os::unix::fs::symlink(Path::new(ROOT).join(name), here).unwrap();
    }
    for (name, text) in [
        ("annotations.sed", include_str!("annotations.sed")),
        ("edits.sed", include_str!("edits.sed")),
        ("ingress.yaml", include_str!("ingress.yaml")),
        ("pull-secret.sed", include_str!("pull-secret.sed")),
    ] {
        std::fs::write(kubectl.folder().join(name), text).unwrap();
    }
    kubectl
}

/// A cluster with the operator's manifest and the instance of the guide.
struct Guide {
    cluster: FakeCluster,
    kubectl: Kubectl,
    _operator: Running,
}

impl Guide {
    async fn begin() -> Self {
        let cluster = FakeCluster::start().await;
        let kubectl = clone_of_the_project(&cluster);
        kubectl
            .shell(&format!(
                "make --no-print-directory deployment-manifest
                 kubectl apply -f rhdh-operator-{VERSION}.yaml"
            ))
            .await;
        let operator = start(&cluster, options()).await;
        kubectl.shell(INSTANCE).await;
        Self {
            cluster,
            kubectl,
            _operator: operator,
        }
    }

    async fn shell(&self, script: &str) -> String {
        self.kubectl.shell(script).await
    }

    fn deployment(&self) -> Value {
        let found = self.cluster.get("deployments", NS, "backstage-my-rhdh");
        found.unwrap()
    }

    async fn deployment_with(&self, test: impl Fn(&Value) -> bool) -> Value {
        self.cluster
            .wait_for("deployments", NS, "backstage-my-rhdh", test)
            .await
    }
}

#[tokio::test]
async fn the_manifest_that_make_and_sed_leave_installs_an_operator() {
    let cluster = FakeCluster::start().await;
    let kubectl = clone_of_the_project(&cluster);

    kubectl.shell(MANIFEST).await;
    let apply = format!("kubectl apply -f rhdh-operator-{VERSION}.yaml");
    let first = kubectl.shell(&apply).await;
    let again = kubectl.shell(&apply).await;

    let count = |text: &str, end: &str| text.lines().filter(|line| line.ends_with(end)).count();
    assert_eq!(count(&first, " created"), first.lines().count(), "{first}");
    assert_eq!(
        count(&again, " unchanged"),
        again.lines().count(),
        "{again}"
    );
    assert!(first.contains("deployment.apps/rhdh-controller-manager created"));

    let _operator = start(&cluster, options()).await;
    kubectl
        .shell("kubectl wait --for=condition=Established crd/backstages.rhdh.redhat.com")
        .await;
    kubectl.shell(INSTANCE).await;
    let asked = "
        group={.spec.template.spec.securityContext.fsGroup}
        kubectl get deployment backstage-my-rhdh -o jsonpath=$group; echo
        kubectl get statefulset backstage-psql-my-rhdh -o jsonpath=$group; echo
        kubectl get service backstage-my-rhdh -o jsonpath={.spec.type}; echo
        kubectl get statefulset backstage-psql-my-rhdh \
            -o jsonpath={.spec.template.spec.containers[0].image}; echo
        kubectl -n rhdh-operator get deployment rhdh-controller-manager \
            -o jsonpath={.spec.template.spec.imagePullSecrets[0].name}";
    insta::assert_snapshot!(kubectl.shell(asked).await, @r"
    3000
    2000
    NodePort
    registry.example.com/postgresql-15:latest
    rhdh-pull-secret
    ");
}

#[tokio::test]
async fn an_edit_of_the_default_configuration_reaches_the_instance() {
    let guide = Guide::begin().await;

    guide
        .shell(
            "export EDITOR='sed -i -f edits.sed'
             kubectl -n rhdh-operator edit configmap backstage-default-config",
        )
        .await;

    let group = |it: &Value| it["spec"]["template"]["spec"]["securityContext"]["fsGroup"].clone();
    guide.deployment_with(|it| group(it) == 3000).await;
    guide
        .cluster
        .wait_for("statefulsets", NS, "backstage-psql-my-rhdh", |it| {
            group(it) == 2000
        })
        .await;
}

#[tokio::test]
async fn annotations_for_prometheus_reach_the_pods() {
    let guide = Guide::begin().await;

    guide
        .shell(
            r#"export EDITOR="sed -i -f annotations.sed"
               OPERATOR_NS=rhdh-operator
               kubectl edit configmap backstage-default-config -n "${OPERATOR_NS}""#,
        )
        .await;

    let annotations = |it: &Value| it["spec"]["template"]["metadata"]["annotations"].clone();
    let after = guide
        .deployment_with(|it| annotations(it)["prometheus.io/scrape"] == "true")
        .await;
    assert_eq!(annotations(&after)["prometheus.io/path"], "/metrics");
    assert_eq!(annotations(&after)["prometheus.io/port"], "7007");
    assert_eq!(annotations(&after)["prometheus.io/scheme"], "http");
}
