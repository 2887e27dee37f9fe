//! Names the charset of every JSON answer, as Express does.

use axum::http::{HeaderValue, header};
use axum::response::Response;

/// JSON is UTF-8 by definition, but clients that go by the header are told so.
pub fn name(response: &mut Response) {
    if let Some(content_type) = response.headers_mut().get_mut(header::CONTENT_TYPE)
        && content_type == "application/json"
    {
        *content_type = HeaderValue::from_static("application/json; charset=utf-8");
    }
}
