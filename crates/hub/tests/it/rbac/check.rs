//! What is wrong with configuration and files, at start and in a check.

use super::CONDITIONS;
use crate::support::Log;
use callboard_hub::Hub;
use callboard_hub::app::Mode;
use callboard_hub::clock::SystemClock;
use callboard_hub::finding::{Finding, Severity};
use callboard_testkit::{TestHub, TestHubBuilder};
use insta::assert_snapshot;
use miette::Diagnostic;
use serde_json::{Value, json};
use std::sync::Arc;

async fn check(builder: &TestHubBuilder) -> Vec<Finding> {
    Hub::check(builder.to_config(), Arc::new(SystemClock), Mode::Production)
        .await
        .unwrap()
}

#[tokio::test]
async fn start_errors_have_the_messages_of_the_original() {
    let mut seen = Vec::new();
    for rbac in [
        json!({"admin": {"users": [{"name": "user:tom"}]}}),
        json!({"maxDepth": -1}),
        json!({"defaultPermissions": {"basicPermissions": [{"permission": "x"}]}}),
        json!({"defaultPermissions": {"defaultRole": "role:default/a"}}),
        json!({"defaultPermissions": {"defaultRole": "role:default/a", "basicPermissions": [{"permission": "x", "action": "y"}]}}),
        json!({"validation": {"conditionalPolicies": {"maxConditionDepth": 0}}}),
        json!({"validation": {"conditionalPoliciesFile": {"maxBytes": 1.5}}}),
    ] {
        let started = TestHub::builder()
            .config(json!({"permission": {"rbac": rbac}}))
            .try_start()
            .await;
        seen.push(
            started
                .err()
                .expect("the configuration is refused")
                .to_string(),
        );
    }
    assert_snapshot!(seen.join("\n"), @r#"
    Invalid admin entity reference 'user:tom': entity reference 'user:tom' does not match the required format [<kind>:][<namespace>/]<name>. Provide, please, full entity reference.
    Max Depth for RBAC group hierarchy must be greater than or equal to zero
    Default role is mandatory for defaultPermissions configuration. Please set a valid default role in the configuration.
    The default role 'role:default/a' requires at least one entry in permission.rbac.defaultPermissions.basicPermissions.
    Invalid action 'y' for permission 'x'.
    'maxConditionDepth' must be a positive integer for conditional policy validation
    'permission.rbac.validation.conditionalPoliciesFile.maxBytes' must be a positive integer for conditional policies file validation
    "#);
}

#[tokio::test]
async fn a_policy_file_that_cannot_be_read_stops_the_start() {
    let started = TestHub::builder()
        .config(json!({"permission": {"rbac": {"policies-csv-file": "/no/./such.csv"}}}))
        .try_start()
        .await;

    let error = started.err().expect("the file is missing");
    let shown = Diagnostic::help(&error).map(|help| format!("{error} [{help}]"));
    assert_snapshot!(shown.unwrap_or_default(), @"`permission.rbac.policies-csv-file` in the configuration: cannot read `/no/such.csv`: No such file or directory (os error 2) [correct the path, or make the file readable]");
}

#[tokio::test]
async fn a_conditions_file_that_cannot_be_read_is_the_same_error_at_start_and_in_a_check() {
    let builder = TestHub::builder()
        .config(json!({"permission": {"rbac": {"conditionalPoliciesFile": "/no/such.yaml"}}}));

    let hub = builder.start().await;
    let checked = check(&builder).await;

    let found: Vec<Finding> = hub.app().rbac().findings().to_vec();
    assert!(checked.contains(&found[0]), "{checked:?}");
    assert_eq!((found.len(), found[0].severity), (1, Severity::Error));
    assert_snapshot!(found[0].message, @"`permission.rbac.conditionalPoliciesFile` in the configuration: cannot read `/no/such.yaml`: No such file or directory (os error 2)");
}

#[tokio::test]
async fn a_condition_with_an_unknown_rule_is_logged_once() {
    let log = Log::capture();
    let hub = TestHub::builder()
        .policy_csv("g, user:default/olga, role:default/owners\n")
        .conditions(&CONDITIONS.replace("IS_OWNER", "IS_OWNR"))
        .start()
        .await;

    let lines = log.lines();
    let said: Vec<&Value> = lines
        .iter()
        .filter(|line| line["message"].as_str().unwrap().contains("IS_OWNR"))
        .collect();

    let [said] = said[..] else {
        panic!("{}", log.text())
    };
    assert_eq!(said["help"], "did you mean `IS_OWNER`?");
    assert!(
        said["place"]
            .as_str()
            .unwrap()
            .ends_with("conditions.yaml:14")
    );
    let findings = hub.app().rbac().findings();
    assert!(
        findings
            .iter()
            .any(|finding| finding.message.contains("IS_OWNR"))
    );
}

#[tokio::test]
async fn check_reports_files_with_lines_and_suggestions() {
    let builder = TestHub::builder()
        .policy_csv("g, user:default/tom, role:default/a\np, role:default/a, catalog.entty.read, read, allow\np, role:default/a, \"x, read\n")
        .conditions(&CONDITIONS.replace("readers", "a").replace("IS_ENTITY_OWNER", "IS_ENTITY_ONWER"));

    let findings = check(&builder).await;

    let shown = findings
        .iter()
        .filter(|finding| finding.file.is_some())
        .map(|finding| {
            let file = finding
                .file
                .as_deref()
                .unwrap()
                .file_name()
                .unwrap()
                .to_str()
                .unwrap();
            let help = finding.help.as_deref().unwrap_or("-");
            let message = finding
                .message
                .replace(&builder.folder().display().to_string(), "");
            format!(
                "{file}:{} {message} [{help}]",
                finding.line.unwrap_or_default()
            )
        });
    assert_snapshot!(shown.collect::<Vec<_>>().join("\n"), @r#"
    conditions.yaml:2 Permission rule 'IS_ENTITY_ONWER' does not exist for resource type 'catalog-entity'; every decision that the condition takes part in is a denial [did you mean `IS_ENTITY_OWNER`?]
    conditions.yaml:14 the condition is skipped: the policy file gives no member to `role:default/owners` [give the role a member in the policy file]
    policies.csv:2 no plugin of this hub has a permission or resource type `catalog.entty.read` [did you mean `catalog.entity.read`?]
    policies.csv:3 Skipping invalid CSV policy line 3 in /policies.csv: a quote that is never closed; line=p, role:default/a, "x, read [a quote stands around a whole field; a quote inside is written twice]
    "#);
}

#[tokio::test]
async fn the_files_of_the_example_are_without_fault() {
    let example = callboard_testkit::corpus::workspace_root().join("examples/lantern");
    let read = |name: &str| std::fs::read_to_string(example.join(name)).unwrap();
    let builder = TestHub::builder()
        .policy_csv(&read("rbac-policies.csv"))
        .conditions(&read("rbac-conditional-policies.yaml"));

    let findings = check(&builder).await;

    let about_files: Vec<_> = findings
        .iter()
        .filter(|finding| finding.file.is_some())
        .collect();
    assert!(about_files.is_empty(), "{about_files:#?}");
}
