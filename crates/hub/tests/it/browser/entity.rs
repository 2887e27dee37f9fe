//! The pages of an entity, with and without scripts.

use super::{Browser, MARA, Scripts, browse};

#[tokio::test]
async fn a_picture_grows_in_place_and_its_nodes_are_links() {
    browse("graph", MARA, Scripts::On, |browser: Browser| async move {
        browser.sign_in().await;
        browser
            .go("/catalog/default/component/box-office-api")
            .await;
        browser.run("window.stayed = true").await;
        let nodes = "return document.querySelectorAll('#graph svg a').length";
        let before = browser.run(nodes).await.as_u64().unwrap();

        browser.click("#graph a[href='?depth=2#graph']").await;
        browser.says("#graph [aria-current='true']", "2 hops").await;

        assert_eq!(browser.run("return window.stayed").await, true);
        assert!(browser.run(nodes).await.as_u64().unwrap() > before);
        browser
            .click("#graph svg a[href='/catalog/default/system/ticketing'] rect")
            .await;
        browser.reads("ticketing").await;
        browser.follow("Diagram").await;
        browser.says(".gwrap svg", "box-office-api").await;
    })
    .await;
}

#[tokio::test]
async fn an_operation_opens_without_scripts() {
    browse(
        "definition",
        MARA,
        Scripts::Off,
        |browser: Browser| async move {
            browser.sign_in().await;
            browser.go("/catalog/default/api/seating-v3").await;
            browser.follow("Definition").await;

            browser.click("#op-get-performances > summary").await;

            browser
                .says("#op-get-performances[open]", "Parameters")
                .await;
            browser.follow("Raw").await;
            browser.says("#source-text", "openapi: 3.0.3").await;
        },
    )
    .await;
}

#[tokio::test]
async fn unregistering_asks_first() {
    browse(
        "unregister",
        MARA,
        Scripts::On,
        |browser: Browser| async move {
            browser.sign_in().await;
            browser
                .go("/catalog/default/component/box-office-api")
                .await;

            browser.click("button[popovertarget='entity-menu']").await;
            browser.click("button[commandfor='unregister']").await;

            browser
                .says("dialog[open] h2", "Unregister box-office-api?")
                .await;
            browser.click("dialog[open] button[command='close']").await;
            assert_eq!(
                browser
                    .run("return document.querySelector('#unregister').open")
                    .await,
                false
            );
            assert_eq!(
                browser.place().await,
                "/catalog/default/component/box-office-api"
            );
        },
    )
    .await;
}
