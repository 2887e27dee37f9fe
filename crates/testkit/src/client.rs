//! Requests to a hub in the same process.

use crate::canary;
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use serde_json::Value;
use std::net::SocketAddr;
use tower::ServiceExt;

/// Sends requests as one caller.
#[derive(Clone)]
pub struct Client {
    router: Router,
    headers: Vec<(String, String)>,
    /// The other end of the socket; absent in process.
    peer: Option<SocketAddr>,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status code; comparable with a number.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl Client {
    /// Sends requests to any router, for tests of what surrounds a request.
    pub fn new(router: Router) -> Client {
        Client {
            router,
            headers: Vec::new(),
            peer: None,
        }
    }

    /// The same client with a bearer token.
    #[must_use]
    pub fn bearer(self, token: &str) -> Client {
        self.header(header::AUTHORIZATION.as_str(), &format!("Bearer {token}"))
    }

    /// The same client with one more header on every request.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Client {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same client behind a socket of this address.
    #[must_use]
    pub fn at(mut self, peer: SocketAddr) -> Client {
        self.peer = Some(peer);
        self
    }

    /// `GET path`.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None, Body::empty()).await
    }

    /// `DELETE path`.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None, Body::empty()).await
    }

    /// `POST path` with a JSON body.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(
            Method::POST,
            path,
            Some("application/json"),
            Body::from(body.to_string()),
        )
        .await
    }

    /// `POST path` with a form, already encoded.
    pub async fn post_form(&self, path: &str, form: &str) -> Answer {
        self.send(
            Method::POST,
            path,
            Some("application/x-www-form-urlencoded"),
            Body::from(form.to_owned()),
        )
        .await
    }

    /// Any request.
    ///
    /// # Panics
    ///
    /// When the path or a header is not valid, and when the answer or the log tells a secret of
    /// the configuration; see [`canary`].
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        content_type: Option<&str>,
        body: Body,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if let Some(content_type) = content_type {
            request = request.header(header::CONTENT_TYPE, content_type);
        }
        let mut request = request.body(body).expect("the test gives a valid request");
        if let Some(peer) = self.peer {
            request.extensions_mut().insert(ConnectInfo(peer));
        }
        let response = match self.router.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX)
            .await
            .expect("a body in memory is readable");
        let answer = Answer {
            status: parts.status,
            headers: parts.headers,
            body: body.to_vec(),
        };
        canary::look_at(path, &answer);
        answer
    }
}

impl Answer {
    /// The body as JSON.
    ///
    /// # Panics
    ///
    /// When it is something else; the message holds the body.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {} {:?}", self.status, self.text()))
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The `error` member of the body.
    pub fn error(&self) -> Value {
        self.json()["error"].clone()
    }

    /// A header's value, empty when it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }
}
