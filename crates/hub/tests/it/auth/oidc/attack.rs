//! What somebody might try; each attempt signs nobody in.

use super::scripted::{REFRESH_TOKEN, Scripted, Signing};
use super::visitor::{Visitor, members, posted, refusal, state_of};
use super::{START, hub};
use axum::http::StatusCode;
use callboard_hub::clock::{Clock, SystemClock};
use callboard_testkit::TestHub;
use serde_json::{Value, json};

/// What the callback page says after the provider was told to lie.
async fn after(lie: impl FnOnce(&mut super::scripted::Script)) -> String {
    let provider = Scripted::start().await;
    let hub = hub(&provider, json!({})).await;
    attempt(&provider, &hub, lie).await
}

async fn attempt(
    provider: &Scripted,
    hub: &TestHub,
    lie: impl FnOnce(&mut super::scripted::Script),
) -> String {
    let mut browser = Visitor::of(hub);
    let started = browser.start(START).await;
    let code = provider.agree(&started.location);
    lie(&mut provider.script());

    let answer = browser.back(&started.state, &code).await;

    let (_, message) = refusal(&answer);
    assert!(!browser.jar.contains_key("oidc-refresh-token"), "{message}");
    assert!(browser.session().is_none());
    message
}

fn now() -> i64 {
    SystemClock.now().as_second()
}

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
    let started = browser.start(START).await;
    let code = provider.agree(&started.location);
    let (message, _) = posted(&browser.back(&started.state, &code).await);
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

#[tokio::test]
async fn a_code_counts_once() {
    let provider = Scripted::start().await;
    let hub = hub(&provider, json!({})).await;
    let mut browser = Visitor::of(&hub);
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
    let provider = Scripted::start().await;
    let hub = hub(&provider, json!({})).await;
    let mut browser = Visitor::of(&hub);
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
    let provider = Scripted::start().await;
    let hub = hub(&provider, json!({})).await;
    let mut browser = Visitor::of(&hub);
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
    let provider = Scripted::start().await;
    let hub = hub(&provider, json!({})).await;
    let mut browser = Visitor::of(&hub);

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
    let provider = Scripted::start().await;
    let hub = hub(&provider, json!({})).await;
    let mut browser = Visitor::of(&hub);
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

#[tokio::test]
async fn no_secret_shows_in_logs_or_pages() {
    let log = crate::support::Log::capture();
    let provider = Scripted::start().await;
    let hub = hub(&provider, json!({})).await;
    let mut browser = Visitor::of(&hub);
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
