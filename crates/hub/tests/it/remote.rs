//! Another backend with the plugin `props`: a server on the loopback address with a key of its own.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use p256::ecdsa::SigningKey;
use p256::pkcs8::{EncodePrivateKey, LineEnding};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

const JWKS: &str = "/.backstage/auth/v1/jwks.json";
const METADATA: &str = "/.well-known/backstage/permissions/metadata";
const CONDITIONS: &str = "/.well-known/backstage/permissions/apply-conditions";

/// The backend; it serves until the test ends.
#[derive(Clone)]
pub(crate) struct Remote {
    address: String,
    state: Arc<Mutex<Inner>>,
}

struct Inner {
    keys: Vec<RemoteKey>,
    metadata: Reply,
    conditions: Reply,
    asked: Vec<Asked>,
}

/// What a path answers.
#[derive(Clone)]
pub(crate) enum Reply {
    Json(Value),
    Text(&'static str),
    Status(u16),
    /// ALLOW for each of these references, DENY for all others.
    Allowing(&'static [&'static str]),
    /// Nothing, for longer than anybody waits.
    Never,
}

/// A question that came.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) path: String,
    pub(crate) token: Option<String>,
    pub(crate) body: Value,
}

struct RemoteKey {
    id: String,
    key: SigningKey,
}

impl RemoteKey {
    /// The `number`th key; the same number gives the same key.
    fn new(number: u8) -> RemoteKey {
        RemoteKey {
            id: format!("remote-{number}"),
            key: SigningKey::from_slice(&[number; 32]).unwrap(),
        }
    }

    fn to_jwk(&self) -> Value {
        let point = self.key.verifying_key().to_encoded_point(false);
        let [x, y] = [point.x(), point.y()].map(|part| URL_SAFE_NO_PAD.encode(part.unwrap()));
        json!({"kty": "EC", "x": x, "y": y, "crv": "P-256", "kid": self.id, "alg": "ES256"})
    }

    fn sign(&self, payload: &Value) -> String {
        let mut header = Header::new(Algorithm::ES256);
        header.typ = Some("vnd.backstage.plugin".to_owned());
        header.kid = Some(self.id.clone());
        let pem = self.key.to_pkcs8_pem(LineEnding::LF).unwrap();
        let key = EncodingKey::from_ec_pem(pem.as_bytes()).unwrap();
        jsonwebtoken::encode(&header, payload, &key).unwrap()
    }
}

impl Remote {
    pub(crate) async fn start() -> Remote {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let inner = Inner {
            keys: vec![RemoteKey::new(1)],
            metadata: Reply::Status(404),
            conditions: Reply::Status(404),
            asked: Vec::new(),
        };
        let remote = Remote {
            address: listener.local_addr().unwrap().to_string(),
            state: Arc::new(Mutex::new(inner)),
        };
        let router = Router::new().fallback(answer).with_state(remote.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        remote
    }

    /// What a hub is configured with to know the plugin.
    pub(crate) fn config(&self) -> Value {
        let target = format!("http://{}/api/{{{{ pluginId }}}}", self.address);
        json!({
            "discovery": {"endpoints": [{"target": {"internal": target}, "plugins": ["props"]}]},
            "permission": {"rbac": {"pluginsWithPermission": ["props"]}},
        })
    }

    /// A token with these claims, by the newest key.
    pub(crate) fn sign(&self, payload: &Value) -> String {
        self.state
            .lock()
            .unwrap()
            .keys
            .last()
            .unwrap()
            .sign(payload)
    }

    /// The newest key is replaced by another one, and no longer published.
    pub(crate) fn rotate(&self) {
        let mut state = self.state.lock().unwrap();
        let number = u8::try_from(state.keys.len() + 1).unwrap();
        state.keys.push(RemoteKey::new(number));
    }

    pub(crate) fn answer_metadata(&self, reply: Reply) {
        self.state.lock().unwrap().metadata = reply;
    }

    pub(crate) fn answer_conditions(&self, reply: Reply) {
        self.state.lock().unwrap().conditions = reply;
    }

    /// The questions for keys, so far.
    pub(crate) fn asked_for_keys(&self) -> Vec<Asked> {
        self.asked(JWKS)
    }

    /// The questions for permissions and rules, so far.
    pub(crate) fn asked_for_metadata(&self) -> Vec<Asked> {
        self.asked(METADATA)
    }

    /// The questions about conditions, so far.
    pub(crate) fn asked_for_verdicts(&self) -> Vec<Asked> {
        self.asked(CONDITIONS)
    }

    fn asked(&self, path: &str) -> Vec<Asked> {
        let state = self.state.lock().unwrap();
        let of_path = state.asked.iter().filter(|asked| asked.path == path);
        of_path.cloned().collect()
    }
}

impl Asked {
    /// The header and the claims of the token that came with the question.
    pub(crate) fn token_parts(&self) -> [Value; 2] {
        let token = self.token.as_deref().unwrap();
        let mut parts = token.split('.').map(|part| URL_SAFE_NO_PAD.decode(part));
        [(); 2].map(|()| serde_json::from_slice(&parts.next().unwrap().unwrap()).unwrap())
    }
}

async fn answer(State(remote): State<Remote>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().strip_prefix("/api/props").unwrap_or("");
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let asked = Asked {
        path: path.to_owned(),
        token: bearer(&parts.headers),
        body: json_of(&body),
    };
    let reply = {
        let mut state = remote.state.lock().unwrap();
        state.asked.push(asked.clone());
        match path {
            JWKS => Reply::Json(json!({"keys": [state.keys.last().unwrap().to_jwk()]})),
            METADATA => state.metadata.clone(),
            CONDITIONS => state.conditions.clone(),
            _ => Reply::Status(404),
        }
    };
    match reply {
        Reply::Json(value) => axum::Json(value).into_response(),
        Reply::Text(text) => text.into_response(),
        Reply::Status(status) => StatusCode::from_u16(status).unwrap().into_response(),
        Reply::Allowing(refs) => axum::Json(verdicts(&asked.body, refs)).into_response(),
        Reply::Never => std::future::pending().await,
    }
}

fn verdicts(body: &Value, allowed: &[&str]) -> Value {
    let verdict = |item: &Value| {
        let is_allowed = allowed.iter().any(|name| item["resourceRef"] == *name);
        json!({"id": item["id"], "result": if is_allowed { "ALLOW" } else { "DENY" }})
    };
    let items: Vec<Value> = body["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(verdict)
        .collect();
    json!({"items": items})
}

fn bearer(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().unwrap();
    value.strip_prefix("Bearer ").map(str::to_owned)
}

fn json_of(body: &Bytes) -> Value {
    serde_json::from_slice(body).unwrap_or_default()
}
