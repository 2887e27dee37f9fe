//! Tokens between plugins: which of another backend's are believed, and what our own look like.

use super::{decode, limited};
use crate::remote::Remote;
use crate::support::Log;
use callboard_hub::principal::Principal;
use callboard_testkit::{Client, TestHub};
use jiff::SignedDuration;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};

const JWKS: &str = "/api/permission/.backstage/auth/v1/jwks.json";

async fn hub(remote: &Remote) -> TestHub {
    TestHub::builder().config(remote.config()).start().await
}

/// The claims of a good token of `props` for plugin `permission`, with `more`.
fn claims(hub: &TestHub, more: &Value) -> Value {
    let now = hub.now();
    let mut claims = json!({"sub": "props", "aud": "permission", "iat": now, "exp": now + 3600});
    for (name, value) in more.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims
}

/// A client with a token of `props` that claims `more`.
fn props(hub: &TestHub, remote: &Remote, more: &Value) -> Client {
    hub.anonymous().bearer(&remote.sign(&claims(hub, more)))
}

/// What the credential barrier says: the status, and the message of a refusal.
async fn enter(client: &Client, plugin: &str) -> String {
    let path = format!("/api/{plugin}/.well-known/backstage/permissions/metadata");
    let answer = client.get(&path).await;
    match answer.status.as_u16() {
        200 => "200".to_owned(),
        status => format!("{status} {}", answer.error()["message"].as_str().unwrap()),
    }
}

/// A batch of one question that has no resource, which only plugins may ask.
async fn authorize(client: &Client) -> (u16, Value) {
    let question = json!({"items": [{"id": "1", "permission": {
        "type": "resource", "name": "catalog.entity.read", "resourceType": "catalog-entity",
        "attributes": {"action": "read"},
    }}]});
    let answer = client.post("/api/permission/authorize", &question).await;
    (answer.status.as_u16(), answer.json())
}

#[tokio::test]
async fn a_plugin_of_another_backend_is_a_service() {
    let remote = Remote::start().await;
    let hub = hub(&remote).await;
    let props = props(&hub, &remote, &json!({}));

    assert_eq!(enter(&props, "permission").await, "200");
    let (status, body) = authorize(&props).await;

    assert_eq!(status, 403);
    assert_eq!(
        body["error"]["message"],
        "This endpoint does not allow 'service' credentials"
    );
    assert_eq!(remote.asked_for_keys().len(), 1);
}

#[tokio::test]
async fn a_plugin_that_nobody_named_is_refused_without_a_request() {
    let remote = Remote::start().await;
    let hub = hub(&remote).await;
    let unknown = "401 Invalid plugin token: its plugin is not known here";

    for sub in ["costumes", "PROPS", "frontend"] {
        let other = props(&hub, &remote, &json!({"sub": sub}));
        assert_eq!(enter(&other, "permission").await, unknown);
    }
    let path = props(&hub, &remote, &json!({"sub": "../props"}));
    assert_eq!(
        enter(&path, "permission").await,
        "401 Invalid plugin token: forbidden subject format"
    );

    assert_eq!(remote.asked_for_keys().len(), 0);
}

#[tokio::test]
async fn what_needs_no_key_is_refused_without_a_request() {
    let remote = Remote::start().await;
    let hub = hub(&remote).await;
    let refusal = async |more: Value| enter(&props(&hub, &remote, &more), "permission").await;

    assert_eq!(
        refusal(json!({"aud": "catalog"})).await,
        "401 Invalid plugin token: unexpected audience"
    );
    assert_eq!(
        refusal(json!({"exp": hub.now()})).await,
        "401 Invalid plugin token: expired"
    );

    assert_eq!(remote.asked_for_keys().len(), 0);
}

#[tokio::test]
async fn a_remembered_token_is_for_its_audience_and_its_time_only() {
    let remote = Remote::start().await;
    let hub = hub(&remote).await;
    let props = props(&hub, &remote, &json!({}));
    assert_eq!(enter(&props, "permission").await, "200");

    assert_eq!(
        enter(&props, "catalog").await,
        "401 Invalid plugin token: unexpected audience"
    );
    hub.clock().advance(SignedDuration::from_secs(3600));
    assert_eq!(
        enter(&props, "permission").await,
        "401 Invalid plugin token: expired"
    );
}

#[tokio::test]
async fn a_token_for_several_plugins_is_good_for_each() {
    let remote = Remote::start().await;
    let hub = hub(&remote).await;
    let props = props(&hub, &remote, &json!({"aud": ["permission", "catalog"]}));

    for plugin in ["permission", "catalog", "permission"] {
        assert_eq!(enter(&props, plugin).await, "200");
    }
    assert_eq!(
        enter(&props, "scaffolder").await,
        "401 Invalid plugin token: unexpected audience"
    );
}

#[tokio::test]
async fn a_new_key_of_the_plugin_is_found() {
    let remote = Remote::start().await;
    let hub = hub(&remote).await;
    let old = props(&hub, &remote, &json!({}));
    assert_eq!(enter(&old, "permission").await, "200");

    remote.rotate();
    let new = props(&hub, &remote, &json!({}));
    assert_eq!(
        enter(&new, "permission").await,
        "401 Invalid plugin token: no applicable key found"
    );
    hub.clock().advance(SignedDuration::from_secs(10));

    assert_eq!(enter(&new, "permission").await, "200");
    assert_eq!(remote.asked_for_keys().len(), 2);
}

#[tokio::test]
async fn a_forged_signature_is_refused() {
    let remote = Remote::start().await;
    let hub = hub(&remote).await;
    let token = remote.sign(&claims(&hub, &json!({})));
    let (signed, _) = token.rsplit_once('.').unwrap();
    let (_, signature) = remote
        .sign(&json!({"sub": "props"}))
        .rsplit_once('.')
        .map(|(signed, signature)| (signed.to_owned(), signature.to_owned()))
        .unwrap();

    let forged = hub.anonymous().bearer(&format!("{signed}.{signature}"));

    assert_eq!(
        enter(&forged, "permission").await,
        "401 Invalid plugin token: signature verification failed"
    );
}

#[tokio::test]
async fn a_plugin_that_is_down_is_401_and_a_line_in_the_log() {
    let remote = Remote::start().await;
    let log = Log::capture();
    let config = json!({"discovery": {"endpoints": [
        {"target": "http://127.0.0.1:9/api/{{pluginId}}", "plugins": ["props"]},
    ]}});
    let hub = TestHub::builder().config(config).start().await;

    let refusal = enter(&props(&hub, &remote, &json!({})), "permission").await;

    assert_eq!(
        refusal,
        "401 Invalid plugin token: its plugin does not give its keys"
    );
    let told = "public keys cannot be had";
    let line = log.lines().into_iter().find(|line| line["message"] == told);
    let line = line.unwrap();
    assert_eq!(line["owner"], "props");
    let cause = line["error"].as_str().unwrap();
    assert!(cause.contains("Connection refused"), "{cause}");
}

#[tokio::test]
async fn on_behalf_of_a_user_the_plugin_is_that_user() {
    let remote = Remote::start().await;
    let hub = TestHub::builder()
        .config(remote.config())
        .policy_csv(
            "g, group:default/stage, role:default/readers\np, role:default/readers, catalog-entity, read, allow",
        )
        .start()
        .await;
    let token = hub
        .token("user:default/ann", &["group:default/stage"])
        .await;
    let obo = limited(&token);

    let props = props(&hub, &remote, &json!({"obo": obo}));
    let headers = [(
        "authorization",
        remote.sign(&claims(&hub, &json!({"obo": obo}))),
    )];
    let headers = headers.map(|(name, token)| {
        (
            name.parse().unwrap(),
            format!("Bearer {token}").parse().unwrap(),
        )
    });
    let caller = hub.app().auth();
    let caller = caller
        .authenticate(&headers.into_iter().collect(), "permission")
        .await;

    let Principal::User(user) = caller.unwrap() else {
        panic!("a user")
    };
    assert_eq!(user.entity_ref, "user:default/ann");
    assert_eq!(user.ownership, ["user:default/ann", "group:default/stage"]);
    assert_eq!(user.on_behalf_by.as_deref(), Some("props"));
    // A plugin may ask without a resource, a direct user may not.
    assert_eq!(authorize(&props).await.0, 200);
    assert_eq!(authorize(&hub.anonymous().bearer(&token)).await.0, 400);
}

#[tokio::test]
async fn a_plugin_gets_the_conditions_of_a_user() {
    let remote = Remote::start().await;
    let hub = TestHub::builder()
        .config(remote.config())
        .policy_csv("g, user:default/ann, role:default/readers")
        .conditions(
            "
result: CONDITIONAL
roleEntityRef: role:default/readers
pluginId: catalog
resourceType: catalog-entity
permissionMapping: [read]
conditions: {rule: IS_ENTITY_OWNER, resourceType: catalog-entity, params: {claims: [$ownerRefs]}}
",
        )
        .start()
        .await;
    let obo = limited(
        &hub.token("user:default/ann", &["group:default/stage"])
            .await,
    );

    let (status, body) = authorize(&props(&hub, &remote, &json!({"obo": obo}))).await;

    assert_eq!(status, 200);
    insta::assert_json_snapshot!(body["items"][0], @r#"
    {
      "id": "1",
      "result": "CONDITIONAL",
      "pluginId": "catalog",
      "resourceType": "catalog-entity",
      "conditions": {
        "anyOf": [
          {
            "rule": "IS_ENTITY_OWNER",
            "resourceType": "catalog-entity",
            "params": {
              "claims": [
                "user:default/ann",
                "group:default/stage"
              ]
            }
          }
        ]
      }
    }
    "#);
}

#[tokio::test]
async fn a_token_of_the_user_that_is_not_good_spoils_that_of_the_plugin() {
    let remote = Remote::start().await;
    let hub = hub(&remote).await;
    let token = hub.token("user:default/ann", &[]).await;
    let other_hub = TestHub::start().await;
    let foreign = limited(&other_hub.token("user:default/ann", &[]).await);
    let refusal =
        async |obo: &str| enter(&props(&hub, &remote, &json!({"obo": obo})), "permission").await;

    // A full token of the user says as much as a limited one.
    assert_eq!(refusal(&token).await, "200");
    assert!(
        refusal(&foreign)
            .await
            .starts_with("401 Invalid token; caused by JWKSNoMatchingKey"),
    );
    let illegal = "401 Invalid user token in plugin token obo claim";
    assert_eq!(refusal("").await, illegal);
    assert_eq!(refusal("garbage").await, illegal);
    let of_plugin = remote.sign(&claims(&hub, &json!({})));
    assert_eq!(refusal(&of_plugin).await, illegal);
    let expired = limited(&token);
    hub.clock().advance(SignedDuration::from_secs(3600));
    assert!(
        refusal(&expired)
            .await
            .starts_with("401 Invalid token; caused by JWTExpired"),
    );
}

#[tokio::test]
async fn a_plugin_on_behalf_of_a_user_is_remembered_until_the_users_token_ends() {
    let remote = Remote::start().await;
    let hub = hub(&remote).await;
    let obo = limited(&hub.token("user:default/ann", &[]).await);
    hub.clock().advance(SignedDuration::from_secs(1800));
    let props = props(&hub, &remote, &json!({"obo": obo}));
    assert_eq!(enter(&props, "permission").await, "200");

    hub.clock().advance(SignedDuration::from_secs(1800));

    assert_eq!(
        enter(&props, "permission").await,
        "401 Invalid plugin token: expired"
    );
}

#[tokio::test]
async fn a_plugin_asks_userinfo_for_the_user_behind_it() {
    let remote = Remote::start().await;
    let hub = hub(&remote).await;
    let obo = limited(
        &hub.token("user:default/ann", &["group:default/stage"])
            .await,
    );
    let as_user = props(&hub, &remote, &json!({"aud": "auth", "obo": obo}));
    let as_itself = props(&hub, &remote, &json!({"aud": "auth"}));

    let of_user = as_user.get("/api/auth/v1/userinfo").await.json();
    let of_itself = as_itself.get("/api/auth/v1/userinfo").await;

    assert_eq!(
        of_user["claims"],
        json!({"sub": "user:default/ann", "ent": ["user:default/ann", "group:default/stage"]})
    );
    assert_eq!(of_itself.status, 400);
}

#[tokio::test]
async fn our_tokens_verify_with_the_published_key_in_another_library() {
    let hub = TestHub::start().await;
    assert_eq!(hub.anonymous().get(JWKS).await.json(), json!({"keys": []}));

    let issued = hub
        .app()
        .auth()
        .issue_plugin_token("permission", "props", None);
    let issued = issued.await.unwrap();

    let token = issued.token.expose();
    let listed = hub.anonymous().get(JWKS).await.json();
    let key = serde_json::from_value(listed["keys"][0].clone()).unwrap();
    let mut validation = Validation::new(Algorithm::ES256);
    validation.set_audience(&["props"]);
    validation.leeway = 0;
    let decoded =
        jsonwebtoken::decode::<Value>(token, &DecodingKey::from_jwk(&key).unwrap(), &validation);
    let decoded = decoded.unwrap();
    assert_eq!(decoded.header.typ.as_deref(), Some("vnd.backstage.plugin"));
    let now = hub.now();
    assert_eq!(
        decoded.claims,
        json!({"sub": "permission", "aud": "props", "iat": now, "exp": now + 3600})
    );
    let other = JWKS.replace("permission", "catalog");
    assert_eq!(
        hub.anonymous().get(&other).await.json(),
        json!({"keys": []})
    );
}

#[tokio::test]
async fn our_plugins_believe_each_other_in_memory() {
    let remote = Remote::start().await;
    // Whatever the configuration says of a plugin of ours, nobody is asked for its keys.
    let mut config = remote.config();
    config["discovery"]["endpoints"][0]["plugins"] = json!(["permission"]);
    let hub = TestHub::builder().config(config).start().await;
    let ann = Principal::User(user(&hub, "user:default/ann").await);
    let auth = hub.app().auth();

    let service = auth.issue_plugin_token("permission", "catalog", None).await;
    let on_behalf = auth
        .issue_plugin_token("permission", "catalog", ann.user())
        .await;
    let (service, on_behalf) = (service.unwrap(), on_behalf.unwrap());
    let client = |token: &str| hub.anonymous().bearer(token);

    assert_eq!(
        enter(&client(service.token.expose()), "catalog").await,
        "200"
    );
    let on_behalf = on_behalf.token.expose();
    assert_eq!(enter(&client(on_behalf), "catalog").await, "200");
    let claims = decode(on_behalf.split('.').nth(1).unwrap());
    let now = hub.now();
    assert_eq!(claims["exp"], now + 300);
    let obo: Vec<&str> = claims["obo"].as_str().unwrap().split('.').collect();
    assert_eq!(decode(obo[0])["typ"], "vnd.backstage.limited-user");
    assert_eq!(
        decode(obo[1]),
        json!({"sub": "user:default/ann", "iat": now, "exp": now + 300})
    );
    assert_eq!(remote.asked_for_keys().len(), 0);
}

async fn user(
    hub: &TestHub,
    user: &str,
) -> std::sync::Arc<callboard_hub::principal::UserPrincipal> {
    let token = hub.token(user, &[]).await;
    let value = format!("Bearer {token}").parse().unwrap();
    let headers = [("authorization".parse().unwrap(), value)]
        .into_iter()
        .collect();
    match hub.app().auth().authenticate(&headers, "catalog").await {
        Ok(Principal::User(user)) => user,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_restart_keeps_the_keys_of_plugins() {
    let builder = TestHub::builder().on_disk();
    let hub = builder.start().await;
    let issued = hub
        .app()
        .auth()
        .issue_plugin_token("permission", "catalog", None);
    let token = issued.await.unwrap().token;
    let before = hub.anonymous().get(JWKS).await.json();
    hub.stop().await;

    let hub = builder.start().await;

    assert_eq!(hub.anonymous().get(JWKS).await.json(), before);
    let client = hub.anonymous().bearer(token.expose());
    assert_eq!(enter(&client, "catalog").await, "200");
}

#[tokio::test]
async fn a_key_of_a_plugin_signs_no_user_and_no_other_plugin() {
    let remote = Remote::start().await;
    let hub = hub(&remote).await;
    let now = hub.now();
    let user = json!({"sub": "user:default/ann", "ent": [], "aud": "permission", "iat": now, "exp": now + 60});
    let as_user = remote.sign(&user);
    let of_ours = remote.sign(&claims(&hub, &json!({"sub": "catalog"})));

    assert_eq!(
        enter(&hub.anonymous().bearer(&as_user), "permission").await,
        "401 Invalid plugin token: forbidden subject format"
    );
    assert_eq!(
        enter(&hub.anonymous().bearer(&of_ours), "permission").await,
        "401 Invalid plugin token: signature verification failed"
    );
}
