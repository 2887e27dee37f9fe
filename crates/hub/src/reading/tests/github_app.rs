//! Credentials that a GitHub App makes.

use super::fake::Fake;
use super::*;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde_json::json;

/// Made for these tests; it opens nothing.
const KEY: &str = include_str!("app-key.pem");
const PUBLIC_KEY: &str = include_str!("app-key.pub.pem");

const INSTALLATION: &str = "/api/v3/repos/o/r/installation";
const TOKENS: &str = "/api/v3/app/installations/42/access_tokens";
const FILE: &str = "/api/v3/repos/o/r/contents/c.yaml?ref=main";

fn entry(owners: &[&str]) -> Value {
    json!({"token": "fallback", "apps": [
        {"appId": 7, "clientId": "c", "privateKey": KEY, "allowedInstallationOwners": owners},
    ]})
}

async fn installed() -> Fake {
    let host = Fake::start().await;
    host.on(INSTALLATION, r#"{"id":42,"suspended_at":null}"#)
        .on(FILE, "c");
    let token = json!({"token": "first", "expires_at": "2026-11-22T02:00:00Z"});
    host.answer(TOKENS, 201, &[], token.to_string());
    host
}

#[tokio::test]
async fn an_app_shows_a_token_of_its_installation_and_makes_another_in_time() {
    let host = installed().await;
    let clock = Hand::new();
    let reader = host.reader_at("github", entry(&["O"]), clock.clone());
    let url = host.url("/o/r/blob/main/c.yaml");

    assert_eq!(text(&reader, &url).await.unwrap(), "c");
    let [installation, token, file] = &host.asked()[..] else {
        panic!("three questions")
    };
    assert_eq!(
        [&*installation.path, &*token.path, &*file.path],
        [INSTALLATION, TOKENS, FILE]
    );
    assert_eq!(file.authorization.as_deref(), Some("Bearer first"));
    let proof = installation.authorization.as_deref().unwrap();
    let proof = proof.strip_prefix("Bearer ").unwrap();
    let key = DecodingKey::from_rsa_pem(PUBLIC_KEY.as_bytes()).unwrap();
    let mut validation = Validation::new(Algorithm::RS256);
    validation.validate_exp = false;
    let claims = decode::<Value>(proof, &key, &validation).unwrap().claims;
    let now = clock.now().as_second();
    assert_eq!(
        claims,
        json!({"iat": now - 60, "exp": now + 540, "iss": "7"})
    );

    clock.advance(SignedDuration::from_mins(9));
    assert_eq!(text(&reader, &url).await.unwrap(), "c");
    assert_eq!(host.paths(), [FILE]);

    clock.advance(SignedDuration::from_mins(47));
    let token = json!({"token": "second", "expires_at": "2026-11-22T03:00:00Z"});
    host.answer(TOKENS, 201, &[], token.to_string());
    assert_eq!(text(&reader, &url).await.unwrap(), "c");
    let shown = host.authorization();
    assert_eq!(shown.last().unwrap().as_deref(), Some("Bearer second"));
}

#[tokio::test]
async fn where_no_app_is_installed_the_token_is_shown() {
    let host = Fake::start().await;
    host.on(FILE, "c");
    let everyone = host.reader(
        "github",
        json!({"token": "fallback", "apps": [{"appId": 7, "privateKey": KEY}]}),
    );
    let others = host.reader("github", entry(&["somebody"]));
    let url = host.url("/o/r/blob/main/c.yaml");

    assert_eq!(text(&everyone, &url).await.unwrap(), "c");
    assert_eq!(text(&everyone, &url).await.unwrap(), "c");
    assert_eq!(host.paths(), [INSTALLATION, FILE, FILE]);
    assert_eq!(text(&others, &url).await.unwrap(), "c");
    let [file] = &host.asked()[..] else {
        panic!("the app is for somebody else")
    };
    assert_eq!(file.authorization.as_deref(), Some("Bearer fallback"));
}

#[tokio::test]
async fn an_app_that_is_suspended_says_so() {
    let host = Fake::start().await;
    host.on(
        INSTALLATION,
        r#"{"id":42,"suspended_at":"2026-01-01T00:00:00Z"}"#,
    );
    let reader = host.reader("github", entry(&["o"]));

    let refusal = text(&reader, &host.url("/o/r/blob/main/c.yaml"))
        .await
        .unwrap_err();

    assert!(
        refusal.ends_with("the GitHub App 7 is suspended there"),
        "{refusal}"
    );
}

#[tokio::test]
async fn a_question_that_makes_something_is_not_redirected() {
    let host = installed().await;
    host.answer(TOKENS, 307, &[("location", "/api/v3/elsewhere")], "");
    let reader = host.reader("github", entry(&["o"]));

    let refusal = text(&reader, &host.url("/o/r/blob/main/c.yaml"))
        .await
        .unwrap_err();

    assert!(
        refusal.ends_with("redirects what does not bear it"),
        "{refusal}"
    );
    assert_eq!(host.paths(), [INSTALLATION, TOKENS]);
}
