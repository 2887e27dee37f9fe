//! Sessions of people whose requests reach one hub, then another.

use super::{replica, until};
use axum::http::HeaderMap;
use callboard_hub::auth::csrf_token_for_sign_in;
use callboard_testkit::{Answer, Client, Postgres, TestHub, TestHubBuilder};
use serde_json::json;

fn portal(url: &str) -> TestHubBuilder {
    replica(url)
        .config(json!({"auth": {"providers": {"guest": {"userEntityRef": "user:default/alice"}}}}))
}

/// The cookie that an answer sets, as a browser sends it.
fn cookie(answer: &Answer) -> String {
    let cookie = answer.header("set-cookie").split(';').next().unwrap();
    cookie.to_owned()
}

/// Signs in at `hub` and gives the cookie.
async fn sign_in(hub: &TestHub) -> String {
    let form = csrf_token_for_sign_in(hub.app(), &HeaderMap::new()).unwrap();
    let secret = form.set_cookie.unwrap().to_str().unwrap().to_owned();
    let browser = hub
        .anonymous()
        .header("cookie", secret.split(';').next().unwrap());
    let answer = browser
        .post_form("/sign-in/guest", &format!("_csrf={}", form.token))
        .await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    cookie(&answer)
}

fn browser(hub: &TestHub, cookie: &str) -> Client {
    hub.anonymous().header("cookie", cookie)
}

async fn is_signed_in(browser: &Client) -> bool {
    browser.get("/settings").await.status == 200
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_of_one_hub_counts_and_ends_at_the_others() {
    let url = Postgres::start().await.database("hub").await;
    let (one, two) = (portal(&url).start().await, portal(&url).start().await);
    let cookie = sign_in(&one).await;
    let (here, there) = (browser(&one, &cookie), browser(&two, &cookie));
    assert!(is_signed_in(&here).await);

    until("the other hub knows", async || is_signed_in(&there).await).await;

    let page = there.get("/settings").await.text();
    let csrf = page.split("name=\"_csrf\" value=\"").nth(1).unwrap();
    let csrf = csrf.split('"').next().unwrap();
    let left = there.post_form("/sign-out", &format!("_csrf={csrf}")).await;
    assert_eq!(left.status, 303);
    assert!(!is_signed_in(&there).await);
    until("the first hub knows", async || !is_signed_in(&here).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_database_a_session_goes_on_and_none_begins() {
    let postgres = Postgres::own().await;
    let hub = portal(&postgres.database("hub").await).start().await;
    let cookie = sign_in(&hub).await;

    postgres.stop().await;

    assert!(is_signed_in(&browser(&hub, &cookie)).await);
    let form = csrf_token_for_sign_in(hub.app(), &HeaderMap::new()).unwrap();
    let secret = form.set_cookie.unwrap().to_str().unwrap().to_owned();
    let other = hub
        .anonymous()
        .header("cookie", secret.split(';').next().unwrap());
    let refused = other
        .post_form("/sign-in/guest", &format!("_csrf={}", form.token))
        .await;
    assert_eq!(refused.status, 503, "{}", refused.text());

    postgres.start_again().await;
    until("somebody signs in", async || {
        let answer = other
            .post_form("/sign-in/guest", &format!("_csrf={}", form.token))
            .await;
        answer.status == 303
    })
    .await;
}

/// Signs in at one hub and ends all sessions at the other, which the first is to know soon.
async fn ends_everywhere(one: TestHub, two: TestHub) {
    let cookie = sign_in(&one).await;
    let (here, there) = (browser(&one, &cookie), browser(&two, &cookie));
    until("the other hub knows", async || is_signed_in(&there).await).await;
    let warden = two.user("user:default/warden").await;

    let ended = warden
        .delete("/api/callboard/v1/users/default/alice/sessions")
        .await;
    assert_eq!(ended.json(), json!({"ended": 1}), "{}", ended.text());

    assert!(!is_signed_in(&there).await, "here at once");
    until("the first hub knows", async || !is_signed_in(&here).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_that_an_administrator_ends_are_over_at_every_replica_on_postgresql() {
    let url = Postgres::start().await.database("hub").await;
    let (one, two) = (portal(&url).start().await, portal(&url).start().await);

    ends_everywhere(one, two).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_that_an_administrator_ends_are_over_at_every_process_on_sqlite() {
    let config = json!({
        "auth": {"providers": {"guest": {"userEntityRef": "user:default/alice"}}},
        "permission": {"rbac": {"admin": {"superUsers": [{"name": "user:default/warden"}]}}},
    });
    let builder = TestHub::builder().config(config).on_disk();
    let (one, two) = (builder.start().await, builder.start().await);

    ends_everywhere(one, two).await;
}
