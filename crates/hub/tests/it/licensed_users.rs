//! The list of users.

use crate::pages::guest;
use crate::support::Log;
use axum::http::HeaderMap;
use callboard_hub::auth::csrf_token_for_sign_in;
use callboard_store::Query;
use callboard_testkit::{Answer, Client, Postgres, TestHub, TestHubBuilder};
use jiff::SignedDuration;
use serde_json::{Value, json};

const CATALOG: &str = "
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: ann}
spec: {memberOf: [], profile: {displayName: 'Ann, of the stage', email: ann@example.com}}
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: bob, namespace: touring}
spec: {memberOf: [], profile: {displayName: '=HYPERLINK(\"http://evil.example\")', email: '+bob@example.com'}}
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: bob}
spec: {memberOf: [], profile: {displayName: Another Bob}}
";

/// Ann may read every role, Olga those that she owns.
const POLICIES: &str = "
g, user:default/ann, role:default/admins
p, role:default/admins, policy-entity, read, allow
g, user:default/olga, role:default/delegates
";

const CONDITIONS: &str = "
result: CONDITIONAL
roleEntityRef: role:default/delegates
pluginId: permission
resourceType: policy-entity
permissionMapping: [read]
conditions: {rule: IS_OWNER, resourceType: policy-entity, params: {owners: [$currentUser]}}
";

const USERS: &str = "/api/licensed-users-info/users";
const QUANTITY: &str = "/api/licensed-users-info/users/quantity";
const HEALTH: &str = "/api/licensed-users-info/health";

fn builder() -> TestHubBuilder {
    TestHub::builder()
        .on_disk()
        .catalog(CATALOG)
        .policy_csv(POLICIES)
        .conditions(CONDITIONS)
}

/// Bob has signed in, and an hour later Ann.
async fn signed_in(hub: &TestHub) -> Client {
    hub.token("user:touring/bob", &[]).await;
    hub.clock().advance(SignedDuration::from_hours(1));
    hub.user("user:default/ann").await
}

fn http_date(hub: &TestHub, hours_ago: i64) -> String {
    let time = jiff::Timestamp::from_second(hub.now() - hours_ago * 3600).unwrap();
    time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

fn refusal(answer: &Answer) -> (u16, Value) {
    (answer.status.as_u16(), answer.error()["message"].clone())
}

#[tokio::test]
async fn the_list_joins_sign_ins_with_the_catalog_by_the_whole_reference() {
    let hub = builder().start().await;
    let ann = signed_in(&hub).await;

    let answer = ann.get(USERS).await;

    let (earlier, now) = (http_date(&hub, 1), http_date(&hub, 0));
    assert_eq!(
        answer.json(),
        json!([
            {
                "userEntityRef": "user:default/ann", "lastAuthTime": now, "lastTimeLogin": now,
                "displayName": "Ann, of the stage", "email": "ann@example.com",
            },
            {
                "userEntityRef": "user:touring/bob", "lastAuthTime": earlier, "lastTimeLogin": earlier,
                "displayName": "=HYPERLINK(\"http://evil.example\")", "email": "+bob@example.com",
            },
        ])
    );
    assert_eq!(answer.header("cache-control"), "no-store");
    let quantity = ann.get(QUANTITY).await.json();
    assert_eq!(quantity, json!({"quantity": 2}));
}

#[tokio::test]
async fn the_list_is_a_file_of_csv_for_those_who_name_that() {
    let hub = builder().start().await;
    let ann = signed_in(&hub).await;

    let by_content_type = ann
        .clone()
        .header("content-type", "text/csv")
        .get(USERS)
        .await;
    let by_accept = ann.clone().header("accept", "text/csv").get(USERS).await;

    let (earlier, now) = (http_date(&hub, 1), http_date(&hub, 0));
    let expected = [
        "userEntityRef,displayName,email,lastAuthTime".to_owned(),
        format!("user:default/ann,\"Ann, of the stage\",ann@example.com,\"{now}\""),
        format!(
            "user:touring/bob,\"'=HYPERLINK(\"\"http://evil.example\"\")\",\"'+bob@example.com\",\"{earlier}\""
        ),
    ];
    for answer in [by_content_type, by_accept] {
        assert_eq!(answer.text(), expected.join("\n"));
        assert_eq!(answer.header("content-type"), "text/csv");
        assert_eq!(
            answer.header("content-disposition"),
            "attachment; filename=\"data.csv\""
        );
    }
}

#[tokio::test]
async fn only_who_may_read_every_role_may_read_the_list() {
    let hub = builder().start().await;
    signed_in(&hub).await;
    let olga = hub.user("user:default/olga").await;
    assert_eq!(olga.get("/api/permission/roles").await.status, 200);

    for path in [USERS, QUANTITY] {
        let refused = (403, json!("Unauthorized"));
        assert_eq!(
            refusal(&olga.get(path).await),
            refused,
            "a conditional right"
        );
        let stranger = hub.user("user:default/tom").await;
        assert_eq!(refusal(&stranger.get(path).await), refused);
        let missing = (401, json!("Missing credentials"));
        assert_eq!(refusal(&hub.anonymous().get(path).await), missing);
        assert_eq!(hub.service().get(path).await.status, 200);
    }
    assert_eq!(
        hub.anonymous().get(HEALTH).await.json(),
        json!({"status": "ok"})
    );
}

#[tokio::test]
async fn with_permissions_off_everybody_may() {
    let hub = builder().config(json!({"permission": {"enabled": false}}));
    let hub = hub.start().await;

    let answer = hub.user("user:default/tom").await.get(QUANTITY).await;

    assert_eq!(answer.json(), json!({"quantity": 1}));
}

#[tokio::test]
async fn who_took_the_list_is_in_the_audit_log() {
    let hub = builder().start().await;
    let ann = signed_in(&hub).await;
    let log = Log::capture();

    ann.get(USERS).await;
    hub.user("user:default/tom").await.get(USERS).await;

    let events = log.lines();
    let events: Vec<_> = events
        .iter()
        .filter(|line| line["eventId"] == "user-list-read")
        .map(|line| (line["status"].clone(), line["actor"]["actorId"].clone()))
        .collect();
    assert_eq!(
        events,
        [
            (json!("initiated"), json!("user:default/ann")),
            (json!("succeeded"), json!("user:default/ann")),
            (json!("initiated"), json!("user:default/tom")),
            (json!("failed"), json!("user:default/tom")),
        ]
    );
}

#[tokio::test]
async fn a_session_of_the_pages_counts_as_a_sign_in() {
    let hub = builder().start().await;
    let auth = hub.app().auth();
    assert_eq!(auth.known_user_count().await.unwrap(), 0);

    let form = csrf_token_for_sign_in(hub.app(), &HeaderMap::new()).unwrap();
    let cookie = form.set_cookie.unwrap();
    let cookie = cookie.to_str().unwrap().split(';').next().unwrap();
    let browser = hub.anonymous().header("cookie", cookie);
    let fields = format!("_csrf={}", form.token);
    assert_eq!(
        browser.post_form("/sign-in/guest", &fields).await.status,
        303
    );

    let known = auth.known_users().await.unwrap();
    assert_eq!(known[0].user_ref, "user:default/guest");
    assert_eq!(known[0].issued_at.as_second(), hub.now());
}

#[tokio::test]
async fn a_row_without_a_time_of_issue_ends_one_lifetime_later() {
    let hub = builder().start().await;
    hub.token("user:default/ann", &[]).await;
    let mut tx = hub.app().core().store.begin().await.unwrap();
    let older = Query::new("UPDATE auth_user_info SET issued_at = NULL");
    tx.execute(older).await.unwrap();
    tx.commit().await.unwrap();

    let known = hub.app().auth().known_users().await.unwrap();

    assert_eq!(known[0].issued_at.as_second(), hub.now());
}

#[tokio::test]
async fn a_list_that_would_end_with_the_process_is_not_served() {
    let log = Log::capture();
    let hub = TestHub::builder().policy_csv(POLICIES).start().await;
    let ann = hub.user("user:default/ann").await;

    for path in [USERS, QUANTITY, HEALTH] {
        assert_eq!(ann.get(path).await.status, 404);
    }
    let warning = "the list of users is not served: the database is in memory";
    assert!(log.text().contains(warning));
}

#[tokio::test]
async fn postgres_counts_in_text() {
    let postgres = Postgres::start().await;
    let url = postgres.database("users").await;
    let hub = builder().on_postgres(&url).start().await;
    let ann = signed_in(&hub).await;

    assert_eq!(ann.get(QUANTITY).await.json(), json!({"quantity": "2"}));
    assert_eq!(ann.get(USERS).await.json().as_array().unwrap().len(), 2);
}

/// The page is the guest's, who may read every role.
fn page_builder() -> TestHubBuilder {
    builder().config(json!({
        "auth": {"providers": {"guest": {"userEntityRef": "user:default/ann"}}},
    }))
}

#[tokio::test]
async fn the_page_counts_sign_ins_and_shows_what_the_reader_may_see() {
    let hub = page_builder().start().await;
    hub.token("user:touring/bob", &[]).await;
    let browser = guest(&hub).await;

    let page = browser.get("/rbac/users").await.text();

    assert!(page.contains("2 users have signed in here."), "{page}");
    assert!(page.contains(">user:touring/bob<"));
    // Ann may read no entity of the catalog.
    assert!(!page.contains("bob@example.com") && !page.contains("HYPERLINK"));
    assert!(page.contains("1 sign-in"), "{page}");
    assert_eq!(page.matches("<rect class=\"bar\"").count(), 30);
}

#[tokio::test]
async fn the_page_gives_the_same_file_as_the_api() {
    let hub = page_builder().start().await;
    hub.token("user:touring/bob", &[]).await;
    let browser = guest(&hub).await;
    let ann = hub
        .user("user:default/ann")
        .await
        .header("accept", "text/csv");

    let file = browser.get("/rbac/users.csv").await;

    assert_eq!(
        file.header("content-disposition"),
        "attachment; filename=\"licensed-users.csv\""
    );
    assert_eq!(file.header("cache-control"), "no-store");
    assert_eq!(file.text(), ann.get(USERS).await.text());
}

#[tokio::test]
async fn an_owner_of_roles_gets_neither_page_nor_file() {
    let hub = builder()
        .config(json!({"auth": {"providers": {"guest": {"userEntityRef": "user:default/olga"}}}}))
        .start()
        .await;
    let browser = guest(&hub).await;

    assert_eq!(browser.get("/rbac/users").await.status, 403);
    assert_eq!(browser.get("/rbac/users.csv").await.status, 403);
}
