//! The palette and the keys, everywhere.

use super::{Browser, MARA, Scripts, browse};
use thirtyfour::{Key, TypingData};

async fn press(browser: &Browser, keys: impl Into<TypingData>) {
    let body = browser.find("body").await;
    body.send_keys(keys).await.unwrap();
}

#[tokio::test]
async fn keys_lead_to_what_is_looked_for() {
    browse(
        "palette",
        MARA,
        Scripts::On,
        |browser: Browser| async move {
            browser.sign_in().await;
            browser
                .go("/catalog/default/component/box-office-api")
                .await;
            press(&browser, "/").await;
            browser.says("#palette-list", "box-office-api").await;

            browser.type_into("#palette input", "seat-map").await;
            browser
                .says("#palette-list [aria-selected=true]", "seat-map")
                .await;
            browser
                .type_into("#palette input", &Key::Enter.value().to_string())
                .await;
            browser.reads("seat-map").await;

            press(&browser, Key::Control + "k").await;
            browser.type_into("#palette input", ">theme").await;
            browser
                .says("#palette-list [aria-selected=true]", "Switch theme")
                .await;
            browser
                .type_into("#palette input", &Key::Enter.value().to_string())
                .await;
            browser.find("html[data-theme]").await;

            press(&browser, "gc").await;
            browser.reads("Lantern Theatres").await;
            assert_eq!(browser.place().await, "/catalog");

            press(&browser, "c").await;
            browser.reads("Self-service").await;
            assert_eq!(browser.place().await, "/create");
        },
    )
    .await;
}

#[tokio::test]
async fn the_page_of_results_needs_no_scripts() {
    browse(
        "results",
        MARA,
        Scripts::Off,
        |browser: Browser| async move {
            browser.sign_in().await;
            browser.go("/search").await;

            browser.type_into(".srch input", "seatnig").await;
            browser.click("form.filters button").await;

            browser.says(".rows", "seating").await;
            assert_eq!(browser.place().await, "/search?query=seatnig");
        },
    )
    .await;
}
