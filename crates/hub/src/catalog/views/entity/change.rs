//! Refreshing and unregistering an entity from its page.

use crate::audit::{Operation, Requester};
use crate::auth::{CsrfForm, NoFields};
use crate::catalog::Catalog;
use crate::catalog::views::request::EntityRequest;
use crate::error::Error;
use crate::ui::entity::{href_of, title_of};
use crate::ui::{Flash, query_value};
use axum::response::Response;
use serde_json::json;

const PLUGIN: &str = "catalog";

/// What goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
enum Removed {
    /// The registered location, with all that comes from it alone.
    Location,
    /// The entity alone; it comes back if something still emits it.
    Entity,
}

/// The form that unregisters.
#[derive(serde::Deserialize)]
pub(in crate::catalog::views) struct RemovalForm {
    remove: Removed,
}

/// `POST /catalog/{namespace}/{kind}/{name}/refresh`: has the entity read again.
///
/// Permission: `catalog.entity.refresh` on the entity.
pub(in crate::catalog::views) async fn refresh(
    request: EntityRequest,
    requester: Requester,
    CsrfForm(NoFields {}): CsrfForm<NoFields>,
) -> Result<Response, Error> {
    let (app, principal) = (request.app(), &request.page.viewer.principal);
    let entity_ref = request.entity.entity_ref();
    let meta = json!({"entityRef": entity_ref});
    let requester = requester.known_as(principal.actor());
    let operation = Operation::begin(requester, PLUGIN, "entity-mutate", meta);
    Catalog::refresh(app, principal, operation, entity_ref.clone()).await?;
    let t = &request.sight.t;
    let said = t
        .say("entity-refresh-scheduled")
        .with("name", title_of(&request.entity));
    let flash = Flash::done(said);
    Ok(request.page.see_other(&href_of(entity_ref), &flash))
}

/// `POST /catalog/{namespace}/{kind}/{name}/unregister`: takes the entity out of the catalog, with
/// its location if the form says so.
///
/// Permission: `catalog.entity.delete` on the entity, and `catalog.location.delete` when the
/// location goes too.
pub(in crate::catalog::views) async fn unregister(
    request: EntityRequest,
    requester: Requester,
    CsrfForm(form): CsrfForm<RemovalForm>,
) -> Result<Response, Error> {
    let (app, principal) = (request.app(), &request.page.viewer.principal);
    let entity = &request.entity;
    let requester = requester.known_as(principal.actor());
    match form.remove {
        Removed::Location => {
            let leaving = app.catalog().leaving_with(entity.entity_ref());
            let leaving = leaving.ok_or_else(|| {
                Error::NotFound(format!(
                    "no registered location of `{}`",
                    entity.entity_ref()
                ))
            })?;
            let id = leaving.location.id;
            let meta = json!({"actionType": "delete", "id": id});
            let operation = Operation::begin(requester, PLUGIN, "location-mutate", meta);
            // The page offers this to those who may remove the entity too.
            if !may_remove(&request) {
                let error = Error::forbidden();
                operation.refuse(app, &error).await;
                return Err(error);
            }
            Catalog::remove_location(app, principal, operation, id).await?;
        }
        Removed::Entity => {
            let uid = entity.uid().unwrap_or_default().to_owned();
            let meta = json!({"actionType": "delete", "uid": uid});
            let operation = Operation::begin(requester, PLUGIN, "entity-mutate", meta);
            Catalog::remove_entity(app, principal, operation, uid).await?;
        }
    }
    let t = &request.sight.t;
    let said = t
        .say("entity-unregistered")
        .with("name", title_of(&request.entity));
    let kind = query_value(entity.entity_ref().kind());
    let list = format!("/catalog?filters[kind]={kind}");
    Ok(request.page.see_other(&list, &Flash::done(said)))
}

fn may_remove(request: &EntityRequest) -> bool {
    request.app().permission().authorize(
        request.app(),
        &request.page.viewer.principal,
        &crate::catalog::permissions::ENTITY_DELETE,
        Some(request.entity.entity_ref().as_str()),
    )
}
