//! The page of the audit log: who changed or was refused what.
//!
//! Rows are read backwards from a number, by an index, on a connection that only reads: nothing
//! that decides waits for it.

mod diff;
mod query;
mod record;

use super::verify::Report;
use super::{Operation, Requester};
use crate::error::Error;
use crate::feature::{NavItem, NavPlace, Registrar};
use crate::guard::Guard;
use crate::rbac::POLICY_READ;
use crate::ui::{Crumb, Icon, Language, Page, PageRequest, Place, Shell, Texts, Wants};
use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use query::AuditQuery;
use record::{Record, Summary};
use serde_json::{Value, json};

const PATH: &str = "/rbac/audit";

/// How many rows a page has.
const ROWS: u32 = 50;

/// How many rows a file has at most.
const EXPORTED: u32 = 10_000;

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
            .route("/rbac/audit.jsonl", get(export)),
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
        let mut response = Page(ListFragment { list }).into_response();
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
    .into_response())
}

async fn list(request: &PageRequest, query: AuditQuery) -> Result<List, Error> {
    let t = request.texts();
    let now = request.app.core().clock.now();
    // One more tells whether there are older ones.
    let mut rows = request
        .app
        .audit()
        .search(&query.to_search(), ROWS + 1)
        .await?;
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
        query,
        t,
    })
}

/// `GET /rbac/audit/{number}`: one event in full, with what it changed.
///
/// Permission: `policy.entity.read`, allowed outright.
async fn one(request: PageRequest, Path(number): Path<i64>) -> Result<Response, Error> {
    request.enter_administration(&readers())?;
    let audit = request.app.audit();
    let found = audit.row(number).await?;
    let row = found.ok_or_else(|| Error::NotFound("There is no such event".to_owned()))?;
    let t = request.texts();
    let record = Record::new(&t, &row, audit.is_sealed(&row));
    let above = [
        Crumb::link(t.say("nav-administration"), "/rbac"),
        Crumb::link(t.say("audit"), PATH),
    ];
    let title = t
        .say("audit-number")
        .with("n", number.to_string())
        .to_string();
    let shell = request.shell(Place::below(above, title))?;
    Ok(Page(RecordPage { shell, record }).into_response())
}

/// `GET /rbac/audit.jsonl`: the events of a search as JSON Lines, the newest first, at most ten
/// thousand; `cursor` goes on from there.
///
/// Permission: `policy.entity.read`, allowed outright. The audit log has kept who took it before
/// it is given.
async fn export(request: PageRequest, requester: Requester) -> Result<Response, Error> {
    request.enter_administration(&readers())?;
    let query = AuditQuery::parse(request.visit().uri.query().unwrap_or_default());
    let audit = request.app.audit();
    let rows = audit.search(&query.to_search(), EXPORTED).await?;
    let requester = requester.known_as(request.viewer.user.entity_ref.as_str());
    let meta = json!({"query": query.href(), "rows": rows.len()});
    let operation = Operation::begin(requester, "audit", "audit-export", meta);
    operation.succeed_recorded(&request.app, json!({})).await?;
    let mut lines = String::new();
    for row in &rows {
        let event = serde_json::from_str::<Value>(&row.event);
        let line = json!({
            "number": row.number,
            "at": record::time(row.at),
            "plugin": row.plugin,
            // What is no JSON any more is told as it stands.
            "event": event.unwrap_or_else(|_| Value::from(row.event.as_str())),
            "keyId": row.key_id,
            "previousHash": row.previous_hash,
            "hash": row.hash,
        });
        lines.push_str(&line.to_string());
        lines.push('\n');
    }
    let headers = [
        (header::CONTENT_TYPE, "application/jsonl"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"audit.jsonl\"",
        ),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, lines).into_response())
}
