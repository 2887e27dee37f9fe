//! Sections as types.

use std::collections::BTreeMap;

use std::time::Duration;

use callboard_config::{HumanDuration, Secret};
use serde::Deserialize;

use crate::fixture::load;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listen {
    port: u16,
    host: Option<String>,
    #[serde(default)]
    mode: Mode,
    #[serde(default)]
    trust_proxy: bool,
    #[serde(default)]
    users: Vec<User>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    token: Option<Secret<String>>,
}

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Mode {
    #[default]
    Plain,
    Tls,
}

#[derive(Debug, Deserialize)]
struct User {
    name: String,
}

#[test]
fn a_section_reads_text_from_variables_as_the_types_ask() {
    let config = load(
        "listen: {port: '7007', host: null, mode: tls, trustProxy: 'yes', other: {x: 1}, \
         users: [{name: ann}], labels: {b: c}, token: t0ken}",
    )
    .unwrap();

    let listen: Listen = config.section("listen").unwrap().unwrap();

    assert_eq!(
        (listen.port, listen.host, listen.mode),
        (7007, None, Mode::Tls)
    );
    assert!(listen.trust_proxy);
    assert_eq!(listen.users[0].name, "ann");
    assert_eq!(listen.labels["b"], "c");
    assert_eq!(listen.token.unwrap().expose(), "t0ken");
}

#[test]
fn an_absent_section_is_none() {
    let config = load("a: 1").unwrap();

    assert!(config.section::<Listen>("listen").unwrap().is_none());
}

#[test]
fn errors_of_a_section_name_the_innermost_path_and_its_line() {
    let cases = [
        (
            "{port: x}",
            "Unable to convert config value for key 'listen.port' in 'app-config.yaml' to a number",
        ),
        (
            "{port: 70000}",
            "Invalid config value for key 'listen.port' in 'app-config.yaml', invalid value: integer `70000`, expected u16",
        ),
        (
            "{port: 1, users: [{name: a}, {}]}",
            "Missing required config value at 'listen.users[1].name' in 'app-config.yaml'",
        ),
        (
            "{port: 1, users: [{name: 5}]}",
            "Invalid type in config for key 'listen.users[0].name' in 'app-config.yaml', got number, wanted string",
        ),
        (
            "{port: 1, host: ''}",
            "Invalid type in config for key 'listen.host' in 'app-config.yaml', got empty-string, wanted string",
        ),
        (
            "{port: 1, mode: odd}",
            "Invalid config value for key 'listen.mode' in 'app-config.yaml', unknown variant `odd`, expected `plain` or `tls`",
        ),
        (
            "[1]",
            "Invalid type in config for key 'listen' in 'app-config.yaml', got array, wanted object",
        ),
    ];
    for (text, message) in cases {
        let config = load(&format!("\nlisten: {text}\n")).unwrap();

        let error = config.section::<Listen>("listen").unwrap_err();

        assert_eq!(error.to_string(), message);
        assert_eq!(error.location().unwrap().line, 2);
    }
}

#[test]
fn a_section_may_hold_durations() {
    let config = load("a: {one: PT1M, two: {seconds: 2}}\nb: {one: soon}").unwrap();

    let read: BTreeMap<String, HumanDuration> = config.section("a").unwrap().unwrap();
    let error = config
        .section::<BTreeMap<String, HumanDuration>>("b")
        .unwrap_err();

    assert_eq!(read["one"], HumanDuration(Duration::from_secs(60)));
    assert_eq!(read["two"], HumanDuration(Duration::from_secs(2)));
    assert_eq!(
        error.to_string(),
        "Invalid config value for key 'b.one' in 'app-config.yaml', expected a duration such as \
         `30 minutes`"
    );
}

#[test]
fn a_refused_secret_is_not_quoted() {
    let config = load("a: {token: hush}").unwrap();

    let error = config.section::<BTreeMap<String, Mode>>("a").unwrap_err();

    assert_eq!(
        error.to_string(),
        "Invalid config value for key 'a.token' in 'app-config.yaml', the secret was refused"
    );
}
