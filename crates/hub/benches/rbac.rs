//! How long roles take: from a file, over REST, and until a change decides.
//!
//! Everything goes through a whole hub in this process, its records in a SQLite file, as a
//! client would see it without the network.

use callboard_testkit::{Client, TestHub, TestHubBuilder};
use divan::{Bencher, counter::ItemsCount};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::runtime::Runtime;

/// The allocator of the program that is shipped.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What each role may do: ten policies about what the hub knows.
const POLICIES: [(&str, &str); 10] = [
    ("catalog-entity", "read"),
    ("catalog-entity", "update"),
    ("catalog-entity", "delete"),
    ("catalog.entity.create", "create"),
    ("catalog.location.read", "read"),
    ("catalog.location.create", "create"),
    ("catalog.location.delete", "delete"),
    ("scaffolder-action", "use"),
    ("scaffolder-template", "read"),
    ("scaffolder.task.create", "create"),
];
const ROLES: usize = 1_000;

/// Questions in a sample of `authorize`, so that a sample is long enough to be timed.
const QUESTIONS: usize = 100;

fn main() {
    divan::main();
}

/// Starts a hub on a new database; the difference between the rows is what a file costs.
#[divan::bench(args = [0, ROLES], sample_count = 20)]
fn start_from_csv(bencher: Bencher<'_, '_>, roles: usize) {
    let runtime = runtime();
    let csv = policies(roles);
    bencher
        .counter(ItemsCount::new(roles * POLICIES.len()))
        .with_inputs(|| in_memory().policy_csv(&csv))
        .bench_local_values(|hub| runtime.block_on(hub.start()));
}

/// Starts a hub whose database already has what the file says.
#[divan::bench(args = [0, ROLES], sample_count = 20)]
fn start_again(bencher: Bencher<'_, '_>, roles: usize) {
    let runtime = runtime();
    let hub = in_memory().policy_csv(&policies(roles)).on_disk();
    runtime.block_on(async { hub.start().await.stop().await });
    bencher
        .counter(ItemsCount::new(roles * POLICIES.len()))
        .bench_local(|| runtime.block_on(async { hub.start().await.stop().await }));
}

/// `GET /api/permission/policies` with 10,000 rows, as an administrator.
#[divan::bench(sample_count = 50)]
fn list_policies(bencher: Bencher<'_, '_>) {
    let (runtime, hub) = (runtime(), in_memory().policy_csv(&policies(ROLES)));
    let (_hub, admin) = runtime.block_on(started(&hub));
    bencher
        .counter(ItemsCount::new(ROLES * POLICIES.len()))
        .bench_local(|| runtime.block_on(admin.get("/api/permission/policies")));
}

/// Gives somebody a role over REST beside 10,000 policies, and asks what they may do now.
#[divan::bench(sample_count = 50)]
fn change_is_visible(bencher: Bencher<'_, '_>) {
    let (runtime, hub) = (
        runtime(),
        in_memory().policy_csv(&policies(ROLES)).on_disk(),
    );
    let (hub, admin) = runtime.block_on(started(&hub));
    let made = runtime.block_on(async {
        let role = json!({"memberReferences": ["user:default/first"], "name": "role:default/rest"});
        let policy = json!([{
            "entityReference": "role:default/rest", "permission": "catalog.entity.create",
            "policy": "create", "effect": "allow",
        }]);
        let role = admin.post("/api/permission/roles", &role).await;
        (
            role.status,
            admin.post("/api/permission/policies", &policy).await.status,
        )
    });
    assert_eq!((made.0.as_u16(), made.1.as_u16()), (201, 201));
    let next = AtomicUsize::new(0);
    bencher
        .with_inputs(|| {
            let user = format!("user:default/u{}", next.fetch_add(1, Ordering::Relaxed));
            (runtime.block_on(hub.user(&user)), user)
        })
        .bench_local_values(|(client, user)| {
            runtime.block_on(async {
                let role = json!({"memberReferences": [user], "name": "role:default/rest"});
                admin.post("/api/permission/roles", &role).await;
                assert_eq!(results(&client, "catalog.entity.create").await, ["ALLOW"]);
            });
        });
}

/// `POST /api/permission/authorize`, one question a request.
#[divan::bench(args = [1, ROLES], sample_count = 200)]
fn authorize(bencher: Bencher<'_, '_>, roles: usize) {
    let runtime = runtime();
    let hub = in_memory()
        .policy_csv(&policies(roles))
        .config(json!({"callboard": {"audit": {"decisions": "none"}}}));
    let user = runtime.block_on(async {
        let hub = hub.start().await;
        hub.user("user:default/r0").await
    });
    assert_eq!(
        runtime.block_on(results(&user, "scaffolder.task.create")),
        ["ALLOW"]
    );
    let body = questions("scaffolder.task.create");
    bencher.counter(ItemsCount::new(QUESTIONS)).bench_local(|| {
        runtime.block_on(async {
            for _ in 0..QUESTIONS {
                user.post("/api/permission/authorize", &body).await;
            }
        });
    });
}

fn runtime() -> Runtime {
    Runtime::new().expect("a runtime can be started")
}

/// A hub with an administrator, and no catalog.
fn in_memory() -> TestHubBuilder {
    TestHub::builder().config(json!({
        "permission": {"rbac": {"admin": {"users": [{"name": "user:default/admin"}]}}},
    }))
}

async fn started(hub: &TestHubBuilder) -> (TestHub, Client) {
    let hub = hub.start().await;
    let admin = hub.user("user:default/admin").await;
    (hub, admin)
}

/// A policy file of so many roles, each with one member and ten policies.
fn policies(roles: usize) -> String {
    let mut csv = String::new();
    for role in 0..roles {
        for (permission, action) in POLICIES {
            // Writing to a string cannot fail.
            let _infallible = writeln!(
                csv,
                "p, role:default/r{role}, {permission}, {action}, allow"
            );
        }
        let _infallible = writeln!(csv, "g, user:default/r{role}, role:default/r{role}");
    }
    csv
}

async fn results(client: &Client, permission: &str) -> Vec<String> {
    let answer = client
        .post("/api/permission/authorize", &questions(permission))
        .await
        .json();
    let items = answer["items"].as_array().into_iter().flatten();
    items
        .filter_map(|item| item["result"].as_str().map(str::to_owned))
        .collect()
}

/// One question about a permission to create something.
fn questions(permission: &str) -> Value {
    json!({"items": [{
        "id": "1",
        "permission": {"type": "basic", "name": permission, "attributes": {"action": "create"}},
    }]})
}
