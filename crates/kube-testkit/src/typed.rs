//! Built-in kinds as the types that Kubernetes itself has for them.
//!
//! An object that such a type does not take is refused as a server refuses it; a field that the
//! type does not know is dropped, or refused where the client asks to be told.

use k8s_openapi::api::{
    apps, autoscaling, batch, coordination, core, networking, policy, rbac, storage,
};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions;
use serde_json::Value;

use crate::error::ApiError;
use crate::resource::Resource;
use crate::schema::join;

/// Takes from an object what its kind does not know, and gives the paths of that.
///
/// # Errors
///
/// 400 where a value has the wrong type.
pub(crate) fn prune(resource: &Resource, object: &mut Value) -> Result<Vec<String>, ApiError> {
    let known = match round_trip(resource, object) {
        None => return Ok(Vec::new()),
        Some(Ok(known)) => known,
        Some(Err(error)) => {
            let message = format!(
                "{} in version \"{}\" cannot be handled as a {}: {error}",
                resource.kind, resource.version, resource.kind
            );
            return Err(ApiError::bad_request(message));
        }
    };
    let mut unknown = Vec::new();
    keep(object, &known, "", &mut unknown);
    Ok(unknown)
}

/// The object after a way through its type; `None` for kinds that have none here.
fn round_trip(resource: &Resource, object: &Value) -> Option<serde_json::Result<Value>> {
    fn through<T: serde::de::DeserializeOwned + serde::Serialize>(
        object: &Value,
    ) -> serde_json::Result<Value> {
        serde_json::to_value(T::deserialize(object)?)
    }
    Some(match (resource.group.as_str(), resource.kind.as_str()) {
        ("", "ConfigMap") => through::<core::v1::ConfigMap>(object),
        ("", "Namespace") => through::<core::v1::Namespace>(object),
        ("", "PersistentVolumeClaim") => through::<core::v1::PersistentVolumeClaim>(object),
        ("", "Pod") => through::<core::v1::Pod>(object),
        ("", "Secret") => through::<core::v1::Secret>(object),
        ("", "Service") => through::<core::v1::Service>(object),
        ("", "ServiceAccount") => through::<core::v1::ServiceAccount>(object),
        ("apps", "DaemonSet") => through::<apps::v1::DaemonSet>(object),
        ("apps", "Deployment") => through::<apps::v1::Deployment>(object),
        ("apps", "StatefulSet") => through::<apps::v1::StatefulSet>(object),
        ("autoscaling", "HorizontalPodAutoscaler") => {
            through::<autoscaling::v2::HorizontalPodAutoscaler>(object)
        }
        ("batch", "CronJob") => through::<batch::v1::CronJob>(object),
        ("batch", "Job") => through::<batch::v1::Job>(object),
        ("coordination.k8s.io", "Lease") => through::<coordination::v1::Lease>(object),
        ("networking.k8s.io", "Ingress") => through::<networking::v1::Ingress>(object),
        ("networking.k8s.io", "NetworkPolicy") => through::<networking::v1::NetworkPolicy>(object),
        ("policy", "PodDisruptionBudget") => through::<policy::v1::PodDisruptionBudget>(object),
        ("rbac.authorization.k8s.io", "ClusterRole") => through::<rbac::v1::ClusterRole>(object),
        ("rbac.authorization.k8s.io", "ClusterRoleBinding") => {
            through::<rbac::v1::ClusterRoleBinding>(object)
        }
        ("rbac.authorization.k8s.io", "Role") => through::<rbac::v1::Role>(object),
        ("rbac.authorization.k8s.io", "RoleBinding") => through::<rbac::v1::RoleBinding>(object),
        ("storage.k8s.io", "StorageClass") => through::<storage::v1::StorageClass>(object),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => {
            through::<apiextensions::v1::CustomResourceDefinition>(object)
        }
        _ => return None,
    })
}

/// Keeps what `known` has as well; empty values are known even where the type leaves them out.
fn keep(value: &mut Value, known: &Value, path: &str, unknown: &mut Vec<String>) {
    match (value, known) {
        (Value::Object(members), Value::Object(known)) => members.retain(|name, value| {
            let path = join(path, name);
            match known.get(name) {
                Some(known) => keep(value, known, &path, unknown),
                None if is_empty(value) => {}
                None => {
                    unknown.push(path);
                    return false;
                }
            }
            true
        }),
        (Value::Array(items), Value::Array(known)) => {
            for (at, (item, known)) in items.iter_mut().zip(known).enumerate() {
                keep(item, known, &format!("{path}[{at}]"), unknown);
            }
        }
        _ => {}
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}
