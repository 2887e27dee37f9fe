//! What is wrong in a file that a person edits, and where.

use std::{fmt, ops::Range, sync::Arc};

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode, SourceSpan};

use crate::Lint;

/// A fault in a policy file or in a file of conditional policies.
///
/// Small and without the file's text, so that lists of them can be kept;
/// [`report`](Self::report) makes one that can be shown with the text underlined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileDiagnostic {
    /// Which check found it.
    pub lint: Lint,
    /// Whether the rest of the file still counts.
    pub severity: Severity,
    /// The message, as log lines have it.
    pub message: String,
    /// What to do about it.
    pub help: Option<&'static str>,
    /// The line, counted from 1; absent for a fault of the whole file.
    pub line: Option<u32>,
    /// The document in a file of several, counted from 1 without the empty ones.
    pub document: Option<u32>,
    /// The bytes of the text to underline; empty for a fault of the whole file.
    pub span: Range<usize>,
}

/// How much a fault matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The rest of the file counts.
    Warning,
    /// Nothing of the file counts.
    Error,
}

impl FileDiagnostic {
    /// Joins the fault with the text of its file, for a person to read.
    pub fn report(&self, file: &str, text: impl Into<Arc<str>>) -> FileReport {
        FileReport {
            diagnostic: self.clone(),
            source: NamedSource::new(file, text.into()),
        }
    }
}

/// The bytes of a place in a text, to the end of its line.
///
/// Line and column are counted from 1, columns in characters.
pub(crate) fn span_of(text: &str, line: u32, column: u32) -> Range<usize> {
    let mut start = 0;
    let Some(found) = text
        .split_inclusive('\n')
        .nth(line.saturating_sub(1) as usize)
    else {
        return text.len()..text.len();
    };
    // `found` is a part of `text`, so its distance from the beginning is a byte offset.
    start += found.as_ptr().addr() - text.as_ptr().addr();
    let end = start + found.trim_end().len();
    let skipped = found
        .chars()
        .take(column.saturating_sub(1) as usize)
        .map(char::len_utf8)
        .sum::<usize>();
    (start + skipped).min(end)..end
}

/// A [`FileDiagnostic`] together with the text that it is about.
#[derive(Debug)]
pub struct FileReport {
    diagnostic: FileDiagnostic,
    source: NamedSource<Arc<str>>,
}

impl fmt::Display for FileReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.diagnostic.message)
    }
}

impl std::error::Error for FileReport {}

impl Diagnostic for FileReport {
    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.diagnostic.severity {
            Severity::Warning => miette::Severity::Warning,
            Severity::Error => miette::Severity::Error,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.diagnostic
            .help
            .map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.diagnostic.line?;
        let label = match self.diagnostic.document {
            Some(document) => format!("here, in document {document}"),
            None => "here".to_owned(),
        };
        let span = SourceSpan::from(self.diagnostic.span.clone());
        Some(Box::new(std::iter::once(LabeledSpan::new_with_span(
            Some(label),
            span,
        ))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_becomes_the_rest_of_its_line() {
        let text = "one\r\nä two\n";

        assert_eq!(&text[span_of(text, 1, 1)], "one");
        assert_eq!(&text[span_of(text, 2, 3)], "two");
        assert_eq!(&text[span_of(text, 2, 99)], "");
        assert_eq!(span_of(text, 9, 1), text.len()..text.len());
    }

    #[test]
    fn a_report_shows_the_line() {
        let diagnostic = FileDiagnostic {
            lint: Lint::PolicyEffect,
            severity: Severity::Warning,
            message: "unknown effect".into(),
            help: Some("write `allow` or `deny`"),
            line: Some(2),
            document: None,
            span: 4..7,
        };

        let report = miette::Report::new(diagnostic.report("rbac.csv", "one\ntwo\n"));

        let shown = format!("{report:?}");
        for part in [
            "unknown effect",
            "rbac.csv:2:1",
            "two",
            "write `allow` or `deny`",
        ] {
            assert!(shown.contains(part), "{part} is missing from {shown}");
        }
    }
}
