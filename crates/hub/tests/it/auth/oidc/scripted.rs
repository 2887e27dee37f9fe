//! A provider of OpenID Connect that says what a test wants, lies included.

use axum::extract::{RawForm, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use callboard_hub::clock::{Clock, SystemClock};
use hmac::{Hmac, KeyInit, Mac};
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use url::{Url, form_urlencoded};

pub(super) const CLIENT: &str = "callboard";
/// Holds characters that the header must encode.
pub(super) const SECRET: &str = "canary+client:secret/%";
pub(super) const REFRESH_TOKEN: &str = "canary-refresh-token";

/// How id tokens are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signing {
    /// With the published key.
    Own,
    /// With the key that will be published next, under its id.
    Next,
    /// With a key of somebody else, under the id of the published one.
    Foreign,
    /// Not at all.
    Nobody,
    /// With the published key as a shared secret.
    PublicKeyAsSecret,
    /// With the client's secret.
    ClientSecret,
}

/// What the provider does.
pub(super) struct Script {
    /// Replaces members of id tokens; null leaves one out.
    pub(super) claims: Value,
    /// Replaces members of the header of id tokens.
    pub(super) header: Value,
    pub(super) signing: Signing,
    /// Whether the next key is published, beside the first.
    pub(super) publishes_next: bool,
    /// The answer of the userinfo endpoint; absent where it fails.
    pub(super) userinfo: Option<Value>,
    /// Replaces members of the metadata.
    pub(super) metadata: Value,
    /// The refresh token of the next answer.
    pub(super) refresh_token: Option<String>,
    /// Replaces members of answers of the token endpoint.
    pub(super) tokens: Value,
    /// The status of every endpoint but the metadata, when it is not well.
    pub(super) status: Option<StatusCode>,
    /// Codes that were given and not used, with the nonce and the challenge of their sign-in.
    codes: HashMap<String, (String, String)>,
    /// Refresh tokens that were revoked.
    pub(super) revoked: Vec<String>,
    /// What was asked: `token`, `userinfo`, `keys`, `metadata`, `revoke`.
    pub(super) asked: Vec<&'static str>,
}

/// The provider, until it is dropped.
pub(super) struct Scripted {
    pub(super) url: String,
    script: Arc<Mutex<Script>>,
    revocations: Arc<Semaphore>,
    served: JoinHandle<()>,
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.served.abort();
    }
}

#[derive(Clone)]
struct Shared {
    url: String,
    script: Arc<Mutex<Script>>,
    /// A permit for each revocation that nobody has waited for.
    revocations: Arc<Semaphore>,
}

fn key(number: u8) -> SigningKey {
    SigningKey::from_slice(&[number; 32]).unwrap()
}

fn jwk(number: u8) -> Value {
    let point = key(number).verifying_key().to_encoded_point(false);
    json!({
        "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": format!("key-{number}"),
        "x": URL_SAFE_NO_PAD.encode(point.x().unwrap()),
        "y": URL_SAFE_NO_PAD.encode(point.y().unwrap()),
    })
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn hmac(secret: &[u8], text: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).unwrap();
    mac.update(text.as_bytes());
    URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
}

fn merge(into: &mut Value, over: &Value) {
    for (name, value) in over.as_object().into_iter().flatten() {
        if value.is_null() {
            into.as_object_mut().unwrap().remove(name);
        } else {
            into[name] = value.clone();
        }
    }
}

impl Scripted {
    /// A provider that tells of mara, and is honest until a test says otherwise.
    pub(super) async fn start() -> Scripted {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let script = Script {
            claims: json!({}),
            header: json!({}),
            signing: Signing::Own,
            publishes_next: false,
            userinfo: Some(json!({
                "sub": "4711", "email": "mara@lantern.example", "email_verified": "true",
                "name": "Mara Lindqvist", "picture": "https://pictures.example/mara.png",
                "preferred_username": "mara",
            })),
            metadata: json!({}),
            refresh_token: Some(REFRESH_TOKEN.to_owned()),
            tokens: json!({}),
            status: None,
            codes: HashMap::new(),
            revoked: Vec::new(),
            asked: Vec::new(),
        };
        let script = Arc::new(Mutex::new(script));
        let revocations = Arc::new(Semaphore::new(0));
        let shared = Shared {
            url: url.clone(),
            script: script.clone(),
            revocations: revocations.clone(),
        };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(metadata))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .route("/userinfo", get(userinfo))
            .route("/revoke", post(revoke))
            .with_state(shared);
        let served = tokio::spawn(async move {
            axum::serve(listener, router).await.unwrap();
        });
        Scripted {
            url,
            script,
            revocations,
            served,
        }
    }

    /// Waits until one more refresh token was revoked.
    pub(super) async fn hears_of_an_end(&self) {
        self.revocations.acquire().await.unwrap().forget();
    }

    pub(super) fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap()
    }

    /// The person agrees at the page to which the hub sent them: the code that comes of it.
    pub(super) fn agree(&self, location: &str) -> String {
        let query: HashMap<String, String> = Url::parse(location)
            .unwrap()
            .query_pairs()
            .into_owned()
            .collect();
        assert_eq!(query["client_id"], CLIENT);
        assert_eq!(query["response_type"], "code");
        assert_eq!(query["code_challenge_method"], "S256");
        let mut script = self.script();
        let code = format!("code-{}", script.codes.len());
        let given = (query["nonce"].clone(), query["code_challenge"].clone());
        script.codes.insert(code.clone(), given);
        code
    }

    /// How often something was asked.
    pub(super) fn count(&self, what: &str) -> usize {
        let script = self.script();
        script.asked.iter().filter(|asked| **asked == what).count()
    }
}

async fn metadata(State(shared): State<Shared>) -> Response {
    let mut script = shared.script.lock().unwrap();
    script.asked.push("metadata");
    let url = &shared.url;
    let mut metadata = json!({
        "issuer": "https://issuer.example/pool",
        "authorization_endpoint": format!("{url}/authorize"),
        "token_endpoint": format!("{url}/token"),
        "userinfo_endpoint": format!("{url}/userinfo"),
        "revocation_endpoint": format!("{url}/revoke"),
        "jwks_uri": format!("{url}/keys"),
    });
    merge(&mut metadata, &script.metadata);
    Json(metadata).into_response()
}

async fn keys(State(shared): State<Shared>) -> Response {
    let mut script = shared.script.lock().unwrap();
    script.asked.push("keys");
    if let Some(status) = script.status {
        return status.into_response();
    }
    let mut keys = vec![json!({"kty": "oct", "kid": "odd"}), json!("odder"), jwk(1)];
    if script.publishes_next {
        keys.push(jwk(2));
    }
    Json(json!({"keys": keys})).into_response()
}

async fn userinfo(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    let mut script = shared.script.lock().unwrap();
    script.asked.push("userinfo");
    let is_ours = headers
        .get(header::AUTHORIZATION)
        .is_some_and(|value| value == "Bearer canary-access-token");
    match &script.userinfo {
        Some(userinfo) if is_ours => Json(userinfo.clone()).into_response(),
        Some(_) => StatusCode::UNAUTHORIZED.into_response(),
        None => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn is_client(headers: &HeaderMap) -> bool {
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let basic = STANDARD.encode(format!("{}:{}", encode(CLIENT), encode(SECRET)));
    let header = headers.get(header::AUTHORIZATION);
    header.is_some_and(|value| value == &format!("Basic {basic}"))
}

fn form(body: &[u8]) -> HashMap<String, String> {
    form_urlencoded::parse(body).into_owned().collect()
}

fn refused(error: &str) -> Response {
    let body = json!({"error": error, "error_description": "the test says so"});
    (StatusCode::BAD_REQUEST, Json(body)).into_response()
}

async fn revoke(
    State(shared): State<Shared>,
    headers: HeaderMap,
    RawForm(body): RawForm,
) -> Response {
    let mut script = shared.script.lock().unwrap();
    script.asked.push("revoke");
    if !is_client(&headers) {
        return refused("invalid_client");
    }
    let token = form(&body)["token"].clone();
    script.revoked.push(token);
    shared.revocations.add_permits(1);
    StatusCode::OK.into_response()
}

async fn token(
    State(shared): State<Shared>,
    headers: HeaderMap,
    RawForm(body): RawForm,
) -> Response {
    let mut script = shared.script.lock().unwrap();
    script.asked.push("token");
    if let Some(status) = script.status {
        return status.into_response();
    }
    if !is_client(&headers) {
        return refused("invalid_client");
    }
    let form = form(&body);
    let nonce = match form["grant_type"].as_str() {
        "authorization_code" => {
            let Some((nonce, challenge)) = script.codes.remove(&form["code"]) else {
                return refused("invalid_grant");
            };
            let verifier = URL_SAFE_NO_PAD.encode(Sha256::digest(&form["code_verifier"]));
            let is_callback = form["redirect_uri"].ends_with("/handler/frame");
            if verifier != challenge || !is_callback {
                return refused("invalid_grant");
            }
            Some(nonce)
        }
        "refresh_token" if script.revoked.contains(&form["refresh_token"]) => {
            return refused("invalid_grant");
        }
        "refresh_token" => None,
        _ => return refused("unsupported_grant_type"),
    };
    let id_token = id_token(&script, nonce);
    let mut tokens = json!({
        "access_token": "canary-access-token",
        "id_token": id_token,
        "token_type": "Bearer",
        "expires_in": 3600,
        "scope": "openid profile email",
    });
    if let Some(token) = &script.refresh_token {
        tokens["refresh_token"] = json!(token);
    }
    merge(&mut tokens, &script.tokens);
    Json(tokens).into_response()
}

fn id_token(script: &Script, nonce: Option<String>) -> String {
    let now = SystemClock.now().as_second();
    let mut claims = json!({
        "iss": "https://issuer.example/pool", "aud": CLIENT, "sub": "4711",
        "iat": now, "exp": now + 3600, "token_use": "id",
        "at_hash": URL_SAFE_NO_PAD.encode(&Sha256::digest("canary-access-token")[..16]),
    });
    if let Some(nonce) = nonce {
        claims["nonce"] = json!(nonce);
    }
    merge(&mut claims, &script.claims);
    let (algorithm, kid) = match script.signing {
        Signing::Own | Signing::Foreign => ("ES256", "key-1"),
        Signing::Next => ("ES256", "key-2"),
        Signing::Nobody => ("none", "key-1"),
        Signing::PublicKeyAsSecret | Signing::ClientSecret => ("HS256", "key-1"),
    };
    let mut header = json!({"alg": algorithm, "kid": kid});
    merge(&mut header, &script.header);
    let text = format!("{}.{}", part(&header), part(&claims));
    let signed = |number: u8| {
        let signature: Signature = key(number).sign(text.as_bytes());
        URL_SAFE_NO_PAD.encode(signature.to_bytes())
    };
    let signature = match script.signing {
        Signing::Own => signed(1),
        Signing::Next => signed(2),
        Signing::Foreign => signed(3),
        Signing::Nobody => String::new(),
        Signing::PublicKeyAsSecret => hmac(jwk(1).to_string().as_bytes(), &text),
        Signing::ClientSecret => hmac(SECRET.as_bytes(), &text),
    };
    format!("{text}.{signature}")
}
