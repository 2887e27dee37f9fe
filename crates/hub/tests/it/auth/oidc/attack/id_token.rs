//! Id tokens that lie: each signs nobody in.

use super::super::scripted::{Scripted, Signing};
use super::super::visitor::{Visitor, posted};
use super::super::{START, hub};
use super::{after, now};
use serde_json::{Value, json};

#[tokio::test]
async fn a_forged_id_token_is_not_believed() {
    let message = after(|script| script.signing = Signing::Foreign).await;

    assert_eq!(
        message,
        "Authentication failed, failed to validate JWT signature"
    );
}

#[tokio::test]
async fn an_id_token_under_an_unknown_key_is_not_believed() {
    let message = after(|script| script.header = json!({"kid": "made-up"})).await;

    assert_eq!(
        message,
        "Authentication failed, no valid key found in issuer's jwks_uri"
    );
}

#[tokio::test]
async fn an_id_token_that_names_none_of_several_keys_is_not_believed() {
    let message = after(|script| {
        script.publishes_next = true;
        script.header = json!({"kid": null});
    })
    .await;

    assert_eq!(
        message,
        "Authentication failed, several keys of issuer's jwks_uri fit, and the JWT names none"
    );
}

#[tokio::test]
async fn an_id_token_of_another_person_than_the_access_token_is_not_believed() {
    let message = after(|script| script.claims = json!({"sub": "4712"})).await;

    assert_eq!(
        message,
        "Authentication failed, userinfo sub mismatch, it is not the person of the id_token"
    );
}

#[tokio::test]
async fn an_access_token_of_another_sign_in_is_not_believed() {
    let message =
        after(|script| script.claims = json!({"at_hash": "77QmUPtjPfzWtF2AnpK9RQ"})).await;

    assert_eq!(
        message,
        "Authentication failed, at_hash mismatch, the access token is of another sign-in"
    );
}

#[tokio::test]
async fn another_issuer_is_not_believed() {
    let message = after(|script| script.claims = json!({"iss": "https://evil.example"})).await;

    assert_eq!(
        message,
        "Authentication failed, unexpected iss value, expected https://issuer.example/pool, got: https://evil.example"
    );
    assert!(
        after(|script| script.claims = json!({"iss": null}))
            .await
            .contains("missing required JWT property iss")
    );
}

#[tokio::test]
async fn a_token_for_another_client_is_not_believed() {
    let audience = async |claims: Value| after(|script| script.claims = claims).await;

    let mismatch = "Authentication failed, aud mismatch, the token is not for this client";
    assert_eq!(audience(json!({"aud": "other"})).await, mismatch);
    assert_eq!(audience(json!({"aud": ["other"]})).await, mismatch);
    assert_eq!(
        audience(json!({"aud": null})).await,
        "Authentication failed, missing required JWT property aud"
    );
    assert_eq!(
        audience(json!({"aud": ["callboard", "other"]})).await,
        "Authentication failed, missing required JWT property azp"
    );
    assert_eq!(
        audience(json!({"azp": "other"})).await,
        "Authentication failed, azp mismatch, the token was given to another client"
    );
}

#[tokio::test]
async fn an_id_token_of_another_sign_in_is_not_believed() {
    for nonce in [json!("made-up"), json!(""), json!(null), json!(7)] {
        let message = after(|script| script.claims = json!({"nonce": nonce})).await;
        assert_eq!(message, "Authentication failed, nonce mismatch");
    }
}

#[tokio::test]
async fn an_expired_id_token_is_not_believed_and_clocks_may_differ_by_a_minute() {
    let expired = after(|script| script.claims = json!({"exp": now() - 120})).await;
    let future = after(|script| script.claims = json!({"iat": now() + 300})).await;
    let inactive = after(|script| script.claims = json!({"nbf": now() + 300})).await;
    let endless = after(|script| script.claims = json!({"exp": null})).await;

    assert_eq!(expired, "Authentication failed, JWT expired");
    assert_eq!(future, "Authentication failed, JWT issued in the future");
    assert_eq!(inactive, "Authentication failed, JWT not active yet");
    assert_eq!(
        endless,
        "Authentication failed, missing required JWT property exp"
    );
    let provider = Scripted::start().await;
    let hub = hub(&provider, json!({})).await;
    provider.script().claims = json!({"exp": now() - 30, "iat": now() + 30});
    let mut browser = Visitor::of(&hub);
    let (message, _) = posted(&browser.pass(&provider, START).await);
    assert!(message.get("response").is_some(), "{message}");
}

#[tokio::test]
async fn an_unsigned_id_token_is_not_believed() {
    let unsigned = after(|script| script.signing = Signing::Nobody).await;
    let disguised = after(|script| {
        script.signing = Signing::Nobody;
        script.header = json!({"alg": "ES256"});
    })
    .await;

    assert_eq!(
        unsigned,
        "Authentication failed, unexpected JWT alg received, expected ES256, got: none"
    );
    assert_eq!(
        disguised,
        "Authentication failed, failed to validate JWT signature"
    );
}

#[tokio::test]
async fn a_key_is_not_mistaken_for_a_shared_secret() {
    for signing in [Signing::PublicKeyAsSecret, Signing::ClientSecret] {
        let message = after(|script| script.signing = signing).await;
        assert_eq!(
            message,
            "Authentication failed, unexpected JWT alg received, expected ES256, got: HS256"
        );
        let disguised = after(|script| {
            script.signing = signing;
            script.header = json!({"alg": "ES256"});
        });
        assert_eq!(
            disguised.await,
            "Authentication failed, failed to validate JWT signature"
        );
    }
}

#[tokio::test]
async fn a_critical_header_that_is_not_understood_is_refused() {
    let message = after(|script| script.header = json!({"crit": ["b64"], "b64": false})).await;

    assert_eq!(
        message,
        "Authentication failed, critical headers are not understood"
    );
}

#[tokio::test]
async fn an_over_long_token_is_refused() {
    let long = after(|script| script.claims = json!({"more": "x".repeat(40_000)})).await;
    let refresh = after(|script| script.refresh_token = Some("x".repeat(20_000))).await;
    let endless = after(|script| script.claims = json!({"more": "x".repeat(600_000)})).await;

    assert_eq!(long, "Authentication failed, failed to decode JWT");
    assert_eq!(
        refresh,
        "Authentication failed, the refresh token is too long"
    );
    assert_eq!(
        endless,
        "Authentication failed, the token endpoint does not answer: the answer is longer than 524288 bytes"
    );
}
