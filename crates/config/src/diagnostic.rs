//! Errors that show the line to mend.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode, SourceSpan};

use crate::secret;
use crate::span::{Location, Origin};

/// Why configuration could not be loaded or read.
///
/// `Display` gives the message of the original; as a [`miette::Diagnostic`] it also shows
/// the line of the file, with secrets blotted out, and a help text.
pub struct ConfigError(Box<Details>);

struct Details {
    message: String,
    help: Option<String>,
    location: Option<Location>,
    snippet: Option<Snippet>,
    source: Option<std::io::Error>,
}

/// The text of a file and what to underline in it.
struct Snippet {
    code: NamedSource<Arc<str>>,
    span: SourceSpan,
}

impl ConfigError {
    /// Gives the place in a file, if the mistake has one.
    pub fn location(&self) -> Option<&Location> {
        self.0.location.as_ref()
    }

    /// Gives advice on how to mend it.
    pub fn help_text(&self) -> Option<&str> {
        self.0.help.as_deref()
    }

    /// Builds the error of a reader that found a value of `origin` unusable.
    ///
    /// `message` names the value by its path; this adds the place.
    pub(crate) fn at(message: String, origin: &Origin) -> Self {
        Self(Box::new(Details {
            message,
            help: origin
                .variable
                .as_ref()
                .map(|name| format!("it is set by the variable `{name}`")),
            location: origin.location(),
            snippet: Snippet::of(origin),
            source: None,
        }))
    }

    /// Adds advice on how to mend it, unless there is some already.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.0.help.get_or_insert_with(|| help.into());
        self
    }

    /// A `--config` argument that is a URL.
    pub(crate) fn remote(url: &Path) -> Self {
        let message = format!(
            "Config argument \"{}\" looks like a URL but remote configuration is not enabled. \
             Enable it by passing the `remote` option",
            url.display()
        );
        Self::at(message, &Origin::layer("config"))
            .with_help("download the file first and give its path")
    }

    /// A configuration file that could not be opened.
    pub(crate) fn io(path: &Path, error: std::io::Error) -> Self {
        let absent = error.kind() == std::io::ErrorKind::NotFound;
        let message = if absent {
            format!("Config file \"{}\" does not exist", path.display())
        } else {
            format!("Failed to read config file at \"{}\"", path.display())
        };
        let mut built = Self::at(message, &Origin::layer("config"));
        if absent {
            built = built.with_help(
                "give the path of a configuration file with `--config`, or start in the folder \
                 that holds `app-config.yaml`",
            );
        }
        built.0.source = Some(error);
        built
    }

    /// A configuration file whose content is of no use.
    pub(crate) fn unreadable(file: &Path, reason: &str, origin: &Origin) -> Self {
        Self::at(
            format!(
                "Failed to read config file at \"{}\", {reason}",
                file.display()
            ),
            origin,
        )
    }

    /// An `APP_CONFIG_*` variable of no use.
    pub(crate) fn variable(message: String, origin: &Origin) -> Self {
        Self::at(message, origin)
    }
}

impl Snippet {
    fn of(origin: &Origin) -> Option<Self> {
        let (file, at) = (origin.file.as_ref()?, origin.at?);
        let text = secret::blot(&file.text);
        let line_start = match at.line {
            0 | 1 => 0,
            line => text.match_indices('\n').nth(line as usize - 2)?.0 + 1,
        };
        let line = text[line_start..].lines().next().unwrap_or_default();
        let column = line
            .char_indices()
            .nth((at.column as usize).saturating_sub(1))
            .map_or(line.len(), |(offset, _)| offset);
        let length = line[column..].trim_end().len();
        let span = SourceSpan::from((line_start + column, length));
        let name = file.path.display().to_string();
        Some(Self {
            code: NamedSource::new(name, text.into()),
            span,
        })
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for ConfigError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        let source = self.0.source.as_ref()?;
        Some(source)
    }
}

impl Diagnostic for ConfigError {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let help = self.0.help.as_ref()?;
        Some(Box::new(help))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        let snippet = self.0.snippet.as_ref()?;
        Some(&snippet.code)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let snippet = self.0.snippet.as_ref()?;
        let label = LabeledSpan::new_with_span(Some("here".to_owned()), snippet.span);
        Some(Box::new(std::iter::once(label)))
    }
}

impl fmt::Debug for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConfigError")
            .field("message", &self.0.message)
            .field("location", &self.0.location)
            .field("source", &self.0.source)
            .finish_non_exhaustive()
    }
}
