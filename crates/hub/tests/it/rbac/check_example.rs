//! Every example of the manual is found by the check that it stands for, and by no error beside.

use callboard_hub::Hub;
use callboard_hub::app::Mode;
use callboard_hub::clock::SystemClock;
use callboard_hub::finding::{Finding, Lint, Severity};
use callboard_hub::rbac::PolicyFiles;
use callboard_testkit::{TestHub, TestHubBuilder};
use serde_json::Value;
use std::sync::Arc;

const CATALOG: &str = "
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: june.halloran}
spec: {memberOf: [box-office]}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: box-office}
spec: {type: team, children: []}
";

/// The blocks of one example.
#[derive(Default)]
struct Example {
    policies: Option<String>,
    conditions: Option<String>,
    config: Option<Value>,
}

/// The examples below the heading of each check.
fn examples() -> Vec<(Lint, Example)> {
    let path = callboard_testkit::corpus::workspace_root().join("docs/reference/policy-checks.md");
    let manual = std::fs::read_to_string(path).unwrap();
    let section = |lint: &Lint| {
        let (_, rest) = manual.split_once(&format!("\n### {lint}\n")).unwrap();
        let section = rest.split("\n##").next().unwrap();
        let mut example = Example::default();
        for block in section.split("\n```").skip(1).step_by(2) {
            let (language, text) = block.split_once('\n').unwrap();
            let text = format!("{text}\n");
            match language {
                "csv" => example.policies = Some(text),
                "yaml" if text.starts_with("permission:") => {
                    example.config = Some(callboard_yaml::parse(&text).unwrap().to_json());
                }
                "yaml" => example.conditions = Some(text),
                other => panic!("{lint}: `{other}`"),
            }
        }
        (*lint, example)
    };
    Lint::ALL.iter().map(section).collect()
}

async fn check(builder: &TestHubBuilder, example: &Example, configured: bool) -> Vec<Finding> {
    let write = |name, text: &Option<String>| text.as_ref().map(|text| builder.write(name, text));
    let files = PolicyFiles {
        policies: write("policies.csv", &example.policies),
        conditions: write("conditions.yaml", &example.conditions),
        config: configured.then(|| builder.to_config()),
    };
    let clock = Arc::new(SystemClock);
    Hub::check_policies(files, clock, Mode::Production)
        .await
        .unwrap()
}

#[tokio::test]
async fn every_example_of_the_manual_is_found_by_its_check() {
    let mut wrong = Vec::new();
    for (lint, example) in examples() {
        let mut builder = TestHub::builder().catalog(CATALOG);
        if let Some(config) = &example.config {
            builder = builder.config(config.clone());
        }

        let found = check(&builder, &example, lint != Lint::CheckIncomplete).await;

        let others: Vec<_> = found
            .iter()
            .filter(|one| one.lint != Some(lint) && one.severity > Severity::Note)
            .map(|one| (one.lint.map(Lint::id), &one.message))
            .collect();
        if !found.iter().any(|one| one.lint == Some(lint)) || !others.is_empty() {
            wrong.push(format!("{lint}: beside {others:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The rows of the authorization guide, and its template of a condition filled in.
const GUIDE: [&str; 2] = [
    "p, role:default/myrole, catalog.entity.read, read, allow
g, user:default/myuser, role:default/myrole

p, role:default/another-role, catalog-entity, read, allow
g, user:default/another-user, role:default/another-role

p, role:default/guests, catalog-entity, read, allow
p, role:default/guests, catalog.entity.create, create, allow
g, user:default/my-user, role:default/guests
g, group:default/my-group, role:default/guests
",
    "result: CONDITIONAL
roleEntityRef: role:default/guests
pluginId: catalog
permissionMapping:
  - read
  - update
  - delete
conditions:
  rule: IS_ENTITY_OWNER
  resourceType: catalog-entity
  params:
    claims: [$ownerRefs]
",
];

#[tokio::test]
async fn the_samples_of_the_guide_hide_their_own_allow_and_have_no_other_fault() {
    let builder = TestHub::builder();
    let [policies, conditions] = GUIDE.map(|text| Some(text.to_owned()));
    let rows = Example {
        policies,
        ..Example::default()
    };

    let alone = check(&builder, &rows, false).await;
    let both = Example { conditions, ..rows };
    let both = check(&builder, &both, false).await;

    let ids = |found: &[Finding]| -> Vec<_> {
        found
            .iter()
            .filter_map(|one| one.lint.map(Lint::id))
            .collect()
    };
    assert_eq!(ids(&alone), ["check/incomplete"]);
    assert_eq!(
        ids(&both),
        [
            "condition/resource-type",
            "condition/hides-allow",
            "check/incomplete"
        ]
    );
}

#[tokio::test]
async fn the_example_hides_only_what_it_says_that_it_hides() {
    let example = callboard_testkit::corpus::workspace_root().join("examples/lantern");
    let files = PolicyFiles {
        policies: Some(example.join("rbac-policies.csv")),
        conditions: Some(example.join("rbac-conditional-policies.yaml")),
        config: Some(
            TestHub::builder()
                .config(serde_json::json!({"catalog": {"locations": [
                    {"type": "file", "target": example.join("org/*.yaml")},
                    {"type": "file", "target": example.join("finance/*.yaml")},
                ]}}))
                .to_config(),
        ),
    };

    let found = Hub::check_policies(files, Arc::new(SystemClock), Mode::Production)
        .await
        .unwrap();

    let [only] = &found[..] else {
        panic!("{found:#?}")
    };
    assert_eq!(only.lint, Some(Lint::ConditionHidesAllow));
    assert!(
        only.message
            .contains("`role:default/contractors` hides the plain allow of `role:default/guests`")
    );
}
