//! Findings as SARIF 2.1.0, the form that code hosts take.

use crate::command::check;
use callboard_hub::finding::{Finding, Lint, Severity};
use serde_json::{Map, Value, json};
use std::fmt::Write as _;
use std::path::Path;

/// A log with one run: every check as a rule, every finding as a result.
pub(super) fn of(findings: &[Finding], here: &Path) -> Value {
    let rules: Vec<_> = Lint::ALL.iter().map(|lint| rule(*lint)).collect();
    let results: Vec<_> = findings
        .iter()
        .map(|finding| result(finding, here))
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "callboard",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn rule(lint: Lint) -> Value {
    json!({
        "id": lint.id(),
        "shortDescription": {"text": lint.finds()},
        "defaultConfiguration": {"level": lint.level().as_str()},
    })
}

fn result(finding: &Finding, here: &Path) -> Value {
    let text = match &finding.help {
        Some(help) => format!("{}\nhelp: {help}", finding.message),
        None => finding.message.clone(),
    };
    let mut result = Map::new();
    if let Some(lint) = finding.lint {
        let index = Lint::ALL.iter().position(|other| *other == lint);
        result.insert("ruleId".to_owned(), lint.id().into());
        result.insert("ruleIndex".to_owned(), json!(index));
    }
    result.insert("level".to_owned(), level(finding.severity).into());
    result.insert("message".to_owned(), json!({ "text": text }));
    if let Some(file) = &finding.file {
        let mut place = Map::new();
        let uri = uri(&check::shown(file, here));
        place.insert("artifactLocation".to_owned(), json!({ "uri": uri }));
        if let Some(line) = finding.line {
            let column = finding.column.unwrap_or(1);
            let region = json!({"startLine": line, "startColumn": column});
            place.insert("region".to_owned(), region);
        }
        result.insert(
            "locations".to_owned(),
            json!([{ "physicalLocation": place }]),
        );
    }
    Value::Object(result)
}

/// SARIF happens to have the same three words.
fn level(severity: Severity) -> &'static str {
    check::severity(severity)
}

/// A path as a relative reference, or as a `file` URI when it is absolute.
fn uri(path: &str) -> String {
    let mut uri = if path.starts_with('/') {
        "file://".to_owned()
    } else {
        String::new()
    };
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _infallible = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::uri;

    #[test]
    fn a_path_becomes_a_reference() {
        assert_eq!(uri("roles/my policies.csv"), "roles/my%20policies.csv");
        assert_eq!(uri("/srv/é.csv"), "file:///srv/%C3%A9.csv");
    }
}
