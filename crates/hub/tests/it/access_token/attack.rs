//! What somebody might try with a token, and does not get.

use super::{ALICE, TOKENS, ask_for, create_role, decides, house, program, refusal, token};
use crate::auth::limited;
use axum::http::Method;
use callboard_testkit::{Client, TestHub};
use jiff::SignedDuration;
use serde_json::{Value, json};

const SECOND: SignedDuration = SignedDuration::from_secs(1);

const SIGN_IN_FIRST: &str = "This endpoint does not allow access tokens: sign in";

#[tokio::test]
async fn a_token_makes_no_token_and_manages_none() {
    let hub = house().start().await;
    let warden = hub.user("user:default/warden").await;
    let created = ask_for(&warden, "all", json!({})).await.json();
    let program = hub.anonymous().bearer(created["token"].as_str().unwrap());
    let own = format!("{TOKENS}/{}", created["id"].as_str().unwrap());
    let accounts = "/api/callboard/v1/service-accounts";
    let body = json!({"name": "more"});

    for answer in [
        program.post(TOKENS, &body).await,
        program.get(TOKENS).await,
        program.delete(&own).await,
        program.get(accounts).await,
        program.post(accounts, &body).await,
        program.get(&format!("{accounts}/a")).await,
        program.delete(&format!("{accounts}/a")).await,
        program.get(&format!("{accounts}/a/tokens")).await,
        program.post(&format!("{accounts}/a/tokens"), &body).await,
        program.delete(&format!("{accounts}/a/tokens/1")).await,
    ] {
        assert_eq!(refusal(&answer), (403, SIGN_IN_FIRST.to_owned()));
    }
    let left = warden.get(TOKENS).await.json();
    assert_eq!(left["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_token_begins_no_session_and_becomes_no_cookie() {
    let hub = house().start().await;
    let program = program(&hub, json!({})).await;

    for plugin in ["auth", "catalog"] {
        let path = format!("/api/{plugin}/.backstage/auth/v1/cookie");
        let answer = program.get(&path).await;
        assert_eq!(
            refusal(&answer),
            (403, SIGN_IN_FIRST.to_owned()),
            "{plugin}"
        );
        assert_eq!(answer.header("set-cookie"), "");
    }
    let page = program.get("/settings/tokens").await;
    assert_eq!(page.status, 302, "a page knows nobody by a token");
}

#[tokio::test]
async fn a_token_for_reading_writes_nothing_even_without_permissions() {
    for enabled in [true, false] {
        let off = json!({"permission": {"enabled": enabled}});
        let hub = house().config(off).start().await;
        let reader = program(&hub, json!({"readOnly": true})).await;
        let refused = (
            403,
            "This token's access is restricted to reading".to_owned(),
        );

        let role = json!({"memberReferences": ["user:default/alice"], "name": "role:default/new"});
        let written = reader.post("/api/permission/roles", &role).await;
        let put = reader
            .send(
                Method::PUT,
                "/api/catalog/entities",
                None,
                String::new().into(),
            )
            .await;
        let gone = reader.delete("/api/catalog/locations/1").await;
        let refreshed = json!({"entityRef": "user:default/alice"});
        let refreshed = reader.post("/api/catalog/refresh", &refreshed).await;
        let read = reader.get("/api/catalog/entities").await;
        let by_refs = json!({"entityRefs": ["user:default/alice"]});
        let by_refs = reader.post("/api/catalog/entities/by-refs", &by_refs).await;

        for answer in [written, put, gone, refreshed] {
            assert_eq!(refusal(&answer), refused);
        }
        assert_eq!(read.status, 200);
        assert_eq!(by_refs.json()["items"][0]["metadata"]["name"], "alice");
        assert_eq!(decides(&reader, create_role()).await, "DENY");
    }
}

#[tokio::test]
async fn a_token_for_a_plugin_is_refused_by_the_others() {
    let hub = house().start().await;
    let program = program(&hub, json!({"plugins": ["catalog"]})).await;

    let catalog = program.get("/api/catalog/entities").await;
    let roles = program.get("/api/permission/roles").await;
    let info = program.get("/api/auth/v1/userinfo").await;

    assert_eq!(catalog.status, 200);
    let message = "This token's access is restricted to plugin(s) 'catalog'";
    assert_eq!(refusal(&roles), (403, message.to_owned()));
    assert_eq!(refusal(&info), (403, message.to_owned()));
}

#[tokio::test]
async fn a_permission_beyond_the_scope_is_denied_and_explained() {
    let hub = house().start().await;
    let alice = hub.user("user:default/alice").await;
    let program = program(&hub, json!({"permissions": ["policy.entity.read"]})).await;

    assert_eq!(decides(&alice, create_role()).await, "ALLOW");
    assert_eq!(decides(&program, create_role()).await, "DENY");
    assert_eq!(program.get("/api/permission/roles").await.status, 200);
    let entities = program.get("/api/catalog/entities").await;
    assert_eq!(entities.json(), json!([]));
    let role = json!({"memberReferences": ["user:default/alice"], "name": "role:default/new"});
    let refused = program.post("/api/permission/roles", &role).await;
    assert_eq!(refused.status, 403);
    let why = "/api/permission/explain?permission=policy.entity.create";
    let told = program.get(why).await.json();
    assert_eq!(
        (&told["result"], &told["decidedBy"]),
        (&json!("DENY"), &json!({"reason": "token-scope"}))
    );
    assert_eq!(alice.get(why).await.json()["result"], "ALLOW");
}

#[tokio::test]
async fn a_super_users_token_is_narrowed_like_any_other() {
    let hub = house().start().await;
    let warden = hub.user("user:default/warden").await;
    let scope = json!({"permissions": ["catalog.entity.read"]});
    let program = hub.anonymous().bearer(&token(&warden, "a", scope).await);

    assert_eq!(decides(&warden, create_role()).await, "ALLOW");
    assert_eq!(decides(&program, create_role()).await, "DENY");
}

#[tokio::test]
async fn an_owner_who_loses_a_role_takes_it_from_the_token_at_once() {
    let hub = house().start().await;
    let warden = hub.user("user:default/warden").await;
    let role = json!({"name": "role:default/makers", "memberReferences": ["user:default/ben"]});
    let made = warden.post("/api/permission/roles", &role).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let policy = json!([{
        "entityReference": "role:default/makers", "permission": "policy.entity.create",
        "policy": "create", "effect": "allow",
    }]);
    let made = warden.post("/api/permission/policies", &policy).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let ben = hub.user("user:default/ben").await;
    let program = hub.anonymous().bearer(&token(&ben, "ci", json!({})).await);
    assert_eq!(decides(&program, create_role()).await, "ALLOW");

    let gone = warden
        .delete("/api/permission/roles/role/default/makers")
        .await;

    assert_eq!(gone.status, 204, "{}", gone.text());
    assert_eq!(decides(&program, create_role()).await, "DENY");
}

#[tokio::test]
async fn the_token_of_somebody_who_left_the_catalog_is_worth_nothing() {
    let house = house().on_disk();
    let hub = house.start().await;
    let alice = hub.user("user:default/alice").await;
    let text = token(&alice, "ci", json!({})).await;
    hub.stop().await;
    let (_, others) = ALICE.split_once("---").unwrap();
    house.write("catalog.yaml", others);

    let hub = house.start().await;
    let answer = hub
        .anonymous()
        .bearer(&text)
        .get("/api/catalog/entities")
        .await;

    let message = "The owner of this token is not in the catalog any more";
    assert_eq!(refusal(&answer), (401, message.to_owned()));
}

#[tokio::test]
async fn a_token_ends_when_it_expires_and_when_it_is_revoked() {
    let hub = house().start().await;
    let alice = hub.user("user:default/alice").await;
    let [short, long] = [("short", 7), ("long", 90)]
        .map(|(name, days)| json!({"name": name, "expiresInDays": days}));
    let short = alice.post(TOKENS, &short).await.json();
    let long = alice.post(TOKENS, &long).await.json();
    let ask = async |token: &Value| {
        let program = hub.anonymous().bearer(token["token"].as_str().unwrap());
        program.get("/api/catalog/entities").await
    };

    hub.clock()
        .advance(SignedDuration::from_hours(7 * 24) - SECOND);
    assert_eq!(ask(&short).await.status, 200);
    hub.clock().advance(SECOND);
    let expired = ask(&short).await;
    assert_eq!(
        refusal(&expired),
        (401, "This token has expired".to_owned())
    );
    assert_eq!(ask(&long).await.status, 200);

    let alice = hub.user("user:default/alice").await;
    let path = format!("{TOKENS}/{}", long["id"].as_str().unwrap());
    assert_eq!(alice.delete(&path).await.status, 204);
    assert_eq!(
        refusal(&ask(&long).await),
        (401, "Illegal token".to_owned())
    );
    assert_eq!(alice.delete(&path).await.status, 404);
}

#[tokio::test]
async fn nobody_sees_or_revokes_the_tokens_of_others() {
    let hub = house().start().await;
    let alice = hub.user("user:default/alice").await;
    let created = ask_for(&alice, "ci", json!({})).await.json();
    let path = format!("{TOKENS}/{}", created["id"].as_str().unwrap());

    for name in ["user:default/ben", "user:default/warden"] {
        let other = hub.user(name).await;
        assert_eq!(other.get(TOKENS).await.json(), json!({"items": []}));
        assert_eq!(other.delete(&path).await.status, 404);
    }

    assert_eq!(hub.service().get(TOKENS).await.status, 403);
    assert_eq!(hub.anonymous().get(TOKENS).await.status, 401);
    let program = hub.anonymous().bearer(created["token"].as_str().unwrap());
    assert_eq!(program.get("/api/catalog/entities").await.status, 200);
}

#[tokio::test]
async fn a_guest_gets_no_token() {
    let hub = TestHub::start().await;
    let guest = hub.user("user:default/guest").await;

    let (status, message) = refusal(&ask_for(&guest, "ci", json!({})).await);

    assert_eq!(status, 403);
    assert!(
        message.starts_with("Guests have no access tokens"),
        "{message}"
    );
}

#[tokio::test]
async fn a_token_of_one_type_is_none_of_another() {
    let hub = house().start().await;
    let alice = hub.user("user:default/alice").await;
    let user_token = hub.token("user:default/alice", &[]).await;
    let text = token(&alice, "ci", json!({})).await;
    let ask = async |client: Client| client.get("/api/catalog/entities").await.status.as_u16();
    let service = text.replacen("cbp_", "cbs_", 1);
    let shorter = &text[..text.len() - 1];
    let longer = format!("{text}0");
    let upper = text.to_uppercase();

    for other in [&service, shorter, &longer, &upper, &limited(&user_token)] {
        assert_eq!(ask(hub.anonymous().bearer(other)).await, 401, "{other}");
    }
    let basic = hub
        .anonymous()
        .header("authorization", &format!("Basic {text}"));
    assert_eq!(ask(basic).await, 401);
    let cookie = hub
        .anonymous()
        .header("cookie", &format!("backstage-auth={text}"));
    assert_eq!(ask(cookie).await, 401);
    let session = hub
        .anonymous()
        .header("cookie", &format!("callboard-session={text}"));
    assert_eq!(session.get("/settings").await.status, 302);
    assert_eq!(ask(hub.anonymous().bearer(&text)).await, 200);
}

#[tokio::test]
async fn a_plugin_on_behalf_of_somebody_makes_no_token() {
    let hub = house().start().await;
    let user = callboard_hub::principal::UserPrincipal::new(
        "user:default/alice".into(),
        vec!["user:default/alice".into()],
    );
    let auth = hub.app().auth();
    let issued = auth
        .issue_plugin_token("catalog", "callboard", Some(&user))
        .await;
    let plugin = hub.anonymous().bearer(issued.unwrap().token.expose());

    let answer = ask_for(&plugin, "ci", json!({})).await;

    let message = "This endpoint does not allow calls on behalf of a user";
    assert_eq!(refusal(&answer), (403, message.to_owned()));
}
