//! Several hubs on one PostgreSQL database keep one catalog.

use super::registration::{eventually_named, register};
use super::site::Site;
use super::{component, component_of, entity, eventually, names, text};
use callboard_testkit::{Postgres, TestHub};
use jiff::SignedDuration;
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;

const INTERVAL: SignedDuration = SignedDuration::from_secs(200);

fn everything(hub: &TestHub) -> BTreeMap<String, String> {
    let snapshot = hub.app().catalog().snapshot();
    snapshot
        .entities()
        .map(|entity| (entity.entity_ref().to_string(), entity.json().to_owned()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_replica_writes_the_others_show() {
    let url = Postgres::start().await.database("hub").await;
    let site = Site::start().await;
    site.put("/a.yaml", &[component("a"), component("b")].concat());
    let builder = site.builder().catalog(&component("file")).on_postgres(&url);
    let (one, two) = (builder.start().await, builder.start().await);

    let registered = register(&one.service(), &site.url("/a.yaml")).await.json();
    eventually_named(&two, &["a", "b", "file"]).await;
    eventually_named(&one, &["a", "b", "file"]).await;
    assert_eq!(everything(&one), everything(&two));
    let listed = two.service().get("/api/catalog/locations").await.json();
    assert_eq!(listed, json!([{"data": registered["location"]}]));

    let uid = text(&entity(&two, "component", "b").await.json()["metadata"]["uid"]);
    two.service()
        .delete(&format!("/api/catalog/entities/by-uid/{uid}"))
        .await;
    eventually_named(&one, &["a", "file"]).await;
    let id = text(&registered["location"]["id"]);
    let removed = two
        .service()
        .delete(&format!("/api/catalog/locations/{id}"))
        .await;
    assert_eq!(removed.status.as_u16(), 204);
    assert_eq!(names(&two).await, ["file"]);
    eventually_named(&one, &["file"]).await;
    assert_eq!(everything(&one), everything(&two));
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_share_the_work_and_do_not_repeat_it() {
    let url = Postgres::start().await.database("hub").await;
    let site = Site::start().await;
    let paths: Vec<String> = (0..40).map(|n| format!("/{n}.yaml")).collect();
    let builder = site.builder().on_postgres(&url);
    let (one, two) = (builder.start().await, builder.start().await);
    for path in &paths {
        let name = path.trim_matches('/').replace(".yaml", "");
        site.put(path, &component(&format!("c{name}")));
        register(&one.service(), &site.url(path)).await;
    }
    eventually("all are read", || async { names(&two).await.len() == 40 }).await;
    eventually("all are read", || async { names(&one).await.len() == 40 }).await;

    for hub in [&one, &two] {
        hub.clock().advance(INTERVAL);
    }
    eventually("all are asked again", || async {
        paths.iter().all(|path| site.asked(path).len() >= 2)
    })
    .await;
    tokio::time::sleep(Duration::from_millis(1500)).await;

    for path in &paths {
        assert_eq!(site.asked(path), [200, 304], "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_that_write_at_once_end_equal() {
    let url = Postgres::start().await.database("hub").await;
    let site = Site::start().await;
    let builder = site.builder().on_postgres(&url);
    let (one, two) = (builder.start().await, builder.start().await);
    let mut expected = Vec::new();
    for round in 0..10 {
        for (hub, which) in [(&one, "one"), (&two, "two")] {
            let path = format!("/{which}-{round}.yaml");
            site.put(&path, &component_of(&format!("{which}-{round}"), "crew"));
            register(&hub.service(), &site.url(&path)).await;
            expected.push(format!("{which}-{round}"));
        }
    }
    expected.sort();
    let expected: Vec<&str> = expected.iter().map(String::as_str).collect();

    eventually_named(&one, &expected).await;
    eventually_named(&two, &expected).await;

    let fresh = builder.start().await;
    assert_eq!(everything(&one), everything(&two));
    assert_eq!(everything(&one), everything(&fresh));
}
