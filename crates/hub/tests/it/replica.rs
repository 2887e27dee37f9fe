//! Several hubs on one database.

pub(crate) mod fault;
mod revision;
mod role;
mod session;

use crate::sample::ALICE;
use callboard_testkit::{Client, Postgres, TestHub, TestHubBuilder};
use serde_json::{Value, json};
use std::time::Duration;

/// How long a test waits for what must happen; a busy machine takes its time.
const DEADLINE: Duration = Duration::from_secs(30);

const POLICIES: &str = "
p, role:default/crew, catalog-entity, read, allow
g, group:default/crew, role:default/crew
";

fn replica(url: &str) -> TestHubBuilder {
    TestHub::builder()
        .catalog(ALICE)
        .policy_csv(POLICIES)
        .config(json!({"permission": {"rbac": {"admin": {"superUsers": [{"name": "user:default/warden"}]}}}}))
        .on_postgres(url)
}

/// Waits until `holds` does.
pub(crate) async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    let holding = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let held = tokio::time::timeout(DEADLINE, holding).await;
    assert!(held.is_ok(), "not in time: {what}");
}

/// Asks for a role whose one member is `member`; gives the status code.
async fn create_role(client: &Client, name: &str, member: &str) -> u16 {
    let role = json!({"name": format!("role:default/{name}"), "memberReferences": [member]});
    let answer = client.post("/api/permission/roles", &role).await;
    answer.status.as_u16()
}

/// The roles as a hub shows them, in order.
async fn roles(hub: &TestHub) -> Value {
    let answer = hub.service().get("/api/permission/roles").await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let mut roles = answer.json();
    let roles_mut = roles.as_array_mut().unwrap();
    roles_mut.sort_by_key(|role| role["name"].to_string());
    roles
}

async fn reads_catalog(client: &Client) -> Value {
    let question = json!({"items": [{
        "id": "1",
        "permission": {"type": "resource", "name": "catalog.entity.read", "resourceType": "catalog-entity",
                       "attributes": {"action": "read"}},
        "resourceRef": "group:default/crew",
    }]});
    let answer = client.post("/api/permission/authorize", &question).await;
    answer.json()["items"][0]["result"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_keeps_everything_in_postgresql() {
    let url = Postgres::start().await.database("hub").await;
    let hub = replica(&url).start().await;
    let alice = hub.user("user:default/alice").await;

    assert_eq!(reads_catalog(&alice).await, "ALLOW");
    let entity = alice
        .get("/api/catalog/entities/by-name/group/default/crew")
        .await;
    assert_eq!(entity.status, 200);
    drop(hub);

    let again = replica(&url).start().await;
    let alice = again.user("user:default/alice").await;
    assert_eq!(reads_catalog(&alice).await, "ALLOW");
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_that_start_together_agree() {
    let url = Postgres::start().await.database("hub").await;
    let builders = [replica(&url), replica(&url), replica(&url)];
    let (one, two, three) = tokio::join!(
        builders[0].start(),
        builders[1].start(),
        builders[2].start()
    );

    for hub in [one, two, three] {
        let alice = hub.user("user:default/alice").await;
        assert_eq!(reads_catalog(&alice).await, "ALLOW");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_one_replica_is_good_at_the_others() {
    let url = Postgres::start().await.database("hub").await;
    let (one, two) = (replica(&url).start().await, replica(&url).start().await);
    let token = one.token("user:default/alice", &[]).await;

    assert_eq!(
        reads_catalog(&two.anonymous().bearer(&token)).await,
        "ALLOW"
    );
}
