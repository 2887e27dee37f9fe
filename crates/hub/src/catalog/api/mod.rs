//! The REST interface of the catalog, below `/api/catalog`.
//!
//! Reading only: what changes the catalog has no route, and so is answered like any other path
//! that does not exist.

mod body;
mod by_query;
mod entity;
mod facet;
mod location;
mod validate;
mod wire;

use crate::app::App;
use axum::Router;
use axum::routing::{get, post};

/// Its routes, relative to that path.
pub(super) fn router() -> Router<App> {
    let by_name = "/entities/by-name/{kind}/{namespace}/{name}";
    Router::new()
        .route("/entities", get(entity::list))
        .route(
            "/entities/by-query",
            get(by_query::get).post(by_query::post),
        )
        .route("/entities/by-uid/{uid}", get(entity::by_uid))
        .route(by_name, get(entity::by_name))
        .route(&format!("{by_name}/ancestry"), get(entity::ancestry))
        .route("/entities/by-refs", post(entity::by_refs))
        .route("/entity-facets", get(facet::get).post(facet::post))
        .route("/locations", get(location::list))
        .route("/locations/{id}", get(location::by_id))
        .route(
            "/locations/by-entity/{kind}/{namespace}/{name}",
            get(location::by_entity),
        )
        .route("/validate-entity", post(validate::validate_entity))
}
