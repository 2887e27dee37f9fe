//! The user cookie, by which static files of plugins know their reader.
//!
//! `GET /.backstage/auth/v1/cookie` puts the limited token of the caller into a cookie. Only
//! paths that a plugin declared for it take the cookie; no ordinary path does.

use super::access_token::{self, Prefix};
use super::service;
use super::token;
use crate::app::App;
use crate::error::Error;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use axum_extra::extract::CookieJar;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use url::Url;

/// Where a plugin publishes the keys of its own tokens, relative to the plugin.
pub(super) const JWKS_PATH: &str = "/.backstage/auth/v1/jwks.json";
const COOKIE_PATH: &str = "/.backstage/auth/v1/cookie";
const NAME: &str = "backstage-auth";

/// A cookie with more than this left is not replaced.
const RENEW_BELOW: SignedDuration = SignedDuration::from_mins(5);

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CookieState {
    expires_at: String,
}

/// The routes that authentication adds to every plugin.
pub(crate) fn plugin_routes(plugin: &'static str) -> Router<App> {
    let set = move |state: State<App>, headers: HeaderMap| set_cookie(state, headers, plugin);
    let keys =
        move |State(app): State<App>| async move { Json(app.auth().plugin_jwks(plugin).await) };
    Router::new()
        .route(JWKS_PATH, get(keys))
        .route(COOKIE_PATH, get(set).delete(clear_cookie))
}

/// What the OpenAPI document of every plugin says of them.
pub(crate) const PLUGIN_OPENAPI: &str = include_str!("cookie.yaml");

async fn set_cookie(
    State(app): State<App>,
    headers: HeaderMap,
    plugin: &'static str,
) -> Result<Response, Error> {
    // Not from the barrier: the plugin that authenticates has none.
    let token = service::bearer(&headers).unwrap_or_default();
    if Prefix::is_access_token(token) {
        return Err(access_token::not_allowed());
    }
    let principal = app.auth().authenticate(&headers, plugin).await?;
    let user = principal.require_user()?;
    if user.on_behalf_by.is_some() {
        return Err(Error::forbidden());
    }
    if let Some(cookie) = CookieJar::from_headers(&headers).get(NAME)
        && let Ok((owner, expires_at)) = app.auth().authenticate_limited(cookie.value()).await
        && owner.entity_ref == user.entity_ref
        && expires_at.duration_since(app.core().clock.now()) > RENEW_BELOW
    {
        return Ok(answer(expires_at));
    }
    let limited = service::bearer(&headers).and_then(token::limited_of);
    let limited =
        limited.ok_or_else(|| Error::internal("a verified token holds no limited token"))?;
    let (_, expires_at) = app.auth().authenticate_limited(&limited).await?;
    let mut response = answer(expires_at);
    let cookie = header_value(&app, &limited, expires_at)?;
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}

async fn clear_cookie(State(app): State<App>) -> Result<Response, Error> {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let cookie = header_value(&app, "", Timestamp::UNIX_EPOCH)?;
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}

fn answer(expires_at: Timestamp) -> Response {
    let state = CookieState {
        expires_at: format!("{expires_at:.3}"),
    };
    ([(header::CACHE_CONTROL, "no-store")], Json(state)).into_response()
}

/// `Set-Cookie` as the original writes it; the attribute `Priority` is not in cookie libraries.
fn header_value(app: &App, token: &str, expires_at: Timestamp) -> Result<HeaderValue, Error> {
    let base_url = Url::parse(&app.core().base_url).map_err(Error::internal)?;
    let host = base_url.host_str().unwrap_or_default();
    let is_secure = base_url.scheme() == "https" || host == "localhost";
    let (secure, same_site) = if is_secure {
        (" Secure;", "None")
    } else {
        ("", "Lax")
    };
    let expires = expires_at.strftime("%a, %d %b %Y %H:%M:%S GMT");
    let cookie = format!(
        "{NAME}={token}; Domain={host}; Path=/; Expires={expires}; HttpOnly;{secure} Priority=High; SameSite={same_site}",
    );
    HeaderValue::from_str(&cookie).map_err(Error::internal)
}
