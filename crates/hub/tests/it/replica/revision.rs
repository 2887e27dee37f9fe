//! Reading one's own writes at another hub.

use super::{reads_catalog, replica, until};
use crate::catalog::component;
use crate::catalog::registration::register;
use crate::catalog::site::Site;
use callboard_testkit::{Client, Postgres, TestHub, TestHubBuilder};
use serde_json::json;
use std::time::{Duration, Instant};

const HEADER: &str = "callboard-revision";

/// How often something is written at one hub and read at the other, where a hub is told of changes
/// and where it has to look.
const ROUNDS: usize = 20;
const ROUNDS_OF_A_FILE: usize = 4;

const BOSS: &str = "user:default/boss";

async fn boss(hub: &TestHub, revision: &str) -> Client {
    let boss = hub.user(BOSS).await;
    match revision {
        "" => boss,
        revision => boss.header(HEADER, revision),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_here_is_read_there_at_once() {
    let url = Postgres::start().await.database("revision").await;
    write_and_read(replica(&url), ROUNDS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_here_is_read_there_where_nobody_tells_of_it() {
    let builder = TestHub::builder().catalog(super::ALICE).on_disk();
    write_and_read(builder, ROUNDS_OF_A_FILE).await;
}

async fn write_and_read(builder: TestHubBuilder, rounds: usize) {
    let config = json!({"permission": {"rbac": {"admin": {"superUsers": [{"name": BOSS}]}}}});
    let builder = builder.config(config);
    let (one, two) = (builder.start().await, builder.start().await);

    for round in 0..rounds {
        let (here, there) = if round % 2 == 0 {
            (&one, &two)
        } else {
            (&two, &one)
        };
        let name = format!("role:default/r{round}");
        let role = json!({"name": name, "memberReferences": ["user:default/tom"]});
        let written = boss(here, "")
            .await
            .post("/api/permission/roles", &role)
            .await;
        let target = format!("https://host.example/{round}.yaml");
        let location = json!({"type": "url", "target": target});
        let registered = boss(here, "")
            .await
            .post("/api/catalog/locations", &location)
            .await;

        let reader = boss(there, registered.header(HEADER)).await;
        let roles = reader.get("/api/permission/roles").await.text();
        let locations = reader.get("/api/catalog/locations").await.text();

        assert_eq!(
            (written.status.as_u16(), registered.status.as_u16()),
            (201, 201)
        );
        let revision = |text: &str| text.parse::<i64>().unwrap();
        let first = revision(written.header(HEADER));
        assert!(first < revision(registered.header(HEADER)));
        assert!(roles.contains(&name), "round {round}");
        assert!(locations.contains(&target), "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_follows_from_the_catalog_is_read_there_at_once_too() {
    let url = Postgres::start().await.database("revision").await;
    let site = Site::start().await;
    let (alice, crew) = super::ALICE.split_once("---\n").unwrap();
    let others: String = (0..200).map(|n| component(&format!("other-{n}"))).collect();
    let builder = site.allowed_by(replica(&url).catalog(&[crew, &others].concat()));
    let (one, two) = (builder.start().await, builder.start().await);
    site.put("/a.yaml", &[alice, &component("lighthouse")].concat());

    for (here, there) in [(&one, &two), (&two, &one)]
        .into_iter()
        .cycle()
        .take(ROUNDS)
    {
        let registered = register(&here.service(), &site.url("/a.yaml")).await;
        let alice = there.user("user:default/alice").await;
        let service = there.service();
        let found = async |client: &Client| {
            let path = "/api/search/query?term=lighthouse";
            client.get(path).await.json()["numberOfResults"].clone()
        };
        until("alice is a member and the component is found", async || {
            reads_catalog(&alice).await == "ALLOW" && found(&service).await == 1
        })
        .await;

        let id = registered.json()["location"]["id"]
            .as_str()
            .unwrap()
            .to_owned();
        let path = format!("/api/catalog/locations/{id}");
        let removed = here.service().delete(&path).await;
        let revision = removed.header(HEADER);

        assert_eq!(found(&service.header(HEADER, revision)).await, 0);
        assert_eq!(reads_catalog(&alice.header(HEADER, revision)).await, "DENY");
    }
}

#[tokio::test]
async fn a_revision_that_does_not_come_is_not_waited_for_for_ever() {
    let hub = TestHub::start().await;
    let asked = async |revision: &str| {
        let service = hub.service().header(HEADER, revision);
        service.get("/api/catalog/entities").await
    };

    let begin = Instant::now();
    let late = asked("1000000").await;
    let took = begin.elapsed();

    assert_eq!(
        (late.status.as_u16(), late.header("retry-after")),
        (503, "1")
    );
    assert_eq!(
        late.error(),
        json!({"name": "ServiceUnavailableError", "message": "revision 1000000 is not known here yet"})
    );
    assert!(
        took >= Duration::from_secs(2) && took < Duration::from_secs(30),
        "{took:?}"
    );
    assert_eq!(asked("0").await.status, 200);
    for odd in ["-1", "1.5", "x", "99999999999999999999"] {
        let refused = asked(odd).await;
        assert_eq!(refused.error()["name"], "InputError", "{odd}");
    }
}

#[tokio::test]
async fn only_what_was_done_tells_a_revision_and_only_those_who_may_come_in_wait() {
    let hub = TestHub::start().await;
    let location = json!({"type": "url", "target": "https://host.example/a.yaml"});

    let written = hub
        .service()
        .post("/api/catalog/locations", &location)
        .await;
    let again = hub
        .service()
        .post("/api/catalog/locations", &location)
        .await;
    let read = hub.service().get("/api/catalog/locations").await;
    let stranger = hub.anonymous().header(HEADER, "1000000");
    let stranger = stranger.get("/api/catalog/locations").await;

    assert_ne!(written.header(HEADER), "");
    assert_eq!((again.status.as_u16(), again.header(HEADER)), (409, ""));
    assert_eq!(read.header(HEADER), "");
    assert_eq!(stranger.status, 401);
}
