//! Tests of compressed answers.

use super::surrounded;
use axum::Router;
use axum::routing::get;
use callboard_testkit::Client;
use serde_json::json;

fn client() -> Client {
    let router = Router::new()
        .route(
            "/long",
            get(|| async { "all the world's a stage ".repeat(100) }),
        )
        .route("/short", get(|| async { "all the world's a stage" }));
    surrounded(router, &json!({}))
}

#[tokio::test]
async fn a_long_answer_is_compressed_when_that_is_asked_for() {
    for (accepted, encoding) in [("gzip", "gzip"), ("br", "br"), ("gzip, deflate, br", "br")] {
        let answer = client()
            .header("accept-encoding", accepted)
            .get("/long")
            .await;

        assert_eq!(answer.header("content-encoding"), encoding);
        assert!(answer.body.len() < 1024, "{accepted}");
        assert!(
            answer
                .header("vary")
                .to_ascii_lowercase()
                .contains("accept-encoding"),
            "{accepted}"
        );
    }
}

#[tokio::test]
async fn nothing_is_compressed_unasked_or_below_a_kilobyte() {
    let unasked = client().get("/long").await;
    let short = client()
        .header("accept-encoding", "gzip")
        .get("/short")
        .await;

    assert_eq!(
        (unasked.header("content-encoding"), unasked.body.len()),
        ("", 2400)
    );
    assert_eq!(short.header("content-encoding"), "");
    assert_eq!(short.text(), "all the world's a stage");
}
