//! `GET /api/auth/v1/userinfo`: what the newest token of the caller claims.

use super::access_token::Call;
use super::service;
use crate::app::App;
use crate::error::Error;
use crate::http::client_address::ClientAddress;
use crate::principal::Principal;
use axum::Extension;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use callboard_store::StoreError;
use serde_json::json;

/// Takes limited tokens, too: that is how a service that got one learns the ownership.
pub(super) async fn user_info(
    State(app): State<App>,
    headers: HeaderMap,
    address: Option<Extension<ClientAddress>>,
) -> Result<Response, Error> {
    let auth = app.auth();
    let token = service::bearer(&headers)
        .ok_or_else(|| Error::Authentication("No token provided".to_owned()))?;
    let call = Call {
        plugin: "auth",
        method: &Method::GET,
        path: "/v1/userinfo",
        address: address.map(|Extension(ClientAddress(address))| address),
    };
    if let Some(Principal::User(user)) = app.access_tokens().authenticate(&app, token, call)? {
        // What its owner owns now, whatever a token claimed that they signed in with.
        let claims = json!({"sub": user.entity_ref, "ent": user.ownership});
        return Ok(Json(json!({ "claims": claims })).into_response());
    }
    let user = match auth.authenticate_limited(token).await {
        Ok((user, _)) => user,
        Err(error) => match auth.authenticate(&headers, "auth").await {
            Ok(Principal::Service(_)) => {
                let message = "Userinfo endpoint must be called with a token that represents a user principal";
                return Err(Error::Input(message.to_owned()));
            }
            Err(refused @ Error::NotAllowed(_)) => return Err(refused),
            Ok(Principal::None | Principal::User(_)) | Err(_) => return Err(error),
        },
    };
    let claims = match auth.user_info(&user.entity_ref).await {
        // Without the database, what this very token claims is the newest that is known.
        Err(StoreError::Unavailable(_)) if !user.ownership.is_empty() => {
            Some(json!({"sub": user.entity_ref, "ent": user.ownership}))
        }
        found => found?,
    };
    let Some(claims) = claims else {
        return Ok((StatusCode::NOT_FOUND, "User info not found").into_response());
    };
    Ok(Json(json!({"claims": {"sub": claims["sub"], "ent": claims["ent"]}})).into_response())
}
