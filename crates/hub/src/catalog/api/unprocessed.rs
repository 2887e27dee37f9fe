//! `/entities/unprocessed`: what is stuck, and why.

use super::wire::json_of;
use crate::app::App;
use crate::audit::{Operation, Requester};
use crate::catalog::Catalog;
use crate::catalog::unprocessed::{Reason, Unprocessed};
use crate::error::Error;
use crate::http::query::QueryParams;
use crate::principal::Principal;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use callboard_catalog::StatusItem;
use serde_json::{Value, json};

/// `GET /entities/unprocessed/failed`.
///
/// Permission: `catalog.entity.read`; what the caller could not read is as if it were not there.
pub(super) async fn failed(
    State(app): State<App>,
    principal: Principal,
    RawQuery(query): RawQuery,
) -> Result<Response, Error> {
    list(&app, &principal, query.as_deref(), "failed", Reason::Failed)
}

/// `GET /entities/unprocessed/pending`.
///
/// Permission: `catalog.entity.read`; what the caller could not read is as if it were not there.
pub(super) async fn pending(
    State(app): State<App>,
    principal: Principal,
    RawQuery(query): RawQuery,
) -> Result<Response, Error> {
    list(
        &app,
        &principal,
        query.as_deref(),
        "pending",
        Reason::Pending,
    )
}

fn list(
    app: &App,
    principal: &Principal,
    query: Option<&str>,
    word: &str,
    reason: Reason,
) -> Result<Response, Error> {
    let params = QueryParams::parse(query, &["owner"])?;
    let owner = params.first("owner");
    let is_owned = |stuck: &Unprocessed| {
        let of = |input: &Value| input["spec"]["owner"].as_str() == owner;
        owner.is_none() || stuck.input.as_ref().is_some_and(of)
    };
    let found = app.catalog().unprocessed(app, principal, reason)?;
    let entities: Vec<Value> = found
        .iter()
        .filter(|stuck| is_owned(stuck))
        .map(wire)
        .collect();
    Ok(json_of(&json!({"type": word, "entities": entities})))
}

fn wire(stuck: &Unprocessed) -> Value {
    let processed = stuck.processed.as_ref().map(|entity| entity.value());
    let errors: Vec<&_> = stuck
        .errors
        .iter()
        .map(|StatusItem { error, .. }| error)
        .collect();
    json!({
        "entity_id": stuck.uid,
        "entity_ref": stuck.entity_ref,
        "unprocessed_entity": stuck.input.as_ref().or(processed.as_ref()),
        "processed_entity": processed,
        "errors": errors,
        "location_key": stuck.location_key,
    })
}

/// `DELETE /entities/unprocessed/delete/{uid}`.
///
/// Permission: `catalog.entity.delete`, with conditions on the entity.
pub(super) async fn delete(
    State(app): State<App>,
    principal: Principal,
    requester: Requester,
    Path(uid): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<StatusCode, Error> {
    QueryParams::parse(query.as_deref(), &[])?;
    let meta = json!({"actionType": "delete", "uid": uid});
    let operation = Operation::begin(requester, "catalog", "entity-mutate", meta);
    Catalog::remove_entity(&app, &principal, operation, uid).await?;
    Ok(StatusCode::NO_CONTENT)
}
