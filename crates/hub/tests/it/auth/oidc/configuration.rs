//! Configurations of providers: that of the AWS guide, and broken ones.

use super::scripted::{CLIENT, SECRET, Scripted};
use super::visitor::Visitor;
use super::{PEOPLE, START, builder, environment};
use callboard_testkit::TestHub;
use serde_json::{Value, json};

/// What the start says of a provider's section.
async fn start(providers: Value) -> String {
    let started = TestHub::builder()
        .config(json!({"auth": {"session": {"secret": "s"}, "providers": providers}}))
        .try_start()
        .await;
    started
        .err()
        .map(|error| error.to_string())
        .unwrap_or_default()
}

#[tokio::test]
async fn the_configuration_of_the_aws_guide_runs_unchanged() {
    let log = crate::support::Log::capture();
    let provider = Scripted::start().await;
    // Amazon Cognito signs with RS256; this provider cannot, and says so.
    let guide = json!({
        "clientId": CLIENT,
        "clientSecret": SECRET,
        "metadataUrl": format!("{}/.well-known/openid-configuration", provider.url),
        "callbackUrl": "http://localhost:7007/api/auth/oidc/handler/frame",
        "scope": "openid profile email",
        "prompt": "auto",
        "tokenSignedResponseAlg": "ES256",
    });
    let hub = TestHub::builder()
        .catalog(PEOPLE)
        .config(json!({
            "signInPage": "oidc",
            "auth": {
                "environment": "production",
                "session": {"secret": "my super auth session secret - change me!!!"},
                "providers": {"guest": null, "oidc": {"production": guide}},
            },
        }))
        .start()
        .await;
    let mut browser = Visitor::of(&hub);

    let started = browser.start("/sign-in/oidc").await;
    let code = provider.agree(&started.location);
    let back = browser.back(&started.state, &code).await;

    assert_eq!((back.status.as_u16(), back.header("location")), (303, "/"));
    assert!(!started.location.contains("prompt="));
    assert!(started.location.contains("scope=openid+profile+email&"));
    let deprecations = log
        .text()
        .matches("auth.providers.oidc.production.scope")
        .count();
    assert_eq!(deprecations, 1, "{}", log.text());
}

#[tokio::test]
async fn a_prompt_is_none_unless_it_is_configured() {
    let provider = Scripted::start().await;
    let prompt = async |prompt: Value| {
        let hub = builder(&provider, &json!({"prompt": prompt})).start().await;
        let location = Visitor::of(&hub).start(START).await.location;
        let url = url::Url::parse(&location).unwrap();
        let found = url.query_pairs().find(|(name, _)| name == "prompt");
        found.map(|(_, value)| value.into_owned())
    };

    assert_eq!(prompt(Value::Null).await.as_deref(), Some("none"));
    assert_eq!(prompt(json!("auto")).await, None);
    assert_eq!(prompt(json!("login")).await.as_deref(), Some("login"));
}

#[tokio::test]
async fn a_provider_that_cannot_be_used_stops_the_start() {
    let good = json!({"clientId": "a", "clientSecret": "b", "metadataUrl": "https://id.example/.well-known/openid-configuration"});
    let with = |name: &str, value: Value| {
        let mut section = good.clone();
        section[name] = value;
        json!({"oidc": {"production": section}})
    };

    assert_eq!(
        start(json!({"oidc": {"production": good.clone()}})).await,
        ""
    );
    let missing = start(json!({"oidc": {"production": {}}})).await;
    assert!(
        missing.contains("Failed to initialize oidc auth provider, "),
        "{missing}"
    );
    assert!(
        missing.contains("auth.providers.oidc.production."),
        "{missing}"
    );
    let resolver = start(with(
        "signIn",
        json!({"resolvers": [{"resolver": "magic"}]}),
    ))
    .await;
    assert!(
        resolver.contains("Sign-in resolver 'magic' is not available"),
        "{resolver}"
    );
    assert!(
        start(with("metadataUrl", json!("file:///etc")))
            .await
            .contains("not the address of a web page")
    );
    assert!(
        start(with("tokenSignedResponseAlg", json!("HS256")))
            .await
            .contains("signed with `HS256`")
    );
    assert!(
        start(with("tokenSignedResponseAlg", json!("none")))
            .await
            .contains("signed with `none`")
    );
    assert!(
        start(with("tokenEndpointAuthMethod", json!("magic")))
            .await
            .contains("`magic`")
    );
    assert!(
        start(with("startUrlSearchParams", json!({"state": "x"})))
            .await
            .contains("`state`")
    );
}

#[tokio::test]
async fn without_a_session_secret_nobody_signs_in_and_the_page_says_what_is_missing() {
    let provider = Scripted::start().await;
    let without = builder(&provider, &json!({})).config(json!({"auth": {"session": null}}));
    let hub = without.start().await;
    let mut browser = Visitor::of(&hub);

    let api = browser.get(START).await;
    let page = browser.get("/sign-in/oidc").await;
    let section = environment(&provider, &json!({}));
    let development = without.config(json!({"auth": {
        "environment": "development",
        "providers": {"oidc": {"development": section}},
    }}));
    let hub = development.start().await;
    let of_developers = Visitor::of(&hub).get("/sign-in/oidc").await;

    assert_eq!((api.status.as_u16(), page.status.as_u16()), (500, 500));
    let words = "Signing in with single sign-on is not set up completely.";
    for page in [&page, &of_developers] {
        assert!(page.text().contains(words), "{}", page.text());
    }
    let key = "<code>auth.session.secret</code>";
    assert!(!page.text().contains(key), "strangers need not know");
    assert!(of_developers.text().contains(key));
}

#[tokio::test]
async fn a_provider_that_is_down_is_asked_again_later() {
    let provider = Scripted::start().await;
    let url = provider.url.clone();
    drop(provider);
    let gone = builder(&Scripted::start().await, &json!({}))
        .config(json!({"auth": {"providers": {"oidc": {"production": {
            "metadataUrl": format!("{url}/.well-known/openid-configuration"),
        }}}}}))
        .start()
        .await;
    let mut browser = Visitor::of(&gone);

    let api = browser.get(START).await;
    let page = browser.get("/sign-in/oidc?redirect=%2Fcatalog").await;

    assert_eq!(api.status, 503);
    assert_eq!(page.status, 503);
    assert!(
        page.text()
            .contains("Single sign-on cannot be reached at the moment.")
    );
    assert!(
        page.text()
            .contains("href=\"/sign-in/oidc?redirect=%2Fcatalog\"")
    );
}

#[tokio::test]
async fn a_named_provider_of_another_kind_is_still_not_served() {
    let provider = Scripted::start().await;
    let hub = builder(&provider, &json!({}))
        .config(json!({"auth": {"providers": {
            "github": {"production": environment(&provider, &json!({}))},
            "house": {"production": {"clientId": "a"}},
        }}}))
        .start()
        .await;
    let mut browser = Visitor::of(&hub);

    assert_eq!(
        browser
            .get("/api/auth/github/start?env=production")
            .await
            .status,
        501
    );
    assert_eq!(
        browser
            .get("/api/auth/house/start?env=production")
            .await
            .status,
        501
    );
}
