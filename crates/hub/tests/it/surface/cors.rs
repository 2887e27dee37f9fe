//! Tests of requests from other origins.

use super::surrounded;
use axum::Router;
use axum::body::Body;
use axum::http::Method;
use axum::routing::get;
use callboard_testkit::{Answer, Client, TestHub};
use serde_json::{Value, json};

fn client(cors: &Value) -> Client {
    let router = Router::new().route("/", get(|| async { "hello" }));
    surrounded(router, &json!({"cors": cors}))
}

async fn preflight(client: &Client, origin: &str) -> Answer {
    let client = client
        .clone()
        .header("origin", origin)
        .header("access-control-request-method", "PUT")
        .header("access-control-request-headers", "authorization,x-one");
    client.send(Method::OPTIONS, "/", None, Body::empty()).await
}

#[tokio::test]
async fn a_preflight_of_an_allowed_origin_is_answered_at_once() {
    let client = client(&json!({
        "origin": "https://hub.example", "methods": ["GET", "PUT"], "credentials": true, "maxAge": 600,
    }));

    let answer = preflight(&client, "https://hub.example").await;

    assert_eq!((answer.status.as_u16(), answer.text().as_str()), (204, ""));
    assert_eq!(
        answer.header("access-control-allow-origin"),
        "https://hub.example"
    );
    assert_eq!(answer.header("access-control-allow-methods"), "GET,PUT");
    assert_eq!(
        answer.header("access-control-allow-headers"),
        "authorization,x-one"
    );
    assert_eq!(answer.header("access-control-allow-credentials"), "true");
    assert_eq!(answer.header("access-control-max-age"), "600");
    assert_eq!(answer.header("x-frame-options"), "SAMEORIGIN");
}

#[tokio::test]
async fn configured_headers_and_status_replace_the_defaults() {
    let client = client(&json!({
        "origin": "https://hub.example", "allowedHeaders": "X-Two, X-Three", "exposedHeaders": ["Link"],
        "optionsSuccessStatus": 200,
    }));

    let answer = preflight(&client, "https://hub.example").await;
    let plain = client
        .header("origin", "https://hub.example")
        .get("/")
        .await;

    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.header("access-control-allow-methods"),
        "GET,HEAD,PUT,PATCH,POST,DELETE"
    );
    assert_eq!(
        answer.header("access-control-allow-headers"),
        "X-Two,X-Three"
    );
    assert_eq!(answer.header("access-control-allow-credentials"), "");
    assert_eq!(plain.header("access-control-expose-headers"), "Link");
}

#[tokio::test]
async fn origins_are_patterns_in_any_case_that_stay_within_a_host() {
    let client = client(&json!({"origin": ["https://*.hub.example", "http://localhost:*"]}));

    for allowed in [
        "https://a.hub.example",
        "https://A.HUB.example",
        "http://localhost:3000",
    ] {
        let answer = client.clone().header("origin", allowed).get("/").await;

        assert_eq!(answer.header("access-control-allow-origin"), allowed);
        assert_eq!(answer.header("vary"), "Origin", "{allowed}");
    }
    for foreign in [
        "https://hub.example",
        "https://evil.example/.hub.example",
        "http://a.hub.example",
        "null",
    ] {
        let answer = client.clone().header("origin", foreign).get("/").await;

        assert_eq!(
            (answer.status.as_u16(), answer.text().as_str()),
            (200, "hello"),
            "{foreign}"
        );
        assert_eq!(
            answer.header("access-control-allow-origin"),
            "",
            "{foreign}"
        );
    }
}

#[tokio::test]
async fn a_preflight_of_another_origin_meets_the_barrier() {
    let allowed = json!({"backend": {"cors": {"origin": "https://hub.example"}}});
    let hub = TestHub::builder().config(allowed).start().await;
    let from = |origin: &str| {
        hub.anonymous()
            .header("origin", origin)
            .header("access-control-request-method", "GET")
    };

    let foreign = from("https://evil.example")
        .send(
            Method::OPTIONS,
            "/api/catalog/entities",
            None,
            Body::empty(),
        )
        .await;
    let known = from("https://hub.example")
        .send(
            Method::OPTIONS,
            "/api/catalog/entities",
            None,
            Body::empty(),
        )
        .await;

    assert_eq!(foreign.status, 401);
    assert_eq!(foreign.header("access-control-allow-origin"), "");
    assert_eq!(known.status, 204);
}

#[tokio::test]
async fn without_configuration_there_are_no_headers() {
    let client = surrounded(
        Router::new().route("/", get(|| async { "hello" })),
        &json!({}),
    );

    let answer = client
        .header("origin", "https://hub.example")
        .get("/")
        .await;

    assert_eq!(answer.status, 200);
    assert!(
        !answer
            .headers
            .keys()
            .any(|name| name.as_str().starts_with("access-control-")),
        "{:?}",
        answer.headers
    );
}

#[tokio::test]
async fn a_refusal_can_be_read_by_an_allowed_origin() {
    let allowed = json!({"backend": {"cors": {"origin": "https://hub.example"}}});
    let hub = TestHub::builder().config(allowed).start().await;

    let answer = hub
        .anonymous()
        .header("origin", "https://hub.example")
        .get("/api/catalog/entities")
        .await;

    assert_eq!(answer.status, 401);
    assert_eq!(
        answer.header("access-control-allow-origin"),
        "https://hub.example"
    );
}
