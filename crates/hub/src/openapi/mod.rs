//! The OpenAPI documents of plugins: `GET /api/<plugin>/openapi.json`.
//!
//! A document is put together from parts, YAML files that stand beside the handlers that they
//! describe. A feature hands over those of its plugin with its routes ([`crate::feature::Api`]);
//! what every plugin has, and what any route may answer beside its own, is added here.

mod document;
#[cfg(test)]
mod test;

use crate::app::App;
use crate::error::Error;
use crate::{auth, permission};
use axum::Router;
use axum::body::Bytes;
use axum::http::header;
use axum::routing::get;
use std::sync::{Arc, LazyLock};

/// Where a plugin that has a document serves it, relative to the plugin.
const PATH: &str = "/openapi.json";

/// What every plugin has in common.
const COMMON: &str = include_str!("common.yaml");

/// The route of a plugin's document, which is made of `parts`; none for a plugin without them.
///
/// Any credentials: what routes there are is no secret.
pub(crate) fn plugin_routes(
    app: &App,
    plugin: &'static str,
    parts: Vec<&'static str>,
) -> Router<App> {
    if parts.is_empty() {
        return Router::new();
    }
    let parts = with_common(app, plugin, parts);
    let url = format!("{}/api/{plugin}", app.core().base_url);
    // Made when somebody asks for it the first time, which may be never.
    let document = Arc::new(LazyLock::new(move || {
        document::of(&url, &parts).map(|document| Bytes::from(document.to_string()))
    }));
    let serve = move || async move {
        let document = LazyLock::force(&document).clone();
        let document = document.map_err(Error::internal)?;
        Ok::<_, Error>(([(header::CONTENT_TYPE, "application/json")], document))
    };
    Router::new().route(PATH, get(serve))
}

/// The parts of a plugin, and those about what every plugin gets.
fn with_common(app: &App, plugin: &str, mut parts: Vec<&'static str>) -> Vec<&'static str> {
    parts.extend(permission::plugin_openapi(app, plugin));
    parts.extend([auth::PLUGIN_OPENAPI, COMMON]);
    parts
}
