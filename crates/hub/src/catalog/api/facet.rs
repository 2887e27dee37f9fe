//! `/entity-facets`: the values of keys and how often they occur.

use super::body::{self, Body};
use super::wire::{input, json_of};
use crate::app::App;
use crate::error::Error;
use crate::http::query::QueryParams;
use crate::principal::Principal;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use callboard_catalog::{Facet, FacetValue, Filter};
use indexmap::IndexMap;
use serde::Serialize;
use smol_str::SmolStr;

/// `GET /entity-facets`.
///
/// Permission: `catalog.entity.read`; what the caller may not read is as if it were not there.
pub(super) async fn get(
    State(app): State<App>,
    principal: Principal,
    RawQuery(query): RawQuery,
) -> Result<Response, Error> {
    let params = QueryParams::parse(query.as_deref(), &["facet", "filter"])?;
    let mut facets = params.all("facet");
    facets.retain(|facet| !facet.is_empty());
    if facets.is_empty() {
        return Err(input("request/query must have required property 'facet'"));
    }
    let filter = Filter::parse(&params.all("filter")).map_err(input)?;
    let found = app
        .catalog()
        .facets(&app, &principal, &facets, filter.as_ref())?;
    Ok(answer(found))
}

/// `POST /entity-facets`.
///
/// Permission: `catalog.entity.read`; what the caller may not read is as if it were not there.
pub(super) async fn post(
    State(app): State<App>,
    principal: Principal,
    RawQuery(query): RawQuery,
    body: Body,
) -> Result<Response, Error> {
    QueryParams::parse(query.as_deref(), &[])?;
    let mut facets = body::strings("request/body/facets", body.require("facets")?)?;
    facets.retain(|facet| !facet.is_empty());
    if facets.is_empty() {
        return Err(input("Missing or empty facets parameter"));
    }
    let filter = body
        .get("query")
        .map(Filter::from_predicate)
        .transpose()
        .map_err(input)?;
    let found = app
        .catalog()
        .facets(&app, &principal, &facets, filter.as_ref())?;
    Ok(answer(found))
}

fn answer(facets: Vec<Facet>) -> Response {
    // A key that is asked for twice is answered once.
    let facets: IndexMap<String, Vec<WireValue>> = facets
        .into_iter()
        .map(|Facet { key, values }| (key, values.into_iter().map(WireValue::from).collect()))
        .collect();
    json_of(&WireFacets { facets })
}

#[derive(Serialize)]
struct WireFacets {
    facets: IndexMap<String, Vec<WireValue>>,
}

#[derive(Serialize)]
struct WireValue {
    value: SmolStr,
    count: u64,
}

impl From<FacetValue> for WireValue {
    fn from(FacetValue { value, count }: FacetValue) -> WireValue {
        WireValue { value, count }
    }
}
