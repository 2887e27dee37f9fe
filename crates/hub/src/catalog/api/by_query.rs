//! `/entities/by-query`: pages of entities by cursor.

use super::body::{self, Body};
use super::wire::{body_for, input, json, write_entity, write_list};
use crate::app::App;
use crate::error::Error;
use crate::http::query::QueryParams;
use crate::principal::Principal;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use callboard_catalog::{Cursor, Fields, Filter, FullText, OrderField, Page, Query};
use serde_json::{Map, Value, json};

/// How many entities a page has when the client does not say.
const DEFAULT_LIMIT: usize = 20;

/// Whether the answer tells how many entities there are on all pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Total {
    Include,
    Exclude,
}

const KNOWN: [&str; 9] = [
    "filter",
    "fields",
    "orderField",
    "fullTextFilterTerm",
    "fullTextFilterFields",
    "limit",
    "offset",
    "cursor",
    "totalItems",
];

/// `GET /entities/by-query`.
///
/// Permission: `catalog.entity.read`; what the caller may not read is as if it were not there.
pub(super) async fn get(
    State(app): State<App>,
    principal: Principal,
    RawQuery(query): RawQuery,
) -> Result<Response, Error> {
    let params = QueryParams::parse(query.as_deref(), &KNOWN)?;
    let fields = Fields::parse(&params.all("fields")).map_err(input)?;
    let total = Total::read("request/query/totalItems", params.first("totalItems"))?;
    let limit = Some(params.count("limit")?.unwrap_or(DEFAULT_LIMIT));
    let query = match params.first("cursor") {
        Some(cursor) => Query {
            cursor: Some(Cursor::decode(cursor).map_err(input)?),
            limit,
            ..Query::default()
        },
        None => Query {
            limit,
            ..query_of(&params)?
        },
    };
    let page = app.catalog().query(&app, &principal, query)?;
    Ok(answer(&page, fields.as_ref(), total))
}

fn query_of(params: &QueryParams<'_>) -> Result<Query, Error> {
    let order: Result<Vec<_>, _> = params
        .all("orderField")
        .into_iter()
        .map(OrderField::parse_order_field)
        .collect();
    let full_text = params.first("fullTextFilterTerm").map(|term| FullText {
        term: term.to_owned(),
        fields: params
            .all("fullTextFilterFields")
            .into_iter()
            .flat_map(list_of)
            .collect(),
    });
    Ok(Query {
        filter: Filter::parse(&params.all("filter")).map_err(input)?,
        full_text,
        order: or_by_uid(order.map_err(input)?),
        offset: params.count("offset")?.unwrap_or_default(),
        ..Query::default()
    })
}

/// `POST /entities/by-query`.
///
/// Permission: `catalog.entity.read`; what the caller may not read is as if it were not there.
pub(super) async fn post(
    State(app): State<App>,
    principal: Principal,
    RawQuery(query): RawQuery,
    body: Body,
) -> Result<Response, Error> {
    QueryParams::parse(query.as_deref(), &[])?;
    let fields = Fields::parse(&body.strings("fields")?).map_err(input)?;
    let total = Total::read("request/body/totalItems", body.string("totalItems")?)?;
    let limit = Some(body.count("limit")?.unwrap_or(DEFAULT_LIMIT));
    let query = match body.string("cursor")? {
        Some(cursor) => Query {
            cursor: Some(Cursor::decode(cursor).map_err(input)?),
            limit,
            ..Query::default()
        },
        None => Query {
            limit,
            ..query_in(&body)?
        },
    };
    let page = app.catalog().query(&app, &principal, query)?;
    Ok(answer(&page, fields.as_ref(), total))
}

fn query_in(body: &Body) -> Result<Query, Error> {
    Ok(Query {
        filter: body
            .get("query")
            .map(Filter::from_predicate)
            .transpose()
            .map_err(input)?,
        full_text: body.get("fullTextFilter").map(full_text).transpose()?,
        order: or_by_uid(body.get("orderBy").map_or(Ok(Vec::new()), order_by)?),
        offset: body.count("offset")?.unwrap_or_default(),
        ..Query::default()
    })
}

fn full_text(filter: &Value) -> Result<FullText, Error> {
    let path = "request/body/fullTextFilter";
    let filter = body::object(path, filter)?;
    let text = |value| body::string(&format!("{path}/term"), value);
    let fields = |value| body::strings(&format!("{path}/fields"), value);
    Ok(FullText {
        term: filter.get("term").map_or(Ok(""), text)?.to_owned(),
        fields: filter
            .get("fields")
            .map_or(Ok(Vec::new()), fields)?
            .into_iter()
            .map(str::to_owned)
            .collect(),
    })
}

fn order_by(list: &Value) -> Result<Vec<OrderField>, Error> {
    let path = "request/body/orderBy";
    let list = list
        .as_array()
        .ok_or_else(|| input(format!("{path} must be array")))?;
    let field = |(index, item): (usize, &Value)| {
        let member = |name: &str| {
            item.get(name).ok_or_else(|| {
                input(format!(
                    "{path}/{index} must have required property '{name}'"
                ))
            })
        };
        let name = body::string(&format!("{path}/{index}/field"), member("field")?)?;
        match member("order")?.as_str() {
            Some("asc") => Ok(OrderField::ascending(name)),
            Some("desc") => Ok(OrderField::descending(name)),
            _ => Err(input(format!(
                "{path}/{index}/order must be equal to one of the allowed values: asc, desc"
            ))),
        }
    };
    list.iter().enumerate().map(field).collect()
}

/// A comma list, without blanks and empty items.
fn list_of(text: &str) -> impl Iterator<Item = String> {
    text.split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty())
        .map(str::to_owned)
}

fn or_by_uid(order: Vec<OrderField>) -> Vec<OrderField> {
    if order.is_empty() {
        vec![OrderField::by_uid()]
    } else {
        order
    }
}

impl Total {
    fn read(path: &str, value: Option<&str>) -> Result<Total, Error> {
        match value {
            None | Some("include") => Ok(Total::Include),
            Some("exclude") => Ok(Total::Exclude),
            Some(_) => Err(input(format!(
                "{path} must be equal to one of the allowed values: include, exclude"
            ))),
        }
    }
}

fn answer(page: &Page, fields: Option<&Fields>, total: Total) -> Response {
    let total = match total {
        Total::Include => page.total,
        Total::Exclude => 0,
    };
    let mut info = Map::new();
    for (name, cursor) in [("nextCursor", &page.next), ("prevCursor", &page.previous)] {
        if let Some(cursor) = cursor {
            info.insert(name.to_owned(), cursor.encode().into());
        }
    }
    let mut body = body_for(page.entities.iter().map(AsRef::as_ref), fields);
    body.extend_from_slice(br#"{"items":"#);
    write_list(&page.entities, &mut body, |entity, out| {
        write_entity(entity, fields, out);
    });
    body.extend_from_slice(
        format!(r#","totalItems":{total},"pageInfo":{}}}"#, json!(info)).as_bytes(),
    );
    json(body)
}
