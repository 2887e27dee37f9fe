//! Sign-in, tokens and sessions, as clients and browsers see them.

mod administrator;
mod attack;
mod plugin_token;
mod session;
mod sessions;

use callboard_store::Query;
use callboard_testkit::{Client, TestHub};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

async fn keys(hub: &TestHub) -> Vec<Value> {
    let listed = hub.anonymous().get("/api/auth/.well-known/jwks.json").await;
    listed.json()["keys"].as_array().unwrap().clone()
}

fn decode(part: &str) -> Value {
    use base64::Engine;
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(part)
        .unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

pub(crate) fn limited(token: &str) -> String {
    use base64::Engine;
    let encode =
        |value: Value| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(value.to_string());
    let parts: Vec<&str> = token.split('.').collect();
    let (header, payload) = (decode(parts[0]), decode(parts[1]));
    let header =
        json!({"typ": "vnd.backstage.limited-user", "alg": header["alg"], "kid": header["kid"]});
    let limited = json!({"sub": payload["sub"], "iat": payload["iat"], "exp": payload["exp"]});
    format!(
        "{}.{}.{}",
        encode(header),
        encode(limited),
        payload["uip"].as_str().unwrap()
    )
}

#[tokio::test]
async fn a_guest_token_verifies_with_the_published_key_in_another_library() {
    let hub = TestHub::start().await;
    assert_eq!(keys(&hub).await, Vec::<Value>::new());

    let session = hub.anonymous().get("/api/auth/guest/refresh").await;

    assert_eq!(session.status, 200);
    let session = session.json();
    assert_eq!(session["profile"], json!({}));
    let identity = &session["backstageIdentity"];
    assert_eq!(identity["expiresInSeconds"], 3600);
    assert_eq!(
        identity["identity"],
        json!({
            "type": "user",
            "userEntityRef": "user:default/guest",
            "ownershipEntityRefs": ["user:default/guest"],
        })
    );
    let token = identity["token"].as_str().unwrap();
    let key = &keys(&hub).await[0];
    let decoding =
        DecodingKey::from_ec_components(key["x"].as_str().unwrap(), key["y"].as_str().unwrap())
            .unwrap();
    let mut validation = Validation::new(Algorithm::ES256);
    validation.set_audience(&["backstage"]);
    validation.set_issuer(&["http://localhost:7007/api/auth"]);
    let verified = jsonwebtoken::decode::<Value>(token, &decoding, &validation).unwrap();
    assert_eq!(verified.header.kid.as_deref(), key["kid"].as_str());
    assert_eq!(verified.claims["sub"], "user:default/guest");
}

#[tokio::test]
async fn guests_get_in_only_where_the_configuration_lets_them() {
    let guest = |guest: Value| json!({"auth": {"providers": {"guest": guest}}});
    let insists = |is: bool| guest(json!({"dangerouslyAllowOutsideDevelopment": is}));
    let refused = TestHub::builder().config(insists(false)).start().await;
    let absent = TestHub::builder().config(guest(Value::Null)).start().await;
    let known = TestHub::start().await;

    let refusal = refused
        .anonymous()
        .post("/api/auth/guest/refresh", &json!({}))
        .await;
    let absence = absent
        .anonymous()
        .post("/api/auth/guest/refresh", &json!({}))
        .await;
    let start = known
        .anonymous()
        .get("/api/auth/guest/start?env=development")
        .await;

    assert_eq!(
        (
            refusal.status.as_u16(),
            refusal.error()["name"].as_str().unwrap()
        ),
        (403, "NotAllowedError")
    );
    let message = refusal.error()["message"].as_str().unwrap().to_owned();
    assert!(
        message.contains("auth.providers.guest.dangerouslyAllowOutsideDevelopment"),
        "{message}"
    );
    assert_eq!(absence.status, 404);
    assert_eq!(
        absence.error()["message"],
        "No auth provider registered for 'guest'"
    );
    assert_eq!(start.status, 501);
    assert_eq!(start.error()["name"], "NotImplementedError");
}

#[tokio::test]
async fn absent_providers_are_told_apart() {
    let providers = json!({"auth": {"providers": {"oidc": {"production": {}}}}});
    let hub = TestHub::builder().config(providers).start().await;
    let ask = async |path: &str| {
        let answer = hub.anonymous().get(path).await;
        (answer.status.as_u16(), answer.text())
    };
    let message = |(status, text): (u16, String)| {
        let body: Value = serde_json::from_str(&text).unwrap();
        (
            status,
            body["error"]["message"].as_str().unwrap().to_owned(),
        )
    };

    assert_eq!(
        message(ask("/api/auth/magic/start").await),
        (404, "Unknown auth provider 'magic'".into())
    );
    assert_eq!(
        message(ask("/api/auth/github/start").await),
        (404, "No auth provider registered for 'github'".into())
    );
    assert_eq!(message(ask("/api/auth/oidc/start").await).0, 501);
    assert_eq!(
        message(ask("/api/auth/v1/other").await),
        (404, "Unknown auth provider 'v1'".into())
    );
    assert_eq!(
        ask("/api/auth/v1/token").await,
        (501, "Not Implemented".into())
    );
    assert_eq!(ask("/api/auth/").await, (404, String::new()));
    assert_eq!(ask("/api/nothing/here").await, (404, String::new()));
}

#[tokio::test]
async fn user_info_tells_a_token_of_another_plugin_that_it_is_one() {
    let token = "a-narrow-token-of-its-own";
    let hub = TestHub::builder()
        .config(json!({"backend": {"auth": {"externalAccess": [{
            "type": "static", "options": {"token": token, "subject": "ci"},
            "accessRestrictions": [{"plugin": "catalog"}],
        }]}}}))
        .start()
        .await;

    let answer = hub
        .anonymous()
        .bearer(token)
        .get("/api/auth/v1/userinfo")
        .await;

    assert_eq!(answer.status, 403);
    assert_eq!(
        answer.error(),
        json!({"name": "NotAllowedError", "message": "This token's access is restricted to plugin(s) 'catalog'"})
    );
}

#[tokio::test]
async fn user_info_tells_what_the_latest_token_claims() {
    let hub = TestHub::start().await;
    let token = hub.token("user:default/mara", &[]).await;
    let ask = async |client: Client| client.get("/api/auth/v1/userinfo").await;
    let expected = json!({"claims": {"sub": "user:default/mara", "ent": ["user:default/mara"]}});

    assert_eq!(ask(hub.anonymous().bearer(&token)).await.json(), expected);
    assert_eq!(
        ask(hub.anonymous().bearer(&limited(&token))).await.json(),
        expected
    );
    let nobody = ask(hub.anonymous()).await;
    assert_eq!(
        (
            nobody.status.as_u16(),
            nobody.error()["message"].as_str().unwrap()
        ),
        (401, "No token provided")
    );
    let garbage = ask(hub.anonymous().bearer("garbage")).await;
    assert_eq!(
        (
            garbage.status.as_u16(),
            garbage.error()["message"].as_str().unwrap()
        ),
        (401, "Illegal token")
    );
    let service = ask(hub.service()).await;
    assert_eq!(
        (
            service.status.as_u16(),
            service.error()["name"].as_str().unwrap()
        ),
        (400, "InputError")
    );

    let mut tx = hub.app().core().store.begin().await.unwrap();
    tx.execute(Query::new("DELETE FROM auth_user_info"))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let unknown = ask(hub.anonymous().bearer(&token)).await;
    assert_eq!(
        (unknown.status.as_u16(), unknown.text()),
        (404, "User info not found".into())
    );
}

#[tokio::test]
async fn metadata_names_the_endpoints() {
    let hub = TestHub::start().await;

    let metadata = hub
        .anonymous()
        .get("/api/auth/.well-known/openid-configuration")
        .await
        .json();

    let members: Vec<&String> = metadata.as_object().unwrap().keys().collect();
    assert_eq!(
        members[..4],
        ["issuer", "token_endpoint", "userinfo_endpoint", "jwks_uri"]
    );
    assert_eq!(metadata["issuer"], "http://localhost:7007/api/auth");
    assert_eq!(
        metadata["jwks_uri"],
        "http://localhost:7007/api/auth/.well-known/jwks.json"
    );
    assert_eq!(metadata["claims_supported"], json!(["sub", "ent"]));
}

#[tokio::test]
async fn the_user_cookie_holds_the_limited_token_and_is_kept_while_it_lasts() {
    let hub = TestHub::start().await;
    let token = hub.token("user:default/mara", &[]).await;
    let mara = hub.anonymous().bearer(&token);
    let path = "/api/auth/.backstage/auth/v1/cookie";

    let set = mara.get(path).await;

    assert_eq!(set.status, 200);
    let value = format!("backstage-auth={}", limited(&token));
    let cookie = set.header("set-cookie").to_owned();
    assert!(
        cookie.starts_with(&format!("{value}; Domain=localhost; Path=/; Expires=")),
        "{cookie}"
    );
    assert!(
        cookie.ends_with(" GMT; HttpOnly; Secure; Priority=High; SameSite=None"),
        "{cookie}"
    );
    let exp = decode(token.split('.').nth(1).unwrap())["exp"]
        .as_i64()
        .unwrap();
    let expires = jiff::Timestamp::from_second(exp).unwrap();
    assert_eq!(set.json(), json!({"expiresAt": format!("{expires:.3}")}));

    let kept = mara.clone().header("cookie", &value).get(path).await;
    assert_eq!((kept.status.as_u16(), kept.header("set-cookie")), (200, ""));
    let others = hub
        .anonymous()
        .bearer(&hub.token("user:default/otto", &[]).await)
        .header("cookie", &value);
    assert!(
        others
            .get(path)
            .await
            .header("set-cookie")
            .contains("backstage-auth="),
        "another's cookie is replaced"
    );

    let cleared = mara.delete(path).await;
    assert_eq!(cleared.status, 204);
    assert!(
        cleared
            .header("set-cookie")
            .starts_with("backstage-auth=; Domain=localhost; Path=/; Expires=Thu, 01 Jan 1970")
    );
}

#[tokio::test]
async fn a_configuration_that_is_not_served_stops_the_start() {
    let start = async |auth: Value| {
        let started = TestHub::builder()
            .config(json!({"auth": auth}))
            .try_start()
            .await;
        started
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default()
    };

    assert!(
        start(json!({"identityTokenAlgorithm": "RS256"}))
            .await
            .contains("RS256")
    );
    assert!(
        start(json!({"keyStore": {"provider": "static"}}))
            .await
            .contains("static")
    );
    assert!(
        start(json!({"providers": {"guest": {"userEntityRef": "user:"}}}))
            .await
            .contains("user:")
    );
}
