//! The REST interface of the list of users, relative to `/api/licensed-users-info`.

use super::PLUGIN;
use super::csv;
use super::negotiation::Form;
use crate::app::App;
use crate::audit::{Operation, Requester};
use crate::auth::KnownUser;
use crate::error::Error;
use crate::principal::Principal;
use crate::rbac::POLICY_READ;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use callboard_catalog::CatalogSnapshot;
use serde::Serialize;
use serde_json::{Value, json};
use smol_str::SmolStr;

/// What the OpenAPI document says of it.
pub(super) const OPENAPI: &str = include_str!("api.yaml");

/// The columns of the list as CSV.
const COLUMNS: [&str; 4] = ["userEntityRef", "displayName", "email", "lastAuthTime"];

/// The routes.
pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/health", get(health))
        .route("/users", get(users))
        .route("/users/quantity", get(quantity))
}

/// A user on the wire.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct User {
    user_entity_ref: SmolStr,
    last_auth_time: String,
    /// The same by the name that the original's manual gives it.
    last_time_login: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    display_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
}

impl User {
    fn new(user: KnownUser, catalog: &CatalogSnapshot) -> User {
        let entity = catalog.get(&user.user_ref);
        let profile = |member| {
            let text = entity?.text_at(&["spec", "profile", member])?;
            Some(text.into_owned())
        };
        let time = user.issued_at.strftime("%a, %d %b %Y %H:%M:%S GMT");
        let time = time.to_string();
        User {
            display_name: profile("displayName"),
            email: profile("email"),
            last_auth_time: time.clone(),
            last_time_login: time,
            user_entity_ref: user.user_ref,
        }
    }

    fn cells(&self) -> Vec<&str> {
        vec![
            &self.user_entity_ref,
            self.display_name.as_deref().unwrap_or_default(),
            self.email.as_deref().unwrap_or_default(),
            &self.last_auth_time,
        ]
    }
}

/// `GET /health`: whether there is a list.
///
/// Open: front ends ask before they offer it.
async fn health() -> Json<Value> {
    Json(json!({"status": "ok"}))
}

/// `GET /users/quantity`.
///
/// Permission: `policy.entity.read`, allowed outright.
async fn quantity(
    State(app): State<App>,
    principal: Principal,
    requester: Requester,
) -> Result<Json<Value>, Error> {
    let operation = Operation::begin(requester, PLUGIN, "user-quantity-read", json!({}));
    let count = async {
        authorize(&app, &principal)?;
        Ok(app.auth().known_user_count().await?)
    };
    let count = match count.await {
        Ok(count) => count,
        Err(error) => {
            operation.fail(&error);
            return Err(error);
        }
    };
    operation.succeed(json!({"quantity": count}));
    // PostgreSQL counts in a type for which the original's JSON has no number.
    let is_sqlite = app.core().store.file().is_some();
    let quantity = if is_sqlite {
        json!(count)
    } else {
        json!(count.to_string())
    };
    Ok(Json(json!({"quantity": quantity})))
}

/// `GET /users`: as JSON, or as a file of CSV.
///
/// Permission: `policy.entity.read`, allowed outright: e-mail addresses are not for everybody who
/// owns a role. The audit log has kept who took the list before it is given.
async fn users(
    State(app): State<App>,
    principal: Principal,
    requester: Requester,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let form = Form::asked_for(&headers);
    let users = take(&app, &principal, requester).await?;
    let answer = match form {
        Form::Json => Json(users).into_response(),
        Form::Csv => file("data.csv", &users),
    };
    let private = [
        (header::CACHE_CONTROL, "no-store"),
        (header::VARY, "Accept"),
    ];
    Ok((private, answer).into_response())
}

/// Gives the whole list to whoever may have it, and records that.
pub(super) async fn take(
    app: &App,
    principal: &Principal,
    requester: Requester,
) -> Result<Vec<User>, Error> {
    let operation = Operation::begin(requester, PLUGIN, "user-list-read", json!({}));
    let users = async {
        authorize(app, principal)?;
        let catalog = app.catalog().snapshot();
        let users = app.auth().known_users().await?.into_iter();
        Ok(users
            .map(|user| User::new(user, &catalog))
            .collect::<Vec<_>>())
    };
    let users = operation.or_refuse(app, users.await).await?;
    let taken = json!({"users": users.len()});
    operation.succeed_recorded(app, taken).await?;
    Ok(users)
}

/// The list as a file of CSV with this name.
pub(super) fn file(name: &str, users: &[User]) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/csv".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
    ];
    let table = csv::table(&COLUMNS, users.iter().map(User::cells));
    (headers, table).into_response()
}

/// The word is the original's.
fn authorize(app: &App, principal: &Principal) -> Result<(), Error> {
    // Without a resource a conditional right is no right.
    let is_allowed = app
        .permission()
        .authorize(app, principal, &POLICY_READ, None);
    is_allowed
        .then_some(())
        .ok_or_else(|| Error::NotAllowed("Unauthorized".to_owned()))
}
