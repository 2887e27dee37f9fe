//! `/api/callboard/v1/device-sessions`: the programs that one let in.

use super::end;
use super::oauth;
use super::session::DeviceSession;
use crate::app::App;
use crate::audit::{Operation, Requester};
use crate::error::Error;
use crate::principal::Principal;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

/// What the OpenAPI document says of these routes.
pub(crate) const OPENAPI: &str = include_str!("api.yaml");

const APPLY: &str = "/v1/oauth/device_authorization";
const TOKEN: &str = "/v1/oauth/token";
const REVOKE: &str = "/v1/oauth/revoke";

/// The paths that need no credentials, relative to the plugin `callboard`.
pub(crate) const OPEN: [&str; 3] = [APPLY, TOKEN, REVOKE];

/// The routes, relative to the plugin `callboard`.
pub(crate) fn router() -> Router<App> {
    Router::new()
        .route(APPLY, post(oauth::device_authorization))
        .route(TOKEN, post(oauth::token))
        .route(REVOKE, post(oauth::revoke))
        .route("/v1/device-sessions", get(list))
        .route("/v1/device-sessions/{id}", delete(end_session))
}

/// `GET /api/callboard/v1/device-sessions`: one's own.
///
/// No permission: for people who signed in, about themselves.
async fn list(State(app): State<App>, principal: Principal) -> Result<Json<Value>, Error> {
    let user = principal.require_person()?;
    let sessions = app.device_sessions().of_user(&user.entity_ref);
    let items: Vec<Value> = sessions.iter().map(|session| to_json(session)).collect();
    Ok(Json(json!({ "items": items })))
}

/// `DELETE /api/callboard/v1/device-sessions/{id}`: one's own.
///
/// No permission: for people who signed in, about themselves.
async fn end_session(
    State(app): State<App>,
    principal: Principal,
    requester: Requester,
    Path(id): Path<String>,
) -> Result<StatusCode, Error> {
    let operation = Operation::begin(
        requester,
        "auth",
        "device-sign-out",
        json!({"sessionId": id}),
    );
    let user = operation
        .or_refuse(&app, principal.require_person())
        .await?;
    end::end(&app, &user.entity_ref, &id, operation).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn to_json(session: &DeviceSession) -> Value {
    json!({
        "id": session.id,
        "client": session.client,
        "address": session.address,
        "createdAt": session.created_at,
        "refreshedAt": session.refreshed_at,
        "expiresAt": session.expires_at,
    })
}
