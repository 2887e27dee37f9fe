//! A request for a page about one entity.

use crate::app::App;
use crate::error::Error;
use crate::ui::entity::{Sight, targets_of, title_of};
use crate::ui::{Crumb, PageRequest, Place, Shell, Wants};
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use callboard_catalog::{Entity, EntityRef};
use std::sync::Arc;

/// A request for a page about an entity that the person may read.
///
/// One that is not there and one that may not be read are the same 404.
pub(super) struct EntityRequest {
    /// The request.
    pub(super) page: PageRequest,
    /// What the person sees of the catalog.
    pub(super) sight: Sight,
    /// The entity.
    pub(super) entity: Arc<Entity>,
    /// A page, or what changes in one.
    pub(super) wants: Wants,
}

/// The parts of the address of an entity.
#[derive(serde::Deserialize)]
struct EntityPath {
    namespace: String,
    kind: String,
    name: String,
}

impl EntityRequest {
    /// The hub.
    pub(super) fn app(&self) -> &App {
        &self.page.app
    }

    /// The shell of a page of the entity: below the catalog and what it is part of.
    ///
    /// # Errors
    ///
    /// As [`Shell::of`].
    pub(super) fn shell(&self) -> Result<Shell, Error> {
        let part_of = targets_of(&self.sight, &self.entity, "partOf")
            .into_iter()
            .next();
        let above = part_of.and_then(|above| above.href.map(|href| Crumb::link(above.label, href)));
        let catalog = Crumb::link(self.sight.t.say("nav-catalog"), "/catalog");
        self.page.shell(Place::below(
            [catalog].into_iter().chain(above),
            title_of(&self.entity),
        ))
    }
}

impl FromRequestParts<App> for EntityRequest {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<EntityRequest, Response> {
        let page = PageRequest::from_request_parts(parts, app).await?;
        let path = Path::<EntityPath>::from_request_parts(parts, app).await;
        let Path(path) = path.map_err(IntoResponse::into_response)?;
        let entity_ref = EntityRef::new(&path.kind, &path.namespace, &path.name);
        let sight = Sight::of(app, &page.viewer.principal, page.texts())
            .map_err(IntoResponse::into_response)?;
        let Some(entity) = sight.find_shared(&entity_ref).cloned() else {
            return Err(Error::NotFound(format!("no entity `{entity_ref}`")).into_response());
        };
        Ok(EntityRequest {
            wants: Wants::of(&parts.headers),
            page,
            sight,
            entity,
        })
    }
}
