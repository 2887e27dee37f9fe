//! The lines of a policy file, with what is wrong beside each.

use crate::app::App;
use crate::finding::{Finding, Severity};
use crate::rbac::check;
use crate::rbac::config::FilePath;
use crate::rbac::source::{self, SourceKind, Sources};
use crate::rbac::status::SourceStatus;
use crate::ui::{Icon, Texts, Tone};
use std::collections::HashMap;
use std::path::Path;

/// How many lines are shown at once.
const LINES: u32 = 500;

/// A part of a file.
pub(super) struct SourceView {
    pub(super) kind: &'static str,
    /// The name of the file.
    pub(super) name: String,
    /// Why it cannot be shown.
    pub(super) unreadable: bool,
    pub(super) lines: Vec<Line>,
    pub(super) total: u32,
    pub(super) remarks: Vec<Remark>,
    pub(super) previous: Option<String>,
    pub(super) next: Option<String>,
}

/// A line of the file.
pub(super) struct Line {
    pub(super) number: u32,
    pub(super) parts: Vec<Part>,
    /// The worst that is wrong with it.
    pub(super) mark: Option<Mark>,
}

/// Some words of a line, and what they are: `c` for a comment, `k` for the kind of a row, `s` for
/// what is allowed, `v` for what is denied; empty for the rest.
pub(super) struct Part {
    pub(super) class: &'static str,
    pub(super) text: String,
}

/// How much a remark matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark(pub(super) Severity);

impl Mark {
    pub(super) fn tone(self) -> Tone {
        match self.0 {
            Severity::Note => Tone::Info,
            Severity::Warning => Tone::If,
            Severity::Error => Tone::No,
        }
    }

    pub(super) fn icon(self) -> Icon {
        match self.0 {
            Severity::Note => Icon::CircleAlert,
            Severity::Warning => Icon::TriangleAlert,
            Severity::Error => Icon::CircleX,
        }
    }

    pub(super) fn word(self, t: &Texts) -> String {
        let name = match self.0 {
            Severity::Note => "files-note",
            Severity::Warning => "files-warning",
            Severity::Error => "files-error",
        };
        t.say(name).to_string()
    }
}

/// Something that is wrong or odd.
pub(super) struct Remark {
    pub(super) mark: Mark,
    pub(super) line: Option<u32>,
    /// Where the line is shown; the whole file without one.
    pub(super) href: String,
    pub(super) message: String,
    pub(super) help: Option<String>,
}

impl Remark {
    pub(super) fn new(kind: SourceKind, finding: &Finding) -> Remark {
        Remark {
            mark: Mark(finding.severity),
            line: finding.line,
            href: href(kind, finding.line.unwrap_or(1)),
            message: finding.message.clone(),
            help: finding.help.clone(),
        }
    }
}

/// The address of a line.
fn href(kind: SourceKind, line: u32) -> String {
    let from = first_of(line);
    format!("{}?file={}&from={from}#L{line}", super::PATH, kind.name())
}

/// The first line of the part that a line is in.
fn first_of(line: u32) -> u32 {
    (line.max(1) - 1) / LINES * LINES + 1
}

impl SourceView {
    /// Reads a file for a look at its lines from `from` on; not for a thread that answers requests.
    pub(super) fn of(app: &App, status: &SourceStatus, from: u32) -> SourceView {
        let text = source::raw_text(&status.file);
        let findings = findings(app, status);
        let mut worst: HashMap<u32, Severity> = HashMap::new();
        for finding in &findings {
            if let Some(line) = finding.line {
                let known = worst.entry(line).or_insert(finding.severity);
                *known = finding.severity.max(*known);
            }
        }
        let first = first_of(from);
        let unreadable = text.is_err();
        let text = text.unwrap_or_default();
        let total = u32::try_from(text.lines().count()).unwrap_or(u32::MAX);
        let shown = text.lines().zip(1..).skip(first as usize - 1);
        let line = |(text, number): (&str, u32)| Line {
            number,
            parts: parts(status.kind, text),
            mark: worst.get(&number).copied().map(Mark),
        };
        let turn = |from: u32| format!("{}?file={}&from={from}", super::PATH, status.kind.name());
        SourceView {
            kind: status.kind.name(),
            name: status.file.name.to_string(),
            unreadable,
            lines: shown.take(LINES as usize).map(line).collect(),
            total,
            remarks: findings
                .iter()
                .map(|finding| Remark::new(status.kind, finding))
                .collect(),
            previous: (first > 1).then(|| turn(first.saturating_sub(LINES))),
            next: (total >= first + LINES).then(|| turn(first + LINES)),
        }
    }
}

/// What the hub found when it took the file over, and what a check of it says now.
fn findings(app: &App, status: &SourceStatus) -> Vec<Finding> {
    let (core, rbac) = (app.core(), app.rbac());
    let config = rbac.config();
    let sources = Sources::read(&core.config, config);
    let text = config.policies.as_ref().map(source::raw_text);
    let text = text.and_then(Result::ok).unwrap_or_default();
    let catalog = app.catalog().snapshot();
    let mut found = match &sources.policies {
        Err(unreadable) => vec![unreadable.finding()],
        Ok(_) => check::in_sources(
            core,
            config,
            app.plugin_permissions(),
            Some(&catalog),
            (&sources, &text),
        ),
    };
    found.retain(|finding| is_about(finding, &status.file));
    for finding in status.diagnostics() {
        let is_known = |one: &Finding| one.line == finding.line && one.message == finding.message;
        if !found.iter().any(is_known) {
            found.push(finding.clone());
        }
    }
    found.sort_by_key(|finding| finding.line);
    found
}

/// Whether a finding is about a file, or about none in particular.
fn is_about(finding: &Finding, file: &FilePath) -> bool {
    let path: Option<&Path> = finding.file.as_deref();
    path.is_none_or(|path| path == file.path)
}

/// The words of a line with their classes.
fn parts(kind: SourceKind, text: &str) -> Vec<Part> {
    let part = |class, text: &str| Part {
        class,
        text: text.to_owned(),
    };
    if text.trim_start().starts_with('#') {
        return vec![part("c", text)];
    }
    match kind {
        SourceKind::Policies => {
            let mut parts = Vec::new();
            for (number, field) in text.split_inclusive(',').enumerate() {
                let class = match field.trim_matches([' ', ',', '"']) {
                    "p" | "g" if number == 0 => "k",
                    "allow" => "s",
                    "deny" => "v",
                    _ => "",
                };
                parts.push(part(class, field));
            }
            parts
        }
        SourceKind::Conditions => match text.split_once(':') {
            Some((key, _)) if !key.contains(['{', '[', '\'', '"']) => {
                let (key, rest) = text.split_at(key.len() + 1);
                vec![part("k", key), part("", rest)]
            }
            _ => vec![part("", text)],
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_keeps_every_letter() {
        for text in [
            "# who, what",
            "p, role:default/a, catalog-entity, read, allow",
            "",
            "  \"p\", deny",
            "conditions: {rule: X}",
            "- 'a: b'",
        ] {
            for kind in [SourceKind::Policies, SourceKind::Conditions] {
                let shown: String = parts(kind, text)
                    .into_iter()
                    .map(|part| part.text)
                    .collect();

                assert_eq!(shown, text);
            }
        }
    }

    #[test]
    fn a_line_is_in_the_part_that_begins_before_it() {
        assert_eq!([1, 500, 501, 0].map(first_of), [1, 1, 501, 1]);
    }
}
