//! Tests of log lines: their form, and what never stands in them.

use super::surrounded;
use crate::support::Log;
use axum::Router;
use axum::routing::get;
use callboard_config::Config;
use callboard_hub::http::gate::Gate;
use callboard_hub::http::surround;
use callboard_testkit::{Client, ManualClock, TestHub};
use serde_json::{Value, json};
use std::sync::Arc;

#[tokio::test]
async fn a_request_leaves_one_line_in_the_form_of_web_servers() {
    let log = Log::capture();
    let clock = ManualClock::at("2026-11-21T18:03:17Z".parse().unwrap());
    let config = Config::from_value(json!({"backend": {"baseUrl": "http://localhost:7007"}}));
    let gate = Gate::default();
    gate.open(Router::new().route("/play", get(|| async { "bows" })));
    let router = surround(
        gate.into_router(),
        &config,
        &prometheus::Registry::new(),
        Arc::new(clock),
    )
    .unwrap();
    let client = Client::new(router).header("user-agent", "curl/8.5.0 \"x\"");

    client.get("/play?act=1").await;
    client
        .header("referer", "https://hub.example/")
        .get("/elsewhere")
        .await;

    let lines = log.of_type("incomingRequest");
    let messages: Vec<&Value> = lines.iter().map(|line| &line["message"]).collect();
    assert_eq!(
        messages,
        [
            r#"[21/Nov/2026:18:03:17 +0000] "GET /play?act=1 HTTP/1.1" 200 4 "-" "curl/8.5.0 \"x\"""#,
            r#"[21/Nov/2026:18:03:17 +0000] "GET /elsewhere HTTP/1.1" 404 - "https://hub.example/" "curl/8.5.0 \"x\"""#,
        ]
    );
    for line in &lines {
        assert_eq!(
            (&line["level"], &line["service"]),
            (&json!("info"), &json!("rootHttpRouter"))
        );
        assert_eq!(line["plugin"], Value::Null);
    }
}

#[tokio::test]
async fn probes_and_scrapes_leave_no_line() {
    let log = Log::capture();
    let hub = TestHub::start().await;

    for path in [
        "/healthcheck",
        "/.backstage/health/v1/liveness",
        "/.backstage/health/v1/readiness",
        "/metrics",
    ] {
        hub.anonymous().get(path).await;
    }

    assert_eq!(log.of_type("incomingRequest"), [] as [Value; 0]);
}

#[tokio::test]
async fn every_line_is_one_json_object_whatever_the_message_holds() {
    let log = Log::capture();

    tracing::info!(target: "callboard", plugin = "catalog", file = "a\nb", "first\nsecond \u{2028} \"third\" \u{1b}[31m");
    tracing::warn!(target: "callboard", "no plugin");

    let lines = log.lines();
    assert_eq!(lines.len(), 2);
    assert_eq!(
        lines[0]["message"],
        "first\nsecond \u{2028} \"third\" \u{1b}[31m"
    );
    assert_eq!(lines[0]["file"], "a\nb");
    let fields: Vec<&String> = lines[1].as_object().unwrap().keys().collect();
    assert_eq!(
        fields,
        ["level", "message", "plugin", "service", "timestamp"]
    );
    assert_eq!(
        (&lines[1]["plugin"], &lines[1]["service"]),
        (&json!("hub"), &json!("backstage"))
    );
}

#[tokio::test]
async fn a_secret_never_reaches_the_log() {
    let log = Log::capture_without(&["hush-hush", "two\nlines"]);
    let client = surrounded(Router::new(), &json!({}));

    client
        .header("user-agent", "hush-hush")
        .get("/?token=hush-hush")
        .await;
    tracing::info!(target: "callboard", error = ?"two\nlines", list = "say two\nlines", "it is hush-hush");

    assert!(!log.text().contains("hush"), "{}", log.text());
    let lines = log.lines();
    assert!(
        lines[0]["message"]
            .as_str()
            .unwrap()
            .contains("GET /?token=*** "),
        "{}",
        lines[0]
    );
    assert_eq!(
        (&lines[1]["error"], &lines[1]["list"]),
        (&json!("\"***\""), &json!("say ***"))
    );
}

#[tokio::test]
async fn libraries_are_heard_from_warnings_on() {
    let log = Log::capture();

    tracing::info!(target: "hyper::proto", "chatter");
    tracing::warn!(target: "hyper::proto", "trouble");

    let messages: Vec<Value> = log
        .lines()
        .into_iter()
        .map(|line| line["message"].clone())
        .collect();
    assert_eq!(messages, ["trouble"]);
}
