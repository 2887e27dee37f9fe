//! `GET /api/permission/explain`: why something is decided.

use super::super::api::query::Query;
use super::{Answer, ExplainRequest};
use crate::app::App;
use crate::error::Error;
use crate::principal::Principal;
use axum::Json;
use axum::extract::State;

/// What the OpenAPI document says of it.
pub(in crate::rbac) const OPENAPI: &str = include_str!("api.yaml");

/// `GET /api/permission/explain?user=…&permission=…[&action=…][&resourceRef=…]`.
///
/// Permission: `policy.entity.read`; without it everybody is told the kind of reason about
/// themselves.
pub(in crate::rbac) async fn explain(
    State(app): State<App>,
    principal: Principal,
    query: Query,
) -> Result<Json<Answer>, Error> {
    let owned = |name| Ok::<_, Error>(query.first(name)?.map(str::to_owned));
    let request = ExplainRequest {
        user: owned("user")?,
        permission: owned("permission")?.unwrap_or_default(),
        action: owned("action")?,
        resource_ref: owned("resourceRef")?,
    };
    super::explain(&app, &principal, &request).map(Json)
}
