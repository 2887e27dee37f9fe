//! Programs outside whose tokens a key at some URL signs.

use axum::Router;
use axum::routing::get;
use callboard_testkit::{Client, TestHub};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// A key of 2048 bits that signs nothing but tests.
const RSA: &str = include_str!("../../../src/reading/tests/app-key.pem");

/// An issuer that publishes one RSA key.
struct Issuer {
    key: EncodingKey,
    url: String,
}

impl Issuer {
    async fn start() -> Issuer {
        let key = EncodingKey::from_rsa_pem(RSA.as_bytes()).unwrap();
        let mut jwk = serde_json::to_value(Jwk::from_encoding_key(&key, Algorithm::RS256).unwrap());
        let jwk = jwk.as_mut().unwrap();
        jwk["kid"] = json!("one");
        jwk["use"] = json!("sig");
        jwk.as_object_mut().unwrap().remove("alg");
        let set = json!({"keys": [jwk]}).to_string();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/keys", listener.local_addr().unwrap());
        let router = Router::new().route("/keys", get(move || async move { set }));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Issuer { key, url }
    }

    fn sign(&self, algorithm: Algorithm, claims: &Value) -> String {
        let mut header = Header::new(algorithm);
        header.kid = Some("one".to_owned());
        jsonwebtoken::encode(&header, claims, &self.key).unwrap()
    }

    /// A hub that believes it, with `more` in its entry.
    async fn hub(&self, more: Value) -> TestHub {
        let mut entry = json!({"type": "jwks", "options": {
            "url": self.url, "issuer": "https://ci.example.com", "audience": "callboard", "subjectPrefix": "ci",
        }});
        for (member, value) in more.as_object().unwrap() {
            entry[member] = value.clone();
        }
        let config = json!({"backend": {"auth": {"externalAccess": [entry]}}});
        TestHub::builder().config(config).start().await
    }
}

fn claims(hub: &TestHub) -> Value {
    json!({"iss": "https://ci.example.com", "aud": "callboard", "sub": "deployer", "exp": hub.now() + 60})
}

async fn enter(client: &Client, plugin: &str) -> String {
    let path = format!("/api/{plugin}/.well-known/backstage/permissions/metadata");
    let answer = client.get(&path).await;
    match answer.status.as_u16() {
        200 => "200".to_owned(),
        status => format!("{status} {}", answer.error()["message"].as_str().unwrap()),
    }
}

#[tokio::test]
async fn a_program_gets_in_by_a_token_of_an_issuer_that_is_named() {
    let issuer = Issuer::start().await;
    let hub = issuer.hub(json!({})).await;
    let show = async |algorithm, claims: &Value| {
        let token = issuer.sign(algorithm, claims);
        enter(&hub.anonymous().bearer(&token), "catalog").await
    };
    let good = claims(&hub);
    let with = |member: &str, value: Value| {
        let mut claims = good.clone();
        claims[member] = value;
        claims
    };

    for algorithm in [Algorithm::RS256, Algorithm::RS512, Algorithm::PS384] {
        assert_eq!(show(algorithm, &good).await, "200", "{algorithm:?}");
    }
    let refused = "401 Illegal token";
    assert_eq!(
        show(
            Algorithm::RS256,
            &with("iss", json!("https://evil.example.com"))
        )
        .await,
        refused
    );
    assert_eq!(
        show(Algorithm::RS256, &with("aud", json!("elsewhere"))).await,
        refused
    );
    assert_eq!(
        show(Algorithm::RS256, &with("exp", json!(hub.now()))).await,
        refused
    );
    assert_eq!(
        show(Algorithm::RS256, &with("sub", Value::Null)).await,
        refused
    );
}

#[tokio::test]
async fn a_pinned_algorithm_is_the_only_one() {
    let issuer = Issuer::start().await;
    let options = json!({"url": issuer.url, "algorithm": "PS256"});
    let hub = issuer.hub(json!({"options": options})).await;
    let claims = claims(&hub);
    let client = |algorithm| hub.anonymous().bearer(&issuer.sign(algorithm, &claims));

    assert_eq!(enter(&client(Algorithm::PS256), "catalog").await, "200");
    assert_eq!(
        enter(&client(Algorithm::RS256), "catalog").await,
        "401 Illegal token"
    );
}

#[tokio::test]
async fn restrictions_hold_for_whomever_the_issuer_names() {
    let issuer = Issuer::start().await;
    let restrictions = json!([{"plugin": "catalog", "permission": "catalog.entity.read"}]);
    let hub = issuer
        .hub(json!({"accessRestrictions": restrictions}))
        .await;
    let token = issuer.sign(Algorithm::RS256, &claims(&hub));
    let client = hub.anonymous().bearer(&token);

    assert_eq!(enter(&client, "catalog").await, "200");
    assert_eq!(
        enter(&client, "permission").await,
        "403 This token's access is restricted to plugin(s) 'catalog'"
    );
    assert_eq!(client.get("/api/catalog/entities").await.status, 200);
    let location = json!({"type": "url", "target": "https://git.example.com/catalog-info.yaml"});
    let refused = client.post("/api/catalog/locations", &location).await;
    assert_eq!(refused.status, 403);
}
