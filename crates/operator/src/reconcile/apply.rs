//! Bringing single objects about, and taking stale ones away.

use super::{FIELD_MANAGER, ReconcileError};
use crate::render::{Instance, Object, Policy, Stale};
use kube::Client;
use kube::api::{
    Api, ApiResource, DeleteParams, DynamicObject, Patch, PatchParams, PostParams, Preconditions,
};
use kube::core::GroupVersionKind;
use serde_json::Value;

/// Kinds that may be made anew when a field cannot be changed: their pods and volumes stay.
const REPLACEABLE: [&str; 3] = ["Deployment", "StatefulSet", "Service"];

/// Brings an object about, and gives it as the server has it.
pub(super) async fn apply(
    client: &Client,
    namespace: &str,
    object: &Object,
) -> Result<Value, ReconcileError> {
    let kind = text(&object.value, "/kind");
    let name = text(&object.value, "/metadata/name");
    let api = api(client, namespace, text(&object.value, "/apiVersion"), kind);
    let failed = || ReconcileError::cluster(format!("failed to apply {kind} `{name}`"));
    let result = match object.policy {
        Policy::CreateOnce => return create(&api, &object.value).await.map_err(failed()),
        Policy::Apply => {
            let parameters = PatchParams::apply(FIELD_MANAGER).force();
            api.patch(name, &parameters, &Patch::Apply(&object.value))
                .await
        }
    };
    match result {
        Ok(applied) => Ok(to_value(&applied, kind)),
        Err(kube::Error::Api(status))
            if REPLACEABLE.contains(&kind) && is_immutable(status.code, &status.message) =>
        {
            tracing::warn!(kind, name, reason = %status.message, "the object is made anew; its pods and volumes stay");
            let orphan = DeleteParams::orphan();
            api.delete(name, &orphan).await.map_err(failed())?;
            Err(ReconcileError::Replacing(format!("{kind} `{name}`")))
        }
        Err(error) => Err(failed()(error)),
    }
}

/// Makes an object that is not there yet; one that is stays as it is.
async fn create(api: &Api<DynamicObject>, value: &Value) -> Result<Value, kube::Error> {
    let object: DynamicObject =
        serde_json::from_value(value.clone()).map_err(kube::Error::SerdeError)?;
    let parameters = PostParams {
        field_manager: Some(FIELD_MANAGER.to_owned()),
        ..PostParams::default()
    };
    match api.create(&parameters, &object).await {
        Ok(_) => Ok(value.clone()),
        Err(kube::Error::Api(status)) if status.is_already_exists() => Ok(value.clone()),
        Err(error) => Err(error),
    }
}

/// Takes away a stale object, if it is there and belongs to the custom resource.
pub(super) async fn remove(
    client: &Client,
    instance: &Instance,
    stale: &Stale,
) -> Result<(), ReconcileError> {
    let Stale {
        api_version,
        kind,
        name,
    } = stale;
    let api = api(client, &instance.namespace, api_version, kind);
    let failed = || ReconcileError::cluster(format!("failed to remove {kind} `{name}`"));
    let Some(found) = api.get_metadata_opt(name).await.map_err(failed())? else {
        return Ok(());
    };
    let owners = found.metadata.owner_references.unwrap_or_default();
    if !owners.iter().any(|owner| owner.uid == instance.uid) {
        return Ok(());
    }
    let parameters = DeleteParams::background().preconditions(Preconditions {
        uid: found.metadata.uid,
        resource_version: None,
    });
    match api.delete(name, &parameters).await {
        Ok(_) => Ok(()),
        Err(kube::Error::Api(status)) if status.is_not_found() => Ok(()),
        Err(error) => Err(failed()(error)),
    }
}

/// Tells whether the server refused because a field can only be set when an object is made.
fn is_immutable(code: u16, message: &str) -> bool {
    code == 422
        && [
            "immutable",
            "updates to statefulset spec for fields other than",
            "may not change once set",
        ]
        .iter()
        .any(|words| message.contains(words))
}

fn api(client: &Client, namespace: &str, api_version: &str, kind: &str) -> Api<DynamicObject> {
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, kind));
    Api::namespaced_with(client.clone(), namespace, &resource)
}

fn to_value(object: &DynamicObject, kind: &str) -> Value {
    let mut value = object.data.clone();
    value["metadata"] = serde_json::to_value(&object.metadata).unwrap_or_default();
    value["kind"] = kind.into();
    value
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}
