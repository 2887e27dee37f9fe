//! How pages and the fragments of pages are answered.

use crate::error::Error;
use crate::http::headers::IsPage;
use askama::Template;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::convert::Infallible;

/// A template as an answer: a whole page or a fragment of one.
///
/// What a page shows depends on the person, so nobody else may keep it, and whoever does asks again.
#[derive(Debug)]
pub struct Page<T>(pub T);

impl<T: Template> Page<T> {
    /// Answers with another status than 200.
    pub fn with_status(self, status: StatusCode) -> Response {
        let mut response = self.into_response();
        if response.status() == StatusCode::OK {
            *response.status_mut() = status;
        }
        response
    }
}

impl<T: Template> IntoResponse for Page<T> {
    fn into_response(self) -> Response {
        let html = match self.0.render() {
            Ok(html) => html,
            Err(error) => return Error::internal(error).into_response(),
        };
        let headers = [
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            (header::CACHE_CONTROL, "private, no-cache"),
            (header::VARY, "Cookie, HX-Request"),
        ];
        let mut response = (headers, html).into_response();
        response.extensions_mut().insert(IsPage);
        response
    }
}

/// Whether the caller wants a whole page, or the fragment that changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wants {
    /// The document, for a browser that goes there.
    Page,
    /// What htmx puts into the page that is already there.
    Fragment,
}

impl Wants {
    /// Reads the headers of htmx: it asks for whole pages too, when it follows links and when the
    /// history lost one.
    pub fn of(headers: &HeaderMap) -> Wants {
        let is = |name: &'static str, value: &str| {
            headers
                .get(HeaderName::from_static(name))
                .is_some_and(|found| found == value)
        };
        let is_whole = is("hx-request-type", "full")
            || is("hx-boosted", "true")
            || is("hx-history-restore-request", "true");
        if is("hx-request", "true") && !is_whole {
            Wants::Fragment
        } else {
            Wants::Page
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Wants {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Wants, Infallible> {
        Ok(Wants::of(&parts.headers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_htmx_request_wants_a_fragment() {
        let wants = |pairs: &[(&'static str, &'static str)]| {
            Wants::of(
                &pairs
                    .iter()
                    .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()))
                    .collect(),
            )
        };

        assert_eq!(wants(&[]), Wants::Page);
        assert_eq!(wants(&[("hx-request", "true")]), Wants::Fragment);
        assert_eq!(
            wants(&[("hx-request", "true"), ("hx-request-type", "partial")]),
            Wants::Fragment
        );
        assert_eq!(
            wants(&[("hx-request", "true"), ("hx-boosted", "true")]),
            Wants::Page
        );
        assert_eq!(
            wants(&[
                ("hx-request", "true"),
                ("hx-history-restore-request", "true")
            ]),
            Wants::Page
        );
    }

    #[test]
    fn a_page_is_kept_by_nobody_else() {
        #[derive(Template)]
        #[template(source = "{{ text }}", ext = "html")]
        struct Line {
            text: &'static str,
        }

        let response = Page(Line { text: "<" }).into_response();

        assert_eq!(
            response.headers()[header::CACHE_CONTROL],
            "private, no-cache"
        );
        assert_eq!(response.headers()[header::VARY], "Cookie, HX-Request");
        assert!(response.extensions().get::<IsPage>().is_some());
    }
}
