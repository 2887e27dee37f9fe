//! Files that somebody is writing: what is not there yet is not gone.
//!
//! Whoever rewrites a file in its place empties it first. Read at that moment, it would take its
//! entities out of the catalog, and they would come back as others. So whatever has something to
//! lose is read when its files rest, and read again when they did not.

use super::file::Fingerprint;
use super::outcome::Seen;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::task::{JoinError, spawn_blocking};

/// How long nobody may have written to a file for it to be whole.
const REST: Duration = Duration::from_millis(200);

/// How long files that are written again and again are waited for.
pub(super) const LONGEST: Duration = Duration::from_secs(10);

/// How some files were when nobody had written to them for a while; cheap to clone.
#[derive(Debug, Clone, Default)]
pub(super) struct Rested(Arc<Seen>);

impl Rested {
    /// Waits until those of `paths` rest that are not as they were `before`.
    ///
    /// Those that are written all the time are not among them.
    ///
    /// # Errors
    ///
    /// When the hub is stopping.
    pub(super) async fn wait(paths: BTreeSet<PathBuf>, before: Seen) -> Result<Rested, JoinError> {
        let mut seen = files_among(before);
        let mut waited = Duration::ZERO;
        loop {
            let now = look(paths.clone()).await?;
            if now == seen || waited >= LONGEST {
                return Ok(Rested(common(now, &seen).into()));
            }
            seen = now;
            tokio::time::sleep(REST).await;
            waited += REST;
        }
    }

    /// Whether files that were read were whole, as far as can be told at `now`; blocks.
    ///
    /// One that was not waited for is whole when it is old enough.
    pub(super) fn covers(&self, read: &Seen, now: SystemTime) -> bool {
        let mut files = read.iter().filter(|(_, then)| is_of_file(then.as_ref()));
        files.all(|(path, then)| {
            let is_old = then.as_ref().is_none_or(|then| !then.is_within(REST, now));
            let is_whole = is_old || self.0.get(path) == Some(then);
            is_whole && Fingerprint::of(path) == *then
        })
    }
}

async fn look(paths: BTreeSet<PathBuf>) -> Result<Seen, JoinError> {
    let look = |path: PathBuf| {
        let seen = Fingerprint::of(&path);
        (path, seen)
    };
    spawn_blocking(move || files_among(paths.into_iter().map(look).collect())).await
}

/// Those that hold content: a folder is never half written, and may be always changing.
fn files_among(mut seen: Seen) -> Seen {
    seen.retain(|_, seen| is_of_file(seen.as_ref()));
    seen
}

fn is_of_file(seen: Option<&Fingerprint>) -> bool {
    !seen.is_some_and(Fingerprint::is_folder)
}

/// What is the same in both.
fn common(mut now: Seen, before: &Seen) -> Seen {
    now.retain(|path, seen| before.get(path) == Some(seen));
    now
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, File};
    use std::io::Write;
    use std::path::Path;
    use tempfile::TempDir;

    fn paths(of: &[&Path]) -> BTreeSet<PathBuf> {
        of.iter().map(|&path| path.to_owned()).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn what_has_not_changed_is_not_waited_for() {
        let folder = TempDir::new().unwrap();
        let (file, missing) = (folder.path().join("a"), folder.path().join("b"));
        fs::write(&file, "a").unwrap();
        let both = paths(&[&file, &missing]);
        let before = look(both.clone()).await.unwrap();
        let begin = tokio::time::Instant::now();

        let rested = Rested::wait(both, before.clone()).await.unwrap();

        assert_eq!(*rested.0, before);
        assert_eq!(begin.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn folders_are_not_waited_for() {
        let folder = TempDir::new().unwrap();
        let all = paths(&[folder.path()]);
        let read = Seen::from([(folder.path().to_owned(), Fingerprint::of(folder.path()))]);
        fs::write(folder.path().join("new"), "").unwrap();
        let begin = tokio::time::Instant::now();

        let rested = Rested::wait(all, read.clone()).await.unwrap();

        assert!(rested.covers(&read, SystemTime::UNIX_EPOCH));
        assert_eq!(begin.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn a_file_rests_when_it_is_as_it_was_a_while_ago() {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("a");
        fs::write(&file, "whole").unwrap();
        let all = paths(&[&file]);
        let before = look(all.clone()).await.unwrap();
        let mut half = File::create(&file).unwrap();
        let begin = tokio::time::Instant::now();

        let writing = async {
            // Each piece later than the one before, and sooner than the file would rest.
            for _ in 0..5 {
                tokio::time::sleep(REST / 2).await;
                half.write_all(b"piece").unwrap();
            }
        };
        let (rested, ()) = tokio::join!(Rested::wait(all.clone(), before), writing);

        assert_eq!(*rested.unwrap().0, look(all).await.unwrap());
        assert!(begin.elapsed() >= REST * 5 / 2 + REST / 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_file_that_is_always_written_never_rests_and_keeps_no_other_waiting_for_ever() {
        let folder = TempDir::new().unwrap();
        let (busy, quiet) = (folder.path().join("busy"), folder.path().join("quiet"));
        fs::write(&quiet, "a").unwrap();
        let mut growing = File::create(&busy).unwrap();
        let begin = tokio::time::Instant::now();

        let writing = async {
            loop {
                growing.write_all(b"piece").unwrap();
                tokio::time::sleep(REST / 2).await;
            }
        };
        let waiting = Rested::wait(paths(&[&busy, &quiet]), Seen::new());
        let rested = tokio::select! {
            rested = waiting => rested.unwrap(),
            () = writing => unreachable!("it has no end"),
        };

        assert_eq!(rested.0.keys().collect::<Vec<_>>(), [&quiet]);
        assert!(begin.elapsed() >= LONGEST);
    }

    #[test]
    fn what_was_read_counts_when_it_is_old_or_rested_and_has_not_changed_since() {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("a");
        fs::write(&file, "a").unwrap();
        let read = Seen::from([(file.clone(), Fingerprint::of(&file))]);
        let written = fs::metadata(&file).unwrap().modified().unwrap();
        let (soon, late) = (written + REST / 2, written + REST * 2);
        let unknown = Rested::default();
        let rested = Rested(read.clone().into());

        assert!(!unknown.covers(&read, soon) && unknown.covers(&read, late));
        assert!(rested.covers(&read, soon));

        fs::write(&file, "longer").unwrap();

        assert!(!unknown.covers(&read, late) && !rested.covers(&read, late));
    }
}
