//! What the provider hears when a session of our pages ends.

use super::scripted::Scripted;
use super::visitor::Visitor;
use super::{builder, hub};
use crate::pages::csrf_of;
use callboard_testkit::TestHub;
use serde_json::json;

/// Mara with a browser, whom the provider gave `token`.
async fn signed_in(provider: &Scripted, hub: &TestHub, token: &str) -> Visitor {
    provider.script().refresh_token = Some(token.to_owned());
    let mut browser = Visitor::of(hub);
    browser.pass(provider, "/sign-in/oidc").await;
    assert!(browser.session().is_some());
    browser
}

async fn sign_out(browser: &mut Visitor) {
    let form = format!("_csrf={}", csrf_of(&browser.get("/settings").await));
    let out = browser.client().post_form("/sign-out", &form).await;
    assert_eq!(
        (out.status.as_u16(), out.header("location")),
        (303, "/?signed-out")
    );
}

#[tokio::test]
async fn signing_out_revokes_the_refresh_token_once() {
    let provider = Scripted::start().await;
    let hub = hub(&provider, json!({})).await;
    let mut laptop = signed_in(&provider, &hub, "laptop").await;
    let mut phone = signed_in(&provider, &hub, "phone").await;

    sign_out(&mut laptop).await;
    provider.hears_of_an_end().await;
    assert_eq!(laptop.client().post_form("/sign-out", "").await.status, 303);
    sign_out(&mut phone).await;
    provider.hears_of_an_end().await;

    assert_eq!(provider.script().revoked, ["laptop", "phone"]);
    assert_eq!(provider.count("revoke"), 2);
}

#[tokio::test]
async fn sessions_that_a_manager_ends_are_revoked_too() {
    let provider = Scripted::start().await;
    let hub = builder(&provider, &json!({}))
        .policy_csv(
            "p, role:default/keepers, callboard.session.manage, use, allow
g, user:default/otto, role:default/keepers",
        )
        .start()
        .await;
    signed_in(&provider, &hub, "laptop").await;
    signed_in(&provider, &hub, "phone").await;
    let otto = hub.user("user:default/otto").await;

    let ended = otto
        .delete("/api/callboard/v1/users/default/mara/sessions")
        .await;
    provider.hears_of_an_end().await;
    provider.hears_of_an_end().await;

    assert_eq!(ended.json(), json!({"ended": 2}));
    let mut revoked = provider.script().revoked.clone();
    revoked.sort();
    assert_eq!(revoked, ["laptop", "phone"]);
}

#[tokio::test]
async fn a_session_that_somebody_elses_sign_in_ends_is_revoked_too() {
    let provider = Scripted::start().await;
    let hub = hub(&provider, json!({})).await;
    let mut browser = signed_in(&provider, &hub, "of-mara").await;
    provider.script().refresh_token = Some("of-otto".to_owned());
    provider.script().userinfo.as_mut().unwrap()["email"] = json!("otto@lantern.example");

    browser.pass(&provider, "/sign-in/oidc").await;
    provider.hears_of_an_end().await;

    assert_eq!(provider.script().revoked, ["of-mara"]);
}

#[tokio::test]
async fn a_provider_that_cannot_be_told_keeps_nobody_signed_in() {
    let provider = Scripted::start().await;
    let hub = hub(&provider, json!({})).await;
    let mut browser = signed_in(&provider, &hub, "laptop").await;
    drop(provider);

    sign_out(&mut browser).await;

    assert_eq!(browser.get("/settings").await.status, 302);
}
