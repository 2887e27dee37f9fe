//! The list of the catalog, with and without scripts.

use super::{Browser, MARA, Scripts, browse};

#[tokio::test]
async fn a_filter_changes_the_list_in_place() {
    browse("filter", MARA, Scripts::On, |browser: Browser| async move {
        browser.sign_in().await;
        browser.go("/catalog").await;
        browser.run("window.stayed = true").await;

        browser
            .click("button[popovertarget='pick-lifecycle']")
            .await;
        browser
            .click("#pick-lifecycle input[value='deprecated']")
            .await;
        browser
            .says("button[popovertarget='pick-lifecycle'] b", "1")
            .await;
        assert_eq!(
            browser
                .run("return document.querySelector('#pick-lifecycle').matches(':popover-open')")
                .await,
            true
        );
        assert_eq!(
            browser.place().await,
            "/catalog?filters[lifecycles][]=deprecated"
        );

        browser
            .run("document.querySelector('#pick-lifecycle').hidePopover()")
            .await;
        browser.follow("Clear filters").await;
        browser.says(".pager", "of 38 components").await;
        assert_eq!(browser.run("return window.stayed").await, true);

        browser.click("a[rel='next']").await;
        browser.says(".pager", "21–38 of 38 components").await;
        browser.driver.back().await.unwrap();
        browser.says(".pager", "1–20 of 38 components").await;
    })
    .await;
}

#[tokio::test]
async fn everything_works_without_scripts() {
    browse(
        "no-scripts",
        MARA,
        Scripts::Off,
        |browser: Browser| async move {
            browser.sign_in().await;
            browser.follow("Catalog").await;

            browser.type_into("#filter-text", "interactive").await;
            browser.click("noscript button").await;
            browser.says(".pager", "1–1 of 1 component").await;
            browser.follow("Clear filters").await;
            browser.click("a[rel='next']").await;
            browser.says(".pager", "21–38 of 38 components").await;
            browser.click("th a").await;
            browser.says("th[aria-sort='descending']", "Name").await;

            browser.click(".to-dark").await;
            browser.find("html[data-theme='dark']").await;
            browser.says("th[aria-sort='descending']", "Name").await;

            browser.click("button[popovertarget='me']").await;
            browser.click("#me form[action='/sign-out'] button").await;
            browser.says(".note", "You are signed out.").await;
        },
    )
    .await;
}
