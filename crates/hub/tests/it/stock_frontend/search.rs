//! The search of the front end.

use super::Frontend;

#[tokio::test]
async fn a_query_of_one_type_finds() {
    let frontend = Frontend::start().await;
    let path = "/api/search/query?term=lights&types%5B0%5D=software-catalog";

    // The index follows the catalog in the background.
    let mut answer = frontend.get(path).await;
    while answer.json()["results"]
        .as_array()
        .is_some_and(Vec::is_empty)
    {
        tokio::task::yield_now().await;
        answer = frontend.get(path).await;
    }

    assert_eq!(answer.status, 200);
    let results = answer.json();
    assert_eq!(results["results"][0]["type"], "software-catalog");
    assert_eq!(results["results"][0]["document"]["title"], "lights");
}
