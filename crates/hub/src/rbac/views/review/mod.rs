//! The access review: who can do what.

mod cell;
mod export;
mod query;
mod subject;
mod table;

use crate::app::App;
use crate::audit::{Operation, Requester};
use crate::auth::CsrfForm;
use crate::error::Error;
use crate::feature::{NavItem, NavPlace, Registrar};
use crate::guard::Guard;
use crate::rbac::changed::Changed;
use crate::rbac::owner::Visible;
use crate::rbac::{POLICY_READ, POLICY_UPDATE};
use crate::ui::entity::Sight;
use crate::ui::{Crumb, Flash, Icon, Language, Page, PageRequest, Place, Shell, Texts, Wants};
use askama::Template;
use axum::Router;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};
use query::{NoDay, ReviewQuery};
use serde::Deserialize;
use serde_json::json;
use table::{Content, Table};
use tokio::task::spawn_blocking;

const PATH: &str = "/rbac/review";

/// Declares the pages, their tab and their words.
pub(super) fn register(hub: &mut Registrar) {
    hub.texts(&[
        (Language::English, include_str!("../../texts/review.en.ftl")),
        (Language::German, include_str!("../../texts/review.de.ftl")),
    ]);
    hub.nav(NavItem {
        label: "review",
        href: PATH,
        icon: "users",
        place: NavPlace::Administration { rank: 2 },
        guard: readers(),
    });
    hub.pages(
        Router::new()
            .route(PATH, get(show))
            .route("/rbac/review/mark", post(mark))
            .route("/rbac/review.csv", get(export::csv)),
    );
}

/// Whoever may read roles, be it their own only.
fn readers() -> Guard {
    Guard::Any(POLICY_READ.clone())
}

/// Whoever may sign a review of everything.
fn writers() -> Guard {
    Guard::Outright(POLICY_UPDATE.clone())
}

#[derive(Template)]
#[template(path = "rbac/templates/review_page.html")]
struct ReviewPage {
    shell: Shell,
    table: Table,
    may_mark: bool,
    /// Whether the reader sees some roles only.
    is_partial: bool,
}

#[derive(Template)]
#[template(path = "rbac/templates/review_table.html")]
struct ReviewFragment {
    table: Table,
}

/// `GET /rbac/review?permission=&by=role|person|group`.
///
/// Permission: `policy.entity.read`; a conditional right shows what the roles that it covers give.
/// People and groups are those whom the reader may see in the catalog.
async fn show(request: PageRequest, wants: Wants) -> Result<Response, Error> {
    request.enter_administration(&readers())?;
    let query = ReviewQuery::parse(request.visit().uri.query().unwrap_or_default());
    let address = query.href();
    let (app, principal, t) = parts(&request);
    let visible = Visible::of(&app, &principal, &POLICY_READ)?;
    let is_partial = !matches!(visible, Visible::All);
    let status = match query.since() {
        Ok(_) => StatusCode::OK,
        Err(NoDay) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let changed = changed(&app, &visible, &query).await?;
    let table = spawn_blocking(move || {
        let sight = Sight::of(&app, &principal, t)?;
        Ok::<_, Error>(Table::of(&app, &sight, &visible, query, changed.as_ref()))
    });
    let table = table.await.map_err(Error::internal)??;
    if wants == Wants::Fragment {
        let mut response = Page(ReviewFragment { table }).with_status(status);
        if let Ok(address) = HeaderValue::from_str(&address) {
            let name = HeaderName::from_static("hx-push-url");
            response.headers_mut().insert(name, address);
        }
        return Ok(response);
    }
    let t = request.texts();
    let crumb = Crumb::link(t.say("nav-administration"), "/rbac");
    let shell = request.shell(Place::below([crumb], t.say("review")))?;
    Ok(Page(ReviewPage {
        shell,
        table,
        may_mark: writers().admits(&request.app, &request.viewer.principal),
        is_partial,
    })
    .with_status(status))
}

/// What changed since the day that a query names, if it names one.
async fn changed(
    app: &App,
    visible: &Visible,
    query: &ReviewQuery,
) -> Result<Option<Changed>, Error> {
    Ok(match query.since() {
        Ok(Some(since)) => Some(Changed::since(app, visible, since).await?),
        Ok(None) | Err(NoDay) => None,
    })
}

fn parts(request: &PageRequest) -> (App, crate::principal::Principal, Texts) {
    let principal = request.viewer.principal.clone();
    (request.app.clone(), principal, request.texts())
}

/// What was reviewed: the query of the page.
#[derive(Deserialize)]
struct Reviewed {
    #[serde(default)]
    query: String,
}

/// `POST /rbac/review/mark`: notes in the audit log that somebody looked at this.
///
/// Permission: `policy.entity.update`, allowed outright.
async fn mark(
    request: PageRequest,
    requester: Requester,
    CsrfForm(form): CsrfForm<Reviewed>,
) -> Result<Response, Error> {
    request.enter_administration(&readers())?;
    request.enter_administration(&writers())?;
    let query = ReviewQuery::parse(&form.query);
    let requester = requester.known_as(request.viewer.user.entity_ref.as_str());
    let meta = json!({
        "by": query.by_word(),
        "permission": query.permission,
        "subject": query.who,
        "query": query.href(),
        "revision": request.app.permission().snapshot().revision(),
    });
    let operation = Operation::begin(requester, "permission", "access-review", meta);
    operation.succeed_recorded(&request.app, json!({})).await?;
    let flash = Flash::done(request.texts().say("review-marked"));
    Ok(request.see_other(&query.href(), &flash))
}
