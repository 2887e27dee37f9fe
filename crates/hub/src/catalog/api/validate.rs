//! `/validate-entity`: whether an entity could come into the catalog.

use super::body::{self, Body};
use super::wire::json_of;
use crate::app::App;
use crate::catalog::location::{Location, LocationType};
use crate::catalog::permissions;
use crate::error::Error;
use crate::http::query::QueryParams;
use crate::principal::Principal;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use callboard_catalog::validate;
use serde::Serialize;
use serde_json::{Value, json};

/// `POST /validate-entity`; errors have a form of their own.
///
/// Permission: `catalog.entity.validate`.
pub(super) async fn validate_entity(
    State(app): State<App>,
    principal: Principal,
    RawQuery(query): RawQuery,
    body: Body,
) -> Result<Response, Error> {
    if !app
        .permission()
        .authorize(&app, &principal, &permissions::ENTITY_VALIDATE, None)
    {
        return Err(Error::forbidden());
    }
    QueryParams::parse(query.as_deref(), &[])?;
    let (entity, location) = match read(&body) {
        Ok(read) => read,
        Err(error) => {
            let message = format!("Malformed request: {error}");
            return Ok(refusal(&json!({"name": "InputError", "message": message})));
        }
    };
    if let Err(message) = check_location(location) {
        return Ok(refusal(&json!({"name": "TypeError", "message": message})));
    }
    Ok(match validate(entity) {
        Ok(()) => StatusCode::OK.into_response(),
        Err(error) => refusal(&error),
    })
}

/// The entity, and where it is said to come from.
fn read(body: &Body) -> Result<(&Value, &str), Error> {
    let location = body::string("request/body/location", body.require("location")?)?;
    Ok((body.require("entity")?, location))
}

fn refusal(error: &impl Serialize) -> Response {
    (
        StatusCode::BAD_REQUEST,
        json_of(&json!({"errors": [error]})),
    )
        .into_response()
}

fn check_location(text: &str) -> Result<(), String> {
    match Location::parse(text).map(|location| location.location_type) {
        Some(LocationType::Url) => Ok(()),
        Some(LocationType::File | LocationType::Other(_)) => Err(format!(
            "Invalid location ref {text}, only 'url:<target>' is supported, e.g. url:https://host/path"
        )),
        None => Err(format!(
            "Unable to parse location ref '{text}', expected '<type>:<target>', e.g. 'url:https://host/path'"
        )),
    }
}
