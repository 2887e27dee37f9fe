//! What the log tells of those who only look.

use super::{component, hub_with};
use crate::support::Log;
use callboard_testkit::TestHub;
use serde_json::{Value, json};

const LOCATION: &str = "url:https://host.example/a.yaml";

/// Asks everything that changes nothing, once.
async fn look_at_everything(hub: &TestHub) {
    let service = hub.service();
    for path in [
        "/entities",
        "/entities/by-query",
        "/entities/by-uid/none",
        "/entities/by-name/Component/default/a",
        "/entities/by-name/component/default/a/ancestry",
        "/entities/unprocessed/failed",
        "/entities/unprocessed/pending",
        "/entity-facets?facet=kind",
        "/locations",
        "/locations/by-query",
        "/locations/none",
        "/locations/by-entity/component/default/none",
    ] {
        service.get(&format!("/api/catalog{path}")).await;
    }
    let location = json!({"type": "url", "target": "https://github.com/lantern/box-office"});
    for (path, body) in [
        ("/entities/by-query", json!({})),
        ("/entities/by-refs", json!({"entityRefs": []})),
        ("/entity-facets", json!({"facets": ["kind"]})),
        ("/locations/by-query", json!({})),
        ("/analyze-location", json!({"location": location})),
        (
            "/validate-entity",
            json!({"entity": {}, "location": LOCATION}),
        ),
    ] {
        service.post(&format!("/api/catalog{path}"), &body).await;
    }
}

fn events(log: &Log) -> Vec<String> {
    let of_catalog = |line: &Value| line["plugin"] == "catalog" && line["isAuditEvent"] == true;
    let lines = log.lines().into_iter().filter(of_catalog);
    lines
        .filter(|line| line["status"] != "initiated")
        .map(|line| {
            let word = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
            let (severity, id, status) = (word("severityLevel"), word("eventId"), word("status"));
            format!(
                "{severity} {id} {status} {} {}",
                line["meta"],
                word("error")
            )
        })
        .collect()
}

#[tokio::test]
async fn every_look_is_a_line_of_the_log_and_no_row() {
    let hub = hub_with(&component("a")).await;
    let rows = async || {
        let mut conn = hub.app().core().store.read().await.unwrap();
        let count = callboard_store::Query::new("SELECT COUNT(*) FROM audit_events");
        conn.fetch_one::<i64>(count).await.unwrap()
    };
    let before = rows().await;
    let log = Log::capture_routine();

    look_at_everything(&hub).await;

    insta::assert_json_snapshot!(events(&log), @r#"
    [
      "low entity-fetch succeeded {\"queryType\":\"all\"} ",
      "low entity-fetch succeeded {\"queryType\":\"by-query\"} ",
      "low entity-fetch failed {\"queryType\":\"by-uid\",\"uid\":\"none\",\"response\":{\"status\":404}} NotFoundError: No entity with uid none",
      "low entity-fetch succeeded {\"queryType\":\"by-name\",\"entityRef\":\"component:default/a\"} ",
      "low entity-fetch succeeded {\"actionType\":\"ancestry\",\"entityRef\":\"component:default/a\"} ",
      "low entity-fetch succeeded {\"queryType\":\"failed\"} ",
      "low entity-fetch succeeded {\"queryType\":\"pending\"} ",
      "low entity-facets succeeded {} ",
      "low location-fetch succeeded {\"queryType\":\"all\"} ",
      "low location-fetch succeeded {\"queryType\":\"by-query\"} ",
      "low location-fetch failed {\"queryType\":\"by-id\",\"id\":\"none\",\"response\":{\"status\":404}} NotFoundError: Found no location with ID none",
      "low location-fetch failed {\"queryType\":\"by-entity\",\"locationRef\":\"component:default/none\",\"response\":{\"status\":404}} NotFoundError: found no entity for ref component:default/none",
      "low entity-fetch succeeded {\"queryType\":\"by-query\"} ",
      "low entity-fetch succeeded {\"queryType\":\"by-refs\"} ",
      "low entity-facets succeeded {} ",
      "low location-fetch succeeded {\"queryType\":\"by-query\"} ",
      "low location-analyze succeeded {} ",
      "low entity-validate failed {\"response\":{\"status\":400}} InputError: Could not validate entity"
    ]
    "#);
    assert_eq!(rows().await, before);
}

#[tokio::test]
async fn a_log_without_routine_says_nothing_of_them() {
    let hub = hub_with(&component("a")).await;
    let log = Log::capture();

    look_at_everything(&hub).await;

    assert_eq!(events(&log), [""; 0]);
}
