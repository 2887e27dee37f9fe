//! Both halves of a sign-in of another front end, as it goes when all is well.

use super::scripted::{REFRESH_TOKEN, Scripted};
use super::visitor::{Visitor, members, posted, refusal};
use super::{START, builder, environment, hub, stage};
use serde_json::json;
use sha2::{Digest, Sha256};
use url::Url;

#[tokio::test]
async fn the_first_half_sends_the_browser_on_with_the_parameters_of_the_original() {
    let provider = Scripted::start().await;
    let hub = hub(
        &provider,
        json!({"additionalScopes": ["groups"], "startUrlSearchParams": {"kc_idp_hint": "staff"}}),
    )
    .await;
    let mut browser = Visitor::of(&hub);

    let started = browser
        .start("/api/auth/oidc/start?env=production&scope=calendar,email&origin=http%3A%2F%2Flocalhost%3A3000&flow=popup")
        .await;

    let url = Url::parse(&started.location).unwrap();
    let names: Vec<String> = url
        .query_pairs()
        .map(|(name, _)| name.into_owned())
        .collect();
    assert_eq!(
        names,
        [
            "client_id",
            "scope",
            "response_type",
            "redirect_uri",
            "state",
            "kc_idp_hint",
            "nonce",
            "code_challenge",
            "code_challenge_method"
        ]
    );
    let scope = "calendar email openid profile groups";
    assert!(
        url.query_pairs()
            .any(|(name, value)| name == "scope" && value == scope)
    );
    assert!(url.query_pairs().any(|(name, value)| name == "redirect_uri"
        && value == "http://localhost:7007/api/auth/oidc/handler/frame"));
    let state = members(&started.state);
    assert_eq!(state["env"], "production");
    assert_eq!(state["origin"], "http://localhost:3000");
    assert_eq!(state["flow"], "popup");
    assert_eq!(state["scope"], scope);
    assert_eq!(started.answer.header("content-length"), "0");
    let nonce = started.answer.header("set-cookie");
    assert!(nonce.starts_with("oidc-nonce="), "{nonce}");
    assert!(
        nonce.contains("; Max-Age=600; Domain=localhost; Path=/api/auth/oidc/handler; Expires=")
            && nonce.ends_with("; HttpOnly; SameSite=Lax"),
        "{nonce}"
    );
    let kept = percent_encoding::percent_decode_str(&browser.jar["oidc-nonce"])
        .decode_utf8()
        .unwrap();
    assert_eq!(kept, state["nonce"]);
}

#[tokio::test]
async fn the_second_half_posts_a_session_to_the_front_end() {
    let (provider, hub, mut browser) = stage().await;
    let started = browser.start(START).await;
    let code = provider.agree(&started.location);

    let answer = browser.back(&started.state, &code).await;

    let (message, origin) = posted(&answer);
    assert_eq!(origin, "http://localhost:3000");
    assert_eq!(message["type"], "authorization_response");
    let session = &message["response"];
    assert_eq!(
        session["profile"],
        json!({"email": "mara@lantern.example", "picture": "https://pictures.example/mara.png", "displayName": "Mara Lindqvist"})
    );
    assert_eq!(
        session["providerInfo"]["accessToken"],
        "canary-access-token"
    );
    assert_eq!(session["providerInfo"]["scope"], "openid profile email");
    assert_eq!(session["providerInfo"]["expiresInSeconds"], 3600);
    let identity = &session["backstageIdentity"];
    assert_eq!(identity["expiresInSeconds"], 3600);
    assert_eq!(
        identity["identity"],
        json!({"type": "user", "userEntityRef": "user:default/mara",
            "ownershipEntityRefs": ["user:default/mara", "group:default/wardrobe"]})
    );
    let token = identity["token"].as_str().unwrap();
    let known = hub
        .anonymous()
        .bearer(token)
        .get("/api/auth/v1/userinfo")
        .await;
    assert_eq!(known.json()["claims"]["sub"], "user:default/mara");
    assert_eq!(browser.jar["oidc-refresh-token"], REFRESH_TOKEN);
    assert_eq!(
        browser.jar["oidc-granted-scope"],
        "openid%20profile%20email"
    );
    assert!(
        !browser
            .jar
            .keys()
            .any(|name| name.starts_with("callboard-flow"))
    );
}

#[tokio::test]
async fn the_callback_page_carries_its_own_policy() {
    use base64::Engine;
    let (provider, _hub, mut browser) = stage().await;
    let started = browser.start(START).await;
    let code = provider.agree(&started.location);

    let answer = browser.back(&started.state, &code).await;

    assert_eq!(answer.header("content-type"), "text/html");
    assert_eq!(answer.header("x-frame-options"), "sameorigin");
    let text = answer.text();
    let script = text.strip_prefix("<html><body><script>").unwrap();
    let script = script.strip_suffix("</script></body></html>").unwrap();
    let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(script));
    assert_eq!(
        answer.header("content-security-policy"),
        format!("script-src 'sha256-{hash}'")
    );
}

#[tokio::test]
async fn the_redirect_flow_ends_where_it_was_asked_for_and_tells_of_errors_there() {
    let (provider, _hub, mut browser) = stage().await;
    let start = "/api/auth/oidc/start?env=production&flow=redirect&redirectUrl=http%3A%2F%2Flocalhost%3A3000%2Fdocs%3Fa%3Db";
    let started = browser.start(start).await;
    let code = provider.agree(&started.location);

    let good = browser.back(&started.state, &code).await;
    let again = browser.start(start).await;
    let bad = browser.back(&again.state, "made-up").await;

    assert_eq!(
        (good.status.as_u16(), good.header("location")),
        (302, "http://localhost:3000/docs?a=b")
    );
    assert_eq!(browser.jar["oidc-refresh-token"], REFRESH_TOKEN);
    assert_eq!(bad.status, 302);
    assert_eq!(
        bad.header("location"),
        "http://localhost:3000/docs?a=b&error=Authentication+failed%2C+invalid_grant+%28the+test+says+so%29"
    );
}

#[tokio::test]
async fn what_a_provider_refuses_is_told() {
    let (provider, _hub, mut browser) = stage().await;
    let refused = async |browser: &mut Visitor, query: &str| {
        let started = browser.start(START).await;
        let path = format!(
            "/api/auth/oidc/handler/frame?state={}&{query}",
            started.state
        );
        refusal(&browser.get(&path).await)
    };
    let error = |message: &str| ("Error".to_owned(), message.to_owned());

    assert_eq!(
        refused(&mut browser, "error=access_denied&error_description=no").await,
        error("Authentication rejected, access_denied (no)")
    );
    assert_eq!(
        refused(&mut browser, "error=login_required").await,
        error("Authentication rejected, login_required")
    );
    assert_eq!(
        refused(&mut browser, "error=invalid_scope").await,
        error("Authentication failed, invalid_scope")
    );
    assert_eq!(
        refused(&mut browser, "").await,
        error("Authentication failed, code missing from response")
    );
    assert_eq!(provider.count("token"), 0);
}

#[tokio::test]
async fn without_a_user_in_the_catalog_nobody_signs_in() {
    let provider = Scripted::start().await;
    let hub = hub(
        &provider,
        json!({"signIn": {"resolvers": [{"resolver": "emailMatchingUserEntityProfileEmail"}]}}),
    )
    .await;
    provider.script().userinfo.as_mut().unwrap()["email"] = json!("eve@lantern.example");
    let mut browser = Visitor::of(&hub);
    let started = browser.start(START).await;
    let code = provider.agree(&started.location);

    let (name, message) = refusal(&browser.back(&started.state, &code).await);

    assert_eq!(name, "Error");
    assert!(
        message.starts_with("Failed to sign-in, unable to resolve user identity. "),
        "{message}"
    );
    assert!(!browser.jar.contains_key("oidc-refresh-token"));
}

#[tokio::test]
async fn an_auxiliary_provider_gives_tokens_and_no_identity() {
    let provider = Scripted::start().await;
    let hub = hub(&provider, json!({"disableIdentityResolution": true})).await;
    let mut browser = Visitor::of(&hub);
    let started = browser.start(START).await;
    let code = provider.agree(&started.location);

    let (message, _) = posted(&browser.back(&started.state, &code).await);

    assert_eq!(
        message["response"]["providerInfo"]["accessToken"],
        "canary-access-token"
    );
    assert!(message["response"].get("backstageIdentity").is_none());
}

#[tokio::test]
async fn what_another_replica_began_is_finished_here() {
    let provider = Scripted::start().await;
    let (one, other) = (
        hub(&provider, json!({})).await,
        hub(&provider, json!({})).await,
    );
    let mut at_one = Visitor::of(&one);
    let started = at_one.start(START).await;
    let code = provider.agree(&started.location);
    let mut at_other = Visitor::of(&other);
    at_other.jar = at_one.jar.clone();

    let (message, _) = posted(&at_other.back(&started.state, &code).await);

    assert_eq!(
        message["response"]["backstageIdentity"]["identity"]["userEntityRef"],
        "user:default/mara"
    );
}

#[tokio::test]
async fn keys_that_rotate_are_found() {
    let (provider, hub, mut browser) = stage().await;
    let started = browser.start(START).await;
    let code = provider.agree(&started.location);
    posted(&browser.back(&started.state, &code).await);
    {
        let mut script = provider.script();
        script.publishes_next = true;
        script.signing = super::scripted::Signing::Next;
    }
    hub.clock().advance(jiff::SignedDuration::from_secs(10));

    let (message, _) = posted(&browser.pass(&provider, START).await);

    assert!(message.get("response").is_some(), "{message}");
    assert_eq!(provider.count("keys"), 2);
    assert_eq!(provider.count("metadata"), 1);
}

#[tokio::test]
async fn several_providers_with_several_environments_are_told_apart() {
    let (staff, guests) = (Scripted::start().await, Scripted::start().await);
    let hub = builder(&staff, &json!({}))
        .config(json!({"auth": {"providers": {
            "oidc": {"staging": environment(&guests, &json!({}))},
            "lantern": {"production": environment(&guests, &json!({"title": "Lantern SSO"}))},
        }}}))
        .start()
        .await;
    let mut browser = Visitor::of(&hub);

    let staging = browser.start("/api/auth/oidc/start?env=staging").await;
    let named = browser
        .start("/api/auth/lantern/start?env=production")
        .await;
    let absent = browser.get("/api/auth/lantern/start?env=staging").await;
    let unnamed = browser.get("/api/auth/lantern/start").await;

    assert!(staging.location.starts_with(&guests.url) && named.location.starts_with(&guests.url));
    assert!(
        named
            .location
            .contains("%2Fapi%2Fauth%2Flantern%2Fhandler%2Fframe")
    );
    assert!(browser.jar.contains_key("lantern-nonce"));
    assert_eq!(absent.status, 404);
    assert_eq!(
        absent.error()["message"],
        "No configuration available for the 'staging' environment of this provider."
    );
    assert_eq!(unnamed.status, 400);
    assert_eq!(
        unnamed.error()["message"],
        "Must specify 'env' query to select environment"
    );
    let code = guests.agree(&named.location);
    let crossed = browser
        .get(&format!(
            "/api/auth/oidc/handler/frame?state={}&code={code}",
            named.state
        ))
        .await;
    assert_eq!(refusal(&crossed).1, "Invalid nonce");
    let path = format!(
        "/api/auth/lantern/handler/frame?state={}&code={code}",
        named.state
    );
    let (message, _) = posted(&browser.get(&path).await);
    assert_eq!(
        message["error"]["message"],
        "Authentication failed, did not find expected authorization request details in session"
    );
}
