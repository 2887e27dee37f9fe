//! Roles that one hub writes and another one decides by, on one database.

use super::{reads_catalog, replica};
use callboard_hub::audit::{Keys, Report, verify};
use callboard_testkit::{Client, Postgres, TestHub, TestHubBuilder};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// What a change may take to be seen by the other hub at the very most.
const BOUND: Duration = Duration::from_secs(1);

/// How often the time is taken where a hub is told of changes, and where it has to look.
const ROUNDS: usize = 20;
const ROUNDS_OF_A_FILE: usize = 5;

/// How many people write at once, at each hub.
const WRITERS: usize = 12;

const BOSS: &str = "user:default/boss";

/// Two hubs on one database.
struct Pair {
    builder: TestHubBuilder,
    one: TestHub,
    two: TestHub,
}

impl Pair {
    async fn start(builder: TestHubBuilder) -> Pair {
        let boss = json!({"permission": {"rbac": {"admin": {"superUsers": [{"name": BOSS}]}}}});
        let builder = builder.config(boss);
        let (one, two) = (builder.start().await, builder.start().await);
        Pair { builder, one, two }
    }

    async fn on_postgres() -> Pair {
        let url = Postgres::start().await.database("roles").await;
        Pair::start(replica(&url)).await
    }

    /// Two stores on one file, as two processes have them.
    async fn on_sqlite() -> Pair {
        Pair::start(
            TestHub::builder()
                .catalog(super::ALICE)
                .policy_csv(super::POLICIES)
                .on_disk(),
        )
        .await
    }
}

/// What is stored, as a hub shows it.
async fn everything(hub: &TestHub) -> [Value; 3] {
    let boss = hub.user(BOSS).await;
    let mut all = [Value::Null, Value::Null, Value::Null];
    for (path, shown) in ["roles", "policies", "roles/conditions"]
        .into_iter()
        .zip(&mut all)
    {
        *shown = boss.get(&format!("/api/permission/{path}")).await.json();
    }
    all
}

async fn within<F: AsyncFnMut() -> bool>(what: &str, mut holds: F) -> Duration {
    let begin = Instant::now();
    while !holds().await {
        assert!(begin.elapsed() < Duration::from_secs(20), "{what}");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    begin.elapsed()
}

async fn post(client: &Client, path: &str, body: &Value) {
    let answer = client.post(&format!("/api/permission/{path}"), body).await;
    assert!(answer.status.is_success(), "{path}: {}", answer.text());
}

fn role(name: &str, member: &str) -> Value {
    json!({"name": format!("role:default/{name}"), "memberReferences": [format!("user:default/{member}")]})
}

fn policy(role: &str) -> Value {
    json!([{
        "entityReference": format!("role:default/{role}"),
        "permission": "catalog-entity", "policy": "read", "effect": "allow",
    }])
}

async fn verified(hub: &TestHub) -> Report {
    let core = hub.app().core();
    let keys = Keys::find(&core.config, &core.store).await.unwrap();
    verify(&core.store, &keys, None).await.unwrap()
}

/// The middle of several times.
fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// A right that one hub gives decides at the other soon, and is gone there as soon when it is
/// taken away; the writer's own next question sees it at once.
#[expect(clippy::print_stdout, reason = "how long it takes is worth reading")]
async fn what_one_writes_decides_at_the_other(pair: &Pair, database: &str, rounds: usize) {
    let boss = pair.one.user(BOSS).await;
    post(&boss, "roles", &role("visitors", "eve")).await;
    let near = pair.one.user("user:default/eve").await;
    let far = pair.two.user("user:default/eve").await;
    assert_eq!(reads_catalog(&far).await, "DENY");
    let path = "/api/permission/policies/role/default/visitors";
    let mut given = Vec::new();
    let mut taken = Vec::new();

    for _ in 0..rounds {
        post(&boss, "policies", &policy("visitors")).await;
        let time = within("the right arrives", async || {
            reads_catalog(&far).await == "ALLOW"
        })
        .await;
        given.push(time);
        assert_eq!(reads_catalog(&near).await, "ALLOW");

        assert_eq!(boss.delete(path).await.status, 204);
        assert_eq!(reads_catalog(&near).await, "DENY");
        let time = within("the right is gone", async || {
            reads_catalog(&far).await == "DENY"
        })
        .await;
        taken.push(time);
    }

    let (given, taken) = (median(&mut given), median(&mut taken));
    println!(
        "{database}: a given right decides elsewhere after {given:?}, a revoked one is gone after {taken:?}"
    );
    assert!(given < BOUND && taken < BOUND, "{given:?}, {taken:?}");
}

/// Writers at both hubs, each with roles of its own and all with one role that they share.
async fn writers_at_both_lose_nothing(pair: &Pair) {
    let boss = pair.one.user(BOSS).await;
    post(&boss, "roles", &role("shared", "first")).await;
    let mut writers = Vec::new();
    for (hub, letter) in [(&pair.one, "a"), (&pair.two, "b")] {
        let boss = hub.user(BOSS).await;
        for number in 0..WRITERS {
            let boss = boss.clone();
            let name = format!("{letter}{number}");
            writers.push(tokio::spawn(async move {
                post(&boss, "roles", &role(&name, &name)).await;
                post(&boss, "policies", &policy(&name)).await;
                post(&boss, "roles", &role("shared", &name)).await;
            }));
        }
    }
    for writer in writers {
        writer.await.unwrap();
    }

    within("both show the same", async || {
        everything(&pair.one).await == everything(&pair.two).await
    })
    .await;
    let [roles, policies, _] = everything(&pair.two).await;
    let shared = roles
        .as_array()
        .unwrap()
        .iter()
        .find(|role| role["name"] == "role:default/shared");
    assert_eq!(
        shared.unwrap()["memberReferences"]
            .as_array()
            .unwrap()
            .len(),
        2 * WRITERS + 1
    );
    let named = |list: &Value, key: &str, letter: &str| {
        let prefix = format!("role:default/{letter}");
        let names = list
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item[key].as_str().unwrap());
        names
            .filter(|name| {
                name.strip_prefix(&prefix)
                    .is_some_and(|rest| rest.parse::<usize>().is_ok())
            })
            .count()
    };
    for letter in ["a", "b"] {
        assert_eq!(named(&roles, "name", letter), WRITERS);
        assert_eq!(named(&policies, "entityReference", letter), WRITERS);
    }
}

/// A hub that starts now has what the others have, and all of them made one audit chain.
async fn a_third_hub_agrees(pair: &Pair) {
    let third = pair.builder.start().await;

    assert_eq!(everything(&third).await, everything(&pair.one).await);
    let [first, second] = [verified(&pair.one).await, verified(&pair.two).await];
    assert_eq!((&first.fault, &second.fault), (&None, &None));
    assert_eq!(first.head, second.head);
    // Each writer's three changes are recorded.
    assert!(first.head.number >= i64::try_from(2 * WRITERS * 3).unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_is_given_and_taken_at_the_other_replica() {
    let pair = Pair::on_postgres().await;
    what_one_writes_decides_at_the_other(&pair, "PostgreSQL", ROUNDS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_is_given_and_taken_at_another_hub_on_the_same_file() {
    let pair = Pair::on_sqlite().await;
    what_one_writes_decides_at_the_other(&pair, "SQLite", ROUNDS_OF_A_FILE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_at_two_replicas_lose_nothing() {
    let pair = Pair::on_postgres().await;
    writers_at_both_lose_nothing(&pair).await;
    a_third_hub_agrees(&pair).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_at_two_hubs_on_the_same_file_lose_nothing() {
    let pair = Pair::on_sqlite().await;
    writers_at_both_lose_nothing(&pair).await;
    a_third_hub_agrees(&pair).await;
}

/// A condition counts at the other hub too, and its id is given once.
#[tokio::test(flavor = "multi_thread")]
async fn conditions_of_two_replicas_have_ids_of_their_own() {
    let pair = Pair::on_postgres().await;
    let condition = |action: &str| {
        json!({
            "result": "CONDITIONAL", "roleEntityRef": "role:default/visitors", "pluginId": "catalog",
            "resourceType": "catalog-entity", "permissionMapping": [action],
            "conditions": {"rule": "IS_ENTITY_KIND", "resourceType": "catalog-entity", "params": {"kinds": ["Group"]}},
        })
    };
    let (one, two) = (pair.one.user(BOSS).await, pair.two.user(BOSS).await);
    post(&one, "roles", &role("visitors", "eve")).await;
    let far = pair.two.user("user:default/eve").await;
    assert_eq!(reads_catalog(&far).await, "DENY");

    let create = async |boss: &Client, action: &str| {
        let answer = boss
            .post("/api/permission/roles/conditions", &condition(action))
            .await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        answer.json()["id"].as_i64().unwrap()
    };
    let (first, second) = tokio::join!(create(&one, "read"), create(&two, "delete"));

    assert_ne!(first, second);
    within("the condition counts", async || {
        reads_catalog(&far).await == "ALLOW"
    })
    .await;
    let conflict = two
        .post("/api/permission/roles/conditions", &condition("read"))
        .await;
    assert_eq!(conflict.status, 409);
}
