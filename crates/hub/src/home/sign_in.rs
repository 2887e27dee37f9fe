//! The sign-in page, and the way from it to a provider.

use crate::app::App;
use crate::audit::Requester;
use crate::auth::{
    CSRF_FIELD, SignInFailure, SignInToken, begin_sign_in, csrf_token_for_sign_in, local_path,
    provider_name,
};
use crate::error::Error;
use crate::ui::{Contact, Head, Icon, Page, Texts, Theme, Wants, query_value};
use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use url::form_urlencoded::parse;

#[derive(Template)]
#[template(path = "home/templates/sign_in_page.html")]
struct SignInPage {
    t: Texts,
    branding: Head,
    brand: String,
    organisation: String,
    theme: Theme,
    contact: Option<Contact>,
    doors: Vec<Door>,
    /// Whether the page goes through its only door by itself.
    goes_straight_on: bool,
    /// Whether the guest's door is shown.
    has_guest: bool,
    csrf_field: &'static str,
    csrf: String,
    /// Where the person wanted to go.
    redirect: Option<String>,
    /// The name of its text.
    notice: Option<&'static str>,
    failure: Option<SignInFailure>,
}

/// A provider as a link.
struct Door {
    name: String,
    href: String,
}

/// Answers with the sign-in page.
///
/// # Errors
///
/// What authentication answers when it cannot make a token for the form.
pub(super) fn page(
    app: &App,
    uri: &Uri,
    headers: &HeaderMap,
    wants: Wants,
) -> Result<Response, Error> {
    if headers.contains_key("hx-request") || wants == Wants::Fragment {
        return Ok(whole_page(uri));
    }
    let redirect = wanted(uri);
    let is_signed_out = parameter(uri, "signed-out").is_some();
    let notice = match (is_signed_out, app.shows_session(headers), &redirect) {
        (true, _, _) => Some("sign-in-signed-out"),
        (false, true, _) => Some("sign-in-session-ended"),
        (false, false, Some(_)) => Some("sign-in-carry-on"),
        (false, false, None) => None,
    };
    let visit = Arrival {
        redirect,
        notice,
        failure: None,
        may_go_on: !is_signed_out,
    };
    render(app, headers, visit)
}

/// `GET /sign-in/<provider>`: on to a provider, or the reason why not.
///
/// Open, as nobody is signed in yet.
pub(super) async fn go(
    State(app): State<App>,
    Path(provider): Path<String>,
    uri: Uri,
    requester: Requester,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let redirect = wanted(&uri);
    match begin_sign_in(&app, &requester, &headers, &provider, redirect.as_deref()).await {
        Ok(response) => Ok(response),
        Err(failure) => refused(&app, &headers, failure),
    }
}

/// `GET /sign-in/failed`: why the sign-in that this browser just tried failed.
///
/// Open, as nobody is signed in yet; the browser brings the reason, sealed.
pub(super) async fn failed(State(app): State<App>, headers: HeaderMap) -> Result<Response, Error> {
    match app.auth().failure(&headers) {
        Some(failure) => refused(&app, &headers, failure),
        // It is long ago, or the browser keeps no cookies: then going on would lead back here.
        None => render(&app, &headers, Arrival::default()),
    }
}

fn refused(app: &App, headers: &HeaderMap, failure: SignInFailure) -> Result<Response, Error> {
    let status = failure.status();
    let arrival = Arrival {
        redirect: failure.redirect.clone(),
        notice: None,
        failure: Some(failure),
        may_go_on: false,
    };
    let mut response = render(app, headers, arrival)?;
    if response.status() == StatusCode::OK {
        *response.status_mut() = status;
    }
    Ok(response)
}

/// How somebody came to the page.
#[derive(Default)]
struct Arrival {
    redirect: Option<String>,
    notice: Option<&'static str>,
    failure: Option<SignInFailure>,
    /// Whether they may be sent straight on; not back in, out of which they just went.
    may_go_on: bool,
}

fn render(app: &App, headers: &HeaderMap, arrival: Arrival) -> Result<Response, Error> {
    let Arrival {
        redirect,
        notice,
        failure,
        may_go_on,
    } = arrival;
    let t = app.texts(headers);
    let doors = app.auth().doors();
    let has_guest = app.auth().guest().is_some();
    let goes_straight_on = match doors.as_slice() {
        [only] => only.goes_straight_on && may_go_on && !has_guest,
        [] | [_, _, ..] => false,
    };
    let href = |provider: &str| {
        let provider = query_value(provider);
        match &redirect {
            Some(target) => {
                format!("/sign-in/{provider}?redirect={}", query_value(target))
            }
            None => format!("/sign-in/{provider}"),
        }
    };
    let doors = doors.into_iter().map(|door| Door {
        href: href(&door.provider),
        name: provider_name(&t, door.title.as_deref()),
    });
    let doors: Vec<_> = doors.collect();
    let SignInToken { token, set_cookie } = csrf_token_for_sign_in(app, headers)?;
    let brand = app.brand();
    let mut response = Page(SignInPage {
        t,
        branding: brand.branding.head(),
        brand: brand.title.clone(),
        organisation: brand.organisation.clone(),
        theme: Theme::of(headers),
        contact: brand.contact.clone(),
        doors,
        goes_straight_on,
        has_guest,
        csrf_field: CSRF_FIELD,
        csrf: token,
        redirect,
        notice,
        failure,
    })
    .into_response();
    if let Some(cookie) = set_cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

fn parameter(uri: &Uri, name: &str) -> Option<String> {
    let query = uri.query().unwrap_or_default();
    let found = parse(query.as_bytes()).find(|(found, _)| found == name);
    found.map(|(_, value)| value.into_owned())
}

/// Where the person wanted to go.
fn wanted(uri: &Uri) -> Option<String> {
    parameter(uri, "redirect").filter(|target| local_path(target).is_some())
}

/// A page that is there cannot become the sign-in page in place: htmx goes to it instead.
fn whole_page(uri: &Uri) -> Response {
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    let mut response = StatusCode::UNAUTHORIZED.into_response();
    if let Ok(target) = HeaderValue::from_str(target) {
        response
            .headers_mut()
            .insert(HeaderName::from_static("hx-redirect"), target);
    }
    response
}
