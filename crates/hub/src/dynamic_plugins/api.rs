//! The REST interface, relative to `/api/dynamic-plugins-info`.

use super::Listed;
use crate::app::App;
use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use callboard_plugins::{Known, Outcome, Platform};
use serde::Serialize;

/// What the OpenAPI document says of it.
pub(super) const OPENAPI: &str = include_str!("api.yaml");

/// The routes.
pub(super) fn router() -> Router<App> {
    Router::new().route("/loaded-plugins", get(loaded))
}

/// A plugin on the wire.
#[derive(Serialize)]
struct Plugin {
    name: String,
    version: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    platform: Option<String>,
    /// Only there for what is asked for and not available, as `false`; the original has no such
    /// field, since it does not start then.
    #[serde(skip_serializing_if = "Option::is_none")]
    loaded: Option<bool>,
}

impl Plugin {
    /// `None` for what is switched off.
    fn of(listed: &Listed) -> Option<Plugin> {
        let loaded = match listed.outcome() {
            Outcome::Disabled => return None,
            Outcome::Native => None,
            Outcome::NotBuiltIn | Outcome::Unknown => Some(false),
        };
        let platform = listed.known.map(Known::platform);
        Some(Plugin {
            // Backends are named as their packages are, which the list may leave out.
            name: match (listed.known, platform) {
                (Some(known), Some(Platform::Node)) => format!("{}-dynamic", known.name),
                (Some(known), _) => known.name.to_owned(),
                (None, _) => listed.name.clone(),
            },
            version: env!("CARGO_PKG_VERSION"),
            role: listed.known.map(|known| known.role),
            platform: platform.map(|platform| platform.to_string()),
            loaded,
        })
    }
}

/// `GET /loaded-plugins`: what the installation asked for, without what it switches off.
///
/// Permission: none, as in the original; any user or service may ask.
async fn loaded(State(app): State<App>) -> Json<Vec<Plugin>> {
    let listed = app.dynamic_plugins().listed.iter();
    Json(listed.filter_map(Plugin::of).collect())
}
