//! The sign-in page.

use crate::app::App;
use crate::auth::{CSRF_FIELD, SignInToken, csrf_token_for_sign_in, local_path};
use crate::error::Error;
use crate::ui::{Contact, Icon, Page, Theme, Wants};
use askama::Template;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};

#[derive(Template)]
#[template(path = "home/templates/sign_in_page.html")]
struct SignInPage {
    brand: String,
    organisation: String,
    theme: Theme,
    contact: Option<Contact>,
    /// Whether the guest's door is shown.
    has_guest: bool,
    csrf_field: &'static str,
    csrf: String,
    /// Where the person wanted to go.
    redirect: Option<String>,
    notice: Option<&'static str>,
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
    let query = uri.query().unwrap_or_default();
    let parameter = |name: &str| {
        url::form_urlencoded::parse(query.as_bytes())
            .find(|(found, _)| found == name)
            .map(|(_, value)| value.into_owned())
    };
    let redirect = parameter("redirect").filter(|target| local_path(target).is_some());
    let notice = match (
        parameter("signed-out"),
        app.shows_session(headers),
        &redirect,
    ) {
        (Some(_), _, _) => Some("You are signed out."),
        (None, true, _) => Some("Your session ended. Sign in to carry on where you were."),
        (None, false, Some(_)) => Some("Sign in to carry on where you were."),
        (None, false, None) => None,
    };
    let SignInToken { token, set_cookie } = csrf_token_for_sign_in(app, headers)?;
    let brand = app.brand();
    let mut response = Page(SignInPage {
        brand: brand.title.clone(),
        organisation: brand.organisation.clone(),
        theme: Theme::of(headers),
        contact: brand.contact.clone(),
        has_guest: app.auth().guest().is_some(),
        csrf_field: CSRF_FIELD,
        csrf: token,
        redirect,
        notice,
    })
    .into_response();
    if let Some(cookie) = set_cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
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
