//! Several hubs on one PostgreSQL database keep one catalog.

use super::registration::{eventually_named, register};
use super::site::Site;
use super::{component, component_of, entity, eventually, names, text};
use callboard_testkit::{Postgres, TestHub, TestHubBuilder};
use jiff::SignedDuration;
use serde_json::{Value, json};
use sha1::{Digest, Sha1};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::{Duration, Instant};

const INTERVAL: SignedDuration = SignedDuration::from_secs(200);

/// Every entity as it is served.
pub(super) fn everything(hub: &TestHub) -> BTreeMap<String, String> {
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

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::print_stdout, reason = "the figures are what one wants to see")]
async fn a_write_at_one_is_at_once_at_the_other() {
    const ROUNDS: usize = 20;
    let url = Postgres::start().await.database("hub").await;
    let site = Site::start().await;
    let (told, asking) = (site.builder(), without_notifications(site.builder()));
    for (how, builder) in [("notified", told), ("asking", asking)] {
        let builder = builder.on_postgres(&url);
        let (one, two) = (builder.start().await, builder.start().await);
        let mut delays = Vec::new();
        for round in 0..ROUNDS {
            let target = site.url(&format!("/{how}-{round}.yaml"));
            let registered = register(&one.service(), &target).await;
            assert_eq!(registered.status.as_u16(), 201);
            let begun = Instant::now();
            eventually("the other shows it", || async {
                let listed = two.service().get("/api/catalog/locations").await;
                listed.text().contains(&target)
            })
            .await;
            delays.push(begun.elapsed());
        }
        delays.sort();
        let (median, last) = (delays[ROUNDS / 2], delays[ROUNDS - 1]);
        println!("{how}: median {median:?}, longest {last:?}");
        // 50 ms where nothing else runs.
        assert!(median < Duration::from_millis(500), "{how}: {delays:?}");
        one.stop().await;
        two.stop().await;
    }
}

/// As where a server speaks the protocol and has no `NOTIFY`.
fn without_notifications(builder: TestHubBuilder) -> TestHubBuilder {
    builder.config(json!({"callboard": {"database": {"notifications": false}}}))
}

/// The reference of the entity that stands for a registered location.
fn location_ref(url: &str) -> String {
    let digest = Sha1::digest(format!("url:{url}").as_bytes());
    let hex = digest.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    });
    format!("location:default/generated-{hex}")
}

/// The owner that each component says.
pub(super) fn owners(hub: &TestHub) -> BTreeMap<String, String> {
    let snapshot = hub.app().catalog().snapshot();
    let components = snapshot
        .entities()
        .filter(|entity| entity.kind() == "Component");
    components
        .map(|entity| {
            let owner = entity.spec_text("owner").unwrap_or_default().into_owned();
            (entity.name().to_owned(), owner)
        })
        .collect()
}

/// Everything but the identifiers, which each catalog gives anew.
fn without_uids(hub: &TestHub) -> BTreeMap<String, Value> {
    let all = everything(hub).into_iter().map(|(entity_ref, json)| {
        let mut entity: Value = serde_json::from_str(&json).unwrap();
        entity["metadata"]["uid"] = Value::Null;
        (entity_ref, entity)
    });
    all.collect()
}

/// What one writer did last with a page.
#[derive(Clone, Copy, PartialEq)]
enum Page {
    Registered(u32),
    Removed,
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_two_replicas_write_they_end_as_one_that_starts_anew() {
    const PAGES: usize = 3;
    const STEPS: u32 = 25;
    let url = Postgres::start().await.database("hub").await;
    let site = Site::start().await;
    let builder = site.builder().on_postgres(&url);
    let (one, two) = (builder.start().await, builder.start().await);
    let page = |name: &str, version: u32| {
        let component = component_of(name, &format!("crew{version}"));
        // Every other version has one entity more, which depends on the first.
        match version % 2 {
            0 => component,
            _ => format!(
                "{component}{}",
                component_of(&format!("{name}-x"), "crew").replace(
                    "owner: crew",
                    &format!("owner: crew\n  dependsOn: ['component:{name}']")
                )
            ),
        }
    };
    let write = |hub: usize| {
        let (client, site) = ([&one, &two][hub].service(), site.clone());
        async move {
            let mut pages = [Page::Removed; PAGES];
            let mut ids = [const { String::new() }; PAGES];
            for step in 0..STEPS {
                // Any order that is not a regular one will do.
                let chosen = (step * 7 + step / 3 + hub as u32) as usize % PAGES;
                let name = format!("p{hub}-{chosen}");
                let path = format!("/{name}.yaml");
                let status;
                (pages[chosen], status) = match pages[chosen] {
                    Page::Removed => {
                        site.put(&path, &page(&name, step));
                        let answer = register(&client, &site.url(&path)).await;
                        ids[chosen] = text(&answer.json()["location"]["id"]);
                        (Page::Registered(step), answer.status)
                    }
                    Page::Registered(_) if step % 5 == 4 => {
                        let path = format!("/api/catalog/locations/{}", ids[chosen]);
                        (Page::Removed, client.delete(&path).await.status)
                    }
                    Page::Registered(_) => {
                        site.put(&path, &page(&name, step));
                        let body = json!({"entityRef": location_ref(&site.url(&path))});
                        let answer = client.post("/api/catalog/refresh", &body).await;
                        (Page::Registered(step), answer.status)
                    }
                };
                assert!(status.is_success(), "{status} for {name} in step {step}");
            }
            pages
        }
    };
    let written = tokio::join!(write(0), write(1));
    let mut expected = BTreeMap::new();
    for (hub, pages) in [written.0, written.1].into_iter().enumerate() {
        for (chosen, page) in pages.into_iter().enumerate() {
            let name = format!("p{hub}-{chosen}");
            if let Page::Registered(version) = page {
                if version % 2 == 1 {
                    expected.insert(format!("{name}-x"), "crew".to_owned());
                }
                expected.insert(name, format!("crew{version}"));
            }
        }
    }

    for hub in [&one, &two] {
        eventually("every page is as it was last", || async {
            owners(hub) == expected
        })
        .await;
    }
    assert_eq!(everything(&one), everything(&two));
    assert_eq!(everything(&one), everything(&builder.start().await));

    // Another database, and the same pages from nothing.
    let anew = site.builder().start().await;
    let locations = one.service().get("/api/catalog/locations").await.json();
    for location in locations.as_array().unwrap() {
        register(&anew.service(), &text(&location["data"]["target"])).await;
    }
    eventually("the pages are read", || async { owners(&anew) == expected }).await;
    assert_eq!(without_uids(&one), without_uids(&anew));
}
