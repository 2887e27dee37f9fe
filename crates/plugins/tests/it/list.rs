//! Which packages are on, and who says the last word.

use super::Desk;
use callboard_plugins::Outcome;
use insta::assert_snapshot;

/// One line for each package.
fn listed(desk: &Desk) -> String {
    let installation = desk.install().unwrap();
    let mut lines = Vec::new();
    for plugin in &installation.plugins {
        let outcome = match plugin.outcome() {
            Outcome::Disabled => "off",
            Outcome::Native => "native",
            Outcome::NotBuiltIn => "not built in",
            Outcome::Unknown => "unknown",
        };
        lines.push(format!("{outcome}: {}", plugin.name));
    }
    let folder = format!("{}/", desk.folder.path().display());
    for warning in &installation.warnings {
        lines.push(format!("warning: {}", warning.replace(&folder, "")));
    }
    lines.join("\n")
}

#[test]
fn an_entry_overrides_an_included_one_field_by_field() {
    let desk = Desk::new(
        "includes: [base.yaml]
plugins:
  - {package: ./one, disabled: false}
  - {package: ./two, pluginConfig: {new: 1}}
",
    )
    .with(
        "base.yaml",
        "plugins:
  - {package: ./one, disabled: true, pluginConfig: {kept: 1}}
  - {package: ./two, disabled: false, pluginConfig: {gone: 1}}
",
    );

    desk.install().unwrap();

    assert_snapshot!(desk.output(), @r#"
    dynamicPlugins:
      rootDirectory: dynamic-plugins-root
    kept: 1
    new: 1
    callboard:
      plugins:
        - package: "./one"
          enabled: true
          asked: true
        - package: "./two"
          enabled: true
          asked: true
    "#);
}

#[test]
fn a_former_name_switches_the_present_package() {
    let desk = Desk::new(
        "includes: [dynamic-plugins.default.yaml]
plugins:
  - package: ./dynamic-plugins/dist/janus-idp-backstage-plugin-rbac
    disabled: false
  - package: '@example/plugin-roadmap@1.0.0'
",
    );

    assert_snapshot!(listed(&desk), @r#"
    native: backstage-community-plugin-rbac
    off: backstage-plugin-kubernetes
    off: backstage-plugin-kubernetes-backend
    off: backstage-community-plugin-topology
    off: backstage-community-plugin-ocm
    off: backstage-community-plugin-ocm-backend
    off: red-hat-developer-hub-backstage-plugin-bulk-import
    off: red-hat-developer-hub-backstage-plugin-bulk-import-backend
    off: backstage-community-plugin-catalog-backend-module-keycloak
    off: backstage-community-plugin-quay
    not built in: backstage-community-plugin-scaffolder-backend-module-quay
    not built in: backstage-community-plugin-scaffolder-backend-module-regex
    native: red-hat-developer-hub-backstage-plugin-dynamic-home-page
    not built in: backstage-plugin-techdocs
    not built in: backstage-plugin-techdocs-backend
    not built in: backstage-community-plugin-analytics-provider-segment
    unknown: example-plugin-roadmap
    "#);
}

#[test]
fn only_the_literal_true_disables_and_enabled_counts_for_more() {
    let desk = Desk::new(
        "plugins:
  - {package: a, disabled: 'true'}
  - {package: b, disabled: true}
  - {package: c, disabled: true, enabled: true}
  - {package: d, enabled: 1}
  - {package: e}
",
    );

    assert_snapshot!(listed(&desk), @r#"
    unknown: a
    off: b
    unknown: c
    off: d
    unknown: e
    "#);
}

#[test]
fn the_later_of_two_entries_for_one_plugin_counts() {
    let desk = Desk::new(
        "plugins:
  - {package: ./dynamic-plugins/dist/backstage-community-plugin-rbac, disabled: true}
  - {package: ./dynamic-plugins/dist/janus-idp-backstage-plugin-rbac, disabled: false}
",
    );

    assert_snapshot!(listed(&desk), @r#"
    native: backstage-community-plugin-rbac
    warning: `./dynamic-plugins/dist/backstage-community-plugin-rbac` (dynamic-plugins.yaml:2) and `./dynamic-plugins/dist/janus-idp-backstage-plugin-rbac` (dynamic-plugins.yaml:3) are the same plugin; the later entry counts
    "#);
}

#[test]
fn a_list_that_cannot_be_used_says_where_and_why() {
    let faults = [
        "- a",
        "plugins: {a: 1}",
        "plugins:\n  - disabled: true",
        "plugins:\n  - package: 7",
        "plugins:\n  - package: a\n    pluginConfig: [1]",
        "includes: [7]",
        "includes: [extra.yaml]",
        "plugins: [",
    ]
    .map(|list| Desk::new(list).fault());

    assert_snapshot!(faults.join("\n"), @r#"
    dynamic-plugins.yaml:1:1: expected a mapping with `includes` and `plugins`
    dynamic-plugins.yaml:1:10: `plugins` is a list
    dynamic-plugins.yaml:2:5: each item of `plugins` names its `package`, a text
    dynamic-plugins.yaml:2:5: each item of `plugins` names its `package`, a text
    dynamic-plugins.yaml:3:5: `pluginConfig` of `a` is a mapping
    dynamic-plugins.yaml:1:12: each item of `includes` is the path of a file
    dynamic-plugins.yaml:1:12: the included file `extra.yaml` is not there
      help: includes are relative to the working directory; `dynamic-plugins.default.yaml` is built in
    dynamic-plugins.yaml:1:10: unclosed bracket '['
    "#);
}
