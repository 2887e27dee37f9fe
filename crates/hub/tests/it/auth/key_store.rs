//! Where signing keys are kept.

use super::{decode, keys};
use callboard_testkit::{TestHub, TestHubBuilder};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use p256::pkcs8::{EncodePrivateKey, EncodePublicKey, LineEnding};
use serde_json::{Value, json};

/// A key of 2048 bits that signs nothing but tests.
const RSA: &str = include_str!("../../../src/reading/tests/app-key.pem");
const RSA_PUBLIC: &str = include_str!("../../../src/reading/tests/app-key.pub.pem");

/// Writes both halves of a P-256 key, and gives its entry.
fn p256(builder: &TestHubBuilder, number: u8) -> Value {
    let key = p256::SecretKey::from_slice(&[number; 32]).unwrap();
    let private = key.to_pkcs8_pem(LineEnding::LF).unwrap();
    let public = key.public_key().to_public_key_pem(LineEnding::LF).unwrap();
    entry(builder, &format!("p256-{number}"), &private, &public)
}

fn entry(builder: &TestHubBuilder, id: &str, private: &str, public: &str) -> Value {
    json!({
        "keyId": id,
        "privateKeyFile": builder.write(&format!("{id}.pem"), private),
        "publicKeyFile": builder.write(&format!("{id}.pub.pem"), public),
    })
}

fn in_files(builder: TestHubBuilder, entries: &[Value]) -> TestHubBuilder {
    builder
        .config(json!({"auth": {"keyStore": {"provider": "static", "static": {"keys": entries}}}}))
}

fn header(token: &str) -> Value {
    decode(token.split('.').next().unwrap())
}

#[tokio::test]
async fn of_keys_in_files_the_first_signs_and_all_are_published() {
    let builder = TestHub::builder();
    let entries = [p256(&builder, 1), p256(&builder, 2)];
    let hub = in_files(builder, &entries).start().await;

    let token = hub.token("user:default/ann", &[]).await;

    assert_eq!(
        header(&token),
        json!({"typ": "vnd.backstage.user", "alg": "ES256", "kid": "p256-1"})
    );
    let ids: Vec<Value> = keys(&hub)
        .await
        .iter()
        .map(|key| key["kid"].clone())
        .collect();
    assert_eq!(ids, [json!("p256-1"), json!("p256-2")]);
    let client = hub.anonymous().bearer(&token);
    assert_eq!(client.get("/api/catalog/entities").await.status, 200);
}

#[tokio::test]
async fn a_token_of_the_key_before_is_believed_after_the_next_was_put_first() {
    let builder = TestHub::builder();
    let (old, new) = (p256(&builder, 1), p256(&builder, 2));
    let before = in_files(builder.clone(), std::slice::from_ref(&old))
        .start()
        .await;
    let token = before.token("user:default/ann", &[]).await;

    let after = in_files(builder, &[new, old]).start().await;

    assert_eq!(
        header(&after.token("user:default/ann", &[]).await)["kid"],
        "p256-2"
    );
    let client = after.anonymous().bearer(&token);
    assert_eq!(client.get("/api/catalog/entities").await.status, 200);
}

#[tokio::test]
async fn an_rsa_key_in_files_signs_with_rs256() {
    let builder = TestHub::builder();
    let mut entry = entry(&builder, "rsa", RSA, RSA_PUBLIC);
    entry["algorithm"] = json!("RS256");
    let hub = in_files(builder, &[entry]).start().await;

    let token = hub.token("user:default/ann", &[]).await;

    assert_eq!(header(&token)["alg"], "RS256");
    let key = keys(&hub).await.remove(0);
    assert_eq!((&key["kty"], &key["e"]), (&json!("RSA"), &json!("AQAB")));
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_audience(&["backstage"]);
    let published = DecodingKey::from_jwk(&serde_json::from_value(key).unwrap()).unwrap();
    let given = DecodingKey::from_rsa_pem(RSA_PUBLIC.as_bytes()).unwrap();
    for key in [published, given] {
        let decoded = jsonwebtoken::decode::<Value>(&token, &key, &validation).unwrap();
        assert_eq!(decoded.claims["sub"], "user:default/ann");
    }
    let client = hub.anonymous().bearer(&token);
    assert_eq!(client.get("/api/catalog/entities").await.status, 200);
    let limited = hub.anonymous().bearer(&super::limited(&token));
    assert_eq!(limited.get("/api/auth/v1/userinfo").await.status, 200);
}

#[tokio::test]
async fn files_that_are_no_pair_stop_the_start() {
    let builder = TestHub::builder();
    let (one, other) = (p256(&builder, 1), p256(&builder, 2));
    let refused = async |entries: &[Value]| {
        let started = in_files(builder.clone(), entries).try_start().await;
        started
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default()
    };
    let with = |member: &str, value: Value| {
        let mut entry = one.clone();
        entry[member] = value;
        entry
    };

    let mixed = with("publicKeyFile", other["publicKeyFile"].clone());
    assert_eq!(
        refused(&[mixed]).await,
        "the public key is of another private key"
    );
    let swapped = with("privateKeyFile", one["publicKeyFile"].clone());
    assert!(
        refused(&[swapped])
            .await
            .contains("holds no private key for ES256")
    );
    let absent = with("publicKeyFile", json!("/absent.pem"));
    assert!(
        refused(&[absent])
            .await
            .contains("cannot read `/absent.pem`")
    );
    assert!(
        refused(&[with("algorithm", json!("HS256"))])
            .await
            .contains("`HS256` is not served")
    );
    assert!(
        refused(&[one.clone(), one.clone()])
            .await
            .contains("another key with the id `p256-1`")
    );
}

#[tokio::test]
async fn keys_in_memory_end_with_the_hub() {
    let builder = TestHub::builder()
        .on_disk()
        .config(json!({"auth": {"keyStore": {"provider": "memory"}}}));
    let hub = builder.start().await;
    let token = hub.token("user:default/ann", &[]).await;
    let client = hub.anonymous().bearer(&token);
    assert_eq!(client.get("/api/catalog/entities").await.status, 200);
    hub.stop().await;

    let hub = builder.start().await;

    let client = hub.anonymous().bearer(&token);
    assert_eq!(client.get("/api/catalog/entities").await.status, 401);
    assert!(keys(&hub).await.is_empty());
}

#[tokio::test]
async fn plugins_can_sign_with_keys_in_files() {
    let builder = TestHub::builder();
    let store = json!({"type": "static", "static": {"keys": [p256(&builder, 3)]}});
    let hub = builder.config(json!({"backend": {"auth": {"pluginKeyStore": store}}}));
    let hub = hub.start().await;

    let auth = hub.app().auth();
    let issued = auth
        .issue_plugin_token("permission", "catalog", None)
        .await
        .unwrap();

    assert_eq!(header(issued.token.expose())["kid"], "p256-3");
    let published = hub
        .anonymous()
        .get("/api/search/.backstage/auth/v1/jwks.json")
        .await;
    assert_eq!(published.json()["keys"][0]["kid"], "p256-3");
    let client = hub.anonymous().bearer(issued.token.expose());
    assert_eq!(client.get("/api/catalog/entities").await.status, 200);
    assert!(
        keys(&hub).await.is_empty(),
        "users' tokens are signed by others"
    );
}
