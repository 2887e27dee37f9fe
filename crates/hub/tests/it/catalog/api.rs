//! The read interface beyond its vectors.

use super::{component, entity, hub_with, names, text};
use callboard_hub::catalog::Location;
use callboard_store::Query;
use callboard_testkit::TestHub;
use serde_json::{Value, json};

async fn message(hub: &TestHub, path: &str) -> (u16, String) {
    let answer = hub.service().get(&format!("/api/catalog{path}")).await;
    (answer.status.as_u16(), text(&answer.error()["message"]))
}

#[tokio::test]
async fn unknown_parameters_are_refused_on_every_route() {
    let hub = hub_with(&component("a")).await;
    for path in [
        "/entities",
        "/entities/by-query",
        "/entities/by-uid/x",
        "/entities/by-name/component/default/a",
        "/entities/by-name/component/default/a/ancestry",
        "/entity-facets",
        "/locations",
        "/locations/x",
        "/locations/by-entity/component/default/a",
    ] {
        let found = message(&hub, &format!("{path}?bogus=1")).await;

        assert_eq!(
            found,
            (400, "Unknown query parameter 'bogus'".to_owned()),
            "{path}"
        );
    }
}

#[tokio::test]
async fn errors_name_the_url_below_the_plugin() {
    let hub = hub_with(&component("a")).await;

    let answer = hub.service().get("/api/catalog/entities?limit=0").await;

    insta::assert_json_snapshot!(answer.json(), @r#"
    {
      "error": {
        "name": "InputError",
        "message": "Invalid limit, must be greater than zero"
      },
      "request": {
        "method": "GET",
        "url": "/entities?limit=0"
      },
      "response": {
        "statusCode": 400
      }
    }
    "#);
}

#[tokio::test]
async fn pages_of_the_list_follow_its_links() {
    let hub = hub_with(&["a", "b", "c"].map(component).concat()).await;
    let mut path = "/entities?filter=kind=component&fields=metadata.name&limit=2".to_owned();
    let mut found = Vec::new();

    loop {
        let answer = hub.service().get(&format!("/api/catalog{path}")).await;
        let body = answer.json();
        found.extend(
            body.as_array()
                .unwrap()
                .iter()
                .map(|entity| text(&entity["metadata"]["name"])),
        );
        let Some(next) = answer
            .header("link")
            .strip_prefix('<')
            .and_then(|link| link.split('>').next())
        else {
            break;
        };
        path = next.to_owned();
    }

    assert_eq!(found, ["a", "b", "c"]);
}

#[tokio::test]
async fn a_bad_place_in_the_list_is_refused() {
    let hub = hub_with(&component("a")).await;

    assert_eq!(
        message(&hub, "/entities?after=abc").await.1,
        "Malformed after cursor, could not be parsed"
    );
}

#[tokio::test]
async fn single_entities_and_lists_have_relation_targets_and_pages_have_none() {
    let hub = hub_with(&component("a")).await;
    let single = entity(&hub, "Component", "A").await.json();
    let uid = text(&single["metadata"]["uid"]);
    let get = async |path: &str| {
        hub.service()
            .get(&format!("/api/catalog{path}"))
            .await
            .json()
    };

    let by_uid = get(&format!("/entities/by-uid/{uid}")).await;
    let listed = get("/entities?filter=kind=component").await;
    let page = get("/entities/by-query?filter=kind=component").await;

    let target = json!({"kind": "group", "namespace": "default", "name": "crew"});
    assert_eq!(
        single["relations"],
        json!([{"type": "ownedBy", "targetRef": "group:default/crew", "target": target}])
    );
    assert_eq!((&by_uid, &listed), (&single, &json!([single])));
    assert_eq!(
        page["items"][0]["relations"],
        json!([{"type": "ownedBy", "targetRef": "group:default/crew"}])
    );
}

#[tokio::test]
async fn predicates_and_orders_of_a_body_select_a_page() {
    let hub = hub_with(&["a", "b", "c"].map(component).concat()).await;
    let ask = async |body: Value| {
        hub.service()
            .post("/api/catalog/entities/by-query", &body)
            .await
    };
    let names_of = |page: &Value| -> Vec<String> {
        page["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entity| text(&entity["metadata"]["name"]))
            .collect()
    };
    let query = json!({"kind": "component", "$not": 1});
    assert_eq!(ask(json!({"query": query})).await.status, 400);

    let body = json!({
        "query": {"$all": [{"kind": "Component"}, {"$not": {"metadata.name": "b"}}]},
        "orderBy": [{"field": "metadata.name", "order": "desc"}],
        "fields": ["metadata.name"],
        "limit": 1,
    });
    let first = ask(body).await.json();
    let second = ask(json!({"cursor": first["pageInfo"]["nextCursor"], "limit": 1}))
        .await
        .json();
    let uncounted = ask(json!({"totalItems": "exclude", "limit": 0}))
        .await
        .json();

    assert_eq!(
        (names_of(&first), names_of(&second)),
        (vec!["c".to_owned()], vec!["a".to_owned()])
    );
    assert_eq!(
        (
            &first["totalItems"],
            &second["totalItems"],
            &uncounted["totalItems"]
        ),
        (&json!(2), &json!(2), &json!(0))
    );
    assert_eq!(first["items"][0], json!({"metadata": {"name": "c"}}));
}

#[tokio::test]
async fn bodies_with_members_of_other_types_are_refused() {
    let hub = hub_with(&component("a")).await;
    for (path, body, expected) in [
        (
            "entities/by-query",
            json!({"limit": -1}),
            "request/body/limit must be >= 0",
        ),
        (
            "entities/by-query",
            json!({"limit": "a"}),
            "request/body/limit must be integer",
        ),
        (
            "entities/by-query",
            json!({"orderBy": 1}),
            "request/body/orderBy must be array",
        ),
        (
            "entities/by-query",
            json!({"fields": "kind"}),
            "request/body/fields must be array",
        ),
        (
            "entities/by-refs",
            json!({"entityRefs": [1]}),
            "request/body/entityRefs/0 must be string",
        ),
        (
            "entities/by-query",
            json!([]),
            "request/body must be object",
        ),
        (
            "entities/by-query",
            json!({"orderBy": [{"field": "kind"}]}),
            "request/body/orderBy/0 must have required property 'order'",
        ),
        (
            "entities/by-query",
            json!({"fullTextFilter": "a"}),
            "request/body/fullTextFilter must be object",
        ),
        (
            "entities/by-query",
            json!({"query": {"$some": []}}),
            "Invalid filter predicate: unknown operator `$some`",
        ),
        (
            "entities/by-refs",
            json!("a"),
            "request/body must be object",
        ),
        (
            "entity-facets",
            json!({"facets": [""]}),
            "Missing or empty facets parameter",
        ),
        (
            "entity-facets",
            json!({}),
            "request/body must have required property 'facets'",
        ),
        (
            "analyze-location",
            json!({"location": {"type": "url", "target": "a", "more": 1}}),
            "request/body/location must NOT have additional properties",
        ),
        (
            "locations",
            json!({"type": "url", "target": "a", "presence": "maybe"}),
            "request/body/presence must be equal to one of the allowed values: required, optional",
        ),
    ] {
        let answer = hub
            .service()
            .post(&format!("/api/catalog/{path}"), &body)
            .await;

        assert_eq!(
            answer.error(),
            json!({"name": "InputError", "message": expected}),
            "{path} {body}"
        );
    }
}

#[tokio::test]
async fn facets_can_be_asked_with_a_predicate() {
    let hub = hub_with(&["a", "b"].map(component).concat()).await;
    let body =
        json!({"facets": ["metadata.name"], "query": {"metadata.name": {"$in": ["B", "c"]}}});

    let answer = hub
        .service()
        .post("/api/catalog/entity-facets", &body)
        .await;

    assert_eq!(
        answer.json(),
        json!({"facets": {"metadata.name": [{"value": "b", "count": 1}]}})
    );
}

#[tokio::test]
async fn lists_of_references_are_sorted_and_others_are_not() {
    let hub = hub_with(&format!(
        "{}  dependsOn: ['resource:b', 'component:c', 'resource:a']\n  steps: [b, a]\n",
        component("a")
    ))
    .await;

    let spec = entity(&hub, "component", "a").await.json()["spec"].clone();

    assert_eq!(
        (&spec["dependsOn"], &spec["steps"]),
        (
            &json!(["component:c", "resource:a", "resource:b"]),
            &json!(["b", "a"])
        )
    );
}

#[tokio::test]
async fn an_empty_facet_beside_another_is_left_out() {
    let hub = hub_with(&component("a")).await;

    let answer = hub
        .service()
        .get("/api/catalog/entity-facets?facet=kind&facet=&filter=kind=component")
        .await;

    assert_eq!(
        answer.json(),
        json!({"facets": {"kind": [{"value": "Component", "count": 1}]}})
    );
}

#[tokio::test]
async fn too_many_references_at_once_are_refused() {
    let hub = hub_with(&component("a")).await;
    let entity_refs = vec!["component:default/a-name-of-some-length"; 4000];

    let answer = hub
        .service()
        .post(
            "/api/catalog/entities/by-refs",
            &json!({"entityRefs": entity_refs}),
        )
        .await;

    assert_eq!(
        answer.error(),
        json!({"name": "InputError", "message": "request entity too large"})
    );
}

#[tokio::test]
async fn an_entity_is_validated_for_a_url_only() {
    let hub = hub_with(&component("a")).await;
    for (location, message) in [
        (
            "file:/a",
            "Invalid location ref file:/a, only 'url:<target>' is supported, e.g. url:https://host/path",
        ),
        (
            "nothing",
            "Unable to parse location ref 'nothing', expected '<type>:<target>', e.g. 'url:https://host/path'",
        ),
    ] {
        let body = json!({"entity": {}, "location": location});

        let answer = hub
            .service()
            .post("/api/catalog/validate-entity", &body)
            .await;

        assert_eq!(answer.status, 400);
        assert_eq!(
            answer.json(),
            json!({"errors": [{"name": "TypeError", "message": message}]})
        );
    }
}

#[tokio::test]
async fn a_validation_that_makes_no_sense_has_the_form_of_a_refused_entity() {
    let hub = hub_with(&component("a")).await;

    let answer = hub
        .service()
        .post("/api/catalog/validate-entity", &json!({"entity": {}}))
        .await;

    let message = "Malformed request: request/body must have required property 'location'";
    assert_eq!(answer.status, 400);
    assert_eq!(
        answer.json(),
        json!({"errors": [{"name": "InputError", "message": message}]})
    );
}

#[tokio::test]
async fn an_answer_that_the_client_has_is_not_sent_again() {
    let hub = hub_with(&component("a")).await;
    let first = entity(&hub, "component", "a").await;

    let again = hub.service().header("if-none-match", first.header("etag"));
    let again = again
        .get("/api/catalog/entities/by-name/component/default/a")
        .await;

    assert_eq!((again.status.as_u16(), again.text()), (304, String::new()));
}

#[tokio::test]
async fn reading_needs_no_database() {
    let hub = hub_with(&component("a")).await;
    let uid = text(&entity(&hub, "component", "a").await.json()["metadata"]["uid"]);

    hub.app().core().store.close().await;

    for path in [
        "/entities".to_owned(),
        "/entities/by-query".to_owned(),
        format!("/entities/by-uid/{uid}"),
        "/entities/by-name/component/default/a".to_owned(),
        "/entities/by-name/component/default/a/ancestry".to_owned(),
        "/entity-facets?facet=kind".to_owned(),
        "/entities/unprocessed/failed".to_owned(),
        "/entities/unprocessed/pending".to_owned(),
        "/locations".to_owned(),
    ] {
        assert_eq!(
            hub.service()
                .get(&format!("/api/catalog{path}"))
                .await
                .status,
            200,
            "{path}"
        );
    }
    let refs = hub
        .service()
        .post(
            "/api/catalog/entities/by-refs",
            &json!({"entityRefs": ["component:default/a"]}),
        )
        .await;
    assert!(refs.json()["items"][0].is_object());
    assert_eq!(names(&hub).await, ["a"]);
}

#[tokio::test]
async fn the_catalog_is_counted() {
    let hub = hub_with(&["a", "b"].map(component).concat()).await;

    let metrics = hub.anonymous().get("/metrics").await.text();

    for line in [
        "catalog_entities_count{kind=\"component\"} 2",
        "catalog_entities_count{kind=\"location\"} 1",
        "catalog_registered_locations_count 0",
        "catalog_relations_count 4",
    ] {
        assert!(
            metrics.lines().any(|found| found == line),
            "{line} in {metrics}"
        );
    }
}

#[tokio::test]
async fn registered_locations_are_those_of_the_records() {
    let builder = TestHub::builder().catalog(&component("a")).on_disk();
    let target = builder.folder().join("catalog.yaml").display().to_string();
    let first = builder.start().await;
    let insert = "INSERT INTO catalog_locations (id, location_type, target) VALUES ($1, $2, $3)";
    let mut tx = first.app().core().store.begin().await.unwrap();
    tx.execute(Query::new(insert).bind("the-id").bind("file").bind(&target))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    first.stop().await;

    let hub = builder.start().await;

    let stands_for = Location::parse(&format!("file:{target}"))
        .unwrap()
        .entity_ref();
    let location =
        json!({"id": "the-id", "target": target, "type": "file", "entityRef": stands_for});
    let get = async |path: &str| {
        hub.service()
            .get(&format!("/api/catalog/locations{path}"))
            .await
            .json()
    };
    assert_eq!(get("").await, json!([{"data": location}]));
    assert_eq!(get("/the-id").await, location);
    assert_eq!(get("/by-entity/component/default/A").await, location);
}
