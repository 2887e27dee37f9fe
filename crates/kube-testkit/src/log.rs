//! The subresource `log` of pods: what the test says that they printed.

use std::collections::BTreeMap;

use axum::response::Response;

use crate::error::ApiError;
use crate::object;
use crate::resource::Resource;
use crate::server::{Asked, Shared};
use crate::store::Key;

/// Whose output it is: namespace, pod and container.
pub(crate) type Source = (String, String, String);

/// The output of containers.
pub(crate) type Logs = BTreeMap<Source, String>;

pub(crate) fn answer(
    shared: &Shared,
    resource: &Resource,
    asked: &Asked,
) -> Result<Response, ApiError> {
    let namespace = asked.target.namespace();
    let name = asked.target.name.as_deref().unwrap_or_default();
    let state = shared.lock();
    let stored = state
        .get(&Key::new(resource, namespace, name))
        .ok_or_else(|| ApiError::not_found(resource, name))?;
    let containers = stored.object["spec"]["containers"].as_array();
    let mut containers = containers
        .into_iter()
        .flatten()
        .filter_map(|container| container["name"].as_str());
    let container = match asked.query.text("container") {
        Some(wanted) => containers.find(|name| *name == wanted),
        None => containers.next(),
    };
    let Some(container) = container else {
        let wanted = asked.query.text("container").unwrap_or_default();
        let message = format!("container {wanted} is not valid for pod {name}");
        return Err(ApiError::bad_request(message));
    };
    let source = (namespace.to_owned(), name.to_owned(), container.to_owned());
    let output = state.logs.get(&source).cloned().unwrap_or_default();
    let lines: Vec<&str> = output.lines().collect();
    let count = asked.query.number("tailLines")?;
    let count = count.map_or(lines.len(), |count| {
        usize::try_from(count).unwrap_or(usize::MAX)
    });
    let last = &lines[lines.len().saturating_sub(count)..];
    let text = last.iter().flat_map(|line| [*line, "\n"]).collect();
    Ok(object::text(text))
}
