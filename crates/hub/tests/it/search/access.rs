//! Who finds what: everything, nothing, or what conditions leave, exact in totals and pages.

use super::{builder, search, titles, titles_of};
use callboard_testkit::TestHub;
use serde_json::json;

#[tokio::test]
async fn without_credentials_nothing_is_told() {
    let hub = builder().start().await;

    let answer = search(&hub.anonymous(), "term=seat").await;

    assert_eq!(
        (answer.status.as_u16(), answer.error()["name"].clone()),
        (401, json!("AuthenticationError"))
    );
}

#[tokio::test]
async fn an_allowed_caller_finds_everything() {
    let hub = builder().start().await;
    let all = hub.user("user:default/all").await;

    assert_eq!(
        titles(&all, "term=seat").await,
        ["seat-map", "seating", "Secret Vault"]
    );
}

#[tokio::test]
async fn a_denied_caller_finds_nothing_and_learns_no_number() {
    let hub = builder().start().await;
    let nobody = hub.user("user:default/nobody").await;

    for query in ["term=seat", "", "filters[kind]=Component&pageCursor=MQ=="] {
        let body = search(&nobody, query).await.json();
        assert_eq!(
            (&body["numberOfResults"], &body["results"]),
            (&json!(0), &json!([]))
        );
        assert_eq!(body.get("nextPageCursor"), None);
    }
}

#[tokio::test]
async fn conditions_restrict_results_totals_and_pages() {
    let hub = builder().start().await;
    let some = hub.user("user:default/some").await;

    let whole = search(&some, "term=seat").await.json();
    let first = search(&some, "term=seat&pageLimit=1").await.json();
    let last = search(&some, "term=seat&pageLimit=1&pageCursor=MQ==")
        .await
        .json();

    assert_eq!(titles_of(&whole), ["seat-map", "seating"]);
    assert_eq!(titles_of(&first), ["seat-map"]);
    assert_eq!(titles_of(&last), ["seating"]);
    for body in [&whole, &first, &last] {
        assert_eq!(body["numberOfResults"], 2);
    }
    assert_eq!(first["nextPageCursor"], "MQ==");
    assert_eq!(last.get("nextPageCursor"), None);
    assert_eq!(last["results"][0]["rank"], 2);
    assert_eq!(titles(&some, "term=vault").await, [""; 0]);
}

/// What a caller is told does not depend on what they may not read.
#[tokio::test]
async fn hidden_documents_have_no_influence() {
    let with_hidden = builder().start().await;
    let without_hidden = TestHub::builder()
        .catalog(&super::CATALOG.replace(
            "kind: Component\nmetadata: {name: vault",
            "kind: Resource\nmetadata: {name: zzz",
        ))
        .policy_csv(super::POLICY)
        .conditions(super::CONDITIONS)
        .start()
        .await;

    for query in [
        "",
        "term=secret",
        "term=secrat+vault",
        "term=seat",
        "filters[owner]=others",
    ] {
        let told = async |hub: &TestHub| {
            let body = search(&hub.user("user:default/some").await, query)
                .await
                .json();
            (titles_of(&body), body["numberOfResults"].clone())
        };
        assert_eq!(
            told(&with_hidden).await,
            told(&without_hidden).await,
            "{query}"
        );
    }
}
