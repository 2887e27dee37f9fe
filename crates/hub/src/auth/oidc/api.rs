//! Sign-in of other front ends: the interface of the original below `/api/auth/<provider>`.

use super::attempt;
use super::client::{Client, Grant};
use super::cookie::ProviderCookies;
use super::flow;
use super::provider::Provider;
use super::refusal::Refusal;
use super::scope;
use super::state::State as FlowState;
use crate::app::App;
use crate::audit::{Operation, Requester};
use crate::auth::provider::absence;
use crate::auth::{random, session, signed_in};
use crate::error::Error;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::{Map, Value, json};
use url::form_urlencoded;

/// What a front end is told about a session, with its members in the order of the original.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Session {
    profile: Value,
    provider_info: ProviderInfo,
    #[serde(skip_serializing_if = "Option::is_none")]
    backstage_identity: Option<Value>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ProviderInfo {
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
    access_token: String,
    scope: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_in_seconds: Option<i64>,
}

/// One request to a provider in an environment.
pub(super) struct Call<'a> {
    pub(super) app: &'a App,
    pub(super) provider: &'a Provider,
    pub(super) environment: String,
    pub(super) client: &'a Client,
    pub(super) headers: &'a HeaderMap,
}

impl<'a> Call<'a> {
    /// Finds what a request is for.
    ///
    /// # Errors
    ///
    /// 404 for a provider or an environment that there is not, 400 without an environment.
    pub(super) fn find(
        app: &'a App,
        id: &str,
        environment: Option<String>,
        headers: &'a HeaderMap,
    ) -> Result<Call<'a>, Error> {
        let provider = app.auth().oidc.get(id).ok_or_else(|| absence(app, id))?;
        let environment = environment.filter(|environment| !environment.is_empty());
        let environment = environment.ok_or_else(|| {
            Error::Input("Must specify 'env' query to select environment".to_owned())
        })?;
        Ok(Call {
            client: provider.client(&environment)?,
            app,
            provider,
            environment,
            headers,
        })
    }

    /// Its cookies for the front end at `origin`.
    pub(super) fn cookies(&self, origin: &str) -> Result<ProviderCookies<'a>, Error> {
        ProviderCookies::new(
            &self.provider.id,
            &self.client.settings.callback_url,
            origin,
            self.headers,
            self.app.core().clock.now(),
        )
    }

    /// The front end that asks, by its header; the app itself when there is none.
    fn asking_origin(&self) -> Result<String, Error> {
        let origins = &self.app.auth().oidc.origins;
        let origin = self.headers.get(header::ORIGIN);
        match origin.map(|origin| origin.to_str().unwrap_or_default()) {
            None | Some("null") => Ok(origins.app.clone()),
            Some(origin) if is_own(self.app, origin) => Ok(origin.to_owned()),
            Some(origin) => origins
                .allowed(origin)
                .ok_or_else(|| Error::NotAllowed(format!("Origin '{origin}' is not allowed"))),
        }
    }

    /// The session of a grant: with it begins the life of a token, which `operation` records.
    ///
    /// # Errors
    ///
    /// [`Refusal`] when nobody is found for the person.
    pub(super) async fn session(
        &self,
        grant: &Grant,
        scope: String,
        operation: Operation,
    ) -> Result<Session, Refusal> {
        let profile = grant.profile();
        let members = [
            ("email", profile.email),
            ("picture", profile.picture),
            ("displayName", profile.display_name),
        ];
        let present = members
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)));
        let profile: Map<String, Value> = present
            .map(|(name, value)| (name.to_owned(), value.into()))
            .collect();
        let backstage_identity = match grant.identity(self.app, self.client)? {
            Some(identity) => Some(signed_in::identify(self.app, &identity, operation).await?),
            None => None,
        };
        let tokens = &grant.tokens;
        Ok(Session {
            profile: profile.into(),
            provider_info: ProviderInfo {
                id_token: tokens.id_token.as_ref().map(|token| token.expose().clone()),
                access_token: tokens.access_token.expose().clone(),
                scope,
                expires_in_seconds: tokens.expires_in_seconds(),
            },
            backstage_identity,
        })
    }
}

/// Whether a header names the hub's own origin: our pages may ask for themselves.
fn is_own(app: &App, origin: &str) -> bool {
    super::origin::origin_of(&app.core().base_url).as_deref() == Some(origin)
}

/// The first value of a query parameter.
fn parameter(parts: &Parts, name: &str) -> Option<String> {
    let query = parts.uri.query().unwrap_or_default();
    let found = form_urlencoded::parse(query.as_bytes()).find(|(known, _)| known == name);
    found.map(|(_, value)| value.into_owned())
}

/// `GET /api/auth/<provider>/start`: 302 to the provider.
///
/// Open, as nobody is signed in yet.
pub(in crate::auth) async fn start(
    State(app): State<App>,
    Path(id): Path<String>,
    requester: Requester,
    parts: Parts,
) -> Result<Response, Error> {
    attempt::check(&app, &requester)?;
    match started(&app, &id, &parts).await {
        Ok(response) => Ok(response),
        Err(refusal) => {
            attempt::failed(&app, &requester, &refusal);
            Err(refusal.into_error())
        }
    }
}

async fn started(app: &App, id: &str, parts: &Parts) -> Result<Response, Refusal> {
    let call = Call::find(app, id, parameter(parts, "env"), &parts.headers)?;
    let origin = parameter(parts, "origin");
    let redirect_url = parameter(parts, "redirectUrl");
    if let Some(url) = &redirect_url {
        check_target(app, url)?;
    }
    let mut cookies = call.cookies(origin.as_deref().unwrap_or(&app.auth().oidc.origins.app))?;
    let nonce = STANDARD.encode(random::bytes::<16>());
    cookies.set_nonce(&nonce);
    let scope = scope::join(
        &parameter(parts, "scope").unwrap_or_default(),
        &cookies.granted_scope(),
        &call.client.settings.additional_scopes,
    );
    let state = FlowState {
        nonce,
        environment: call.environment.clone(),
        origin,
        redirect_url,
        // A front end does not begin a sign-in of our own pages.
        flow: parameter(parts, "flow").filter(|flow| flow != super::state::PAGE_FLOW),
        scope: Some(scope),
    };
    let (provider, client) = (call.provider, call.client);
    let begun = flow::begin(app, &parts.headers, provider, client, &state, None).await?;
    let mut response = moved(begun.location.as_str())?;
    append(&mut response, cookies)?;
    add_cookie(&mut response, &begun.cookie.to_string())?;
    Ok(response)
}

/// `GET` and `POST /api/auth/<provider>/refresh`: the session anew.
///
/// Open to whoever has the refresh cookie, and is a script of an allowed origin: other sites
/// cannot send the header.
pub(in crate::auth) async fn refresh(
    State(app): State<App>,
    Path(id): Path<String>,
    requester: Requester,
    parts: Parts,
) -> Result<Response, Error> {
    let call = Call::find(&app, &id, parameter(&parts, "env"), &parts.headers)?;
    check_script(&parts.headers)?;
    attempt::check(&app, &requester)?;
    let meta = json!({"provider": id});
    let operation = Operation::begin(requester.clone(), "auth", "token-issue", meta);
    let wanted = parameter(&parts, "scope").unwrap_or_default();
    match refreshed(&call, &wanted, operation.clone()).await {
        Ok(response) => Ok(response),
        Err(refusal) => {
            attempt::failed(&app, &requester, &refusal);
            let error = Error::Authentication(format!(
                "Refresh failed; caused by {}: {}",
                refusal.name(),
                refusal.message()
            ));
            operation.refuse(&app, &error).await;
            Err(error)
        }
    }
}

async fn refreshed(
    call: &Call<'_>,
    wanted: &str,
    operation: Operation,
) -> Result<Response, Refusal> {
    let mut cookies = call.cookies(&call.asking_origin()?)?;
    let token = cookies
        .refresh_token()
        .ok_or_else(|| Error::Input("Missing session cookie".to_owned()))?;
    if session::refresh_token_shown(call.app, token.expose()).await? {
        let message = "the refresh token was exchanged before".to_owned();
        return Err(Refusal::Disproved(message));
    }
    let scope = scope::join(
        wanted,
        &cookies.granted_scope(),
        &call.client.settings.additional_scopes,
    );
    let grant = call.client.refresh(&token).await?;
    let session = call.session(&grant, scope.clone(), operation).await?;
    cookies.set_granted_scope(&scope);
    let rotated = grant.tokens.refresh_token.as_ref();
    if let Some(rotated) = rotated.filter(|rotated| rotated.expose() != token.expose()) {
        cookies.set_refresh_token(rotated);
        session::refresh_token_exchanged(call.app, &token, rotated).await;
    }
    let headers = [(header::CACHE_CONTROL, "no-store")];
    let mut response = (headers, Json(session)).into_response();
    append(&mut response, cookies)?;
    Ok(response)
}

/// `POST /api/auth/<provider>/logout`: the refresh token is revoked and taken from the browser.
///
/// Open, guarded as [`refresh`]. A provider that cannot be told keeps nobody signed in here.
pub(in crate::auth) async fn logout(
    State(app): State<App>,
    Path(id): Path<String>,
    parts: Parts,
) -> Result<Response, Error> {
    let call = Call::find(&app, &id, parameter(&parts, "env"), &parts.headers)?;
    check_script(&parts.headers)?;
    let mut cookies = call.cookies(&call.asking_origin()?)?;
    let token = cookies.refresh_token();
    signed_in::leave(&app, &id, Some(&call.environment), token.as_ref()).await;
    cookies.clear();
    let mut response = StatusCode::OK.into_response();
    append(&mut response, cookies)?;
    Ok(response)
}

/// Only scripts send this header, and to another origin only with its leave.
fn check_script(headers: &HeaderMap) -> Result<(), Error> {
    let header = headers.get("x-requested-with");
    if header.is_some_and(|value| value == "XMLHttpRequest") {
        return Ok(());
    }
    let message = "Invalid X-Requested-With header".to_owned();
    Err(Error::Authentication(message))
}

/// Where a redirect flow may end.
///
/// # Errors
///
/// 403 for a page of an origin that is not allowed.
pub(super) fn check_target(app: &App, url: &str) -> Result<(), Error> {
    if app.auth().oidc.origins.allowed(url).is_some() {
        return Ok(());
    }
    let shown = super::origin::origin_of(url).unwrap_or_else(|| url.to_owned());
    Err(Error::NotAllowed(format!(
        "Origin '{shown}' is not allowed"
    )))
}

/// 302 without a body.
///
/// # Errors
///
/// [`Error::Input`] for a place that cannot stand in a header.
pub(super) fn moved(target: &str) -> Result<Response, Error> {
    let target = HeaderValue::from_str(target)
        .map_err(|_| Error::Input("the target of the redirect is no URL".to_owned()))?;
    let headers = [
        (header::LOCATION, target),
        (header::CONTENT_LENGTH, HeaderValue::from_static("0")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((StatusCode::FOUND, headers).into_response())
}

/// Adds the cookies of a provider to an answer.
pub(super) fn append(response: &mut Response, cookies: ProviderCookies<'_>) -> Result<(), Error> {
    for cookie in cookies.into_headers()? {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(())
}

/// Adds one of the hub's own cookies to an answer.
pub(super) fn add_cookie(response: &mut Response, cookie: &str) -> Result<(), Error> {
    let cookie = HeaderValue::from_str(cookie).map_err(Error::internal)?;
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(())
}
