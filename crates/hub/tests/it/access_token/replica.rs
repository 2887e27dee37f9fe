//! Tokens of hubs that share a database.

use super::{TOKENS, ask_for, house};
use callboard_testkit::{Postgres, TestHub, TestHubBuilder};
use serde_json::json;
use std::time::{Duration, Instant};

/// How long a revocation may take to be known everywhere.
const SECOND: Duration = Duration::from_secs(1);

/// How long a test waits for what must happen; a busy machine takes its time.
const DEADLINE: Duration = Duration::from_secs(30);

/// Waits until a token is answered with `status` at `hub`, and gives how long that took.
async fn until(hub: &TestHub, token: &str, status: u16) -> Duration {
    let begin = Instant::now();
    let program = hub.anonymous().bearer(token);
    while program.get("/api/catalog/entities").await.status != status {
        assert!(begin.elapsed() < DEADLINE, "never {status}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    begin.elapsed()
}

async fn is_revoked_at_the_other(house: &TestHubBuilder) {
    let (one, two) = (house.start().await, house.start().await);
    let alice = one.user("user:default/alice").await;
    let created = ask_for(&alice, "ci", json!({})).await.json();
    let text = created["token"].as_str().unwrap();
    until(&one, text, 200).await;
    until(&two, text, 200).await;

    let path = format!("{TOKENS}/{}", created["id"].as_str().unwrap());
    assert_eq!(alice.delete(&path).await.status, 204);

    let here = one.anonymous().bearer(text);
    assert_eq!(here.get("/api/catalog/entities").await.status, 401);
    let took = until(&two, text, 401).await;
    assert!(took < SECOND, "{took:?}");
    assert_eq!(
        two.user("user:default/alice")
            .await
            .get(TOKENS)
            .await
            .json(),
        json!({"items": []})
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_revoked_at_the_other_replica_within_a_second_in_sqlite() {
    is_revoked_at_the_other(&house().on_disk()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_revoked_at_the_other_replica_within_a_second_in_postgresql() {
    let url = Postgres::start().await.database("hub").await;
    is_revoked_at_the_other(&house().on_postgres(&url)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_database_tokens_go_on_and_none_is_made_or_revoked() {
    let postgres = Postgres::own().await;
    let hub = house()
        .on_postgres(&postgres.database("hub").await)
        .start()
        .await;
    let alice = hub.user("user:default/alice").await;
    let created = ask_for(&alice, "ci", json!({})).await.json();
    let text = created["token"].as_str().unwrap();

    postgres.stop().await;

    until(&hub, text, 200).await;
    assert_eq!(ask_for(&alice, "more", json!({})).await.status, 503);
    let path = format!("{TOKENS}/{}", created["id"].as_str().unwrap());
    assert_eq!(alice.delete(&path).await.status, 503);
    until(&hub, text, 200).await;
}
