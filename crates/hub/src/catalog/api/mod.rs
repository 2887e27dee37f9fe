//! The REST interface of the catalog, below `/api/catalog`.

mod analyze;
mod audited;
mod body;
mod by_query;
mod entity;
mod facet;
mod location;
mod location_query;
mod registration;
mod unprocessed;
mod validate;
mod wire;

use crate::app::App;
use axum::Router;
use axum::middleware::from_fn;
use axum::routing::{delete, get, post};

/// What the OpenAPI document says of the routes.
pub(super) const OPENAPI: [&str; 6] = [
    include_str!("api.yaml"),
    include_str!("entity.yaml"),
    include_str!("query.yaml"),
    include_str!("location.yaml"),
    include_str!("change.yaml"),
    include_str!("unprocessed.yaml"),
];

/// Its routes, relative to that path.
pub(super) fn router() -> Router<App> {
    let by_name = "/entities/by-name/{kind}/{namespace}/{name}";
    Router::new()
        .route("/entities", get(entity::list))
        .route(
            "/entities/by-query",
            get(by_query::get).post(by_query::post),
        )
        .route(
            "/entities/by-uid/{uid}",
            get(entity::by_uid).delete(registration::delete_entity),
        )
        .route(by_name, get(entity::by_name))
        .route(&format!("{by_name}/ancestry"), get(entity::ancestry))
        .route("/entities/by-refs", post(entity::by_refs))
        .route("/entity-facets", get(facet::get).post(facet::post))
        .route("/entities/unprocessed/failed", get(unprocessed::failed))
        .route("/entities/unprocessed/pending", get(unprocessed::pending))
        .route(
            "/entities/unprocessed/delete/{uid}",
            delete(unprocessed::delete),
        )
        .route("/refresh", post(registration::refresh))
        .route(
            "/locations",
            get(location::list).post(registration::create_location),
        )
        .route(
            "/locations/{id}",
            get(location::by_id)
                .put(registration::update_location)
                .delete(registration::delete_location),
        )
        .route(
            "/locations/by-query",
            get(location_query::get).post(location_query::post),
        )
        .route("/analyze-location", post(analyze::analyze_location))
        .route(
            "/locations/by-entity/{kind}/{namespace}/{name}",
            get(location::by_entity),
        )
        .route("/validate-entity", post(validate::validate_entity))
        .route_layer(from_fn(audited::note))
}
