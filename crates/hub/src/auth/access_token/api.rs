//! `/api/callboard/v1/tokens` and `/service-accounts`: the tokens of oneself, and of programs.

use super::config::DAY;
use super::service::{AccessTokens, Created, NewToken};
use super::{AccessToken, Scope};
use crate::app::App;
use crate::audit::{Operation, Requester};
use crate::auth::service_account::{self, ServiceAccount};
use crate::callboard::{self, SERVICE_ACCOUNT_MANAGE};
use crate::error::Error;
use crate::http::body::JsonBody;
use crate::principal::{Principal, UserPrincipal};
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get};
use axum::{Json, Router};
use callboard_policy::EntityRef;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use smol_str::SmolStr;

/// What the OpenAPI document says of these routes.
pub(crate) const OPENAPI: &str = include_str!("api.yaml");

/// How long a token lives when nobody says, in days.
const DEFAULT_DAYS: u32 = 30;

/// The routes, relative to the plugin `callboard`.
pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/v1/tokens", get(list).post(create))
        .route("/v1/tokens/{id}", delete(revoke))
        .route(
            "/v1/service-accounts",
            get(list_accounts).post(create_account),
        )
        .route(
            "/v1/service-accounts/{name}",
            get(account).delete(delete_account),
        )
        .route(
            "/v1/service-accounts/{name}/tokens",
            get(list_of_account).post(create_for_account),
        )
        .route(
            "/v1/service-accounts/{name}/tokens/{id}",
            delete(revoke_of_account),
        )
}

/// A token, as its owner may know it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TokenJson {
    id: SmolStr,
    name: String,
    hint: String,
    scope: Scope,
    created_by: String,
    created_at: Timestamp,
    expires_at: Timestamp,
    is_expired: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used_from: Option<String>,
}

/// What somebody asks for.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct TokenRequest {
    name: String,
    expires_in_days: Option<u32>,
    #[serde(default)]
    scope: Scope,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountRequest {
    name: SmolStr,
    #[serde(default)]
    description: String,
}

/// `GET /api/callboard/v1/tokens`: one's own.
///
/// No permission: for people who signed in, about themselves.
async fn list(State(app): State<App>, principal: Principal) -> Result<Json<Value>, Error> {
    let user = principal.require_person()?;
    Ok(items(&app, &user.entity_ref))
}

/// `POST /api/callboard/v1/tokens`.
///
/// No permission: for people who signed in, since a token never exceeds its owner.
async fn create(
    State(app): State<App>,
    principal: Principal,
    requester: Requester,
    JsonBody(body): JsonBody,
) -> Result<Response, Error> {
    let operation = token_operation(requester, "access-token-create", &body);
    let asked = || {
        let user = principal.require_person()?;
        let owner = holder(&app, user)?;
        Ok((user, owner, new_token(body)?))
    };
    let (user, owner, new) = operation.or_refuse(&app, asked()).await?;
    let created = AccessTokens::create(&app, owner, &user.entity_ref, new, operation).await?;
    Ok(shown_once(&app, &created))
}

/// `DELETE /api/callboard/v1/tokens/{id}`: one's own.
///
/// No permission: for people who signed in, about themselves.
async fn revoke(
    State(app): State<App>,
    principal: Principal,
    requester: Requester,
    Path(id): Path<String>,
) -> Result<StatusCode, Error> {
    let operation = Operation::begin(
        requester,
        "auth",
        "access-token-revoke",
        json!({"tokenId": id}),
    );
    let asked = || reference_of(principal.require_person()?);
    let owner = operation.or_refuse(&app, asked()).await?;
    AccessTokens::revoke(&app, owner, &id, operation).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /api/callboard/v1/service-accounts`.
///
/// Permission: `callboard.service-account.manage`, of a person who signed in.
async fn list_accounts(State(app): State<App>, principal: Principal) -> Result<Json<Value>, Error> {
    manager(&app, &principal)?;
    let accounts = app.access_tokens().accounts();
    let items: Vec<Value> = accounts
        .iter()
        .map(|account| account_json(&app, account))
        .collect();
    Ok(Json(json!({ "items": items })))
}

/// `POST /api/callboard/v1/service-accounts`.
///
/// Permission: `callboard.service-account.manage`, of a person who signed in.
async fn create_account(
    State(app): State<App>,
    principal: Principal,
    requester: Requester,
    JsonBody(body): JsonBody,
) -> Result<Response, Error> {
    let meta = json!({"serviceAccount": body["name"]});
    let operation = Operation::begin(requester, "auth", "service-account-create", meta);
    let asked = || {
        let user = manager(&app, &principal)?;
        let AccountRequest { name, description } = read(body)?;
        Ok(ServiceAccount {
            name,
            description,
            created_by: user.entity_ref.to_string(),
            created_at: app.core().clock.now(),
        })
    };
    let account = operation.or_refuse(&app, asked()).await?;
    let account = AccessTokens::create_account(&app, account, operation).await?;
    Ok((StatusCode::CREATED, Json(account_json(&app, &account))).into_response())
}

/// `GET /api/callboard/v1/service-accounts/{name}`.
///
/// Permission: `callboard.service-account.manage`, of a person who signed in.
async fn account(
    State(app): State<App>,
    principal: Principal,
    Path(name): Path<String>,
) -> Result<Json<Value>, Error> {
    manager(&app, &principal)?;
    let account = app.access_tokens().account(&name)?;
    Ok(Json(account_json(&app, &account)))
}

/// `DELETE /api/callboard/v1/service-accounts/{name}`, with its tokens.
///
/// Permission: `callboard.service-account.manage`, of a person who signed in.
async fn delete_account(
    State(app): State<App>,
    principal: Principal,
    requester: Requester,
    Path(name): Path<String>,
) -> Result<StatusCode, Error> {
    let meta = json!({"serviceAccount": name});
    let operation = Operation::begin(requester, "auth", "service-account-delete", meta);
    operation.or_refuse(&app, manager(&app, &principal)).await?;
    AccessTokens::delete_account(&app, &name, operation).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /api/callboard/v1/service-accounts/{name}/tokens`.
///
/// Permission: `callboard.service-account.manage`, of a person who signed in.
async fn list_of_account(
    State(app): State<App>,
    principal: Principal,
    Path(name): Path<String>,
) -> Result<Json<Value>, Error> {
    manager(&app, &principal)?;
    let account = app.access_tokens().account(&name)?;
    let owner = service_account::reference(&account.name);
    Ok(items(&app, owner.as_str()))
}

/// `POST /api/callboard/v1/service-accounts/{name}/tokens`.
///
/// Permission: `callboard.service-account.manage`, of a person who signed in.
async fn create_for_account(
    State(app): State<App>,
    principal: Principal,
    requester: Requester,
    Path(name): Path<String>,
    JsonBody(body): JsonBody,
) -> Result<Response, Error> {
    let operation = token_operation(requester, "access-token-create", &body);
    let asked = || {
        let user = manager(&app, &principal)?;
        let account = app.access_tokens().account(&name)?;
        Ok((user, account, new_token(body)?))
    };
    let (user, account, new) = operation.or_refuse(&app, asked()).await?;
    let owner = service_account::reference(&account.name);
    let created = AccessTokens::create(&app, owner, &user.entity_ref, new, operation).await?;
    Ok(shown_once(&app, &created))
}

/// `DELETE /api/callboard/v1/service-accounts/{name}/tokens/{id}`.
///
/// Permission: `callboard.service-account.manage`, of a person who signed in.
async fn revoke_of_account(
    State(app): State<App>,
    principal: Principal,
    requester: Requester,
    Path((name, id)): Path<(String, String)>,
) -> Result<StatusCode, Error> {
    let meta = json!({"tokenId": id, "serviceAccount": name});
    let operation = Operation::begin(requester, "auth", "access-token-revoke", meta);
    let asked = || {
        manager(&app, &principal)?;
        app.access_tokens().account(&name)
    };
    let account = operation.or_refuse(&app, asked()).await?;
    let owner = service_account::reference(&account.name);
    AccessTokens::revoke(&app, owner, &id, operation).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The person who calls, if they manage service accounts.
pub(in crate::auth) fn manager<'a>(
    app: &App,
    principal: &'a Principal,
) -> Result<&'a UserPrincipal, Error> {
    callboard::require(app, principal, &SERVICE_ACCOUNT_MANAGE).map(|user| &**user)
}

/// As whom a personal token of `user` acts.
///
/// # Errors
///
/// 403 for a guest, who is everybody at once.
pub(in crate::auth) fn holder(app: &App, user: &UserPrincipal) -> Result<EntityRef, Error> {
    let owner = reference_of(user)?;
    if app.auth().is_guest(&owner) {
        return Err(Error::NotAllowed(
            "Guests have no access tokens, since everybody is the same guest".to_owned(),
        ));
    }
    Ok(owner)
}

fn reference_of(user: &UserPrincipal) -> Result<EntityRef, Error> {
    EntityRef::parse(&user.entity_ref).map_err(|error| Error::Input(error.to_string()))
}

fn new_token(body: Value) -> Result<NewToken, Error> {
    let TokenRequest {
        name,
        expires_in_days,
        scope,
    } = read(body)?;
    Ok(NewToken {
        name,
        lifetime: DAY * expires_in_days.unwrap_or(DEFAULT_DAYS),
        scope,
    })
}

fn read<T: DeserializeOwned>(body: Value) -> Result<T, Error> {
    serde_json::from_value(body).map_err(|error| Error::Input(error.to_string()))
}

fn token_operation(requester: Requester, event: &'static str, body: &Value) -> Operation {
    let meta = json!({"name": body["name"], "scope": body["scope"]});
    Operation::begin(requester, "auth", event, meta)
}

fn items(app: &App, owner: &str) -> Json<Value> {
    let now = app.core().clock.now();
    let tokens = app.access_tokens().of_owner(owner);
    let items: Vec<TokenJson> = tokens
        .iter()
        .map(|token| TokenJson::of(token, now))
        .collect();
    Json(json!({ "items": items }))
}

/// 201 with the text of a token, which nobody is told again.
fn shown_once(app: &App, created: &Created) -> Response {
    let token = TokenJson::of(&created.token, app.core().clock.now());
    let mut body = json!(token);
    body["token"] = json!(created.secret.expose());
    let headers = [(header::CACHE_CONTROL, "no-store")];
    (StatusCode::CREATED, headers, Json(body)).into_response()
}

fn account_json(app: &App, account: &ServiceAccount) -> Value {
    json!({
        "name": account.name,
        "entityRef": service_account::reference(&account.name),
        "description": account.description,
        "roles": service_account::roles(app, &account.name),
        "createdBy": account.created_by,
        "createdAt": account.created_at,
    })
}

impl TokenJson {
    fn of(token: &AccessToken, now: Timestamp) -> TokenJson {
        let last = token.usage.last();
        TokenJson {
            id: token.id.clone(),
            name: token.name.clone(),
            hint: token.hint.clone(),
            scope: token.scope.clone(),
            created_by: token.created_by.clone(),
            created_at: token.created_at,
            expires_at: token.expires_at,
            is_expired: token.expires_at <= now,
            last_used_at: last.as_ref().map(|last| last.at),
            last_used_from: last.and_then(|last| last.from),
        }
    }
}
