//! What surrounds every request, and what is told about it.

mod compression;
mod cors;
mod error;
mod etag;
mod gate;
mod header;
mod log;
mod manual;
mod metric;
mod monitoring;
mod server;
mod tls;

use axum::Router;
use callboard_config::Config;
use callboard_hub::clock::SystemClock;
use callboard_hub::http::surround;
use callboard_testkit::Client;
use serde_json::{Value, json};
use std::sync::Arc;

/// A router of the test within everything that surrounds a request, with `backend` as configured.
fn surrounded(router: Router, backend: &Value) -> Client {
    let mut backend = backend.clone();
    backend["baseUrl"] = json!("http://localhost:7007");
    let config = Config::from_value(json!({"backend": backend}));
    let router = surround(
        router,
        &config,
        &prometheus::Registry::new(),
        Arc::new(SystemClock),
    )
    .unwrap();
    Client::new(router)
}
