//! Who takes over somebody else, or gets in while the provider is away.

use super::super::hub;
use super::super::scripted::Scripted;
use super::{after, attempt};
use axum::http::StatusCode;
use serde_json::json;

#[tokio::test]
async fn an_unverified_address_takes_over_nobody() {
    for resolver in [
        "emailMatchingUserEntityProfileEmail",
        "emailLocalPartMatchingUserEntityName",
    ] {
        for verified in [json!(false), json!("false")] {
            let provider = Scripted::start().await;
            let hub = hub(
                &provider,
                json!({"signIn": {"resolvers": [{"resolver": resolver}]}}),
            )
            .await;
            let message = attempt(&provider, &hub, |script| {
                script.userinfo.as_mut().unwrap()["email_verified"] = verified;
            });
            assert_eq!(
                message.await,
                "Login failed, user profile does not contain an email"
            );
        }
    }
}

#[tokio::test]
async fn an_address_in_the_id_token_alone_signs_nobody_in() {
    let message = after(|script| {
        script.claims = json!({"email": "otto@lantern.example", "email_verified": true});
        script
            .userinfo
            .as_mut()
            .unwrap()
            .as_object_mut()
            .unwrap()
            .remove("email");
    });

    assert_eq!(
        message.await,
        "Login failed, user profile does not contain an email"
    );
}

#[tokio::test]
async fn a_provider_that_breaks_down_signs_nobody_in() {
    let down = after(|script| script.status = Some(StatusCode::BAD_GATEWAY)).await;
    let silent = after(|script| script.userinfo = None).await;
    let empty = after(|script| script.tokens = json!({"id_token": null})).await;

    assert_eq!(
        down,
        "Authentication failed, the provider fails: status 502 Bad Gateway"
    );
    assert!(
        silent.starts_with("Authentication failed, the userinfo endpoint does not answer: "),
        "{silent}"
    );
    assert_eq!(
        empty,
        "Authentication failed, id_token not present in TokenSet"
    );
}
