//! A cluster with the operator's manifest in it, and operators on it.

use callboard_kube_testkit::FakeCluster;
use callboard_operator::controller::Pauses;
use callboard_operator::external::Following;
use callboard_operator::leader::Timing;
use callboard_operator::render::Images;
use callboard_operator::{MetricsAccess, Options, manifest};
use jiff::Timestamp;
use serde_json::Value;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub(crate) const NS: &str = "ns1";
pub(crate) const BACKSTAGES: &str = "backstages.rhdh.redhat.com";
const ACCOUNT: &str = "system:serviceaccount:rhdh-operator:rhdh-controller-manager";

/// The objects of the guide for one instance, `my-rhdh`.
pub(crate) const GUIDE: &str = r#"
apiVersion: v1
kind: ConfigMap
metadata: {name: app-config-rhdh, namespace: ns1}
data:
  app-config-rhdh.yaml: |
    app: {title: Lantern, baseUrl: https://hub.example.com}
---
apiVersion: v1
kind: Secret
metadata: {name: secrets-rhdh, namespace: ns1}
stringData: {BACKEND_SECRET: xxx}
---
apiVersion: rhdh.redhat.com/v1alpha1
kind: Backstage
metadata: {name: my-rhdh, namespace: ns1}
spec:
  application:
    imagePullSecrets: [rhdh-pull-secret]
    route: {enabled: false}
    appConfig: {configMaps: [{name: app-config-rhdh}]}
    extraEnvs: {secrets: [{name: secrets-rhdh}]}
"#;

/// Starts a cluster that has the operator's manifest and the namespace [`NS`], but no operator.
pub(crate) async fn stage() -> FakeCluster {
    let cluster = FakeCluster::start().await;
    cluster.apply(&manifest::one_file());
    cluster.apply("{apiVersion: v1, kind: Namespace, metadata: {name: ns1}}");
    cluster
}

/// An operator; dropping it is as if its machine went away.
pub(crate) struct Running {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Starts an operator as the service account of the manifest.
pub(crate) async fn operator(cluster: &FakeCluster) -> Running {
    start(cluster, options()).await
}

pub(crate) async fn start(cluster: &FakeCluster, options: Options) -> Running {
    let client = cluster.client_as(ACCOUNT).await;
    let (stop, stopped) = oneshot::channel();
    let task = tokio::spawn(async move {
        let stopped = async {
            let _ = stopped.await;
        };
        // One that lost its Lease ends, as in a cluster.
        let _ = callboard_operator::run(client, options, stopped).await;
    });
    Running { stop, task }
}

impl Running {
    /// Stops it as a cluster does, and waits for its end.
    pub(crate) async fn stop(mut self) {
        let (stop, _) = oneshot::channel();
        let stop = std::mem::replace(&mut self.stop, stop);
        stop.send(()).unwrap();
        (&mut self.task).await.unwrap();
    }

    /// Ends it in the middle of whatever it does, and waits until it is gone.
    pub(crate) async fn kill(mut self) {
        self.task.abort();
        let _ = (&mut self.task).await;
    }

    /// Waits until it ends by itself.
    pub(crate) async fn ended(mut self) {
        (&mut self.task).await.unwrap();
    }
}

pub(crate) fn options() -> Options {
    Options {
        namespace: manifest::NAMESPACE.to_owned(),
        default_config: manifest::DEFAULT_CONFIG.to_owned(),
        health: None,
        metrics: None,
        metrics_access: MetricsAccess::Open,
        election: None,
        identity: "one".to_owned(),
        images: Images::default(),
        following: Following::default(),
        pauses: Pauses::default(),
        clock: now,
        randomness,
    }
}

/// Times at which nobody has to wait long.
pub(crate) fn timing() -> Timing {
    Timing {
        lease: Duration::from_secs(1),
        deadline: Duration::from_millis(600),
        period: Duration::from_millis(50),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the operator of a test has the clock of the machine"
)]
fn now() -> Timestamp {
    Timestamp::now()
}

/// Never gives the same bytes twice.
fn randomness() -> [u8; 32] {
    static COUNT: AtomicU8 = AtomicU8::new(0);
    [COUNT.fetch_add(1, Ordering::Relaxed); 32]
}

/// The condition `Deployed`, if there is one.
pub(crate) fn condition(backstage: &Value) -> Option<&Value> {
    let conditions = backstage["status"]["conditions"].as_array()?;
    conditions.iter().find(|it| it["type"] == "Deployed")
}

/// Waits until the custom resource is deployed as it is now.
pub(crate) async fn deployed(cluster: &FakeCluster, name: &str) -> Value {
    let what = format!("{name} to be deployed");
    cluster
        .until(&what, |cluster| {
            let backstage = cluster.get(BACKSTAGES, NS, name)?;
            is_deployed(cluster, name).then_some(backstage)
        })
        .await
}

/// Tells whether the custom resource is deployed as it is now.
pub(crate) fn is_deployed(cluster: &FakeCluster, name: &str) -> bool {
    cluster.get(BACKSTAGES, NS, name).is_some_and(|backstage| {
        condition(&backstage).is_some_and(|it| {
            it["status"] == "True"
                && it["observedGeneration"] == backstage["metadata"]["generation"]
        })
    })
}

/// Waits until the custom resource has failed with these words in its message, and gives it.
pub(crate) async fn failed_with(cluster: &FakeCluster, name: &str, words: &str) -> String {
    let found = cluster
        .wait_for(BACKSTAGES, NS, name, |it| {
            condition(it).is_some_and(|it| {
                it["reason"] == "DeployFailed" && it["message"].as_str().unwrap().contains(words)
            })
        })
        .await;
    condition(&found).unwrap()["message"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// The hash that is on the pods of the Deployment.
pub(crate) fn hash(deployment: &Value) -> String {
    let annotations = &deployment["spec"]["template"]["metadata"]["annotations"];
    annotations["rhdh.redhat.com/ext-config-hash"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// Everything that the operator made, without what differs from one cluster to the next.
pub(crate) fn made(cluster: &FakeCluster) -> Vec<Value> {
    let mut all = Vec::new();
    for resource in [
        "configmaps",
        "secrets",
        "services",
        "deployments",
        "statefulsets",
    ] {
        for mut object in cluster.list(resource, NS) {
            let metadata = object["metadata"].as_object_mut().unwrap();
            for key in [
                "uid",
                "resourceVersion",
                "creationTimestamp",
                "managedFields",
                "generation",
            ] {
                metadata.remove(key);
            }
            if let Some(owner) = object["metadata"].pointer_mut("/ownerReferences/0/uid") {
                *owner = Value::Null;
            }
            if resource == "secrets"
                && let Some(data) = object["data"].as_object_mut()
            {
                data.values_mut().for_each(|value| *value = Value::Null);
            }
            if let Some(hash) = object
                .pointer_mut("/spec/template/metadata/annotations/rhdh.redhat.com~1ext-config-hash")
            {
                *hash = Value::Null;
            }
            // Addresses and ports that the cluster chose.
            if resource == "services" {
                let spec = object["spec"].as_object_mut().unwrap();
                spec.retain(|key, value| !key.starts_with("clusterIP") || *value == "None");
                for port in object["spec"]["ports"].as_array_mut().unwrap() {
                    port.as_object_mut().unwrap().remove("nodePort");
                }
            }
            object.as_object_mut().unwrap().remove("status");
            all.push(object);
        }
    }
    all
}
