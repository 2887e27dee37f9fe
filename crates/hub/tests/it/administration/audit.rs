//! `/rbac/audit`: who changed or was refused what.

use super::{seen_by, words};
use insta::assert_snapshot;
use serde_json::json;

const ROLE: &str = "/api/permission/roles";

#[tokio::test]
async fn a_write_is_told_with_what_it_changed_and_its_seal() {
    let (hub, ann) = seen_by("user:default/ann").await;
    let api = hub.user("user:default/ann").await;
    let role = json!({"memberReferences": ["user:default/tom"], "name": "role:default/new"});
    assert_eq!(api.post(ROLE, &role).await.status, 201);
    let delete = api
        .delete(&format!(
            "{ROLE}/role/default/new?memberReferences=user:default/tom"
        ))
        .await;
    assert_eq!(delete.status, 204);

    let list = ann.get("/rbac/audit?role=role:default/new").await;
    let text = list.text();
    let href = text.split("<a class=\"mono\" href=\"").nth(1).unwrap();
    let record = ann.get(href.split('"').next().unwrap()).await;

    assert_eq!(words(&list, "events").matches("role-write").count(), 3);
    let shown = words(&record, "main");
    assert!(shown.contains("As it was written"), "{shown}");
    assert!(shown.contains("user:default/ann"), "{shown}");
}

#[tokio::test]
async fn a_search_is_by_actor_event_outcome_and_day() {
    let (hub, ann) = seen_by("user:default/ann").await;
    let tom = hub.user("user:default/tom").await;
    let role = json!({"memberReferences": ["user:default/tom"], "name": "role:default/new"});
    assert_eq!(tom.post(ROLE, &role).await.status, 403);
    let rows = |page| words(page, "events").matches("No. ").count();

    let refused = ann
        .get("/rbac/audit?actor=user:default/tom&status=failed&event=role-write")
        .await;
    let done = ann
        .get("/rbac/audit?actor=user:default/tom&status=succeeded")
        .await;
    let early = ann.get("/rbac/audit?to=2001-01-01").await;

    assert_eq!(rows(&refused), 1);
    assert_eq!(rows(&done), 0);
    assert!(words(&early, "events").contains("No events in this period"));
}

#[tokio::test]
async fn words_are_looked_for_as_they_are() {
    let (_hub, ann) = seen_by("user:default/ann").await;

    for words_in in ["%25", "_______", "'", "%22%5C"] {
        let page = ann.get(&format!("/rbac/audit?role={words_in}")).await;
        assert_eq!(page.status, 200, "{words_in}");
        assert!(
            words(&page, "events").contains("No events in this period"),
            "{words_in}"
        );
    }
}

#[tokio::test]
async fn older_rows_are_behind_a_cursor() {
    let (hub, ann) = seen_by("user:default/ann").await;
    let api = hub.user("user:default/ann").await;
    for number in 0..60 {
        let role = json!({"memberReferences": ["user:default/tom"], "name": format!("role:default/r{number}")});
        assert_eq!(api.post(ROLE, &role).await.status, 201);
    }
    let numbers = |text: &str| -> Vec<u32> {
        let rows = text.split("id=\"event-").skip(1);
        rows.map(|row| row.split('"').next().unwrap().parse().unwrap())
            .collect()
    };

    let first = ann.get("/rbac/audit?actor=user:default/ann").await.text();
    let older = first.split("rel=\"next\"").next().unwrap();
    let older = older.rsplit("href=\"").next().unwrap();
    let older = older
        .split('"')
        .next()
        .unwrap()
        .replace("&#38;", "&")
        .replace("&amp;", "&");
    let second = ann.get(&older).await.text();

    let (first, second) = (numbers(&first), numbers(&second));
    assert_eq!(first.len(), 50);
    assert!(first.is_sorted_by(|one, other| one > other));
    assert!(second.iter().all(|number| number < first.last().unwrap()));
    assert!(second.len() >= 10);
}

#[tokio::test]
async fn the_chain_is_walked_on_request() {
    let (hub, ann) = seen_by("user:default/ann").await;

    let good = ann.get("/rbac/audit?verify=on").await.text();
    let mut tx = hub.app().core().store.begin().await.unwrap();
    let meddle =
        callboard_store::Query::new("UPDATE audit_events SET actor = 'x' WHERE number = 1");
    tx.execute(meddle).await.unwrap();
    tx.commit().await.unwrap();
    let bad = ann.get("/rbac/audit?verify=on").await.text();
    let record = ann.get("/rbac/audit/1").await;

    assert!(good.contains("as they were written") || good.contains("as it was written"));
    assert!(bad.contains("row 1 is not what was written"));
    assert!(words(&record, "main").contains("Not as it was written"));
}

#[tokio::test]
async fn an_export_is_a_line_of_json_for_each_event() {
    let (_hub, ann) = seen_by("user:default/ann").await;

    let file = ann.get("/rbac/audit.jsonl?event=role-write").await;

    let text = file.text();
    let events = text
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    assert!(
        events
            .into_iter()
            .all(|line| line["event"]["eventId"] == "role-write")
    );
    let log = ann.get("/rbac/audit?event=audit-export").await;
    assert!(words(&log, "events").contains("user:default/ann"));
}

#[tokio::test]
async fn a_list_that_is_live_looks_again() {
    let (_hub, ann) = seen_by("user:default/ann").await;

    let live = ann.get("/rbac/audit?live=on").await.text();
    let still = ann.get("/rbac/audit").await.text();

    assert!(live.contains("hx-trigger=\"every 3s\""));
    assert!(!still.contains("hx-trigger=\"every 3s\""));
    assert_snapshot!(ann.get("/rbac/audit/0").await.status.as_u16(), @"404");
}
