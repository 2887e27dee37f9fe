//! How the document is served.

use super::contract::{Contract, METHODS};
use super::{CATALOG_TOKEN, builder, document};
use callboard_testkit::TestHub;
use insta::assert_snapshot;
use serde_json::{Value, json};

const PATH: &str = "/api/permission/openapi.json";

/// A path with something in place of each `{name}`.
fn fill(path: &str) -> String {
    let kinds = [
        ("{kind}", "role"),
        ("{namespace}", "default"),
        ("{name}", "x"),
        ("{id}", "1"),
    ];
    let fill = |path: String, (name, value): (&str, &str)| path.replace(name, value);
    kinds.into_iter().fold(path.to_owned(), fill)
}

#[tokio::test]
async fn any_caller_reads_the_document() {
    let hub = builder().start().await;

    let document = document(&hub).await;
    let program = hub.service().get(PATH).await;
    let stranger = hub.anonymous().get(PATH).await;

    assert_eq!(program.json(), document);
    assert_eq!(
        program.header("content-type"),
        "application/json; charset=utf-8"
    );
    assert_ne!(program.header("content-security-policy"), "");
    assert_eq!(stranger.status, 401);
    assert_eq!(stranger.error()["message"], "Missing credentials");
    let again = hub
        .service()
        .header("if-none-match", program.header("etag"));
    assert_eq!(again.get(PATH).await.status, 304);
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(
        document["servers"],
        json!([{"url": "http://localhost:7007/api/permission"}])
    );
}

#[tokio::test]
async fn plugins_without_a_document_have_no_such_route() {
    let hub = builder().start().await;

    let answer = hub.service().get("/api/scaffolder/openapi.json").await;

    assert_eq!((answer.status.as_u16(), answer.text().as_str()), (404, ""));
}

#[tokio::test]
async fn exactly_the_documented_operations_are_routed() {
    for enabled in [true, false] {
        let hub = TestHub::builder()
            .config(json!({"permission": {"enabled": enabled}}))
            .start()
            .await;
        let contract = Contract::new(document(&hub).await);
        let paths = contract.document()["paths"].as_object().unwrap();
        assert_eq!(paths.contains_key("/roles"), enabled);

        for (path, item) in paths {
            for method in METHODS {
                let answer = contract
                    .send(&hub.service(), method, &fill(path), Some(&json!({})))
                    .await;
                let is_routed = answer.status != 404 || !answer.body.is_empty();
                assert_eq!(is_routed, item[method].is_object(), "{method} {path}");
            }
        }
    }
}

#[tokio::test]
async fn the_barrier_stands_before_what_is_not_open() {
    let hub = builder().start().await;
    let contract = Contract::new(document(&hub).await);
    let restricted = hub.anonymous().bearer(CATALOG_TOKEN);
    let mut open = Vec::new();

    for operation in contract.operations() {
        let path = fill(operation.path);
        let stranger = contract
            .send(&hub.anonymous(), operation.method, &path, None)
            .await;
        if operation.is_open() {
            assert_eq!(stranger.status, 200, "{path}");
            open.push(operation.path);
            continue;
        }
        assert_eq!(stranger.status, 401, "{path}");
        contract.check_answer(&path, operation, &stranger);
        let refused = contract
            .send(&restricted, operation.method, &path, None)
            .await;
        assert_eq!(refused.status, 403, "{path}");
        contract.check_answer(&path, operation, &refused);
    }
    assert_eq!(open, ["/health", "/.backstage/auth/v1/jwks.json"]);
}

#[tokio::test]
async fn long_bodies_and_broken_ones_are_refused_where_there_are_bodies() {
    let hub = builder().start().await;
    let contract = Contract::new(document(&hub).await);
    let long = Value::from("x".repeat(101 * 1024));
    let mut told = String::new();

    for operation in contract.operations() {
        if !operation.value["requestBody"].is_object() {
            continue;
        }
        let path = fill(operation.path);
        let answer = contract
            .send(&hub.service(), operation.method, &path, Some(&long))
            .await;
        assert_eq!(answer.status, 413, "{path}");
        contract.check_answer(&path, operation, &answer);
        let broken = contract
            .send_text(&hub.service(), operation.method, &path, "{".to_owned())
            .await;
        assert_eq!(broken.error()["name"], "SyntaxError", "{path}");
        contract.check_answer(&path, operation, &broken);
        told += &format!("{} {}\n", operation.method, operation.path);
    }

    assert_snapshot!(told, @"
    post /authorize
    post /roles
    post /roles/{kind}/{namespace}/{name}
    put /roles/{kind}/{namespace}/{name}
    post /policies
    put /policies/{kind}/{namespace}/{name}
    delete /policies/{kind}/{namespace}/{name}
    post /roles/conditions
    put /roles/conditions/{id}
    post /plugins/id
    delete /plugins/id
    post /.well-known/backstage/permissions/apply-conditions
    ");
}
