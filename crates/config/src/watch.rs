//! Waits for files to change, and reads configuration again when its own do.
//!
//! Folders are watched instead of files, as editors and Kubernetes replace a file by
//! renaming another, or a link, over it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::{Notify, mpsc};
use tokio::time::{Instant, timeout};

use crate::config::Config;
use crate::diagnostic::ConfigError;
use crate::source::LoadOptions;

/// How long it must be quiet before a change counts as complete.
const QUIET: Duration = Duration::from_millis(25);

/// How long to wait for quiet at most.
const LONGEST_WAIT: Duration = Duration::from_millis(100);

/// Why files cannot be watched.
#[derive(Debug, thiserror::Error)]
#[error("cannot watch files")]
pub struct WatchError(#[from] notify::Error);

/// A set of paths being watched, from [`paths`].
pub struct PathWatch {
    watcher: RecommendedWatcher,
    signal: Arc<Notify>,
    seen: BTreeMap<PathBuf, Option<Fingerprint>>,
}

/// Tells one state of a file from another.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Fingerprint {
    /// The file that links lead to.
    target: PathBuf,
    modified: Option<SystemTime>,
    size_bytes: u64,
}

/// Watches `paths`, which may be files or folders, and need not exist yet.
///
/// Of a folder, entries that come and go count as changes, not what is inside them.
///
/// # Errors
///
/// If the system gives no watcher.
pub fn paths(paths: impl IntoIterator<Item = PathBuf>) -> Result<PathWatch, WatchError> {
    let signal = Arc::new(Notify::new());
    let notified = Arc::clone(&signal);
    let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        // Reading a file is no change; an error may hide one.
        if !event.is_ok_and(|event| matches!(event.kind, EventKind::Access(_))) {
            notified.notify_one();
        }
    })?;
    let mut watch = PathWatch {
        watcher,
        signal,
        seen: BTreeMap::new(),
    };
    watch.set(paths);
    Ok(watch)
}

impl PathWatch {
    /// Watches `paths` instead of those before; what they are now is no change.
    pub fn set(&mut self, paths: impl IntoIterator<Item = PathBuf>) {
        let mut before = std::mem::take(&mut self.seen);
        let paths: Vec<PathBuf> = paths.into_iter().collect();
        for path in &paths {
            // INVARIANT: the folder is watched before the file is looked at, so that no
            // change falls between the two.
            self.watch_folders(path);
        }
        self.seen = paths
            .into_iter()
            .map(|path| {
                let now = before
                    .remove(&path)
                    .unwrap_or_else(|| Fingerprint::of(&path));
                (path, now)
            })
            .collect();
    }

    /// Waits until something changed and it is quiet again, and gives the changed paths.
    ///
    /// Dropping the future loses nothing: the change is found by the next call.
    pub async fn changed(&mut self) -> BTreeSet<PathBuf> {
        loop {
            if self.differing().is_empty() {
                self.signal.notified().await;
            }
            self.settle().await;
            let changed = self.differing();
            if changed.is_empty() {
                continue;
            }
            for path in changed.keys() {
                // A link may lead elsewhere now.
                self.watch_folders(path);
            }
            let paths = changed.keys().cloned().collect();
            self.seen.extend(changed);
            return paths;
        }
    }

    async fn settle(&self) {
        let deadline = Instant::now() + LONGEST_WAIT;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if timeout(QUIET.min(left), self.signal.notified())
                .await
                .is_err()
                || left.is_zero()
            {
                return;
            }
        }
    }

    fn differing(&self) -> BTreeMap<PathBuf, Option<Fingerprint>> {
        self.seen
            .iter()
            .map(|(path, before)| (path, before, Fingerprint::of(path)))
            .filter(|(_, before, now)| *before != now)
            .map(|(path, _, now)| (path.clone(), now))
            .collect()
    }

    fn watch_folders(&mut self, path: &Path) {
        let target = std::fs::canonicalize(path).ok();
        for file in [Some(path), target.as_deref()].into_iter().flatten() {
            let folder = if file.is_dir() {
                Some(file)
            } else {
                file.parent()
            };
            for folder in [folder, file.parent()].into_iter().flatten() {
                self.watch_folder(folder);
            }
        }
    }

    fn watch_folder(&mut self, folder: &Path) {
        let folder = if folder.as_os_str().is_empty() {
            Path::new(".")
        } else {
            folder
        };
        // A folder that was watched, removed and made again must be watched anew, which
        // for one that is still the same does nothing.
        if let Err(error) = self.watcher.watch(folder, RecursiveMode::NonRecursive) {
            tracing::debug!(folder = %folder.display(), %error, "cannot watch a folder");
        }
    }
}

impl Fingerprint {
    /// Gives the state of `path`; `None` if it is not there.
    fn of(path: &Path) -> Option<Self> {
        let metadata = std::fs::metadata(path).ok()?;
        Some(Self {
            target: std::fs::canonicalize(path).ok()?,
            modified: metadata.modified().ok(),
            size_bytes: metadata.len(),
        })
    }
}

/// Configuration that is read again when its files change, from [`config`].
pub struct ConfigWatch {
    options: LoadOptions,
    watch: PathWatch,
}

/// Watches the files of `current`, which `options` gave.
///
/// # Errors
///
/// If the system gives no watcher.
pub fn config(options: LoadOptions, current: &Config) -> Result<ConfigWatch, WatchError> {
    let watch = paths(current.files().iter().cloned())?;
    Ok(ConfigWatch { options, watch })
}

impl ConfigWatch {
    /// Waits for a change and gives what the files hold then.
    ///
    /// # Errors
    ///
    /// If they are of no use now; the configuration before should stay in force.
    pub async fn next(&mut self) -> Result<Config, ConfigError> {
        self.watch.changed().await;
        let mut files = Vec::new();
        let loaded = Config::load_noting(&self.options, &mut files);
        if loaded.is_err() {
            // Loading stopped early: what it did not reach may mend it.
            files.extend(self.watch.seen.keys().cloned());
        }
        self.watch.set(files);
        loaded
    }

    /// Sends every reload to a channel, until its receiver is dropped.
    pub async fn send_to(mut self, channel: mpsc::Sender<Result<Config, ConfigError>>) {
        loop {
            let loaded = tokio::select! {
                loaded = self.next() => loaded,
                () = channel.closed() => return,
            };
            if channel.send(loaded).await.is_err() {
                return;
            }
        }
    }
}
