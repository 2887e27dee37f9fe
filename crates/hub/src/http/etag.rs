//! A weak `ETag` on every JSON answer with a body, and 304 for a client that has it already.

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use foldhash::quality::FixedState;
use std::hash::{BuildHasher, Hasher};

/// What of a request matters for the tag of its answer.
pub struct Known {
    method: Method,
    /// The tags of what the client has already.
    tags: Option<HeaderValue>,
}

impl Known {
    /// Reads a request.
    pub fn of(request: &Request) -> Known {
        Known {
            method: request.method().clone(),
            tags: request.headers().get(header::IF_NONE_MATCH).cloned(),
        }
    }
}

/// Tags an answer; generic to the HTTP layer, as in the original.
pub async fn add(known: Known, response: Response) -> Response {
    // The answer to HEAD has lost the body that the tag would be made of.
    if known.method == Method::HEAD
        || !is_json(response.headers())
        || response.headers().contains_key(header::ETAG)
    {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let bytes = match axum::body::to_bytes(body, usize::MAX).await {
        Ok(bytes) => bytes,
        // Our JSON bodies are whole in memory, so reading one cannot fail.
        Err(error) => {
            tracing::error!(plugin = "hub", error = %error, "an answer's body could not be read");
            Bytes::new()
        }
    };
    let etag = etag(&bytes);
    let is_known = known.method == Method::GET
        && parts.status.is_success()
        && known.tags.is_some_and(|tags| names(&tags, &etag));
    if let Ok(value) = HeaderValue::from_str(&etag) {
        parts.headers.insert(header::ETAG, value);
    }
    if is_known {
        parts.status = StatusCode::NOT_MODIFIED;
        parts.headers.remove(header::CONTENT_TYPE);
        parts.headers.remove(header::CONTENT_LENGTH);
        return Response::from_parts(parts, Body::empty());
    }
    Response::from_parts(parts, Body::from(bytes))
}

fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    content_type.is_some_and(|value| value.starts_with("application/json"))
}

/// Length and hash. Nobody gains by another body with the same tag: it would be his own that a
/// client does not ask for again, so the hash may be a fast one. It is the same in every process.
fn etag(body: &[u8]) -> String {
    let mut hasher = FixedState::default().build_hasher();
    hasher.write(body);
    let digest = hasher.finish().to_be_bytes();
    format!("W/\"{:x}-{}\"", body.len(), STANDARD_NO_PAD.encode(digest))
}

/// Whether an `If-None-Match` header names `etag`; strength does not matter.
fn names(header: &HeaderValue, etag: &str) -> bool {
    let Ok(text) = header.to_str() else {
        return false;
    };
    let bare = etag.trim_start_matches("W/");
    text.split(',')
        .map(str::trim)
        .any(|known| known == "*" || known.trim_start_matches("W/") == bare)
}
