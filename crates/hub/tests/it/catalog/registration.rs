//! What callers change: locations are registered and removed, entities refreshed and removed.

use super::access::condition;
use super::site::Site;
use super::{
    Database, both_databases, component, component_of, entity, eventually, location, names, text,
};
use crate::support::Log;
use callboard_hub::EntityRef;
use callboard_hub::catalog::Location;
use callboard_testkit::{Answer, Client, TestHub};
use serde_json::{Value, json};

pub(crate) async fn register(client: &Client, target: &str) -> Answer {
    let body = json!({"type": "url", "target": target});
    client.post("/api/catalog/locations", &body).await
}

pub(super) async fn eventually_named(hub: &TestHub, expected: &[&str]) {
    eventually(&format!("the catalog holds {expected:?}"), || async {
        names(hub).await == expected
    })
    .await;
}

/// The reference of the entity that stands for a URL.
pub(super) fn stands_for(target: &str) -> EntityRef {
    let location = Location::parse(&format!("url:{target}"));
    location.unwrap().entity_ref()
}

fn refusal(answer: &Answer) -> (u16, String) {
    (
        answer.status.as_u16(),
        text(&answer.json()["error"]["message"]),
    )
}

both_databases!(
    a_registered_location_is_read_listed_and_removed,
    a_location_is_registered_once_and_must_be_a_url,
    a_dry_run_reads_everything_and_keeps_nothing,
    without_permission_nothing_is_changed_or_told,
    conditions_say_which_entities_may_be_removed,
    a_removed_entity_comes_back_when_what_emits_it_is_refreshed,
    every_change_is_an_audit_event,
    a_repository_is_suggested_as_a_component,
);

async fn a_registered_location_is_read_listed_and_removed(database: Database) {
    let site = Site::start().await;
    site.put("/org/all.yaml", &location("all", "./a.yaml"));
    site.put("/org/a.yaml", &component("a"));
    let hub = database.on(site.builder()).await.start().await;

    let registered = register(&hub.service(), &site.url("/org/all.yaml")).await;

    assert_eq!(registered.status.as_u16(), 201);
    let registered = registered.json();
    let id = text(&registered["location"]["id"]);
    let target = site.url("/org/all.yaml");
    let listed =
        json!({"id": id, "target": target, "type": "url", "entityRef": stands_for(&target)});
    assert_eq!(registered, json!({"location": listed, "entities": []}));
    eventually_named(&hub, &["a", "all"]).await;
    let get = async |path: &str| hub.service().get(&format!("/api/catalog{path}")).await;
    assert_eq!(get("/locations").await.json(), json!([{"data": listed}]));
    assert_eq!(get(&format!("/locations/{id}")).await.json(), listed);
    let by_entity = get("/locations/by-entity/component/default/a").await;
    assert_eq!(by_entity.json(), listed);
    let found = entity(&hub, "component", "a").await.json();
    let url = |path: &str| format!("url:{}", site.url(path));
    assert_eq!(
        found["metadata"]["annotations"],
        json!({
            "backstage.io/managed-by-location": url("/org/a.yaml"),
            "backstage.io/managed-by-origin-location": url("/org/all.yaml"),
            "backstage.io/view-url": site.url("/org/a.yaml"),
            "backstage.io/source-location": url("/org/"),
        })
    );
    let ancestry = get("/entities/by-name/component/default/a/ancestry").await;
    assert_eq!(ancestry.json()["items"].as_array().unwrap().len(), 3);

    let path = format!("/api/catalog/locations/{id}");
    assert_eq!(hub.service().delete(&path).await.status.as_u16(), 204);

    assert_eq!(names(&hub).await, [""; 0]);
    assert_eq!(get("/locations").await.json(), json!([]));
    let gone = hub.service().delete(&path).await;
    assert_eq!(
        refusal(&gone),
        (404, format!("Found no location with ID {id}"))
    );
}

async fn a_location_is_registered_once_and_must_be_a_url(database: Database) {
    let site = Site::start().await;
    let hub = database.on(site.builder()).await.start().await;
    let target = site.url("/a.yaml");
    register(&hub.service(), &target).await;

    let again = register(&hub.service(), &target).await;
    let file = json!({"type": "file", "target": "/etc/passwd"});
    let file = hub.service().post("/api/catalog/locations", &file).await;
    let nothing = json!({"type": "url"});
    let nothing = hub.service().post("/api/catalog/locations", &nothing).await;
    let word = register(&hub.service(), "word").await;

    assert_eq!(
        refusal(&again),
        (409, format!("Location url:{target} already exists"))
    );
    assert_eq!(
        refusal(&file),
        (
            400,
            r#"Registered locations must be of an allowed type ["url"]"#.to_owned()
        )
    );
    assert_eq!(
        refusal(&nothing),
        (
            400,
            "request/body must have required property 'target'".to_owned()
        )
    );
    assert_eq!(word.status.as_u16(), 400);
}

async fn a_dry_run_reads_everything_and_keeps_nothing(database: Database) {
    let site = Site::start().await;
    site.put("/all.yaml", &location("all", "./a.yaml"));
    site.put("/a.yaml", &component("a"));
    let hub = database.on(site.builder()).await.start().await;
    let target = site.url("/all.yaml");
    let body = json!({"type": "url", "target": target});
    let dry_run = async || {
        hub.service()
            .post("/api/catalog/locations?dryRun=true", &body)
            .await
    };

    let found = dry_run().await;

    assert_eq!(found.status.as_u16(), 201);
    let found = found.json();
    let location = json!({
        "id": format!("url:{target}"), "type": "url", "target": target, "entityRef": stands_for(&target),
    });
    assert_eq!(
        (&found["exists"], &found["location"]),
        (&json!(false), &location)
    );
    let kinds: Vec<_> = found["entities"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entity| text(&entity["kind"]))
        .collect();
    assert_eq!(kinds, ["Location", "Location", "Component"]);
    assert_eq!(names(&hub).await, [""; 0]);
    assert_eq!(
        hub.service().get("/api/catalog/locations").await.json(),
        json!([])
    );

    site.put("/a.yaml", "kind: [");
    let (status, message) = refusal(&dry_run().await);
    assert_eq!(status, 400);
    assert!(
        message.starts_with("InputError: YAML error at url:"),
        "{message}"
    );
}

async fn without_permission_nothing_is_changed_or_told(database: Database) {
    let site = Site::start().await;
    let hub = database
        .on(site.builder())
        .await
        .catalog(&component("a"))
        .start()
        .await;
    let uid = text(&entity(&hub, "component", "a").await.json()["metadata"]["uid"]);
    let nobody = hub.user("user:default/nobody").await;
    let post =
        async |path: &str, body: Value| nobody.post(&format!("/api/catalog{path}"), &body).await;
    let delete = async |path: &str| nobody.delete(&format!("/api/catalog{path}")).await;
    let location = json!({"type": "url", "target": site.url("/a.yaml")});

    let answers = [
        post("/locations", location.clone()).await,
        post("/locations?dryRun=true", location.clone()).await,
        post("/refresh", json!({"entityRef": "component:default/a"})).await,
        post("/refresh", json!({"entityRef": "component:default/none"})).await,
        post("/analyze-location", json!({"location": location})).await,
        delete("/locations/none").await,
        delete(&format!("/entities/by-uid/{uid}")).await,
        delete("/entities/by-uid/none").await,
        delete("/entities/unprocessed/delete/none").await,
    ];

    for answer in &answers {
        assert_eq!(refusal(answer), (403, String::new()));
    }
    assert_eq!(site.asked("/a.yaml"), [0_u16; 0]);
    assert_eq!(names(&hub).await, ["a"]);
}

async fn conditions_say_which_entities_may_be_removed(database: Database) {
    let criteria = json!({"rule": "IS_ENTITY_OWNER", "resourceType": "catalog-entity",
        "params": {"claims": ["group:default/mine"]}});
    let rows = "g, user:default/ann, role:default/v1\n";
    let conditions = condition(1, &criteria).replace(r#"["read"]"#, r#"["delete"]"#);
    let hub = database
        .on(TestHub::builder())
        .await
        .catalog(&[component_of("a", "mine"), component_of("b", "theirs")].concat())
        .policy_csv(rows)
        .conditions(&conditions)
        .start()
        .await;
    let ann = hub.user("user:default/ann").await;
    let remove = async |name: &str| {
        let found = entity(&hub, "component", name).await.json();
        let uid = text(&found["metadata"]["uid"]);
        ann.delete(&format!("/api/catalog/entities/by-uid/{uid}"))
            .await
            .status
            .as_u16()
    };

    assert_eq!((remove("b").await, remove("a").await), (403, 204));
    assert_eq!(names(&hub).await, ["b"]);
    let unknown = ann.delete("/api/catalog/entities/by-uid/none").await;
    assert_eq!(unknown.status.as_u16(), 403);
}

#[tokio::test]
async fn in_readonly_mode_locations_stay_as_they_are() {
    let site = Site::start().await;
    site.put("/a.yaml", &component("a"));
    let hub = site
        .builder()
        .config(json!({"catalog": {"readonly": true}}))
        .start()
        .await;

    let created = register(&hub.service(), &site.url("/a.yaml")).await;
    let deleted = hub.service().delete("/api/catalog/locations/none").await;
    let body = json!({"type": "url", "target": site.url("/a.yaml")});
    let dry_run = hub
        .service()
        .post("/api/catalog/locations?dryRun=1", &body)
        .await;

    let message = "This operation not allowed in readonly mode".to_owned();
    assert_eq!(refusal(&created), (403, message.clone()));
    assert_eq!(refusal(&deleted), (403, message));
    assert_eq!(dry_run.status.as_u16(), 201);
}

async fn a_removed_entity_comes_back_when_what_emits_it_is_refreshed(database: Database) {
    let hub = database
        .hub_with(&[component("a"), component("b")].concat())
        .await;
    let before = entity(&hub, "component", "a").await.json();
    let uid = text(&before["metadata"]["uid"]);

    let path = format!("/api/catalog/entities/by-uid/{uid}");
    assert_eq!(hub.service().delete(&path).await.status.as_u16(), 204);
    assert_eq!(names(&hub).await, ["b"]);
    assert_eq!(hub.service().delete(&path).await.status.as_u16(), 204);
    let refreshed = hub
        .service()
        .post(
            "/api/catalog/refresh",
            &json!({"entityRef": "component:default/b"}),
        )
        .await;

    assert_eq!(
        (refreshed.status.as_u16(), refreshed.text()),
        (200, String::new())
    );
    eventually_named(&hub, &["a", "b"]).await;
    let after = entity(&hub, "component", "a").await.json();
    assert_eq!(after["spec"], before["spec"]);
    assert_ne!(after["metadata"]["uid"], before["metadata"]["uid"]);
    let unknown = json!({"entityRef": "component:default/none"});
    let unknown = hub.service().post("/api/catalog/refresh", &unknown).await;
    assert_eq!(
        refusal(&unknown),
        (404, "Entity component:default/none not found".to_owned())
    );
}

async fn every_change_is_an_audit_event(database: Database) {
    let log = Log::capture();
    let site = Site::start().await;
    let hub = database.on(site.builder()).await.start().await;

    let registered = register(&hub.service(), &site.url("/a.yaml")).await.json();
    let id = text(&registered["location"]["id"]);
    register(&hub.service(), &site.url("/a.yaml")).await;
    hub.service()
        .delete(&format!("/api/catalog/locations/{id}"))
        .await;
    hub.service()
        .delete("/api/catalog/entities/by-uid/none")
        .await;

    let events: Vec<_> = log
        .lines()
        .into_iter()
        .filter(|line| line["plugin"] == "catalog" && line["isAuditEvent"] == true)
        .map(|line| {
            format!(
                "{} {} {}",
                text(&line["eventId"]),
                text(&line["meta"]["actionType"]),
                text(&line["status"])
            )
        })
        .collect();
    insta::assert_json_snapshot!(events, @r#"
    [
      "location-mutate create initiated",
      "location-mutate create succeeded",
      "location-mutate create initiated",
      "location-mutate create failed",
      "location-mutate delete initiated",
      "location-mutate delete succeeded",
      "entity-mutate delete initiated",
      "entity-mutate delete succeeded"
    ]
    "#);
}

async fn a_repository_is_suggested_as_a_component(database: Database) {
    let hub = database.on(TestHub::builder()).await.start().await;
    let analyze = async |target: &str| {
        let body = json!({"location": {"type": "url", "target": target}});
        hub.service()
            .post("/api/catalog/analyze-location", &body)
            .await
    };

    let found = analyze("https://github.com/lantern/box-office").await;

    insta::assert_json_snapshot!(found.json(), @r#"
    {
      "existingEntityFiles": [],
      "generateEntities": [
        {
          "entity": {
            "apiVersion": "backstage.io/v1alpha1",
            "kind": "Component",
            "metadata": {
              "name": "box-office",
              "annotations": {
                "github.com/project-slug": "lantern/box-office"
              }
            },
            "spec": {
              "type": "other",
              "lifecycle": "unknown"
            }
          },
          "fields": []
        }
      ]
    }
    "#);
    let nothing = analyze("nothing").await;
    assert_eq!(
        refusal(&nothing),
        (400, "The given location.target is not a URL".to_owned())
    );
}
