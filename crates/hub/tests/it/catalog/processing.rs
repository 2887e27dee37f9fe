//! The loop that keeps the catalog true.

use super::access::condition;
use super::registration::{eventually_named, register};
use super::site::Site;
use super::{
    Database, both_databases, component, component_of, entity, eventually, location, names, text,
};
use callboard_hub::catalog::{Connection, Deferred, EntityProvider, Mutation};
use callboard_hub::task::BoxFuture;
use callboard_hub::{App, Error};
use callboard_store::Query;
use callboard_testkit::TestHub;
use jiff::SignedDuration;
use serde_json::{Value, json};
use std::fs;
use std::sync::{Arc, Mutex};

const INTERVAL: SignedDuration = SignedDuration::from_secs(200);

async fn unprocessed(hub: &TestHub, reason: &str) -> Vec<Value> {
    let path = format!("/api/catalog/entities/unprocessed/{reason}");
    let listed = hub.service().get(&path).await.json();
    assert_eq!(listed["type"], reason);
    listed["entities"].as_array().unwrap().clone()
}

/// Waits until nobody is at anything: from then on what is due next is set.
async fn eventually_at_rest(hub: &TestHub) {
    eventually("nothing is claimed", || async {
        let mut conn = hub.app().core().store.read().await.unwrap();
        let claimed = "SELECT COUNT(*) FROM catalog_records WHERE claimed_until IS NOT NULL";
        conn.fetch_one::<i64>(Query::new(claimed)).await.unwrap() == 0
    })
    .await;
}

both_databases!(
    what_is_read_is_read_again_after_the_interval_and_only_if_it_changed,
    what_cannot_be_read_is_listed_with_the_reason_until_it_can,
    a_stuck_entity_is_listed_for_those_who_could_read_it,
    what_comes_from_a_url_never_reads_the_disk,
    what_a_dead_replica_claimed_is_taken_over_when_its_time_is_up,
    an_orphan_stays_with_an_annotation_when_it_is_to_be_kept,
    a_reference_is_free_when_the_first_location_lets_go_of_it,
    relations_follow_what_either_end_says,
    a_provider_says_what_there_is_in_full_and_as_a_difference,
);

async fn what_is_read_is_read_again_after_the_interval_and_only_if_it_changed(database: Database) {
    let site = Site::start().await;
    site.put("/a.yaml", &component("a"));
    let hub = database.on(site.builder()).await.start().await;
    register(&hub.service(), &site.url("/a.yaml")).await;
    eventually_named(&hub, &["a"]).await;
    let revision = hub.app().core().store.feed().latest().await.unwrap();

    hub.clock().advance(INTERVAL);
    eventually("it is asked again", || async {
        site.asked("/a.yaml") == [200, 304]
    })
    .await;
    eventually_at_rest(&hub).await;
    site.put("/a.yaml", &component_of("a", "others"));
    hub.clock().advance(INTERVAL);
    eventually("the change is taken over", || async {
        entity(&hub, "component", "a").await.json()["spec"]["owner"] == "others"
    })
    .await;

    assert_eq!(site.asked("/a.yaml"), [200, 304, 200]);
    let now = hub.app().core().store.feed().latest().await.unwrap();
    assert_eq!(
        now.number(),
        revision.number() + 1,
        "unchanged is unwritten"
    );
}

async fn what_cannot_be_read_is_listed_with_the_reason_until_it_can(database: Database) {
    let site = Site::start().await;
    let hub = database.on(site.builder()).await.start().await;
    register(&hub.service(), &site.url("/a.yaml")).await;

    eventually("the failure is listed", || async {
        !unprocessed(&hub, "failed").await.is_empty()
    })
    .await;
    let [failed] = &unprocessed(&hub, "failed").await[..] else {
        panic!("one entity")
    };
    assert_eq!(
        failed["unprocessed_entity"]["spec"]["target"],
        site.url("/a.yaml")
    );
    assert_eq!(failed["processed_entity"], Value::Null);
    assert_eq!(
        failed["errors"],
        json!([{
            "name": "NotFoundError",
            "message": format!(
                "Unable to read url, no matching files found for {}",
                site.url("/a.yaml")
            ),
        }])
    );
    assert_eq!(unprocessed(&hub, "pending").await.len(), 1);
    let all = hub.service().get("/api/catalog/entities").await.json();
    assert_eq!(all, json!([]));

    site.put("/a.yaml", &component("a"));
    hub.clock().advance(INTERVAL);
    eventually_named(&hub, &["a"]).await;
    assert_eq!(unprocessed(&hub, "failed").await, Vec::<Value>::new());
    assert_eq!(unprocessed(&hub, "pending").await, Vec::<Value>::new());

    site.remove("/a.yaml");
    hub.clock().advance(INTERVAL);
    eventually("it is listed again", || async {
        !unprocessed(&hub, "failed").await.is_empty()
    })
    .await;
    assert_eq!(names(&hub).await, ["a"], "the last good state stays");
    assert_eq!(unprocessed(&hub, "pending").await, Vec::<Value>::new());
}

async fn a_stuck_entity_is_listed_for_those_who_could_read_it(database: Database) {
    let invalid = component_of("b", "mine").replace("  lifecycle: production\n", "");
    let rows = "g, user:default/ann, role:default/v1\ng, user:default/eve, role:default/v2\n";
    let mine = json!({"rule": "IS_ENTITY_OWNER", "resourceType": "catalog-entity",
        "params": {"claims": ["group:default/mine"]}});
    let other = json!({"rule": "IS_ENTITY_OWNER", "resourceType": "catalog-entity",
        "params": {"claims": ["group:default/other"]}});
    let conditions = [condition(1, &mine), condition(2, &other)].concat();
    let hub = database
        .on(TestHub::builder())
        .await
        .catalog(&invalid)
        .policy_csv(rows)
        .conditions(&conditions)
        .start()
        .await;
    let count = async |user: &str| {
        let client = hub.user(user).await;
        let listed = client
            .get("/api/catalog/entities/unprocessed/failed")
            .await
            .json();
        listed["entities"].as_array().unwrap().len()
    };

    assert_eq!(count("user:default/ann").await, 1);
    assert_eq!(count("user:default/eve").await, 0);
    assert_eq!(count("user:default/nobody").await, 0);
}

async fn what_comes_from_a_url_never_reads_the_disk(database: Database) {
    let site = Site::start().await;
    let secret = component("secret");
    let builder = database.on(site.builder()).await;
    let path = builder.write("secret.yaml", &secret);
    let path = path.display();
    let file = location("root", &format!("'{path}'")) + "  type: file\n";
    let api = component("api").replace("kind: Component", "kind: API");
    let api = format!("{api}  definition: {{$text: 'file://{path}'}}\n");
    site.put("/all.yaml", &[file, api].concat());
    let hub = builder.start().await;

    register(&hub.service(), &site.url("/all.yaml")).await;

    eventually("both are refused", || async {
        unprocessed(&hub, "failed").await.len() == 2
    })
    .await;
    let errors: Vec<String> = unprocessed(&hub, "failed")
        .await
        .iter()
        .map(|stuck| text(&stuck["errors"][0]["message"]))
        .collect();
    assert!(errors[0].contains("may not read `file:`"), "{errors:?}");
    assert!(errors[1].contains("may not name the file"), "{errors:?}");
    assert_eq!(names(&hub).await, [""; 0]);
}

async fn what_a_dead_replica_claimed_is_taken_over_when_its_time_is_up(database: Database) {
    let site = Site::start().await;
    site.put("/a.yaml", &component("a"));
    let hub = database.on(site.builder()).await.start().await;
    register(&hub.service(), &site.url("/a.yaml")).await;
    eventually_named(&hub, &["a"]).await;
    let claimed_until = (hub.now() + 2 * INTERVAL.as_secs()) * 1000;
    let claim =
        "UPDATE catalog_records SET claimed_until = $1, claimed_by = 'dead' WHERE is_active";
    let mut tx = hub.app().core().store.begin().await.unwrap();
    tx.execute(Query::new(claim).bind(claimed_until))
        .await
        .unwrap();
    tx.commit().await.unwrap();

    hub.clock().advance(INTERVAL);
    tokio::time::sleep(std::time::Duration::from_millis(1500)).await;
    assert_eq!(site.asked("/a.yaml"), [200]);
    hub.clock().advance(INTERVAL);

    eventually("it is taken over", || async {
        site.asked("/a.yaml") == [200, 304]
    })
    .await;
}

async fn an_orphan_stays_with_an_annotation_when_it_is_to_be_kept(database: Database) {
    let builder = database
        .on(TestHub::builder())
        .await
        .catalog(&[component("a"), component("b")].concat())
        .config(json!({"catalog": {"orphanStrategy": "keep"}}));
    let hub = builder.start().await;
    let orphan = async || {
        let found = entity(&hub, "component", "b").await.json();
        found["metadata"]["annotations"]["backstage.io/orphan"].clone()
    };
    assert_eq!(orphan().await, Value::Null);
    let before = entity(&hub, "component", "b").await.json();

    fs::write(hub.folder().join("catalog.yaml"), component("a")).unwrap();
    eventually("b is an orphan", || async { orphan().await == "true" }).await;
    let again = [component("a"), component("b")].concat();
    fs::write(hub.folder().join("catalog.yaml"), again).unwrap();
    eventually("b is no orphan", || async { orphan().await == Value::Null }).await;

    assert_eq!(entity(&hub, "component", "b").await.json(), before);
}

async fn a_reference_is_free_when_the_first_location_lets_go_of_it(database: Database) {
    let builder = database.on(TestHub::builder()).await;
    builder.write("a.yaml", &location("one", "./one.yaml"));
    builder.write("b.yaml", &location("two", "./two.yaml"));
    builder.write("one.yaml", &component_of("x", "first"));
    builder.write("two.yaml", &component_of("x", "second"));
    let hub = super::ingestion::hub_at(builder, "?.yaml").await;
    let owner = async || entity(&hub, "component", "x").await.json()["spec"]["owner"].clone();
    assert_eq!(owner().await, "first");

    fs::write(hub.folder().join("one.yaml"), component("y")).unwrap();

    eventually("the second has it", || async { owner().await == "second" }).await;
}

#[tokio::test]
async fn registered_locations_are_there_after_a_restart_without_being_read() {
    let site = Site::start().await;
    site.put("/a.yaml", &component("a"));
    let builder = site.builder().on_disk();
    let hub = builder.start().await;
    register(&hub.service(), &site.url("/a.yaml")).await;
    eventually_named(&hub, &["a"]).await;
    let before = entity(&hub, "component", "a").await.json();
    hub.stop().await;

    let hub = builder.start().await;

    assert_eq!(entity(&hub, "component", "a").await.json(), before);
    assert_eq!(site.asked("/a.yaml"), [200]);
}

async fn relations_follow_what_either_end_says(database: Database) {
    let group = |name: &str, rest: &str| {
        format!(
            "---\napiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata: {{name: {name}}}\nspec: {{type: team, {rest}}}\n"
        )
    };
    let hub = database
        .hub_with(
            &[
                group("top", "children: [low]"),
                group("low", "children: [], parent: top"),
            ]
            .concat(),
        )
        .await;
    let relations =
        async |name: &str| entity(&hub, "group", name).await.json()["relations"].clone();
    let rewrite = |text: &str| fs::write(hub.folder().join("catalog.yaml"), text).unwrap();
    let child_of_top = json!([{"type": "childOf", "targetRef": "group:default/top",
        "target": {"kind": "group", "namespace": "default", "name": "top"}}]);
    assert_eq!(relations("low").await, child_of_top);

    rewrite(
        &[
            group("top", "children: [], profile: {displayName: Top}"),
            group("low", "children: [], parent: top"),
        ]
        .concat(),
    );
    eventually("the top has changed", || async {
        entity(&hub, "group", "top").await.json()["spec"]["profile"].is_object()
    })
    .await;
    assert_eq!(
        relations("low").await,
        child_of_top,
        "the child still says so"
    );

    rewrite(&[group("top", "children: []"), group("low", "children: []")].concat());
    eventually("nobody says so", || async {
        relations("low").await == json!([])
    })
    .await;
    assert_eq!(relations("top").await, json!([]));

    rewrite(&group("low", "children: [], parent: top"));
    eventually("the other end is gone", || async {
        entity(&hub, "group", "top").await.status.as_u16() == 404
    })
    .await;
    assert_eq!(relations("low").await, child_of_top);
    rewrite(
        &[
            group("low", "children: [], parent: top"),
            group("top", "children: []"),
        ]
        .concat(),
    );
    eventually("it is back", || async {
        entity(&hub, "group", "top").await.status.as_u16() == 200
    })
    .await;
    assert_eq!(relations("top").await[0]["type"], "parentOf");
}

#[derive(Default)]
struct Directory(Mutex<Option<Connection>>);

impl EntityProvider for Directory {
    fn name(&self) -> &str {
        "directory"
    }

    fn connect(self: Arc<Self>, connection: Connection) -> BoxFuture<Result<(), Error>> {
        *self.0.lock().unwrap() = Some(connection);
        Box::pin(async { Ok(()) })
    }
}

/// A provider that says what a test has it say.
pub(super) async fn connected(app: &App) -> Connection {
    let directory = Arc::new(Directory::default());
    app.catalog().connect(app, directory.clone()).await.unwrap();
    let connection = directory.0.lock().unwrap().clone();
    connection.unwrap()
}

fn user(name: &str) -> Deferred {
    let here = "directory:main";
    let annotations = json!({
        "backstage.io/managed-by-location": here,
        "backstage.io/managed-by-origin-location": here,
    });
    Deferred {
        entity: json!({
            "apiVersion": "backstage.io/v1alpha1",
            "kind": "User",
            "metadata": {"name": name, "annotations": annotations},
            "spec": {"memberOf": []},
        }),
        location_key: Some(here.to_owned()),
    }
}

async fn a_provider_says_what_there_is_in_full_and_as_a_difference(database: Database) {
    let hub = database.hub_with(&component("a")).await;
    let connection = connected(hub.app()).await;
    let apply = async |mutation| connection.apply(mutation).await.unwrap();

    apply(Mutation::Full(vec![user("ann"), user("bob")])).await;
    assert_eq!(names(&hub).await, ["a", "ann", "bob"]);
    apply(Mutation::Delta {
        added: vec![user("eve")],
        removed: vec!["user:default/ann".parse().unwrap()],
    })
    .await;
    assert_eq!(names(&hub).await, ["a", "bob", "eve"]);
    apply(Mutation::Full(vec![user("eve")])).await;

    assert_eq!(names(&hub).await, ["a", "eve"]);
}

#[tokio::test]
async fn a_damaged_row_is_made_anew() {
    let builder = TestHub::builder()
        .catalog(&[component("a"), component("b")].concat())
        .on_disk();
    let hub = builder.start().await;
    let damage = "UPDATE catalog_records SET sources = 'nobody' WHERE entity_ref = $1";
    let mut tx = hub.app().core().store.begin().await.unwrap();
    tx.execute(Query::new(damage).bind("component:default/a"))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    hub.stop().await;

    let hub = builder.start().await;

    assert_eq!(names(&hub).await, ["a", "b"]);
}
