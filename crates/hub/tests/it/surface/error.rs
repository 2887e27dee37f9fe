//! Tests of error answers: names, messages, addresses, and what stays hidden.

use super::surrounded;
use crate::support::Log;
use axum::Router;
use axum::body::Body;
use axum::http::Method;
use axum::routing::get;
use callboard_hub::Error;
use callboard_store::StoreError;
use callboard_testkit::TestHub;
use serde_json::{Value, json};

#[tokio::test]
async fn without_credentials_the_address_in_the_body_is_whole() {
    let hub = TestHub::start().await;

    let answer = hub.anonymous().get("/api/catalog/entities?limit=1").await;

    assert_eq!(answer.status, 401);
    assert_eq!(
        answer.header("content-type"),
        "application/json; charset=utf-8"
    );
    insta::assert_json_snapshot!(answer.json(), @r#"
    {
      "error": {
        "name": "AuthenticationError",
        "message": "Missing credentials"
      },
      "request": {
        "method": "GET",
        "url": "/api/catalog/entities?limit=1"
      },
      "response": {
        "statusCode": 401
      }
    }
    "#);
}

#[tokio::test]
async fn the_catalog_gives_addresses_relative_to_itself() {
    let hub = TestHub::start().await;
    let service = hub.service();

    let missing = service
        .get("/api/catalog/entities/by-name/component/default/nothing")
        .await;
    let unclear = service.get("/api/catalog/entities?bogus=1").await;

    assert_eq!(missing.status, 404);
    assert_eq!(
        missing.json()["request"]["url"],
        "/entities/by-name/component/default/nothing"
    );
    assert_eq!(missing.error()["name"], "NotFoundError");
    assert_eq!(unclear.status, 400);
    assert_eq!(unclear.json()["request"]["url"], "/entities?bogus=1");
    assert_eq!(unclear.error()["name"], "InputError");
}

#[tokio::test]
async fn the_permission_plugin_gives_addresses_relative_to_itself() {
    let hub = TestHub::start().await;
    let reader = hub.user("user:default/nobody").await;

    let refused = reader.get("/api/permission/roles").await;
    let unclear = reader.post("/api/permission/authorize", &json!({})).await;

    assert_eq!(refused.status, 403);
    insta::assert_json_snapshot!(refused.json(), @r#"
    {
      "error": {
        "name": "NotAllowedError",
        "message": ""
      },
      "request": {
        "method": "GET",
        "url": "/roles"
      },
      "response": {
        "statusCode": 403
      }
    }
    "#);
    assert_eq!(unclear.status, 400);
    assert_eq!(unclear.error()["name"], "InputError");
    assert_eq!(
        unclear.json()["request"],
        json!({"method": "POST", "url": "/authorize"})
    );
}

#[tokio::test]
async fn what_belongs_to_nothing_is_an_empty_404() {
    let hub = TestHub::start().await;

    for path in [
        "/api/nowhere",
        "/api/nowhere/deep?x=1",
        "/api",
        "/nowhere",
        "/.backstage/nowhere",
    ] {
        for client in [hub.anonymous(), hub.service()] {
            let answer = client.get(path).await;

            assert_eq!(
                (answer.status.as_u16(), answer.text().as_str()),
                (404, ""),
                "{path}"
            );
        }
    }
}

#[tokio::test]
async fn within_a_plugin_nothing_is_found_out_without_credentials() {
    let hub = TestHub::start().await;
    let absent = [
        (Method::GET, "/api/catalog/nowhere"),
        (Method::PATCH, "/api/catalog/entities"),
    ];

    for (method, path) in absent {
        let stranger = hub
            .anonymous()
            .send(method.clone(), path, None, Body::empty())
            .await;
        let service = hub.service().send(method, path, None, Body::empty()).await;

        assert_eq!(stranger.status, 401, "{path}");
        assert_eq!(
            (service.status.as_u16(), service.text().as_str()),
            (404, ""),
            "{path}"
        );
        assert_eq!(service.header("allow"), "", "{path}");
    }
}

#[tokio::test]
async fn a_slash_at_the_end_of_a_path_does_not_matter() {
    let hub = TestHub::start().await;

    let with = hub.service().get("/api/permission/?x=1").await;
    let without = hub.service().get("/api/permission?x=1").await;
    let list = hub.service().get("/api/catalog/entities/?limit=1").await;
    let missing = hub
        .service()
        .get("/api/catalog/entities/by-uid/nothing/")
        .await;

    assert_eq!((with.status, with.text()), (without.status, without.text()));
    assert_eq!(with.json()["status"], "Authorized");
    assert_eq!((list.status.as_u16(), list.text().as_str()), (200, "[]"));
    assert_eq!(
        missing.json()["request"]["url"],
        "/entities/by-uid/nothing/"
    );
}

#[tokio::test]
async fn a_body_that_is_no_json_is_a_syntax_error() {
    let hub = TestHub::start().await;
    let reader = hub.user("user:default/nobody").await;

    let send = async |body: &'static str| {
        reader
            .send(
                Method::POST,
                "/api/permission/authorize",
                Some("application/json"),
                Body::from(body),
            )
            .await
    };
    let broken = send("{\"items\": [").await;

    assert_eq!(broken.status, 400);
    assert_eq!(broken.error()["name"], "SyntaxError");
}

#[tokio::test]
async fn a_body_over_the_limit_is_413_and_for_the_catalog_400() {
    let hub = TestHub::start().await;
    let reader = hub.user("user:default/nobody").await;
    let refs = |count: usize| json!({"entityRefs": vec!["component:default/box-office"; count]});

    let permission = reader.post("/api/permission/authorize", &refs(4000)).await;
    let catalog = reader
        .post("/api/catalog/entities/by-refs", &refs(4000))
        .await;
    let fits = reader
        .post("/api/catalog/entities/by-refs", &refs(3000))
        .await;

    assert_eq!(permission.status, 413);
    assert_eq!(
        permission.error(),
        json!({"name": "PayloadTooLargeError", "message": "request entity too large"})
    );
    assert_eq!(catalog.status, 400);
    assert_eq!(
        catalog.error(),
        json!({"name": "InputError", "message": "request entity too large"})
    );
    assert_eq!(fits.status, 200);
}

#[tokio::test]
async fn a_fault_is_told_to_the_log_and_hidden_from_the_caller() {
    let log = Log::capture();
    let fault = || async { Err::<(), _>(Error::internal("the disk is full of secrets")) };
    let client = surrounded(Router::new().route("/fault", get(fault)), &json!({}));

    let answer = client.get("/fault?token=hush").await;

    assert_eq!(answer.status, 500);
    let error = answer.error();
    let (_, id) = error["message"]
        .as_str()
        .unwrap()
        .split_once(" logId=")
        .unwrap();
    assert_eq!((id.len(), error["name"].as_str()), (20, Some("Error")));
    assert!(!answer.text().contains("disk"), "{}", answer.text());
    let [line] = &log.of_type("errorHandler")[..] else {
        panic!("{}", log.text())
    };
    assert_eq!(line["level"], "error");
    assert_eq!(line["logId"], id);
    assert_eq!(line["cause"], "the disk is full of secrets");
    assert_eq!(
        (&line["method"], &line["path"]),
        (&json!("GET"), &json!("/fault"))
    );
}

#[tokio::test]
async fn a_panic_is_a_fault_like_any_other() {
    let log = Log::capture();
    let panics = get(|| async {
        if true {
            panic!("a bound was not visible")
        }
    });
    let client = surrounded(Router::new().route("/panics", panics), &json!({}));

    let answer = client.get("/panics").await;

    assert_eq!(answer.status, 500);
    assert_eq!(
        answer.header("content-type"),
        "application/json; charset=utf-8"
    );
    assert_eq!(answer.header("x-frame-options"), "SAMEORIGIN");
    assert_eq!(
        answer.json()["request"],
        json!({"method": "GET", "url": "/panics"})
    );
    let message = answer.error()["message"].as_str().unwrap().to_owned();
    assert!(
        message.starts_with("An internal error occurred logId="),
        "{message}"
    );
    let [line] = &log.of_type("errorHandler")[..] else {
        panic!("{}", log.text())
    };
    assert_eq!(line["cause"], "a handler panicked: a bound was not visible");
    assert!(message.ends_with(line["logId"].as_str().unwrap()));
}

#[tokio::test]
async fn a_failure_that_names_itself_is_logged_too() {
    let log = Log::capture();
    let away = || async { Err::<(), _>(Error::unavailable("away")) };
    let refused = || async { Err::<(), _>(Error::Input("unclear".to_owned())) };
    let router = Router::new()
        .route("/away", get(away))
        .route("/refused", get(refused));
    let client = surrounded(router, &json!({}));

    let answer = client.get("/away").await;
    client.get("/refused").await;

    assert_eq!(
        answer.error(),
        json!({"name": "ServiceUnavailableError", "message": "away"})
    );
    let [line] = &log.of_type("errorHandler")[..] else {
        panic!("{}", log.text())
    };
    assert_eq!(
        (&line["level"], &line["message"]),
        (
            &json!("warn"),
            &json!("Request failed with status 503 away")
        )
    );
    assert_eq!(line["cause"], Value::Null);
}

#[tokio::test]
async fn a_database_that_does_not_answer_is_logged_with_its_cause() {
    let log = Log::capture();
    let away = || async {
        let cause = std::io::Error::other("the disk is gone");
        Err::<(), _>(Error::from(StoreError::Unavailable(cause.into())))
    };
    let client = surrounded(Router::new().route("/away", get(away)), &json!({}));

    let answer = client.get("/away").await;

    assert_eq!(
        answer.error(),
        json!({
            "name": "ServiceUnavailableError",
            "message": "the database does not answer at the moment",
        })
    );
    let [line] = &log.of_type("errorHandler")[..] else {
        panic!("{}", log.text())
    };
    assert_eq!(
        line["cause"],
        "the database is not available: the disk is gone"
    );
}
