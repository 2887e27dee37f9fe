//! The forms that begin and end a session.

use super::csrf::{CsrfForm, NoFields, SignInForm};
use super::extract::MaybeViewer;
use super::limit::Attempt;
use super::{external, guest, redirect, session, signed_in};
use crate::app::App;
use crate::audit::{Operation, Requester};
use crate::error::Error;
use crate::ui::see_other;
use axum::extract::{FromRequest, FromRequestParts, Request, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

/// The page after sign-out.
const SIGNED_OUT: &str = "/?signed-out";

#[derive(Deserialize)]
struct Fields {
    /// Where the person wanted to go.
    redirect: Option<String>,
}

/// `POST /sign-in/guest`.
///
/// Open, as nobody is signed in yet; the form's token and the configuration decide.
pub(super) async fn guest(State(app): State<App>, request: Request) -> Result<Response, Error> {
    let (parts, body) = request.into_parts();
    let operation = Operation::begin(
        Requester::of(&parts),
        "auth",
        "sign-in",
        json!({"provider": guest::PROVIDER}),
    );
    let request = Request::from_parts(parts, body);
    let entered = enter_as_guest(&app, request, operation.clone()).await;
    if let Err(error) = &entered {
        let address = operation.requester().ip();
        app.auth().limiter().failed(Attempt::SignIn, None, address);
        operation.refuse(&app, error).await;
    }
    entered
}

async fn enter_as_guest(
    app: &App,
    request: Request,
    operation: Operation,
) -> Result<Response, Error> {
    let headers = request.headers().clone();
    let address = operation.requester().ip();
    app.auth().limiter().check(Attempt::SignIn, None, address)?;
    let SignInForm(fields) = SignInForm::<Fields>::from_request(request, app).await?;
    let signed_in = guest::sign_in(app)?;
    if app.auth().guest().is_none() {
        return Err(Error::NotAllowed(
            "Guests sign in only where 'auth.environment' is 'development'".to_owned(),
        ));
    }
    let entered = signed_in::enter(app, &headers, signed_in, operation).await?;
    let target = fields
        .redirect
        .as_deref()
        .and_then(redirect::local_path)
        .unwrap_or("/");
    let mut response = see_other(target);
    entered.set_cookies(response.headers_mut())?;
    Ok(response)
}

/// `POST /sign-out`. Somebody whose session is over already is signed out all the same.
pub(super) async fn sign_out(State(app): State<App>, request: Request) -> Result<Response, Error> {
    let (mut parts, body) = request.into_parts();
    let Ok(MaybeViewer(viewer)) = MaybeViewer::from_request_parts(&mut parts, &app).await;
    let Some(viewer) = viewer else {
        return Ok(signed_out(&app));
    };
    let operation = Operation::begin(
        Requester::of(&parts).known_as(viewer.user.entity_ref.as_str()),
        "auth",
        "sign-out",
        json!({"provider": viewer.session.provider}),
    );
    let left = leave(&app, Request::from_parts(parts, body), &operation).await;
    if let Err(error) = &left {
        operation.refuse(&app, error).await;
    }
    left
}

async fn leave(app: &App, request: Request, operation: &Operation) -> Result<Response, Error> {
    let digest = session::id_of(app, request.headers()).map(|id| external::digest(&id));
    CsrfForm::<NoFields>::from_request(request, app).await?;
    if let Some(digest) = digest {
        let (app, operation) = (app.clone(), operation.clone());
        // Somebody who goes away is signed out all the same.
        let end = async move { session::end_one(&app, digest, &operation).await };
        tokio::spawn(end).await.map_err(Error::internal)??;
    }
    Ok(signed_out(app))
}

/// To the page that says so, without the cookie.
fn signed_out(app: &App) -> Response {
    let removal = session::removal(app.core()).to_string();
    ([(header::SET_COOKIE, removal)], see_other(SIGNED_OUT)).into_response()
}
