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
async fn an_export_is_whole_however_long_the_log() {
    const FILLED: usize = 12_000;
    let (hub, ann) = seen_by("user:default/ann").await;
    let mut tx = hub.app().core().store.begin().await.unwrap();
    let fill = "
        INSERT INTO audit_events
            (number, at, plugin, event_id, status, actor, event, key_id, previous_hash, hash)
        WITH RECURSIVE filled(number) AS (
            SELECT 5001 UNION ALL SELECT number + 1 FROM filled WHERE number < 17000
        )
        SELECT number, 0, 'test', 'filler', 'succeeded', 'nobody', '{\"n\":1}', '', '', 'hash ' || number
        FROM filled";
    tx.execute(callboard_store::Query::new(fill)).await.unwrap();
    let head = "UPDATE audit_head SET number = 17000, hash = 'hash 17000'";
    tx.execute(callboard_store::Query::new(head)).await.unwrap();
    tx.commit().await.unwrap();

    let all = ann.get("/rbac/audit.jsonl").await.text();
    let filler = ann.get("/rbac/audit.jsonl?actor=nobody").await.text();
    let older = ann
        .get("/rbac/audit.jsonl?actor=nobody&cursor=5003")
        .await
        .text();

    let numbers: Vec<i64> = all
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .map(|line| line["number"].as_i64().unwrap())
        .collect();
    assert!(numbers.is_sorted_by(|one, other| one > other));
    assert_eq!((numbers[0], numbers[numbers.len() - 1]), (17_000, 1));
    assert_eq!(filler.lines().count(), FILLED);
    assert_eq!(older.lines().count(), 2);
    let log = ann.get("/rbac/audit?event=audit-export").await.text();
    let record = log.split("<a class=\"mono\" href=\"").nth(2).unwrap();
    let record = ann.get(record.split('"').next().unwrap()).await;
    let told = words(&record, "json");
    assert!(told.contains("rows") && told.contains("12000"), "{told}");
}

#[tokio::test]
async fn what_cannot_be_looked_for_is_told_in_place() {
    let (_hub, ann) = seen_by("user:default/ann").await;

    let page = ann
        .get("/rbac/audit?from=spring&status=maybe&cursor=x")
        .await;
    let htmx = ann.clone().header("hx-request", "true");
    let fragment = htmx.get("/rbac/audit?from=2026-02-02&to=2026-02-01").await;
    let file = ann.get("/rbac/audit.jsonl?to=soon").await;

    assert_eq!(page.status, 422);
    let text = words(&page, "wrong");
    assert!(text.starts_with(
        "spring is no day. Write it as 2026-11-22.\nmaybe is no outcome. It is succeeded or failed.\n\
         The cursor is no number of an event."
    ));
    assert_eq!(fragment.status, 422);
    assert!(
        fragment
            .text()
            .contains("The last day is before the first.")
    );
    assert_eq!(file.status, 400);
    assert_eq!(ann.get("/rbac/audit/spring").await.status, 404);
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
