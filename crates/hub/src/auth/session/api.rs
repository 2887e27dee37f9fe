//! `/api/callboard/v1/sessions`, and the sessions of others below `/users`.

use super::end::{Ending, end};
use super::{SessionId, SessionSummary};
use crate::app::App;
use crate::audit::{Operation, Requester};
use crate::callboard::{SESSION_MANAGE, require};
use crate::error::Error;
use crate::principal::{Principal, UserPrincipal};
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get};
use axum::{Json, Router};
use callboard_policy::EntityRef;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

/// What the OpenAPI document of the plugin says of these routes.
pub(crate) const OPENAPI: &str = include_str!("api.yaml");

/// The routes, relative to the plugin.
pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/v1/sessions", get(own))
        .route("/v1/sessions/{id}", delete(end_own))
        .route(
            "/v1/users/{namespace}/{name}/sessions",
            get(of_user).delete(end_of_user),
        )
}

#[derive(Serialize)]
struct Sessions {
    items: Vec<Item>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    id: String,
    user_entity_ref: String,
    provider: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    environment: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    signed_in_at: String,
    last_seen_at: String,
    expires_at: String,
}

#[derive(Serialize)]
struct Ended {
    ended: usize,
}

/// `GET /api/callboard/v1/sessions`: those of whoever asks.
///
/// About oneself, so no permission is needed; a token that is narrowed says nothing of it.
async fn own(
    State(app): State<App>,
    principal: Principal,
    requester: Requester,
) -> Result<Response, Error> {
    let operation = Operation::begin(requester, "auth", "sessions-read", json!({}));
    let listed = whole(&principal).map(|user| list(&app, &user.entity_ref));
    answer(operation, listed)
}

/// `DELETE /api/callboard/v1/sessions/{id}`: ends one of one's own.
///
/// About oneself, so no permission is needed; a token that is narrowed says nothing of it.
async fn end_own(
    State(app): State<App>,
    principal: Principal,
    requester: Requester,
    Path(id): Path<String>,
) -> Result<StatusCode, Error> {
    let asked = || {
        let user = whole(&principal)?;
        let id = id.parse::<SessionId>();
        let id = id.map_err(|_| Error::NotFound("There is no such session".to_owned()))?;
        Ok((user, id))
    };
    let operation = ending(&requester, json!({"session": id}));
    let (user, id) = operation.or_refuse(&app, asked()).await?;
    end(&app, requester, &user.entity_ref, Ending::One(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /api/callboard/v1/users/{namespace}/{name}/sessions`.
///
/// Permission: `callboard.session.manage`.
async fn of_user(
    State(app): State<App>,
    principal: Principal,
    requester: Requester,
    Path((namespace, name)): Path<(String, String)>,
) -> Result<Response, Error> {
    let meta = json!({"userEntityRef": format!("user:{namespace}/{name}")});
    let operation = Operation::begin(requester, "auth", "sessions-read", meta);
    let listed = require(&app, &principal, &SESSION_MANAGE)
        .and_then(|_| user_ref(&namespace, &name))
        .map(|user| list(&app, user.as_str()));
    answer(operation, listed)
}

/// `DELETE /api/callboard/v1/users/{namespace}/{name}/sessions`: ends all of them.
///
/// Permission: `callboard.session.manage`.
async fn end_of_user(
    State(app): State<App>,
    principal: Principal,
    requester: Requester,
    Path((namespace, name)): Path<(String, String)>,
) -> Result<Json<Ended>, Error> {
    let asked = require(&app, &principal, &SESSION_MANAGE);
    let asked = asked.and_then(|_| user_ref(&namespace, &name));
    let meta = json!({"userEntityRef": format!("user:{namespace}/{name}")});
    let user = ending(&requester, meta).or_refuse(&app, asked).await?;
    let ended = end(&app, requester, user.as_str(), Ending::All).await?;
    Ok(Json(Ended { ended }))
}

/// What is recorded when sessions are not to be ended.
fn ending(requester: &Requester, meta: Value) -> Operation {
    Operation::begin(requester.clone(), "auth", "session-end", meta)
}

/// The person who calls; what they call with stands for them without limits.
fn whole(principal: &Principal) -> Result<&UserPrincipal, Error> {
    principal.require_person().map(|user| &**user)
}

fn user_ref(namespace: &str, name: &str) -> Result<EntityRef, Error> {
    let text = format!("user:{namespace}/{name}");
    EntityRef::parse(&text).map_err(|error| Error::Input(error.to_string()))
}

fn list(app: &App, user_ref: &str) -> Sessions {
    let sessions = app.auth().sessions_of(user_ref).into_iter();
    Sessions {
        items: sessions.map(Item::from).collect(),
    }
}

fn answer(operation: Operation, listed: Result<Sessions, Error>) -> Result<Response, Error> {
    match listed {
        Ok(sessions) => {
            operation.succeed(json!({}));
            Ok(([(header::CACHE_CONTROL, "no-store")], Json(sessions)).into_response())
        }
        Err(error) => {
            operation.fail(&error);
            Err(error)
        }
    }
}

impl From<SessionSummary> for Item {
    fn from(session: SessionSummary) -> Item {
        Item {
            id: session.id.to_string(),
            user_entity_ref: session.user_ref.to_string(),
            provider: session.provider.to_string(),
            environment: session.environment.map(String::from),
            user_agent: session.user_agent,
            address: session.address,
            signed_in_at: iso(session.signed_in_at),
            last_seen_at: iso(session.last_seen_at),
            expires_at: iso(session.expires_at),
        }
    }
}

fn iso(time: Timestamp) -> String {
    format!("{time:.3}")
}
