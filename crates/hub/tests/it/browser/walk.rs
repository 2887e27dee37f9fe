//! A person's way through the pages.

use super::accessibility::no_fault;
use super::{Browser, GUEST, MARA, NOOR, Scripts, browse};

#[tokio::test]
async fn a_guest_walks_through_the_hub() {
    browse("walk", GUEST, Scripts::On, |browser: Browser| async move {
        browser.sign_in().await;
        browser.reads("Hello, Guest").await;

        browser.follow("Catalog").await;
        browser.reads("Lantern Theatres catalog").await;
        assert_eq!(
            browser.run("return document.activeElement.id").await,
            "main"
        );
        browser.type_into("#filter-text", "interactive").await;
        browser.says(".pager", "1–1 of 1 component").await;
        assert_eq!(browser.place().await, "/catalog?filters[text]=interactive");

        browser.follow("seat-map").await;
        browser.reads("seat-map").await;
        browser
            .says("section[aria-labelledby='access-h']", "Unregister")
            .await;
        browser.follow("Inspect").await;
        browser.says("#source-text", "name: seat-map").await;

        browser.follow("Settings").await;
        browser.says("dl", "user:default/guest").await;
        browser.click(".to-dark").await;
        browser.find("html[data-theme='dark']").await;
        browser.go("/settings").await;
        browser
            .find("html[data-theme='dark'] input[value='dark']:checked")
            .await;

        browser.click("main form[action='/sign-out'] button").await;
        browser.says(".note", "You are signed out.").await;
        browser.go("/settings").await;
        assert_eq!(browser.place().await, "/?redirect=%2Fsettings");
    })
    .await;
}

#[tokio::test]
async fn a_deep_link_comes_back_after_sign_in() {
    browse(
        "deep-link",
        MARA,
        Scripts::On,
        |browser: Browser| async move {
            browser
                .go("/catalog/default/component/box-office-api?from=mail")
                .await;
            browser
                .says(".note", "Sign in to carry on where you were.")
                .await;

            browser.click("form[action='/sign-in/guest'] button").await;

            browser.reads("box-office-api").await;
            assert_eq!(
                browser.place().await,
                "/catalog/default/component/box-office-api?from=mail"
            );
        },
    )
    .await;
}

#[tokio::test]
async fn keys_move_through_a_list() {
    browse("keys", MARA, Scripts::On, |browser: Browser| async move {
        browser.sign_in().await;
        browser.type_into("main", "gc").await;
        browser.reads("Lantern Theatres catalog").await;

        browser.type_into("main", "jj").await;
        let second = browser
            .find("tbody tr:nth-child(2).cur a")
            .await
            .text()
            .await
            .unwrap();
        browser.type_into("main", "o").await;

        browser.says("h1", &second).await;
        browser.driver.back().await.unwrap();
        browser.reads("Lantern Theatres catalog").await;
    })
    .await;
}

#[tokio::test]
async fn a_sheet_tells_the_keys_and_one_of_them_refreshes_a_row() {
    browse("sheet", NOOR, Scripts::On, |browser: Browser| async move {
        browser.sign_in().await;
        browser.go("/catalog").await;

        browser.type_into("main", "?").await;
        browser.says("#keys[open]", "Next row, previous row").await;
        no_fault(&browser, "the sheet of the keys").await;
        browser.click("#keys .row button").await;
        browser.type_into("main", "jr").await;

        browser.says("#status", "is being refreshed").await;
        assert_eq!(browser.place().await, "/catalog");
    })
    .await;
}
