//! The review as a file.

use super::cell::{path, word};
use super::query::{NoDay, ReviewQuery};
use super::subject::subjects;
use super::{changed, parts, readers, table};
use crate::audit::{Operation, Requester};
use crate::error::Error;
use crate::licensed_users::csv;
use crate::rbac::POLICY_READ;
use crate::rbac::owner::Visible;
use crate::rbac::review::{self, By, Review};
use crate::ui::PageRequest;
use crate::ui::entity::Sight;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use smol_str::SmolStr;
use tokio::task::spawn_blocking;

const HEADER: [&str; 8] = [
    "subject",
    "permission",
    "action",
    "answer",
    "role",
    "path",
    "reviewer",
    "reviewedAt",
];

/// `GET /rbac/review.csv`: every answer of the review, on all pages, with who took it and when.
///
/// Permission: `policy.entity.read`, as the page. The audit log has kept who took it before it is
/// given.
pub(super) async fn csv(request: PageRequest, requester: Requester) -> Result<Response, Error> {
    request.enter_administration(&readers())?;
    let query = ReviewQuery::parse(request.visit().uri.query().unwrap_or_default());
    let (app, principal, t) = parts(&request);
    let visible = Visible::of(&app, &principal, &POLICY_READ)?;
    let reviewer = request.viewer.user.entity_ref.to_string();
    let now = app.core().clock.now();
    let time = now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let asked = query.clone();
    if query.since() == Err(NoDay) {
        let text = t.say("review-no-day").with("text", query.since.as_str());
        return Err(Error::Input(text.to_string()));
    }
    let changed = changed(&app, &visible, &query).await?;
    let rows = spawn_blocking(move || {
        let sight = Sight::of(&app, &principal, t)?;
        let all = review::permissions(&app, &visible);
        let columns = table::columns(&app, &all, &query);
        let subjects = subjects(&app, &sight, &visible, &query);
        let references: Vec<SmolStr> = subjects.iter().map(|one| one.reference.clone()).collect();
        let review = Review::of(&app, &visible, query.by, &references);
        let mut rows = Vec::new();
        for (at, subject) in references.iter().enumerate() {
            let concerned = table::concerned(changed.as_ref(), query.by, subject);
            for permission in &columns {
                let cell = review.cell(at, permission);
                let is_changed = table::changes(concerned.as_ref(), permission);
                if !query.wants(cell, is_changed) {
                    continue;
                }
                // The way to each answer is found where a list shows it too: it takes its time.
                let is_list = !query.permission.is_empty() || !query.who.is_empty();
                let way = is_list.then(|| review.way(at, permission)).flatten();
                let role = way.as_ref().and_then(|way| way.role.as_deref());
                let way = way.as_ref().filter(|_| query.by != By::Role);
                rows.push([
                    subject.to_string(),
                    permission.name().to_owned(),
                    permission.action().to_string(),
                    word(cell).to_owned(),
                    role.unwrap_or_default().to_owned(),
                    way.map(|way| path(&sight.t, way)).unwrap_or_default(),
                ]);
            }
        }
        Ok::<_, Error>(rows)
    });
    let rows = rows.await.map_err(Error::internal)??;
    let meta = json!({"query": asked.href(), "rows": rows.len()});
    let requester = requester.known_as(reviewer.as_str());
    let operation = Operation::begin(requester, "permission", "access-review-export", meta);
    operation.succeed_recorded(&request.app, json!({})).await?;
    let cells = rows.iter().map(|row| {
        let cells = row.iter().map(String::as_str);
        cells.chain([reviewer.as_str(), time.as_str()]).collect()
    });
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"access-review.csv\"",
        ),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, csv::table(&HEADER, cells)).into_response())
}
