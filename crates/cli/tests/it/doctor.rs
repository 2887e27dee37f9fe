//! Tests of `callboard doctor`: what it looks at, and how it exits.

use crate::program::{Place, stdout};
use callboard_testkit::Postgres;

#[test]
fn a_hub_that_would_start_is_well() {
    let place = Place::new();

    let output = place.run(&["doctor"]);

    assert_eq!(
        stdout(&output),
        "ok: configuration and the files that it names\nok: the database\nok: the port of the hub\n"
    );
    assert_eq!(output.status.code(), Some(0));
    assert!(!place.path("data").exists(), "nothing is made");
}

#[test]
fn a_hub_that_runs_is_not_disturbed() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    let url = runtime.block_on(async { Postgres::start().await.database("doctor").await });
    let place = Place::new();
    place.keep_in_postgresql(&url);
    let hub = place.serve();

    let output = place.run(&["doctor"]);
    let health = hub.ask("GET", "/.backstage/health/v1/readiness", None, "");

    let found = stdout(&output);
    assert!(found.contains("ok: the database\n"), "{found}");
    assert!(found.contains("perhaps the hub itself"), "{found}");
    assert_eq!(output.status.code(), Some(0));
    assert!(health.starts_with("HTTP/1.1 200"), "{health}");
}

#[test]
fn what_is_wrong_is_named_with_how_to_mend_it() {
    let place = Place::new();
    place.keep_in_postgresql("postgres://hub:hush@127.0.0.1:1/hub");
    place.configure(
        "providers: {guest:",
        "providers: {oidc: {development: {clientId: hub, clientSecret: hush, metadataUrl: \
         'http://127.0.0.1:9/.well-known/openid-configuration', signIn: {resolvers: [{resolver: \
         preferredUsernameMatchingUserEntityName}]}}}, guest:",
    );
    place.configure("auth:\n", "auth:\n  session: {secret: hush}\n");

    let output = place.run(&["doctor"]);

    let found = stdout(&output);
    assert!(found.contains("wrong: the database\n"), "{found}");
    assert!(
        found.contains("postgres://hub@127.0.0.1:1/hub: "),
        "{found}"
    );
    assert!(
        found.contains("wrong: the identity provider `oidc`\n"),
        "{found}"
    );
    assert!(found.contains("help: look at `metadataUrl`"), "{found}");
    assert!(!found.contains("hush"), "{found}");
    assert_eq!(output.status.code(), Some(1));
}
