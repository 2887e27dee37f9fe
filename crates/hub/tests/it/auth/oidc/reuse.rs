//! A refresh token of a session that was exchanged, and is shown by somebody else.

use super::hub;
use super::scripted::Scripted;
use super::visitor::Visitor;
use crate::support::Log;
use jiff::SignedDuration;
use serde_json::json;

const REFRESH: &str = "/api/auth/oidc/refresh?env=production";

const REFUSAL: &str = "Refresh failed; caused by Error: Authentication failed, the refresh token \
                       was exchanged before";

fn tells_of_reuse(line: &serde_json::Value) -> bool {
    line["isAuditEvent"] == true
        && line["eventId"] == "session-reuse"
        && line["status"] == "succeeded"
}

#[tokio::test]
async fn a_popup_that_shows_an_exchanged_refresh_token_ends_the_session_that_had_it() {
    let provider = Scripted::start().await;
    let hub = hub(&provider, json!({})).await;
    provider.script().refresh_token = Some("first".to_owned());
    let mut mara = Visitor::of(&hub);
    mara.pass(&provider, "/sign-in/oidc").await;
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
    assert_eq!(refused.error()["message"], REFUSAL);
    assert_eq!(provider.count("token"), 2, "the provider is not shown it");
    assert_eq!(provider.script().revoked, ["second"]);
    assert_eq!(mara.get("/settings").await.status, 302);
    assert!(log.lines().iter().any(tells_of_reuse), "{:?}", log.lines());
}

/// Somebody with a front end elsewhere, whose refresh token was exchanged twice: `first`,
/// `second`, `third`.
async fn refreshed_twice(provider: &Scripted, hub: &callboard_testkit::TestHub) -> Visitor {
    provider.script().refresh_token = Some("first".to_owned());
    let mut mara = Visitor::of(hub);
    mara.pass(provider, super::START).await;
    for next in ["second", "third"] {
        provider.script().refresh_token = Some(next.to_owned());
        assert_eq!(mara.ask("GET", REFRESH).await.status, 200);
        assert_eq!(mara.jar["oidc-refresh-token"], next);
    }
    mara
}

fn holder_of(token: &str, hub: &callboard_testkit::TestHub) -> Visitor {
    let mut visitor = Visitor::of(hub);
    visitor
        .jar
        .insert("oidc-refresh-token".to_owned(), token.to_owned());
    visitor
}

#[tokio::test]
async fn a_refresh_token_that_another_front_end_exchanged_ends_the_one_that_it_holds() {
    let provider = Scripted::start().await;
    let hub = hub(&provider, json!({})).await;
    let mut mara = refreshed_twice(&provider, &hub).await;
    let asked = provider.count("token");
    hub.clock().advance(SignedDuration::from_secs(31));
    let log = Log::capture();

    let stolen = holder_of("first", &hub).ask("GET", REFRESH).await;
    let own = mara.ask("GET", REFRESH).await;
    let between = holder_of("second", &hub).ask("GET", REFRESH).await;

    for refused in [stolen, own, between] {
        assert_eq!(refused.status, 401);
        assert_eq!(refused.error()["message"], REFUSAL);
    }
    assert_eq!(
        provider.count("token"),
        asked,
        "the provider is shown none of them"
    );
    assert!(log.lines().iter().any(tells_of_reuse), "{:?}", log.lines());
}

#[tokio::test]
async fn tabs_of_another_front_end_may_show_an_exchanged_refresh_token_for_a_moment() {
    let provider = Scripted::start().await;
    let hub = hub(&provider, json!({})).await;
    let mut mara = refreshed_twice(&provider, &hub).await;

    let late = holder_of("second", &hub).ask("GET", REFRESH).await;
    let own = mara.ask("GET", REFRESH).await;

    assert_eq!(late.status, 200, "{}", late.text());
    assert_eq!(own.status, 200, "{}", own.text());
}
