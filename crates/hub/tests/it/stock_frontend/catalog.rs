//! The catalog of the front end.

use super::{Frontend, names};
use serde_json::json;

#[tokio::test]
async fn entities_by_filter_order_and_fields() {
    let frontend = Frontend::start().await;
    let path = "/api/catalog/entities?filter=kind%3Dcomponent&order=desc%3Ametadata.name&fields=metadata.name";

    let answer = frontend.get(path).await;

    let expected = json!([{"metadata": {"name": "sound"}}, {"metadata": {"name": "lights"}}]);
    assert_eq!(answer.json(), expected);
}

#[tokio::test]
async fn a_page_of_entities() {
    let frontend = Frontend::start().await;
    let path = "/api/catalog/entities/by-query?filter=kind%3Dcomponent&limit=1&orderField=metadata.name%2Casc&offset=1";

    let answer = frontend.get(path).await.json();

    assert_eq!(names(&answer["items"]), ["sound"]);
    assert_eq!(answer["totalItems"], 2);
}

#[tokio::test]
async fn the_number_of_entities_alone() {
    let frontend = Frontend::start().await;
    let path = "/api/catalog/entities/by-query?filter=kind%3Dcomponent&limit=0";

    let answer = frontend.get(path).await.json();

    assert_eq!(answer["items"], json!([]));
    assert_eq!(answer["totalItems"], 2);
}

#[tokio::test]
async fn a_page_of_entities_without_their_number() {
    let frontend = Frontend::start().await;
    let path = "/api/catalog/entities/by-query?filter=kind%3Dcomponent&totalItems=exclude";

    let answer = frontend.get(path).await.json();

    assert_eq!(answer["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn entities_by_what_people_type() {
    let frontend = Frontend::start().await;
    let path = "/api/catalog/entities/by-query?filter=kind%3Dcomponent&fullTextFilterTerm=spots&fullTextFilterFields=metadata.description";

    let answer = frontend.get(path).await.json();

    assert_eq!(names(&answer["items"]), ["lights"]);
}

#[tokio::test]
async fn pages_by_a_cursor_in_the_body() {
    let frontend = Frontend::start().await;
    let path = "/api/catalog/entities/by-query";
    let query = json!({
        "filter": {"kind": "component"}, "limit": 1,
        "orderBy": [{"field": "metadata.name", "order": "asc"}],
        "query": {"kind": "component"}, "orderField": ["metadata.name,asc"],
    });

    let first = frontend.post(path, query).await;
    assert_eq!(first.status, 200, "{}", first.text());
    let first = first.json();
    let cursor = first["pageInfo"]["nextCursor"].clone();
    let second = frontend
        .post(path, json!({"cursor": cursor, "limit": 1}))
        .await
        .json();

    assert_ne!(names(&first["items"]), names(&second["items"]));
}

#[tokio::test]
async fn entities_by_references() {
    let frontend = Frontend::start().await;
    let refs = json!({"entityRefs": ["component:default/lights", "component:default/absent"]});

    let answer = frontend
        .post("/api/catalog/entities/by-refs", refs)
        .await
        .json();

    assert_eq!(answer["items"][0]["metadata"]["name"], "lights");
    assert_eq!(answer["items"][1], json!(null));
}

#[tokio::test]
async fn an_entity_by_name_and_its_ancestry() {
    let frontend = Frontend::start().await;
    let path = "/api/catalog/entities/by-name/component/default/lights";

    let entity = frontend.get(path).await.json();
    let ancestry = frontend.get(&format!("{path}/ancestry")).await.json();

    assert_eq!(entity["metadata"]["name"], "lights");
    assert_eq!(ancestry["rootEntityRef"], "component:default/lights");
}

#[tokio::test]
async fn facets_with_and_without_a_filter() {
    let frontend = Frontend::start().await;

    let all = frontend
        .get("/api/catalog/entity-facets?facet=kind")
        .await
        .json();
    let path = "/api/catalog/entity-facets?facet=spec.type&filter=kind%3Dcomponent";
    let filtered = frontend.get(path).await.json();

    let kinds = all["facets"]["kind"].as_array().unwrap();
    assert!(
        kinds.contains(&json!({"value": "Component", "count": 2})),
        "{kinds:?}"
    );
    assert_eq!(
        filtered["facets"]["spec.type"],
        json!([{"value": "service", "count": 2}])
    );
}

#[tokio::test]
async fn a_location_is_tried_registered_listed_and_removed() {
    let frontend = Frontend::start().await;
    let location = json!({"type": "url", "target": frontend.file});
    let path = "/api/catalog/locations";

    let tried = frontend
        .post("/api/catalog/locations?dryRun=true", location.clone())
        .await;
    let registered = frontend.post(path, location).await;
    let listed = frontend.get(path).await.json();
    let id = registered.json()["location"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let removed = frontend.delete(&format!("{path}/{id}")).await;

    assert_eq!(tried.status, 201, "{}", tried.text());
    assert!(names(&tried.json()["entities"]).contains(&"curtain"));
    assert_eq!(registered.status, 201);
    let ids = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["data"]["id"].clone());
    assert!(ids.collect::<Vec<_>>().contains(&json!(id)), "{listed}");
    assert_eq!(removed.status, 204);
}
