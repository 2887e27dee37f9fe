//! `/analyze-location`: what a repository could be registered as.

use super::body::{self, Body};
use super::registration::location_of;
use super::wire::{input, json_of};
use crate::app::App;
use crate::catalog::{permissions, registration, suggestion};
use crate::error::Error;
use crate::http::query::QueryParams;
use crate::principal::Principal;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use serde_json::json;
use url::Url;

/// `POST /analyze-location`.
///
/// Permission: `catalog.location.analyze`.
pub(super) async fn analyze_location(
    State(app): State<App>,
    principal: Principal,
    RawQuery(query): RawQuery,
    body: Body,
) -> Result<Response, Error> {
    QueryParams::parse(query.as_deref(), &[])?;
    let described = body.require("location")?;
    body::object("request/body/location", described)?;
    let location = location_of("request/body/location", described)?;
    body.string("catalogFilename")?;
    registration::authorize(&app, &principal, &permissions::LOCATION_ANALYZE)?;
    let entity = Url::parse(&location.target)
        .ok()
        .and_then(|url| suggestion::component(app.reader(), &url))
        .ok_or_else(|| input("The given location.target is not a URL"))?;
    Ok(json_of(&json!({
        "existingEntityFiles": [],
        "generateEntities": [{"entity": entity, "fields": []}],
    })))
}
