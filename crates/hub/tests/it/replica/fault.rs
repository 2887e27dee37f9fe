//! What a hub does while its database is away, and when it is back.

use super::{create_role, reads_catalog, replica, roles, until};
use axum::http::StatusCode;
use callboard_testkit::{Postgres, TestHub};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// How long somebody may wait for the refusal of a write; a minute would be no answer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(15);

pub(crate) async fn readiness(hub: &TestHub) -> Value {
    let answer = hub.anonymous().get("/.backstage/health/v1/readiness").await;
    assert_eq!(answer.status, 200);
    answer.json()
}

pub(crate) async fn is_fresh(hub: &TestHub) -> bool {
    readiness(hub).await == json!({"status": "ok"})
}

/// The value of a series without labels.
pub(crate) async fn gauge(hub: &TestHub, name: &str) -> f64 {
    let text = hub.anonymous().get("/metrics").await.text();
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("{name}: {text}"))
        .parse()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_without_its_database_answers_from_memory_and_says_so() {
    let postgres = Postgres::own().await;
    let hub = replica(&postgres.database("hub").await).start().await;
    let (alice, warden) = (
        hub.user("user:default/alice").await,
        hub.user("user:default/warden").await,
    );
    assert!(is_fresh(&hub).await);
    assert_eq!(gauge(&hub, "database_up").await, 1.0);

    postgres.stop().await;
    until("the loss shows", async || !is_fresh(&hub).await).await;

    let told = readiness(&hub).await;
    assert_eq!(told["status"], "ok");
    assert_eq!(told["database"]["status"], "unavailable");
    let since: jiff::Timestamp = told["database"]["staleSince"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!(since.as_second() <= hub.now() && hub.now() - since.as_second() < 60);
    let alive = hub.anonymous().get("/healthcheck").await;
    assert_eq!(alive.text(), r#"{"status":"ok"}"#);
    assert_eq!(gauge(&hub, "database_up").await, 0.0);
    until("the age of what is known grows", async || {
        gauge(&hub, "database_feed_age_seconds").await > 0.0
    })
    .await;

    assert_eq!(reads_catalog(&alice).await, "ALLOW");
    for path in [
        "/api/catalog/entities",
        "/api/catalog/entities/by-name/group/default/crew",
        "/api/auth/.well-known/jwks.json",
        "/api/auth/v1/userinfo",
    ] {
        let answer = alice.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    }
    assert_eq!(warden.get("/api/permission/policies").await.status, 200);

    let begun = Instant::now();
    let role = json!({"name": "role:default/late", "memberReferences": ["user:default/alice"]});
    let refused = warden.post("/api/permission/roles", &role).await;
    let signed_in = hub.anonymous().get("/api/auth/guest/refresh").await;
    assert!(begun.elapsed() < PATIENCE, "{:?}", begun.elapsed());
    for answer in [&refused, &signed_in] {
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.error()["name"], "ServiceUnavailableError");
    }
    assert_eq!(
        refused.error()["message"],
        "the database does not answer at the moment"
    );

    postgres.start_again().await;
    until("the return shows", async || is_fresh(&hub).await).await;
    assert_eq!(
        create_role(&warden, "late", "user:default/alice").await,
        201
    );
    assert_eq!(gauge(&hub, "database_up").await, 1.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_outlives_the_death_of_the_server() {
    let postgres = Postgres::own().await;
    let url = postgres.database("hub").await;
    let hub = replica(&url).start().await;
    let warden = hub.user("user:default/warden").await;

    let mut acknowledged = Vec::new();
    for round in 0..3 {
        let writing = async {
            let mut names = Vec::new();
            for number in 0..200 {
                let name = format!("r{round}-{number}");
                match create_role(&warden, &name, "user:default/alice").await {
                    201 => names.push(name),
                    status => {
                        assert_eq!(status, 503);
                        break;
                    }
                }
            }
            names
        };
        let killing = async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            postgres.kill().await;
        };
        let (names, ()) = tokio::join!(writing, killing);
        acknowledged.extend(names);
        postgres.start_again().await;
        until("the hub writes again", async || {
            create_role(&warden, &format!("back-{round}"), "user:default/alice").await == 201
        })
        .await;
    }

    let fresh = replica(&url).start().await;
    let (known, stored) = (roles(&hub).await, roles(&fresh).await);
    assert_eq!(known, stored);
    for name in acknowledged {
        let is_there = |role: &Value| role["name"] == format!("role:default/{name}");
        assert!(stored.as_array().unwrap().iter().any(is_there), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_that_was_shut_out_catches_up_with_what_another_wrote() {
    let postgres = Postgres::own().await;
    let url = postgres.database("hub").await;
    postgres
        .execute(&url, "CREATE ROLE one LOGIN SUPERUSER")
        .await;
    let one = replica(&url.replace("postgres@", "one@")).start().await;
    let two = replica(&url).start().await;
    let warden = two.user("user:default/warden").await;
    let shut_out = "ALTER ROLE one NOLOGIN;
                    SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'one'";

    // Line by line, and, when the lines are gone, all at once.
    for (round, is_pruned) in [(1, false), (2, true)] {
        postgres.execute(&url, shut_out).await;
        until("the loss shows", async || !is_fresh(&one).await).await;
        for number in 0..5 {
            let name = format!("r{round}-{number}");
            assert_eq!(create_role(&warden, &name, "user:default/alice").await, 201);
        }
        assert_ne!(roles(&one).await, roles(&two).await);
        if is_pruned {
            let prune = "DELETE FROM store_changes; UPDATE store_feed_head SET pruned = revision";
            postgres.execute(&url, prune).await;
        }
        postgres.execute(&url, "ALTER ROLE one LOGIN").await;

        until("both are equal", async || {
            is_fresh(&one).await && roles(&one).await == roles(&two).await
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hubs_whose_connections_are_cut_again_and_again_end_equal() {
    let postgres = Postgres::own().await;
    let url = postgres.database("hub").await;
    let (one, two) = (replica(&url).start().await, replica(&url).start().await);
    let wardens = [
        one.user("user:default/warden").await,
        two.user("user:default/warden").await,
    ];

    let writing = |hub: usize| {
        let warden = wardens[hub].clone();
        async move {
            let mut acknowledged = Vec::new();
            for number in 0..40 {
                let name = format!("h{hub}-{number}");
                match create_role(&warden, &name, "user:default/alice").await {
                    201 => acknowledged.push(name),
                    status => assert_eq!(status, 503),
                }
            }
            acknowledged
        }
    };
    let cutting = async {
        for _ in 0..8 {
            tokio::time::sleep(Duration::from_millis(60)).await;
            postgres.cut(&url).await;
        }
    };
    let (first, second, ()) = tokio::join!(writing(0), writing(1), cutting);

    until("both are equal", async || {
        roles(&one).await == roles(&two).await
    })
    .await;
    let fresh = replica(&url).start().await;
    let stored = roles(&fresh).await;
    assert_eq!(roles(&one).await, stored);
    for name in first.into_iter().chain(second) {
        let is_there = |role: &Value| role["name"] == format!("role:default/{name}");
        assert!(stored.as_array().unwrap().iter().any(is_there), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_hang_are_given_up() {
    let postgres = Postgres::own().await;
    let url = postgres.database("hub").await;
    let hub = replica(&url).start().await;
    let warden = hub.user("user:default/warden").await;
    assert_eq!(
        create_role(&warden, "early", "user:default/alice").await,
        201
    );

    postgres.freeze(&url).await;
    let begun = Instant::now();
    let writes = (0..5).map(|number| {
        let warden = warden.clone();
        tokio::spawn(async move {
            let name = format!("hang{number}");
            create_role(&warden, &name, "user:default/alice").await
        })
    });
    for write in writes.collect::<Vec<_>>() {
        let status = write.await.unwrap();
        assert!(matches!(status, 201 | 503), "{status}");
    }

    assert!(begun.elapsed() < PATIENCE, "{:?}", begun.elapsed());
    until("the hub writes again", async || {
        create_role(&warden, "late", "user:default/alice").await == 201
    })
    .await;
    assert!(begun.elapsed() < 2 * PATIENCE, "{:?}", begun.elapsed());
    until("the hub is fresh", async || is_fresh(&hub).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_takes_too_long_is_a_503_and_leaves_nothing() {
    let postgres = Postgres::own().await;
    let url = postgres.database("hub").await;
    postgres
        .execute(
            &url,
            "CREATE ROLE one LOGIN SUPERUSER; ALTER ROLE one SET statement_timeout = '300ms'",
        )
        .await;
    let one = replica(&url.replace("postgres@", "one@")).start().await;
    let warden = one.user("user:default/warden").await;
    let before = roles(&one).await;
    let holding = {
        let url = url.clone();
        tokio::spawn(async move {
            let hold = "BEGIN; LOCK TABLE rbac_roles IN ACCESS EXCLUSIVE MODE;
                        SELECT pg_sleep(3); COMMIT";
            postgres.execute(&url, hold).await;
        })
    };
    until("the table is locked", async || {
        let locks = "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted
                     AND relation = 'rbac_roles'::regclass";
        postgres.query(&url, locks).await == "1"
    })
    .await;

    assert_eq!(
        create_role(&warden, "late", "user:default/alice").await,
        503
    );
    assert_eq!(roles(&one).await, before);
    assert!(is_fresh(&one).await);

    holding.await.unwrap();
    assert_eq!(
        create_role(&warden, "late", "user:default/alice").await,
        201
    );
}
