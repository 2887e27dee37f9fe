//! Sign-in by our own pages.

use super::scripted::Scripted;
use super::visitor::Visitor;
use super::{builder, environment, hub, stage};
use serde_json::json;

#[tokio::test]
async fn somebody_signs_in_and_lands_on_the_page_that_they_asked_for() {
    let (provider, _hub, mut browser) = stage().await;

    let deep = browser.get("/catalog?limit=20").await;
    assert_eq!(
        deep.header("location"),
        "/?redirect=%2Fcatalog%3Flimit%3D20"
    );
    let door = browser.get(deep.header("location")).await.text();
    let href = "/sign-in/oidc?redirect=%2Fcatalog%3Flimit%3D20";
    assert!(
        door.contains(&format!("href=\"{href}\" data-door=\"on\"")),
        "{door}"
    );
    assert!(!door.contains("Enter as a guest"));
    let back = browser.pass(&provider, href).await;

    assert_eq!(
        (back.status.as_u16(), back.header("location")),
        (303, "/catalog?limit=20")
    );
    assert!(browser.session().is_some());
    let settings = browser.get("/settings").await;
    assert_eq!(settings.status, 200);
    assert!(settings.text().contains("user:default/mara"));
    assert!(
        !browser.jar.contains_key("oidc-refresh-token"),
        "our pages need no token in the browser"
    );
}

#[tokio::test]
async fn several_tabs_sign_in_at_once() {
    let (provider, _hub, mut browser) = stage().await;

    let mut tabs = Vec::new();
    for tab in 0..4 {
        tabs.push(
            browser
                .start(&format!("/sign-in/oidc?redirect=%2Fcatalog%3Ftab%3D{tab}"))
                .await,
        );
    }
    for (tab, started) in tabs.iter().enumerate() {
        let code = provider.agree(&started.location);
        let back = browser.back(&started.state, &code).await;
        assert_eq!(back.header("location"), format!("/catalog?tab={tab}"));
    }
}

#[tokio::test]
async fn the_page_does_not_go_straight_on_after_signing_out_or_where_there_is_a_choice() {
    let provider = Scripted::start().await;
    let one = hub(&provider, json!({})).await;
    let asks = hub(&provider, json!({"prompt": "login"})).await;
    let several = builder(&provider, &json!({}))
        .config(
            json!({"signInPage": ["lantern", "oidc"], "auth": {"providers": {
                "lantern": {"production": environment(&provider, &json!({"title": "Lantern SSO"}))},
            }}}),
        )
        .start()
        .await;
    let page = async |hub: &callboard_testkit::TestHub, path: &str| {
        Visitor::of(hub).get(path).await.text()
    };

    assert!(page(&one, "/").await.contains("data-door=\"on\""));
    assert!(
        !page(&one, "/?signed-out")
            .await
            .contains("data-door=\"on\"")
    );
    assert!(!page(&asks, "/").await.contains("data-door=\"on\""));
    let choice = page(&several, "/").await;
    assert!(!choice.contains("data-door=\"on\""));
    let (first, second) = (
        choice.find("Continue with Lantern SSO").unwrap(),
        choice.find("Continue with single sign-on").unwrap(),
    );
    assert!(first < second);
}

#[tokio::test]
async fn somebody_without_a_user_is_told_which_claim_found_none_and_what_to_do() {
    let provider = Scripted::start().await;
    let hub = hub(
        &provider,
        json!({"signIn": {"resolvers": [
            {"resolver": "oidcSubClaimMatchingPingIdentityUserId"},
            {"resolver": "emailMatchingUserEntityProfileEmail"},
        ]}}),
    )
    .await;
    provider.script().userinfo.as_mut().unwrap()["email"] = json!("<eve>@lantern.example");
    let mut browser = Visitor::of(&hub);
    let started = browser.start("/sign-in/oidc?redirect=%2Fcatalog").await;
    let code = provider.agree(&started.location);

    let back = browser.back(&started.state, &code).await;
    let page = browser.get(back.header("location")).await;

    assert_eq!(
        (back.status.as_u16(), back.header("location")),
        (303, "/sign-in/failed")
    );
    assert_eq!(page.status, 403);
    let text = page.text();
    assert!(text.contains("role=\"alert\""));
    assert!(
        text.contains("You are known to single sign-on, but the catalog has no user for you yet."),
        "{text}"
    );
    assert!(text.contains("emailMatchingUserEntityProfileEmail: the claim email is “&#60;eve&#62;@lantern.example”"), "{text}");
    assert!(text.contains("metadata.annotations.pingidentity.org/id"));
    assert!(text.contains("auth.providers.oidc.production.signIn.resolvers"));
    assert!(
        text.contains("href=\"/sign-in/oidc?redirect=%2Fcatalog\""),
        "the way back is kept"
    );
    assert!(!text.contains("data-door=\"on\""));
    assert!(browser.session().is_none());
}

#[tokio::test]
async fn every_failure_has_its_words_and_its_status() {
    let provider = Scripted::start().await;
    let hub = hub(&provider, json!({})).await;
    let failed = async |query: &str| {
        let mut browser = Visitor::of(&hub);
        let started = browser.start("/sign-in/oidc").await;
        let path = format!(
            "/api/auth/oidc/handler/frame?state={}&{query}",
            started.state
        );
        let back = browser.get(&path).await;
        let page = browser.get(back.header("location")).await;
        (page.status.as_u16(), page.text())
    };

    let (status, denied) = failed("error=access_denied&error_description=%3Cb%3Eno").await;
    assert_eq!(status, 403);
    assert!(
        denied.contains("Single sign-on did not sign you in: access_denied (&#60;b&#62;no)."),
        "{denied}"
    );
    let (status, wrong) = failed("code=wrong").await;
    assert_eq!(status, 403);
    assert!(
        wrong.contains("The answer of single sign-on could not be believed."),
        "{wrong}"
    );
    provider.script().status = Some(axum::http::StatusCode::BAD_GATEWAY);
    let (status, down) = failed("code=any").await;
    assert_eq!(status, 503);
    assert!(
        down.contains("Single sign-on cannot be reached at the moment."),
        "{down}"
    );
}

#[tokio::test]
async fn a_page_of_failure_without_one_leads_nowhere_by_itself() {
    let (_provider, _hub, mut browser) = stage().await;

    let expired = browser.get("/sign-in/failed").await;
    let unknown = browser.get("/sign-in/magic").await;

    assert_eq!(expired.status, 200);
    assert!(!expired.text().contains("data-door=\"on\""));
    assert_eq!(unknown.status, 404);
    assert!(
        unknown
            .text()
            .contains("There is no such way to sign in: magic.")
    );
}

#[tokio::test]
async fn in_production_there_is_no_guest() {
    let (_provider, _hub, mut browser) = stage().await;

    let page = browser.get("/").await.text();

    assert!(!page.contains("/sign-in/guest"), "{page}");
}

#[tokio::test]
async fn signing_in_ends_the_session_that_the_browser_had() {
    let (provider, hub, mut browser) = stage().await;
    let enter = async |browser: &mut Visitor| {
        browser.pass(&provider, "/sign-in/oidc").await;
        browser.session().unwrap().clone()
    };
    browser
        .jar
        .insert("callboard-session".to_owned(), "planted".to_owned());

    let first = enter(&mut browser).await;
    let second = enter(&mut browser).await;

    assert!(first != "planted" && first != second);
    let mut old = Visitor::of(&hub);
    old.jar.insert("callboard-session".to_owned(), first);
    assert_eq!(old.get("/settings").await.status, 302);
}

#[tokio::test]
async fn the_cookie_of_a_sign_in_is_bound_to_the_host_and_tells_nothing() {
    let provider = Scripted::start().await;
    let hub = builder(&provider, &json!({}))
        .config(json!({"backend": {"baseUrl": "https://hub.example.com"}}))
        .start()
        .await;
    let mut browser = Visitor::of(&hub);

    let started = browser.start("/sign-in/oidc").await;

    let cookie = started.answer.header("set-cookie");
    assert!(cookie.starts_with("__Host-callboard-flow-"), "{cookie}");
    assert!(
        cookie.contains("; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=600"),
        "{cookie}"
    );
    assert!(started.location.contains(
        "redirect_uri=https%3A%2F%2Fhub.example.com%2Fapi%2Fauth%2Foidc%2Fhandler%2Fframe"
    ));
}
