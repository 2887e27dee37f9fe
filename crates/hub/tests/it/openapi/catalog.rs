//! That catalog and search do what their documents say.

use super::contract::Contract;
use super::document_of;
use crate::catalog::site::Site;
use callboard_testkit::{Client, TestHub};
use serde_json::{Value, json};
use std::time::Duration;

/// The token of a program that may ask about permissions only.
const RESTRICTED_TOKEN: &str = "a-token-for-permissions";

const COMPONENT: &str = "
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: lights}
spec: {type: service, lifecycle: production, owner: stage}
";

/// Somebody who asks, and the document that the requests are compared with.
struct Desk {
    contract: Contract,
    client: Client,
}

impl Desk {
    async fn ask(&self, request: &str, status: u16) -> Value {
        self.send(request, None, status).await
    }

    async fn post(&self, request: &str, body: Value, status: u16) -> Value {
        self.send(request, Some(body), status).await
    }

    async fn send(&self, request: &str, body: Option<Value>, status: u16) -> Value {
        let answer = self.contract.ask(&self.client, request, body, status).await;
        match answer.text().as_str() {
            "" => Value::Null,
            _ => answer.json(),
        }
    }
}

/// Waits for the hub to read what was registered.
async fn until_read(hub: &TestHub, name: &str) {
    let path = format!("/api/catalog/entities/by-name/component/default/{name}");
    let read = async {
        while hub.service().get(&path).await.status != 200 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let deadline = Duration::from_secs(30);
    tokio::time::timeout(deadline, read)
        .await
        .expect("it is read in time");
}

#[tokio::test]
async fn every_answer_of_the_catalog_is_as_documented() {
    let site = Site::start().await;
    site.put("/a.yaml", &COMPONENT.replace("lights", "sound"));
    let hub = site
        .builder()
        .catalog(COMPONENT)
        .config(json!({"backend": {"auth": {"externalAccess": [
            {"type": "static", "options": {"token": callboard_testkit::STATIC_TOKEN, "subject": "testkit"}},
            {"type": "static", "options": {"token": RESTRICTED_TOKEN, "subject": "reader"},
             "accessRestrictions": [{"plugin": "permission"}]},
        ]}}}))
        .start()
        .await;
    let desk = Desk {
        contract: Contract::new(document_of(&hub, "catalog").await),
        client: hub.service(),
    };

    let id = locations(&desk, &site).await;
    until_read(&hub, "sound").await;
    entities(&desk).await;
    queries(&desk).await;
    changes(&desk).await;
    removals(&desk, &id).await;
    refusals(&desk, &hub).await;

    // What every plugin has is seen with that of permissions.
    let mut unseen = desk.contract.unseen();
    let of_every_plugin = [
        "getOpenApi",
        "getMetadata",
        "applyConditions",
        "setCookie",
        "clearCookie",
        "getKeys",
    ];
    unseen.retain(|answer| !of_every_plugin.iter().any(|id| answer.starts_with(id)));
    assert_eq!(unseen, [""; 0]);
}

async fn locations(desk: &Desk, site: &Site) -> String {
    let location = |path: &str| json!({"type": "url", "target": site.url(path)});
    let added = desk.post("POST /locations", location("/a.yaml"), 201).await;
    let id = added["location"]["id"].as_str().unwrap().to_owned();
    let other = desk.post("POST /locations", location("/b.yaml"), 201).await;
    let other = other["location"]["id"].as_str().unwrap();
    desk.post("POST /locations", location("/a.yaml"), 409).await;
    desk.post("POST /locations", json!({"type": "url"}), 400)
        .await;
    let again = "POST /locations?onConflict=refresh";
    desk.post(again, location("/a.yaml"), 201).await;
    let dry_run = "POST /locations?dryRun=true";
    desk.post(dry_run, location("/a.yaml"), 201).await;
    desk.ask("GET /locations", 200).await;
    desk.ask("GET /locations?bogus=1", 400).await;
    let page = desk.ask("GET /locations/by-query?limit=1", 200).await;
    let cursor = page["pageInfo"]["nextCursor"].clone();
    desk.ask("GET /locations/by-query?limit=x", 400).await;
    let by_query = "POST /locations/by-query";
    desk.post(by_query, json!({"query": {"type": "url"}}), 200)
        .await;
    desk.post(by_query, json!({"cursor": cursor}), 200).await;
    desk.post(by_query, json!({"limit": 0}), 400).await;
    let one = format!("/locations/{id}");
    desk.ask(&format!("GET {one}"), 200).await;
    desk.ask("GET /locations/none", 404).await;
    let put = format!("PUT {one}");
    desk.post(&put, location("/a.yaml"), 200).await;
    desk.post(&put, location("/b.yaml"), 409).await;
    desk.post(&put, json!({}), 400).await;
    desk.post("PUT /locations/none", location("/c.yaml"), 404)
        .await;
    desk.ask(&format!("DELETE /locations/{other}"), 204).await;
    id
}

async fn entities(desk: &Desk) {
    let lights = "/entities/by-name/component/default/lights";
    let listed = "GET /entities?filter=kind=component&order=asc:metadata.name&limit=1&fields=kind,metadata.name";
    desk.ask(listed, 200).await;
    desk.ask("GET /entities", 200).await;
    desk.ask("GET /entities?order=kind", 400).await;
    let found = desk.ask(&format!("GET {lights}"), 200).await;
    desk.ask("GET /entities/by-name/component/default/none", 404)
        .await;
    let uid = found["metadata"]["uid"].as_str().unwrap();
    desk.ask(&format!("GET /entities/by-uid/{uid}"), 200).await;
    desk.ask("GET /entities/by-uid/none", 404).await;
    desk.ask(&format!("GET {lights}/ancestry"), 200).await;
    let none = "GET /entities/by-name/component/default/none/ancestry";
    desk.ask(none, 404).await;
    let refs = json!({
        "entityRefs": ["component:default/lights", "component:default/none"],
        "fields": ["metadata"], "query": {"kind": "component"},
    });
    desk.post("POST /entities/by-refs?filter=kind=component", refs, 200)
        .await;
    desk.post("POST /entities/by-refs", json!({}), 400).await;
    desk.ask("GET /locations/by-entity/component/default/sound", 200)
        .await;
    desk.ask("GET /locations/by-entity/component/default/lights", 404)
        .await;
}

async fn queries(desk: &Desk) {
    let by_query = "GET /entities/by-query";
    let page = desk
        .ask(
            &format!("{by_query}?limit=1&orderField=metadata.name,asc"),
            200,
        )
        .await;
    let cursor = page["pageInfo"]["nextCursor"].as_str().unwrap();
    let encoded = cursor.replace('=', "%3D").replace('+', "%2B");
    desk.ask(&format!("{by_query}?cursor={encoded}"), 200).await;
    desk.ask(
        &format!("{by_query}?totalItems=exclude&fullTextFilterTerm=x"),
        200,
    )
    .await;
    desk.ask(&format!("{by_query}?limit=-1"), 400).await;
    let post = "POST /entities/by-query";
    let body = json!({
        "query": {"kind": "component"}, "orderBy": [{"field": "metadata.name", "order": "desc"}],
        "fullTextFilter": {"term": "l", "fields": ["metadata.name"]}, "limit": 1, "offset": 0,
        "fields": ["kind"], "totalItems": "include",
    });
    desk.post(post, body, 200).await;
    desk.post(post, json!({"cursor": cursor}), 200).await;
    desk.post(post, json!({"query": []}), 400).await;
    desk.ask("GET /entity-facets?facet=kind&filter=kind=component", 200)
        .await;
    desk.ask("GET /entity-facets", 400).await;
    let facets = json!({"facets": ["kind"], "query": {"kind": "component"}});
    desk.post("POST /entity-facets", facets, 200).await;
    desk.post("POST /entity-facets", json!({}), 400).await;
    for word in ["failed", "pending"] {
        desk.ask(
            &format!("GET /entities/unprocessed/{word}?owner=stage"),
            200,
        )
        .await;
        desk.ask(&format!("GET /entities/unprocessed/{word}?bogus=1"), 400)
            .await;
    }
}

async fn changes(desk: &Desk) {
    let refresh = "POST /refresh";
    desk.post(
        refresh,
        json!({"entityRef": "component:default/lights"}),
        200,
    )
    .await;
    desk.post(refresh, json!({"entityRef": "component:default/none"}), 404)
        .await;
    desk.post(refresh, json!({}), 400).await;
    let analyze = "POST /analyze-location";
    let location = json!({"type": "url", "target": "https://github.com/lantern/box-office"});
    desk.post(analyze, json!({"location": location}), 200).await;
    desk.post(analyze, json!({}), 400).await;
    let validate = "POST /validate-entity";
    let entity = valid_entity();
    let location = "url:https://host.example/a.yaml";
    desk.post(
        validate,
        json!({"entity": entity, "location": location}),
        200,
    )
    .await;
    desk.post(validate, json!({"entity": {}, "location": location}), 400)
        .await;
    desk.post(validate, json!({}), 400).await;
}

fn valid_entity() -> Value {
    json!({
        "apiVersion": "backstage.io/v1alpha1", "kind": "Component", "metadata": {"name": "a"},
        "spec": {"type": "service", "lifecycle": "production", "owner": "stage"},
    })
}

async fn removals(desk: &Desk, id: &str) {
    desk.ask("DELETE /entities/by-uid/none", 204).await;
    desk.ask("DELETE /entities/unprocessed/delete/none", 204)
        .await;
    desk.ask(&format!("DELETE /locations/{id}"), 204).await;
    desk.ask(&format!("DELETE /locations/{id}"), 404).await;
}

/// What nobody without a right gets, and nobody without credentials.
async fn refusals(desk: &Desk, hub: &TestHub) {
    let stranger = hub.anonymous();
    let restricted = hub.anonymous().bearer(RESTRICTED_TOKEN);
    for operation in desk.contract.operations() {
        if operation.is_open() {
            continue;
        }
        let path = operation.path.replace(['{', '}'], "");
        for (client, status) in [(&stranger, 401), (&restricted, 403)] {
            let answer = desk
                .contract
                .send(client, operation.method, &path, None)
                .await;
            assert_eq!(answer.status, status, "{path}");
            desk.contract.check_answer(&path, operation, &answer);
        }
    }
}

#[tokio::test]
async fn every_answer_of_search_is_as_documented() {
    let hub = TestHub::builder().catalog(COMPONENT).start().await;
    let desk = Desk {
        contract: Contract::new(document_of(&hub, "search").await),
        client: hub.service(),
    };

    let found = desk.ask("GET /query?term=light&pageLimit=10", 200).await;
    desk.ask("GET /query?pageLimit=x", 400).await;

    assert_eq!(found["results"][0]["document"]["title"], "lights");
}
