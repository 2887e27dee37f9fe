//! The subresource `scale`: the number of replicas as an object of its own.

use serde_json::{Value, json};

use axum::response::Response;

use crate::answer;
use crate::call::Verb;
use crate::error::ApiError;
use crate::merge;
use crate::request;
use crate::resource::Resource;
use crate::server::{self, Asked, Shared};
use crate::store::Key;
use crate::write::{Patch, Write};

pub(crate) fn answer(
    shared: &Shared,
    resource: &Resource,
    asked: &Asked,
) -> Result<Response, ApiError> {
    let name = asked.target.name.as_deref().unwrap_or_default();
    let key = Key::new(resource, asked.target.namespace(), name);
    let find = || {
        let state = shared.lock();
        let stored = state.get(&key);
        stored
            .map(|stored| scale_of(&stored.object))
            .ok_or_else(|| ApiError::not_found(resource, name))
    };
    let mut scale = find()?;
    match asked.call.verb {
        Verb::Get => return Ok(answer::json(200, &scale)),
        Verb::Update => scale = request::object(&asked.body, &asked.content_type)?,
        Verb::Patch => {
            let patch = serde_json::from_slice(&asked.body);
            let patch: Value = patch
                .map_err(|error| ApiError::bad_request(format!("error decoding patch: {error}")))?;
            merge::merge(&mut scale, &patch);
        }
        _ => return Err(ApiError::method_not_allowed()),
    }
    let write = Write {
        resource,
        namespace: asked.target.namespace(),
        subresource: "",
        manager: asked.call.manager.clone(),
        is_dry: asked.query.text("dryRun").is_some(),
        is_strict: false,
        now: server::now(),
    };
    let patch = json!({
        "metadata": {"resourceVersion": scale["metadata"]["resourceVersion"]},
        "spec": {"replicas": scale["spec"]["replicas"]},
    });
    shared.with(|state| state.patch(&write, name, Patch::Merge(patch)))?;
    Ok(answer::json(200, &find()?))
}

fn scale_of(object: &Value) -> Value {
    let metadata = &object["metadata"];
    json!({
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {
            "name": metadata["name"],
            "namespace": metadata["namespace"],
            "uid": metadata["uid"],
            "resourceVersion": metadata["resourceVersion"],
            "creationTimestamp": metadata["creationTimestamp"],
        },
        "spec": {"replicas": object["spec"]["replicas"]},
        "status": {"replicas": object["status"]["replicas"].as_u64().unwrap_or(0)},
    })
}
