//! Tests of `callboard serve`: start, refusals at start, stop.

use crate::program::{POLICIES, Place, stderr, stdout};
use serde_json::{Value, json};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;

#[test]
fn without_a_configuration_file_the_hub_says_which_one_it_wants() {
    let place = Place::empty();

    let output = place.run(&[]);

    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("app-config.yaml"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn a_port_in_use_is_named_with_a_way_out() {
    let place = Place::new();
    let _taken = TcpListener::bind(("127.0.0.1", place.port)).unwrap();

    let output = place.run(&["serve"]);

    assert_eq!(output.status.code(), Some(1));
    let message = stderr(&output);
    assert!(
        message.contains(&format!("already listens on 127.0.0.1:{}", place.port)),
        "{message}"
    );
    assert!(message.contains("backend.listen.port"), "{message}");
    let log = stdout(&output);
    let line: Value = serde_json::from_str(log.lines().last().unwrap()).unwrap();
    assert_eq!(
        (&line["level"], &line["plugin"]),
        (&json!("error"), &json!("hub"))
    );
    let (said, help) = (&line["message"], &line["help"]);
    assert!(said.as_str().unwrap().contains("already listens"), "{line}");
    assert!(
        help.as_str().unwrap().contains("backend.listen.port"),
        "{line}"
    );
}

#[test]
fn a_broken_configuration_names_file_and_line() {
    let place = Place::new();
    place.write("extra.yaml", "backend:\n  listen: [1, 2\n");

    let output = place.run(&[
        "serve",
        "--config",
        "app-config.yaml",
        "--config=extra.yaml",
    ]);

    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("extra.yaml"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn every_line_of_the_log_is_json_and_a_signal_stops_the_hub_cleanly() {
    let place = Place::new();

    let hub = place.serve();
    let answer = hub.ask("GET", "/.backstage/health/v1/readiness", None, "");
    let (code, lines) = hub.terminate();

    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert_eq!(code, Some(0));
    for line in &lines {
        let value: Value =
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        let mut members = vec!["level", "message", "service", "timestamp"];
        if value["service"] == "backstage" {
            members.push("plugin");
        }
        for member in members {
            assert!(value[member].is_string(), "{member}: {line}");
        }
        assert!(
            value["level"] != "debug" && !line.contains('\x1b'),
            "{line}"
        );
    }
}

#[test]
fn the_database_belongs_to_its_owner_alone() {
    let place = Place::new();

    let hub = place.serve();
    let mode = |name: &str| {
        std::fs::metadata(place.path(name))
            .unwrap()
            .permissions()
            .mode()
            & 0o777
    };
    let modes = (mode("data"), mode("data/callboard.sqlite"));
    hub.terminate();

    assert_eq!(modes, (0o700, 0o600));
}

#[test]
fn a_role_changed_in_the_csv_file_changes_the_decision_after_a_restart() {
    const QUESTION: &str = r#"{"items":[{"id":"1","resourceRef":"component:default/till","permission":{"type":"resource","name":"catalog.entity.read","attributes":{"action":"read"},"resourceType":"catalog-entity"}}]}"#;
    let place = Place::new();
    let token = |place: &Place| {
        let output = place.run(&["token", "--user", "user:default/ann"]);
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };

    let hub = place.serve();
    let before = hub.ask(
        "POST",
        "/api/permission/authorize",
        Some(&token(&place)),
        QUESTION,
    );
    hub.terminate();
    place.write(
        "policies.csv",
        &POLICIES.replace("read, allow", "read, deny"),
    );
    let hub = place.serve();
    let after = hub.ask(
        "POST",
        "/api/permission/authorize",
        Some(&token(&place)),
        QUESTION,
    );
    hub.terminate();

    assert!(
        before.ends_with(r#"{"items":[{"id":"1","result":"ALLOW"}]}"#),
        "{before}"
    );
    assert!(
        after.ends_with(r#"{"items":[{"id":"1","result":"DENY"}]}"#),
        "{after}"
    );
}
