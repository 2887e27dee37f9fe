//! Sign-in with a real provider of OpenID Connect, on its pages and ours.

use super::accessibility::check;
use super::{Browser, MARA, Scripts, browse_at, example_with};
use callboard_config::Config;
use callboard_testkit::{FrontEnd, OpenIdProvider, ProviderKind, RunningHub};
use serde_json::{Value, json};
use std::sync::Arc;

/// Somebody whom the provider knows and the catalog does not.
const STRANGER: &str = "nobody.at.all";

/// The configuration of the AWS guide, for a hub at `url` with this provider; `app` is another
/// front end's origin, if there is one.
pub(super) fn guide(url: &str, provider: &OpenIdProvider, app: Option<&str>) -> Config {
    let origin = app.unwrap_or(url);
    let over = json!({
        "app": {"baseUrl": origin},
        "backend": {"cors": {"origin": origin, "credentials": true, "methods": ["GET", "HEAD", "POST"]}},
        "signInPage": "oidc",
        "auth": {
            "environment": "production",
            "session": {"secret": "my super auth session secret - change me!!!"},
            "providers": {"guest": null, "oidc": {"production": {
                "clientId": OpenIdProvider::CLIENT_ID,
                "clientSecret": OpenIdProvider::CLIENT_SECRET,
                "metadataUrl": provider.metadata_url(),
                "callbackUrl": format!("{url}/api/auth/oidc/handler/frame"),
                "scope": "openid profile email",
                "prompt": "auto",
            }}},
        },
    });
    example_with(url, over)
}

/// Runs `body` before a hub with a provider of this kind.
pub(super) async fn with_provider<F, Fut>(name: &str, kind: ProviderKind, scripts: Scripts, body: F)
where
    F: FnOnce(Browser) -> Fut,
    Fut: Future<Output = ()> + Send + 'static,
{
    let provider = OpenIdProvider::start(kind);
    let hub = RunningHub::start(|url| guide(url, &provider, None)).await;
    browse_at(name, hub, scripts, body).await;
}

impl Browser {
    /// Says at the provider's page who one is.
    pub(super) async fn identify(&self, person: &str) {
        self.type_into("input[name='login']", person).await;
        self.type_into("input[name='password']", "any").await;
        self.click("button[type='submit']").await;
    }
}

pub(super) fn name_of(user: &str) -> &str {
    user.rsplit('/').next().unwrap()
}

async fn a_person_walks_in_and_out(browser: Browser) {
    browser.go("/catalog?limit=5").await;
    // The page goes straight on to the provider.
    browser.identify(name_of(MARA)).await;
    browser.reads("Lantern Theatres catalog").await;
    assert_eq!(browser.place().await, "/catalog?limit=5");

    browser.go("/settings").await;
    browser.says("dl", MARA).await;
    browser.click("main form[action='/sign-out'] button").await;
    browser.says(".note", "You are signed out.").await;

    // The provider still knows the person: no page of its own comes between.
    browser.follow("Continue with single sign-on").await;
    browser.find("#shell").await;
}

#[tokio::test]
async fn somebody_signs_in_with_a_provider_like_cognito() {
    let walk = a_person_walks_in_and_out;
    with_provider("cognito", ProviderKind::Cognito, Scripts::On, walk).await;
}

#[tokio::test]
async fn somebody_signs_in_with_a_provider_like_keycloak() {
    let walk = a_person_walks_in_and_out;
    with_provider("keycloak", ProviderKind::Keycloak, Scripts::On, walk).await;
}

#[tokio::test]
async fn somebody_signs_in_without_scripts() {
    let body = |browser: Browser| async move {
        browser.go("/catalog").await;
        browser.follow("Continue with single sign-on").await;
        browser.identify(name_of(MARA)).await;
        browser.reads("Lantern Theatres catalog").await;
    };
    with_provider("no-scripts", ProviderKind::Cognito, Scripts::Off, body).await;
}

#[tokio::test]
async fn somebody_whom_the_catalog_does_not_know_is_told_so_and_is_sent_nowhere() {
    let body = |browser: Browser| async move {
        browser.go("/settings").await;
        browser.identify(STRANGER).await;
        browser
            .says("[role='alert']", "the catalog has no user for you yet")
            .await;
        assert_eq!(browser.place().await, "/sign-in/failed");
        browser.click("[role='alert'] summary").await;
        let claim = format!("the claim email is “{STRANGER}@lantern.example”");
        browser.says("[role='alert'] li", &claim).await;
        browser
            .find("a[href='/sign-in/oidc?redirect=%2Fsettings']")
            .await;
        check(&browser, "/sign-in/failed", Some("summary")).await;
    };
    with_provider("stranger", ProviderKind::Keycloak, Scripts::On, body).await;
}

#[tokio::test]
async fn several_tabs_sign_in_beside_each_other() {
    let body = |browser: Browser| async move {
        let driver = &browser.driver;
        browser.go("/catalog?limit=5").await;
        browser.find("input[name='login']").await;
        let first = driver.window().await.unwrap();
        let second = driver.new_tab().await.unwrap();
        driver.switch_to_window(second).await.unwrap();
        browser.go("/settings").await;
        browser.identify(name_of(MARA)).await;
        browser.says("dl", MARA).await;

        driver.switch_to_window(first).await.unwrap();
        browser.identify(name_of(MARA)).await;

        browser.reads("Lantern Theatres catalog").await;
        assert_eq!(browser.place().await, "/catalog?limit=5");
    };
    with_provider("tabs", ProviderKind::Cognito, Scripts::On, body).await;
}

/// What Backstage's browser client tells of its session, once it tells something.
async fn told(browser: &Browser) -> Value {
    browser.find("#result:not(:empty)").await;
    let text = browser
        .run("return document.getElementById('result').textContent")
        .await;
    browser
        .run("document.getElementById('result').textContent = ''")
        .await;
    serde_json::from_str(text.as_str().unwrap()).unwrap()
}

async fn the_popup_of_backstage(name: &str, kind: ProviderKind) {
    let provider = OpenIdProvider::start(kind);
    let front = Arc::new(FrontEnd::start());
    let origin = front.url().trim_end_matches('/').to_owned();
    let hub = RunningHub::start(|url| guide(url, &provider, Some(&origin))).await;
    let page = format!("{}?hub={}", front.url(), hub.url());
    let body = |browser: Browser| async move {
        let driver = &browser.driver;
        driver.goto(&page).await.unwrap();
        let front = driver.window().await.unwrap();
        browser.click("#sign-in").await;
        let popup = browser.other_window(&front).await;
        driver.switch_to_window(popup).await.unwrap();
        browser.identify(name_of(MARA)).await;
        driver.switch_to_window(front.clone()).await.unwrap();

        let signed_in = told(&browser).await;
        assert_eq!(signed_in["identity"]["userEntityRef"], MARA, "{signed_in}");
        assert_eq!(
            signed_in["profile"]["email"],
            "mara.lindqvist@lantern.example"
        );
        assert_eq!(signed_in["claims"]["sub"], MARA);

        // After a reload nothing but the refresh cookie is left, and it lasts.
        for _ in 0..2 {
            driver.goto(&page).await.unwrap();
            browser.click("#refresh").await;
            let refreshed = told(&browser).await;
            assert_eq!(refreshed["identity"], signed_in["identity"], "{refreshed}");
        }

        browser.click("#sign-out").await;
        assert_eq!(told(&browser).await, "signed out");
        driver.goto(&page).await.unwrap();
        browser.click("#refresh").await;
        let gone = told(&browser).await;
        assert!(gone.get("identity").is_none(), "{gone}");
    };
    browse_at(name, hub, Scripts::On, body).await;
}

#[tokio::test]
async fn the_popup_of_backstage_signs_in_refreshes_and_signs_out_with_a_provider_like_cognito() {
    the_popup_of_backstage("popup-cognito", ProviderKind::Cognito).await;
}

#[tokio::test]
async fn the_popup_of_backstage_signs_in_refreshes_and_signs_out_with_a_provider_like_keycloak() {
    the_popup_of_backstage("popup-keycloak", ProviderKind::Keycloak).await;
}
