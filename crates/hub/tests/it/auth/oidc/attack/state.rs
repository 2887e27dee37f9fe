//! Codes and states of others, and places where nobody wants to go.

use super::super::scripted::Scripted;
use super::super::visitor::{Visitor, members, posted, refusal, state_of};
use super::super::{START, hub, stage};
use serde_json::json;

#[tokio::test]
async fn a_code_counts_once() {
    let (provider, hub, mut browser) = stage().await;
    let started = browser.start(START).await;
    let code = provider.agree(&started.location);
    let mut thief = Visitor::of(&hub);
    thief.jar = browser.jar.clone();
    posted(&browser.back(&started.state, &code).await);

    let again = refusal(&browser.back(&started.state, &code).await);
    let stolen = refusal(&thief.back(&started.state, &code).await);

    assert!(
        again
            .1
            .contains("did not find expected authorization request details"),
        "{again:?}"
    );
    assert_eq!(
        stolen.1,
        "Authentication failed, invalid_grant (the test says so)"
    );
}

#[tokio::test]
async fn a_state_of_another_browser_finishes_nothing_here() {
    let provider = Scripted::start().await;
    let hub = hub(&provider, json!({})).await;
    let mut attacker = Visitor::of(&hub);
    let theirs = attacker.start(START).await;
    let code = provider.agree(&theirs.location);

    let mut victim = Visitor::of(&hub);
    let bare = refusal(&victim.back(&theirs.state, &code).await);
    victim.start(START).await;
    let started = refusal(&victim.back(&theirs.state, &code).await);
    // Even a nonce that a neighbour host plants does not help.
    let nonce = attacker.jar["oidc-nonce"].clone();
    victim.jar.insert("oidc-nonce".to_owned(), nonce);
    let planted = refusal(&victim.back(&theirs.state, &code).await);

    let not_allowed = |message: &str| ("NotAllowedError".to_owned(), message.to_owned());
    assert_eq!(bare, not_allowed("Auth response is missing cookie nonce"));
    assert_eq!(started, not_allowed("Invalid nonce"));
    assert!(
        planted
            .1
            .contains("did not find expected authorization request details")
    );
    assert_eq!(provider.count("token"), 0);
}

#[tokio::test]
async fn a_state_that_was_changed_finishes_nothing() {
    let (provider, _hub, mut browser) = stage().await;
    let started = browser.start(START).await;
    let code = provider.agree(&started.location);
    let changed = |name: &str, value: &str| {
        let mut members = members(&started.state);
        members.insert(name.to_owned(), value.to_owned());
        state_of(&members)
    };

    let scope = refusal(&browser.back(&changed("scope", "everything"), &code).await);
    let origin = refusal(
        &browser
            .back(&changed("origin", "https://evil.example"), &code)
            .await,
    );
    let broken = refusal(&browser.back(&changed("origin", "evil"), &code).await);
    let own = browser.back(&changed("flow", "callboard"), &code).await;

    assert!(
        scope
            .1
            .contains("did not find expected authorization request details"),
        "{scope:?}"
    );
    assert_eq!(origin.1, "Origin 'https://evil.example' is not allowed");
    assert_eq!(broken.1, "App origin is invalid, failed to parse");
    assert_eq!(
        (own.status.as_u16(), own.header("location")),
        (303, "/sign-in/failed")
    );
    assert!(browser.session().is_none());
    assert_eq!(provider.count("token"), 0);
}

#[tokio::test]
async fn a_sign_in_for_a_front_end_gives_no_session_of_the_pages_and_the_other_way_round() {
    let (provider, _hub, mut browser) = stage().await;
    let page = browser.start("/sign-in/oidc").await;
    let code = provider.agree(&page.location);
    let mut as_popup = members(&page.state);
    as_popup.remove("flow");
    let nonce = as_popup["nonce"].clone();
    browser.jar.insert("oidc-nonce".to_owned(), nonce);

    let answer = browser.back(&state_of(&as_popup), &code).await;

    assert!(
        refusal(&answer)
            .1
            .contains("did not find expected authorization request details")
    );
    let forged = browser
        .get(&format!("{START}&flow=callboard").replace("flow=popup&", ""))
        .await;
    let state = url::Url::parse(forged.header("location")).unwrap();
    let state = state
        .query_pairs()
        .find(|(name, _)| name == "state")
        .unwrap()
        .1
        .into_owned();
    assert!(!members(&state).contains_key("flow"));
}

#[tokio::test]
async fn a_state_that_cannot_be_read_is_refused_before_anything_else() {
    let (_provider, _hub, mut browser) = stage().await;

    let plain = browser
        .get("/api/auth/oidc/handler/frame?state=zz&code=a")
        .await;
    let named = browser
        .get("/api/auth/oidc/handler/frame?env=production&state=zz&code=a")
        .await;
    let nothing = browser.get("/api/auth/oidc/handler/frame").await;

    assert_eq!(plain.status, 403);
    assert_eq!(
        plain.error(),
        json!({"name": "NotAllowedError", "message": "OAuth state is invalid, missing env"})
    );
    assert_eq!(refusal(&named).1, "OAuth state is invalid, missing env");
    assert_eq!(nothing.status, 400);
}

#[tokio::test]
async fn nobody_is_redirected_to_another_site() {
    let (provider, _hub, mut browser) = stage().await;
    let encode =
        |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();

    for target in [
        "https://evil.example/",
        "//evil.example",
        "http://localhost:3000@evil.example/",
        "http://localhost:3000.evil.example/",
        "http://localhost:30001/",
        "https://localhost:3000/",
        "javascript:alert(1)",
        "data:text/html,x",
        "/relative",
        "http://evil.example\\@localhost:3000/",
        "",
    ] {
        let path = format!("{START}&flow=redirect&redirectUrl={}", encode(target));
        let path = path.replace("flow=popup&", "");
        let answer = browser.get(&path).await;
        assert_eq!(answer.status, 403, "{target}");
        // Nor does a page of ours lead anywhere else.
        if target == "/relative" {
            continue;
        }
        let page = browser
            .start(&format!("/sign-in/oidc?redirect={}", encode(target)))
            .await;
        let code = provider.agree(&page.location);
        let answer = browser.back(&page.state, &code).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("location")),
            (303, "/"),
            "{target}"
        );
    }
}

#[tokio::test]
async fn an_answer_of_another_issuer_is_not_exchanged() {
    let provider = Scripted::start().await;
    provider.script().metadata = json!({"authorization_response_iss_parameter_supported": true});
    let hub = hub(&provider, json!({})).await;
    let back = async |more: &str| {
        let mut browser = Visitor::of(&hub);
        let started = browser.start(START).await;
        let code = provider.agree(&started.location);
        posted(&browser.back(&started.state, &format!("{code}{more}")).await).0
    };

    let other = back("&iss=https%3A%2F%2Fevil.example").await;
    let none = back("").await;
    let own = back("&iss=https%3A%2F%2Fissuer.example%2Fpool").await;

    assert_eq!(
        other["error"]["message"],
        "Authentication failed, iss mismatch"
    );
    assert_eq!(
        none["error"]["message"],
        "Authentication failed, iss missing from the response"
    );
    assert!(own.get("response").is_some(), "{own}");
}
