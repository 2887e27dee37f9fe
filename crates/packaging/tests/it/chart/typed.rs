//! Every manifest, read into the types of the Kubernetes API and written again.
//!
//! What an API server would drop or refuse gets lost or fails on the way.

use super::all;
use k8s_openapi::api::apps::v1::{Deployment, StatefulSet};
use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscaler;
use k8s_openapi::api::core::v1::{ConfigMap, Pod, Secret, Service, ServiceAccount};
use k8s_openapi::api::networking::v1::{Ingress, NetworkPolicy};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

#[test]
fn no_field_gets_lost_in_the_types_of_the_api() {
    let mut losses = Vec::new();
    for rendering in all() {
        for object in rendering.objects() {
            let read = match again(object) {
                Ok(read) => read,
                Err(error) => {
                    losses.push(format!("{}: {error}: {object}", rendering.name));
                    continue;
                }
            };
            let mut lost = Vec::new();
            compare(object, &read, &object["kind"].to_string(), &mut lost);
            losses.extend(
                lost.iter()
                    .map(|path| format!("{}: {path}", rendering.name)),
            );
        }
    }
    assert!(losses.is_empty(), "{}", losses.join("\n"));
}

fn again(object: &Value) -> Result<Value, serde_json::Error> {
    let version = object["apiVersion"].as_str().unwrap_or_default();
    let kind = object["kind"].as_str().unwrap_or_default();
    match (version, kind) {
        ("v1", "ConfigMap") => through::<ConfigMap>(object),
        ("v1", "Secret") => through::<Secret>(object),
        ("v1", "Service") => through::<Service>(object),
        ("v1", "ServiceAccount") => through::<ServiceAccount>(object),
        ("v1", "Pod") => through::<Pod>(object),
        ("apps/v1", "Deployment") => through::<Deployment>(object),
        ("apps/v1", "StatefulSet") => through::<StatefulSet>(object),
        ("autoscaling/v2", "HorizontalPodAutoscaler") => through::<HorizontalPodAutoscaler>(object),
        ("networking.k8s.io/v1", "Ingress") => through::<Ingress>(object),
        ("networking.k8s.io/v1", "NetworkPolicy") => through::<NetworkPolicy>(object),
        ("policy/v1", "PodDisruptionBudget") => through::<PodDisruptionBudget>(object),
        ("route.openshift.io/v1", "Route") => through::<Route>(object),
        ("monitoring.coreos.com/v1", "ServiceMonitor") => through::<ServiceMonitor>(object),
        ("gateway.networking.k8s.io/v1", "HTTPRoute") => through::<HttpRoute>(object),
        _ => Err(serde::de::Error::custom(format!(
            "no type for {version} {kind}"
        ))),
    }
}

fn through<T: DeserializeOwned + Serialize>(object: &Value) -> Result<Value, serde_json::Error> {
    serde_json::to_value(serde_json::from_value::<T>(object.clone())?)
}

/// Notes every place where `after` has not what `before` has.
fn compare(before: &Value, after: &Value, path: &str, lost: &mut Vec<String>) {
    match (before, after) {
        (Value::Object(old), Value::Object(new)) => {
            for (key, value) in old {
                let path = format!("{path}.{key}");
                match new.get(key) {
                    Some(now) => compare(value, now, &path, lost),
                    None => lost.push(path),
                }
            }
        }
        (Value::Array(old), Value::Array(new)) if old.len() == new.len() => {
            for (index, (old, new)) in old.iter().zip(new).enumerate() {
                compare(old, new, &format!("{path}[{index}]"), lost);
            }
        }
        (old, new) => {
            if old != new {
                lost.push(format!("{path}: {old} became {new}"));
            }
        }
    }
}

// Types of other projects, as far as the chart writes them.

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Route {
    api_version: String,
    kind: String,
    metadata: ObjectMeta,
    spec: RouteSpec,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RouteSpec {
    host: String,
    path: String,
    wildcard_policy: String,
    port: BTreeMap<String, String>,
    to: RouteTarget,
    tls: Option<RouteTls>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct RouteTarget {
    kind: String,
    name: String,
    weight: u8,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RouteTls {
    termination: String,
    insecure_edge_termination_policy: String,
    certificate: Option<String>,
    key: Option<String>,
    ca_certificate: Option<String>,
    #[serde(rename = "destinationCACertificate")]
    destination_ca_certificate: Option<String>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ServiceMonitor {
    api_version: String,
    kind: String,
    metadata: ObjectMeta,
    spec: ServiceMonitorSpec,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ServiceMonitorSpec {
    namespace_selector: BTreeMap<String, Vec<String>>,
    selector: LabelSelector,
    endpoints: Vec<BTreeMap<String, String>>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct HttpRoute {
    api_version: String,
    kind: String,
    metadata: ObjectMeta,
    spec: HttpRouteSpec,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct HttpRouteSpec {
    parent_refs: Vec<BTreeMap<String, String>>,
    hostnames: Vec<String>,
    rules: Vec<HttpRouteRule>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct HttpRouteRule {
    matches: Vec<BTreeMap<String, BTreeMap<String, String>>>,
    backend_refs: Vec<HttpRouteBackend>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct HttpRouteBackend {
    name: String,
    port: u16,
}
