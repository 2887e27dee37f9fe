//! The REST interface of roles.

mod condition;
mod draft;
mod plugin;
mod policy;
mod provider;
pub(super) mod query;
mod role;
mod source;

use super::explain;
use super::owner::Visible;
use super::permissions::POLICY_READ;
use crate::app::App;
use crate::error::Error;
use crate::principal::Principal;
use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use callboard_policy::reference::{self, Usage};
use serde::Deserialize;
use serde_json::{Value, json};
use std::fmt;

/// The routes below `/api/permission` that exist while permissions are enforced.
pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/", get(root))
        .route("/roles", get(role::list).post(role::create))
        .route(
            "/roles/{kind}/{namespace}/{name}",
            get(role::by_ref)
                .post(role::create_named)
                .put(role::update)
                .delete(role::delete),
        )
        .route("/policies", get(policy::list).post(policy::add))
        .route(
            "/policies/{kind}/{namespace}/{name}",
            get(policy::by_subject)
                .put(policy::update)
                .delete(policy::delete),
        )
        .route(
            "/roles/conditions",
            get(condition::list).post(condition::add),
        )
        .route(
            "/roles/conditions/{id}",
            get(condition::by_id)
                .put(condition::update)
                .delete(condition::delete),
        )
        .route("/explain", get(explain::api::explain))
        .route("/plugins/policies", get(plugin::policies))
        .route("/plugins/condition-rules", get(plugin::condition_rules))
        .route(
            "/plugins/id",
            get(plugin::ids)
                .post(plugin::add_ids)
                .delete(plugin::remove_ids),
        )
        .route("/refresh/{id}", post(provider::refresh))
        .route("/sources", get(source::list))
}

/// `GET /api/permission/`: whether the caller may open the administration at all.
///
/// Permission: `policy.entity.read`.
async fn root(State(app): State<App>, principal: Principal) -> Result<Json<Value>, Error> {
    Visible::of(&app, &principal, &POLICY_READ)?;
    Ok(Json(json!({"status": "Authorized"})))
}

/// What the OpenAPI document says of them.
pub(super) const OPENAPI: [&str; 6] = [
    include_str!("api/role.yaml"),
    include_str!("api/policy.yaml"),
    include_str!("api/condition.yaml"),
    explain::api::OPENAPI,
    include_str!("api/source.yaml"),
    include_str!("api/plugin.yaml"),
];

/// A reference whose parts are segments of the path.
#[derive(Deserialize)]
struct RefPath {
    kind: String,
    namespace: String,
    name: String,
}

impl RefPath {
    /// The whole reference, checked.
    fn check(&self, usage: Usage) -> Result<String, Error> {
        let text = self.to_string();
        reference::check(&text, usage).map_err(|error| Error::Input(error.to_string()))?;
        Ok(text)
    }
}

impl fmt::Display for RefPath {
    /// Writes the whole reference as it was written.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}/{}", self.kind, self.namespace, self.name)
    }
}
