//! The REST interface of search, below `/api/search`.

use super::service::{SearchPage, SearchResult};
use crate::app::App;
use crate::error::Error;
use crate::principal::Principal;
use axum::extract::{RawQuery, State};
use axum::routing::get;
use axum::{Json, Router};
use callboard_search::{PageCursor, Request, RequestError};
use serde::Serialize;
use std::collections::BTreeMap;

/// What the OpenAPI document says of the routes.
pub(super) const OPENAPI: &str = include_str!("api.yaml");

/// Its routes, relative to that path.
pub(super) fn router() -> Router<App> {
    Router::new().route("/query", get(query))
}

/// `GET /query`.
///
/// Permission: none; of the catalog's documents the caller finds those that `catalog.entity.read`
/// lets them read.
async fn query(
    State(app): State<App>,
    principal: Principal,
    RawQuery(query): RawQuery,
) -> Result<Json<ResultSet>, Error> {
    let search = app.search();
    let query = query.unwrap_or_default();
    let request = Request::parse(&query, &search.types(), search.limits())?;
    let page = search.page(&app, &principal, request).await?;
    Ok(Json(ResultSet::new(page, search.marks())))
}

impl From<RequestError> for Error {
    fn from(error: RequestError) -> Error {
        Error::Input(error.to_string())
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResultSet {
    number_of_results: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_cursor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_page_cursor: Option<String>,
    results: Vec<WireResult>,
}

#[derive(Serialize)]
struct WireResult {
    r#type: &'static str,
    document: serde_json::Map<String, serde_json::Value>,
    rank: usize,
    highlight: Highlight,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Highlight {
    pre_tag: String,
    post_tag: String,
    /// The fields in which something was found.
    fields: BTreeMap<&'static str, String>,
}

impl ResultSet {
    fn new(page: SearchPage, marks: [&str; 2]) -> ResultSet {
        ResultSet {
            number_of_results: page.total,
            next_page_cursor: page.next.map(PageCursor::encode),
            previous_page_cursor: page.previous.map(PageCursor::encode),
            results: page
                .results
                .into_iter()
                .map(|result| WireResult::new(result, marks))
                .collect(),
        }
    }
}

impl WireResult {
    fn new(result: SearchResult, [before, after]: [&str; 2]) -> WireResult {
        let document = result.document;
        let members = [("title", document.title), ("text", document.text)].into_iter();
        let members = members
            .chain(document.members)
            .chain([("location", document.location)]);
        let fields = [("title", result.title), ("text", result.text)].into_iter();
        WireResult {
            r#type: result.document_type,
            document: members
                .map(|(name, value)| (name.to_owned(), value.into()))
                .collect(),
            rank: result.rank,
            highlight: Highlight {
                pre_tag: before.to_owned(),
                post_tag: after.to_owned(),
                fields: fields
                    .filter_map(|(name, marked)| Some((name, marked?)))
                    .collect(),
            },
        }
    }
}
