//! `GET /plugins/…`: what administrators choose from.

use super::super::owner::Visible;
use super::super::permissions::POLICY_READ;
use super::super::plugin;
use crate::app::App;
use crate::error::Error;
use crate::principal::Principal;
use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

/// `GET /api/permission/plugins/policies`.
///
/// Permission: `policy.entity.read`.
pub(super) async fn policies(
    State(app): State<App>,
    principal: Principal,
) -> Result<Json<Vec<Value>>, Error> {
    Visible::of(&app, &principal, &POLICY_READ)?;
    app.rbac().remote().refresh(&app).await;
    Ok(Json(plugin::policies(&app)))
}

/// `GET /api/permission/plugins/condition-rules`.
///
/// Permission: `policy.entity.read`.
pub(super) async fn condition_rules(
    State(app): State<App>,
    principal: Principal,
) -> Result<Json<Vec<Value>>, Error> {
    Visible::of(&app, &principal, &POLICY_READ)?;
    app.rbac().remote().refresh(&app).await;
    Ok(Json(plugin::condition_rules(&app)))
}

/// `GET /api/permission/plugins/id`.
///
/// Permission: `policy.entity.read`.
pub(super) async fn ids(
    State(app): State<App>,
    principal: Principal,
) -> Result<Json<Value>, Error> {
    Visible::of(&app, &principal, &POLICY_READ)?;
    Ok(Json(json!({"ids": plugin::ids(&app)})))
}
