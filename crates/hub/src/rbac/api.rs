//! The REST interface of roles, as far as it reads.

mod condition;
mod plugin;
mod policy;
pub(super) mod query;
mod role;

use super::explain;
use super::owner::Visible;
use super::permissions::POLICY_READ;
use crate::app::App;
use crate::error::Error;
use crate::principal::Principal;
use axum::extract::{Path, State};
use axum::routing::get;
use axum::{Json, Router};
use callboard_policy::reference::{self, Usage};
use serde::Deserialize;
use serde_json::{Value, json};

/// The routes below `/api/permission` that exist while permissions are enforced.
pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/", get(root))
        .route("/roles", get(role::list))
        .route("/roles/{kind}/{namespace}/{name}", get(role::by_ref))
        .route("/policies", get(policy::list))
        .route(
            "/policies/{kind}/{namespace}/{name}",
            get(policy::by_subject),
        )
        .route("/roles/conditions", get(condition::list))
        .route("/roles/conditions/{id}", get(condition::by_id))
        .route("/explain", get(explain::api::explain))
        .route("/plugins/policies", get(plugin::policies))
        .route("/plugins/condition-rules", get(plugin::condition_rules))
        .route("/plugins/id", get(plugin::ids))
}

/// `GET /api/permission/`: whether the caller may open the administration at all.
///
/// Permission: `policy.entity.read`.
async fn root(State(app): State<App>, principal: Principal) -> Result<Json<Value>, Error> {
    Visible::of(&app, &principal, &POLICY_READ)?;
    Ok(Json(json!({"status": "Authorized"})))
}

/// A reference whose parts are segments of the path.
#[derive(Deserialize)]
struct RefPath {
    kind: String,
    namespace: String,
    name: String,
}

impl RefPath {
    /// The whole reference, checked.
    fn checked(Path(path): Path<RefPath>, usage: Usage) -> Result<String, Error> {
        let text = format!("{}:{}/{}", path.kind, path.namespace, path.name);
        reference::check(&text, usage).map_err(|error| Error::Input(error.to_string()))?;
        Ok(text)
    }
}
