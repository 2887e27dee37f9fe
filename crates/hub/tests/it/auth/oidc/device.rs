//! Programs that somebody let in whom the provider signed in.

use super::hub;
use super::scripted::{REFRESH_TOKEN, Scripted};
use super::visitor::Visitor;
use crate::pages::csrf_of;
use callboard_testkit::{Answer, TestHub};
use jiff::SignedDuration;
use serde_json::{Value, json};

const OAUTH: &str = "/api/callboard/v1/oauth";
const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// Mara, signed in with a browser, and what the program holds that she let in.
async fn let_in(provider: &Scripted, hub: &TestHub) -> (Visitor, Value) {
    let mut mara = Visitor::of(hub);
    mara.pass(provider, "/sign-in/oidc").await;
    let apply = format!("{OAUTH}/device_authorization");
    let codes = hub
        .anonymous()
        .post_form(&apply, "client_id=cli")
        .await
        .json();
    let page = mara.get("/device").await;
    let form = format!(
        "_csrf={}&decision=approve&code={}",
        csrf_of(&page),
        codes["user_code"].as_str().unwrap()
    );
    let approved = mara.client().post_form("/device/decide", &form).await;
    assert_eq!(approved.status, 200, "{}", approved.text());
    let form = format!(
        "grant_type={DEVICE_GRANT}&device_code={}",
        codes["device_code"].as_str().unwrap()
    );
    let tokens = hub
        .anonymous()
        .post_form(&format!("{OAUTH}/token"), &form)
        .await;
    assert_eq!(tokens.status, 200, "{}", tokens.text());
    (mara, tokens.json())
}

async fn refresh(hub: &TestHub, tokens: &Value) -> Answer {
    let token = tokens["refresh_token"].as_str().unwrap();
    let form = format!("grant_type=refresh_token&refresh_token={token}");
    let path = format!("{OAUTH}/token");
    hub.anonymous().post_form(&path, &form).await
}

/// Lets `hours` go by for hub and provider.
fn wait(hub: &TestHub, provider: &Scripted, hours: i64) {
    hub.clock().advance(SignedDuration::from_hours(hours));
    provider.script().claims = json!({"iat": hub.now(), "exp": hub.now() + 3600});
}

#[tokio::test]
async fn the_provider_is_asked_through_a_browser_of_the_person() {
    let provider = Scripted::start().await;
    let hub = hub(&provider, json!({})).await;
    let (mut mara, tokens) = let_in(&provider, &hub).await;
    let asked = provider.count("token");

    wait(&hub, &provider, 1);
    let refreshed = refresh(&hub, &tokens).await;

    assert_eq!(refreshed.status, 200, "{}", refreshed.text());
    assert_eq!(provider.count("token"), asked + 1);
    assert_eq!(mara.get("/settings").await.status, 200);
    assert_eq!(provider.count("token"), asked + 1, "the page knows it, too");
}

#[tokio::test]
async fn a_program_ends_when_the_provider_does_not_know_its_person_any_more() {
    let provider = Scripted::start().await;
    let hub = hub(&provider, json!({})).await;
    let (mut mara, tokens) = let_in(&provider, &hub).await;
    provider.script().revoked.push(REFRESH_TOKEN.to_owned());

    wait(&hub, &provider, 1);
    let refused = refresh(&hub, &tokens).await;

    assert_eq!(
        (refused.status.as_u16(), refused.json()["error"].clone()),
        (400, json!("invalid_grant"))
    );
    assert_eq!(mara.get("/settings").await.status, 302);
}

#[tokio::test]
async fn what_the_page_heard_ends_the_program_too() {
    let provider = Scripted::start().await;
    let hub = hub(&provider, json!({})).await;
    let (mut mara, tokens) = let_in(&provider, &hub).await;
    provider.script().revoked.push(REFRESH_TOKEN.to_owned());

    wait(&hub, &provider, 1);
    assert_eq!(mara.get("/settings").await.status, 302);

    let refused = refresh(&hub, &tokens).await;
    assert_eq!(refused.json()["error"], "invalid_grant");
}

#[tokio::test]
async fn without_a_browser_a_program_goes_on_for_as_long_as_a_session_might() {
    let provider = Scripted::start().await;
    let hub = hub(&provider, json!({})).await;
    let (mut mara, tokens) = let_in(&provider, &hub).await;
    let csrf = csrf_of(&mara.get("/settings").await);
    let out = mara
        .client()
        .post_form("/sign-out", &format!("_csrf={csrf}"))
        .await;
    assert_eq!(out.status, 303);

    wait(&hub, &provider, 6 * 24);
    let tokens = refresh(&hub, &tokens).await;
    assert_eq!(tokens.status, 200, "{}", tokens.text());
    wait(&hub, &provider, 24);
    let refused = refresh(&hub, &tokens.json()).await;

    assert_eq!(refused.json()["error"], "invalid_grant");
}
