//! Every route that reads, for a caller who may read all, one who may read some, and one who may
//! read nothing.

use super::access::condition;
use super::registration::{eventually_named, register};
use super::site::Site;
use super::{component, component_of, entity, location, text};
use callboard_testkit::{Answer, Client, TestHub};
use serde_json::{Value, json};

const POLICIES: &str = "
g, user:default/some, role:default/v0
p, role:default/v0, catalog.location.read, read, allow
g, user:default/all, role:default/all
p, role:default/all, catalog-entity, read, allow
p, role:default/all, catalog.location.read, read, allow
";

/// The components `seen` and `hidden`, of which one caller reads the first alone.
async fn hub(site: &Site) -> (TestHub, String) {
    site.put("/all.yaml", &location("all", "./a.yaml"));
    let entities = [component("seen"), component_of("hidden", "others")];
    site.put("/a.yaml", &entities.concat());
    let is_owned = json!({"rule": "IS_ENTITY_OWNER", "resourceType": "catalog-entity", "params": {"claims": ["group:default/crew"]}});
    let builder = site
        .builder()
        .policy_csv(POLICIES)
        .conditions(&condition(0, &is_owned));
    let hub = builder.start().await;
    let registered = register(&hub.service(), &site.url("/all.yaml")).await;
    eventually_named(&hub, &["hidden", "seen", "all"]).await;
    (hub, text(&registered.json()["location"]["id"]))
}

/// What an answer comes to: its status, and which of the two entities are in it.
fn told(answer: &Answer) -> String {
    let body = answer.text();
    let names: Vec<_> = ["seen", "hidden"]
        .into_iter()
        .filter(|name| body.contains(&format!(r#""name":"{name}""#)))
        .collect();
    let total = match answer.json() {
        Value::Object(page) => page.get("totalItems").cloned(),
        _ => None,
    };
    let status = answer.status.as_u16();
    match (&*names, total) {
        ([], None) if status == 200 => format!("200 {} bytes", body.len()),
        ([], None) => format!("{status} {}", answer.error()["name"]),
        (names, None) => format!("{status} {}", names.join(" ")),
        (names, Some(total)) => format!("{status} {total}: {}", names.join(" ")),
    }
}

async fn ask(client: &Client, request: &str, body: &Value) -> String {
    let (method, path) = request.split_once(' ').unwrap();
    let path = format!("/api/catalog{path}");
    told(&match method {
        "GET" => client.get(&path).await,
        _ => client.post(&path, body).await,
    })
}

#[tokio::test]
async fn each_route_tells_each_caller_what_they_may_read() {
    let site = Site::start().await;
    let (hub, id) = hub(&site).await;
    let callers = [
        hub.user("user:default/all").await,
        hub.user("user:default/some").await,
        hub.user("user:default/nobody").await,
    ];
    let uid = async |name: &str| {
        let found = entity(&hub, "component", name).await.json();
        text(&found["metadata"]["uid"])
    };
    let (seen, hidden) = (uid("seen").await, uid("hidden").await);
    let refs = json!({"entityRefs": ["component:default/seen", "component:default/hidden"]});
    let components = json!({"query": {"kind": "component"}});
    let facets = json!({"facets": ["metadata.name"], "query": {"kind": "component"}});
    let requests = [
        ("GET /entities?filter=kind=component".to_owned(), json!({})),
        (
            "GET /entities/by-query?filter=kind=component".to_owned(),
            json!({}),
        ),
        ("POST /entities/by-query".to_owned(), components),
        (format!("GET /entities/by-uid/{seen}"), json!({})),
        (format!("GET /entities/by-uid/{hidden}"), json!({})),
        (
            "GET /entities/by-name/component/default/seen".to_owned(),
            json!({}),
        ),
        (
            "GET /entities/by-name/component/default/hidden".to_owned(),
            json!({}),
        ),
        (
            "GET /entities/by-name/component/default/seen/ancestry".to_owned(),
            json!({}),
        ),
        (
            "GET /entities/by-name/component/default/hidden/ancestry".to_owned(),
            json!({}),
        ),
        (
            "GET /entities/by-name/component/default/none/ancestry".to_owned(),
            json!({}),
        ),
        ("POST /entities/by-refs".to_owned(), refs),
        (
            "GET /entity-facets?facet=metadata.name&filter=kind=component".to_owned(),
            json!({}),
        ),
        ("POST /entity-facets".to_owned(), facets),
        ("GET /entities/unprocessed/failed".to_owned(), json!({})),
        ("GET /entities/unprocessed/pending".to_owned(), json!({})),
        ("GET /locations".to_owned(), json!({})),
        ("GET /locations/by-query".to_owned(), json!({})),
        ("POST /locations/by-query".to_owned(), json!({})),
        (format!("GET /locations/{id}"), json!({})),
        (
            "GET /locations/by-entity/component/default/hidden".to_owned(),
            json!({}),
        ),
    ];
    let mut table = Vec::new();
    for (request, body) in &requests {
        let mut row = vec![];
        for caller in &callers {
            row.push(ask(caller, request, body).await);
        }
        let request = request
            .replace(&seen, "{seen}")
            .replace(&hidden, "{hidden}");
        table.push(format!(
            "{} | {}",
            request.replace(&id, "{id}"),
            row.join(" | ")
        ));
    }

    insta::assert_json_snapshot!(table, @r#""#);
}
