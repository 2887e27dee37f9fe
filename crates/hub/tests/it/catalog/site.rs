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
use tokio::sync::watch;

/// A web site whose pages a test changes.
#[derive(Clone)]
pub(crate) struct Site {
    host: String,
    pages: Pages,
}

#[derive(Clone, Default)]
struct Pages {
    content: Arc<Mutex<Content>>,
    /// Whether nobody is answered at the moment.
    is_held: watch::Sender<bool>,
}

#[derive(Default)]
struct Content {
    pages: BTreeMap<String, String>,
    /// The path and status of each request.
    asked: Vec<(String, u16)>,
    /// How many requests came while nobody was answered.
    held: usize,
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
        let mut content = self.pages.content.lock().unwrap();
        content.pages.insert(path.to_owned(), text.to_owned());
    }

    pub(crate) fn remove(&self, path: &str) {
        self.pages.content.lock().unwrap().pages.remove(path);
    }

    /// Lets everybody who asks from now on wait for their answers.
    pub(crate) fn hold(&self) {
        self.pages.is_held.send_replace(true);
    }

    /// Answers those who wait, and everybody after them.
    pub(crate) fn release(&self) {
        self.pages.is_held.send_replace(false);
    }

    /// How many have had to wait.
    pub(crate) fn held(&self) -> usize {
        self.pages.content.lock().unwrap().held
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
        let content = self.pages.content.lock().unwrap();
        let of_path = content.asked.iter().filter(|(asked, _)| asked == path);
        of_path.map(|(_, status)| *status).collect()
    }
}

async fn answer(State(pages): State<Pages>, uri: Uri, headers: HeaderMap) -> Response {
    let mut is_held = pages.is_held.subscribe();
    if *is_held.borrow() {
        pages.content.lock().unwrap().held += 1;
    }
    is_held.wait_for(|is_held| !is_held).await.unwrap();
    let mut content = pages.content.lock().unwrap();
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
