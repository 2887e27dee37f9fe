//! Secrets that must not come out, in every test hub.
//!
//! The configuration of a [`TestHub`] has a value with [`CANARY`] in it wherever a secret stands.
//! Every answer that a [`Client`] is given is searched for it, headers and body, and so is every
//! line that is logged, as it is before anything is masked. So whatever a test is about, it fails
//! when a secret comes out on the way.
//!
//! [`TestHub`]: crate::TestHub
//! [`Client`]: crate::Client

use crate::client::Answer;
use callboard_hub::clock::SystemClock;
use callboard_hub::log::{Format, LogLayer};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, Once, PoisonError};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;

/// What every secret of a test hub has in it, and nothing else.
pub const CANARY: &str = "c4n4ry";

/// Whether anything is searched. Benches are spared: they measure.
const IS_ON: bool = cfg!(debug_assertions);

/// Lines of the log that tell a secret.
static TOLD: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// A secret.
pub fn secret(name: &str) -> String {
    format!("{CANARY}--{name}")
}

/// A secret that is base64 of 36 bytes; `name` has letters only.
pub fn base64_secret(name: &str) -> String {
    format!("{:A<48}", format!("{CANARY}{name}"))
}

/// Every key of the configuration that is known to hold a secret, each with a canary: those of the
/// hub, and those of plugins whose configuration it only carries.
///
/// No connection is made because of any of them. Keys in PEM are left out, since nothing can stand
/// in them: `backend.https.certificate.key`, `integrations.github[].apps[].privateKey`.
pub fn secrets() -> Value {
    let host = |name: &str, more: Value| {
        let mut entry = json!({"host": format!("{name}.canary.example")});
        for (key, value) in more.as_object().into_iter().flatten() {
            entry[key] = value.clone();
        }
        json!([entry])
    };
    json!({
        "backend": {
            "cache": {"store": "memory", "connection": secret("cache")},
            "auth": {"keys": [{"secret": base64_secret("keys")}]},
        },
        "callboard": {"audit": {"key": base64_secret("audit"), "formerKeys": [base64_secret("former")]}},
        "integrations": {
            "github": host("github", json!({"token": secret("github")})),
            "gitlab": host("gitlab", json!({"token": secret("gitlab"), "apiBaseUrl": "https://gitlab.canary.example/api/v4"})),
            "bitbucketServer": host("bitbucket", json!({"token": secret("bitbucket"), "apiBaseUrl": "https://bitbucket.canary.example/rest/api/1.0"})),
            "gitea": host("gitea", json!({"username": "hub", "password": secret("gitea")})),
            "azure": host("azure", json!({"credentials": [{"personalAccessToken": secret("azure")}]})),
            "awsS3": [{"accessKeyId": "id", "secretAccessKey": secret("s3")}],
        },
        "proxy": {"endpoints": {"/there": {"target": "https://there.canary.example", "headers": {"Authorization": secret("proxy"), "X-Key": secret("proxy-key")}}}},
        "catalog": {"providers": {"keycloakOrg": {"default": {"clientSecret": secret("keycloak"), "password": secret("keycloak-password")}}}},
        "kubernetes": {"clusterLocatorMethods": [{"type": "config", "clusters": [{"serviceAccountToken": secret("kubernetes")}]}]},
        "techdocs": {"publisher": {
            "awsS3": {"credentials": {"secretAccessKey": secret("techdocs")}},
            "azureBlobStorage": {"connectionString": secret("azure-blob"), "credentials": {"accountKey": secret("azure-account")}},
            "openStackSwift": {"credentials": {"secret": secret("swift")}},
        }},
        "jenkins": {"instances": [{"apiKey": secret("jenkins")}]},
        "argocd": {"appLocatorMethods": [{"instances": [{"token": secret("argocd"), "password": secret("argocd-password")}]}]},
        "sonarqube": {"apiKey": secret("sonarqube")},
        "quay": {"apiKey": secret("quay")},
    })
}

/// Searches the log of this process from now on.
pub(crate) fn watch_log() {
    static WATCH: Once = Once::new();
    if !IS_ON {
        return;
    }
    WATCH.call_once(|| {
        // Without secrets to mask: what a mask hides has come out already.
        let layer = LogLayer::new(Format::Json, &[], Arc::new(SystemClock))
            .into_sink(|line| {
                if line.contains(CANARY) {
                    told().push(line.to_owned());
                }
            })
            .with_level(LevelFilter::DEBUG);
        let subscriber = tracing_subscriber::registry().with(layer);
        // Whoever set another one watches it himself.
        let _set = tracing::subscriber::set_global_default(subscriber);
    });
}

/// The lines of the log that told a secret; empty in a good world.
pub fn told_by_log() -> Vec<String> {
    told().clone()
}

/// Fails the test when an answer, or the log before it, tells a secret.
///
/// # Panics
///
/// Then.
pub(crate) fn look_at(path: &str, answer: &Answer) {
    if !IS_ON {
        return;
    }
    let told = told_by_log();
    assert!(told.is_empty(), "the log tells a secret: {told:?}");
    let headers = format!("{:?}", answer.headers);
    let is_told = headers.contains(CANARY) || answer.text().contains(CANARY);
    assert!(
        !is_told,
        "the answer to {path} tells a secret: {headers} {}",
        answer.text()
    );
}

fn told() -> std::sync::MutexGuard<'static, Vec<String>> {
    TOLD.lock().unwrap_or_else(PoisonError::into_inner)
}
