//! Tests of the headers that every answer has.

use callboard_testkit::TestHub;
use serde_json::json;

const SECURITY: [(&str, &str); 8] = [
    ("referrer-policy", "no-referrer"),
    (
        "strict-transport-security",
        "max-age=15552000; includeSubDomains",
    ),
    ("x-content-type-options", "nosniff"),
    ("x-dns-prefetch-control", "off"),
    ("x-download-options", "noopen"),
    ("x-frame-options", "SAMEORIGIN"),
    ("x-permitted-cross-domain-policies", "none"),
    ("x-xss-protection", "0"),
];

const API_POLICY: &str = "default-src 'self';base-uri 'self';font-src 'self' https: data:;frame-ancestors 'self';\
    img-src 'self' data:;object-src 'none';script-src 'self' 'unsafe-eval';script-src-attr 'none';\
    style-src 'self' https: 'unsafe-inline';upgrade-insecure-requests";

#[tokio::test]
async fn every_json_answer_names_its_charset() {
    let hub = TestHub::start().await;

    for path in [
        "/.backstage/health/v1/readiness",
        "/api/auth/.well-known/jwks.json",
        "/api/auth/nobody",
        "/api/catalog/entities",
        "/api/permission/health",
        "/api/permission/roles",
    ] {
        let answer = hub.service().get(path).await;

        assert_eq!(
            answer.header("content-type"),
            "application/json; charset=utf-8",
            "{path}"
        );
    }
}

#[tokio::test]
async fn every_answer_has_the_security_headers() {
    let hub = TestHub::start().await;

    for path in [
        "/",
        "/settings",
        "/nowhere",
        "/metrics",
        "/healthcheck",
        "/api/catalog/entities",
        "/api/nowhere",
    ] {
        let answer = hub.anonymous().get(path).await;

        for (name, value) in SECURITY {
            assert_eq!(answer.header(name), value, "{path} {name}");
        }
    }
}

#[tokio::test]
async fn the_api_has_the_policy_of_the_original_and_pages_a_stricter_one() {
    let hub = TestHub::start().await;

    let api = hub.anonymous().get("/api/catalog/entities").await;
    let page = hub.anonymous().get("/").await;

    assert_eq!(api.header("content-security-policy"), API_POLICY);
    assert_eq!(
        page.header("content-security-policy"),
        "default-src 'none';script-src 'self';style-src 'self';font-src 'self';img-src 'self';connect-src 'self';\
         form-action 'self';base-uri 'none';frame-ancestors 'none'"
    );
}

#[tokio::test]
async fn configuration_changes_the_policies_as_far_as_it_may() {
    let hub = TestHub::builder()
        .config(json!({"backend": {"csp": {
            "upgrade-insecure-requests": false,
            "scriptSrc": ["'unsafe-inline'"],
            "img-src": ["'self'", "https://pictures.example"],
            "frame-ancestors": false,
            "sandbox": [],
        }}}))
        .start()
        .await;

    let api = hub.anonymous().get("/api/catalog/entities").await;
    let page = hub.anonymous().get("/").await;

    assert_eq!(
        api.header("content-security-policy"),
        "default-src 'self';base-uri 'self';font-src 'self' https: data:;img-src 'self' https://pictures.example;\
         object-src 'none';script-src 'unsafe-inline';script-src-attr 'none';style-src 'self' https: 'unsafe-inline';\
         sandbox"
    );
    assert_eq!(
        page.header("content-security-policy"),
        "default-src 'none';script-src 'self';style-src 'self';font-src 'self';\
         img-src 'self' https://pictures.example;connect-src 'self';form-action 'self';base-uri 'none'"
    );
}
