//! The page of the audit log: who changed or was refused what.
//!
//! Rows are read backwards from a number, by an index, on a connection that only reads: nothing
//! that decides waits for it.

mod diff;
mod export;
mod query;
mod record;

use super::verify::Report;
use crate::error::Error;
use crate::feature::{NavItem, NavPlace, Registrar};
use crate::guard::Guard;
use crate::rbac::POLICY_READ;
use crate::ui::{Crumb, Icon, Language, Page, PageRequest, Place, Shell, Texts, Wants};
use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use query::AuditQuery;
use record::{Record, Summary};

const PATH: &str = "/rbac/audit";

/// How many rows a page has.
const ROWS: u32 = 50;

/// The kinds of events that the form offers; any other can be written into the address.
const EVENTS: [&str; 29] = [
    "role-write",
    "policy-write",
    "condition-write",
    "plugin-ids-write",
    "role-import",
    "role-export",
    "permissions-read",
    "conditional-policies-file-change",
    "policy-files-reload",
    "policy-file-export",
    "access-review",
    "access-review-export",
    "audit-export",
    "user-list-read",
    "refusals-left-out",
    "sign-in",
    "sign-out",
    "session-end",
    "session-reuse",
    "token-issue",
    "access-token-create",
    "access-token-revoke",
    "service-account-create",
    "service-account-delete",
    "device-approve",
    "device-deny",
    "device-sign-out",
    "location-mutate",
    "entity-mutate",
];

/// Declares the pages, their tab and their words.
pub(super) fn register(hub: &mut Registrar) {
    hub.texts(&[
        (Language::English, include_str!("../texts/en.ftl")),
        (Language::German, include_str!("../texts/de.ftl")),
    ]);
    hub.nav(NavItem {
        label: "audit",
        href: PATH,
        icon: "history",
        place: NavPlace::Administration { rank: 4 },
        guard: readers(),
    });
    hub.pages(
        Router::new()
            .route(PATH, get(show))
            .route("/rbac/audit/{number}", get(one))
            .route("/rbac/audit.jsonl", get(export::lines)),
    );
}

/// Whoever may read every role: the log is about all of them.
fn readers() -> Guard {
    Guard::Outright(POLICY_READ.clone())
}

/// What the list shows.
struct List {
    t: Texts,
    query: AuditQuery,
    /// What is wrong with the filters, in words.
    wrong: Vec<String>,
    /// Whether it is an event that the form does not offer.
    has_other_event: bool,
    rows: Vec<Summary>,
    newer: Option<String>,
    older: Option<String>,
    export: String,
}

#[derive(Template)]
#[template(path = "audit/templates/list_page.html")]
struct ListPage {
    shell: Shell,
    list: List,
    /// The number and hash of the newest row.
    head: String,
    /// What came of a walk along all rows; absent before one was asked for.
    report: Option<Verified>,
    verify: String,
}

#[derive(Template)]
#[template(path = "audit/templates/list.html")]
struct ListFragment {
    list: List,
}

#[derive(Template)]
#[template(path = "audit/templates/record_page.html")]
struct RecordPage {
    shell: Shell,
    record: Record,
}

/// What came of a walk along the log.
struct Verified {
    is_good: bool,
    rows: i64,
    /// What is wrong, in the words of `callboard audit verify`.
    fault: Option<String>,
}

impl From<Report> for Verified {
    fn from(report: Report) -> Verified {
        Verified {
            is_good: report.fault.is_none(),
            rows: report.head.number,
            fault: report.fault.map(|fault| fault.to_string()),
        }
    }
}

/// `GET /rbac/audit?actor=&event=&role=&status=&from=&to=&cursor=`.
///
/// Permission: `policy.entity.read`, allowed outright. With `verify` the whole chain is walked,
/// with `live` the list looks again every few seconds.
async fn show(request: PageRequest, wants: Wants) -> Result<Response, Error> {
    request.enter_administration(&readers())?;
    let query = AuditQuery::parse(request.visit().uri.query().unwrap_or_default());
    let status = match query.wrong().is_empty() {
        true => StatusCode::OK,
        false => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let audit = request.app.audit();
    let verify = query.to_verify();
    let report = if query.verifies && wants == Wants::Page {
        Some(Verified::from(audit.verify().await?))
    } else {
        None
    };
    let list = list(&request, query).await?;
    if wants == Wants::Fragment {
        let address = HeaderValue::from_str(&list.query.href());
        // A list that looks again by itself is no new step of the history.
        let is_step = !list.query.is_live;
        let mut response = Page(ListFragment { list }).with_status(status);
        if let Some(address) = address.ok().filter(|_| is_step) {
            let name = HeaderName::from_static("hx-push-url");
            response.headers_mut().insert(name, address);
        }
        return Ok(response);
    }
    let t = request.texts();
    let crumb = Crumb::link(t.say("nav-administration"), "/rbac");
    let shell = request.shell(Place::below([crumb], t.say("audit")))?;
    Ok(Page(ListPage {
        shell,
        list,
        head: audit.head().await?.to_string(),
        report,
        verify,
    })
    .with_status(status))
}

async fn list(request: &PageRequest, query: AuditQuery) -> Result<List, Error> {
    let t = request.texts();
    let now = request.app.core().clock.now();
    // What cannot be looked for finds nothing; one more tells whether there are older ones.
    let wrong: Vec<_> = query.wrong().iter().map(|wrong| wrong.words(&t)).collect();
    let mut rows = match wrong.is_empty() {
        true => {
            let audit = request.app.audit();
            audit.search(&query.to_search(), ROWS + 1).await?
        }
        false => Vec::new(),
    };
    let has_older = rows.len() > ROWS as usize;
    rows.truncate(ROWS as usize);
    let last = rows.last().map(|row| row.number);
    Ok(List {
        rows: rows.iter().map(|row| Summary::new(&t, row, now)).collect(),
        newer: query.cursor.map(|_| query.at(None).href()),
        older: last
            .filter(|_| has_older)
            .map(|last| query.at(Some(last)).href()),
        export: query.export_href(),
        has_other_event: !query.event.is_empty() && !EVENTS.contains(&query.event.as_str()),
        wrong,
        query,
        t,
    })
}

/// `GET /rbac/audit/{number}`: one event in full, with what it changed.
///
/// Permission: `policy.entity.read`, allowed outright.
async fn one(request: PageRequest, Path(number): Path<String>) -> Result<Response, Error> {
    request.enter_administration(&readers())?;
    let audit = request.app.audit();
    let found = match number.parse() {
        Ok(number) => audit.row(number).await?,
        Err(_) => None,
    };
    let row = found.ok_or_else(|| Error::NotFound("There is no such event".to_owned()))?;
    let t = request.texts();
    let record = Record::new(&t, &row, audit.is_sealed(&row));
    let above = [
        Crumb::link(t.say("nav-administration"), "/rbac"),
        Crumb::link(t.say("audit"), PATH),
    ];
    let title = t.say("audit-number").with("n", number.clone()).to_string();
    let shell = request.shell(Place::below(above, title))?;
    Ok(Page(RecordPage { shell, record }).into_response())
}
