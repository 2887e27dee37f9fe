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

/// What an answer comes to: its status, how many there are, and which of them are in it.
fn told(answer: &Answer) -> String {
    let (status, body) = (answer.status.as_u16(), answer.text());
    if status != 200 {
        return format!("{status} {}", text(&answer.error()["name"]));
    }
    let marks = [
        ("seen", "\"seen\""),
        ("hidden", "\"hidden\""),
        ("location", "\"target\":\"http"),
    ];
    let found: Vec<_> = marks
        .into_iter()
        .filter(|(_, mark)| body.contains(mark))
        .map(|(name, _)| name)
        .collect();
    let total = match answer.json() {
        Value::Object(page) => page.get("totalItems").map(|total| format!("{total} of ")),
        _ => None,
    };
    let found = match &*found {
        [] => "nothing".to_owned(),
        found => found.join(", "),
    };
    format!("{}{found}", total.unwrap_or_default())
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

    insta::assert_json_snapshot!(table, @r#"
    [
      "GET /entities?filter=kind=component | seen, hidden | seen | nothing",
      "GET /entities/by-query?filter=kind=component | 2 of seen, hidden | 1 of seen | 0 of nothing",
      "POST /entities/by-query | 2 of seen, hidden | 1 of seen | 0 of nothing",
      "GET /entities/by-uid/{seen} | seen | seen | 404 NotFoundError",
      "GET /entities/by-uid/{hidden} | hidden | 404 NotFoundError | 404 NotFoundError",
      "GET /entities/by-name/component/default/seen | seen | seen | 404 NotFoundError",
      "GET /entities/by-name/component/default/hidden | hidden | 404 NotFoundError | 404 NotFoundError",
      "GET /entities/by-name/component/default/seen/ancestry | seen, location | seen | 403 NotAllowedError",
      "GET /entities/by-name/component/default/hidden/ancestry | hidden, location | 403 NotAllowedError | 403 NotAllowedError",
      "GET /entities/by-name/component/default/none/ancestry | 404 NotFoundError | 403 NotAllowedError | 403 NotAllowedError",
      "POST /entities/by-refs | seen, hidden | seen | nothing",
      "GET /entity-facets?facet=metadata.name&filter=kind=component | seen, hidden | seen | nothing",
      "POST /entity-facets | seen, hidden | seen | nothing",
      "GET /entities/unprocessed/failed | nothing | nothing | nothing",
      "GET /entities/unprocessed/pending | nothing | nothing | nothing",
      "GET /locations | location | location | nothing",
      "GET /locations/by-query | 1 of location | 1 of location | 0 of nothing",
      "POST /locations/by-query | 1 of location | 1 of location | 0 of nothing",
      "GET /locations/{id} | location | location | 404 NotFoundError",
      "GET /locations/by-entity/component/default/hidden | location | location | 404 NotFoundError"
    ]
    "#);
}
