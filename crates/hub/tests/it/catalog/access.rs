//! What callers may see: denial looks like absence, conditions restrict every answer.

use super::{component, component_of, entity, hub_with, location, text};
use callboard_testkit::TestHub;
use serde_json::{Value, json};

/// A conditional policy by which role `v<index>` reads what meets `criteria`.
pub(super) fn policy(index: usize, criteria: &Value) -> Value {
    json!({
        "result": "CONDITIONAL",
        "roleEntityRef": format!("role:default/v{index}"),
        "pluginId": "catalog",
        "resourceType": "catalog-entity",
        "permissionMapping": ["read"],
        "conditions": criteria,
    })
}

/// The same as a YAML document.
pub(super) fn condition(index: usize, criteria: &Value) -> String {
    format!("---\n{}\n", policy(index, criteria))
}

/// Reads what `group:default/crew` owns.
const READER: &str = "user:default/v0";

/// A hub whose [`READER`] sees `seen` but not `hidden`, and the Locations `outer` but not `inner`.
async fn hub_with_reader() -> TestHub {
    let catalog = [
        component("seen"),
        component_of("hidden", "others"),
        location("inner", "./below.yaml"),
    ]
    .concat();
    let is_owned = json!({"rule": "IS_ENTITY_OWNER", "resourceType": "catalog-entity", "params": {"claims": ["group:default/crew"]}});
    let is_location = json!({"allOf": [
        {"rule": "IS_ENTITY_KIND", "resourceType": "catalog-entity", "params": {"kinds": ["Location"]}},
        {"not": {"rule": "HAS_METADATA", "resourceType": "catalog-entity", "params": {"key": "name", "value": "inner"}}},
    ]});
    let builder = TestHub::builder()
        .catalog(&catalog)
        .policy_csv(
            "g, user:default/v0, role:default/v0\n\
             g, user:default/all, role:default/all\n\
             p, role:default/all, catalog-entity, read, allow\n\
             p, role:default/all, catalog.location.read, read, allow\n",
        )
        .conditions(&condition(0, &json!({"anyOf": [is_owned, is_location]})));
    builder.write("below.yaml", &component("below"));
    builder.start().await
}

#[tokio::test]
async fn without_credentials_nothing_is_told() {
    let hub = hub_with(&component("a")).await;

    assert_eq!(
        hub.anonymous().get("/api/catalog/entities").await.status,
        401
    );
}

#[tokio::test]
async fn a_denial_looks_like_an_empty_catalog() {
    let hub = hub_with(&component("a")).await;
    let nobody = hub.user("user:default/nobody").await;
    let uid = text(&entity(&hub, "component", "a").await.json()["metadata"]["uid"]);

    let get = async |path: &str| nobody.get(&format!("/api/catalog{path}")).await;

    assert_eq!(get("/entities").await.json(), json!([]));
    assert_eq!(
        get("/entities/by-query").await.json(),
        json!({"items": [], "totalItems": 0, "pageInfo": {}})
    );
    assert_eq!(
        get("/entity-facets?facet=kind").await.json(),
        json!({"facets": {"kind": []}})
    );
    let refs = nobody
        .post(
            "/api/catalog/entities/by-refs",
            &json!({"entityRefs": ["component:default/a"]}),
        )
        .await;
    assert_eq!(refs.json(), json!({"items": [null]}));
    assert_eq!(
        get("/entities/by-name/component/default/a").await.error(),
        json!({"name": "NotFoundError", "message": "No entity named 'a' found, with kind 'component' in namespace 'default'"})
    );
    let message = format!("No entity with uid {uid}");
    assert_eq!(
        get(&format!("/entities/by-uid/{uid}")).await.error(),
        json!({"name": "NotFoundError", "message": message})
    );
    assert_eq!(get("/locations").await.json(), json!([]));
    assert_eq!(
        get("/locations/x").await.error()["message"],
        "Found no location with ID x"
    );
    let by_entity = get("/locations/by-entity/component/default/a").await;
    assert_eq!(
        (
            by_entity.status.as_u16(),
            by_entity.error()["message"].clone()
        ),
        (404, json!(""))
    );
}

#[tokio::test]
async fn what_is_no_list_is_refused_with_an_empty_message() {
    let hub = hub_with(&component("a")).await;
    let nobody = hub.user("user:default/nobody").await;

    let ancestry = nobody
        .get("/api/catalog/entities/by-name/component/default/a/ancestry")
        .await;
    let validate = nobody
        .post("/api/catalog/validate-entity", &json!({}))
        .await;

    for answer in [ancestry, validate] {
        assert_eq!(answer.status, 403);
        assert_eq!(
            answer.error(),
            json!({"name": "NotAllowedError", "message": ""})
        );
    }
}

#[tokio::test]
async fn conditions_restrict_every_answer() {
    let hub = hub_with_reader().await;
    let reader = hub.user(READER).await;
    let get = async |path: &str| reader.get(&format!("/api/catalog{path}")).await;

    let listed = get("/entities?fields=metadata.name&filter=kind=component")
        .await
        .json();
    assert_eq!(
        listed,
        json!([{"metadata": {"name": "below"}}, {"metadata": {"name": "seen"}}])
    );
    let page = get("/entities/by-query?filter=kind=component&limit=1&orderField=metadata.name")
        .await
        .json();
    assert_eq!(
        (&page["totalItems"], page["items"].as_array().unwrap().len()),
        (&json!(2), 1)
    );
    let facets = get("/entity-facets?facet=metadata.name&filter=kind=component")
        .await
        .json();
    assert_eq!(
        facets["facets"]["metadata.name"].as_array().unwrap().len(),
        2
    );
    assert_eq!(
        get("/entities/by-name/component/default/seen").await.status,
        200
    );
    assert_eq!(
        get("/entities/by-name/component/default/hidden")
            .await
            .status,
        404
    );
    let hidden = entity(&hub, "component", "hidden").await.json();
    let uid = text(&hidden["metadata"]["uid"]);
    assert_eq!(get(&format!("/entities/by-uid/{uid}")).await.status, 404);
    let refs = ["component:default/hidden", "component:default/seen"];
    let found = reader
        .post(
            "/api/catalog/entities/by-refs",
            &json!({"entityRefs": refs}),
        )
        .await
        .json();
    assert_eq!(
        (found["items"][0].is_null(), found["items"][1].is_object()),
        (true, true)
    );
}

#[tokio::test]
async fn a_cursor_of_somebody_else_tells_no_count() {
    let hub = hub_with_reader().await;
    let reader = hub.user(READER).await;
    let page = hub
        .service()
        .get(
            "/api/catalog/entities/by-query?filter=kind=component&limit=1&orderField=metadata.name",
        )
        .await;
    let cursor = text(&page.json()["pageInfo"]["nextCursor"])
        .replace('=', "%3D")
        .replace('+', "%2B");

    let own = reader
        .get(&format!("/api/catalog/entities/by-query?cursor={cursor}"))
        .await
        .json();

    assert_eq!(
        (&page.json()["totalItems"], &own["totalItems"]),
        (&json!(3), &json!(2))
    );
    assert_eq!(own["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn ancestry_hides_an_ancestor_and_everything_above_it() {
    let hub = hub_with_reader().await;
    let path = "/api/catalog/entities/by-name/component/default/below/ancestry";
    let refs = |body: &Value| {
        body["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| text(&item["entity"]["metadata"]["name"]))
            .collect::<Vec<_>>()
    };

    let whole = hub.service().get(path).await.json();
    let own = hub.user(READER).await.get(path).await.json();

    assert_eq!(refs(&whole)[..2], ["below", "inner"]);
    assert_eq!(refs(&whole).len(), 3);
    assert_eq!(
        whole["items"][0]["parentEntityRefs"],
        json!(["location:default/inner"])
    );
    assert_eq!(refs(&own), ["below"]);
    assert_eq!(own["items"][0]["parentEntityRefs"], json!([]));
    let hidden = hub
        .user(READER)
        .await
        .get(&path.replace("below", "hidden"))
        .await;
    assert_eq!(hidden.status, 403);
}

#[tokio::test]
async fn locations_are_seen_by_those_who_may() {
    let hub = hub_with_reader().await;
    let all = hub.user("user:default/all").await;

    assert_eq!(all.get("/api/catalog/locations").await.json(), json!([]));
    let by_entity = all
        .get("/api/catalog/locations/by-entity/component/default/seen")
        .await;
    let path = hub.folder().join("catalog.yaml");
    let message = format!(
        "Found no location with type file and target {}",
        path.display()
    );
    assert_eq!(
        by_entity.error(),
        json!({"name": "NotFoundError", "message": message})
    );
    let missing = all
        .get("/api/catalog/locations/by-entity/component/default/nope")
        .await;
    assert_eq!(
        missing.error()["message"],
        "found no entity for ref component:default/nope"
    );
}
