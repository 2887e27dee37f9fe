//! Reads a JSON body with the errors of the original.

use crate::error::Error;
use axum::body::Bytes;
use axum::extract::{FromRequest, OptionalFromRequest, Request};
use axum::http::{StatusCode, header};
use serde_json::Value;

/// The largest JSON body of an ordinary route, in bytes.
pub const LIMIT_BYTES: usize = 100 * 1024;

/// The JSON body of a request; `null` when there is none or its content type is not JSON.
///
/// Broken JSON is 400 `SyntaxError`, a body over [`LIMIT_BYTES`] 413.
#[derive(Debug)]
pub struct JsonBody(pub Value);

impl<S: Send + Sync> FromRequest<S> for JsonBody {
    type Rejection = Error;

    async fn from_request(request: Request, _state: &S) -> Result<JsonBody, Error> {
        Ok(JsonBody(read(request).await?.unwrap_or_default()))
    }
}

/// Nothing when the request has no body; a body whose content type is not JSON is `null`.
impl<S: Send + Sync> OptionalFromRequest<S> for JsonBody {
    type Rejection = Error;

    async fn from_request(request: Request, _state: &S) -> Result<Option<JsonBody>, Error> {
        Ok(read(request).await?.map(JsonBody))
    }
}

async fn read(request: Request) -> Result<Option<Value>, Error> {
    let content_type = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let is_json = content_type.is_some_and(|value| {
        let essence = value.split(';').next().unwrap_or_default().trim();
        essence.eq_ignore_ascii_case("application/json")
    });
    let body = axum::body::to_bytes(request.into_body(), LIMIT_BYTES)
        .await
        .map_err(|_| too_large())?;
    if body.is_empty() {
        return Ok(None);
    }
    Ok(Some(if is_json { parse(&body)? } else { Value::Null }))
}

fn parse(body: &Bytes) -> Result<Value, Error> {
    serde_json::from_slice(body).map_err(|error| Error::Named {
        status: StatusCode::BAD_REQUEST,
        name: "SyntaxError",
        message: format!("the request body is not valid JSON: {error}"),
    })
}

/// 413, as the original says it.
pub(crate) fn too_large() -> Error {
    Error::Named {
        status: StatusCode::PAYLOAD_TOO_LARGE,
        name: "PayloadTooLargeError",
        message: "request entity too large".to_owned(),
    }
}
