//! Callers that are no person.

use super::{create_role, decides, house, refusal};
use callboard_testkit::{Client, TestHub};
use serde_json::{Value, json};

const ACCOUNTS: &str = "/api/callboard/v1/service-accounts";

async fn make(manager: &Client, name: &str) -> Value {
    let body = json!({"name": name, "description": "Deploys at night"});
    let answer = manager.post(ACCOUNTS, &body).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()
}

async fn token_of(hub: &TestHub, manager: &Client, name: &str, scope: Value) -> Client {
    let body = json!({"name": format!("token {scope}"), "scope": scope});
    let answer = manager
        .post(&format!("{ACCOUNTS}/{name}/tokens"), &body)
        .await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert_eq!(answer.header("cache-control"), "no-store");
    let text = answer.json()["token"].as_str().unwrap().to_owned();
    assert!(text.starts_with("cbs_"), "{text}");
    hub.anonymous().bearer(&text)
}

async fn put_into_a_role(warden: &Client, member: &str) {
    let role = json!({"name": "role:default/makers", "memberReferences": [member]});
    let made = warden.post("/api/permission/roles", &role).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let policy = json!([{
        "entityReference": "role:default/makers", "permission": "policy.entity.create",
        "policy": "create", "effect": "allow",
    }]);
    let made = warden.post("/api/permission/policies", &policy).await;
    assert_eq!(made.status, 201, "{}", made.text());
}

#[tokio::test]
async fn a_service_account_is_a_member_of_roles_and_may_what_they_may() {
    let hub = house().start().await;
    let warden = hub.user("user:default/warden").await;
    let account = make(&warden, "deployer").await;
    assert_eq!(account["entityRef"], "user:callboard-service/deployer");
    let program = token_of(&hub, &warden, "deployer", json!({})).await;
    assert_eq!(decides(&program, create_role()).await, "DENY");

    put_into_a_role(&warden, "user:callboard-service/deployer").await;

    assert_eq!(decides(&program, create_role()).await, "ALLOW");
    let reader = token_of(&hub, &warden, "deployer", json!({"readOnly": true})).await;
    assert_eq!(decides(&reader, create_role()).await, "DENY");
    let shown = warden.get(&format!("{ACCOUNTS}/deployer")).await.json();
    assert_eq!(shown["roles"], json!(["role:default/makers"]));
    let info = program.get("/api/auth/v1/userinfo").await.json();
    let own = "user:callboard-service/deployer";
    assert_eq!(info["claims"], json!({"sub": own, "ent": [own]}));
}

#[tokio::test]
async fn only_those_with_the_permission_manage_service_accounts() {
    let hub = house().start().await;
    let alice = hub.user("user:default/alice").await;
    let message = "This needs the permission 'callboard.service-account.manage'".to_owned();
    let body = json!({"name": "mine"});

    for answer in [
        alice.get(ACCOUNTS).await,
        alice.post(ACCOUNTS, &body).await,
        alice.delete(&format!("{ACCOUNTS}/mine")).await,
        alice.post(&format!("{ACCOUNTS}/mine/tokens"), &body).await,
    ] {
        assert_eq!(refusal(&answer), (403, message.clone()));
    }
    let off = house()
        .config(json!({"permission": {"enabled": false}}))
        .start()
        .await;
    let warden = off.user("user:default/warden").await;
    assert_eq!(warden.get(ACCOUNTS).await.status, 403);
    assert_eq!(hub.service().get(ACCOUNTS).await.status, 403);
}

#[tokio::test]
async fn an_account_that_roles_name_stays_and_one_that_goes_takes_its_tokens_along() {
    let hub = house().start().await;
    let warden = hub.user("user:default/warden").await;
    make(&warden, "deployer").await;
    let program = token_of(&hub, &warden, "deployer", json!({})).await;
    put_into_a_role(&warden, "user:callboard-service/deployer").await;
    let path = format!("{ACCOUNTS}/deployer");

    let named = warden.delete(&path).await;
    let role = "/api/permission/roles/role/default/makers";
    assert_eq!(warden.delete(role).await.status, 204);
    let gone = warden.delete(&path).await;

    let message =
        "Service account 'deployer' is a member of role:default/makers; take it out first";
    assert_eq!(refusal(&named), (409, message.to_owned()));
    assert_eq!(gone.status, 204, "{}", gone.text());
    assert_eq!(program.get("/api/catalog/entities").await.status, 401);
    assert_eq!(warden.get(&path).await.status, 404);
    assert_eq!(warden.delete(&path).await.status, 404);
    // Whoever has the name next starts without any.
    make(&warden, "deployer").await;
    let tokens = warden.get(&format!("{path}/tokens")).await.json();
    assert_eq!(tokens, json!({"items": []}));
    assert_eq!(program.get("/api/catalog/entities").await.status, 401);
}

#[tokio::test]
async fn names_are_those_of_entities_and_given_once() {
    let hub = house().start().await;
    let warden = hub.user("user:default/warden").await;
    make(&warden, "deployer").await;
    let ask = async |name: &str| {
        warden
            .post(ACCOUNTS, &json!({"name": name}))
            .await
            .status
            .as_u16()
    };

    assert_eq!(ask("deployer").await, 409);
    for bad in [
        "",
        "Deployer",
        "a b",
        "-a",
        "a/b",
        "a:b",
        "<b>",
        &"a".repeat(64),
    ] {
        assert_eq!(ask(bad).await, 400, "{bad}");
    }
}

#[tokio::test]
async fn nobody_signs_in_as_a_service_account() {
    let guest = json!({"auth": {"providers": {"guest": {"userEntityRef": "user:callboard-service/deployer"}}}});
    let hub = house().config(guest).start().await;

    let answer = hub.anonymous().get("/api/auth/guest/refresh").await;

    let message =
        "user:callboard-service/deployer is a service account, and nobody signs in as one";
    assert_eq!(refusal(&answer), (403, message.to_owned()));
}

#[tokio::test]
async fn the_catalog_takes_no_entity_in_the_name_of_a_service_account() {
    let impostor = "
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: deployer, namespace: callboard-service}
spec: {memberOf: [group:default/crew]}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: crew}
spec: {type: team, children: []}
";
    let hub = house().catalog(impostor).start().await;
    let warden = hub.user("user:default/warden").await;
    make(&warden, "deployer").await;
    let program = token_of(&hub, &warden, "deployer", json!({})).await;

    let users = hub
        .service()
        .get("/api/catalog/entities?filter=kind=user")
        .await;
    let groups = hub
        .service()
        .get("/api/catalog/entities?filter=kind=group")
        .await;

    assert_eq!(users.json(), json!([]));
    assert_eq!(groups.json().as_array().unwrap().len(), 1);
    assert_eq!(decides(&program, create_role()).await, "DENY");
}
