//! How the index follows the catalog.

use super::{builder, search, titles};
use crate::catalog::eventually;
use callboard_testkit::TestHub;
use std::fs;

async fn is_found(hub: &TestHub, term: &str) -> bool {
    !titles(&hub.service(), &format!("term={term}"))
        .await
        .is_empty()
}

#[tokio::test]
async fn a_search_right_after_the_start_waits_for_the_first_index() {
    let hub = builder().start().await;

    let answer = search(&hub.service(), "term=seating").await;

    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["results"][0]["document"]["title"], "seating");
}

#[tokio::test]
async fn changed_entities_are_found_by_their_new_words_only() {
    let hub = builder().start().await;
    assert!(is_found(&hub, "interactive").await);

    let changed = super::CATALOG
        .replace("Interactive seating plans", "Drawings of the hall")
        .replace(
            "name: vault, title: Secret Vault",
            "name: strongroom, title: Strong Room",
        );
    fs::write(hub.folder().join("catalog.yaml"), changed).unwrap();

    eventually("the new words are found", || is_found(&hub, "drawings")).await;
    for (term, expected) in [
        ("interactive", false),
        ("vault", false),
        ("strongroom", true),
        ("seating", true),
    ] {
        assert_eq!(is_found(&hub, term).await, expected, "{term}");
    }
}

#[tokio::test]
async fn whoever_loses_an_entity_stops_finding_it() {
    let hub = builder().start().await;
    let some = hub.user("user:default/some").await;
    assert_eq!(titles(&some, "term=map").await, ["seat-map"]);

    let changed = super::CATALOG.replacen("owner: crew", "owner: others", 1);
    fs::write(hub.folder().join("catalog.yaml"), changed).unwrap();

    eventually("the entity is found no more", || async {
        titles(&some, "term=map").await.is_empty()
    })
    .await;
    assert!(is_found(&hub, "map").await);
}
