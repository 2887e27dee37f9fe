//! A request for a page about one entity.

use crate::app::App;
use crate::catalog::views::said::said;
use crate::error::Error;
use crate::ui::entity::{Sight, is_web, targets_of, title_of};
use crate::ui::{Crumb, PageRequest, Place, Shell, Wants};
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use callboard_catalog::{Entity, EntityRef};
use serde_json::Value;
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
    /// What it says, as [`said`] gives it.
    pub(super) said: Value,
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

    /// A text that the entity says, by its JSON pointer.
    pub(super) fn text(&self, pointer: &str) -> Option<&str> {
        self.said.pointer(pointer)?.as_str()
    }

    /// An annotation of the catalog's own, by the part of its name after `backstage.io/`.
    pub(super) fn annotation(&self, name: &str) -> Option<&str> {
        let annotations = self.said.pointer("/metadata/annotations")?;
        annotations.get(format!("backstage.io/{name}"))?.as_str()
    }

    /// Whether nothing names the entity any more.
    pub(super) fn is_orphan(&self) -> bool {
        self.annotation("orphan") == Some("true")
    }

    /// The web address of the source, when the entity names one that a browser can open.
    pub(super) fn source(&self) -> Option<String> {
        let location = || self.annotation("source-location")?.strip_prefix("url:");
        let source = self.annotation("view-url").or_else(location);
        source.filter(|url| is_web(url)).map(str::to_owned)
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
            said: said(&entity),
            page,
            sight,
            entity,
        })
    }
}
