//! Stars, from the keys to the home page, with and without scripts.

use super::{Browser, MARA, Scripts, browse};

#[tokio::test]
async fn a_row_is_starred_by_a_key_and_found_again() {
    browse("star", MARA, Scripts::On, |browser: Browser| async move {
        browser.sign_in().await;
        browser.go("/catalog?filters[text]=box-office").await;
        browser.run("window.stayed = true").await;

        let body = browser.find("body").await;
        body.send_keys("j").await.unwrap();
        body.send_keys("s").await.unwrap();
        browser.find("tr.cur .star[aria-pressed='true']").await;
        browser.click("label:has(input[value='starred'])").await;
        browser.says(".pager", "1–1 of 1 component").await;
        assert_eq!(browser.run("return window.stayed").await, true);
        assert_eq!(
            browser.place().await,
            "/catalog?filters[user]=starred&filters[text]=box-office"
        );

        browser.follow("box-office-api").await;
        browser.reads("box-office-api").await;
        browser.follow("Home").await;
        browser
            .says("section[aria-labelledby='starred-h']", "box-office-api")
            .await;
        browser
            .says("section[aria-labelledby='recent-h']", "just now")
            .await;
    })
    .await;
}

#[tokio::test]
async fn a_star_needs_no_scripts() {
    browse(
        "star-plain",
        MARA,
        Scripts::Off,
        |browser: Browser| async move {
            browser.sign_in().await;
            browser.go("/create?filters[text]=rust").await;

            browser.click("article .star").await;
            browser.find("article .star[aria-pressed='true']").await;
            assert_eq!(browser.place().await, "/create?filters[text]=rust");
            browser
                .go("/catalog?filters[kind]=template&filters[user]=starred")
                .await;
            browser.says(".pager", "1–1 of 1 template").await;
            browser.click("tr .star").await;
            browser.says(".empty", "No match").await;
        },
    )
    .await;
}
