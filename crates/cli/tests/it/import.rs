//! Tests of `callboard import`: what it reads, what it prints, and what it keeps to itself.

use crate::program::{Place, Running, stderr, stdout};
use callboard_testkit::Postgres;
use std::process::Output;
use std::time::{Duration, Instant};

/// The tables of an installation, one role, and a row that cannot be used.
const INSTALLATION: &str = r#"
CREATE TABLE casbin_rule (id serial PRIMARY KEY, ptype varchar, v0 varchar, v1 varchar, v2 varchar, v3 varchar);
CREATE TABLE "role-metadata" (id serial, "roleEntityRef" varchar, source varchar, "createdAt" timestamptz);
INSERT INTO casbin_rule (ptype, v0, v1, v2, v3) VALUES
    ('g', 'user:default/ann', 'role:default/tellers', NULL, NULL),
    ('p', 'role:default/tellers', 'catalog.entity.create', 'create', 'allow'),
    ('p', 'role:default/tellers', 'catalog.entity.create', NULL, 'allow');
INSERT INTO "role-metadata" ("roleEntityRef", source) VALUES ('role:default/tellers', 'rest');
"#;

/// A database with the tables, for a user `hub` with the password `hush`.
fn installation() -> String {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    runtime.block_on(async {
        let postgres = Postgres::start().await;
        let url = postgres.database("backstage").await;
        let user =
            "CREATE ROLE guarded; CREATE ROLE hub LOGIN SUPERUSER PASSWORD 'hush' IN ROLE guarded;";
        postgres
            .execute(&url, &format!("{user}{INSTALLATION}"))
            .await;
        url.replace("postgres@", "hub:hush@")
    })
}

fn import(place: &Place, options: &[&str]) -> Output {
    place.run(&[&["import", "rhdh"], options].concat())
}

#[test]
fn roles_are_imported_once_and_the_hub_has_them() {
    let place = Place::new();
    let url = installation();

    let dry = import(&place, &["--from", &url, "--dry-run"]);
    let first = import(&place, &["--from", &url]);
    let second = import(&place, &["--from", &url]);
    let hub = place.serve();
    let token = stdout(&place.run(&["token", "--user", "user:default/warden"]));
    let role = hub.ask(
        "GET",
        "/api/permission/policies/role/default/tellers",
        Some(token.trim_end()),
        "",
    );
    hub.terminate();

    assert_eq!(first.status.code(), Some(0), "{}", stderr(&first));
    let text = stdout(&first);
    assert!(text.contains("roles              1       1"), "{text}");
    assert!(text.contains("value 3 of 4 is missing"), "{text}");
    assert!(text.ends_with("\nImported.\n"), "{text}");
    assert_eq!(
        stdout(&dry),
        text.replace("Imported.", "Dry run: nothing was written.")
    );
    assert_eq!(second.status.code(), Some(0));
    assert!(stdout(&second).ends_with("\nNothing to do.\n"));
    assert!(
        role.contains(r#""permission":"catalog.entity.create""#),
        "{role}"
    );
    for output in [&dry, &first, &second] {
        assert!(!(stdout(output) + &stderr(output)).contains("hush"));
    }
}

#[test]
fn the_password_may_come_from_the_environment_and_the_report_be_json() {
    let place = Place::new();
    let url = installation().replace("hub:hush@", "hub@");
    let arguments = ["import", "rhdh", "--format=json", "--from", &url];

    let without = place.run(&arguments);
    let with = place.command(&arguments).env("PGPASSWORD", "hush").output();
    let with = with.unwrap();

    assert_eq!(without.status.code(), Some(1));
    assert_eq!(with.status.code(), Some(0), "{}", stderr(&with));
    let report: serde_json::Value = serde_json::from_slice(&with.stdout).unwrap();
    assert_eq!(report["counts"]["policy"]["added"], 1);
    assert_eq!(report["notes"][0]["outcome"], "skipped");
    assert_eq!(report["notes"][0]["place"], "casbin_rule 3");
}

#[test]
fn another_hub_is_read_with_the_token_of_a_file_or_of_the_environment() {
    let there = Place::new();
    let hub = there.serve();
    let token = stdout(&there.run(&["token", "--user", "user:default/warden"]));
    let here = Place::new();
    here.write("token.txt", &token);
    let base = format!("http://127.0.0.1:{}", there.port);

    let file = import(&here, &["--from-api", &base, "--token-file", "token.txt"]);
    let variable = here
        .command(&["import", "rhdh", "--from-api", &base])
        .env("CALLBOARD_IMPORT_TOKEN", token.trim_end())
        .output();
    let none = import(&here, &["--from-api", &base]);
    hub.terminate();

    assert_eq!(file.status.code(), Some(0), "{}", stderr(&file));
    assert!(stdout(&file).contains("only as long as `./policies.csv` has it"));
    assert!(stdout(&variable.unwrap()).ends_with("\nNothing to do.\n"));
    assert_eq!(none.status.code(), Some(1));
    assert!(
        stderr(&none).contains("CALLBOARD_IMPORT_TOKEN"),
        "{}",
        stderr(&none)
    );
}

#[test]
fn one_source_must_be_named_and_an_address_is_never_repeated() {
    let place = Place::new();

    for arguments in [
        &[][..],
        &["--from", "postgres://a/b", "--from-api", "http://c"],
        &["--from-api", "http://c", "--schema", "permission"],
        &["--from", "postgres://a/b", "--token", "t"],
    ] {
        let output = import(&place, arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
    for url in [
        "mysql://hub:hush@db/x",
        "postgres://hub:hush@db:x/y",
        "hush",
    ] {
        let output = import(&place, &["--from", url]);

        assert_eq!(output.status.code(), Some(1), "{url}");
        let text = stderr(&output);
        assert!(
            text.contains("the address of the database") && !text.contains("hush"),
            "{text}"
        );
    }
}

/// What Ann is answered when she wants to create an entity.
fn decision(hub: &Running, token: &str) -> String {
    let question = r#"{"items":[{"id":"1","permission":{
        "type":"basic","name":"catalog.entity.create","attributes":{"action":"create"}}}]}"#;
    let answer = hub.ask("POST", "/api/permission/authorize", Some(token), question);
    let (_, rest) = answer
        .split_once(r#""result":""#)
        .unwrap_or_else(|| panic!("{answer}"));
    rest.chars().take_while(char::is_ascii_uppercase).collect()
}

#[test]
fn a_hub_that_runs_follows_what_another_process_imports() {
    let place = Place::new();
    let url = installation();
    let hub = place.serve();
    let token = stdout(&place.run(&["token", "--user", "user:default/ann"]));
    let token = token.trim_end();
    assert_eq!(decision(&hub, token), "DENY");

    let imported = import(&place, &["--from", &url]);
    let end = Instant::now();

    assert_eq!(imported.status.code(), Some(0), "{}", stderr(&imported));
    while decision(&hub, token) != "ALLOW" {
        assert!(
            end.elapsed() < Duration::from_secs(2),
            "the hub does not follow"
        );
        std::thread::sleep(Duration::from_millis(10));
    }
    let verified = place.run(&["audit", "verify"]);
    assert_eq!(verified.status.code(), Some(0), "{}", stderr(&verified));
    hub.terminate();
}
