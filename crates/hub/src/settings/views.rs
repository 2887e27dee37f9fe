//! The settings page, and the form that changes the theme.

use super::{Tab, tabs};
use crate::app::App;
use crate::auth::{CsrfForm, Viewer, local_path};
use crate::error::Error;
use crate::ui::entity::{Judge, RefLink, Sight};
use crate::ui::{Icon, Moment, Page, Place, Shell, Theme, Visit};
use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use callboard_catalog::EntityRef;

/// What this hub says of itself.
#[derive(Debug, Clone)]
struct Build {
    version: &'static str,
    base_url: String,
    sign_in: &'static str,
    is_enforced: bool,
}

#[derive(Template)]
#[template(path = "settings/templates/settings_page.html")]
pub(super) struct SettingsPage {
    shell: Shell,
    tabs: Vec<Tab>,
    provider: String,
    signed_in: Moment,
    ownership: Vec<RefLink>,
    roles: Vec<String>,
    build: Build,
}

/// `GET /settings`.
///
/// For people who are signed in, about themselves: no permission is needed.
pub(super) async fn settings(
    State(app): State<App>,
    viewer: Viewer,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Page<SettingsPage>, Error> {
    let sight = Sight::of(&app, &viewer.principal, app.texts(&headers))?;
    let refs = viewer
        .user
        .ownership
        .iter()
        .filter_map(|owner| EntityRef::parse(owner).ok());
    let now = app.core().clock.now();
    let judge = Judge::new(&app, &viewer.principal);
    Ok(Page(SettingsPage {
        shell: Shell::of(
            &app,
            &viewer,
            Visit {
                uri: &uri,
                headers: &headers,
            },
            Place::top("Settings"),
        )?,
        tabs: tabs(&app, &viewer, "/settings"),
        provider: provider_name(&viewer.session.provider),
        signed_in: Moment::new(&sight.t, viewer.session.signed_in_at, now),
        ownership: refs.map(|owner| RefLink::new(&sight, &owner)).collect(),
        roles: judge.roles(),
        build: Build {
            version: env!("CARGO_PKG_VERSION"),
            base_url: app.core().base_url.to_string(),
            sign_in: if app.auth().guest().is_some() {
                "guest"
            } else {
                "none"
            },
            is_enforced: !judge.is_off(),
        },
    }))
}

/// The form that changes the theme.
#[derive(serde::Deserialize)]
pub(super) struct ThemeForm {
    theme: Theme,
    /// The page that it was sent from.
    back: Option<String>,
}

/// `POST /settings/theme`: keeps the theme in a cookie and goes back.
pub(super) async fn set_theme(
    State(app): State<App>,
    _viewer: Viewer,
    CsrfForm(form): CsrfForm<ThemeForm>,
) -> Response {
    let back = form
        .back
        .as_deref()
        .and_then(local_path)
        .unwrap_or("/settings")
        .to_owned();
    let mut response = (StatusCode::SEE_OTHER, [(header::LOCATION, back)]).into_response();
    response.headers_mut().append(
        header::SET_COOKIE,
        form.theme.set_cookie(&app.core().base_url),
    );
    response
}

fn provider_name(id: &str) -> String {
    match id {
        "guest" => "Guest".to_owned(),
        other => other.to_owned(),
    }
}
