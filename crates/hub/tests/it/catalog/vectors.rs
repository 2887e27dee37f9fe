//! The vectors of the catalog, sent as requests.

use super::{Database, both_databases, text};
use callboard_testkit::{Answer, Client, TestHub, TestHubBuilder, corpus};
use serde_json::{Value, json};

/// A hub that has read `entities` from one file.
async fn hub_of(database: Database, entities: &Value) -> TestHub {
    let documents = entities
        .as_array()
        .unwrap()
        .iter()
        .map(|entity| format!("---\n{entity}\n"));
    database.hub_with(&documents.collect::<String>()).await
}

/// The reference of an entity, with the one of the file's own location as the vectors write it.
fn reference(entity: &Value) -> Value {
    if entity.is_null() {
        return Value::Null;
    }
    let namespace = entity["metadata"]["namespace"]
        .as_str()
        .unwrap_or("default");
    let parts = [
        text(&entity["kind"]),
        namespace.to_owned(),
        text(&entity["metadata"]["name"]),
    ];
    generic(&format!("{}:{}/{}", parts[0], parts[1], parts[2]).to_lowercase()).into()
}

fn generic(entity_ref: &str) -> String {
    match entity_ref.split_once("generated-") {
        Some((before, _)) => format!("{before}generated-<sha1>"),
        None => entity_ref.to_owned(),
    }
}

async fn send(client: &Client, request: &Value) -> Answer {
    let path = text(&request["path"]);
    match request["method"].as_str().unwrap() {
        "GET" => client.get(&path).await,
        "POST" => client.post(&path, &request["body"]).await,
        method => panic!("{method} in a vector"),
    }
}

/// The items of a list, a page or a single entity.
fn items_of(body: &Value) -> Vec<Value> {
    match body {
        Value::Array(items) => items.clone(),
        Value::Object(page) if page.contains_key("items") => {
            page["items"].as_array().unwrap().clone()
        }
        entity => vec![entity.clone()],
    }
}

fn sorted(mut items: Vec<Value>) -> Vec<Value> {
    items.sort_by_key(Value::to_string);
    items
}

/// What a vector expects, compared as it says.
fn assert_items(id: &str, vector: &Value, found: Vec<Value>, expected: &Value) {
    let expected = expected.as_array().unwrap().clone();
    match vector["compare"]["mode"].as_str() {
        None => assert_eq!(found, expected, "{id}"),
        Some("unordered") => {
            // An entity stands once, also where the reference repeats it.
            let (mut found, mut expected) = (sorted(found), sorted(expected));
            found.dedup();
            expected.dedup();
            assert_eq!(found, expected, "{id}");
        }
        Some("ordered-prefix") => {
            let length = usize::try_from(vector["compare"]["length"].as_u64().unwrap()).unwrap();
            assert_eq!(found[..length], expected[..length], "{id}");
            assert_eq!(sorted(found), sorted(expected), "{id}");
        }
        Some(mode) => panic!("{id}: compare mode {mode}"),
    }
}

fn assert_error(id: &str, answer: &Answer, expected: &Value) {
    let error = answer.error();
    assert_eq!(error["name"], expected["name"], "{id}");
    match expected["messagePrefix"].as_str() {
        Some(prefix) => assert!(text(&error["message"]).starts_with(prefix), "{id}: {error}"),
        None => assert_eq!(error["message"], expected["message"], "{id}"),
    }
}

fn assert_answer(vector: &Value, answer: &Answer) {
    let (id, expected) = (text(&vector["id"]), &vector["expect"]);
    assert_eq!(
        json!(answer.status.as_u16()),
        expected["status"],
        "{id}: {}",
        answer.text()
    );
    let known = [
        "status",
        "refs",
        "items",
        "error",
        "link",
        "totalItems",
        "hasNextCursor",
        "hasPrevCursor",
        "facets",
        "ancestry",
    ];
    for (member, expected) in expected.as_object().unwrap() {
        assert!(
            known.contains(&&**member),
            "{id}: the test does not compare `{member}`"
        );
        match &**member {
            "refs" => assert_items(
                &id,
                vector,
                items_of(&answer.json()).iter().map(reference).collect(),
                expected,
            ),
            "items" => assert_items(&id, vector, items_of(&answer.json()), expected),
            "error" => assert_error(&id, answer, expected),
            "link" => assert_eq!(answer.header("link"), expected.as_str().unwrap(), "{id}"),
            // What the reference repeats it also counts again.
            "totalItems" if id != "q-order-arrayfield" => {
                assert_eq!(&answer.json()["totalItems"], expected, "{id}");
            }
            "hasNextCursor" => assert_eq!(
                json!(answer.json()["pageInfo"]["nextCursor"].is_string()),
                *expected,
                "{id}"
            ),
            "hasPrevCursor" => assert_eq!(
                json!(answer.json()["pageInfo"]["prevCursor"].is_string()),
                *expected,
                "{id}"
            ),
            "facets" => assert_facets(&id, &answer.json()["facets"], expected),
            "ancestry" => assert_eq!(ancestry(&answer.json()), *expected, "{id}"),
            _ => {}
        }
    }
    if expected.get("link").is_none()
        && vector["request"]["path"]
            .as_str()
            .unwrap()
            .contains("/entities?")
    {
        assert_eq!(answer.header("link"), "", "{id}");
    }
}

fn assert_facets(id: &str, found: &Value, expected: &Value) {
    let (found, expected) = (found.as_object().unwrap(), expected.as_object().unwrap());
    assert_eq!(
        found.keys().collect::<Vec<_>>(),
        expected.keys().collect::<Vec<_>>(),
        "{id}"
    );
    for (key, values) in expected {
        let list = |values: &Value| sorted(values.as_array().unwrap().clone());
        assert_eq!(list(&found[key]), list(values), "{id}");
    }
}

fn ancestry(body: &Value) -> Value {
    let item = |item: &Value| {
        let parents = item["parentEntityRefs"].as_array().unwrap();
        let parents: Vec<String> = parents
            .iter()
            .map(|parent| generic(&text(parent)))
            .collect();
        json!({"ref": reference(&item["entity"]), "parents": parents})
    };
    let items: Vec<Value> = body["items"].as_array().unwrap().iter().map(item).collect();
    json!({"rootEntityRef": body["rootEntityRef"], "items": items})
}

both_databases!(
    catalog_filter_vectors,
    catalog_filter_sequence_vectors,
    relation_vectors,
    condition_vectors_at_a_point,
    condition_vectors_in_lists,
);

async fn catalog_filter_vectors(database: Database) {
    for (file, suite) in corpus::vectors("catalog-filter") {
        let hub = hub_of(database, &suite["entities"]).await;
        let vectors = suite["vectors"].as_array().unwrap();
        assert!(!vectors.is_empty(), "{file}");
        for vector in vectors {
            assert_answer(vector, &send(&hub.service(), &vector["request"]).await);
        }
    }
}

async fn catalog_filter_sequence_vectors(database: Database) {
    for (_, suite) in corpus::vectors("catalog-filter") {
        let hub = hub_of(database, &suite["entities"]).await;
        for sequence in suite["sequences"].as_array().unwrap() {
            walk(&hub.service(), sequence).await;
        }
    }
}

/// Walks through pages by their cursors alone.
async fn walk(client: &Client, sequence: &Value) {
    let mut page = Value::Null;
    for step in sequence["steps"].as_array().unwrap() {
        let name = text(&step["step"]);
        let mut words = name.split(' ');
        let cursor = match words.next().unwrap() {
            "first" => None,
            "next" => Some(text(&page["pageInfo"]["nextCursor"])),
            "prev" => Some(text(&page["pageInfo"]["prevCursor"])),
            word => panic!("{word} in a step"),
        };
        let limit = words
            .next()
            .and_then(|word| word.strip_prefix("limit="))
            .unwrap_or("2");
        let path = match cursor {
            None => text(&sequence["start"]),
            Some(cursor) => {
                let cursor = cursor
                    .replace('+', "%2B")
                    .replace('/', "%2F")
                    .replace('=', "%3D");
                format!("/api/catalog/entities/by-query?cursor={cursor}&limit={limit}")
            }
        };

        page = client.get(&path).await.json();

        let found: Vec<Value> = items_of(&page).iter().map(reference).collect();
        assert_eq!(json!(found), step["refs"], "{name}");
        assert_eq!(page["totalItems"], step["totalItems"], "{name}");
        assert_eq!(
            json!(page["pageInfo"]["nextCursor"].is_string()),
            step["hasNext"],
            "{name}"
        );
        assert_eq!(
            json!(page["pageInfo"]["prevCursor"].is_string()),
            step["hasPrev"],
            "{name}"
        );
    }
}

#[tokio::test]
async fn entity_validation_vectors() {
    let hub = TestHub::start().await;
    for (_, suite) in corpus::vectors("entity-validation") {
        for vector in suite["vectors"].as_array().unwrap() {
            let (id, expected) = (text(&vector["id"]), &vector["expect"]);
            let body = json!({"entity": vector["entity"], "location": "url:https://example.com/catalog-info.yaml"});

            let answer = hub
                .service()
                .post("/api/catalog/validate-entity", &body)
                .await;

            assert_eq!(
                json!(answer.status.as_u16()),
                expected["status"],
                "{id}: {}",
                answer.text()
            );
            let Some(errors) = expected["errors"].as_array() else {
                assert_eq!(answer.text(), "", "{id}");
                continue;
            };
            let found = answer.json()["errors"].as_array().unwrap().clone();
            assert_eq!(found.len(), errors.len(), "{id}");
            for (found, expected) in found.iter().zip(errors) {
                assert_eq!(found["name"], expected["name"], "{id}");
                let message = text(&found["message"]);
                assert!(
                    message.starts_with(&*text(&expected["message"])),
                    "{id}: {message}"
                );
                assert_eq!(found["cause"]["name"], expected["cause"]["name"], "{id}");
            }
        }
    }
}

async fn relation_vectors(database: Database) {
    for (_, suite) in corpus::vectors("relations") {
        let hub = hub_of(database, &suite["entities"]).await;
        for vector in suite["vectors"].as_array().unwrap() {
            let request = json!({"entityRefs": [vector["entityRef"]], "fields": ["relations"]});

            let answer = hub
                .service()
                .post("/api/catalog/entities/by-refs", &request)
                .await;

            assert_eq!(
                answer.json()["items"][0]["relations"],
                vector["relations"],
                "{}",
                vector["id"]
            );
        }
    }
}

/// The entities of the conditions suite, as a file would have them.
fn sources(entities: &Value) -> Value {
    let is_read = |entity: &&Value| entity["kind"] != "Location";
    let mut sources: Vec<Value> = entities
        .as_array()
        .unwrap()
        .iter()
        .filter(is_read)
        .cloned()
        .collect();
    for source in &mut sources {
        source.as_object_mut().unwrap().remove("relations");
    }
    sources.into()
}

async fn condition_vectors_at_a_point(database: Database) {
    for (_, suite) in corpus::vectors("conditions") {
        let hub = hub_of(database, &sources(&suite["entities"])).await;
        for vector in suite["vectors"].as_array().unwrap() {
            let id = &vector["id"];
            let item = json!({
                "id": "1",
                "resourceRef": vector["entityRef"],
                "resourceType": "catalog-entity",
                "conditions": vector["criteria"],
            });
            let path = "/api/catalog/.well-known/backstage/permissions/apply-conditions";

            let answer = hub.service().post(path, &json!({"items": [item]})).await;

            match &vector["point"] {
                Value::Bool(expected) => {
                    let result = if *expected { "ALLOW" } else { "DENY" };
                    assert_eq!(answer.json()["items"][0]["result"], result, "{id}");
                }
                _ => assert!(!answer.status.is_success(), "{id}"),
            }
        }
    }
}

/// A hub on which `user:default/v<index>` reads what meets the criteria of that vector.
async fn hub_of_readers(builder: TestHubBuilder, suite: &Value, vectors: &[&Value]) -> TestHub {
    let policies = vectors
        .iter()
        .enumerate()
        .map(|(index, vector)| super::access::condition(index, &vector["criteria"]));
    let roles = (0..vectors.len())
        .map(|index| format!("g, user:default/v{index}, role:default/v{index}\n"));
    let documents = sources(&suite["entities"]);
    let documents = documents
        .as_array()
        .unwrap()
        .iter()
        .map(|entity| format!("---\n{entity}\n"));
    builder
        .catalog(&documents.collect::<String>())
        .policy_csv(&roles.collect::<String>())
        .conditions(&policies.collect::<String>())
        .start()
        .await
}

/// Whether a policy with these criteria can come into force; nodes of several forms cannot.
fn is_accepted(criteria: &Value) -> bool {
    let policy = super::access::policy(0, criteria);
    callboard_policy::validate(&policy, &callboard_policy::ConditionLimits::default()).is_ok()
}

async fn listed(hub: &TestHub, index: usize) -> Vec<Value> {
    let caller = hub.user(&format!("user:default/v{index}")).await;
    let answer = caller.get("/api/catalog/entities").await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    items_of(&answer.json()).iter().map(reference).collect()
}

async fn condition_vectors_in_lists(database: Database) {
    for (_, suite) in corpus::vectors("conditions") {
        let vectors = suite["vectors"].as_array().unwrap().iter();
        let (good, bad): (Vec<_>, Vec<_>) = vectors
            .partition(|vector| vector["list"].is_boolean() && is_accepted(&vector["criteria"]));
        let builder = database.on(TestHub::builder()).await;
        let hub = hub_of_readers(builder, &suite, &good).await;
        for (index, vector) in good.into_iter().enumerate() {
            let id = &vector["id"];

            let found = listed(&hub, index).await;

            assert_eq!(
                json!(found.contains(&vector["entityRef"])),
                vector["list"],
                "{id}: {found:?}"
            );
            if let Some(count) = vector["listCount"].as_u64() {
                assert_eq!(found.len() as u64, count, "{id}: {found:?}");
            }
        }
        // Each has a hub of its own, as one bad document costs the others of its file; on a
        // database that never knew a good one.
        assert!(!bad.is_empty());
        let builder = database.on(TestHub::builder()).await;
        for vector in bad {
            let hub = hub_of_readers(builder.clone(), &suite, &[vector]).await;

            assert_eq!(
                listed(&hub, 0).await,
                Vec::<Value>::new(),
                "{}",
                vector["id"]
            );
            hub.stop().await;
        }
    }
}
