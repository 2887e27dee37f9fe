//! The audit events of those who look: lines of the log at level `debug`, and no rows.
//!
//! Whatever changes something has an event of its own, in the transaction of the change.

use crate::audit::{Operation, Requester, Severity};
use crate::catalog::permissions::PLUGIN;
use crate::error::{Error, Failure};
use axum::RequestExt;
use axum::extract::{MatchedPath, RawPathParams, Request};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use serde_json::{Value, json};

/// The middleware around every route.
pub(super) async fn note(mut request: Request, next: Next) -> Response {
    let begun = match Severity::Low.is_heard() {
        true => begin(&mut request).await,
        false => None,
    };
    let Some(operation) = begun else {
        return next.run(request).await;
    };
    let response = next.run(request).await;
    match response.extensions().get::<Failure>() {
        Some(Failure(error)) => operation.fail(error),
        // The answer of `/validate-entity` that has a form of its own.
        None if response.status().is_client_error() => {
            operation.fail(&Error::Input("Could not validate entity".to_owned()));
        }
        None => operation.succeed(json!({})),
    }
    response
}

/// The event of a request; `None` for one that changes something.
async fn begin(request: &mut Request) -> Option<Operation> {
    let path = request.extract_parts::<MatchedPath>().await.ok()?;
    let params = request.extract_parts::<RawPathParams>().await.ok()?;
    let requester = request.extract_parts::<Requester>().await.ok()?;
    let route = path.as_str().strip_prefix("/api/catalog")?;
    let (id, meta) = event(request.method(), route, &params)?;
    Some(Operation::look(requester, PLUGIN, id, meta))
}

/// The id of the event and what it says; `None` for a route that changes something.
fn event(method: &Method, route: &str, params: &RawPathParams) -> Option<(&'static str, Value)> {
    let param = |wanted: &str| {
        let mut params = params.iter();
        let found = params.find(|(name, _)| *name == wanted);
        found.map(|(_, value)| value).unwrap_or_default()
    };
    let named = || format!("{}:{}/{}", param("kind"), param("namespace"), param("name"));
    let entity_ref = || named().to_lowercase();
    Some(match (method, route) {
        (&Method::GET, "/entities") => ("entity-fetch", json!({"queryType": "all"})),
        (&Method::GET | &Method::POST, "/entities/by-query") => {
            ("entity-fetch", json!({"queryType": "by-query"}))
        }
        (&Method::GET, "/entities/by-uid/{uid}") => (
            "entity-fetch",
            json!({"queryType": "by-uid", "uid": param("uid")}),
        ),
        (&Method::GET, "/entities/by-name/{kind}/{namespace}/{name}") => (
            "entity-fetch",
            json!({"queryType": "by-name", "entityRef": entity_ref()}),
        ),
        (&Method::GET, "/entities/by-name/{kind}/{namespace}/{name}/ancestry") => (
            "entity-fetch",
            json!({"actionType": "ancestry", "entityRef": entity_ref()}),
        ),
        (&Method::POST, "/entities/by-refs") => ("entity-fetch", json!({"queryType": "by-refs"})),
        (&Method::GET, "/entities/unprocessed/failed") => {
            ("entity-fetch", json!({"queryType": "failed"}))
        }
        (&Method::GET, "/entities/unprocessed/pending") => {
            ("entity-fetch", json!({"queryType": "pending"}))
        }
        (_, "/entity-facets") => ("entity-facets", json!({})),
        (&Method::GET, "/locations") => ("location-fetch", json!({"queryType": "all"})),
        (&Method::GET | &Method::POST, "/locations/by-query") => {
            ("location-fetch", json!({"queryType": "by-query"}))
        }
        (&Method::GET, "/locations/{id}") => (
            "location-fetch",
            json!({"queryType": "by-id", "id": param("id")}),
        ),
        (&Method::GET, "/locations/by-entity/{kind}/{namespace}/{name}") => (
            "location-fetch",
            json!({"queryType": "by-entity", "locationRef": named()}),
        ),
        (_, "/analyze-location") => ("location-analyze", json!({})),
        (_, "/validate-entity") => ("entity-validate", json!({})),
        _ => return None,
    })
}
