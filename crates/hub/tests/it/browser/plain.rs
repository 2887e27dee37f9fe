//! The administration without scripts: forms and links lead everywhere.

use super::{Browser, NOOR, Scripts, browse};

#[tokio::test]
async fn the_administration_needs_no_scripts() {
    browse("plain", NOOR, Scripts::Off, |browser: Browser| async move {
        browser.sign_in().await;
        a_question_is_answered(&browser).await;
        the_review_is_narrowed_and_marked(&browser).await;
        the_log_is_searched_and_opened(&browser).await;
    })
    .await;
}

async fn a_question_is_answered(browser: &Browser) {
    browser.go("/rbac/test").await;
    browser.find("#user").await.clear().await.unwrap();
    browser.type_into("#user", "user:default/bea.thorne").await;
    browser
        .type_into("#permission", "catalog.entity.read")
        .await;
    browser
        .type_into("#resource", "component:default/key-cabinet")
        .await;
    browser.click(".ask .btn.pri").await;
    browser
        .says("#verdict", "No, Bea Thorne cannot read it")
        .await;
    browser.says("#result .trace", "HAS_LABEL").await;
}

async fn the_review_is_narrowed_and_marked(browser: &Browser) {
    browser.follow("Access review").await;
    browser.reads("Access review").await;
    browser.follow("People").await;
    browser.type_into("#review-text", "bea").await;
    browser.click("#filters noscript button").await;
    browser.says("#matrix th[scope='row']", "Bea Thorne").await;
    browser
        .click("form[action='/rbac/review/mark'] button")
        .await;
    browser.says("#status", "The review is noted").await;
}

async fn the_log_is_searched_and_opened(browser: &Browser) {
    browser.follow("Audit log").await;
    browser.reads("Audit log").await;
    browser.type_into("input[name='actor']", NOOR).await;
    browser.click("#events noscript button").await;
    browser.says("#events tbody", "noor.aziz").await;
    browser.click("#events tbody a").await;
    browser.says("h2", "Seal").await;
}
