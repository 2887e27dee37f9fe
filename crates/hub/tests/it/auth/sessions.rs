//! Sessions as their people and administrators see and end them.

use crate::pages::{csrf_of, guest};
use crate::support::Log;
use callboard_testkit::{Client, TestHub, TestHubBuilder};
use serde_json::{Value, json};

const OWN: &str = "/api/callboard/v1/sessions";
const OF_GUEST: &str = "/api/callboard/v1/users/default/guest/sessions";

const POLICIES: &str = "\
p, role:default/keepers, callboard.session.manage, use, allow
g, user:default/kim, role:default/keepers
";

fn builder() -> TestHubBuilder {
    TestHub::builder().policy_csv(POLICIES)
}

async fn list(client: &Client, path: &str) -> Vec<Value> {
    let answer = client.get(path).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["items"].as_array().unwrap().clone()
}

async fn is_signed_in(browser: &Client) -> bool {
    browser.get("/settings").await.status == 200
}

async fn status(answer: impl Future<Output = callboard_testkit::Answer>) -> u16 {
    answer.await.status.as_u16()
}

#[tokio::test]
async fn one_sees_and_ends_ones_own_sessions() {
    let hub = builder().start().await;
    let (laptop, phone) = (guest(&hub).await, guest(&hub).await);
    let me = hub.user("user:default/guest").await;
    let eve = hub.user("user:default/eve").await;

    let sessions = list(&me, OWN).await;

    assert_eq!(sessions.len(), 2);
    assert_eq!(sessions[0]["userEntityRef"], "user:default/guest");
    assert_eq!(sessions[0]["provider"], "guest");
    for time in ["signedInAt", "lastSeenAt", "expiresAt"] {
        assert!(sessions[0][time].as_str().unwrap().ends_with('Z'), "{time}");
    }
    assert_eq!(list(&eve, OWN).await, Vec::<Value>::new());
    let ids = sessions
        .iter()
        .map(|session| session["id"].as_str().unwrap());
    for id in ids {
        let one = format!("{OWN}/{id}");
        assert_eq!(status(eve.delete(&one)).await, 404, "it is not hers");
        assert_eq!(status(me.delete(&one)).await, 204);
        assert_eq!(status(me.delete(&one)).await, 404, "it is over");
    }
    assert!(!is_signed_in(&laptop).await && !is_signed_in(&phone).await);
    assert_eq!(status(me.delete(&format!("{OWN}/nonsense"))).await, 404);
}

#[tokio::test]
async fn only_those_who_manage_sessions_see_and_end_those_of_others() {
    let hub = builder().start().await;
    let browser = guest(&hub).await;
    let (kim, eve) = (
        hub.user("user:default/kim").await,
        hub.user("user:default/eve").await,
    );

    for (who, expected) in [(&hub.anonymous(), 401), (&eve, 403), (&hub.service(), 403)] {
        assert_eq!(status(who.get(OF_GUEST)).await, expected);
        assert_eq!(status(who.delete(OF_GUEST)).await, expected);
    }
    assert!(is_signed_in(&browser).await);
    assert_eq!(list(&kim, OF_GUEST).await.len(), 1);
    let ended = kim.delete(OF_GUEST).await;

    assert_eq!(ended.json(), json!({"ended": 1}));
    assert!(!is_signed_in(&browser).await);
    assert_eq!(kim.delete(OF_GUEST).await.json(), json!({"ended": 0}));
}

#[tokio::test]
async fn nobody_manages_sessions_while_permissions_are_off() {
    let off = json!({"permission": {"enabled": false}});
    let hub = builder().config(off).start().await;
    let browser = guest(&hub).await;
    let kim = hub.user("user:default/kim").await;

    assert_eq!(status(kim.get(OF_GUEST)).await, 403);
    assert_eq!(status(kim.delete(OF_GUEST)).await, 403);
    assert_eq!(status(browser.get("/settings/people")).await, 403);
    let page = browser.get("/settings").await.text();
    assert!(!page.contains("/settings/people"));
}

#[tokio::test]
async fn the_page_of_sessions_ends_one_or_all_others() {
    let hub = builder().start().await;
    let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    let (this, other, third) = (
        guest(&hub).await.header("user-agent", firefox),
        guest(&hub).await,
        guest(&hub).await,
    );
    let page = this.get("/settings/sessions").await;
    let csrf = csrf_of(&page);
    let text = page.text();

    assert!(
        text.contains("This one") && text.contains("End all others"),
        "{text}"
    );
    let rows: Vec<&str> = text.split("<tr role=\"row\"><td").skip(1).collect();
    assert!(rows.len() == 3 && rows[0].contains("This one"));
    let id_of = |row: &str| {
        let (_, rest) = row.split_once("name=\"id\" value=\"").unwrap();
        rest.split('"').next().unwrap().to_owned()
    };
    let end = format!("_csrf={csrf}&id={}", id_of(rows[1]));
    let ended = this.post_form("/settings/sessions/end", &end).await;
    assert_eq!(
        (ended.status.as_u16(), ended.header("location")),
        (303, "/settings/sessions")
    );
    assert!(is_signed_in(&other).await != is_signed_in(&third).await);

    let others = format!("_csrf={csrf}");
    let ended = this
        .post_form("/settings/sessions/end-others", &others)
        .await;
    assert_eq!(ended.status, 303);
    assert!(!is_signed_in(&other).await && !is_signed_in(&third).await);
    assert!(is_signed_in(&this).await);

    let end = format!("_csrf={csrf}&id={}", id_of(rows[0]));
    let out = this.post_form("/settings/sessions/end", &end).await;
    assert_eq!(out.header("location"), "/?signed-out");
    assert!(out.header("set-cookie").starts_with("callboard-session=;"));
}

#[tokio::test]
async fn whoever_manages_sessions_has_a_page_for_it() {
    let keeper = "p, role:default/keepers, callboard.session.manage, use, allow
g, user:default/guest, role:default/keepers";
    let hub = TestHub::builder().policy_csv(keeper).start().await;
    let (admin, other) = (guest(&hub).await, guest(&hub).await);

    let empty = admin.get("/settings/people").await;
    let nobody = admin.get("/settings/people?user=nobody").await.text();
    let wrong = admin.get("/settings/people?user=%3A%3A%3Cscript%3E").await;
    let page = admin.get("/settings/people?user=guest").await;

    assert_eq!(empty.status, 200);
    assert!(nobody.contains("Nobody is signed in as user:default/nobody."));
    assert!(wrong.text().contains("role=\"alert\"") && !wrong.text().contains("<script>"));
    assert!(page.text().contains("End all"));
    let end = format!("_csrf={}&user=user%3Adefault%2Fguest", csrf_of(&page));
    let ended = admin.post_form("/settings/people/end", &end).await;
    assert_eq!(ended.status, 303, "{}", ended.text());
    assert!(!is_signed_in(&other).await && !is_signed_in(&admin).await);
}

#[tokio::test]
async fn a_session_that_ended_says_so_at_sign_in() {
    let hub = builder().start().await;
    let browser = guest(&hub).await;
    let kim = hub.user("user:default/kim").await;
    kim.delete(OF_GUEST).await;

    let turned = browser.get("/settings").await;
    let page = browser.get(turned.header("location")).await.text();

    assert_eq!(turned.status, 302);
    assert!(page.contains("Your session ended. Sign in to carry on where you were."));
    let stranger = hub.anonymous().get("/?redirect=%2Fsettings").await.text();
    assert!(stranger.contains("Sign in to carry on") && !stranger.contains("session ended"));
}

#[tokio::test]
async fn who_may_not_end_the_sessions_of_others_is_remembered() {
    let hub = builder().start().await;
    let browser = guest(&hub).await;
    let eve = hub.user("user:default/eve").await;
    let csrf = csrf_of(&browser.get("/settings").await);
    let log = Log::capture();

    let by_api = eve.delete(OF_GUEST).await;
    let form = format!("_csrf={csrf}&user=user%3Adefault%2Fotto");
    let by_page = browser.post_form("/settings/people/end", &form).await;

    assert_eq!(
        (by_api.status.as_u16(), by_page.status.as_u16()),
        (403, 403)
    );
    let lines = log.lines();
    let refused: Vec<_> = lines
        .iter()
        .filter(|line| line["eventId"] == "session-end" && line["status"] == "failed")
        .map(|line| {
            (
                line["actor"]["actorId"].clone(),
                line["meta"]["userEntityRef"].clone(),
                line["meta"]["response"]["status"].clone(),
            )
        })
        .collect();
    let expected = [
        ("user:default/eve", "user:default/guest"),
        ("user:default/guest", "user:default/otto"),
    ];
    let expected = expected.map(|(actor, user)| (json!(actor), json!(user), json!(403)));
    assert_eq!(refused, expected, "{lines:?}");
}
