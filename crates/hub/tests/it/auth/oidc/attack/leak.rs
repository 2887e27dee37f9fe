//! Nothing that comes in becomes a script, and no secret comes out.

use super::super::scripted::{REFRESH_TOKEN, Scripted};
use super::super::visitor::{Visitor, members, posted, state_of};
use super::super::{START, hub, stage};
use serde_json::json;

#[tokio::test]
async fn nothing_in_a_query_becomes_a_script() {
    let provider = Scripted::start().await;
    let hub = hub(&provider, json!({})).await;
    let odd = "'\"><script>alert(1)</script><img src=x onerror=alert(1)>";
    let encoded: String = url::form_urlencoded::byte_serialize(odd.as_bytes()).collect();
    let mut browser = Visitor::of(&hub);
    let started = browser
        .start(&START.replace("scope=", &format!("scope={encoded}")))
        .await;
    let state = &started.state;
    let mut paths = vec![
        format!("/?redirect=/{encoded}&signed-out={encoded}&error={encoded}"),
        format!("/sign-in/{encoded}?redirect=/{encoded}"),
        format!("/sign-in/failed?message={encoded}"),
        format!(
            "/api/auth/oidc/handler/frame?state={state}&error={encoded}&error_description={encoded}&iss={encoded}"
        ),
        format!("/api/auth/oidc/handler/frame?env=production&state={encoded}&code={encoded}"),
        format!("/api/auth/{encoded}/start?env={encoded}"),
    ];
    for name in ["env", "scope", "origin", "redirectUrl", "flow"] {
        paths.push(format!(
            "/api/auth/oidc/start?env=production&{name}={encoded}"
        ));
    }
    let mut forged = members(state);
    for value in forged.values_mut() {
        *value = odd.to_owned();
    }
    forged.insert("env".to_owned(), "production".to_owned());
    paths.push(format!(
        "/api/auth/oidc/handler/frame?state={}&code={encoded}",
        state_of(&forged)
    ));

    for path in paths {
        for accept in ["text/html", "application/json"] {
            let answer = browser.client().header("accept", accept).get(&path).await;
            let is_html = answer.header("content-type").starts_with("text/html");
            let text = answer.text();
            assert!(
                !is_html || !text.contains("<script>alert"),
                "{path}: {text}"
            );
            assert!(!is_html || !text.contains("<img src=x"), "{path}: {text}");
            assert_eq!(answer.header("x-content-type-options"), "nosniff");
        }
    }
}

#[tokio::test]
async fn no_secret_shows_in_logs_or_pages() {
    let log = crate::support::Log::capture();
    let (provider, _hub, mut browser) = stage().await;
    let started = browser.start(START).await;
    let code = provider.agree(&started.location);
    posted(&browser.back(&started.state, &code).await);
    browser
        .ask("POST", "/api/auth/oidc/refresh?env=production")
        .await;
    let page = browser.start("/sign-in/oidc").await;
    let second = provider.agree(&page.location);
    let failed = browser.back(&page.state, "wrong").await;
    let shown = browser.get(failed.header("location")).await;

    let text = log.text();
    assert!(text.contains("token-issue"), "the log was captured");
    for secret in [
        "canary+client",
        "canary-session-secret",
        "canary-access-token",
        REFRESH_TOKEN,
        &code,
        &second,
        &browser.jar["oidc-nonce"],
    ] {
        assert!(!text.contains(secret), "{secret} in {text}");
        assert!(!shown.text().contains(secret), "{secret}");
    }
}
