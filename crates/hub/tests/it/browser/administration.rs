//! The pages of the administration that only look, with and without scripts.

use super::accessibility::check;
use super::{Browser, NOOR, Scripts, browse};

pub(super) const PAGES: [&str; 19] = [
    "/rbac/test",
    "/rbac/test?user=user:default/bea.thorne&permission=catalog.entity.read&resource=component:default/key-cabinet",
    "/rbac/test?permission=nothing.so.called",
    "/rbac/review",
    "/rbac/review?by=person&permission=catalog.entity.delete",
    "/rbac/review?by=person&who=user:default/june.halloran",
    "/rbac/review?by=person&since=2001-01-01",
    "/rbac/files",
    "/rbac/files?file=conditionalPoliciesFile",
    "/rbac/audit",
    "/rbac/audit?verify=on&actor=nobody",
    "/rbac/audit?from=spring",
    "/rbac/audit/1",
    "/catalog/default/user/bea.thorne",
    "/catalog/default/group/box-office",
    "/settings/people?user=user:default/mara.lindqvist",
    "/settings/service-accounts",
    "/settings/service-accounts/releases",
    "/device",
];

#[tokio::test]
async fn no_page_of_the_administration_has_a_fault() {
    browse(
        "administration-accessible",
        NOOR,
        Scripts::On,
        |browser: Browser| async move {
            browser.sign_in().await;
            for path in PAGES {
                check(&browser, path, None).await;
            }
            browser.go("/rbac/test").await;
            browser.click(".to-dark").await;
            browser.find("html[data-theme='dark']").await;
            for path in PAGES {
                check(&browser, path, None).await;
            }
            browser
                .driver
                .set_window_rect(0, 0, 390, 844)
                .await
                .unwrap();
            for path in PAGES {
                check(&browser, path, None).await;
                let overflow = browser
                    .run("return document.documentElement.scrollWidth - innerWidth")
                    .await;
                assert_eq!(overflow, 0, "{path} scrolls sideways");
            }
        },
    )
    .await;
}

#[tokio::test]
async fn a_question_is_answered_in_place_and_has_an_address() {
    browse("tester", NOOR, Scripts::On, |browser: Browser| async move {
        browser.sign_in().await;
        browser.go("/rbac/test").await;
        browser.run("window.stayed = true").await;

        browser.find("#user").await.clear().await.unwrap();
        browser.type_into("#user", "bea").await;
        browser
            .find("#people option[value='user:default/bea.thorne']")
            .await;
        browser.type_into("#user", ".thorne").await;
        browser
            .type_into("#permission", "catalog.entity.read")
            .await;
        browser
            .type_into("#resource", "component:default/key-cabinet")
            .await;
        browser.click(".ask .btn.pri").await;

        browser.says("#verdict", "No, Bea Thorne cannot read it").await;
        browser.says("#result .trace", "HAS_LABEL").await;
        assert_eq!(
            browser.place().await,
            "/rbac/test?user=user%3Adefault%2Fbea.thorne&permission=catalog.entity.read&resource=component%3Adefault%2Fkey-cabinet"
        );
        assert_eq!(browser.run("return window.stayed").await, true);
    })
    .await;
}

#[tokio::test]
async fn a_dry_run_works_without_scripts() {
    browse(
        "dry-run-no-scripts",
        NOOR,
        Scripts::Off,
        |browser: Browser| async move {
            browser.sign_in().await;
            browser.go("/rbac/files").await;
            browser
                .type_into(
                    "#try-text",
                    "p, role:default/guests, catalog-entity, delete, allow",
                )
                .await;
            browser
                .click("form[action='/rbac/files/try'] .btn.pri")
                .await;
            browser.says("#trial", "lose").await;
        },
    )
    .await;
}

#[tokio::test]
async fn a_file_is_uploaded_without_scripts() {
    browse(
        "upload-no-scripts",
        NOOR,
        Scripts::Off,
        |browser: Browser| async move {
            browser.sign_in().await;
            browser.go("/rbac/files").await;
            let file = callboard_testkit::corpus::workspace_root()
                .join("examples/lantern/rbac-policies.csv");

            browser
                .find("#try-file")
                .await
                .send_keys(file.to_str().unwrap())
                .await
                .unwrap();
            browser
                .click("form[action='/rbac/files/try'] .btn.pri")
                .await;

            browser.says("#trial", "nothing would change").await;
        },
    )
    .await;
}

#[tokio::test]
async fn a_dry_run_takes_a_file_and_swaps_what_came_of_it() {
    browse(
        "dry-run",
        NOOR,
        Scripts::On,
        |browser: Browser| async move {
            browser.sign_in().await;
            browser.go("/rbac/files").await;
            browser.run("window.stayed = true").await;
            let file = callboard_testkit::corpus::workspace_root()
                .join("examples/lantern/rbac-policies.csv");

            browser
                .find("[data-fill] input")
                .await
                .send_keys(file.to_str().unwrap())
                .await
                .unwrap();
            browser
                .click("form[action='/rbac/files/try'] .btn.pri")
                .await;

            browser.says("#trial", "nothing would change").await;
            assert_eq!(browser.run("return window.stayed").await, true);
        },
    )
    .await;
}
