//! What somebody might try with codes and refresh tokens, and does not get.

use super::{
    Browser, CATALOG, DEVICE_GRANT, OAUTH, PAUSE, SESSIONS, apply, asks, house, let_in,
    oauth_error, poll, refresh, text,
};
use callboard_testkit::TestHub;
use jiff::SignedDuration;

async fn token_error(hub: &TestHub, form: &str) -> (u16, String) {
    let path = format!("{OAUTH}/token");
    oauth_error(&hub.anonymous().post_form(&path, form).await)
}

#[tokio::test]
async fn a_person_who_guesses_codes_is_stopped() {
    let hub = house().start().await;
    let browser = Browser::sign_in(&hub).await;
    let codes = apply(&hub).await;

    for _ in 0..10 {
        let wrong = browser.post("/device", "code=BBBB-BBBB").await;
        assert_eq!(wrong.status, 422);
    }
    let stopped = browser.post("/device", "code=BBBB-BBBC").await;
    let right = browser.decide(text(&codes, "user_code"), "approve").await;

    assert_eq!(stopped.status, 429);
    assert_eq!(
        right.status, 429,
        "a hit among many guesses counts for nothing"
    );
    assert_eq!(
        oauth_error(&poll(&hub, &codes).await),
        (400, "authorization_pending".into())
    );
}

#[tokio::test]
async fn another_site_cannot_let_a_program_in() {
    let hub = house().start().await;
    let browser = Browser::sign_in(&hub).await;
    let codes = apply(&hub).await;
    let code = text(&codes, "user_code");
    let fields = format!("code={code}&decision=approve");

    let bare = browser.client.post_form("/device/decide", &fields).await;
    let wrong = format!("_csrf={}x&{fields}", browser.csrf);
    let wrong = browser.client.post_form("/device/decide", &wrong).await;
    let theirs = browser
        .client
        .clone()
        .header("sec-fetch-site", "cross-site");
    let form = format!("_csrf={}&{fields}", browser.csrf);
    let theirs = theirs.post_form("/device/decide", &form).await;
    let by_link = browser
        .client
        .get(&format!("/device/decide?{fields}"))
        .await;
    let outside = hub.anonymous().post_form("/device/decide", &form).await;

    for answer in [bare, wrong, theirs] {
        assert_eq!(answer.status, 403, "{}", answer.text());
    }
    assert_eq!(by_link.status, 404);
    assert_eq!(outside.status, 302, "nobody is signed in there");
    assert_eq!(
        oauth_error(&poll(&hub, &codes).await),
        (400, "authorization_pending".into())
    );
}

#[tokio::test]
async fn a_link_alone_lets_nothing_in() {
    let hub = house().start().await;
    let browser = Browser::sign_in(&hub).await;
    let codes = apply(&hub).await;

    let page = browser
        .client
        .get(&format!("/device?code={}", text(&codes, "user_code")))
        .await;
    let evil = browser
        .client
        .get("/device?code=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
        .await;

    assert_eq!(page.status, 200);
    assert!(!evil.text().contains("<script>alert"), "{}", evil.text());
    assert_eq!(
        oauth_error(&poll(&hub, &codes).await),
        (400, "authorization_pending".into())
    );
}

#[tokio::test]
async fn a_program_that_is_denied_or_late_gets_nothing() {
    let hub = house().start().await;
    let browser = Browser::sign_in(&hub).await;
    let (denied, late) = (apply(&hub).await, apply(&hub).await);

    let answer = browser.decide(text(&denied, "user_code"), "deny").await;
    assert!(answer.text().contains("is not let in"), "{}", answer.text());
    assert_eq!(
        oauth_error(&poll(&hub, &denied).await),
        (400, "access_denied".into())
    );
    let changed = browser.decide(text(&denied, "user_code"), "approve").await;
    assert_eq!(changed.status, 422, "what is decided is decided");
    assert_eq!(
        oauth_error(&poll(&hub, &denied).await),
        (400, "access_denied".into())
    );

    hub.clock().advance(SignedDuration::from_mins(10));
    assert_eq!(
        oauth_error(&poll(&hub, &late).await),
        (400, "expired_token".into())
    );
    let too_late = browser.decide(text(&late, "user_code"), "approve").await;
    assert_eq!(too_late.status, 422);
}

#[tokio::test]
async fn a_program_that_asks_too_often_is_slowed_down() {
    let hub = house().start().await;
    let codes = apply(&hub).await;
    let ask = async || poll(&hub, &codes).await;

    assert_eq!(oauth_error(&ask().await).1, "authorization_pending");
    assert_eq!(oauth_error(&ask().await).1, "slow_down");
    hub.clock().advance(PAUSE);
    assert_eq!(
        oauth_error(&ask().await).1,
        "slow_down",
        "it has to wait longer now"
    );
    hub.clock().advance(SignedDuration::from_secs(16));
    assert_eq!(oauth_error(&ask().await).1, "authorization_pending");
}

#[tokio::test]
async fn a_device_code_is_exchanged_once() {
    let hub = house().start().await;
    let browser = Browser::sign_in(&hub).await;
    let codes = apply(&hub).await;
    browser.decide(text(&codes, "user_code"), "approve").await;

    let (one, two) = tokio::join!(poll(&hub, &codes), poll(&hub, &codes));

    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400]);
    assert_eq!(
        oauth_error(&poll(&hub, &codes).await),
        (400, "invalid_grant".into())
    );
}

#[tokio::test]
async fn a_refresh_token_that_comes_twice_ends_everything() {
    let hub = house().start().await;
    let browser = Browser::sign_in(&hub).await;
    let first = let_in(&hub, &browser).await;
    let second = refresh(&hub, text(&first, "refresh_token")).await.json();
    assert_eq!(asks(&hub, text(&second, "access_token")).await, 200);

    let stolen = refresh(&hub, text(&first, "refresh_token")).await;

    assert_eq!(oauth_error(&stolen), (400, "invalid_grant".into()));
    for tokens in [&first, &second] {
        assert_eq!(asks(&hub, text(tokens, "access_token")).await, 401);
        let answer = refresh(&hub, text(tokens, "refresh_token")).await;
        assert_eq!(oauth_error(&answer), (400, "invalid_grant".into()));
    }
    let alice = hub.user("user:default/alice").await;
    assert_eq!(
        alice.get(SESSIONS).await.json()["items"]
            .as_array()
            .unwrap()
            .len(),
        0
    );
}

#[tokio::test]
async fn codes_and_refresh_tokens_are_no_bearer_tokens_and_none_of_each_other() {
    let hub = house().start().await;
    let browser = Browser::sign_in(&hub).await;
    let codes = apply(&hub).await;
    let tokens = let_in(&hub, &browser).await;
    let (device, refresh_token) = (text(&codes, "device_code"), text(&tokens, "refresh_token"));
    let access = text(&tokens, "access_token");

    for token in [device, refresh_token, text(&codes, "user_code")] {
        assert_eq!(asks(&hub, token).await, 401, "{token}");
    }
    for code in [refresh_token, access, "", "x"] {
        let form = format!("grant_type={DEVICE_GRANT}&device_code={code}");
        assert_eq!(
            token_error(&hub, &form).await,
            (400, "invalid_grant".into()),
            "{code}"
        );
    }
    for token in [device, access, "", "x"] {
        let form = format!("grant_type=refresh_token&refresh_token={token}");
        assert_eq!(
            token_error(&hub, &form).await,
            (400, "invalid_grant".into()),
            "{token}"
        );
    }
    assert_eq!(
        asks(&hub, access).await,
        200,
        "none of this ended the session"
    );
}

#[tokio::test]
async fn requests_that_are_none_are_told_so() {
    let hub = house().start().await;
    let apply = async |form: &str| {
        let path = format!("{OAUTH}/device_authorization");
        oauth_error(&hub.anonymous().post_form(&path, form).await)
    };
    let invalid = (400, "invalid_request".to_owned());

    assert_eq!(apply("").await, invalid);
    assert_eq!(apply("client_id=a&client_id=b").await, invalid);
    assert_eq!(
        apply(&format!("client_id={}", "a".repeat(101))).await,
        invalid
    );
    assert_eq!(apply("client_id=a%0ab").await, invalid);
    assert_eq!(token_error(&hub, "device_code=a").await, invalid);
    assert_eq!(token_error(&hub, "grant_type=refresh_token").await, invalid);
    assert_eq!(
        token_error(&hub, "grant_type=password&username=a").await,
        (400, "unsupported_grant_type".into())
    );
    let path = format!("{OAUTH}/token");
    let json = hub.anonymous().post(&path, &serde_json::json!({})).await;
    assert_eq!(oauth_error(&json), invalid);
}

#[tokio::test]
async fn the_program_of_somebody_who_left_the_catalog_gets_no_more() {
    let house = house().on_disk();
    let hub = house.start().await;
    let browser = Browser::sign_in(&hub).await;
    let tokens = let_in(&hub, &browser).await;
    hub.stop().await;
    let (_, others) = CATALOG.split_once("---").unwrap();
    house.write("catalog.yaml", others);

    let hub = house.start().await;
    let answer = refresh(&hub, text(&tokens, "refresh_token")).await;

    assert_eq!(oauth_error(&answer), (400, "invalid_grant".into()));
    assert_eq!(asks(&hub, text(&tokens, "access_token")).await, 401);
}

#[tokio::test]
async fn nobody_ends_the_sessions_of_others() {
    let hub = house().start().await;
    let browser = Browser::sign_in(&hub).await;
    let tokens = let_in(&hub, &browser).await;
    let token = text(&tokens, "access_token");
    let sessions = hub.anonymous().bearer(token).get(SESSIONS).await.json();
    let path = format!("{SESSIONS}/{}", text(&sessions["items"][0], "id"));

    let ben = hub.user("user:default/ben").await;
    assert_eq!(ben.delete(&path).await.status, 404);
    assert_eq!(hub.anonymous().delete(&path).await.status, 401);
    assert_eq!(hub.service().delete(&path).await.status, 403);

    assert_eq!(asks(&hub, token).await, 200);
    assert_eq!(
        hub.anonymous().bearer(token).delete(&path).await.status,
        204
    );
    assert_eq!(asks(&hub, token).await, 401);
}
