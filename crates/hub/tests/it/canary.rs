//! No secret of the configuration comes out.
//!
//! Every test searches what it is answered and what is logged ([`canary`]); here everything that
//! is known to be a secret is configured at once, and every place is looked at on purpose.

use callboard_hub::Hub;
use callboard_hub::app::Mode;
use callboard_hub::clock::SystemClock;
use callboard_hub::finding::Severity;
use callboard_testkit::canary::{self, CANARY};
use callboard_testkit::{TestHub, TestHubBuilder};
use serde_json::json;
use std::sync::Arc;

/// Paths of every kind: pages, routes, what is broken, what is not there.
const PATHS: &[&str] = &[
    "/",
    "/catalog",
    "/settings",
    "/search",
    "/nowhere",
    "/catalog/default/component/nothing",
    "/.backstage/health/v1/readiness",
    "/api/auth/.well-known/openid-configuration",
    "/api/auth/.well-known/jwks.json",
    "/api/auth/v1/userinfo",
    "/api/auth/oidc/start?env=production",
    "/api/auth/oidc/refresh",
    "/api/catalog/entities",
    "/api/catalog/entities?filter=%ZZ",
    "/api/catalog/locations",
    "/api/catalog/openapi.json",
    "/api/permission/",
    "/api/permission/openapi.json",
    "/api/permission/roles",
    "/api/permission/policies",
    "/api/permission/sources",
    "/api/permission/plugins/policies",
    "/api/permission/plugins/condition-rules",
    "/api/search/query?term=secret",
    "/api/nothing",
];

fn builder() -> TestHubBuilder {
    TestHub::builder().on_disk().config(canary::secrets())
}

#[tokio::test]
async fn no_page_no_answer_and_no_line_tells_a_secret() {
    let hub = builder().start().await;
    let callers = [
        hub.anonymous(),
        hub.service(),
        hub.user("user:default/ann").await,
        crate::pages::guest(&hub).await,
        hub.anonymous().bearer("c4n4r-is-not-quite-a-token"),
        hub.anonymous()
            .header("origin", "https://elsewhere.example"),
    ];

    // Each answer is searched as it is given.
    for client in &callers {
        for path in PATHS {
            client.get(path).await;
            client.post(path, &json!({"broken": [null]})).await;
        }
    }

    assert_eq!(canary::told_by_log(), Vec::<String>::new());
}

#[tokio::test]
async fn whatever_holds_a_canary_is_known_to_be_a_secret() {
    let config = builder().to_config();

    let shown = config.redacted_json().to_string();
    let told: Vec<&str> = shown
        .split('"')
        .filter(|text| text.contains(CANARY))
        .collect();

    assert_eq!(told, Vec::<&str>::new());
    let count = config.to_json().to_string().matches(CANARY).count();
    let masked = config.secrets();
    let masked = masked
        .iter()
        .filter(|secret| secret.expose().contains(CANARY));
    assert_eq!(masked.count(), count, "each is masked in the log, too");
    assert!(!format!("{config:?}").contains(CANARY));
}

#[tokio::test]
async fn no_check_tells_a_secret() {
    let config = builder().to_config();

    let findings = Hub::check(config, Arc::new(SystemClock), Mode::Production);

    for finding in findings.await.unwrap() {
        assert!(!format!("{finding:?}").contains(CANARY), "{finding:?}");
    }
}

#[tokio::test]
async fn no_error_about_a_secret_tells_it() {
    let broken = [
        json!({"backend": {"auth": {"externalAccess": [
            {"type": "static", "options": {"token": format!("{CANARY} with spaces"), "subject": "ci"}},
        ]}}}),
        json!({"backend": {"auth": {"externalAccess": [
            {"type": "legacy", "options": {"secret": format!("{CANARY}!"), "subject": "ci"}},
        ]}}}),
        json!({"backend": {"auth": {"keys": [{"secret": format!("{CANARY}!")}]}}}),
        json!({"backend": {"https": {"certificate": {"cert": "none", "key": CANARY}}}}),
        json!({"backend": {"auth": {"externalAccess": [
            {"type": "static", "options": {"token": [CANARY, CANARY], "subject": "ci"}},
        ]}}}),
        json!({"callboard": {"audit": {"key": CANARY}}}),
        json!({"integrations": {"github": [{"host": "github.canary.example", "token": {"a": CANARY}}]}}),
        json!({"integrations": {"github": [{"host": "github.canary.example", "apps": [
            {"appId": 1, "privateKey": CANARY, "clientId": "id", "clientSecret": CANARY, "webhookSecret": CANARY},
        ]}]}}),
        json!({"backend": {"database": {"client": "pg", "connection": format!("postgres://hub:{CANARY}@[broken")}}}),
    ];
    for over in broken {
        let config = builder().config(over.clone()).to_config();

        let findings = Hub::check(config, Arc::new(SystemClock), Mode::Production)
            .await
            .unwrap();

        let is_found = findings
            .iter()
            .any(|finding| finding.severity == Severity::Error);
        assert!(is_found, "{over}: {findings:?}");
        let told = format!("{findings:?}");
        assert!(!told.contains(CANARY), "{told}");
    }
}
