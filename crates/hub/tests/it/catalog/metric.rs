//! What `/metrics` says of the catalog.

use super::registration::{eventually_named, register};
use super::site::Site;
use super::{component, eventually};
use callboard_testkit::TestHub;
use std::collections::BTreeSet;

async fn scrape(hub: &TestHub) -> String {
    hub.anonymous().get("/metrics").await.text()
}

/// The value of a series, as it is written.
fn value<'a>(text: &'a str, series: &str) -> Option<&'a str> {
    let mut lines = text.lines();
    lines.find_map(|line| line.strip_prefix(series)?.strip_prefix(' '))
}

#[tokio::test]
async fn both_generations_of_names_are_there() {
    let site = Site::start().await;
    site.put("/a.yaml", &component("a"));
    let hub = site.builder().start().await;

    register(&hub.service(), &site.url("/a.yaml")).await;
    register(&hub.service(), &site.url("/none.yaml")).await;
    eventually_named(&hub, &["a"]).await;
    eventually("both are processed", || async {
        let text = scrape(&hub).await;
        let errors = "catalog_processed_entities_count_total{result=\"errors\"}";
        value(&text, errors) == Some("1")
    })
    .await;

    let text = scrape(&hub).await;
    let names: BTreeSet<_> = text
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE catalog_"))
        .collect();
    insta::assert_json_snapshot!(names, @r#"
    [
      "entities_count gauge",
      "processed_entities_count counter",
      "processed_entities_count_total counter",
      "processing_duration histogram",
      "processing_duration_seconds histogram",
      "processing_queue_delay histogram",
      "processing_queue_delay_seconds histogram",
      "processors_duration histogram",
      "processors_duration_seconds histogram",
      "registered_locations_count gauge",
      "relations_count gauge",
      "stitched_entities_count counter",
      "stitched_entities_count_total counter",
      "stitching_duration histogram",
      "stitching_queue_delay histogram",
      "stitching_queue_length gauge"
    ]
    "#);
    for (series, expected) in [
        ("catalog_entities_count{kind=\"component\"}", "1"),
        ("catalog_registered_locations_count", "2"),
        ("catalog_processed_entities_count{result=\"changed\"}", "1"),
        (
            "catalog_processing_duration_seconds_count{result=\"errors\"}",
            "1",
        ),
        ("catalog_processors_duration_count{result=\"failed\"}", "1"),
        ("catalog_processing_queue_delay_count", "2"),
        ("catalog_stitching_queue_length", "0"),
    ] {
        assert_eq!(value(&text, series), Some(expected), "{series}");
    }
}
