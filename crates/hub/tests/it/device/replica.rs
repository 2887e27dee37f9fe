//! A program, a browser and hubs that share a database.

use super::{Browser, apply, asks, house, poll, refresh, text};
use callboard_testkit::{Postgres, TestHub, TestHubBuilder};
use std::time::{Duration, Instant};

/// How long the end of a session may take to be known everywhere.
const SECOND: Duration = Duration::from_secs(1);

const DEADLINE: Duration = Duration::from_secs(30);

async fn until(hub: &TestHub, token: &str, status: u16) -> Duration {
    let begin = Instant::now();
    while asks(hub, token).await != status {
        assert!(begin.elapsed() < DEADLINE, "never {status}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    begin.elapsed()
}

/// Asks at one hub, is let in and ended at the other.
async fn works_across_hubs(house: &TestHubBuilder) {
    let (one, two) = (house.start().await, house.start().await);
    let browser = Browser::sign_in(&two).await;
    let codes = apply(&one).await;

    let approved = browser.decide(text(&codes, "user_code"), "approve").await;
    assert_eq!(approved.status, 200, "{}", approved.text());
    let tokens = poll(&one, &codes).await.json();
    let next = refresh(&two, text(&tokens, "refresh_token")).await.json();
    let token = text(&next, "access_token");
    until(&one, token, 200).await;
    until(&two, token, 200).await;
    let ended = refresh(&one, text(&tokens, "refresh_token")).await;

    assert_eq!(ended.status, 400);
    assert_eq!(asks(&one, token).await, 401);
    let took = until(&two, token, 401).await;
    assert!(took < SECOND, "{took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_is_let_in_and_ended_across_hubs_in_sqlite() {
    works_across_hubs(&house().on_disk()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_is_let_in_and_ended_across_hubs_in_postgresql() {
    let url = Postgres::start().await.database("hub").await;
    works_across_hubs(&house().on_postgres(&url)).await;
}
