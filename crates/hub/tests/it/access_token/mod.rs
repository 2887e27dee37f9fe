//! Access tokens of people and of service accounts, as programs use them.

mod attack;
mod replica;
mod service_account;

use crate::sample::ALICE;
use crate::support::Log;
use callboard_testkit::{Answer, Client, TestHub, TestHubBuilder};
use serde_json::{Value, json};

const TOKENS: &str = "/api/callboard/v1/tokens";

const POLICIES: &str = "
p, role:default/crew, catalog-entity, read, allow
p, role:default/crew, policy-entity, read, allow
p, role:default/crew, policy.entity.create, create, allow
g, group:default/crew, role:default/crew
";

/// Alice is of the crew, who read the catalog, read roles and make new ones; the warden may do
/// everything.
fn house() -> TestHubBuilder {
    TestHub::builder()
        .catalog(ALICE)
        .policy_csv(POLICIES)
        .config(json!({"permission": {"rbac": {"admin": {"superUsers": [{"name": "user:default/warden"}]}}}}))
}

/// Asks for a token called `name`.
async fn ask_for(client: &Client, name: &str, scope: Value) -> Answer {
    let body = json!({"name": name, "expiresInDays": 7, "scope": scope});
    client.post(TOKENS, &body).await
}

/// The text of a new token.
async fn token(client: &Client, name: &str, scope: Value) -> String {
    let answer = ask_for(client, name, scope).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()["token"].as_str().unwrap().to_owned()
}

/// A client that shows a new token of Alice.
async fn program(hub: &TestHub, scope: Value) -> Client {
    let alice = hub.user("user:default/alice").await;
    let name = format!("program {scope}");
    hub.anonymous().bearer(&token(&alice, &name, scope).await)
}

fn refusal(answer: &Answer) -> (u16, String) {
    let message = answer.error()["message"].as_str().unwrap().to_owned();
    (answer.status.as_u16(), message)
}

async fn decides(client: &Client, permission: Value) -> Value {
    let question = json!({"items": [{"id": "1", "permission": permission}]});
    let answer = client.post("/api/permission/authorize", &question).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["items"][0]["result"].clone()
}

fn create_role() -> Value {
    json!({"type": "basic", "name": "policy.entity.create", "attributes": {"action": "create"}})
}

#[tokio::test]
async fn a_token_is_shown_once_and_acts_as_its_owner() {
    let hub = house().start().await;
    let alice = hub.user("user:default/alice").await;

    let answer = ask_for(&alice, "ci", json!({})).await;
    let listed = alice.get(TOKENS).await;

    assert_eq!(answer.status, 201, "{}", answer.text());
    assert_eq!(answer.header("cache-control"), "no-store");
    let created = answer.json();
    let text = created["token"].as_str().unwrap();
    assert!(text.starts_with("cbp_") && text.len() == 53, "{text}");
    assert!(text.starts_with(created["hint"].as_str().unwrap()));
    assert_eq!(listed.json()["items"].as_array().unwrap().len(), 1);
    assert_eq!(listed.json()["items"][0]["name"], "ci");
    assert!(!listed.text().contains(text));
    let program = hub.anonymous().bearer(text);
    let info = program.get("/api/auth/v1/userinfo").await;
    assert_eq!(
        info.json(),
        json!({"claims": {
            "sub": "user:default/alice",
            "ent": ["user:default/alice", "group:default/crew"],
        }})
    );
    let roles = program.get("/api/permission/roles").await;
    assert_eq!(roles.status, 200, "{}", roles.text());
    assert_eq!(decides(&program, create_role()).await, "ALLOW");
}

#[tokio::test]
async fn last_use_and_address_outlive_the_hub() {
    let house = house().on_disk();
    let hub = house.start().await;
    let alice = hub.user("user:default/alice").await;
    let text = token(&alice, "ci", json!({})).await;
    let unused = alice.get(TOKENS).await.json();
    assert_eq!(unused["items"][0]["lastUsedAt"], Value::Null);

    hub.anonymous()
        .bearer(&text)
        .get("/api/catalog/entities")
        .await;
    let used = alice.get(TOKENS).await.json();
    hub.stop().await;
    let hub = house.start().await;
    let alice = hub.user("user:default/alice").await;
    let known = alice.get(TOKENS).await.json();

    assert_ne!(used["items"][0]["lastUsedAt"], Value::Null);
    assert_eq!(known, used);
    let program = hub.anonymous().bearer(&text);
    assert_eq!(program.get("/api/catalog/entities").await.status, 200);
}

#[tokio::test]
async fn names_lives_and_scopes_that_cannot_be_are_refused() {
    let hub = house()
        .config(json!({"auth": {"accessTokens": {"maxLifetime": "P30D"}}}))
        .start()
        .await;
    let alice = hub.user("user:default/alice").await;
    token(&alice, "ci", json!({})).await;
    let ask = async |body: Value| {
        let (status, message) = refusal(&alice.post(TOKENS, &body).await);
        format!("{status} {message}")
    };

    assert_eq!(
        ask(json!({"name": "ci"})).await,
        "409 'user:default/alice' has a token called 'ci'"
    );
    assert_eq!(ask(json!({"name": "  "})).await, "400 name: must be given");
    assert_eq!(
        ask(json!({"name": "a\nb"})).await,
        "400 name: must have at most 100 characters, on one line"
    );
    let life = "400 expiresInDays: a token lives for 1 to 30 days";
    assert_eq!(ask(json!({"name": "a", "expiresInDays": 31})).await, life);
    assert_eq!(ask(json!({"name": "a", "expiresInDays": 0})).await, life);
    assert_eq!(
        ask(json!({"name": "a", "scope": {"plugins": ["<script>"]}})).await,
        "400 scope.plugins: `<script>` is no name"
    );
    // A narrower scope that is mistyped must not become none at all.
    let mistyped = ask(json!({"name": "a", "scope": {"readonly": true}})).await;
    assert!(
        mistyped.starts_with("400 unknown field `readonly`"),
        "{mistyped}"
    );
    assert_eq!(
        alice.get(TOKENS).await.json()["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn a_token_without_an_entity_owns_things_in_its_owners_name_alone() {
    let hub = house().start().await;
    let nobody = hub.user("user:default/nobody").await;

    let text = token(&nobody, "ci", json!({})).await;

    let info = hub
        .anonymous()
        .bearer(&text)
        .get("/api/auth/v1/userinfo")
        .await;
    assert_eq!(info.json()["claims"]["ent"], json!(["user:default/nobody"]));
}

#[tokio::test]
async fn tokens_go_with_the_audit_log() {
    let hub = house().start().await;
    let alice = hub.user("user:default/alice").await;
    let created = ask_for(&alice, "ci", json!({"readOnly": true}))
        .await
        .json();
    let path = format!("{TOKENS}/{}", created["id"].as_str().unwrap());

    assert_eq!(alice.delete(&path).await.status, 204);

    let mut conn = hub.app().core().store.read().await.unwrap();
    let query = "SELECT event FROM audit_events WHERE plugin = 'auth' ORDER BY number";
    let rows: Vec<String> = conn
        .fetch_all(callboard_store::Query::new(query))
        .await
        .unwrap();
    let secret = created["token"].as_str().unwrap();
    assert!(rows.iter().all(|row| !row.contains(secret)), "{rows:?}");
    let ids: Vec<Value> = rows
        .iter()
        .map(|row| serde_json::from_str::<Value>(row).unwrap()["eventId"].clone())
        .collect();
    assert_eq!(ids, ["access-token-create", "access-token-revoke"]);
}

#[tokio::test]
async fn the_record_names_the_token_that_was_shown_and_never_its_text() {
    let hub = house().start().await;
    let alice = hub.user("user:default/alice").await;
    let created = ask_for(&alice, "ci", json!({})).await.json();
    let text = created["token"].as_str().unwrap();
    let program = hub.anonymous().bearer(text);
    let log = Log::capture();

    let role = json!({"name": "role:default/painters", "memberReferences": ["user:default/alice"]});
    let made = program.post("/api/permission/roles", &role).await;
    let refused = program
        .delete("/api/callboard/v1/users/default/otto/sessions")
        .await;

    assert_eq!(made.status, 201, "{}", made.text());
    assert_eq!(refused.status, 403);
    let lines = log.lines();
    let of = |event: &str| {
        let own = lines.iter().filter(|line| line["eventId"] == event);
        let ids: Vec<_> = own
            .map(|line| line["meta"]["accessTokenId"].clone())
            .collect();
        assert!(
            !ids.is_empty() && ids.iter().all(|id| *id == created["id"]),
            "{event}: {ids:?}"
        );
    };
    of("role-write");
    of("session-end");
    of("permission-evaluation");
    assert!(lines.iter().all(|line| !line.to_string().contains(text)));
}
