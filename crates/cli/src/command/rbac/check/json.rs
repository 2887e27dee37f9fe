//! Findings as a list of objects.

use crate::command::check;
use callboard_hub::finding::{Finding, Lint};
use serde_json::{Value, json};
use std::path::Path;

/// One object for each finding; what is not known is `null`.
pub(super) fn of(findings: &[Finding], here: &Path) -> Value {
    findings
        .iter()
        .map(|finding| {
            json!({
                "id": finding.lint.map(Lint::id),
                "severity": check::severity(finding.severity),
                "file": finding.file.as_deref().map(|file| check::shown(file, here)),
                "line": finding.line,
                "column": finding.column,
                "message": finding.message,
                "help": finding.help,
            })
        })
        .collect()
}
