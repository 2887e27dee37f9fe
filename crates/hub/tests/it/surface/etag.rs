//! Tests of `ETag` and 304.

use axum::body::Body;
use axum::http::Method;
use callboard_testkit::TestHub;

const PATH: &str = "/api/catalog/entities?limit=1";

#[tokio::test]
async fn a_client_that_has_the_answer_is_told_so() {
    let hub = TestHub::start().await;

    let first = hub.service().get(PATH).await;
    let tag = first.header("etag");
    let again = hub.service().header("if-none-match", tag).get(PATH).await;
    let among = hub
        .service()
        .header("if-none-match", &format!("\"other\", {tag}"))
        .get(PATH)
        .await;
    let stale = hub
        .service()
        .header("if-none-match", "W/\"2-stale\"")
        .get(PATH)
        .await;

    assert!(tag.starts_with("W/\"2-"), "{tag}");
    assert_eq!((again.status.as_u16(), again.text().as_str()), (304, ""));
    assert_eq!(again.header("etag"), tag);
    assert_eq!(again.header("content-type"), "");
    assert_eq!(again.header("x-content-type-options"), "nosniff");
    assert_eq!(among.status, 304);
    assert_eq!((stale.status.as_u16(), stale.text().as_str()), (200, "[]"));
}

#[tokio::test]
async fn an_answer_to_a_write_or_a_refusal_is_never_304() {
    let hub = TestHub::start().await;

    let anything = hub.service().header("if-none-match", "*");
    let written = anything
        .post(
            "/api/catalog/entities/by-refs",
            &serde_json::json!({"entityRefs": []}),
        )
        .await;
    let missing = anything.get("/api/catalog/entities/by-uid/nothing").await;

    assert_eq!(written.status, 200);
    assert_eq!(missing.status, 404);
}

#[tokio::test]
async fn head_has_no_tag_of_the_body_that_it_lacks() {
    let hub = TestHub::start().await;

    let answer = hub
        .service()
        .send(Method::HEAD, PATH, None, Body::empty())
        .await;

    assert_eq!((answer.status.as_u16(), answer.text().as_str()), (200, ""));
    assert_eq!(answer.header("etag"), "");
}
