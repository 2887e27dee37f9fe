//! Sign-in and sign-out by the forms of the pages.

use super::keys;
use axum::http::{HeaderMap, header};
use callboard_hub::auth::csrf_token_for_sign_in;
use callboard_testkit::{Answer, Client, TestHub};
use serde_json::json;

/// A browser on the sign-in page: its client with the cookie, and the form's token.
fn sign_in_form(hub: &TestHub) -> (Client, String) {
    let form = csrf_token_for_sign_in(hub.app(), &HeaderMap::new()).unwrap();
    let cookie = form.set_cookie.unwrap();
    let cookie = cookie
        .to_str()
        .unwrap()
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    (hub.anonymous().header("cookie", &cookie), form.token)
}

async fn sign_in(hub: &TestHub, more: &str) -> Answer {
    let (browser, csrf) = sign_in_form(hub);
    browser
        .post_form("/sign-in/guest", &format!("_csrf={csrf}{more}"))
        .await
}

/// The session id that an answer sets.
fn session_id(answer: &Answer) -> String {
    let cookie = answer.header("set-cookie").split(';').next().unwrap();
    cookie
        .strip_prefix("callboard-session=")
        .unwrap_or_else(|| panic!("{cookie}"))
        .to_owned()
}

#[tokio::test]
async fn signing_in_as_a_guest_gives_a_session_cookie_and_the_way_back() {
    let hub = TestHub::start().await;

    let answer = sign_in(&hub, "&redirect=%2Fcatalog%3Flimit%3D20").await;

    assert_eq!(answer.status, 303);
    assert_eq!(answer.header("location"), "/catalog?limit=20");
    let cookie = answer.header("set-cookie");
    let attributes: Vec<&str> = cookie.split("; ").skip(1).collect();
    assert_eq!(
        attributes,
        ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=604800"]
    );
    assert_eq!(session_id(&answer).len(), 43);
}

#[tokio::test]
async fn behind_https_the_cookie_is_bound_to_the_host() {
    let config = json!({"backend": {"baseUrl": "https://hub.example.com"}});
    let hub = TestHub::builder().config(config).start().await;

    let answer = sign_in(&hub, "").await;

    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("__Host-callboard-session="), "{cookie}");
    assert!(
        cookie.contains("; Secure") && cookie.contains("; Path=/") && !cookie.contains("Domain"),
        "{cookie}"
    );
}

#[tokio::test]
async fn nobody_is_sent_to_another_site_after_sign_in() {
    let hub = TestHub::start().await;

    for target in [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "/%09/evil.example",
        "%0d%0aX: y",
    ] {
        let target: String = target.replace('/', "%2F").replace(':', "%3A");
        let answer = sign_in(&hub, &format!("&redirect={target}")).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("location")),
            (303, "/"),
            "{target}"
        );
    }
}

#[tokio::test]
async fn a_sign_in_form_that_is_not_ours_is_refused() {
    let hub = TestHub::start().await;
    let (browser, csrf) = sign_in_form(&hub);
    let (_, foreign) = sign_in_form(&hub);
    let form = format!("_csrf={csrf}");
    let post = async |client: &Client, form: &str| {
        client
            .post_form("/sign-in/guest", form)
            .await
            .status
            .as_u16()
    };

    assert_eq!(post(&browser, "").await, 403, "no token");
    assert_eq!(post(&browser, "_csrf=").await, 403, "an empty token");
    assert_eq!(
        post(&browser, &format!("_csrf={foreign}")).await,
        403,
        "another browser's token"
    );
    assert_eq!(post(&hub.anonymous(), &form).await, 403, "no cookie");
    assert_eq!(
        post(
            &browser.clone().header("sec-fetch-site", "cross-site"),
            &form
        )
        .await,
        403
    );
    assert_eq!(
        post(
            &browser.clone().header("sec-fetch-site", "same-site"),
            &form
        )
        .await,
        403
    );
    assert_eq!(
        post(
            &browser.clone().header("origin", "http://evil.example"),
            &form
        )
        .await,
        403
    );
    let ours = browser
        .clone()
        .header("origin", "http://10.0.0.7:7007")
        .header("host", "10.0.0.7:7007");
    assert_eq!(post(&ours, &form).await, 303);
    assert_eq!(
        post(&browser.clone().header("origin", "null"), &form).await,
        303,
        "our pages send no referrer"
    );
    assert_eq!(
        post(&browser.header("sec-fetch-site", "same-origin"), &form).await,
        303
    );
}

#[tokio::test]
async fn a_session_does_not_open_the_api() {
    let hub = TestHub::start().await;
    let id = session_id(&sign_in(&hub, "").await);
    let browser = hub.anonymous().header(
        "cookie",
        &format!("callboard-session={id}; backstage-auth={id}"),
    );

    assert_eq!(browser.get("/api/catalog/entities").await.status, 401);
    assert_eq!(browser.get("/api/auth/v1/userinfo").await.status, 401);
    assert_eq!(
        browser
            .get("/api/auth/.backstage/auth/v1/cookie")
            .await
            .status,
        401
    );
    assert_eq!(
        hub.anonymous()
            .bearer(&id)
            .get("/api/auth/v1/userinfo")
            .await
            .status,
        401
    );
}

/// The `_csrf` token of a session, as its pages show it.
fn csrf_of(id: &str) -> String {
    use base64::Engine;
    use hmac::{Hmac, KeyInit, Mac};
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(id.as_bytes()).unwrap();
    mac.update(b"callboard csrf");
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
}

#[tokio::test]
async fn signing_out_ends_the_session_and_needs_the_form_of_that_session() {
    let hub = TestHub::start().await;
    let id = session_id(&sign_in(&hub, "").await);
    let browser = hub
        .anonymous()
        .header("cookie", &format!("callboard-session={id}"));

    assert_eq!(browser.post_form("/sign-out", "").await.status, 403);
    assert_eq!(
        browser.post_form("/sign-out", "_csrf=guess").await.status,
        403
    );
    let out = browser
        .post_form("/sign-out", &format!("_csrf={}", csrf_of(&id)))
        .await;

    assert_eq!(
        (out.status.as_u16(), out.header("location")),
        (303, "/?signed-out")
    );
    assert!(
        out.header("set-cookie").starts_with("callboard-session=;"),
        "{}",
        out.header("set-cookie")
    );
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    let again = browser.post_form("/sign-out", "").await;
    assert_eq!(
        again.status, 303,
        "the session is over: there is nothing left to protect"
    );
}

#[tokio::test]
async fn every_sign_in_makes_a_new_session_and_ends_the_one_before() {
    let hub = TestHub::start().await;
    let (browser, csrf) = sign_in_form(&hub);
    let form = format!("_csrf={csrf}");
    let first = session_id(&browser.post_form("/sign-in/guest", &form).await);
    let cookie = csrf_token_for_sign_in(hub.app(), &HeaderMap::new()).unwrap();
    let sign_in_cookie = cookie.set_cookie.unwrap();
    let sign_in_cookie = sign_in_cookie.to_str().unwrap().split(';').next().unwrap();
    let planted = hub.anonymous().header(
        "cookie",
        &format!("{sign_in_cookie}; callboard-session={first}"),
    );

    let second = session_id(
        &planted
            .post_form("/sign-in/guest", &format!("_csrf={}", cookie.token))
            .await,
    );

    assert_ne!(first, second);
    let old = hub
        .anonymous()
        .header("cookie", &format!("callboard-session={first}"));
    let alive = hub
        .anonymous()
        .header("cookie", &format!("callboard-session={second}"));
    assert_eq!(old.post_form("/sign-out", "").await.status, 303, "gone");
    assert_eq!(alive.post_form("/sign-out", "").await.status, 403, "alive");
}

#[tokio::test]
async fn tokens_and_sessions_survive_a_restart() {
    let builder = TestHub::builder().on_disk();
    let hub = builder.start().await;
    let token = hub.token("user:default/mara", &[]).await;
    let id = session_id(&sign_in(&hub, "").await);
    let before = keys(&hub).await;
    hub.stop().await;

    let hub = builder.start().await;

    assert_eq!(keys(&hub).await, before);
    assert_eq!(
        hub.anonymous()
            .bearer(&token)
            .get("/api/auth/v1/userinfo")
            .await
            .status,
        200
    );
    let browser = hub
        .anonymous()
        .header("cookie", &format!("callboard-session={id}"));
    assert_eq!(
        browser.post_form("/sign-out", "").await.status,
        403,
        "alive"
    );
}

#[tokio::test]
async fn the_sign_in_cookie_is_used_again() {
    let hub = TestHub::start().await;
    let first = csrf_token_for_sign_in(hub.app(), &HeaderMap::new()).unwrap();
    let cookie = first.set_cookie.unwrap();
    let cookie = cookie.to_str().unwrap().split(';').next().unwrap();
    let with = |cookie: &str| HeaderMap::from_iter([(header::COOKIE, cookie.parse().unwrap())]);

    let second = csrf_token_for_sign_in(hub.app(), &with(cookie)).unwrap();
    let planted = csrf_token_for_sign_in(hub.app(), &with("callboard-sign-in=short")).unwrap();

    assert_eq!(
        (second.token, second.set_cookie),
        (first.token.clone(), None)
    );
    assert!(planted.set_cookie.is_some() && planted.token != first.token);
}
