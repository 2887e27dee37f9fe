//! Tests that dashboards and alerts ask for what there is.

use callboard_testkit::corpus;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn shipped(name: &str) -> PathBuf {
    corpus::workspace_root()
        .join("deploy/monitoring")
        .join(name)
}

/// What the dashboard asks of Prometheus, with a name in place of its variable.
fn questions() -> Vec<String> {
    let text = fs::read_to_string(shipped("callboard.dashboard.json")).unwrap();
    let dashboard: Value = serde_json::from_str(&text).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let targets = panels
        .iter()
        .filter_map(|panel| panel["targets"].as_array());
    let expressions = targets
        .flatten()
        .map(|target| target["expr"].as_str().unwrap());
    expressions
        .map(|text| text.replace("$job", "callboard"))
        .collect()
}

/// Whether Prometheus itself understands the rules.
fn check(rules: &Path) {
    let checked = Command::new("promtool")
        .args(["check", "rules"])
        .arg(rules)
        .output();
    let checked = checked.expect("promtool runs: `cargo xtask test` installs it");
    assert!(
        checked.status.success(),
        "{}",
        String::from_utf8_lossy(&checked.stderr)
    );
}

#[test]
fn prometheus_understands_the_alerts() {
    check(&shipped("callboard.rules.yaml"));
}

#[test]
fn prometheus_understands_what_the_dashboard_asks() {
    let rule = |(at, expr): (usize, String)| json!({"record": format!("panel:{at}"), "expr": expr});
    let rules: Vec<_> = questions().into_iter().enumerate().map(rule).collect();
    assert!(rules.len() > 15, "{rules:?}");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rules.json");
    let groups = json!({"groups": [{"name": "dashboard", "rules": rules}]});
    fs::write(&file, groups.to_string()).unwrap();

    check(&file);
}

/// The names of metrics in a question: what stands before the braces that pick series.
fn metrics(question: &str) -> impl Iterator<Item = &str> {
    let before = question
        .match_indices("{job=")
        .map(|(at, _)| &question[..at]);
    before.map(|text| {
        let start = text.rfind(|letter: char| letter != '_' && !letter.is_ascii_lowercase());
        &text[start.map_or(0, |at| at + 1)..]
    })
}

#[test]
fn alerts_and_dashboard_ask_for_metrics_that_there_are() {
    let manual = corpus::workspace_root().join("docs/reference/metrics.md");
    let manual = fs::read_to_string(manual).unwrap();
    let alerts = fs::read_to_string(shipped("callboard.rules.yaml")).unwrap();
    let texts = questions();
    let texts = texts.iter().chain([&alerts]);
    let asked: BTreeSet<&str> = texts.flat_map(|text| metrics(text)).collect();
    assert!(asked.len() > 10, "{asked:?}");

    for name in asked {
        let series = ["_bucket", "_count"]
            .iter()
            .find_map(|end| name.strip_suffix(end));
        let is_told = |name: &str| manual.contains(&format!("| `{name}` |"));
        assert!(
            is_told(name) || series.is_some_and(is_told),
            "{name} is in no table of the manual"
        );
    }
}
