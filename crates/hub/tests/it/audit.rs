//! What the log and the audit log say about requests.

use crate::support::Log;
use axum::http::HeaderMap;
use callboard_hub::audit::{Keys, Report, verify};
use callboard_hub::auth::csrf_token_for_sign_in;
use callboard_testkit::{Answer, TestHub};
use insta::assert_json_snapshot;
use serde_json::{Value, json};

/// The audit events of the log, in order.
fn events(log: &Log) -> Vec<Value> {
    let lines = log.lines().into_iter();
    lines
        .filter(|line| line["isAuditEvent"] == true)
        .map(|mut line| {
            for varying in ["timestamp", "service"] {
                line.as_object_mut().unwrap().shift_remove(varying);
            }
            line
        })
        .collect()
}

async fn sign_in(hub: &TestHub, csrf: Option<&str>) -> Answer {
    let form = csrf_token_for_sign_in(hub.app(), &HeaderMap::new()).unwrap();
    let cookie = form.set_cookie.unwrap();
    let cookie = cookie.to_str().unwrap().split(';').next().unwrap();
    let browser = hub
        .anonymous()
        .header("cookie", cookie)
        .header("user-agent", "Firefox");
    let csrf = csrf.unwrap_or(&form.token);
    browser
        .post_form("/sign-in/guest?from=test", &format!("_csrf={csrf}"))
        .await
}

async fn verified(hub: &TestHub) -> Report {
    let core = hub.app().core();
    let keys = Keys::find(&core.config, &core.store).await.unwrap();
    verify(&core.store, &keys, None).await.unwrap()
}

#[tokio::test]
async fn a_sign_in_is_two_lines_and_a_row() {
    let hub = TestHub::start().await;
    let before = verified(&hub).await.head.number;
    let log = Log::capture();

    let answer = sign_in(&hub, None).await;

    assert_eq!(answer.status, 303);
    let mut events = events(&log);
    let session = events[1]["meta"]["session"].take();
    assert_eq!(session.as_str().map(str::len), Some(43));
    assert_json_snapshot!(events, @r#"
    [
      {
        "actor": {
          "actorId": "anonymous",
          "userAgent": "Firefox"
        },
        "eventId": "sign-in",
        "isAuditEvent": true,
        "isAuditLog": true,
        "level": "info",
        "message": "auth.sign-in",
        "meta": {
          "provider": "guest"
        },
        "plugin": "auth",
        "request": {
          "url": "/sign-in/guest?from=test",
          "method": "POST"
        },
        "severityLevel": "medium",
        "status": "initiated"
      },
      {
        "actor": {
          "actorId": "user:default/guest",
          "userAgent": "Firefox"
        },
        "eventId": "sign-in",
        "isAuditEvent": true,
        "isAuditLog": true,
        "level": "info",
        "message": "auth.sign-in",
        "meta": {
          "provider": "guest",
          "session": null
        },
        "plugin": "auth",
        "request": {
          "url": "/sign-in/guest?from=test",
          "method": "POST"
        },
        "severityLevel": "medium",
        "status": "succeeded"
      }
    ]
    "#);
    let report = verified(&hub).await;
    assert_eq!((report.fault, report.head.number), (None, before + 1));
}

#[tokio::test]
async fn a_refused_sign_in_is_a_row_too_and_many_are_counted() {
    let hub = TestHub::start().await;
    let before = verified(&hub).await.head.number;
    let log = Log::capture();

    for _ in 0..50 {
        assert_eq!(sign_in(&hub, Some("forged")).await.status, 403);
    }

    let events = events(&log);
    assert_eq!(events.len(), 100);
    let last = &events[99];
    assert_eq!(
        (&last["status"], &last["meta"]),
        (
            &json!("failed"),
            &json!({"provider": "guest", "response": {"status": 403}})
        )
    );
    let error = last["error"].as_str().unwrap();
    assert!(error.starts_with("NotAllowedError: "), "{error}");
    assert_eq!(verified(&hub).await.head.number, before + 20);
}

#[tokio::test]
async fn a_sign_out_that_another_site_sends_is_refused_in_the_name_of_the_person() {
    let hub = TestHub::start().await;
    let answer = sign_in(&hub, None).await;
    let cookie = answer.header("set-cookie").split(';').next().unwrap();
    let before = verified(&hub).await.head.number;
    let log = Log::capture();

    let answer = hub
        .anonymous()
        .header("cookie", cookie)
        .post_form("/sign-out", "_csrf=forged")
        .await;

    assert_eq!(answer.status, 403);
    let said: Vec<_> = events(&log)
        .iter()
        .map(|event| json!([event["eventId"], event["status"], event["actor"]["actorId"]]))
        .collect();
    assert_eq!(
        said,
        [
            json!(["sign-out", "initiated", "user:default/guest"]),
            json!(["sign-out", "failed", "user:default/guest"])
        ]
    );
    assert_eq!(verified(&hub).await.head.number, before + 1);
}

#[tokio::test]
async fn a_token_of_the_guest_is_a_row_and_holds_no_token() {
    let hub = TestHub::start().await;
    let before = verified(&hub).await.head.number;
    let log = Log::capture();

    let answer = hub
        .anonymous()
        .post("/api/auth/guest/refresh", &json!({}))
        .await;

    let token = answer.json()["backstageIdentity"]["token"].clone();
    let events = events(&log);
    let said: Vec<_> = events
        .iter()
        .map(|event| {
            let text = |field: &Value| field.as_str().unwrap().to_owned();
            [
                text(&event["eventId"]),
                text(&event["status"]),
                text(&event["actor"]["actorId"]),
                text(&event["request"]["url"]),
            ]
        })
        .collect();
    let url = "/api/auth/guest/refresh";
    assert_eq!(
        said,
        [
            ["token-issue", "initiated", "anonymous", url],
            ["token-issue", "succeeded", "user:default/guest", url]
        ]
    );
    assert!(!log.text().contains(token.as_str().unwrap()));
    assert_eq!(verified(&hub).await.head.number, before + 1);
}

#[tokio::test]
async fn reads_and_decisions_are_no_rows() {
    let hub = TestHub::start().await;
    let ann = hub.user("user:default/ann").await;
    let before = verified(&hub).await.head;
    let log = Log::capture();

    ann.get("/api/catalog/entities").await;
    ann.get("/api/permission/roles").await;

    assert!(!events(&log).is_empty());
    assert_eq!(verified(&hub).await.head, before);
}

#[tokio::test]
async fn the_head_is_told_at_every_hundredth_row_and_at_stop() {
    let hub = TestHub::start().await;
    let before = verified(&hub).await.head.number;
    let log = Log::capture();

    for _ in before..203 {
        hub.anonymous()
            .post("/api/auth/guest/refresh", &json!({}))
            .await;
    }
    let head = verified(&hub).await.head;
    hub.stop().await;

    let told: Vec<(Value, Value)> = log
        .lines()
        .into_iter()
        .filter(|line| line["plugin"] == "audit" && line["hash"].is_string())
        .map(|line| (line["number"].clone(), line["hash"].clone()))
        .collect();
    let numbers: Vec<&Value> = told.iter().map(|(number, _)| number).collect();
    assert_eq!(numbers, [100, 200, 203]);
    assert_eq!(told[2].1, json!(head.hash));
}

#[tokio::test]
async fn without_the_record_nobody_is_signed_in() {
    let hub = TestHub::start().await;
    let mut tx = hub.app().core().store.begin().await.unwrap();
    tx.execute(callboard_store::Query::new("DROP TABLE audit_events"))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let log = Log::capture();

    let answer = sign_in(&hub, None).await;

    assert_eq!(answer.status, 500);
    let mut conn = hub.app().core().store.read().await.unwrap();
    let count = callboard_store::Query::new("SELECT COUNT(*) FROM auth_sessions");
    assert_eq!(conn.fetch_one::<i64>(count).await.unwrap(), 0);
    let is_told = |line: &Value| line["level"] == "error" && line["plugin"] == "audit";
    assert!(log.lines().iter().any(is_told), "{}", log.text());
}
