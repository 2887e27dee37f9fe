//! Refresh and sign-out of other front ends.

use super::START;
use super::hub;
use super::scripted::{REFRESH_TOKEN, Scripted};
use super::visitor::{Visitor, posted};
use callboard_testkit::TestHub;
use serde_json::json;

const REFRESH: &str = "/api/auth/oidc/refresh?env=production";
const LOGOUT: &str = "/api/auth/oidc/logout?env=production";

async fn signed_in(provider: &Scripted, hub: &TestHub) -> Visitor {
    let mut browser = Visitor::of(hub);
    let (message, _) = posted(&browser.pass(provider, START).await);
    assert!(message.get("response").is_some(), "{message}");
    browser
}

#[tokio::test]
async fn a_refresh_gives_the_session_anew_and_keeps_a_token_that_is_not_rotated() {
    let provider = Scripted::start().await;
    let hub = hub(&provider, json!({})).await;
    let mut browser = signed_in(&provider, &hub).await;
    provider.script().refresh_token = None;

    let answer = browser.ask("GET", REFRESH).await;

    assert_eq!(answer.status, 200, "{}", answer.text());
    let session = answer.json();
    assert_eq!(session["profile"]["displayName"], "Mara Lindqvist");
    assert_eq!(session["providerInfo"]["scope"], "openid profile email");
    assert_eq!(
        session["backstageIdentity"]["identity"]["userEntityRef"],
        "user:default/mara"
    );
    let set: Vec<&str> = answer
        .headers
        .get_all("set-cookie")
        .iter()
        .map(|cookie| cookie.to_str().unwrap().split('=').next().unwrap())
        .collect();
    assert_eq!(set, ["oidc-granted-scope"]);
    assert_eq!(browser.jar["oidc-refresh-token"], REFRESH_TOKEN);
}

#[tokio::test]
async fn a_rotated_token_replaces_the_one_before() {
    let provider = Scripted::start().await;
    let hub = hub(&provider, json!({})).await;
    let mut browser = signed_in(&provider, &hub).await;
    provider.script().refresh_token = Some("rotated".to_owned());

    let answer = browser.ask("POST", REFRESH).await;

    assert_eq!(answer.status, 200);
    assert_eq!(browser.jar["oidc-refresh-token"], "rotated");
}

#[tokio::test]
async fn tabs_that_refresh_at_once_show_a_rotated_token_once() {
    let provider = Scripted::start().await;
    let hub = hub(&provider, json!({})).await;
    let browser = signed_in(&provider, &hub).await;
    provider.script().refresh_token = Some("rotated".to_owned());
    let tab = browser
        .client()
        .header("x-requested-with", "XMLHttpRequest");

    let (one, two, three) = tokio::join!(tab.get(REFRESH), tab.get(REFRESH), tab.get(REFRESH));
    let late = tab.get(REFRESH).await;

    for answer in [one, two, three, late] {
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    assert_eq!(provider.count("token"), 2, "one code, one refresh token");
}

#[tokio::test]
async fn a_refresh_that_fails_is_401_whatever_the_reason() {
    let provider = Scripted::start().await;
    let hub = hub(&provider, json!({})).await;
    let mut stranger = Visitor::of(&hub);
    let mut browser = signed_in(&provider, &hub).await;

    let plain = browser.get(REFRESH).await;
    let without = stranger.ask("GET", REFRESH).await;
    provider.script().userinfo.as_mut().unwrap()["email"] = json!("gone@lantern.example");
    let gone = browser.ask("GET", REFRESH).await;
    provider.script().revoked.push(REFRESH_TOKEN.to_owned());
    let revoked = browser.ask("GET", REFRESH).await;

    let of = |answer: &callboard_testkit::Answer| {
        assert_eq!(answer.status, 401);
        assert_eq!(answer.error()["name"], "AuthenticationError");
        answer.error()["message"].as_str().unwrap().to_owned()
    };
    assert_eq!(of(&plain), "Invalid X-Requested-With header");
    assert_eq!(
        of(&without),
        "Refresh failed; caused by InputError: Missing session cookie"
    );
    assert!(
        of(&gone).starts_with("Refresh failed; caused by Error: Sign in failed: User not found"),
        "{}",
        of(&gone)
    );
    assert_eq!(
        of(&revoked),
        "Refresh failed; caused by Error: Authentication failed, invalid_grant (the test says so)"
    );
}

#[tokio::test]
async fn a_refreshed_id_token_of_another_person_is_not_believed() {
    let provider = Scripted::start().await;
    let hub = hub(&provider, json!({})).await;
    let mut browser = signed_in(&provider, &hub).await;
    provider.script().claims = json!({"sub": "4712"});

    let answer = browser.ask("GET", REFRESH).await;

    assert_eq!(answer.status, 401);
    assert!(
        answer.text().contains("userinfo sub mismatch"),
        "{}",
        answer.text()
    );
}

#[tokio::test]
async fn another_site_neither_refreshes_nor_signs_out() {
    let provider = Scripted::start().await;
    let hub = hub(&provider, json!({})).await;
    let browser = signed_in(&provider, &hub).await;
    let evil = browser
        .client()
        .header("x-requested-with", "XMLHttpRequest")
        .header("origin", "https://evil.example");

    let refresh = evil.post_form(REFRESH, "").await;
    let logout = evil.post_form(LOGOUT, "").await;

    assert_eq!(refresh.status, 401);
    assert!(
        refresh
            .text()
            .contains("Origin 'https://evil.example' is not allowed")
    );
    assert_eq!(logout.status, 403);
    assert_eq!(provider.count("revoke"), 0);
}

#[tokio::test]
async fn signing_out_revokes_the_token_and_clears_the_cookies() {
    let provider = Scripted::start().await;
    let hub = hub(&provider, json!({})).await;
    let mut browser = signed_in(&provider, &hub).await;

    let plain = browser.client().post_form(LOGOUT, "").await;
    let answer = browser.ask("POST", LOGOUT).await;

    assert_eq!(plain.status, 401);
    assert_eq!(
        (answer.status.as_u16(), answer.text()),
        (200, String::new())
    );
    assert_eq!(provider.script().revoked, [REFRESH_TOKEN]);
    assert!(!browser.jar.contains_key("oidc-refresh-token"));
    assert!(!browser.jar.contains_key("oidc-granted-scope"));
}

#[tokio::test]
async fn signing_out_works_when_the_provider_cannot_be_told() {
    let provider = Scripted::start().await;
    let hub = hub(&provider, json!({})).await;
    let mut browser = signed_in(&provider, &hub).await;
    drop(provider);

    let answer = browser.ask("POST", LOGOUT).await;

    assert_eq!(answer.status, 200);
    assert!(!browser.jar.contains_key("oidc-refresh-token"));
}
