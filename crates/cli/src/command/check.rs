//! `callboard check`: says what is wrong before the hub does.

use crate::args::ConfigArgs;
use callboard_hub::Hub;
use callboard_hub::clock::SystemClock;
use callboard_hub::finding::{Finding, Severity};
use std::io::IsTerminal as _;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

pub(crate) fn run(args: &ConfigArgs) -> miette::Result<ExitCode> {
    let (config, environment) = super::load(args)?;
    let runtime = super::runtime()?;
    let findings = runtime.block_on(Hub::check(
        config,
        Arc::new(SystemClock),
        super::mode(&environment),
    ))?;
    print(&findings);
    Ok(super::verdict(&findings))
}

/// One line for each finding, the form that editors and CI read, and a summary.
#[expect(clippy::print_stdout, reason = "the answer of the command")]
pub(crate) fn print(findings: &[Finding]) {
    let here = std::env::current_dir().unwrap_or_default();
    let is_terminal = std::io::stdout().is_terminal();
    for finding in findings {
        println!("{}", line(finding, &here));
        if is_terminal && let Some(snippet) = snippet(finding) {
            println!("{snippet}");
        }
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

/// The line that a finding is about, for a person to see, with a mark below the column.
fn snippet(finding: &Finding) -> Option<String> {
    let bytes = std::fs::read(finding.file.as_ref()?).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let number = finding.line?;
    let line = text.lines().nth(number.checked_sub(1)? as usize)?;
    let column = finding.column.map_or(0, |column| column.saturating_sub(1)) as usize;
    let margin = " ".repeat(number.to_string().len());
    let before: String = line
        .chars()
        .take(column)
        .map(|c| if c == '\t' { '\t' } else { ' ' })
        .collect();
    Some(format!("  {number} | {line}\n  {margin} | {before}^"))
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
    fn a_mark_stands_below_the_column() {
        let folder = tempfile::TempDir::new().unwrap();
        let file = folder.path().join("a.csv");
        std::fs::write(&file, "# é\np, é, b\n").unwrap();
        let finding = Finding {
            column: Some(7),
            ..Finding::warning("odd").at(file, Some(2))
        };

        assert_eq!(
            snippet(&finding).as_deref(),
            Some("  2 | p, é, b\n    |       ^")
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
