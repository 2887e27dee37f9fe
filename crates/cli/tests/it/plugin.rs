//! Tests of `callboard install-dynamic-plugins`: the init container and the hub after it.

use crate::program::{Place, stdout};
use std::fs;

const LIST: &str = "
includes: [dynamic-plugins.default.yaml]
plugins:
  - package: ./dynamic-plugins/dist/janus-idp-backstage-plugin-rbac
    disabled: false
  - package: '@example/plugin-roadmap@1.0.0'
    pluginConfig: {app: {title: '${TITLE}'}}
";

/// The messages of the log.
fn messages(place: &Place, arguments: &[&str]) -> (Option<i32>, String) {
    let output = place.run(arguments);
    let lines = stdout(&output);
    let message = |line: &str| {
        let line: serde_json::Value = serde_json::from_str(line).expect("a line is JSON");
        line["message"].as_str().unwrap_or_default().to_owned()
    };
    let text: Vec<String> = lines.lines().map(message).collect();
    let faults = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code(), text.join("\n") + &faults)
}

#[test]
fn the_list_becomes_a_layer_of_the_configuration() {
    let place = Place::new();
    place.write("dynamic-plugins.yaml", LIST);

    let (code, log) = messages(&place, &["install-dynamic-plugins", "root"]);

    assert_eq!(code, Some(0), "{log}");
    for line in [
        "======= Installing dynamic plugin ./dynamic-plugins/dist/janus-idp-backstage-plugin-rbac",
        "======= Installing dynamic plugin @example/plugin-roadmap@1.0.0",
        "======= Skipping disabled dynamic plugin ./dynamic-plugins/dist/backstage-plugin-kubernetes",
    ] {
        assert!(log.contains(line), "{line}\n{log}");
    }
    let layer = "root/app-config.dynamic-plugins.yaml";
    let text = fs::read_to_string(place.path(layer)).unwrap();
    assert!(text.contains("${TITLE}"), "{text}");

    let output = place
        .command(&["check", "--config", "app-config.yaml", "--config", layer])
        .env("TITLE", "The hub")
        .output()
        .unwrap();

    let found = stdout(&output);
    assert!(
        found.contains("the plugin `@example/plugin-roadmap@1.0.0` is not available natively"),
        "{found}"
    );
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn without_a_list_the_layer_is_empty() {
    let place = Place::new();

    let (code, log) = messages(&place, &["install-dynamic-plugins", "root"]);

    assert_eq!(code, Some(0), "{log}");
    let layer = fs::read_to_string(place.path("root/app-config.dynamic-plugins.yaml"));
    assert_eq!(layer.unwrap(), "");
}

#[test]
fn a_list_that_cannot_be_used_fails_and_says_where() {
    let place = Place::new();
    place.write("dynamic-plugins.yaml", "plugins:\n  - disabled: true\n");

    let output = place.run(&["install-dynamic-plugins", "root"]);

    let faults = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(faults.contains("dynamic-plugins.yaml:2:5"), "{faults}");
}

#[test]
fn a_timeout_that_is_no_number_is_refused() {
    let place = Place::new();

    let output = place
        .command(&["install-dynamic-plugins", "root"])
        .env("DYNAMIC_PLUGINS_LOCK_TIMEOUT_MS", "soon")
        .output()
        .unwrap();

    assert_eq!(output.status.code(), Some(1));
}
