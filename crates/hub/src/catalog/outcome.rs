//! What the processing of an entity gave.

use super::emitted::{Emitted, Form};
use super::file::Fingerprint;
use super::glob;
use super::record::{Digest, Record};
use crate::finding::Finding;
use callboard_catalog::{EntityRef, StatusItem};
use globset::GlobMatcher;
use serde_json::Value;
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

/// What the processing of an entity gave.
pub(super) struct Outcome {
    pub(super) entity_ref: EntityRef,
    /// The input that it was made from.
    pub(super) made_from: Digest,
    /// The entity as it shall be but for relations and status; absent when it stays as it was.
    pub(super) processed: Option<Value>,
    /// What went wrong.
    pub(super) errors: Vec<StatusItem>,
    /// What it emits; absent when it emits what it did.
    pub(super) children: Option<Children>,
    /// What tells what was read from anything else; absent when not all was well.
    pub(super) tags: Option<Arc<str>>,
    /// What is wrong, with places in files.
    pub(super) findings: Vec<Finding>,
}

/// What became of processing an entity.
pub(super) enum Processed {
    /// Nothing that it reads has changed.
    Unchanged(EntityRef),
    /// It was processed.
    Done(Box<Outcome>),
}

/// The files and folders that were looked at, as they were then.
pub(super) type Seen = BTreeMap<PathBuf, Option<Fingerprint>>;

/// What an entity emits.
#[derive(Default)]
pub(super) struct Children {
    pub(super) taken: Vec<Child>,
    /// Which of those before stay, though they were not emitted this time.
    pub(super) kept: Kept,
}

/// Something emitted.
#[derive(Clone)]
pub(super) struct Child {
    pub(super) emitted: Emitted,
    /// What becomes of it; absent when it is known already.
    pub(super) form: Option<Form>,
}

impl Child {
    pub(super) fn form(&self) -> Form {
        self.form
            .clone()
            .unwrap_or_else(|| Form::of(&self.emitted.value()))
    }
}

/// What stays in the catalog although its file does not say it any more.
#[derive(Default)]
pub(super) struct Kept {
    /// Locations that cannot be read, or not wholly.
    pub(super) keys: BTreeSet<SmolStr>,
    /// Globs of files without a match any more.
    pub(super) globs: Vec<GlobMatcher>,
}

impl Kept {
    /// Keeps all that comes from a location, as `<type>:<target>`; the target may be a glob.
    pub(super) fn location(&mut self, key: &str) {
        if glob::is_glob(key) {
            self.globs.extend(glob::matcher(key));
        }
        self.keys.insert(key.into());
    }

    /// Whether this one stays.
    pub(super) fn cover(&self, record: &Record) -> bool {
        record.location_key.as_ref().is_some_and(|key| {
            self.keys.contains(key) || self.globs.iter().any(|glob| glob.is_match(&**key))
        })
    }
}
