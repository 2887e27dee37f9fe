//! The pages of sessions: one's own, and those of others for whoever manages them.

use super::super::csrf::{CsrfForm, NoFields};
use super::super::extract::Viewer;
use super::browser;
use super::end::{Ending, end};
use super::{SessionId, SessionSummary, removal};
use crate::app::App;
use crate::audit::{Operation, Requester};
use crate::callboard::{SESSION_MANAGE, require};
use crate::error::Error;
use crate::settings::{Tab, tabs};
use crate::ui::{
    Crumb, Icon, Moment, Page, PageRequest, Place, Shell, Texts, query_value, see_other,
};
use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use callboard_policy::EntityRef;
use serde::Deserialize;
use serde_json::json;

const OWN: &str = "/settings/sessions";
const OF_OTHERS: &str = "/settings/people";

/// The pages and their forms.
pub(in crate::auth) fn pages() -> Router<App> {
    Router::new()
        .route(OWN, get(own))
        .route("/settings/sessions/end", post(end_own))
        .route("/settings/sessions/end-others", post(end_others))
        .route(OF_OTHERS, get(of_others))
        .route("/settings/people/end", post(end_of_others))
}

/// A session in a table.
#[derive(Debug, Clone)]
struct Row {
    id: String,
    browser: String,
    address: Option<String>,
    provider: String,
    since: Moment,
    seen: Moment,
    /// Whether the page is read with it.
    is_this: bool,
}

impl Row {
    fn of(app: &App, t: &Texts, session: &SessionSummary, this: SessionId) -> Row {
        let now = app.core().clock.now();
        Row {
            id: session.id.to_string(),
            browser: browser::name_of(t, session.user_agent.as_deref()),
            address: session.address.clone(),
            provider: app.auth().name_of_provider(t, &session.provider),
            since: Moment::new(t, session.signed_in_at, now),
            seen: Moment::new(t, session.last_seen_at, now),
            is_this: session.id == this,
        }
    }
}

#[derive(Template)]
#[template(path = "auth/session/templates/sessions_page.html")]
struct SessionsPage {
    shell: Shell,
    tabs: Vec<Tab>,
    rows: Vec<Row>,
}

#[derive(Template)]
#[template(path = "auth/session/templates/people_page.html")]
struct PeoplePage {
    shell: Shell,
    tabs: Vec<Tab>,
    /// What was asked for, as it was written.
    asked: String,
    /// The user of the table; absent before one is asked for.
    user_ref: Option<String>,
    rows: Vec<Row>,
    error: Option<String>,
}

/// `GET /settings/sessions`.
///
/// For people who are signed in, about themselves: no permission is needed.
async fn own(request: PageRequest) -> Result<Response, Error> {
    let rows = rows(&request, &request.viewer.user.entity_ref);
    Ok(Page(SessionsPage {
        shell: request.shell(place(&request, "settings-sessions"))?,
        tabs: tabs(&request, OWN),
        rows,
    })
    .into_response())
}

#[derive(Deserialize)]
struct One {
    id: String,
}

/// `POST /settings/sessions/end`: ends one of one's own sessions, maybe this one.
async fn end_own(
    State(app): State<App>,
    viewer: Viewer,
    requester: Requester,
    CsrfForm(form): CsrfForm<One>,
) -> Result<Response, Error> {
    let id = session_id(&form.id)?;
    let requester = requester.known_as(viewer.user.entity_ref.as_str());
    end(&app, requester, &viewer.user.entity_ref, Ending::One(id)).await?;
    if id == viewer.session.id {
        let removal = removal(app.core()).to_string();
        let headers = [
            (header::LOCATION, "/?signed-out".to_owned()),
            (header::SET_COOKIE, removal),
        ];
        return Ok((StatusCode::SEE_OTHER, headers).into_response());
    }
    Ok(see_other(OWN))
}

/// `POST /settings/sessions/end-others`: ends one's own sessions but for this one.
async fn end_others(
    State(app): State<App>,
    viewer: Viewer,
    requester: Requester,
    CsrfForm(NoFields {}): CsrfForm<NoFields>,
) -> Result<Response, Error> {
    let requester = requester.known_as(viewer.user.entity_ref.as_str());
    let ending = Ending::AllBut(viewer.session.id);
    end(&app, requester, &viewer.user.entity_ref, ending).await?;
    Ok(see_other(OWN))
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    user: String,
}

/// `GET /settings/people?user=`.
///
/// Permission: `callboard.session.manage`.
async fn of_others(
    request: PageRequest,
    Query(Asked { user }): Query<Asked>,
) -> Result<Response, Error> {
    let PageRequest { app, viewer, .. } = &request;
    if require(app, &viewer.principal, &SESSION_MANAGE).is_err() {
        return Err(Error::NoEntry {
            permission: SESSION_MANAGE.name().into(),
        });
    }
    let asked = user.trim();
    let (found, error) = match (asked.is_empty(), user_ref(asked)) {
        (true, _) => (None, None),
        (false, Ok(user)) => (Some(user), None),
        (false, Err(error)) => (None, Some(error.to_string())),
    };
    let listed = found.as_ref().map(|user| rows(&request, user.as_str()));
    Ok(Page(PeoplePage {
        shell: request.shell(place(&request, "settings-people"))?,
        tabs: tabs(&request, OF_OTHERS),
        asked: asked.to_owned(),
        user_ref: found.map(|user| user.to_string()),
        rows: listed.unwrap_or_default(),
        error,
    })
    .into_response())
}

#[derive(Deserialize)]
struct OfUser {
    user: String,
    /// Absent for all of them.
    id: Option<String>,
}

/// `POST /settings/people/end`: ends one session of a user, or all.
///
/// Permission: `callboard.session.manage`.
async fn end_of_others(
    State(app): State<App>,
    viewer: Viewer,
    requester: Requester,
    CsrfForm(form): CsrfForm<OfUser>,
) -> Result<Response, Error> {
    let requester = requester.known_as(viewer.user.entity_ref.as_str());
    let asked = || {
        require(&app, &viewer.principal, &SESSION_MANAGE)?;
        let ending = match &form.id {
            Some(id) => Ending::One(session_id(id)?),
            None => Ending::All,
        };
        Ok::<_, Error>((user_ref(&form.user)?, ending))
    };
    let (user, ending) = match asked() {
        Ok(asked) => asked,
        Err(error) => {
            let meta = json!({"userEntityRef": form.user});
            let operation = Operation::begin(requester, "auth", "session-end", meta);
            operation.refuse(&app, &error).await;
            return Err(error);
        }
    };
    end(&app, requester, user.as_str(), ending).await?;
    let user = query_value(user.as_str());
    Ok(see_other(&format!("{OF_OTHERS}?user={user}")))
}

/// A page of the settings; `name` is that of its text.
fn place(request: &PageRequest, name: &str) -> Place {
    let t = request.texts();
    let above = [Crumb::link(t.say("settings"), "/settings")];
    Place::below(above, t.say(name))
}

fn rows(request: &PageRequest, user_ref: &str) -> Vec<Row> {
    let PageRequest { app, viewer, .. } = request;
    let t = request.texts();
    let sessions = app.auth().sessions_of(user_ref);
    let mut rows: Vec<_> = sessions
        .iter()
        .map(|session| Row::of(app, &t, session, viewer.session.id))
        .collect();
    rows.sort_by_key(|row| !row.is_this);
    rows
}

fn user_ref(text: &str) -> Result<EntityRef, Error> {
    let user = EntityRef::parse_with(text.trim(), Some("user"), "default");
    user.map_err(|error| Error::Input(error.to_string()))
}

fn session_id(text: &str) -> Result<SessionId, Error> {
    let id = text.parse();
    id.map_err(|_| Error::NotFound("There is no such session".to_owned()))
}
