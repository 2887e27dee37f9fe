//! A web site on loopback, to register locations of.

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use callboard_testkit::{TestHub, TestHubBuilder};
use serde_json::json;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

/// A web site whose pages a test changes.
#[derive(Clone)]
pub(crate) struct Site {
    host: String,
    pages: Pages,
}

#[derive(Clone, Default)]
struct Pages(Arc<Mutex<Content>>);

#[derive(Default)]
struct Content {
    pages: BTreeMap<String, String>,
    /// The path and status of each request.
    asked: Vec<(String, u16)>,
}

impl Site {
    pub(crate) async fn start() -> Site {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let pages = Pages::default();
        let router = Router::new().fallback(answer).with_state(pages.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Site { host, pages }
    }

    /// A hub that may read it.
    pub(crate) fn builder(&self) -> TestHubBuilder {
        self.allowed_by(TestHub::builder())
    }

    pub(crate) fn allowed_by(&self, builder: TestHubBuilder) -> TestHubBuilder {
        let allow = json!([{"host": self.host, "allowPrivateAddresses": true}]);
        builder.config(json!({"backend": {"reading": {"allow": allow}}}))
    }

    pub(crate) fn put(&self, path: &str, text: &str) {
        let mut content = self.pages.0.lock().unwrap();
        content.pages.insert(path.to_owned(), text.to_owned());
    }

    pub(crate) fn remove(&self, path: &str) {
        self.pages.0.lock().unwrap().pages.remove(path);
    }

    /// Host and port.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.host)
    }

    /// The statuses of all requests for a page.
    pub(crate) fn asked(&self, path: &str) -> Vec<u16> {
        let content = self.pages.0.lock().unwrap();
        let of_path = content.asked.iter().filter(|(asked, _)| asked == path);
        of_path.map(|(_, status)| *status).collect()
    }
}

async fn answer(State(pages): State<Pages>, uri: Uri, headers: HeaderMap) -> Response {
    let mut content = pages.0.lock().unwrap();
    let found = content.pages.get(uri.path()).cloned();
    let etag = found.as_ref().map(|text| {
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        format!("\"{:x}\"", hasher.finish())
    });
    let is_known = etag.is_some()
        && headers
            .get(header::IF_NONE_MATCH)
            .and_then(|known| known.to_str().ok())
            == etag.as_deref();
    let status = match (&found, is_known) {
        (None, _) => StatusCode::NOT_FOUND,
        (Some(_), true) => StatusCode::NOT_MODIFIED,
        (Some(_), false) => StatusCode::OK,
    };
    content.asked.push((uri.path().to_owned(), status.as_u16()));
    let body = match status {
        StatusCode::OK => found.unwrap_or_default(),
        _ => String::new(),
    };
    (status, [(header::ETAG, etag.unwrap_or_default())], body).into_response()
}
