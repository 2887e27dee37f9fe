//! Tests of health and of the gate before, while and after the hub runs.

use super::surrounded;
use axum::Router;
use axum::routing::get;
use callboard_hub::http::gate::Gate;
use callboard_testkit::{Client, TestHub};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

fn client(gate: &Gate) -> Client {
    surrounded(gate.clone().into_router(), &json!({}))
}

fn stage() -> Router {
    Router::new().route("/", get(|| async { "curtain up" }))
}

#[tokio::test]
async fn liveness_answers_at_any_time_and_readiness_while_the_hub_runs() {
    let gate = Gate::default();
    let client = client(&gate);
    let readiness = async || {
        let answer = client.get("/.backstage/health/v1/readiness").await;
        let (liveness, healthcheck) = (
            client.get("/.backstage/health/v1/liveness").await,
            client.get("/healthcheck").await,
        );
        for alive in [liveness, healthcheck] {
            assert_eq!(
                (alive.status.as_u16(), alive.text().as_str()),
                (200, r#"{"status":"ok"}"#)
            );
        }
        (answer.status.as_u16(), answer.text())
    };

    let before = readiness().await;
    gate.open(stage());
    let running = readiness().await;
    gate.drain().await;
    let after = readiness().await;

    assert_eq!(
        before,
        (
            503,
            r#"{"message":"Backend has not started yet","status":"error"}"#.to_owned()
        )
    );
    assert_eq!(running, (200, r#"{"status":"ok"}"#.to_owned()));
    assert_eq!(
        after,
        (
            503,
            r#"{"message":"Backend is shutting down","status":"error"}"#.to_owned()
        )
    );
}

#[tokio::test]
async fn health_of_a_running_hub_needs_no_credentials() {
    let hub = TestHub::start().await;

    for path in [
        "/.backstage/health/v1/readiness",
        "/healthcheck",
        "/api/permission/health",
    ] {
        let answer = hub.anonymous().get(path).await;

        assert_eq!(
            (answer.status.as_u16(), answer.text().as_str()),
            (200, r#"{"status":"ok"}"#),
            "{path}"
        );
        assert_eq!(
            answer.header("content-type").split(';').next(),
            Some("application/json"),
            "{path}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_waits_five_seconds_for_the_start() {
    let gate = Gate::default();
    let started = Instant::now();

    let answer = client(&gate).get("/").await;

    assert_eq!(started.elapsed().as_secs(), 5);
    assert_eq!(answer.status, 503);
    insta::assert_json_snapshot!(answer.json(), @r#"
    {
      "error": {
        "name": "ServiceUnavailableError",
        "message": "Service has not started up yet"
      },
      "request": {
        "method": "GET",
        "url": "/"
      },
      "response": {
        "statusCode": 503
      }
    }
    "#);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_waits_is_answered_by_the_hub_once_it_runs() {
    let gate = Gate::default();
    let client = client(&gate);

    let (answer, ()) = tokio::join!(client.get("/"), async {
        tokio::time::sleep(Duration::from_secs(3)).await;
        gate.open(stage());
    });

    assert_eq!(
        (answer.status.as_u16(), answer.text().as_str()),
        (200, "curtain up")
    );
}

#[tokio::test]
async fn a_stopping_hub_turns_new_requests_away_and_cannot_be_opened_again() {
    let gate = Gate::default();
    let client = client(&gate);
    gate.open(stage());
    gate.drain().await;
    gate.open(stage());

    let answer = client.get("/").await;

    assert_eq!(answer.status, 503);
    assert_eq!(
        answer.error(),
        json!({"name": "ServiceUnavailableError", "message": "Service is shutting down"})
    );
}

#[tokio::test]
async fn a_hub_that_leaves_answers_and_says_that_it_leaves() {
    let gate = Gate::default();
    gate.open(Router::new().route("/", get(async || "bows")));
    let client = client(&gate);

    gate.leave();
    let answer = client.get("/").await;
    let readiness = client.get("/.backstage/health/v1/readiness").await;
    let liveness = client.get("/.backstage/health/v1/liveness").await;

    assert_eq!(answer.text(), "bows");
    assert_eq!(answer.header("connection"), "close");
    assert_eq!(readiness.status, 503);
    assert_eq!(liveness.status, 200);
}

#[tokio::test]
async fn draining_waits_for_the_request_under_way() {
    let (entered, finish) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let gate = Gate::default();
    let slow = {
        let (entered, finish) = (entered.clone(), finish.clone());
        get(move || async move {
            entered.notify_one();
            finish.notified().await;
            "bows"
        })
    };
    gate.open(Router::new().route("/", slow));
    let client = client(&gate);

    let under_way = tokio::spawn(async move { client.get("/").await });
    entered.notified().await;
    let drained = tokio::spawn(async move { gate.drain().await });
    tokio::task::yield_now().await;
    let waits = !drained.is_finished();
    finish.notify_one();
    let answer = under_way.await.unwrap();
    drained.await.unwrap();

    assert!(waits);
    assert_eq!(answer.text(), "bows");
}
