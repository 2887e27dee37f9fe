//! `/locations`: what was registered by request.
//!
//! Who may not see locations is told what he would be told if there were none.

use super::wire::json_of;
use crate::app::App;
use crate::catalog::location::{Location, RegisteredLocation};
use crate::error::Error;
use crate::http::query::QueryParams;
use crate::principal::Principal;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use callboard_catalog::EntityRef;
use serde_json::{Value, json};

/// `GET /locations`.
///
/// Permission: `catalog.location.read`; without it there are no locations.
pub(super) async fn list(
    State(app): State<App>,
    principal: Principal,
    RawQuery(query): RawQuery,
) -> Result<Response, Error> {
    QueryParams::parse(query.as_deref(), &[])?;
    let locations = app.catalog().registered_locations(&app, &principal);
    let locations = locations.iter().flat_map(|locations| locations.iter());
    let listed: Vec<Value> = locations
        .map(|location| json!({"data": location}))
        .collect();
    Ok(json_of(&listed))
}

/// `GET /locations/{id}`.
///
/// Permission: `catalog.location.read`; without it there are no locations.
pub(super) async fn by_id(
    State(app): State<App>,
    principal: Principal,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Error> {
    QueryParams::parse(query.as_deref(), &[])?;
    let locations = app.catalog().registered_locations(&app, &principal);
    let found = locations
        .iter()
        .flat_map(|locations| locations.iter())
        .find(|location| location.id == id);
    found
        .map(json_of)
        .ok_or_else(|| Error::NotFound(format!("Found no location with ID {id}")))
}

/// `GET /locations/by-entity/{kind}/{namespace}/{name}`.
///
/// Permission: `catalog.location.read`; without it there are no locations.
pub(super) async fn by_entity(
    State(app): State<App>,
    principal: Principal,
    Path((kind, namespace, name)): Path<(String, String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Response, Error> {
    QueryParams::parse(query.as_deref(), &[])?;
    let Some(locations) = app.catalog().registered_locations(&app, &principal) else {
        return Err(Error::NotFound(String::new()));
    };
    let entity_ref = EntityRef::new(&kind, &namespace, &name);
    let Some(origin) = app.catalog().origin_of(&entity_ref) else {
        return Err(Error::NotFound(format!(
            "found no entity for ref {entity_ref}"
        )));
    };
    let Location {
        location_type,
        target,
    } = &origin;
    let is_origin = |location: &&RegisteredLocation| {
        location.location_type == location_type.as_str() && location.target == *target
    };
    let found = locations.iter().find(is_origin);
    found.map(json_of).ok_or_else(|| {
        let location_type = location_type.as_str();
        Error::NotFound(format!(
            "Found no location with type {location_type} and target {target}"
        ))
    })
}
