//! The permission tester: may somebody do something, and which rules led to the answer.
//!
//! The page asks [`explain`], as the REST interface does, and says the same in the words of the
//! reader. Whoever may not read policies is told about themselves alone.

mod ask;
mod condition;
mod other;
mod own;
mod pick;
mod trace;
mod words;

use crate::app::App;
use crate::error::Error;
use crate::feature::{NavItem, NavPlace, Registrar};
use crate::guard::Guard;
use crate::rbac::POLICY_READ;
use crate::rbac::explain::{self, Answer};
use crate::rbac::owner::Visible;
use crate::ui::{Crumb, Icon, Language, Page, PageRequest, Place, Shell, Texts, Wants};
use ask::{Asked, Form};
use askama::Template;
use axum::Router;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use own::OwnResult;
use trace::FullResult;

const PATH: &str = "/rbac/test";

/// Declares the page, its tab and its words.
pub(super) fn register(hub: &mut Registrar) {
    hub.texts(&[
        (Language::English, include_str!("../../texts/tester.en.ftl")),
        (Language::German, include_str!("../../texts/tester.de.ftl")),
    ]);
    hub.nav(NavItem {
        label: "tester",
        href: PATH,
        icon: "route",
        place: NavPlace::Administration { rank: 1 },
        guard: Guard::Any(POLICY_READ.clone()),
    });
    hub.pages(
        Router::new()
            .route(PATH, get(show))
            .route("/rbac/test/people", get(pick::people))
            .route("/rbac/test/permissions", get(pick::permissions))
            .route("/rbac/test/resources", get(pick::resources)),
    );
}

/// What the page says below the question.
struct Told {
    t: Texts,
    reply: Reply,
}

enum Reply {
    /// Nothing was asked.
    Nothing,
    /// The question cannot be understood.
    Wrong(String),
    /// What everybody may know of themselves.
    Own(OwnResult),
    /// All of it.
    Full(Box<FullResult>),
}

#[derive(Template)]
#[template(path = "rbac/templates/tester_page.html")]
struct TesterPage {
    shell: Shell,
    form: Form,
    told: Told,
}

#[derive(Template)]
#[template(path = "rbac/templates/tester_result.html")]
struct TesterFragment {
    told: Told,
}

/// `GET /rbac/test?user=&permission=&action=&resource=`.
///
/// For people who are signed in: `policy.entity.read` decides whether they are told everything, or
/// the kind of reason about themselves.
async fn show(request: PageRequest, wants: Wants) -> Result<Response, Error> {
    request.enter_administration(&Guard::SignedIn)?;
    let PageRequest { app, viewer, .. } = &request;
    let is_reader = is_reader(&request);
    let asked = Asked::parse(request.visit().uri.query().unwrap_or_default());
    if !is_reader && !asked.is_about(&viewer.user.entity_ref) {
        return Err(Error::NoEntry {
            permission: POLICY_READ.name().into(),
        });
    }
    let reply = answer(app, &request, &asked)?;
    let status = match &reply {
        Reply::Wrong(_) => StatusCode::BAD_REQUEST,
        Reply::Nothing | Reply::Own(_) | Reply::Full(_) => StatusCode::OK,
    };
    let told = Told {
        t: request.texts(),
        reply,
    };
    if wants == Wants::Fragment {
        // htmx shows no fragment that comes with an error.
        let mut response = Page(TesterFragment { told }).into_response();
        if let Ok(address) = HeaderValue::from_str(&asked.href()) {
            let name = HeaderName::from_static("hx-push-url");
            response.headers_mut().insert(name, address);
        }
        return Ok(response);
    }
    let form = Form::of(&request, asked, is_reader)?;
    let t = request.texts();
    // The way up is for those whom it leads somewhere.
    let above = is_reader.then(|| Crumb::link(t.say("nav-administration"), "/rbac"));
    let shell = request.shell(Place::below(above, t.say("tester")))?;
    Ok(Page(TesterPage { shell, form, told }).with_status(status))
}

fn is_reader(request: &PageRequest) -> bool {
    Visible::of(&request.app, &request.viewer.principal, &POLICY_READ).is_ok()
}

fn answer(app: &App, request: &PageRequest, asked: &Asked) -> Result<Reply, Error> {
    if asked.permission.is_empty() {
        return Ok(Reply::Nothing);
    }
    let question = asked.to_request(&request.viewer.user.entity_ref);
    match explain::explain_on_page(app, &request.viewer.principal, &question) {
        Ok(Answer::Own(answer)) => Ok(Reply::Own(OwnResult::new(request, asked, &answer))),
        Ok(Answer::Full(answer)) => {
            let result = FullResult::new(request, asked, &question, *answer)?;
            Ok(Reply::Full(Box::new(result)))
        }
        Err(Error::Input(message)) => Ok(Reply::Wrong(message)),
        Err(error) => Err(error),
    }
}
