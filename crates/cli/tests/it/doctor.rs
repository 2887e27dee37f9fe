//! Tests of `callboard doctor`: what it looks at, and how it exits.

use crate::program::{Place, stdout};
use callboard_testkit::{Authority, Postgres};

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

/// A server that lets in only who encrypts, as Amazon RDS does, and a place that points there;
/// `connection` is what it says beside host, port, user and database.
fn place_at(authority: &Authority, connection: &str) -> Place {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    let (address, database) = runtime.block_on(async {
        let postgres = Postgres::own_with_tls(authority).await;
        let url = postgres.database("doctor").await;
        let roles = "CREATE ROLE guarded; CREATE ROLE hub LOGIN PASSWORD 'hush' IN ROLE guarded";
        postgres.execute(&url, roles).await;
        (postgres.tcp_address(), url)
    });
    let port = address.rsplit(':').next().expect("an address has a port");
    let database = database
        .split(['/', '?'])
        .nth(3)
        .expect("an address names a database");
    let place = Place::new();
    place.write("ca.pem", authority.pem());
    place.write(
        "app-config.local.yaml",
        &format!(
            "backend: {{database: {{client: pg, connection: {{host: localhost, port: {port}, \
             user: postgres, database: {database}, {connection}}}}}}}\n"
        ),
    );
    place
}

fn doctor(place: &Place, variables: &[(&str, &str)]) -> String {
    let output = place
        .command(&["doctor"])
        .envs(variables.iter().copied())
        .output()
        .expect("the program starts");
    stdout(&output)
}

#[test]
fn a_server_proves_who_it_is_by_every_way_to_name_its_authority() {
    let authority = Authority::new();
    let place = place_at(&authority, "ssl: {ca: {$file: ./ca.pem}}");

    let named = doctor(&place, &[]);
    place.configure_local(", ssl: {ca: {$file: ./ca.pem}}", "");
    let silent = doctor(&place, &[]);
    let unknown = doctor(&place, &[("PGSSLMODE", "verify-full")]);
    let extra = [
        ("PGSSLMODE", "verify-full"),
        ("NODE_EXTRA_CA_CERTS", "./ca.pem"),
    ];
    let extra = doctor(&place, &extra);
    place.configure_local("localhost", "127.0.0.1");
    let other_name = [
        ("PGSSLMODE", "require"),
        ("NODE_EXTRA_CA_CERTS", "./ca.pem"),
    ];
    let other_name = doctor(&place, &other_name);
    let waived = doctor(&place, &[("PGSSLMODE", "no-verify")]);

    for found in [named, extra] {
        assert!(found.contains("\nok: the database\n"), "{found}");
    }
    for (found, cause, help) in [
        (
            silent,
            "no encryption",
            "help: encrypt with `backend.database.connection.ssl",
        ),
        (unknown, "UnknownIssuer", "help: name its authority"),
        (
            other_name,
            "certificate not valid for name \"127.0.0.1\"",
            "a name that the certificate has",
        ),
    ] {
        assert!(found.contains("wrong: the database\n"), "{found}");
        assert!(found.contains(cause) && found.contains(help), "{found}");
    }
    assert!(waived.contains("\nok: the database\n"), "{waived}");
    assert!(
        waived.contains("warning: the database need not prove"),
        "{waived}"
    );
}

#[test]
fn a_database_that_is_missing_is_no_fault_if_the_user_may_make_it() {
    let authority = Authority::new();
    let place = place_at(&authority, "ssl: {ca: {$file: ./ca.pem}}");
    place.configure_local("database: doctor", "database: absent");

    let made = doctor(&place, &[]);
    place.configure_local("user: postgres", "user: hub, password: hush");
    let not_made = doctor(&place, &[]);
    place.configure_local("password: hush", "password: wrong");
    let unknown = doctor(&place, &[]);

    assert!(
        made.contains("note: ") && made.contains("is not there yet"),
        "{made}"
    );
    assert!(not_made.contains("`hub` may not make it"), "{not_made}");
    assert!(
        not_made.contains("help: give the user `CREATEDB`"),
        "{not_made}"
    );
    assert!(
        unknown.contains("password authentication failed"),
        "{unknown}"
    );
    assert!(
        unknown.contains("help: check `user` and `password`"),
        "{unknown}"
    );
}

#[test]
fn the_way_to_amazon_rds_is_told_step_by_step() {
    let authority = Authority::new();
    let place = place_at(
        &authority,
        "type: rds, region: eu-central-1, ssl: {ca: {$file: ./ca.pem}}",
    );
    place.configure_local("user: postgres", "user: hub");

    let nobody = doctor(&place, &[("AWS_EC2_METADATA_DISABLED", "true")]);
    let keys = [
        ("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "hush"),
    ];
    let refused = doctor(&place, &keys);

    assert!(nobody.contains("`AWS_WEB_IDENTITY_TOKEN_FILE`"), "{nobody}");
    assert!(
        nobody.contains("help: give the service account of the hub a role"),
        "{nobody}"
    );
    assert!(
        refused.contains("a token of AWS, by the keys of the environment"),
        "{refused}"
    );
    assert!(
        refused.contains("help: let the user in with `GRANT rds_iam TO hub`"),
        "{refused}"
    );
    assert!(!refused.contains("X-Amz-Signature"), "{refused}");
}
