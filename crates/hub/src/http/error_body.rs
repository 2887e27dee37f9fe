//! Writes the body of an error answer, which repeats the request's method and URL.

use crate::error::{Error, Failure};
use axum::Json;
use axum::body::HttpBody;
use axum::http::{Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use rand::RngExt;
use serde::Serialize;

/// The body of an error under `/api`, as Backstage sends it.
#[derive(Serialize)]
struct ErrorBody<'a> {
    error: ErrorObject<'a>,
    request: RequestObject<'a>,
    response: ResponseObject,
}

#[derive(Serialize)]
struct ErrorObject<'a> {
    name: &'a str,
    message: &'a str,
}

#[derive(Serialize)]
struct RequestObject<'a> {
    method: &'a str,
    url: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResponseObject {
    status_code: u16,
}

/// Turns a [`Failure`] that nothing within rendered into the wire's error body; `method` and `uri`
/// are those of the request.
pub fn write(method: &Method, uri: &Uri, mut response: Response) -> Response {
    let Some(Failure(error)) = response.extensions_mut().remove::<Failure>() else {
        return response;
    };
    if matches!(*error, Error::NoRoute) {
        // It is set for a path that has other methods; a 404 does not speak of them.
        response.headers_mut().remove(header::ALLOW);
        return response;
    }
    let (status, name) = error.wire();
    let message = message(&error, status, method, uri);
    let body = ErrorBody {
        error: ErrorObject {
            name,
            message: &message,
        },
        request: RequestObject {
            method: method.as_str(),
            url: request_url(uri, status),
        },
        response: ResponseObject {
            status_code: status.as_u16(),
        },
    };
    let (json, content) = Json(&body).into_response().into_parts();
    let (mut parts, _) = response.into_parts();
    parts.headers.extend(json.headers);
    let content_type = header::HeaderValue::from_static("application/json; charset=utf-8");
    parts.headers.insert(header::CONTENT_TYPE, content_type);
    let length = content.size_hint().exact().map(header::HeaderValue::from);
    match length {
        Some(length) => parts.headers.insert(header::CONTENT_LENGTH, length),
        None => parts.headers.remove(header::CONTENT_LENGTH),
    };
    Response::from_parts(parts, content)
}

/// What the caller is told. A fault of ours is named by its log id only.
fn message(error: &Error, status: StatusCode, method: &Method, uri: &Uri) -> String {
    match error {
        Error::Internal(source) => format!(
            "An internal error occurred logId={}",
            report(source.as_ref(), method, uri)
        ),
        told => {
            report_told(told, status, method, uri);
            told.to_string()
        }
    }
}

/// Logs a failure of the hub that the caller is told in full, with the cause that he is not told.
pub(crate) fn report_told(error: &Error, status: StatusCode, method: &Method, uri: &Uri) {
    let (number, path) = (status.as_u16(), uri.path());
    let cause = std::error::Error::source(error).map(chain);
    if status == StatusCode::INTERNAL_SERVER_ERROR {
        tracing::error!(plugin = "hub", r#type = "errorHandler", %method, path, cause, "Request failed with status {number} {error}");
    } else if status.is_server_error() {
        // Something that is needed is away, or is not offered: no fault of the hub.
        tracing::warn!(plugin = "hub", r#type = "errorHandler", %method, path, cause, "Request failed with status {number} {error}");
    }
}

/// Logs a fault of ours with its whole chain and gives the id by which the log has it.
pub(crate) fn report(
    source: &(dyn std::error::Error + 'static),
    method: &Method,
    uri: &Uri,
) -> String {
    let log_id = log_id();
    tracing::error!(
        plugin = "hub", r#type = "errorHandler", logId = log_id, method = %method, path = uri.path(),
        cause = chain(source),
        "Request failed with status 500 An internal error occurred",
    );
    log_id
}

/// An error and all that caused it, outermost first.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let chain = std::iter::successors(Some(error), |error| error.source());
    chain
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

#[expect(
    clippy::disallowed_methods,
    reason = "a log id has to be unique, nothing more"
)]
fn log_id() -> String {
    let bytes: [u8; 10] = rand::rng().random();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The URL in the body: the catalog's and the permission plugin's own errors are relative to the
/// plugin; those of the barrier, and of every other plugin, are whole.
fn request_url(uri: &Uri, status: StatusCode) -> &str {
    let whole = uri.path_and_query().map_or("/", |whole| whole.as_str());
    if status == StatusCode::UNAUTHORIZED {
        return whole;
    }
    let relative = whole
        .strip_prefix("/api/catalog")
        .or_else(|| whole.strip_prefix("/api/permission"));
    match relative {
        Some(relative) if relative.starts_with('/') => relative,
        Some("") => "/",
        _ => whole,
    }
}
