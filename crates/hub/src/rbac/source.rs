//! The two policy files, read.

use super::config::{FilePath, RbacConfig};
use crate::finding::Finding;
use crate::hub::StartError;
use callboard_config::Config;
use callboard_policy::{ConditionsFile, ConditionsFileError, ConditionsFileLimits, PolicyFile};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// Names the file of roles, members and policies.
const POLICIES: &str = "permission.rbac.policies-csv-file";

/// Names the file of conditional policies.
const CONDITIONS: &str = "permission.rbac.conditionalPoliciesFile";

/// What the configured files hold.
#[derive(Debug)]
pub(crate) struct Sources {
    /// The file of roles, members and policies; absent when none is configured.
    pub(crate) policies: Option<Content<PolicyFile>>,
    /// The file of conditional policies; absent when none is configured. One that cannot be read
    /// is reported, and the hub goes on with what is stored.
    pub(crate) conditions: Result<Option<Content<Conditions>>, Finding>,
}

/// The file of conditional policies.
#[derive(Debug)]
pub(crate) struct Conditions {
    /// As it was written: some diagnostics look lines up in it.
    pub(crate) text: String,
    /// What it says, unless all of it is refused.
    pub(crate) parsed: Result<ConditionsFile, ConditionsFileError>,
}

/// What a file holds.
#[derive(Debug)]
pub(crate) struct Content<T> {
    /// As it was configured: what messages and origins show.
    pub(crate) name: Arc<str>,
    /// Where it is.
    pub(crate) path: PathBuf,
    /// What was read.
    pub(crate) held: T,
}

impl Sources {
    /// Reads what `rbac`, the section of `config`, names.
    ///
    /// # Errors
    ///
    /// [`StartError`] naming the path when the file of policies cannot be read.
    pub(crate) fn read(config: &Config, rbac: &RbacConfig) -> Result<Sources, StartError> {
        let policies = match &rbac.policies {
            Some(file) => Some(policies(file).map_err(|cause| {
                unreadable(config, POLICIES, file, &cause)
                    .with_help("correct the path, or make the file readable")
            })?),
            None => None,
        };
        let conditions = match &rbac.conditions {
            Some(file) => conditions(file, &rbac.limits).map(Some).map_err(|cause| {
                // The hub starts without; whatever the file says is left out all the same.
                let error = unreadable(config, CONDITIONS, file, &cause);
                Finding::from_start_error(&error.with_help(
                    "correct the path, or make the file readable; conditional policies that are stored stay in force \
                     until then",
                ))
            }),
            None => Ok(None),
        };
        Ok(Sources {
            policies,
            conditions,
        })
    }
}

fn policies(file: &FilePath) -> io::Result<Content<PolicyFile>> {
    let text = text(file)?;
    Ok(file.content(PolicyFile::parse(Arc::clone(&file.name), &text)))
}

fn conditions(file: &FilePath, limits: &ConditionsFileLimits) -> io::Result<Content<Conditions>> {
    let text = text(file)?;
    let parsed = ConditionsFile::parse(&text, limits);
    Ok(file.content(Conditions { text, parsed }))
}

/// The text of a file; bytes that are no UTF-8 are replaced.
pub(super) fn text(file: &FilePath) -> io::Result<String> {
    let bytes = std::fs::read(&file.path)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

impl FilePath {
    fn content<T>(&self, held: T) -> Content<T> {
        Content {
            name: Arc::clone(&self.name),
            path: self.path.clone(),
            held,
        }
    }
}

fn unreadable(config: &Config, key: &str, file: &FilePath, cause: &io::Error) -> StartError {
    let path = file.path.display();
    StartError::value(config, key, format_args!("cannot read `{path}`: {cause}"))
}
