//! The forms that begin and end a session.

use super::csrf::{CsrfForm, SignInForm};
use super::extract::MaybeViewer;
use super::{external, guest, redirect, session};
use crate::app::App;
use crate::audit::{Actor, Event, Outcome, Severity, record};
use crate::error::Error;
use crate::principal::{Principal, UserPrincipal};
use axum::extract::{ConnectInfo, FromRequest, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum_extra::extract::cookie::Cookie;
use serde::Deserialize;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;

/// The page after sign-out.
const SIGNED_OUT: &str = "/?signed-out";

#[derive(Deserialize)]
struct Fields {
    /// Where the person wanted to go.
    redirect: Option<String>,
}

#[derive(Deserialize)]
struct NoFields {}

/// `POST /sign-in/guest`.
///
/// Open, as nobody is signed in yet; the form's token and the configuration decide.
pub(super) async fn guest(State(app): State<App>, request: Request) -> Result<Response, Error> {
    let (parts, body) = request.into_parts();
    let event = Report::new(&parts, "sign-in", json!({"provider": guest::PROVIDER}));
    let request = Request::from_parts(parts, body);
    match enter_as_guest(&app, request).await {
        Ok((user, response)) => {
            event.record(&user, Outcome::Succeeded);
            Ok(response)
        }
        Err(error) => {
            event.record("anonymous", Outcome::Failed(&error.to_string()));
            Err(error)
        }
    }
}

async fn enter_as_guest(app: &App, request: Request) -> Result<(String, Response), Error> {
    let headers = request.headers().clone();
    let SignInForm(fields) = SignInForm::<Fields>::from_request(request, app).await?;
    let auth = app.auth();
    let identity = guest::identity(app)?;
    if auth.guest().is_none() {
        return Err(Error::NotAllowed(
            "Guests sign in only where 'auth.environment' is 'development'".to_owned(),
        ));
    }
    let user = UserPrincipal {
        entity_ref: identity.entity_ref.as_smol_str().clone(),
        ownership: identity.ownership,
        on_behalf_by: None,
    };
    let before = session::id_of(app, &headers).map(|id| external::digest(&id));
    let now = app.core().clock.now();
    let id = auth
        .sessions
        .start(Arc::new(user), guest::PROVIDER, now, before)
        .await?;
    let target = fields
        .redirect
        .as_deref()
        .and_then(redirect::local_path)
        .unwrap_or("/");
    Ok((
        identity.entity_ref.to_string(),
        see_other(target, &session::cookie(app.core(), id)),
    ))
}

/// `POST /sign-out`. Somebody whose session is over already is signed out all the same.
pub(super) async fn sign_out(State(app): State<App>, request: Request) -> Result<Response, Error> {
    let (mut parts, body) = request.into_parts();
    let Ok(MaybeViewer(viewer)) = MaybeViewer::from_request_parts(&mut parts, &app).await;
    let Some(viewer) = viewer else {
        return Ok(see_other(SIGNED_OUT, &session::removal(app.core())));
    };
    let event = Report::new(
        &parts,
        "sign-out",
        json!({"provider": viewer.session.provider}),
    );
    let digest = session::id_of(&app, &parts.headers).map(|id| external::digest(&id));
    CsrfForm::<NoFields>::from_request(Request::from_parts(parts, body), &app).await?;
    if let Some(digest) = digest {
        app.auth().sessions.end(&digest).await?;
    }
    event.record(&viewer.user.entity_ref, Outcome::Succeeded);
    Ok(see_other(SIGNED_OUT, &session::removal(app.core())))
}

/// 303, which makes a browser ask for `target` with `GET`.
fn see_other(target: &str, cookie: &Cookie<'_>) -> Response {
    let headers = [
        (header::LOCATION, target.to_owned()),
        (header::SET_COOKIE, cookie.to_string()),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    (StatusCode::SEE_OTHER, headers).into_response()
}

/// What an audit event needs of a request whose body is read meanwhile.
struct Report {
    id: &'static str,
    headers: HeaderMap,
    method: axum::http::Method,
    uri: axum::http::Uri,
    ip: Option<String>,
    meta: Value,
}

impl Report {
    fn new(parts: &Parts, id: &'static str, meta: Value) -> Report {
        let address = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        Report {
            id,
            headers: parts.headers.clone(),
            method: parts.method.clone(),
            uri: parts.uri.clone(),
            ip: address.map(|ConnectInfo(address)| address.ip().to_string()),
            meta,
        }
    }

    fn record(&self, actor: &str, outcome: Outcome<'_>) {
        let of_request = Actor::of(&Principal::None, &self.headers);
        record(&Event {
            plugin: "auth",
            id: self.id,
            severity: Severity::Medium,
            outcome,
            actor: Actor {
                id: actor,
                ip: self.ip.as_deref(),
                ..of_request
            },
            request: Some((&self.method, &self.uri)),
            meta: self.meta.clone(),
        });
    }
}
