//! The commands on PostgreSQL, beside a hub that runs there and after it.

use crate::program::{Place, stderr, stdout};
use callboard_testkit::Postgres;
use serde_json::Value;

/// A place whose records are in a PostgreSQL database.
fn place() -> Place {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    let url = runtime.block_on(async { Postgres::start().await.database("cli").await });
    let place = Place::new();
    place.keep_in_postgresql(&url);
    place
}

fn succeed(place: &Place, arguments: &[&str]) -> String {
    let output = place.run(arguments);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{arguments:?}: {}",
        stderr(&output)
    );
    stdout(&output)
}

#[test]
fn the_commands_work_beside_a_hub() {
    let place = place();
    let hub = place.serve();

    let token = succeed(&place, &["token", "--user", "user:default/ann"]);
    let userinfo = hub.ask("GET", "/api/auth/v1/userinfo", Some(token.trim_end()), "");
    let exported = succeed(&place, &["rbac", "export"]);
    let explained = succeed(
        &place,
        &[
            "rbac",
            "explain",
            "--user",
            "user:default/ann",
            "--permission",
            "catalog.entity.read",
        ],
    );
    hub.terminate();
    let verified = succeed(&place, &["audit", "verify", "--format=json"]);

    assert!(userinfo.starts_with("HTTP/1.1 200"), "{userinfo}");
    assert!(
        exported.contains("g, user:default/ann, role:default/readers"),
        "{exported}"
    );
    assert!(explained.contains("role:default/readers"), "{explained}");
    let report: Value = serde_json::from_str(&verified).expect("a report");
    assert_eq!(report["fault"], Value::Null);
    assert!(
        report["rows"].as_i64().is_some_and(|rows| rows > 0),
        "{report}"
    );
    assert!(!place.path("data").exists(), "nothing is kept in a file");
}

#[test]
fn a_server_that_is_away_is_named_and_not_its_password() {
    let place = Place::new();
    place.keep_in_postgresql("postgres://hub:hush@127.0.0.1:1/hub");

    for arguments in [
        &["serve"][..],
        &["token", "--user", "user:default/ann"],
        &["audit", "verify"],
        &["rbac", "export"],
    ] {
        let output = place.run(arguments);

        assert_ne!(output.status.code(), Some(0), "{arguments:?}");
        let said = stderr(&output);
        assert!(said.contains("postgres://hub@127.0.0.1:1/hub"), "{said}");
        assert!(!said.contains("hush"), "{said}");
    }
}
