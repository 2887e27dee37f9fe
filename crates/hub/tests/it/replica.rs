//! Several hubs on one database.

mod role;

use callboard_testkit::{Client, Postgres, TestHub, TestHubBuilder};
use serde_json::{Value, json};

const CATALOG: &str = "
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: alice}
spec: {memberOf: [crew]}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: crew}
spec: {type: team, children: []}
";

const POLICIES: &str = "
p, role:default/crew, catalog-entity, read, allow
g, group:default/crew, role:default/crew
";

fn replica(url: &str) -> TestHubBuilder {
    TestHub::builder()
        .catalog(CATALOG)
        .policy_csv(POLICIES)
        .on_postgres(url)
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
