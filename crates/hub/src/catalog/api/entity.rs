//! Entities: lists of them, and single ones by name, uid and reference.

use super::body::{self, Body};
use super::wire::{body_for, input, json, write_entity, write_entity_with_targets, write_list};
use crate::app::App;
use crate::error::Error;
use crate::http::query::QueryParams;
use crate::principal::Principal;
use axum::extract::{Path, RawQuery, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use callboard_catalog::{Entity, EntityRef, Fields, Filter, OffsetCursor, OrderField, Query};

/// `GET /entities`.
///
/// Permission: `catalog.entity.read`; what the caller may not read is as if it were not there.
pub(super) async fn list(
    State(app): State<App>,
    principal: Principal,
    RawQuery(query): RawQuery,
) -> Result<Response, Error> {
    let params = QueryParams::parse(
        query.as_deref(),
        &["filter", "fields", "order", "limit", "offset", "after"],
    )?;
    let filter = Filter::parse(&params.all("filter")).map_err(input)?;
    let fields = Fields::parse(&params.all("fields")).map_err(input)?;
    let order = params
        .all("order")
        .into_iter()
        .map(OrderField::parse_order)
        .collect::<Result<_, _>>()
        .map_err(input)?;
    let place = place(&params)?;

    let query = Query {
        filter,
        order,
        limit: place.limit,
        offset: place.offset,
        ..Query::default()
    };
    let page = app.catalog().query(&app, &principal, query)?;

    let mut body = Vec::new();
    write_list(&page.entities, &mut body, |entity, out| {
        write_entity_with_targets(entity, fields.as_ref(), out);
    });
    let Some(next) = place.next(page.total) else {
        return Ok(json(body));
    };
    let link = format!(
        "</entities?{}>; rel=\"next\"",
        params.with("after", &next.encode(), "offset")
    );
    Ok(([(header::LINK, link)], json(body)).into_response())
}

/// Where a page of `GET /entities` lies; what `after` says wins.
fn place(params: &QueryParams<'_>) -> Result<OffsetCursor, Error> {
    let asked = OffsetCursor {
        limit: params.count("limit")?,
        offset: params.count("offset")?.unwrap_or_default(),
    };
    let place = match params.first("after") {
        None => asked,
        Some(after) => {
            let after = OffsetCursor::decode(after).map_err(input)?;
            OffsetCursor {
                limit: after.limit.or(asked.limit),
                ..after
            }
        }
    };
    if place.limit == Some(0) {
        return Err(input("Invalid limit, must be greater than zero"));
    }
    Ok(place)
}

/// `GET /entities/by-uid/{uid}`.
///
/// Permission: `catalog.entity.read`; what the caller may not read is as if it were not there.
pub(super) async fn by_uid(
    State(app): State<App>,
    principal: Principal,
    Path(uid): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Error> {
    QueryParams::parse(query.as_deref(), &[])?;
    let found = app.catalog().find_by_uid(&app, &principal, &uid)?;
    let entity = found.ok_or_else(|| Error::NotFound(format!("No entity with uid {uid}")))?;
    Ok(whole(&entity))
}

/// `GET /entities/by-name/{kind}/{namespace}/{name}`.
///
/// Permission: `catalog.entity.read`; what the caller may not read is as if it were not there.
pub(super) async fn by_name(
    State(app): State<App>,
    principal: Principal,
    Path((kind, namespace, name)): Path<(String, String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Response, Error> {
    QueryParams::parse(query.as_deref(), &[])?;
    let entity_ref = EntityRef::new(&kind, &namespace, &name);
    let found = app.catalog().find(&app, &principal, entity_ref.as_str())?;
    let entity = found.ok_or_else(|| {
        let message = format!(
            "No entity named '{name}' found, with kind '{kind}' in namespace '{namespace}'"
        );
        Error::NotFound(message)
    })?;
    Ok(whole(&entity))
}

/// One entity, with the targets of its relations spelled out as these routes do.
fn whole(entity: &Entity) -> Response {
    let mut body = Vec::new();
    entity.write_with_targets(&mut body);
    json(body)
}

/// `GET /entities/by-name/{kind}/{namespace}/{name}/ancestry`.
///
/// Permission: `catalog.entity.read` on the entity, else 403, and on each ancestor, else it and
/// all above it are left out.
pub(super) async fn ancestry(
    State(app): State<App>,
    principal: Principal,
    Path((kind, namespace, name)): Path<(String, String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Response, Error> {
    QueryParams::parse(query.as_deref(), &[])?;
    let root = EntityRef::new(&kind, &namespace, &name);
    let ancestors = app.catalog().ancestry(&app, &principal, &root)?;
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let mut body = format!(r#"{{"rootEntityRef":{},"items":"#, quoted(root.as_str())).into_bytes();
    write_list(&ancestors, &mut body, |ancestor, out| {
        out.extend_from_slice(br#"{"entity":"#);
        write_entity(&ancestor.entity, None, out);
        out.extend_from_slice(br#","parentEntityRefs":"#);
        write_list(&ancestor.parents, out, |parent, out| {
            out.extend_from_slice(quoted(parent.as_str()).as_bytes());
        });
        out.push(b'}');
    });
    body.push(b'}');
    Ok(json(body))
}

/// `POST /entities/by-refs`.
///
/// Permission: `catalog.entity.read`; what the caller may not read is as if it were not there.
pub(super) async fn by_refs(
    State(app): State<App>,
    principal: Principal,
    RawQuery(query): RawQuery,
    body: Body,
) -> Result<Response, Error> {
    let params = QueryParams::parse(query.as_deref(), &["filter", "fields"])?;
    let entity_refs = body::strings("request/body/entityRefs", body.require("entityRefs")?)?;
    let filter = Filter::parse(&params.all("filter")).map_err(input)?;
    let predicate = body.get("query").map(Filter::from_predicate).transpose();
    let filters: Vec<Filter> = [filter, predicate.map_err(input)?]
        .into_iter()
        .flatten()
        .collect();
    let filter = (!filters.is_empty()).then(|| Filter::all_of(filters));
    let wanted = [body.strings("fields")?, params.all("fields")].concat();
    let fields = Fields::parse(&wanted).map_err(input)?;

    let found = app
        .catalog()
        .find_all(&app, &principal, &entity_refs, filter.as_ref())?;

    let mut body = body_for(found.iter().flatten().map(AsRef::as_ref), fields.as_ref());
    body.extend_from_slice(br#"{"items":"#);
    write_list(&found, &mut body, |entity, out| match entity {
        Some(entity) => write_entity(entity, fields.as_ref(), out),
        None => out.extend_from_slice(b"null"),
    });
    body.push(b'}');
    Ok(json(body))
}
