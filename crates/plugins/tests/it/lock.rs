//! Two installers in one folder.

use callboard_plugins::{Lock, LockError};
use std::fs;
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;

fn take(folder: &Path, timeout: Duration) -> Result<Lock, LockError> {
    Lock::take(folder, timeout, |_| {})
}

#[test]
fn one_installer_waits_for_the_other() {
    let folder = TempDir::new().unwrap();
    let first = take(folder.path(), Duration::ZERO).unwrap();

    std::thread::scope(|scope| {
        let (told, waits) = std::sync::mpsc::channel();
        let folder = folder.path();
        let second = scope.spawn(move || {
            Lock::take(folder, Duration::from_secs(60), |path| {
                told.send(path.to_owned()).unwrap();
            })
        });
        let path = waits.recv().unwrap();
        assert_eq!(path, folder.join("install-dynamic-plugins.lock"));
        drop(first);
        drop(second.join().unwrap().unwrap());
    });

    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn waiting_ends() {
    let folder = TempDir::new().unwrap();
    let _first = take(folder.path(), Duration::ZERO).unwrap();

    let error = take(folder.path(), Duration::ZERO).unwrap_err();

    assert!(matches!(error, LockError::Timeout { .. }), "{error}");
}

#[test]
fn a_lock_that_nobody_holds_any_more_is_taken_over() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("install-dynamic-plugins.lock"), "").unwrap();

    take(folder.path(), Duration::ZERO).unwrap();
}
