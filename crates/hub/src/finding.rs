//! What is wrong with a file that a person edits.

use crate::hub::StartError;
use callboard_policy::Level;
use std::fmt::{self, Display};
use std::path::PathBuf;

pub use callboard_policy::Lint;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; only the commands that check say it.
    Note,
    /// The hub starts, and something is probably not as meant.
    Warning,
    /// The hub does not start, or leaves something out.
    Error,
}

/// One thing that `callboard check` prints, and that the hub logs at start.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// The file; absent when it is about the configuration as a whole.
    pub file: Option<PathBuf>,
    /// The line in that file, from 1.
    pub line: Option<u32>,
    /// The column in that line, from 1 in characters.
    pub column: Option<u32>,
    /// The check that found it; absent for what every start finds.
    pub lint: Option<Lint>,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    pub help: Option<String>,
}

impl Finding {
    /// A warning without a place.
    pub fn warning(message: impl Into<String>) -> Finding {
        Finding {
            severity: Severity::Warning,
            file: None,
            line: None,
            column: None,
            lint: None,
            message: message.into(),
            help: None,
        }
    }

    /// A note without a place.
    pub fn note(message: impl Into<String>) -> Finding {
        Finding {
            severity: Severity::Note,
            ..Finding::warning(message)
        }
    }

    /// An error without a place.
    pub fn error(message: impl Into<String>) -> Finding {
        Finding {
            severity: Severity::Error,
            ..Finding::warning(message)
        }
    }

    /// Adds the file, and the line when it is known.
    #[must_use]
    pub fn at(self, file: impl Into<PathBuf>, line: Option<u32>) -> Finding {
        Finding {
            file: Some(file.into()),
            line,
            ..self
        }
    }

    /// Adds how to mend it.
    #[must_use]
    pub fn help(self, help: impl Into<String>) -> Finding {
        Finding {
            help: Some(help.into()),
            ..self
        }
    }

    /// Adds the check that found it, which says how much it matters.
    #[must_use]
    pub fn found_by(self, lint: Lint) -> Finding {
        Finding {
            severity: match lint.level() {
                Level::Note => Severity::Note,
                Level::Warning => Severity::Warning,
                Level::Error => Severity::Error,
            },
            lint: Some(lint),
            ..self
        }
    }

    pub(crate) fn from_start_error(error: &StartError) -> Finding {
        match error {
            StartError::Config(error) => {
                let finding = Finding::error(error.to_string());
                let finding = match error.location() {
                    Some(location) => finding.at(&location.file, Some(location.line)),
                    None => finding,
                };
                Finding {
                    help: error.help_text().map(str::to_owned),
                    ..finding
                }
            }
            other => {
                let help = miette::Diagnostic::help(other).map(|help| help.to_string());
                Finding {
                    help,
                    ..Finding::error(other.to_string())
                }
            }
        }
    }

    /// Writes the finding to the log, as a warning or an error of `plugin`; a note is for debugging.
    pub fn log(&self, plugin: &'static str) {
        // An absent help leaves no field behind.
        let help = self.help.as_deref();
        match self.severity {
            Severity::Note => tracing::debug!(plugin, help, "{self}"),
            Severity::Warning => tracing::warn!(plugin, help, "{self}"),
            Severity::Error => tracing::error!(plugin, help, "{self}"),
        }
    }
}

impl Display for Finding {
    /// `file:line: message`, with as much of the place as is known.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{}:", file.display())?;
            if let Some(line) = self.line {
                write!(f, "{line}:")?;
            }
            write!(f, " ")?;
        }
        f.write_str(&self.message)
    }
}
