//! `callboard check`: says what is wrong before the hub does.

use crate::args::ConfigArgs;
use callboard_hub::Hub;
use callboard_hub::clock::SystemClock;
use callboard_hub::finding::{Finding, Severity};
use miette::IntoDiagnostic;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

pub(crate) fn run(args: &ConfigArgs) -> miette::Result<ExitCode> {
    let (config, environment) = super::load(args)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .into_diagnostic()?;
    let findings = runtime.block_on(Hub::check(
        config,
        Arc::new(SystemClock),
        super::mode(&environment),
    ))?;
    print(&findings);
    let failed = findings
        .iter()
        .any(|finding| finding.severity == Severity::Error);
    Ok(if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// One line for each finding, the form that editors and CI read, and a summary.
#[expect(clippy::print_stdout, reason = "the answer of the command")]
pub(crate) fn print(findings: &[Finding]) {
    let here = std::env::current_dir().unwrap_or_default();
    for finding in findings {
        println!("{}", line(finding, &here));
        if let Some(help) = &finding.help {
            println!("  help: {help}");
        }
    }
    let count = |severity| {
        findings
            .iter()
            .filter(|finding| finding.severity == severity)
            .count()
    };
    let mut counts = vec![
        counted(count(Severity::Error), "error"),
        counted(count(Severity::Warning), "warning"),
    ];
    let notes = count(Severity::Note);
    if notes > 0 {
        counts.push(counted(notes, "note"));
    }
    if findings.is_empty() {
        println!("nothing to report");
    } else {
        println!("{}", counts.join(", "));
    }
}

/// `file:line:column: severity: message [check]`, with as much of it as is known.
fn line(finding: &Finding, here: &Path) -> String {
    let mut text = String::new();
    if let Some(file) = &finding.file {
        let places = [finding.line, finding.line.and(finding.column)];
        text += &shown(file, here);
        for place in places.into_iter().flatten() {
            text += &format!(":{place}");
        }
        text += ": ";
    }
    text += &format!("{}: {}", severity(finding.severity), finding.message);
    if let Some(lint) = finding.lint {
        text += &format!(" [{lint}]");
    }
    text
}

/// A file as seen from the working directory.
pub(crate) fn shown(file: &Path, here: &Path) -> String {
    let file = file.strip_prefix(here).unwrap_or(file);
    file.display().to_string()
}

pub(crate) fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_as_seen_from_the_working_directory() {
        let finding = Finding::warning("an empty line").at("/srv/hub/roles/policies.csv", Some(3));

        assert_eq!(
            line(&finding, Path::new("/srv/hub")),
            "roles/policies.csv:3: warning: an empty line"
        );
        assert_eq!(
            line(&finding, Path::new("/home")),
            "/srv/hub/roles/policies.csv:3: warning: an empty line"
        );
    }

    #[test]
    fn one_is_not_many() {
        assert_eq!(
            (counted(1, "error"), counted(0, "error")),
            ("1 error".to_owned(), "0 errors".to_owned())
        );
    }
}
