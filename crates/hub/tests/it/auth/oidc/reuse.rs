//! A refresh token of a session that was exchanged, and is shown by somebody else.

use super::hub;
use super::scripted::Scripted;
use super::visitor::Visitor;
use crate::support::Log;
use jiff::SignedDuration;
use serde_json::json;

#[tokio::test]
async fn a_popup_that_shows_an_exchanged_refresh_token_ends_the_session_that_had_it() {
    let provider = Scripted::start().await;
    let hub = hub(&provider, json!({})).await;
    provider.script().refresh_token = Some("first".to_owned());
    let mut mara = Visitor::of(&hub);
    let started = mara.start("/sign-in/oidc").await;
    let code = provider.agree(&started.location);
    mara.back(&started.state, &code).await;
    hub.clock().advance(SignedDuration::from_mins(61));
    provider.script().refresh_token = Some("second".to_owned());
    provider.script().claims = json!({"iat": hub.now(), "exp": hub.now() + 3600});
    assert_eq!(mara.get("/settings").await.status, 200);
    assert_eq!(provider.count("token"), 2, "the first one was exchanged");
    hub.clock().advance(SignedDuration::from_secs(31));
    let mut thief = Visitor::of(&hub);
    thief
        .jar
        .insert("oidc-refresh-token".to_owned(), "first".to_owned());
    let log = Log::capture();

    let refused = thief
        .ask("GET", "/api/auth/oidc/refresh?env=production")
        .await;
    provider.hears_of_an_end().await;

    assert_eq!(refused.status, 401);
    assert_eq!(
        refused.error()["message"],
        "Refresh failed; caused by Error: Authentication failed, the refresh token was exchanged \
         before"
    );
    assert_eq!(provider.count("token"), 2, "the provider is not shown it");
    assert_eq!(provider.script().revoked, ["second"]);
    assert_eq!(mara.get("/settings").await.status, 302);
    let is_told = |line: &serde_json::Value| {
        line["isAuditEvent"] == true
            && line["eventId"] == "session-reuse"
            && line["status"] == "succeeded"
    };
    assert!(log.lines().iter().any(is_told), "{:?}", log.lines());
}
