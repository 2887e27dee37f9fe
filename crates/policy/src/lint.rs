//! What is probably not meant in policy files: rows that never count, conditions that hide.
//!
//! [`lint`] runs everything that follows from the files, the declared permissions and the
//! groups of users. What else needs a hub (rules, plugins, the entities of the catalog) is
//! checked there, and reported as [`Remark`]s as well.

mod condition;
mod facts;
mod role;
mod row;
mod rule;
mod shadow;
mod shape;

pub use rule::{Level, Lint};

use crate::{
    ConditionsFile, ConditionsFileError, FileDiagnostic, GroupGraph, Permission, PolicyFile,
    Settings, WrittenCondition, WrittenRow, configured::ConfiguredRole,
};
use facts::Facts;

/// What is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The policy file, if there is one.
    pub policies: Option<Policies<'a>>,
    /// The file of conditional policies, if there is one.
    pub conditions: Option<Conditions<'a>>,
    /// What the configuration says about decisions.
    pub settings: &'a Settings,
    /// The roles that the configuration makes.
    pub configured: &'a [ConfiguredRole],
    /// The permissions of known plugins.
    pub permissions: &'a [Permission],
    /// The groups of users; an empty graph where the catalog is not known.
    pub groups: &'a GroupGraph,
}

/// A policy file, read.
#[derive(Clone, Copy, Debug)]
pub struct Policies<'a> {
    /// As it was written.
    pub text: &'a str,
    /// Its rows.
    pub file: &'a PolicyFile,
}

/// A file of conditional policies, read.
#[derive(Clone, Copy, Debug)]
pub struct Conditions<'a> {
    /// As it was written.
    pub text: &'a str,
    /// What it says, unless all of it is refused.
    pub parsed: Result<&'a ConditionsFile, &'a ConditionsFileError>,
}

/// One thing to say about a place in one of the files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// Which check says it.
    pub lint: Lint,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// Where.
    pub place: Place,
}

/// A place in one of the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Which of them.
    pub file: FileKind,
    /// The line, counted from 1; absent for the file as a whole.
    pub line: Option<u32>,
    /// The column, counted from 1 in characters.
    pub column: Option<u32>,
    /// The document in a file of several, counted from 1 without the empty ones.
    pub document: Option<u32>,
}

/// The two files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileKind {
    /// Roles, members and policies.
    Policies,
    /// Conditional policies.
    Conditions,
}

/// Everything to say about the files, in the order of their lines.
///
/// What loading them would say is part of it.
pub fn lint(input: &Input<'_>) -> Vec<Remark> {
    let (facts, diagnostics) = Facts::new(input);
    let mut remarks = Vec::new();
    if let Some(policies) = &input.policies {
        row::remark(policies, diagnostics, &mut remarks);
    }
    if let Some(conditions) = &input.conditions {
        shape::remark(conditions, &mut remarks);
    }
    role::remark(input, &facts, &mut remarks);
    shadow::remark(input, &facts, &mut remarks);
    condition::remark(input, &facts, &mut remarks);
    remarks.sort_by_key(|remark| (remark.place, remark.lint));
    remarks
}

impl Remark {
    /// A remark without advice.
    pub fn new(lint: Lint, place: Place, message: impl Into<String>) -> Self {
        Self {
            lint,
            message: message.into(),
            help: None,
            place,
        }
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn help(self, help: impl Into<String>) -> Self {
        Self {
            help: Some(help.into()),
            ..self
        }
    }

    /// Gives the name that was probably meant as advice, if there is one.
    #[must_use]
    pub fn meant(self, name: Option<&str>) -> Self {
        match name {
            Some(name) => self.help(format!("did you mean `{name}`?")),
            None => self,
        }
    }

    fn of(file: FileKind, text: &str, diagnostic: &FileDiagnostic) -> Self {
        let before = text.get(..diagnostic.span.start).unwrap_or_default();
        let start = before.rfind('\n').map_or(0, |end| end + 1);
        let column = before[start..].chars().count() + 1;
        Self {
            lint: diagnostic.lint,
            message: diagnostic.message.clone(),
            help: diagnostic.help.map(str::to_owned),
            place: Place {
                file,
                line: diagnostic.line,
                column: diagnostic.line.and(u32::try_from(column).ok()),
                document: diagnostic.document,
            },
        }
    }
}

impl Place {
    /// The field of a row, counted from 0 for its `p` or `g`; without that field, the row.
    pub fn of_field(text: &str, row: &WrittenRow, field: usize) -> Self {
        let line = text.get(row.span.clone()).unwrap_or_default();
        Self {
            file: FileKind::Policies,
            line: Some(row.line),
            column: Some(row::column(line, field)),
            document: None,
        }
    }

    /// The beginning of a condition.
    pub fn of_condition(written: &WrittenCondition) -> Self {
        Self {
            file: FileKind::Conditions,
            line: Some(written.line),
            column: Some(1),
            document: Some(written.document),
        }
    }
}

#[cfg(test)]
mod tests;
