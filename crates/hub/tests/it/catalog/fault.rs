//! What becomes of the catalog while PostgreSQL is away, killed, or cuts connections.

use super::registration::{register, stands_for};
use super::replica::{everything, owners};
use super::site::Site;
use super::{component_of, text};
use crate::replica::fault::{PATIENCE, gauge, is_fresh, readiness};
use crate::replica::until;
use callboard_testkit::{Answer, Client, Postgres, TestHub};
use serde_json::json;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How many sources each writer has.
const PAGES: usize = 3;

/// How often a writer writes between two faults.
const STEPS: u32 = 12;

/// What a page says in one of its versions: each other one has a second component, which depends on
/// the first.
fn page(name: &str, version: u32) -> String {
    let component = component_of(name, &format!("crew{version}"));
    let second = component_of(&format!("{name}-x"), &format!("crew{version}"));
    let depends = format!("  dependsOn: ['component:{name}']\n");
    match version % 2 {
        0 => component,
        _ => format!("{component}{second}{depends}"),
    }
}

/// Somebody who changes sources and tells the hub, and tries again until it is said to be done.
struct Writer {
    name: String,
    client: Client,
    site: Site,
    /// The version of each page that is registered.
    pages: [Option<u32>; PAGES],
    step: u32,
    refusals: u32,
}

impl Writer {
    fn new(name: &str, hub: &TestHub, site: &Site) -> Writer {
        Writer {
            name: name.to_owned(),
            client: hub.service(),
            site: site.clone(),
            pages: [None; PAGES],
            step: 0,
            refusals: 0,
        }
    }

    fn name_of(&self, chosen: usize) -> String {
        format!("{}-{chosen}", self.name)
    }

    async fn write(&mut self, steps: u32) {
        for _ in 0..steps {
            self.step += 1;
            // Any order that is not a regular one will do.
            let chosen = (self.step * 7 + self.step / 3) as usize % PAGES;
            let path = format!("/{}.yaml", self.name_of(chosen));
            let target = self.site.url(&path);
            self.pages[chosen] = match self.pages[chosen] {
                Some(_) if self.step % 5 == 4 => {
                    self.unregister(&target).await;
                    None
                }
                known => {
                    self.site
                        .put(&path, &page(&self.name_of(chosen), self.step));
                    match known {
                        None => self.register(&target).await,
                        Some(_) => self.refresh(&target).await,
                    }
                    Some(self.step)
                }
            };
        }
    }

    /// A write that nobody answered may be done all the same: then the location is there already.
    async fn register(&mut self, target: &str) {
        loop {
            let answer = register(&self.client, target).await;
            if self.is_done(&answer, &[201, 409]).await {
                return;
            }
        }
    }

    async fn refresh(&mut self, target: &str) {
        let body = json!({"entityRef": stands_for(target).as_str()});
        loop {
            let answer = self.client.post("/api/catalog/refresh", &body).await;
            if self.is_done(&answer, &[200]).await {
                return;
            }
        }
    }

    async fn unregister(&mut self, target: &str) {
        let listed = self.client.get("/api/catalog/locations").await.json();
        let mut locations = listed.as_array().unwrap().iter();
        let known = locations.find(|location| location["data"]["target"] == target);
        let id = text(&known.unwrap_or_else(|| panic!("no {target}"))["data"]["id"]);
        loop {
            let path = format!("/api/catalog/locations/{id}");
            let answer = self.client.delete(&path).await;
            if self.is_done(&answer, &[204, 404]).await {
                return;
            }
        }
    }

    async fn is_done(&mut self, answer: &Answer, done: &[u16]) -> bool {
        let status = answer.status.as_u16();
        if done.contains(&status) {
            return true;
        }
        assert_eq!(status, 503, "{}", answer.text());
        self.refusals += 1;
        tokio::time::sleep(Duration::from_millis(5)).await;
        false
    }

    /// The owner of each component that there has to be in the end.
    fn expected(&self) -> impl Iterator<Item = (String, String)> {
        let pages = self.pages.iter().enumerate();
        pages.flat_map(|(chosen, version)| {
            let name = self.name_of(chosen);
            let version = version.iter();
            version.flat_map(move |version| {
                let second = (version % 2 == 1).then(|| format!("{name}-x"));
                let names = [name.clone()].into_iter().chain(second);
                names.map(move |name| (name, format!("crew{version}")))
            })
        })
    }
}

/// Whether each page shows as it was in one of its versions, with all that belongs to it.
fn assert_whole(hub: &TestHub) {
    let snapshot = hub.app().catalog().snapshot();
    let owners = owners(hub);
    for (name, owner) in &owners {
        let first = name.trim_end_matches("-x");
        let version: u32 = owner.trim_start_matches("crew").parse().unwrap();
        let second = (version % 2 == 1).then_some(owner);
        assert_eq!(owners.get(first), Some(owner), "{owners:?}");
        assert_eq!(owners.get(&format!("{first}-x")), second, "{owners:?}");
        let entity = snapshot.get(&format!("component:default/{name}")).unwrap();
        let is_of_page = |relation: &&callboard_catalog::Relation| {
            relation.target.as_str().starts_with("component:")
        };
        let count = entity.relations().iter().filter(is_of_page).count();
        assert_eq!(count, usize::from(second.is_some()), "{}", entity.json());
    }
}

/// Looks at what hubs show, again and again, until `writing` ends.
async fn watched<T>(hubs: &[&TestHub], writing: impl Future<Output = T>) -> T {
    let watching = async {
        loop {
            for hub in hubs {
                assert_whole(hub);
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::select! {
        () = watching => unreachable!("it has no end"),
        written = writing => written,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_catalog_whose_connections_are_cut_again_and_again_ends_as_it_was_told() {
    let postgres = Postgres::own().await;
    let url = postgres.database("catalog").await;
    let site = Site::start().await;
    let builder = site.builder().on_postgres(&url);
    let (one, two) = (builder.start().await, builder.start().await);
    let mut writers = [
        Writer::new("one", &one, &site),
        Writer::new("two", &two, &site),
    ];

    for _ in 0..4 {
        let [first, second] = &mut writers;
        let cutting = async {
            for _ in 0..6 {
                tokio::time::sleep(Duration::from_millis(30)).await;
                postgres.cut(&url).await;
            }
        };
        let writing = async { tokio::join!(first.write(STEPS), second.write(STEPS), cutting) };
        watched(&[&one, &two], writing).await;
    }

    let expected: BTreeMap<_, _> = writers.iter().flat_map(Writer::expected).collect();
    let ended = until("every page is as it was last", async || {
        owners(&one) == expected && owners(&two) == expected
    });
    watched(&[&one, &two], ended).await;
    let fresh = builder.start().await;
    assert_eq!(everything(&one), everything(&two));
    assert_eq!(everything(&one), everything(&fresh));
    let refusals: u32 = writers.iter().map(|writer| writer.refusals).sum();
    assert!(refusals > 0, "nothing was cut, so nothing was tested");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_registered_outlives_the_death_of_the_server() {
    let postgres = Postgres::own().await;
    let url = postgres.database("catalog").await;
    let site = Site::start().await;
    let builder = site.builder().on_postgres(&url);
    let hub = builder.start().await;
    let mut writer = Writer::new("one", &hub, &site);

    for round in 0..3 {
        let killing = async {
            tokio::time::sleep(Duration::from_millis(40 + 30 * round)).await;
            postgres.kill().await;
            until("the loss shows", async || !is_fresh(&hub).await).await;
            postgres.start_again().await;
        };
        let writing = async { tokio::join!(writer.write(2 * STEPS), killing) };
        watched(&[&hub], writing).await;
        let expected: BTreeMap<_, _> = writer.expected().collect();
        let ended = until("every page is as it was last", async || {
            owners(&hub) == expected
        });
        watched(&[&hub], ended).await;
    }

    until("the hub is fresh", async || is_fresh(&hub).await).await;
    assert_eq!(everything(&hub), everything(&builder.start().await));
    assert!(
        writer.refusals > 0,
        "nothing was killed, so nothing was tested"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_catalog_without_its_database_is_shown_and_not_changed() {
    let postgres = Postgres::own().await;
    let url = postgres.database("catalog").await;
    let site = Site::start().await;
    site.put("/a.yaml", &page("a", 1));
    site.put("/b.yaml", &page("b", 2));
    let hub = site.builder().on_postgres(&url).start().await;
    let service = hub.service();
    let registered = register(&service, &site.url("/a.yaml")).await.json();
    let names = async || owners(&hub).into_keys().collect::<Vec<_>>();
    until("the page is read", async || names().await == ["a", "a-x"]).await;
    let uid = |hub: &TestHub| {
        let snapshot = hub.app().catalog().snapshot();
        snapshot
            .get("component:default/a")
            .unwrap()
            .uid()
            .unwrap()
            .to_owned()
    };
    let before = everything(&hub);

    postgres.stop().await;
    until("the loss shows", async || !is_fresh(&hub).await).await;

    assert_eq!(readiness(&hub).await["database"]["status"], "unavailable");
    assert_eq!(gauge(&hub, "database_up").await, 0.0);
    for path in [
        "/api/catalog/entities/by-query?filter=kind=component",
        "/api/catalog/entity-facets?facet=spec.owner",
        "/api/catalog/entities/by-name/component/default/a/ancestry",
        "/api/catalog/locations",
        "/api/search/query?term=a",
    ] {
        let answer = service.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    }
    let begun = Instant::now();
    let id = text(&registered["location"]["id"]);
    let entity = json!({"entityRef": "component:default/a"});
    let refused = [
        register(&service, &site.url("/b.yaml")).await,
        service.post("/api/catalog/refresh", &entity).await,
        service
            .delete(&format!("/api/catalog/locations/{id}"))
            .await,
        service
            .delete(&format!("/api/catalog/entities/by-uid/{}", uid(&hub)))
            .await,
    ];
    for answer in refused {
        assert_eq!(answer.status, 503, "{}", answer.text());
        assert_eq!(answer.error()["name"], "ServiceUnavailableError");
    }
    assert!(begun.elapsed() < PATIENCE, "{:?}", begun.elapsed());
    assert_eq!(everything(&hub), before);

    postgres.start_again().await;
    until("the return shows", async || is_fresh(&hub).await).await;
    assert_eq!(register(&service, &site.url("/b.yaml")).await.status, 201);
    until("the page is read", async || {
        names().await == ["a", "a-x", "b"]
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_read_in_vain_is_read_again_when_the_database_is_back() {
    let postgres = Postgres::own().await;
    let url = postgres.database("catalog").await;
    let site = Site::start().await;
    let hub = site.builder().on_postgres(&url).start().await;
    site.put("/a.yaml", &page("a", 2));
    site.hold();
    let registered = register(&hub.service(), &site.url("/a.yaml")).await;
    assert_eq!(registered.status, 201);
    until("the page is asked for", async || site.held() > 0).await;

    postgres.stop().await;
    until("the loss shows", async || !is_fresh(&hub).await).await;
    site.release();
    until("the page is told", async || {
        !site.asked("/a.yaml").is_empty()
    })
    .await;
    postgres.start_again().await;

    // The clock stands still, so nobody's claim on the work ends.
    until("the page is read", async || owners(&hub).contains_key("a")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_that_was_shut_out_shows_what_another_read_meanwhile() {
    let postgres = Postgres::own().await;
    let url = postgres.database("catalog").await;
    let site = Site::start().await;
    postgres
        .execute(&url, "CREATE ROLE one LOGIN SUPERUSER")
        .await;
    let own = url.replace("postgres@", "one@");
    let one = site.builder().on_postgres(&own).start().await;
    let two = site.builder().on_postgres(&url).start().await;
    let mut writer = Writer::new("two", &two, &site);
    writer.write(STEPS).await;
    let shut_out = "ALTER ROLE one NOLOGIN;
                    SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'one'";

    // Line by line, and, when the lines are gone, all at once.
    for is_pruned in [false, true] {
        postgres.execute(&url, shut_out).await;
        until("the loss shows", async || !is_fresh(&one).await).await;
        let before = everything(&one);
        writer.write(STEPS).await;
        let expected: BTreeMap<_, _> = writer.expected().collect();
        until("the other has read it", async || owners(&two) == expected).await;
        assert_eq!(everything(&one), before);
        if is_pruned {
            let prune = "DELETE FROM store_changes; UPDATE store_feed_head SET pruned = revision";
            postgres.execute(&url, prune).await;
        }
        postgres.execute(&url, "ALTER ROLE one LOGIN").await;

        let equal = until("both are equal", async || {
            is_fresh(&one).await && everything(&one) == everything(&two)
        });
        watched(&[&one, &two], equal).await;
    }
}
