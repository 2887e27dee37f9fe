//! Files of entities: each read once in a pass, with what tells later whether it has changed.

use super::glob;
use callboard_yaml::{Node, YamlError};
use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

/// Tells one state of a file or folder from another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fingerprint {
    modified: Option<SystemTime>,
    size_bytes: u64,
}

impl Fingerprint {
    /// `None` when nothing is there.
    pub(super) fn of(path: &Path) -> Option<Fingerprint> {
        let metadata = std::fs::metadata(path).ok()?;
        Some(Fingerprint {
            modified: metadata.modified().ok(),
            size_bytes: metadata.len(),
        })
    }
}

/// Whether any of these has changed since it was looked at.
pub(super) fn is_stale(seen: &BTreeMap<PathBuf, Option<Fingerprint>>) -> bool {
    seen.iter()
        .any(|(path, then)| Fingerprint::of(path) != *then)
}

/// A document of a file that holds something, or why it is none.
pub(super) type Document = Result<Arc<Node>, YamlError>;

/// The files that one pass over the locations reads.
#[derive(Default)]
pub(super) struct Files {
    read: HashMap<PathBuf, Result<Arc<[Document]>, Arc<io::Error>>>,
    /// Every file and folder that was looked at, also those that are not there.
    pub(super) seen: BTreeMap<PathBuf, Option<Fingerprint>>,
}

impl Files {
    /// The documents of a file.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or is not UTF-8.
    pub(super) fn documents(&mut self, path: &Path) -> Result<Arc<[Document]>, Arc<io::Error>> {
        if let Some(known) = self.read.get(path) {
            return known.clone();
        }
        // INVARIANT: looked at before it is read, so that a change between the two shows later.
        self.look_at(path);
        let documents = match std::fs::read_to_string(path) {
            Ok(text) => Ok(callboard_yaml::parse_documents(&text)
                .into_iter()
                .map(|read| read.map(Arc::new))
                .collect()),
            Err(error) => Err(Arc::new(error)),
        };
        self.read.insert(path.to_owned(), documents.clone());
        documents
    }

    /// The files that a target names: itself, or the matches of a glob, sorted.
    pub(super) fn matching(&mut self, target: &str) -> Vec<PathBuf> {
        let path = Path::new(target);
        if !glob::is_glob(target) || path.exists() {
            self.look_at(path);
            return if path.exists() {
                vec![path.to_owned()]
            } else {
                Vec::new()
            };
        }
        glob::expand(target, &mut |folder| self.look_at(folder))
    }

    fn look_at(&mut self, path: &Path) {
        if !self.seen.contains_key(path) {
            self.seen.insert(path.to_owned(), Fingerprint::of(path));
        }
    }
}
