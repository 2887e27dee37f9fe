//! Those who say who the hub is, on a port of this machine.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post, put};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;
use tokio::net::TcpListener;

/// The security token service, the agent of a node, and the metadata of a machine in one.
///
/// The agent gives its credentials for the token `pod-token`; the service gives them for any token
/// but `refused`.
pub(crate) struct Fake {
    address: String,
    shared: Shared,
    folder: TempDir,
}

#[derive(Clone, Default)]
struct Shared {
    asked: Arc<Mutex<Vec<String>>>,
    ends: Arc<Mutex<String>>,
}

impl Fake {
    /// Starts it; its credentials end at that time.
    pub(crate) async fn start(ends: &str) -> Fake {
        let shared = Shared::default();
        *shared.ends.lock().unwrap() = ends.to_owned();
        let metadata = "/latest/meta-data/iam/security-credentials";
        let router = Router::new()
            .route("/", post(sts))
            .route("/v1/credentials", get(agent))
            .route("/latest/api/token", put(metadata_token))
            .route(&format!("{metadata}/"), get(role_of_machine))
            .route(&format!("{metadata}/{{role}}"), get(machine))
            .with_state(shared.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Fake {
            address,
            shared,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }

    /// A file that holds this token.
    pub(crate) fn token(&self, text: &str) -> String {
        let path = self.folder.path().join("token");
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    /// What it was asked, the oldest first.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.shared.asked.lock().unwrap().clone()
    }
}

impl Shared {
    fn note(&self, question: impl Into<String>) {
        self.asked.lock().unwrap().push(question.into());
    }

    fn credentials(&self) -> String {
        let ends = self.ends.lock().unwrap();
        format!(
            r#"{{"Code": "Success", "Message": "", "AccessKeyId": "ASIA",
                "SecretAccessKey": "hush", "Token": "session", "Expiration": "{ends}"}}"#
        )
    }
}

async fn sts(State(shared): State<Shared>, body: Bytes) -> (StatusCode, String) {
    let body = String::from_utf8(body.to_vec()).unwrap();
    let is_refused = body.contains("WebIdentityToken=refused");
    shared.note(body);
    if is_refused {
        let error = "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>\
                     Not authorized to perform sts:AssumeRoleWithWebIdentity</Message></Error>\
                     <RequestId>1</RequestId></ErrorResponse>";
        return (StatusCode::FORBIDDEN, error.to_owned());
    }
    let ends = shared.ends.lock().unwrap();
    let answer = format!(
        "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>\
         <AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>hush</SecretAccessKey>\
         <SessionToken>session</SessionToken><Expiration>{ends}</Expiration></Credentials>\
         </AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>"
    );
    (StatusCode::OK, answer)
}

async fn agent(State(shared): State<Shared>, headers: HeaderMap) -> (StatusCode, String) {
    shared.note("GET /v1/credentials");
    match headers.get("authorization") {
        Some(token) if token == "pod-token" => (StatusCode::OK, shared.credentials()),
        _ => (StatusCode::UNAUTHORIZED, "no token".to_owned()),
    }
}

async fn metadata_token(State(shared): State<Shared>, headers: HeaderMap) -> &'static str {
    assert!(headers.contains_key("x-aws-ec2-metadata-token-ttl-seconds"));
    shared.note("PUT /latest/api/token");
    "metadata-token"
}

async fn role_of_machine(State(shared): State<Shared>, headers: HeaderMap) -> &'static str {
    assert_eq!(headers["x-aws-ec2-metadata-token"], "metadata-token");
    shared.note("GET /latest/meta-data/iam/security-credentials/");
    "hub-node"
}

async fn machine(
    State(shared): State<Shared>,
    Path(role): Path<String>,
    headers: HeaderMap,
) -> String {
    assert_eq!(headers["x-aws-ec2-metadata-token"], "metadata-token");
    shared.note(format!(
        "GET /latest/meta-data/iam/security-credentials/{role}"
    ));
    shared.credentials()
}
