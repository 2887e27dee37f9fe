//! Registered locations: pages of them, one that moves, and one that is there already.

use super::registration::{eventually_named, register, stands_for};
use super::site::Site;
use super::{Database, both_databases, component, names, text};
use axum::http::Method;
use callboard_testkit::{Answer, Client, TestHub};
use serde_json::{Value, json};

async fn move_to(client: &Client, id: &str, target: &str) -> Answer {
    let body = json!({"type": "url", "target": target}).to_string();
    let path = format!("/api/catalog/locations/{id}");
    let kind = Some("application/json");
    client.send(Method::PUT, &path, kind, body.into()).await
}

async fn query(client: &Client, body: &Value) -> Answer {
    client.post("/api/catalog/locations/by-query", body).await
}

fn message(answer: &Answer) -> (u16, String) {
    (answer.status.as_u16(), text(&answer.error()["message"]))
}

both_databases!(
    a_location_that_moves_keeps_its_identifier_and_nothing_else,
    a_registered_location_is_read_again_on_conflict_if_that_is_asked,
);

async fn a_location_that_moves_keeps_its_identifier_and_nothing_else(database: Database) {
    let site = Site::start().await;
    site.put("/old.yaml", &component("old"));
    site.put("/new.yaml", &component("new"));
    let hub = database.on(site.builder()).await.start().await;
    let service = hub.service();
    let registered = register(&service, &site.url("/old.yaml")).await.json();
    let id = text(&registered["location"]["id"]);
    eventually_named(&hub, &["old"]).await;

    let moved = move_to(&service, &id, &site.url("/new.yaml")).await;

    assert_eq!(moved.status, 200);
    assert_eq!(moved.json()["target"], site.url("/new.yaml"));
    let path = format!("/api/catalog/locations/{id}");
    assert_eq!(service.get(&path).await.json(), moved.json());
    eventually_named(&hub, &["new"]).await;
    let again = move_to(&service, &id, &site.url("/new.yaml")).await;
    assert_eq!(again.json(), moved.json());
    assert_eq!(names(&hub).await, ["new"]);
}

#[tokio::test]
async fn a_location_moves_nowhere_that_it_may_not() {
    let site = Site::start().await;
    let hub = site.builder().start().await;
    let service = hub.service();
    let target = site.url("/a.yaml");
    register(&service, &target).await;
    let other = register(&service, &site.url("/b.yaml")).await.json();
    let id = text(&other["location"]["id"]);

    let taken = move_to(&service, &id, &target).await;
    let unknown = move_to(&service, "none", &site.url("/c.yaml")).await;
    let nobody = hub.user("user:default/nobody").await;
    let refused = move_to(&nobody, "none", &site.url("/c.yaml")).await;
    let path = format!("/api/catalog/locations/{id}");
    let file = json!({"type": "file", "target": "/a.yaml"}).to_string();
    let kind = Some("application/json");
    let file = service.send(Method::PUT, &path, kind, file.into()).await;

    let already = format!("Location url:{target} already exists");
    assert_eq!(message(&taken), (409, already));
    let missing = "Found no location with ID none".to_owned();
    assert_eq!(message(&unknown), (404, missing));
    assert_eq!(message(&refused), (403, String::new()));
    assert_eq!(file.status, 400);
}

async fn a_registered_location_is_read_again_on_conflict_if_that_is_asked(database: Database) {
    let site = Site::start().await;
    site.put("/a.yaml", &component("a"));
    let hub = database.on(site.builder()).await.start().await;
    let body = json!({"type": "url", "target": site.url("/a.yaml")});
    let on_conflict = async |word: &str| {
        let path = format!("/api/catalog/locations?onConflict={word}");
        hub.service().post(&path, &body).await
    };
    let registered = on_conflict("refresh").await;
    assert_eq!(registered.status, 201);
    eventually_named(&hub, &["a"]).await;
    site.put("/a.yaml", &component("b"));

    let refused = on_conflict("reject").await;
    let again = on_conflict("refresh").await;

    assert_eq!(refused.status, 409);
    assert_eq!(
        (again.status.as_u16(), again.json()),
        (201, registered.json())
    );
    eventually_named(&hub, &["b"]).await;
    let odd =
        "request/query/onConflict must be equal to one of the allowed values: refresh, reject";
    assert_eq!(message(&on_conflict("retry").await), (400, odd.to_owned()));
}

/// A hub with the locations `/0.yaml` to `/4.yaml` of a host.
async fn hub_with_five() -> TestHub {
    let site = Site::start().await;
    let hub = site.builder().start().await;
    for number in 0..5 {
        register(&hub.service(), &site.url(&format!("/{number}.yaml"))).await;
    }
    hub
}

#[tokio::test]
async fn locations_come_in_pages() {
    let hub = hub_with_five().await;
    let service = hub.service();

    let mut pages = vec![query(&service, &json!({"limit": 2})).await.json()];
    while let Some(cursor) = pages[pages.len() - 1]["pageInfo"].get("nextCursor") {
        let cursor = json!({"cursor": cursor});
        pages.push(query(&service, &cursor).await.json());
    }

    let sizes: Vec<_> = pages
        .iter()
        .map(|page| page["items"].as_array().unwrap().len())
        .collect();
    assert_eq!(sizes, [2, 2, 1]);
    assert!(pages.iter().all(|page| page["totalItems"] == 5));
    let mut walked: Vec<_> = pages
        .iter()
        .flat_map(|page| page["items"].as_array().unwrap())
        .map(|location| text(&location["target"]))
        .collect();
    walked.sort();
    let listed = service.get("/api/catalog/locations").await.json();
    let listed = listed.as_array().unwrap().iter();
    let listed: Vec<_> = listed.map(|item| text(&item["data"]["target"])).collect();
    assert_eq!(walked, listed);
    let by_get = service.get("/api/catalog/locations/by-query?limit=2").await;
    assert_eq!(by_get.json(), pages[0]);
}

#[tokio::test]
async fn predicates_choose_locations_and_denial_hides_them() {
    let hub = hub_with_five().await;
    let service = hub.service();
    let all = query(&service, &json!({})).await.json();
    let one = &all["items"][0];

    let predicate = json!({"$all": [{"type": "URL"}, {"entityRef": one["entityRef"]}]});
    let found = query(&service, &json!({"query": predicate})).await.json();
    let nobody = hub.user("user:default/nobody").await;
    let hidden = query(&nobody, &json!({})).await.json();

    assert_eq!(
        found,
        json!({"items": [one], "totalItems": 1, "pageInfo": {}})
    );
    assert_eq!(
        hidden,
        json!({"items": [], "totalItems": 0, "pageInfo": {}})
    );
    let stands_for = stands_for(&text(&one["target"]));
    assert_eq!(one["entityRef"], json!(stands_for));
    for (body, expected) in [
        (json!({"limit": 0}), "Limit must be a positive integer >= 1"),
        (json!({"cursor": ""}), "Cursor cannot be empty"),
        (json!({"cursor": "%"}), "Malformed cursor, unknown encoding"),
        (json!({"query": []}), "Query must be an object"),
    ] {
        let refused = query(&service, &body).await;
        assert_eq!(message(&refused), (400, expected.to_owned()), "{body}");
    }
}
