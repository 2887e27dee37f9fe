//! Tests of `callboard audit verify`, beside a hub that runs and after it.

use crate::program::{Place, stderr, stdout};
use serde_json::{Value, json};
use std::path::PathBuf;

const VERIFY: [&str; 2] = ["audit", "verify"];

fn verify_json(place: &Place, more: &[&str]) -> (Option<i32>, Value) {
    let arguments = [&VERIFY, more, &["--format=json"]].concat();
    let output = place.run(&arguments);
    let answer = serde_json::from_str(&stdout(&output));
    let answer = answer.unwrap_or_else(|error| panic!("{error}: {}", stderr(&output)));
    (output.status.code(), answer)
}

fn issue_token(place: &Place) {
    let output = place.run(&["token", "--user", "user:default/ann"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}

/// The database of the place and what belongs to it, to be put back later.
fn backup(place: &Place) -> Vec<(PathBuf, Vec<u8>)> {
    let files = std::fs::read_dir(place.path("data")).expect("the hub made the folder");
    files
        .map(|file| {
            let path = file.expect("the folder can be read").path();
            let bytes = std::fs::read(&path).expect("the file can be read");
            (path, bytes)
        })
        .collect()
}

#[test]
fn the_command_and_the_hub_write_one_chain() {
    let place = Place::new();
    let hub = place.serve();

    let tokens: Vec<_> = (0..6)
        .map(|_| {
            let mut command = place.command(&["token", "--user", "user:default/ann"]);
            command.stdout(std::process::Stdio::null());
            command.spawn().expect("the program starts")
        })
        .collect();
    for _ in 0..6 {
        let answer = hub.ask("POST", "/api/auth/guest/refresh", None, "");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    for mut token in tokens {
        assert!(token.wait().expect("the program ends").success());
    }
    let (code, beside) = verify_json(&place, &[]);
    let (_, lines) = hub.terminate();
    let (_, after) = verify_json(&place, &[]);

    assert_eq!(code, Some(0), "{beside}");
    let rows = beside["rows"].as_i64().expect("a number");
    assert!(rows >= 12, "{beside}");
    assert_eq!((&beside["fault"], &after), (&Value::Null, &beside));
    let told = lines.iter().rev().find_map(|line| {
        let line: Value = serde_json::from_str(line).ok()?;
        (line["plugin"] == "audit" && line["hash"].is_string()).then_some(line)
    });
    let told = told.expect("the head is told at stop");
    let hash = told["hash"].as_str().unwrap_or_default();
    assert_eq!(beside["head"], json!(format!("{}:{hash}", told["number"])));
}

#[test]
fn a_log_that_was_put_back_to_an_older_state_is_found_with_a_head() {
    let place = Place::new();
    place.serve().terminate();
    issue_token(&place);
    let old = backup(&place);
    issue_token(&place);
    let (_, newest) = verify_json(&place, &[]);
    let head = newest["head"].as_str().expect("a head").to_owned();
    assert_eq!(verify_json(&place, &["--head", &head]).0, Some(0));

    for (path, bytes) in old {
        std::fs::write(path, bytes).expect("the file can be written");
    }

    assert_eq!(verify_json(&place, &[]).0, Some(0));
    let (code, answer) = verify_json(&place, &["--head", &head]);
    assert_eq!(
        (code, &answer["fault"]["kind"]),
        (Some(1), &json!("shorter-than-head"))
    );
    let rows = newest["rows"].as_i64().expect("a number");
    assert_eq!(answer["rows"], json!(rows - 1));
    let text = stdout(&place.run(&["audit", "verify", "--head", &head]));
    let said = format!(
        "fault: the log was cut off: it ends at row {}, and once had {rows}\n",
        rows - 1
    );
    assert!(text.starts_with(&said), "{text}");
}

#[test]
fn a_log_under_another_key_is_a_fault() {
    let place = Place::new();
    place.serve().terminate();
    issue_token(&place);
    let former = std::fs::read_to_string(place.path("data/audit.key")).expect("a key was made");
    let key = "Y29uZmlndXJlZCBjb25maWd1cmVkIGNvbmZpZ3VyZWQ=";
    place.write(
        "other.yaml",
        &format!("callboard: {{audit: {{key: {key}}}}}\n"),
    );
    place.write(
        "both.yaml",
        &format!(
            "callboard: {{audit: {{key: {key}, formerKeys: [{}]}}}}\n",
            former.trim()
        ),
    );

    let other = verify_json(&place, &["--config=app-config.yaml", "--config=other.yaml"]);
    let both = verify_json(&place, &["--config=app-config.yaml", "--config=both.yaml"]);

    assert_eq!(
        (other.0, &other.1["fault"]["kind"]),
        (Some(1), &json!("other-key"))
    );
    assert_eq!((both.0, &both.1["fault"]), (Some(0), &Value::Null));
}

#[test]
fn without_a_database_or_with_no_head_at_all_nothing_is_said_about_the_log() {
    let place = Place::new();

    let missing = place.run(&VERIFY);
    let unreadable = place.run(&["audit", "verify", "--head", "12"]);

    assert_eq!(
        (missing.status.code(), unreadable.status.code()),
        (Some(2), Some(2))
    );
    assert!(
        stderr(&missing).contains("there is no database"),
        "{}",
        stderr(&missing)
    );
    assert!(
        stderr(&unreadable).contains("`12`"),
        "{}",
        stderr(&unreadable)
    );
    assert!(!place.path("data").exists());
}
