//! What happens when files change, under a running hub and between two runs.

use super::ingestion::{BROKEN, hub_at};
use super::{
    component, component_of, entity, eventually, findings, hub_with, location, names, path_of, text,
};
use callboard_testkit::TestHub;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::time::Duration;

fn rewrite(hub: &TestHub, name: &str, text: &str) {
    fs::write(hub.folder().join(name), text).unwrap();
}

async fn eventually_named(hub: &TestHub, expected: &[&str]) {
    eventually(&format!("the catalog holds {expected:?}"), || async {
        names(hub).await == expected
    })
    .await;
}

async fn eventually_found(hub: &TestHub, expected: &str) {
    let is_found = || async {
        findings(hub)
            .iter()
            .any(|finding| finding.contains(expected))
    };
    eventually(&format!("`{expected}` is reported"), is_found).await;
}

/// Every entity by reference, without what differs from one catalog to another.
fn everything(hub: &TestHub) -> BTreeMap<String, Value> {
    let snapshot = hub.app().catalog().snapshot();
    let plain = |entity: &callboard_catalog::Entity| {
        let mut value = entity.value();
        value["metadata"].as_object_mut().unwrap().remove("uid");
        value
    };
    snapshot
        .entities()
        .map(|entity| (entity.entity_ref().to_string(), plain(entity)))
        .collect()
}

/// The identifier of each entity.
fn uids(hub: &TestHub) -> BTreeMap<String, String> {
    let snapshot = hub.app().catalog().snapshot();
    let uid = |entity: &callboard_catalog::Entity| entity.uid().unwrap_or_default().to_owned();
    snapshot
        .entities()
        .map(|entity| (entity.entity_ref().to_string(), uid(entity)))
        .collect()
}

#[tokio::test]
async fn a_changed_file_is_read_again() {
    let hub = hub_with(&[component("a"), component("b")].concat()).await;
    let published = hub.app().catalog().subscribe();
    let uid = entity(&hub, "component", "a").await.json()["metadata"]["uid"].clone();

    rewrite(
        &hub,
        "catalog.yaml",
        &[component_of("a", "others"), component("c")].concat(),
    );
    eventually_named(&hub, &["a", "c"]).await;

    let changed = entity(&hub, "component", "a").await.json();
    assert_eq!(
        (&changed["spec"]["owner"], &changed["metadata"]["uid"]),
        (&json!("others"), &uid)
    );
    assert!(published.has_changed().unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_being_rewritten_loses_nothing() {
    const REWRITES: usize = 400;
    let text = |version: usize| -> String {
        let all = (0..20).map(|n| component_of(&format!("c{n}"), &format!("crew{version}")));
        all.collect()
    };
    let hub = hub_with(&text(0)).await;
    let path = hub.folder().join("catalog.yaml");
    let before = uids(&hub);

    let writing = tokio::task::spawn_blocking(move || {
        for version in 1..=REWRITES {
            // In its place: for a moment it is empty, and then there is a half of it.
            let text = text(version);
            let (half, rest) = text.split_at(text.len() / 2);
            let mut file = fs::File::create(&path).unwrap();
            std::thread::sleep(Duration::from_millis(1));
            file.write_all(half.as_bytes()).unwrap();
            file.flush().unwrap();
            std::thread::sleep(Duration::from_millis(1));
            file.write_all(rest.as_bytes()).unwrap();
        }
    });
    let last = format!("crew{REWRITES}");
    eventually("the last version is read", || async {
        let now = uids(&hub);
        assert!(now.keys().eq(before.keys()), "{now:?}");
        let snapshot = hub.app().catalog().snapshot();
        let entity = snapshot.get("component:default/c19").unwrap();
        entity.spec_text("owner").as_deref() == Some(&last)
    })
    .await;
    writing.await.unwrap();

    assert_eq!(uids(&hub), before);
}

#[tokio::test]
async fn a_glob_gains_and_loses_files() {
    let builder = TestHub::builder();
    builder.write("a.yaml", &component("a"));
    let hub = hub_at(builder, "*.yaml").await;

    rewrite(&hub, "b.yaml", &component("b"));
    eventually_named(&hub, &["a", "b"]).await;
    fs::remove_file(hub.folder().join("a.yaml")).unwrap();
    eventually_named(&hub, &["b"]).await;
}

#[tokio::test]
async fn a_broken_file_keeps_its_last_good_entities_and_tells_why() {
    let hub = hub_with(&[component("a"), component("b")].concat()).await;
    let before = entity(&hub, "component", "b").await.json();

    rewrite(
        &hub,
        "catalog.yaml",
        &[component_of("a", "others"), BROKEN.to_owned()].concat(),
    );
    eventually_found(&hub, "YAML error").await;

    assert_eq!(names(&hub).await, ["a", "b"]);
    assert_eq!(
        entity(&hub, "component", "a").await.json()["spec"]["owner"],
        "others"
    );
    assert_eq!(
        entity(&hub, "component", "b").await.json()["spec"],
        before["spec"]
    );

    rewrite(&hub, "catalog.yaml", &component("a"));
    eventually_named(&hub, &["a"]).await;
    assert_eq!(findings(&hub), Vec::<String>::new());
}

#[tokio::test]
async fn an_entity_that_became_invalid_stays_with_its_error() {
    let hub = hub_with(&component("a")).await;
    let before = entity(&hub, "component", "a").await.json();

    rewrite(
        &hub,
        "catalog.yaml",
        &component("a").replace("  owner: crew\n", ""),
    );
    eventually_found(&hub, "must have required property 'owner'").await;

    let after = entity(&hub, "component", "a").await.json();
    assert_eq!(
        (&after["spec"], &after["metadata"]["uid"]),
        (&before["spec"], &before["metadata"]["uid"])
    );
    assert_eq!(after["relations"], before["relations"]);
    let item = &after["status"]["items"][0];
    assert_eq!(
        (&item["type"], &item["level"]),
        (&json!("backstage.io/catalog-processing"), &json!("error"))
    );
    assert!(
        text(&item["message"]).starts_with("InputError: Processor BuiltinKindsEntityProcessor"),
        "{item}"
    );
}

#[tokio::test]
async fn a_vanished_file_keeps_what_it_had_with_all_below() {
    let builder = TestHub::builder();
    builder.write("root.yaml", &location("root", "./a.yaml"));
    builder.write("a.yaml", &component("a"));
    let hub = hub_at(builder, "root.yaml").await;

    fs::remove_file(hub.folder().join("root.yaml")).unwrap();
    eventually_found(&hub, "does not exist").await;
    assert_eq!(names(&hub).await, ["a", "root"]);

    rewrite(&hub, "root.yaml", &component("b"));
    eventually_named(&hub, &["b"]).await;
}

#[tokio::test]
async fn what_is_published_after_changes_is_what_a_new_hub_would_read() {
    let builder = TestHub::builder();
    builder.write(
        "a.yaml",
        &[component("a"), location("more", "./sub/*.yaml")].concat(),
    );
    fs::create_dir(builder.folder().join("sub")).unwrap();
    builder.write("sub/b.yaml", &component("b"));
    let target = path_of(&builder, "a.yaml");
    let builder =
        builder.config(json!({"catalog": {"locations": [{"type": "file", "target": target}]}}));
    let hub = builder.start().await;

    for (name, text, expected) in [
        (
            "sub/c.yaml",
            component_of("c", "others"),
            &["a", "b", "c", "more"][..],
        ),
        ("sub/b.yaml", component("d"), &["a", "c", "d", "more"][..]),
        (
            "a.yaml",
            location("more", "./sub/*.yaml"),
            &["c", "d", "more"][..],
        ),
        ("sub/c.yaml", component("e"), &["d", "e", "more"][..]),
    ] {
        rewrite(&hub, name, &text);
        eventually_named(&hub, expected).await;

        let fresh = builder.start().await;
        assert_eq!(everything(&hub), everything(&fresh), "after {name}");
    }
}

#[tokio::test]
async fn a_restart_keeps_identifiers_and_writes_nothing() {
    let builder = TestHub::builder().catalog(&component("a")).on_disk();
    let first = builder.start().await;
    let before = entity(&first, "component", "a").await.json();
    let revision = first.app().core().store.feed().latest().await.unwrap();
    first.stop().await;

    let second = builder.start().await;

    assert_eq!(entity(&second, "component", "a").await.json(), before);
    assert_eq!(
        second.app().core().store.feed().latest().await.unwrap(),
        revision
    );
}

#[tokio::test]
async fn a_file_that_broke_while_the_hub_was_down_keeps_what_was_recorded() {
    let builder = TestHub::builder().catalog(&component("a")).on_disk();
    let first = builder.start().await;
    let before = entity(&first, "component", "a").await.json();
    first.stop().await;
    builder.write("catalog.yaml", BROKEN);

    let second = builder.start().await;

    let after = entity(&second, "component", "a").await.json();
    assert_eq!(
        (&after["spec"], &after["metadata"]["uid"]),
        (&before["spec"], &before["metadata"]["uid"])
    );
}

#[tokio::test]
async fn entities_of_a_location_that_is_no_longer_configured_are_removed() {
    let builder = TestHub::builder().catalog(&component("a")).on_disk();
    builder.start().await.stop().await;
    let other = builder.write("other.yaml", &component("b"));

    let builder =
        builder.config(json!({"catalog": {"locations": [{"type": "file", "target": other}]}}));
    let hub = builder.start().await;

    assert_eq!(names(&hub).await, ["b"]);
}
