//! `/entity-facets`: the values of keys and how often they occur.

use super::body::{self, Body};
use super::wire::{input, json, write_count, write_list, write_text};
use crate::app::App;
use crate::error::Error;
use crate::http::query::QueryParams;
use crate::principal::Principal;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use callboard_catalog::{Facet, FacetValue, Filter};

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
    Ok(answer(&found))
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
    Ok(answer(&found))
}

fn answer(facets: &[Facet]) -> Response {
    /// For brackets, quotes and commas.
    const AROUND: usize = 16;
    let lengths = facets
        .iter()
        .map(|Facet { key, values }| AROUND + key.len() + values.written(written).len());
    let mut body = Vec::with_capacity(AROUND + lengths.sum::<usize>());
    body.extend_from_slice(br#"{"facets":{"#);
    for (index, Facet { key, values }) in facets.iter().enumerate() {
        // A key that is asked for twice is answered once.
        if facets[..index].iter().any(|before| before.key == *key) {
            continue;
        }
        if index > 0 {
            body.push(b',');
        }
        write_text(key, &mut body);
        body.push(b':');
        body.extend_from_slice(values.written(written));
    }
    body.extend_from_slice(b"}}");
    json(body)
}

/// The values of a facet as JSON.
fn written(values: &[FacetValue]) -> Vec<u8> {
    let mut json = Vec::new();
    write_list(values, &mut json, |FacetValue { value, count }, out| {
        out.extend_from_slice(br#"{"value":"#);
        write_text(value, out);
        out.extend_from_slice(br#","count":"#);
        write_count(*count, out);
        out.push(b'}');
    });
    json
}
