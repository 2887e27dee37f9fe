//! A location is registered, with and without scripts.

use super::{Browser, Scripts, browse_at, example_with};
use crate::catalog::site::Site;
use callboard_testkit::RunningHub;
use serde_json::json;

const FOUND: &str = "
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: understudy}
spec: {type: service, lifecycle: experimental, owner: box-office}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: seat-map}
spec: {type: service, lifecycle: experimental, owner: box-office}
";

/// A site with something to register, and a hub that may read it.
async fn stage() -> (Site, RunningHub) {
    let site = Site::start().await;
    site.put("/catalog-info.yaml", FOUND);
    let allow = json!([{"host": site.host(), "allowPrivateAddresses": true}]);
    let over = json!({
        "auth": {"providers": {"guest": {"userEntityRef": super::MARA}}},
        "backend": {"reading": {"allow": allow}},
    });
    let hub = RunningHub::start(move |url| example_with(url, over)).await;
    (site, hub)
}

async fn register(browser: &Browser, url: &str) {
    browser.type_into("#import-url", url).await;
    browser.click("button[value='review']").await;
    browser.says(".steps [aria-current]", "Review").await;
    browser.says("table", "Taken, comes from elsewhere").await;
    browser.click("button[value='register']").await;
    browser.reads("Registered location").await;
}

#[tokio::test]
async fn a_location_is_reviewed_in_place_and_its_entities_arrive() {
    let (site, hub) = stage().await;
    let url = site.url("/catalog-info.yaml");
    browse_at(
        "register",
        hub,
        Scripts::On,
        |browser: Browser| async move {
            browser.sign_in().await;
            browser.go("/catalog").await;
            browser.follow("Register existing").await;
            browser.reads("Register an existing component").await;
            browser.run("window.stayed = true").await;

            browser
                .type_into("#import-url", "https://nowhere.example/a\t")
                .await;
            browser
                .says("#import-err", "No integration handles nowhere.example.")
                .await;
            browser
                .run("document.querySelector('#import-url').value = ''")
                .await;
            register(&browser, &url).await;
            assert_eq!(
                browser.run("return window.stayed").await,
                serde_json::Value::Null
            );
            browser.says("#status", "Registered").await;
            // The page asks again until something has arrived.
            browser.says("#arrived", "understudy").await;
            browser.follow("understudy").await;
            browser.reads("understudy").await;
        },
    )
    .await;
}

#[tokio::test]
async fn registration_needs_no_scripts() {
    let (site, hub) = stage().await;
    let url = site.url("/catalog-info.yaml");
    browse_at(
        "register-plain",
        hub,
        Scripts::Off,
        |browser: Browser| async move {
            browser.sign_in().await;
            browser.go("/catalog-import").await;
            register(&browser, &url).await;
            // What has not arrived yet has by the time somebody looks again.
            loop {
                let rows = browser
                    .driver
                    .find_all(thirtyfour::By::Css("#arrived .rows li"))
                    .await;
                if rows.is_ok_and(|rows| !rows.is_empty()) {
                    break;
                }
                browser.follow("Look again").await;
            }
            browser.says("#arrived", "understudy").await;
        },
    )
    .await;
}
