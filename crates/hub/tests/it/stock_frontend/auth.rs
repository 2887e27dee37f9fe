//! Guest sign-in, as an unmodified front end asks for it.

use super::{Frontend, is_open};
use serde_json::json;

#[tokio::test]
async fn a_guest_signs_in() {
    let frontend = Frontend::start().await;

    let answer = frontend.get("/api/auth/guest/refresh").await;

    let identity = &answer.json()["backstageIdentity"];
    assert_eq!(identity["identity"]["userEntityRef"], "user:default/guest");
    assert_eq!(
        identity["identity"]["ownershipEntityRefs"],
        json!(["user:default/guest", "group:default/stage"])
    );
}

#[tokio::test]
async fn user_info_tells_the_ownership() {
    let frontend = Frontend::start().await;

    let answer = frontend.get("/api/auth/v1/userinfo").await;

    let ownership = json!(["user:default/guest", "group:default/stage"]);
    assert_eq!(
        answer.json(),
        json!({"claims": {"sub": "user:default/guest", "ent": ownership}})
    );
}

#[tokio::test]
async fn the_list_of_users_is_offered() {
    let frontend = Frontend::start().await;

    let answer = frontend.get("/api/licensed-users-info/health").await;

    assert_eq!(
        (answer.status.as_u16(), answer.json()),
        (200, json!({"status": "ok"}))
    );
}

#[tokio::test]
async fn a_refusal_can_be_read_by_the_page() {
    let frontend = Frontend::start().await;

    let answer = frontend.browser.get("/api/catalog/entities").await;

    assert_eq!(answer.status, 401);
    is_open(&answer, "entities");
    let foreign = frontend
        .hub
        .anonymous()
        .header("origin", "https://evil.example");
    let foreign = foreign.get("/api/auth/guest/refresh").await;
    assert_eq!(foreign.header("access-control-allow-origin"), "");
}
