//! The two policy files, read.

use super::config::{FilePath, RbacConfig};
use crate::finding::Finding;
use crate::hub::StartError;
use callboard_config::Config;
use callboard_policy::{ConditionsFile, ConditionsFileError, ConditionsFileLimits, PolicyFile};
use sha2::{Digest, Sha256};
use std::fmt::Display;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// Which of the two files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SourceKind {
    /// The file of roles, members and policies.
    Policies,
    /// The file of conditional policies.
    Conditions,
}

impl SourceKind {
    /// The last part of the key that names the file.
    pub(crate) fn name(self) -> &'static str {
        match self {
            SourceKind::Policies => "policies-csv-file",
            SourceKind::Conditions => "conditionalPoliciesFile",
        }
    }

    /// The one with this name.
    pub(crate) fn of_name(name: &str) -> Option<SourceKind> {
        let mut kinds = [SourceKind::Policies, SourceKind::Conditions].into_iter();
        kinds.find(|kind| kind.name() == name)
    }

    fn key(self) -> String {
        format!("permission.rbac.{}", self.name())
    }

    /// What to do about one that cannot be read.
    fn help(self) -> &'static str {
        match self {
            SourceKind::Policies => "correct the path, or make the file readable",
            SourceKind::Conditions => {
                "correct the path, or make the file readable; conditional policies that are stored stay in force \
                 until then"
            }
        }
    }
}

/// What the configured files hold.
#[derive(Debug)]
pub(crate) struct Sources {
    /// The file of roles, members and policies; absent when none is configured.
    pub(crate) policies: Result<Option<Content<PolicyFile>>, Unreadable>,
    /// The file of conditional policies; absent when none is configured.
    pub(crate) conditions: Result<Option<Content<Conditions>>, Unreadable>,
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
    /// The SHA-256 of its bytes, in hexadecimal digits.
    pub(crate) sha256: Arc<str>,
    /// What was read.
    pub(crate) held: T,
}

/// A file that is configured and cannot be read.
#[derive(Debug)]
pub(crate) struct Unreadable {
    /// The SHA-256 of bytes that are no text; absent when there are none.
    pub(crate) sha256: Option<Arc<str>>,
    /// Whether there is no such file.
    pub(crate) is_missing: bool,
    /// The error that a start ends with.
    pub(crate) error: StartError,
}

impl Unreadable {
    pub(crate) fn finding(&self) -> Finding {
        Finding::from_start_error(&self.error)
    }
}

impl Sources {
    /// Reads what `rbac`, the section of `config`, names.
    pub(crate) fn read(config: &Config, rbac: &RbacConfig) -> Sources {
        Look::at(rbac).into_sources(config, rbac)
    }

    /// The file of roles, members and policies, where one is configured and can be read.
    pub(crate) fn policies(&self) -> Option<&Content<PolicyFile>> {
        self.policies.as_ref().ok().and_then(Option::as_ref)
    }

    /// The file of conditional policies, where one is configured and can be read.
    pub(crate) fn conditions(&self) -> Option<&Content<Conditions>> {
        self.conditions.as_ref().ok().and_then(Option::as_ref)
    }
}

/// The bytes of the files at one moment.
pub(super) struct Look {
    policies: Option<io::Result<Bytes>>,
    conditions: Option<io::Result<Bytes>>,
}

/// The bytes of one file.
struct Bytes {
    bytes: Vec<u8>,
    sha256: Arc<str>,
}

impl Look {
    /// Reads the files that are configured.
    pub(super) fn at(rbac: &RbacConfig) -> Look {
        Look {
            policies: rbac.policies.as_ref().map(bytes),
            conditions: rbac.conditions.as_ref().map(bytes),
        }
    }

    /// The SHA-256 of a file; absent when it cannot be read or is not configured.
    pub(super) fn sha256(&self, kind: SourceKind) -> Option<&Arc<str>> {
        let seen = match kind {
            SourceKind::Policies => &self.policies,
            SourceKind::Conditions => &self.conditions,
        };
        let bytes = seen.as_ref()?.as_ref().ok()?;
        Some(&bytes.sha256)
    }

    /// Whether both looks saw the same.
    pub(super) fn is_same(&self, other: &Look) -> bool {
        let same = |kind| self.sha256(kind) == other.sha256(kind);
        same(SourceKind::Policies) && same(SourceKind::Conditions)
    }

    /// Whether a file may be the first part of what somebody is just writing.
    pub(super) fn may_be_cut_off(&self) -> bool {
        self.seen().any(|seen| seen.bytes.last() != Some(&b'\n'))
    }

    /// Whether a file is empty, as it is for a moment when it is written anew.
    pub(super) fn has_empty_file(&self) -> bool {
        self.seen().any(|seen| seen.bytes.is_empty())
    }

    fn seen(&self) -> impl Iterator<Item = &Bytes> {
        let files = [&self.policies, &self.conditions];
        files.into_iter().flatten().flatten()
    }

    /// The same look, had `text` stood in a file that is configured.
    pub(super) fn with_text(mut self, kind: SourceKind, text: String) -> Look {
        let file = match kind {
            SourceKind::Policies => &mut self.policies,
            SourceKind::Conditions => &mut self.conditions,
        };
        if let Some(file) = file {
            *file = Ok(Bytes::new(text.into_bytes()));
        }
        self
    }

    /// Makes sense of what was seen.
    pub(super) fn into_sources(self, config: &Config, rbac: &RbacConfig) -> Sources {
        let read = |kind, file: &Option<FilePath>, seen| {
            let read = file
                .as_ref()
                .zip(seen)
                .map(|(file, seen)| text(config, kind, file, seen));
            read.transpose()
        };
        let policies = read(SourceKind::Policies, &rbac.policies, self.policies);
        let conditions = read(SourceKind::Conditions, &rbac.conditions, self.conditions);
        Sources {
            policies: policies.map(|file| file.map(Content::into_policies)),
            conditions: conditions.map(|file| file.map(|file| file.into_conditions(&rbac.limits))),
        }
    }
}

/// The text of a file as it is now, for a second look at its lines; bytes that are no UTF-8 are
/// replaced.
pub(super) fn raw_text(file: &FilePath) -> io::Result<String> {
    let bytes = std::fs::read(&file.path)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn bytes(file: &FilePath) -> io::Result<Bytes> {
    std::fs::read(&file.path).map(Bytes::new)
}

impl Bytes {
    fn new(bytes: Vec<u8>) -> Bytes {
        let sha256 = Sha256::digest(&bytes)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>();
        Bytes {
            sha256: sha256.into(),
            bytes,
        }
    }
}

/// The text of a file.
fn text(
    config: &Config,
    kind: SourceKind,
    file: &FilePath,
    seen: io::Result<Bytes>,
) -> Result<Content<String>, Unreadable> {
    let unreadable = |sha256, is_missing, cause: &dyn Display| {
        let (key, path) = (kind.key(), file.path.display());
        let error = StartError::value(config, &key, format_args!("cannot read `{path}`: {cause}"));
        Unreadable {
            sha256,
            is_missing,
            error: error.with_help(kind.help()),
        }
    };
    let Bytes { bytes, sha256 } =
        seen.map_err(|cause| unreadable(None, cause.kind() == io::ErrorKind::NotFound, &cause))?;
    match String::from_utf8(bytes) {
        Ok(held) => Ok(Content {
            name: Arc::clone(&file.name),
            path: file.path.clone(),
            sha256,
            held,
        }),
        Err(error) => {
            let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = good.iter().filter(|byte| **byte == b'\n').count() + 1;
            let cause = format_args!("line {line} is not UTF-8");
            Err(unreadable(Some(sha256), false, &cause))
        }
    }
}

impl Content<String> {
    fn into_policies(self) -> Content<PolicyFile> {
        let held = PolicyFile::parse(Arc::clone(&self.name), &self.held);
        self.with(held)
    }

    fn into_conditions(mut self, limits: &ConditionsFileLimits) -> Content<Conditions> {
        let text = std::mem::take(&mut self.held);
        let parsed = ConditionsFile::parse(&text, limits);
        self.with(Conditions { text, parsed })
    }

    fn with<T>(self, held: T) -> Content<T> {
        let Content {
            name, path, sha256, ..
        } = self;
        Content {
            name,
            path,
            sha256,
            held,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::path::Path;

    fn look(folder: &Path, csv: &[u8]) -> (Look, RbacConfig, Config) {
        let path = folder.join("a.csv");
        std::fs::write(&path, csv).unwrap();
        let config = Config::from_value(json!({"permission": {"rbac": {
            "policies-csv-file": path,
            "conditionalPoliciesFile": folder.join("missing.yaml"),
        }}}));
        let rbac = RbacConfig::from_config(&config).unwrap();
        (Look::at(&rbac), rbac, config)
    }

    #[test]
    fn what_ends_within_a_line_may_be_cut_off() {
        let folder = tempfile::tempdir().unwrap();
        for (text, may_be, is_empty) in [
            ("", true, true),
            ("p, role:def", true, false),
            ("g, user:default/tom, role:default/a\n", false, false),
        ] {
            let (look, ..) = look(folder.path(), text.as_bytes());

            assert_eq!(look.may_be_cut_off(), may_be, "{text}");
            assert_eq!(look.has_empty_file(), is_empty, "{text}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_refused_with_their_line() {
        let folder = tempfile::tempdir().unwrap();
        let (look, rbac, config) = look(folder.path(), b"# one\n# M\xfcller\n");

        let sources = look.into_sources(&config, &rbac);

        let refused = sources.policies.unwrap_err();
        assert!(refused.sha256.is_some() && !refused.is_missing);
        let message = refused.finding().message;
        assert!(
            message.ends_with("a.csv`: line 2 is not UTF-8"),
            "{message}"
        );
        let missing = sources.conditions.unwrap_err();
        assert!(missing.sha256.is_none() && missing.is_missing);
    }

    #[test]
    fn the_digest_is_that_of_the_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let (look, ..) = look(folder.path(), b"abc");

        assert_eq!(
            look.sha256(SourceKind::Policies).map(|digest| &**digest),
            Some("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        );
        assert_eq!(look.sha256(SourceKind::Conditions), None);
    }
}
