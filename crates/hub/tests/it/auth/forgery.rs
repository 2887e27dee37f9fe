//! Tokens that somebody made up, or shows where they do not belong.

use super::{decode, keys, limited};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use callboard_testkit::{STATIC_TOKEN, TestHub};
use hmac::{Hmac, KeyInit, Mac};
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};
use sha2::Sha256;

/// What the catalog says to whoever shows `token`: the status, and the message of a refusal.
async fn show(hub: &TestHub, token: &str) -> String {
    let path = "/api/catalog/.well-known/backstage/permissions/metadata";
    let answer = hub.anonymous().bearer(token).get(path).await;
    match answer.status.as_u16() {
        200 => "200".to_owned(),
        status => format!("{status} {}", answer.error()["message"].as_str().unwrap()),
    }
}

fn part(json: &Value) -> String {
    URL_SAFE_NO_PAD.encode(json.to_string())
}

/// A token that is made up, signed by `sign`.
fn forge(header: &Value, payload: &Value, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let signed = format!("{}.{}", part(header), part(payload));
    let signature = URL_SAFE_NO_PAD.encode(sign(signed.as_bytes()));
    format!("{signed}.{signature}")
}

/// The key of an attacker, and how he signs.
fn attacker() -> SigningKey {
    SigningKey::from_slice(&[7; 32]).unwrap()
}

fn by_attacker(text: &[u8]) -> Vec<u8> {
    let signature: Signature = attacker().sign(text);
    signature.to_vec()
}

/// Header and payload of a token that the hub has issued.
async fn issued(hub: &TestHub) -> (Value, Value) {
    let token = hub.token("user:default/ann", &[]).await;
    let parts: Vec<&str> = token.split('.').collect();
    (decode(parts[0]), decode(parts[1]))
}

fn with(json: &Value, over: &Value) -> Value {
    let mut json = json.clone();
    for (member, value) in over.as_object().unwrap() {
        json[member] = value.clone();
    }
    json
}

const UNSUPPORTED: &str = "401 Invalid token; caused by JOSENotSupported: Unsupported \"alg\" value for a JSON Web Key Set";
const NO_KEY: &str = "401 Invalid token; caused by JWKSNoMatchingKey: no applicable key found in the JSON Web Key Set";
const BAD_SIGNATURE: &str =
    "401 Invalid token; caused by JWSSignatureVerificationFailed: signature verification failed";

#[tokio::test]
async fn an_unsigned_token_is_refused() {
    let hub = TestHub::start().await;
    let (header, payload) = issued(&hub).await;

    for alg in ["none", "None", "NONE", ""] {
        let token = forge(&with(&header, &json!({"alg": alg})), &payload, |_| {
            Vec::new()
        });
        assert_eq!(show(&hub, &token).await, UNSUPPORTED, "{alg}");
    }
    let empty = forge(&header, &payload, |_| Vec::new());
    assert_eq!(show(&hub, &empty).await, BAD_SIGNATURE);
}

#[tokio::test]
async fn the_public_key_is_no_shared_secret() {
    let hub = TestHub::start().await;
    let (header, payload) = issued(&hub).await;
    let key = keys(&hub).await.remove(0);
    let coordinate = |name: &str| URL_SAFE_NO_PAD.decode(key[name].as_str().unwrap()).unwrap();
    let point = [vec![4], coordinate("x"), coordinate("y")].concat();

    for secret in [key.to_string().into_bytes(), point] {
        let sign = |text: &[u8]| {
            let mut mac = Hmac::<Sha256>::new_from_slice(&secret).unwrap();
            mac.update(text);
            mac.finalize().into_bytes().to_vec()
        };
        let token = forge(&with(&header, &json!({"alg": "HS256"})), &payload, sign);
        assert_eq!(show(&hub, &token).await, UNSUPPORTED);
    }
}

#[tokio::test]
async fn another_algorithm_than_that_of_the_key_finds_no_key() {
    let hub = TestHub::start().await;
    let (header, payload) = issued(&hub).await;

    for alg in ["RS256", "PS256", "ES384", "EdDSA"] {
        let token = forge(&with(&header, &json!({"alg": alg})), &payload, by_attacker);
        assert_eq!(show(&hub, &token).await, NO_KEY, "{alg}");
    }
}

#[tokio::test]
async fn a_key_under_the_id_of_another_signs_nothing() {
    let hub = TestHub::start().await;
    let (header, payload) = issued(&hub).await;

    let of_ours = forge(&header, &payload, by_attacker);
    let of_his = forge(
        &with(&header, &json!({"kid": "his"})),
        &payload,
        by_attacker,
    );

    assert_eq!(show(&hub, &of_ours).await, BAD_SIGNATURE);
    assert_eq!(show(&hub, &of_his).await, NO_KEY);
}

#[tokio::test]
async fn a_key_that_comes_with_the_token_is_not_looked_at() {
    let hub = TestHub::start().await;
    let (header, payload) = issued(&hub).await;
    let point = attacker().verifying_key().to_encoded_point(false);
    let [x, y] = [point.x(), point.y()].map(|part| URL_SAFE_NO_PAD.encode(part.unwrap()));
    let jwk = json!({"kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": "his", "alg": "ES256"});

    let inside = with(&header, &json!({"jwk": jwk, "kid": "his"}));
    let elsewhere = with(
        &header,
        &json!({"jku": "http://127.0.0.1:9/keys", "kid": "his"}),
    );
    let path = with(&header, &json!({"kid": "../../../../dev/null"}));

    for header in [inside, elsewhere, path] {
        let token = forge(&header, &payload, by_attacker);
        assert_eq!(show(&hub, &token).await, NO_KEY, "{header}");
    }
    let critical = forge(
        &with(&header, &json!({"crit": ["exp"]})),
        &payload,
        by_attacker,
    );
    assert_eq!(show(&hub, &critical).await, UNSUPPORTED);
}

#[tokio::test]
async fn an_over_long_token_is_refused_before_it_is_read() {
    let hub = TestHub::start().await;
    let (header, payload) = issued(&hub).await;

    let long = with(
        &payload,
        &json!({"ent": vec!["group:default/stagehands"; 2_000]}),
    );
    let token = forge(&header, &long, by_attacker);

    assert!(token.len() > 32_768);
    assert_eq!(show(&hub, &token).await, "401 Illegal token");
    let at_user_info = hub
        .anonymous()
        .bearer(&token)
        .get("/api/auth/v1/userinfo")
        .await;
    assert_eq!(at_user_info.status, 401);
}

#[tokio::test]
async fn a_token_of_one_type_is_no_token_of_another() {
    let hub = TestHub::start().await;
    let token = hub.token("user:default/ann", &[]).await;
    let retyped = |typ: &str| {
        let (header, rest) = token.split_once('.').unwrap();
        format!(
            "{}.{rest}",
            part(&with(&decode(header), &json!({"typ": typ})))
        )
    };

    assert_eq!(
        show(&hub, &limited(&token)).await,
        "401 Illegal limited user token"
    );
    assert_eq!(
        show(&hub, &retyped("vnd.backstage.limited-user")).await,
        BAD_SIGNATURE
    );
    assert_eq!(
        show(&hub, &retyped("vnd.backstage.plugin")).await,
        "401 Invalid plugin token: unexpected audience"
    );
    assert_eq!(show(&hub, &retyped("at+jwt")).await, "401 Illegal token");
    let user = limited(&token);
    let (header, rest) = user.split_once('.').unwrap();
    let promoted = part(&with(
        &decode(header),
        &json!({"typ": "vnd.backstage.user"}),
    ));
    assert_eq!(
        show(&hub, &format!("{promoted}.{rest}")).await,
        BAD_SIGNATURE
    );
}

#[tokio::test]
async fn a_token_between_plugins_is_for_its_plugin_and_no_user() {
    let hub = TestHub::start().await;
    let auth = hub.app().auth();
    let issued = auth
        .issue_plugin_token("permission", "search", None)
        .await
        .unwrap();
    let token = issued.token.expose();

    assert_eq!(
        show(&hub, token).await,
        "401 Invalid plugin token: unexpected audience"
    );
    let cookie = "/api/search/.backstage/auth/v1/cookie";
    let answer = hub.anonymous().bearer(token).get(cookie).await;
    assert_eq!(
        (answer.status.as_u16(), answer.error()["message"].clone()),
        (
            403,
            json!("This endpoint does not allow 'service' credentials")
        )
    );
}

#[tokio::test]
async fn a_static_token_is_no_user() {
    let hub = TestHub::start().await;
    let program = hub.anonymous().bearer(STATIC_TOKEN);

    let info = program.get("/api/auth/v1/userinfo").await;

    assert_eq!(
        (info.status.as_u16(), info.error()["message"].clone()),
        (
            400,
            json!("Userinfo endpoint must be called with a token that represents a user principal")
        )
    );
    let cookie = program.get("/api/catalog/.backstage/auth/v1/cookie").await;
    assert_eq!(cookie.status, 403);
}

#[tokio::test]
async fn the_user_cookie_opens_no_ordinary_path() {
    let hub = TestHub::start().await;
    let token = hub.token("user:default/ann", &[]).await;
    let cookie = format!("backstage-auth={}", limited(&token));

    let answer = hub.anonymous().header("cookie", &cookie);
    let answer = answer.get("/api/catalog/entities").await;

    assert_eq!(
        (answer.status.as_u16(), answer.error()["message"].clone()),
        (401, json!("Missing credentials"))
    );
}
