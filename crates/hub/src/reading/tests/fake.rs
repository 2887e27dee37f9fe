//! A Git host on loopback.

use super::*;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, Response, header};
use serde_json::json;
use std::collections::HashMap;

/// A host that answers from a table, and remembers what it was asked.
#[derive(Clone)]
pub(super) struct Fake {
    pub(super) host: String,
    answers: Arc<Mutex<HashMap<String, Answer>>>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

#[derive(Clone)]
struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Asked {
    /// Path and query.
    pub(super) path: String,
    pub(super) authorization: Option<String>,
    pub(super) accept: Option<String>,
}

impl Fake {
    pub(super) async fn start() -> Fake {
        let answers: Arc<Mutex<HashMap<String, Answer>>> = Arc::default();
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (table, log) = (answers.clone(), asked.clone());
        let router = Router::new().fallback(move |request: Request| async move {
            let path = request.uri().path_and_query().unwrap().to_string();
            log.lock().unwrap().push(Asked {
                authorization: text_of(request.headers(), header::AUTHORIZATION),
                accept: text_of(request.headers(), header::ACCEPT),
                path: path.clone(),
            });
            let known = table.lock().unwrap().get(&path).cloned();
            let Some(answer) = known else {
                return Response::builder().status(404).body(Body::empty()).unwrap();
            };
            let etag = answer.headers.iter().find(|(name, _)| *name == "etag");
            let was_known = text_of(request.headers(), header::IF_NONE_MATCH);
            let is_known = etag.is_some() && was_known.as_ref() == etag.map(|(_, etag)| etag);
            let status = if is_known { 304 } else { answer.status };
            let mut response = Response::builder().status(status);
            for (name, value) in answer.headers {
                response = response.header(name, value);
            }
            response.body(Body::from(answer.body)).unwrap()
        });
        Fake {
            host: serve(router).await,
            answers,
            asked,
        }
    }

    pub(super) fn on(&self, path: &str, body: impl Into<Vec<u8>>) -> &Fake {
        self.answer(path, 200, &[], body)
    }

    pub(super) fn answer(
        &self,
        path: &str,
        status: u16,
        headers: &[(&'static str, &str)],
        body: impl Into<Vec<u8>>,
    ) -> &Fake {
        let headers = headers
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()));
        let answer = Answer {
            status,
            headers: headers.collect(),
            body: body.into(),
        };
        self.answers.lock().unwrap().insert(path.to_owned(), answer);
        self
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.host)
    }

    /// What was asked since the last time.
    pub(super) fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }

    pub(super) fn paths(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.path).collect()
    }

    pub(super) fn authorization(&self) -> Vec<Option<String>> {
        self.asked()
            .into_iter()
            .map(|asked| asked.authorization)
            .collect()
    }

    /// A reader that knows this host by an entry of `integrations`, and may reach it.
    pub(super) fn reader(&self, kind: &str, entry: Value) -> Reader {
        self.reader_at(kind, entry, Hand::new())
    }

    pub(super) fn reader_at(&self, kind: &str, mut entry: Value, clock: Hand) -> Reader {
        entry["host"] = self.host.clone().into();
        if entry["baseUrl"].is_null() {
            entry["baseUrl"] = self.url("").into();
        }
        let config = json!({
            "integrations": {kind: [entry]},
            "backend": {"reading": {"allow": [
                {"host": self.host, "paths": ["/elsewhere"], "allowPrivateAddresses": true},
            ]}},
        });
        reader_at(config, Arc::default(), clock)
    }
}

fn text_of(headers: &HeaderMap, name: header::HeaderName) -> Option<String> {
    Some(headers.get(name)?.to_str().unwrap().to_owned())
}
