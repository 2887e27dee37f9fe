//! The life of a release, on a cluster that remembers objects as a real one does.

use crate::chart::{case, folder};
use callboard_kube_testkit::{FakeCluster, Helm};
use serde_json::{Value, json};

const NAMESPACE: &str = "hub";

/// A cluster, and Helm in a namespace of it.
async fn place() -> (FakeCluster, Helm) {
    let cluster = FakeCluster::start().await;
    cluster.apply("{apiVersion: v1, kind: Namespace, metadata: {name: hub}}");
    let helm = Helm::of(&cluster, NAMESPACE);
    (cluster, helm)
}

fn values(name: &str) -> Value {
    case(name).values.clone()
}

/// What the chart made up: the secret of the hub and the passwords of the database.
fn secrets(cluster: &FakeCluster) -> [Value; 2] {
    ["rhdh-auth", "rhdh-postgresql"].map(|name| {
        let secret = cluster
            .get("secrets", NAMESPACE, name)
            .unwrap_or_else(|| panic!("there is no Secret `{name}`"));
        assert!(secret["data"].is_object(), "{secret}");
        secret["data"].clone()
    })
}

fn variables(cluster: &FakeCluster) -> Vec<String> {
    let deployment = cluster
        .get("deployments.apps", NAMESPACE, "rhdh-developer-hub")
        .expect("the hub is deployed");
    deployment["spec"]["template"]["spec"]["containers"][0]["env"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|variable| variable["name"].as_str().map(str::to_owned))
        .collect()
}

/// Puts one values file over another, as Helm does with two `--values`.
fn over(below: Value, above: &Value) -> Value {
    match (below, above) {
        (Value::Object(mut below), Value::Object(above)) => {
            for (key, value) in above {
                let old = below.remove(key).unwrap_or_default();
                below.insert(key.clone(), over(old, value));
            }
            Value::Object(below)
        }
        (_, above) => above.clone(),
    }
}

#[tokio::test]
async fn the_release_of_the_guide_goes_through_its_life() {
    let (cluster, helm) = place().await;
    let first = values("guide-install");
    let second = over(first.clone(), &values("guide-log-level"));

    let release = helm.install(&folder(), "rhdh", &first).await;
    assert_eq!(release["status"], "deployed", "{release}");
    let made_up = secrets(&cluster);
    helm.test("rhdh").await;

    helm.upgrade(&folder(), "rhdh", &second).await;
    assert!(variables(&cluster).contains(&"LOG_LEVEL".to_owned()));
    assert!(variables(&cluster).contains(&"BACKEND_SECRET".to_owned()));
    assert_eq!(secrets(&cluster), made_up);

    helm.rollback("rhdh", 1).await;
    assert!(!variables(&cluster).contains(&"LOG_LEVEL".to_owned()));
    assert_eq!(secrets(&cluster), made_up);
    let history = helm.history("rhdh").await;
    assert_eq!(history.as_array().map(Vec::len), Some(3), "{history}");
}

#[tokio::test]
async fn nothing_that_holds_data_goes_with_the_release() {
    let (cluster, helm) = place().await;
    let values = values("guide-install");
    helm.install(&folder(), "rhdh", &values).await;
    let [_, passwords] = secrets(&cluster);

    helm.uninstall("rhdh").await;
    assert_eq!(
        cluster.get("deployments.apps", NAMESPACE, "rhdh-developer-hub"),
        None
    );
    helm.install(&folder(), "rhdh", &values).await;

    assert_eq!(secrets(&cluster)[1], passwords);
    for removal in cluster.removals() {
        let holds_data = match removal.resource.as_str() {
            "persistentvolumeclaims" => true,
            "secrets" => removal.name == "rhdh-postgresql",
            _ => false,
        };
        assert!(!holds_data, "{removal:?}");
    }
}

#[tokio::test]
async fn every_step_of_the_guide_upgrades_the_one_before() {
    let (cluster, helm) = place().await;
    let mut values = values("guide-install");
    helm.install(&folder(), "rhdh", &values).await;
    let made_up = secrets(&cluster);

    for step in [
        "guide-annotations",
        "guide-log-level",
        "guide-cognito",
        "guide-rbac-plugin",
        "guide-rbac-policies",
    ] {
        values = over(values, &case(step).values);
        let release = helm.upgrade(&folder(), "rhdh", &values).await;
        assert_eq!(release["status"], "deployed", "{step}: {release}");
        assert_eq!(secrets(&cluster), made_up, "{step}");
    }

    let service = cluster
        .get("services", NAMESPACE, "rhdh-developer-hub")
        .expect("the hub has a Service");
    assert_eq!(service["spec"]["type"], "NodePort");
}

#[tokio::test]
async fn a_route_is_refused_where_nobody_knows_routes() {
    let (cluster, helm) = place().await;

    let output = helm
        .attempt("install", &json!([folder(), "rhdh", {}]), &json!({}))
        .await;

    assert!(!output.is_success);
    assert!(output.stderr.contains("Route"), "{}", output.stderr);
    assert_eq!(
        cluster.list("deployments.apps", NAMESPACE),
        Vec::<Value>::new()
    );
}
