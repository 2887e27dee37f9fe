//! Files on the disk of the hub, with what tells later whether they have changed.

use super::outcome::Seen;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Tells one state of a file or folder from another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fingerprint {
    modified: Option<SystemTime>,
    size_bytes: u64,
    is_folder: bool,
}

impl Fingerprint {
    /// `None` when nothing is there.
    pub(super) fn of(path: &Path) -> Option<Fingerprint> {
        let metadata = std::fs::metadata(path).ok()?;
        Some(Fingerprint {
            modified: metadata.modified().ok(),
            size_bytes: metadata.len(),
            is_folder: metadata.is_dir(),
        })
    }

    /// Whether it is that of a folder.
    pub(super) fn is_folder(&self) -> bool {
        self.is_folder
    }

    /// Whether the last change is less than `span` from `now`, or nobody knows when it was.
    pub(super) fn is_within(&self, span: Duration, now: SystemTime) -> bool {
        self.modified.is_none_or(|modified| {
            let distance = now.duration_since(modified);
            // The clock that gave the time of the file may be ahead.
            distance.unwrap_or_else(|ahead| ahead.duration()) < span
        })
    }
}

/// Whether any of these has changed since it was looked at.
pub(super) fn is_stale(seen: &Seen) -> bool {
    seen.iter()
        .any(|(path, then)| Fingerprint::of(path) != *then)
}

/// The text of a file, or why there is none.
pub(super) fn read(path: &Path, limit_bytes: u64) -> Result<Arc<str>, String> {
    let read = || {
        let file = std::fs::File::open(path)?;
        let size_bytes = file.metadata()?.len().min(limit_bytes);
        // One more, so that its end is seen without more room.
        let mut text = String::with_capacity(usize::try_from(size_bytes).unwrap_or_default() + 1);
        file.take(limit_bytes + 1).read_to_string(&mut text)?;
        io::Result::Ok(text)
    };
    match read() {
        Ok(text) if text.len() as u64 > limit_bytes => {
            Err(format!("it is longer than {limit_bytes} bytes"))
        }
        Ok(text) => Ok(text.into()),
        Err(error) => Err(error.to_string()),
    }
}
