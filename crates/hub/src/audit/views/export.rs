//! The log as a file.

use super::query::AuditQuery;
use super::{readers, record};
use crate::app::App;
use crate::audit::chain::Row;
use crate::audit::store::Search;
use crate::audit::{Operation, Requester};
use crate::error::Error;
use crate::ui::PageRequest;
use axum::body::Body;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use callboard_store::StoreError;
use futures_util::Stream;
use futures_util::stream::try_unfold;
use serde_json::{Value, json};

/// How many numbers of rows are looked through at once.
const BATCH: u32 = 1000;

/// `GET /rbac/audit.jsonl`: every event of a search as JSON Lines, the newest first; `cursor` goes
/// on from there.
///
/// Permission: `policy.entity.read`, allowed outright. The audit log has kept who took it before
/// it is given. Rows are read while they are sent, on no connection for longer than a batch, so
/// that neither the size of the log nor a slow reader holds anything up.
pub(super) async fn lines(request: PageRequest, requester: Requester) -> Result<Response, Error> {
    request.enter_administration(&readers())?;
    let query = AuditQuery::parse(request.visit().uri.query().unwrap_or_default());
    if let Some(wrong) = query.wrong().first() {
        return Err(Error::Input(wrong.words(&request.texts())));
    }
    let audit = request.app.audit();
    let mut search = query.to_search();
    // What is written from now on belongs to the next file.
    let end = audit.head().await?.number.saturating_add(1);
    search.before = Some(search.before.map_or(end, |before| before.min(end)));
    let rows = audit.count(&search).await?;
    let requester = requester.known_as(request.viewer.user.entity_ref.as_str());
    let meta = json!({"query": query.href(), "rows": rows});
    let operation = Operation::begin(requester, "audit", "audit-export", meta);
    operation.succeed_recorded(&request.app, json!({})).await?;
    let headers = [
        (header::CONTENT_TYPE, "application/jsonl"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"audit.jsonl\"",
        ),
        (header::CACHE_CONTROL, "no-store"),
    ];
    let body = Body::from_stream(batches(request.app.clone(), search));
    Ok((headers, body).into_response())
}

/// The lines of a search, some at a time; after a fault of the database the file breaks off, which
/// whoever reads it is told by the connection.
fn batches(app: App, search: Search) -> impl Stream<Item = Result<String, StoreError>> {
    try_unfold(search, move |mut search| {
        let app = app.clone();
        async move {
            loop {
                let end = search.before.unwrap_or_default();
                if end <= 1 {
                    return Ok(None);
                }
                // By numbers, as a row that cannot be read must not look like the last one.
                let begin = end.saturating_sub(BATCH.into()).max(1);
                search.after = Some(begin - 1);
                let found = app.audit().search(&search, BATCH).await;
                let rows = found.inspect_err(report)?;
                search.before = Some(begin);
                if !rows.is_empty() {
                    return Ok(Some((rows.iter().map(line).collect::<String>(), search)));
                }
            }
        }
    })
}

fn report(error: &StoreError) {
    let error: &dyn std::error::Error = error;
    tracing::error!(
        plugin = "audit",
        error,
        "an export of the audit log breaks off"
    );
}

fn line(row: &Row) -> String {
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
    format!("{line}\n")
}
