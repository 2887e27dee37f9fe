//! A Node.js backend beside the hub, played by a server that says what it was asked.

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use callboard_testkit::TestHub;
use serde_json::{Value, json};
use tokio::net::TcpListener;

const CATALOG: &str = "
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: ann}
spec: {memberOf: []}
";

/// Serves the plugin `props` for the rest of the test, and gives the address.
async fn backend() -> String {
    let router = Router::new()
        .route("/api/props/tea", get(|| async { StatusCode::IM_A_TEAPOT }))
        .fallback(echo);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

/// Says what was asked, and tries to leave a cookie behind.
async fn echo(request: Request) -> Response {
    let headers = request.headers().clone();
    let asked = request.uri().to_string();
    let method = request.method().to_string();
    let body = axum::body::to_bytes(request.into_body(), 1000)
        .await
        .unwrap();
    let header = |name: &str| headers.get(name).map(|value| value.to_str().unwrap());
    let answer = json!({
        "asked": format!("{method} {asked}"),
        "accept": header("accept"),
        "body": String::from_utf8(body.to_vec()).unwrap(),
        "cookie": header("cookie"),
        "token": header("authorization").map(claims),
    });
    let headers = [("set-cookie", "a=b"), ("x-props", "of the plugin")];
    (headers, answer.to_string()).into_response()
}

/// What a bearer token says, without its times and the token within.
fn claims(authorization: &str) -> Value {
    let payload = authorization.split('.').nth(1).unwrap();
    let mut claims: Value =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
    let within = claims["obo"].as_str().map(claims_of_user);
    json!({"sub": claims["sub"].take(), "aud": claims["aud"].take(), "user": within})
}

fn claims_of_user(token: &str) -> Value {
    claims(token)["sub"].clone()
}

async fn hub(address: &str) -> TestHub {
    TestHub::builder()
        .catalog(CATALOG)
        .config(json!({"callboard": {"sidecars": [{"url": address, "plugins": ["props"]}]}}))
        .start()
        .await
}

#[tokio::test]
async fn what_is_asked_of_a_sidecar_is_passed_on_with_a_token_of_the_hub() {
    let hub = hub(&backend().await).await;
    let ann = hub.user("user:default/ann").await;
    let ann = ann
        .header("cookie", "session=1")
        .header("accept", "text/csv");

    let anonymous = hub.anonymous().get("/api/props/list").await;
    let of_user = ann.post("/api/props/list?page=2", &json!({"a": 1})).await;
    let of_service = hub.service().get("/api/props").await;
    let tea = ann.get("/api/props/tea").await;
    let away = ann.get("/api/props/../other").await;

    assert_eq!(anonymous.status, 401);
    assert_eq!(of_user.status, 200);
    assert_eq!(of_user.headers["x-props"], "of the plugin");
    assert!(!of_user.headers.contains_key("set-cookie"));
    assert_eq!(
        of_user.json(),
        json!({
            "asked": "POST /api/props/list?page=2",
            "accept": "text/csv",
            "body": r#"{"a":1}"#,
            "cookie": null,
            "token": {"sub": "auth", "aud": "props", "user": "user:default/ann"},
        })
    );
    assert_eq!(
        of_service.json()["token"],
        json!({"sub": "auth", "aud": "props", "user": null})
    );
    assert_eq!(tea.status, 418);
    assert_eq!(away.status, 404);
}

#[tokio::test]
async fn a_sidecar_that_is_away_is_an_error_of_its_plugin_only() {
    let hub = hub("http://127.0.0.1:9").await;
    let ann = hub.user("user:default/ann").await;

    let answer = ann.get("/api/props/list").await;

    assert_eq!(answer.status, 503);
    assert_eq!(
        answer.json()["error"]["message"],
        "plugin 'props' does not answer"
    );
    assert_eq!(ann.get("/api/catalog/entities").await.status, 200);
}
