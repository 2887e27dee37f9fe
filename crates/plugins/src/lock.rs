//! One installer at a time in a folder.

use std::fs::{File, TryLockError};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The name that the original gives its lock.
const NAME: &str = "install-dynamic-plugins.lock";

/// How often an installer looks whether another one has ended.
const EVERY: Duration = Duration::from_secs(1);

/// A folder that is this installer's own until the value is dropped.
///
/// The file tells people that somebody is at work, and the lock on it, which ends with its
/// process, tells programs: an installer that was killed keeps nobody waiting.
#[derive(Debug)]
pub struct Lock {
    path: PathBuf,
    file: File,
}

impl Lock {
    /// Takes the lock of `folder`, waiting until `timeout` for another installer to end.
    ///
    /// `waiting` is called once when there is something to wait for.
    ///
    /// # Errors
    ///
    /// [`LockError`] when the time is over or the file cannot be made.
    pub fn take(
        folder: &Path,
        timeout: Duration,
        waiting: impl FnOnce(&Path),
    ) -> Result<Lock, LockError> {
        let path = folder.join(NAME);
        let start = Instant::now();
        let mut waiting = Some(waiting);
        loop {
            if let Some(lock) = Lock::attempt(&path)? {
                return Ok(lock);
            }
            if let Some(say) = waiting.take() {
                say(&path);
            }
            let Some(left) = timeout.checked_sub(start.elapsed()) else {
                return Err(LockError::Timeout { path, timeout });
            };
            std::thread::sleep(left.min(EVERY));
        }
    }

    fn attempt(path: &Path) -> Result<Option<Lock>, LockError> {
        let failed = |error| LockError::Io {
            path: path.to_owned(),
            error,
        };
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        // Whoever held it may have removed the file between opening and locking it.
        let held = file.metadata().map_err(failed)?.ino();
        let is_there = std::fs::metadata(path).is_ok_and(|there| there.ino() == held);
        Ok(is_there.then(|| Lock {
            path: path.to_owned(),
            file,
        }))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // A file that stays behind is not locked, and so in nobody's way.
        drop(std::fs::remove_file(&self.path));
        drop(self.file.unlock());
    }
}

/// Why a folder is not this installer's own.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another installer has been at work all the time.
    #[error("another installer holds `{}` for more than {} s", path.display(), timeout.as_secs())]
    Timeout {
        /// The lock.
        path: PathBuf,
        /// How long was waited.
        timeout: Duration,
    },
    /// The lock cannot be made.
    #[error("cannot lock `{}`", path.display())]
    Io {
        /// The lock.
        path: PathBuf,
        /// What the operating system says.
        #[source]
        error: std::io::Error,
    },
}
