//! Tests of `callboard token`: who gets one, and who is refused.

use crate::program::{Place, stderr, stdout};

#[test]
fn a_token_made_while_the_hub_runs_is_accepted_by_it() {
    let place = Place::new();
    let hub = place.serve();

    let output = place.run(&["token", "--user", "user:default/ann", "--expires-in", "5m"]);
    let token = stdout(&output).trim_end().to_owned();
    let userinfo = hub.ask("GET", "/api/auth/v1/userinfo", Some(&token), "");
    let entities = hub.ask(
        "GET",
        "/api/catalog/entities?fields=metadata.name&filter=kind=component",
        Some(&token),
        "",
    );
    hub.terminate();

    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(token.split('.').count(), 3, "{token}");
    assert!(
        userinfo.contains(r#""ent":["user:default/ann","group:default/ushers"]"#),
        "{userinfo}"
    );
    assert!(
        entities.ends_with(r#"[{"metadata":{"name":"till"}}]"#),
        "{entities}"
    );
}

#[test]
fn an_unknown_user_gets_only_their_own_reference_and_a_warning() {
    let place = Place::new();
    place.serve().terminate();

    let output = place.run(&["token", "--user", "user:default/nobody"]);

    assert_eq!(output.status.code(), Some(0));
    assert_eq!(stdout(&output).trim_end().split('.').count(), 3);
    assert!(
        stderr(&output).contains("user:default/nobody"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn a_lifetime_over_a_day_is_refused() {
    let place = Place::new();
    place.serve().terminate();

    let output = place.run(&["token", "--user", "user:default/ann", "--expires-in", "25h"]);

    assert_ne!(output.status.code(), Some(0));
    assert!(output.stdout.is_empty());
    assert!(stderr(&output).contains("24"), "{}", stderr(&output));
}

#[test]
fn a_database_in_memory_has_no_key_that_the_command_could_use() {
    let place = Place::new();
    place.write(
        "memory.yaml",
        "backend: {database: {client: better-sqlite3, connection: ':memory:'}}\n",
    );

    let output = place.run(&[
        "token",
        "--user",
        "user:default/ann",
        "--config=app-config.yaml",
        "--config=memory.yaml",
    ]);

    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
}
