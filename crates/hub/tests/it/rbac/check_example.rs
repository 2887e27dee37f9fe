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
