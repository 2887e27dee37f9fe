//! What changes the catalog: locations are registered and removed, entities refreshed and removed.

use super::body::{self, Body};
use super::wire::{input, json_of};
use crate::app::App;
use crate::audit::{Operation, Requester};
use crate::catalog::location::{Location, LocationType};
use crate::catalog::registration::OnConflict;
use crate::catalog::{Catalog, dry_run, permissions, registration};
use crate::error::Error;
use crate::http::query::QueryParams;
use crate::principal::Principal;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use callboard_catalog::EntityRef;
use serde_json::{Value, json};

const PLUGIN: &str = "catalog";

/// `POST /locations`; with `dryRun` everything is read at once and nothing kept.
///
/// Permission: `catalog.location.create`.
pub(super) async fn create_location(
    State(app): State<App>,
    principal: Principal,
    requester: Requester,
    RawQuery(query): RawQuery,
    body: Body,
) -> Result<Response, Error> {
    let params = QueryParams::parse(query.as_deref(), &["dryRun", "onConflict"])?;
    let on_conflict = on_conflict(params.first("onConflict"))?;
    let location = location_of("request/body", body.whole())?;
    let is_dry_run = is_yes(params.first("dryRun"));
    let meta = json!({
        "actionType": "create",
        "location": registration::location_meta(&location),
        "isDryRun": is_dry_run,
    });
    if is_dry_run {
        let operation = Operation::look(requester, PLUGIN, "location-mutate", meta);
        let answer = rehearse(&app, &principal, &location).await;
        match &answer {
            Ok(_) => operation.succeed(json!({})),
            Err(error) => operation.fail(error),
        }
        return answer;
    }
    let operation = Operation::begin(requester, PLUGIN, "location-mutate", meta);
    let location =
        Catalog::register_location(&app, &principal, operation, location, on_conflict).await?;
    let answer = json!({"location": location, "entities": []});
    Ok((StatusCode::CREATED, json_of(&answer)).into_response())
}

async fn rehearse(
    app: &App,
    principal: &Principal,
    location: &Location,
) -> Result<Response, Error> {
    registration::authorize(app, principal, &permissions::LOCATION_CREATE)?;
    registration::check_registrable(location)?;
    let exists = app.catalog().is_registered(location);
    let entities = dry_run::read(app, location).await?;
    let answer = json!({
        "exists": exists,
        "location": {
            "id": location.to_string(),
            "type": location.location_type.as_str(),
            "target": location.target,
            "entityRef": location.entity_ref(),
        },
        "entities": entities,
    });
    Ok((StatusCode::CREATED, json_of(&answer)).into_response())
}

/// `PUT /locations/{id}`: the same location leads elsewhere.
///
/// Permission: `catalog.location.create`, as in the original.
pub(super) async fn update_location(
    State(app): State<App>,
    principal: Principal,
    requester: Requester,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    body: Body,
) -> Result<Response, Error> {
    QueryParams::parse(query.as_deref(), &[])?;
    let location = location_of("request/body", body.whole())?;
    let meta = json!({
        "actionType": "update",
        "id": id,
        "location": registration::location_meta(&location),
    });
    let operation = Operation::begin(requester, PLUGIN, "location-mutate", meta);
    let moved = Catalog::move_location(&app, &principal, operation, id, location).await?;
    Ok(json_of(&moved))
}

/// `DELETE /locations/{id}`.
///
/// Permission: `catalog.location.delete`.
pub(super) async fn delete_location(
    State(app): State<App>,
    principal: Principal,
    requester: Requester,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<StatusCode, Error> {
    QueryParams::parse(query.as_deref(), &[])?;
    let meta = json!({"actionType": "delete", "id": id});
    let operation = Operation::begin(requester, PLUGIN, "location-mutate", meta);
    Catalog::remove_location(&app, &principal, operation, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /entities/by-uid/{uid}`.
///
/// Permission: `catalog.entity.delete`, with conditions on the entity.
pub(super) async fn delete_entity(
    State(app): State<App>,
    principal: Principal,
    requester: Requester,
    Path(uid): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<StatusCode, Error> {
    QueryParams::parse(query.as_deref(), &[])?;
    let meta = json!({"actionType": "delete", "uid": uid});
    let operation = Operation::begin(requester, PLUGIN, "entity-mutate", meta);
    Catalog::remove_entity(&app, &principal, operation, uid).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /refresh`; a token in the body stands for that of the request.
///
/// Permission: `catalog.entity.refresh` on the entity.
pub(super) async fn refresh(
    State(app): State<App>,
    principal: Principal,
    requester: Requester,
    RawQuery(query): RawQuery,
    body: Body,
) -> Result<StatusCode, Error> {
    QueryParams::parse(query.as_deref(), &[])?;
    let named = body::string("request/body/entityRef", body.require("entityRef")?)?;
    let token = body.string("authorizationToken")?;
    let meta = json!({"queryType": "refresh", "entityRef": named});
    let operation = Operation::begin(requester, PLUGIN, "entity-mutate", meta);
    let (principal, operation) = match token {
        None => (principal, operation),
        Some(token) => {
            let caller = caller_of(&app, token).await;
            let principal = operation.or_refuse(&app, caller).await?;
            let operation = operation.done_by(principal.actor());
            (principal, operation)
        }
    };
    let entity_ref = EntityRef::parse(named).map_err(input);
    let entity_ref = operation.or_refuse(&app, entity_ref).await?;
    Catalog::refresh(&app, &principal, operation, entity_ref).await?;
    Ok(StatusCode::OK)
}

/// Who a token in a body stands for.
async fn caller_of(app: &App, token: &str) -> Result<Principal, Error> {
    let bearer = HeaderValue::try_from(format!("Bearer {token}"))
        .map_err(|_| Error::Authentication("Illegal token".to_owned()))?;
    let headers = HeaderMap::from_iter([(header::AUTHORIZATION, bearer)]);
    app.auth().authenticate(&headers, PLUGIN).await
}

/// The location that a part of a body describes.
pub(super) fn location_of(path: &str, described: &Value) -> Result<Location, Error> {
    let text = |name: &str| {
        let member = described
            .get(name)
            .ok_or_else(|| input(format!("{path} must have required property '{name}'")))?;
        body::string(&format!("{path}/{name}"), member)
    };
    let (location_type, target) = (text("type")?, text("target")?);
    for (name, value) in described.as_object().into_iter().flatten() {
        match (&**name, value.as_str()) {
            // Whether it has to be there is for whoever names it; the one of a request is known.
            ("type" | "target", _) | ("presence", Some("required" | "optional")) => {}
            ("presence", _) => {
                return Err(input(format!(
                    "{path}/presence must be equal to one of the allowed values: required, optional"
                )));
            }
            _ => return Err(input(format!("{path} must NOT have additional properties"))),
        }
    }
    Ok(Location {
        location_type: LocationType::from(location_type),
        target: target.to_owned(),
    })
}

fn on_conflict(word: Option<&str>) -> Result<OnConflict, Error> {
    match word {
        None | Some("reject") => Ok(OnConflict::Reject),
        Some("refresh") => Ok(OnConflict::Refresh),
        Some(_) => Err(input(
            "request/query/onConflict must be equal to one of the allowed values: refresh, reject",
        )),
    }
}

/// Whether a word means yes, as the original reads it.
fn is_yes(word: Option<&str>) -> bool {
    word.is_some_and(|word| {
        ["true", "yes", "y", "1", "on"]
            .iter()
            .any(|yes| yes.eq_ignore_ascii_case(word.trim()))
    })
}
