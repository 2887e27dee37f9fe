//! Who fails too often is stopped for a while.

use super::scripted::Scripted;
use super::visitor::{Visitor, refusal};
use super::{START, hub};
use callboard_testkit::{Answer, TestHub};
use jiff::SignedDuration;
use serde_json::json;

const REFRESH: &str = "/api/auth/oidc/refresh?env=production";
const GUESSER: &str = "192.0.2.7:40000";
const OTHER: &str = "192.0.2.8:40000";

/// As often as an address may fail.
const BURST: usize = 50;

/// Somebody who shows a refresh token that the provider does not take.
async fn guess(hub: &TestHub, provider: &Scripted, address: &str) -> Answer {
    provider.script().revoked.push("guessed".to_owned());
    let mut guesser = Visitor::at(hub, address);
    guesser
        .jar
        .insert("oidc-refresh-token".to_owned(), "guessed".to_owned());
    guesser.ask("GET", REFRESH).await
}

async fn exhaust(hub: &TestHub, provider: &Scripted) {
    for _ in 0..BURST {
        assert_eq!(guess(hub, provider, GUESSER).await.status, 401);
    }
}

fn assert_limited(answer: &Answer) {
    assert_eq!(answer.status, 429, "{}", answer.text());
    assert_eq!(answer.header("retry-after"), "6");
    assert_eq!(answer.error()["name"], "Error");
    assert_eq!(
        answer.error()["message"],
        "Too many requests, please try again later"
    );
}

#[tokio::test]
async fn whoever_guesses_refresh_tokens_is_stopped_before_the_provider_is_asked() {
    let provider = Scripted::start().await;
    let hub = hub(&provider, json!({})).await;
    exhaust(&hub, &provider).await;
    let asked = provider.count("token");

    let stopped = guess(&hub, &provider, GUESSER).await;
    let start = Visitor::at(&hub, GUESSER).get(START).await;
    let mut browser = Visitor::at(&hub, GUESSER);
    let back = browser
        .get("/api/auth/oidc/handler/frame?env=production&code=any")
        .await;

    for answer in [stopped, start, back] {
        assert_limited(&answer);
    }
    assert_eq!(provider.count("token"), asked);
    assert_eq!(guess(&hub, &provider, OTHER).await.status, 401);
    hub.clock().advance(SignedDuration::from_secs(6));
    assert_eq!(guess(&hub, &provider, GUESSER).await.status, 401);
}

#[tokio::test]
async fn whoever_makes_up_answers_of_the_provider_is_stopped() {
    let provider = Scripted::start().await;
    let hub = hub(&provider, json!({})).await;
    let mut guesser = Visitor::at(&hub, GUESSER);
    let started = guesser.start(START).await;
    guesser
        .jar
        .insert("oidc-nonce".to_owned(), "guessed".to_owned());

    for _ in 0..BURST {
        let (name, message) = refusal(&guesser.back(&started.state, "any").await);
        assert_eq!(
            (name.as_str(), message.as_str()),
            ("NotAllowedError", "Invalid nonce")
        );
    }

    assert_limited(&guesser.back(&started.state, "any").await);
}

#[tokio::test]
async fn starts_for_an_origin_that_is_not_allowed_are_counted() {
    let provider = Scripted::start().await;
    let hub = hub(&provider, json!({})).await;
    let mut guesser = Visitor::at(&hub, GUESSER);
    let evil = format!("{START}&redirectUrl=https%3A%2F%2Fevil.example%2F");

    for _ in 0..BURST {
        assert_eq!(guesser.get(&evil).await.status, 403);
    }

    assert_limited(&guesser.get(START).await);
}

#[tokio::test]
async fn our_pages_say_that_too_much_has_failed() {
    let provider = Scripted::start().await;
    let hub = hub(&provider, json!({})).await;
    let mut browser = Visitor::at(&hub, GUESSER);
    let started = browser.start("/sign-in/oidc?redirect=%2Fcatalog").await;
    let code = provider.agree(&started.location);
    exhaust(&hub, &provider).await;

    let door = Visitor::at(&hub, GUESSER).get("/sign-in/oidc").await;
    let back = browser.back(&started.state, &code).await;
    let page = browser.get(back.header("location")).await;

    assert_eq!(back.header("location"), "/sign-in/failed");
    for answer in [&door, &page] {
        assert_eq!(answer.status, 429);
        let words = "Too many sign-ins from your network failed lately. Try again in 6 s.";
        assert!(answer.text().contains(words), "{}", answer.text());
    }
    assert!(page.text().contains("redirect=%2Fcatalog"));
    hub.clock().advance(SignedDuration::from_secs(6));
    let back = browser.back(&started.state, &code).await;
    assert_eq!(back.header("location"), "/catalog", "the sign-in waited");
}

#[tokio::test]
async fn neither_an_outage_nor_a_front_end_without_a_session_is_held_against_anybody() {
    let provider = Scripted::start().await;
    let hub = hub(&provider, json!({})).await;
    let mut browser = Visitor::at(&hub, GUESSER);

    for _ in 0..=BURST {
        assert_eq!(browser.ask("GET", REFRESH).await.status, 401);
    }
    provider.script().status = Some(axum::http::StatusCode::BAD_GATEWAY);
    for _ in 0..=BURST {
        assert_eq!(guess(&hub, &provider, GUESSER).await.status, 401);
    }

    assert_eq!(browser.get(START).await.status, 302);
}
