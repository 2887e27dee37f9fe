//! The page of results.

use super::builder;
use crate::pages::guest;

#[tokio::test]
async fn the_page_has_what_the_person_may_find_and_marks_the_words() {
    let hub = builder().start().await;
    let guest = guest(&hub).await;

    let found = guest.get("/search?query=seat").await;
    let hidden = guest.get("/search?query=vault").await;
    let nothing = guest.get("/search").await;

    assert_eq!(found.status, 200);
    assert!(
        found.text().contains("<mark>seat</mark>-map"),
        "{}",
        found.text()
    );
    assert!(found.text().contains("2 results for seat"));
    assert!(hidden.text().contains("No match"));
    assert!(!hidden.text().contains("/vault"));
    assert!(nothing.text().contains("Type what you look for"));
}

#[tokio::test]
async fn what_was_typed_stays_text() {
    let hub = builder().start().await;

    let page = guest(&hub)
        .await
        .get("/search?query=%22%3E%3Cscript%3E")
        .await;

    assert!(
        page.text().contains("&#34;&#62;&#60;script&#62;"),
        "{}",
        page.text()
    );
}

#[tokio::test]
async fn a_page_that_is_not_there_is_an_error() {
    let hub = builder().start().await;

    let page = guest(&hub)
        .await
        .get("/search?query=seat&pageCursor=nonsense")
        .await;

    assert_eq!(page.status, 400);
}
