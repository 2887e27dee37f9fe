//! Taking files out of a `tar.gz` that somebody else made.
//!
//! Nothing is written to disk. Links and devices are passed over; a path that leads out of the
//! archive spoils the whole of it; every figure has a limit.

use super::answer::{TreeFile, TreeLimits};
use super::pattern::Pattern;
use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use std::collections::BTreeMap;
use std::io::{self, Read};
use tar::{Archive, Entry, EntryType};

/// How long the name of an entry may be.
const MAX_NAME_BYTES: u64 = 16 * 1024;

/// Which files of an archive are wanted.
#[derive(Clone)]
pub(super) struct Wanted {
    /// Below the root of the repository; empty for the root.
    pub(super) folder: String,
    /// Judges paths from the root of the repository; absent means every file.
    pub(super) pattern: Option<Pattern>,
    pub(super) limits: TreeLimits,
}

/// Why an archive cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum ArchiveError {
    #[error("{0}")]
    TooLarge(String),
    #[error("its archive {0}")]
    Invalid(String),
    /// It is cut short, or no archive.
    #[error("its archive cannot be read: {0}")]
    Read(#[from] io::Error),
}

/// The wanted files, in the order of their paths. Blocks on `source`.
///
/// The folder that archives of repositories put everything into is not part of the paths.
pub(super) fn unpack(source: impl Read, wanted: &Wanted) -> Result<Vec<TreeFile>, ArchiveError> {
    let unpacked = Capped {
        source: MultiGzDecoder::new(source),
        left: wanted.limits.unpacked_bytes,
    };
    let mut archive = Archive::new(unpacked);
    let mut files = Kept::new(wanted);
    let mut name = None;
    // Raw, since the long names of entries would otherwise be read at whatever length they claim.
    for (count, entry) in archive.entries().map_err(mended)?.raw(true).enumerate() {
        if count >= wanted.limits.entries {
            let limit = wanted.limits.entries;
            return Err(ArchiveError::TooLarge(format!(
                "its archive has more than {limit} entries"
            )));
        }
        let mut entry = entry.map_err(mended)?;
        match entry.header().entry_type() {
            EntryType::GNULongName => name = Some(long_name(&mut entry)?),
            EntryType::XHeader => name = pax_path(&mut entry)?.or(name),
            // What these say matters only to links and to the whole.
            EntryType::GNULongLink | EntryType::XGlobalHeader => {}
            EntryType::Regular => {
                let path = path_of(&entry, name.take());
                if let Some(path) = safe(&path)? {
                    files.take(path, &mut entry)?;
                }
            }
            // Links, folders, devices: their names count, they do not.
            _ => {
                let path = path_of(&entry, name.take());
                safe(&path)?;
            }
        }
    }
    Ok(files.into_files())
}

/// The files that were wanted so far.
struct Kept<'a> {
    wanted: &'a Wanted,
    /// What paths begin with, empty or with a slash at its end.
    prefix: String,
    files: BTreeMap<String, Bytes>,
    bytes: u64,
}

impl Kept<'_> {
    fn new(wanted: &Wanted) -> Kept<'_> {
        let folder = wanted.folder.trim_matches('/');
        Kept {
            wanted,
            prefix: if folder.is_empty() {
                String::new()
            } else {
                format!("{folder}/")
            },
            files: BTreeMap::new(),
            bytes: 0,
        }
    }

    fn take(&mut self, path: &str, entry: &mut Entry<'_, impl Read>) -> Result<(), ArchiveError> {
        let limits = &self.wanted.limits;
        let too_large = |what: String| Err(ArchiveError::TooLarge(what));
        let Some(below) = path.strip_prefix(self.prefix.as_str()) else {
            return Ok(());
        };
        let pattern = self.wanted.pattern.as_ref();
        if pattern.is_some_and(|pattern| !pattern.matches(path)) {
            return Ok(());
        }
        if below.split('/').count() > limits.depth {
            return too_large(format!(
                "`{path}` is more than {} folders deep",
                limits.depth
            ));
        }
        let size = entry.header().size()?;
        if size > limits.file_bytes {
            let limit = limits.file_bytes;
            return too_large(format!("`{path}` is longer than {limit} bytes"));
        }
        self.bytes += size;
        if self.bytes > limits.kept_bytes {
            let limit = limits.kept_bytes;
            return too_large(format!("its files are longer than {limit} bytes together"));
        }
        if self.files.len() >= limits.files {
            return too_large(format!("it has more than {} files", limits.files));
        }
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).map_err(mended)?;
        self.files.insert(below.to_owned(), bytes.into());
        Ok(())
    }

    fn into_files(self) -> Vec<TreeFile> {
        let files = self.files.into_iter();
        files
            .map(|(path, bytes)| TreeFile { path, bytes })
            .collect()
    }
}

fn path_of<R: Read>(entry: &Entry<'_, R>, long: Option<Vec<u8>>) -> Vec<u8> {
    long.unwrap_or_else(|| entry.path_bytes().into_owned())
}

/// The path below the archive's own folder; `None` for that folder, and for a name that is no
/// text and thus nothing that a URL could name.
fn safe(path: &[u8]) -> Result<Option<&str>, ArchiveError> {
    let Ok(path) = std::str::from_utf8(path) else {
        return Ok(None);
    };
    let leads_out = path.starts_with('/') || path.split(['/', '\\']).any(|part| part == "..");
    if leads_out {
        let shown: String = path
            .chars()
            .take(100)
            .flat_map(char::escape_debug)
            .collect();
        return Err(ArchiveError::Invalid(format!(
            "has the path `{shown}`, which leads out of it"
        )));
    }
    let path = path.trim_start_matches("./");
    let below = path.split_once('/').map(|(_, below)| below);
    let is_plain = |below: &&str| {
        !below.split('/').any(|part| part.is_empty() || part == ".") && !below.contains('\0')
    };
    Ok(below.filter(is_plain))
}

fn long_name(entry: &mut Entry<'_, impl Read>) -> Result<Vec<u8>, ArchiveError> {
    let mut name = short_content(entry)?;
    // It ends with a zero byte.
    if name.last() == Some(&0) {
        name.pop();
    }
    Ok(name)
}

/// The path in an extended header, which is lines of `<length> <key>=<value>`.
fn pax_path(entry: &mut Entry<'_, impl Read>) -> Result<Option<Vec<u8>>, ArchiveError> {
    let content = short_content(entry)?;
    let malformed = || ArchiveError::Invalid("has a malformed extended header".to_owned());
    let mut path = None;
    let mut rest = content.as_slice();
    while !rest.is_empty() {
        let space = rest.iter().position(|byte| *byte == b' ');
        let space = space.ok_or_else(malformed)?;
        let length = std::str::from_utf8(&rest[..space]).ok();
        let length: usize = length
            .and_then(|digits| digits.parse().ok())
            .ok_or_else(malformed)?;
        // With its digits, the space and the line feed.
        let line = rest.get(space + 1..length).ok_or_else(malformed)?;
        let [record @ .., b'\n'] = line else {
            return Err(malformed());
        };
        if let Some(value) = record.strip_prefix(b"path=") {
            path = Some(value.to_vec());
        } else if record.starts_with(b"size=") {
            // Readers that believe one of the two lengths see other files than this one does.
            let what = "has an entry that tells its length twice".to_owned();
            return Err(ArchiveError::Invalid(what));
        }
        rest = &rest[length..];
    }
    Ok(path)
}

fn short_content(entry: &mut Entry<'_, impl Read>) -> Result<Vec<u8>, ArchiveError> {
    if entry.header().size()? > MAX_NAME_BYTES {
        let what = format!("has a name of more than {MAX_NAME_BYTES} bytes");
        return Err(ArchiveError::Invalid(what));
    }
    let mut content = Vec::new();
    entry.read_to_end(&mut content).map_err(mended)?;
    Ok(content)
}

/// Ends with an error when more comes out than may.
struct Capped<R> {
    source: R,
    left: u64,
}

impl<R: Read> Read for Capped<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read(buffer)?;
        self.left = self
            .left
            .checked_sub(count as u64)
            .ok_or_else(|| io::Error::other(Overflow))?;
        Ok(count)
    }
}

#[derive(Debug, thiserror::Error)]
#[error("its archive unpacks to more than the hub takes")]
struct Overflow;

/// Tells an archive that unpacks to too much from one that is cut short.
fn mended(error: io::Error) -> ArchiveError {
    if matches!(error.get_ref(), Some(inner) if inner.is::<Overflow>()) {
        ArchiveError::TooLarge(Overflow.to_string())
    } else {
        ArchiveError::Read(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::tests::tarball::Tarball;

    fn wanted(folder: &str) -> Wanted {
        Wanted {
            folder: folder.to_owned(),
            pattern: None,
            limits: TreeLimits::default(),
        }
    }

    fn paths(archive: &Tarball, wanted: &Wanted) -> Result<Vec<String>, String> {
        let files =
            unpack(archive.packed().as_slice(), wanted).map_err(|error| error.to_string())?;
        Ok(files.into_iter().map(|file| file.path).collect())
    }

    #[test]
    fn files_of_a_folder_are_taken_without_the_folders_around_them() {
        let archive = Tarball::new()
            .folder("r-c0ffee/")
            .file("r-c0ffee/b.yaml", "b")
            .file("r-c0ffee/docs/a.md", "a")
            .file("r-c0ffee/docs/deep/c.md", "c")
            .file("r-c0ffee/docsy.md", "no");

        assert_eq!(
            paths(&archive, &wanted("")).unwrap(),
            ["b.yaml", "docs/a.md", "docs/deep/c.md", "docsy.md"]
        );
        assert_eq!(
            paths(&archive, &wanted("docs")).unwrap(),
            ["a.md", "deep/c.md"]
        );
        assert_eq!(
            paths(&archive, &wanted("docs/a.md")).unwrap(),
            Vec::<String>::new()
        );
    }

    #[test]
    fn only_what_matches_is_taken() {
        let archive = Tarball::new()
            .file("r/a/catalog-info.yaml", "a")
            .file("r/a/b/catalog-info.yaml", "b")
            .file("r/a/other.yaml", "o");
        let pattern = |path: &str| Wanted {
            pattern: Pattern::new(path),
            ..wanted(Pattern::folder(path))
        };

        assert_eq!(
            paths(&archive, &pattern("**/catalog-info.yaml")).unwrap(),
            ["a/b/catalog-info.yaml", "a/catalog-info.yaml"]
        );
        assert_eq!(
            paths(&archive, &pattern("a/*.yaml")).unwrap(),
            ["catalog-info.yaml", "other.yaml"]
        );
    }

    #[test]
    fn links_and_devices_are_passed_over() {
        let archive = Tarball::new()
            .link(EntryType::Symlink, "r/passwd", "/etc/passwd")
            .link(EntryType::Link, "r/shadow", "../../etc/shadow")
            .link(EntryType::Fifo, "r/pipe", "")
            .link(EntryType::Char, "r/null", "")
            .link(EntryType::Symlink, "r/docs", "/etc")
            .file("r/docs/a.md", "a");

        let files = unpack(archive.packed().as_slice(), &wanted("")).unwrap();

        let a = TreeFile {
            path: "docs/a.md".to_owned(),
            bytes: Bytes::from_static(b"a"),
        };
        assert_eq!(files, [a]);
    }

    #[test]
    fn a_path_that_leads_out_spoils_the_archive() {
        for path in ["../x", "r/../../x", "/etc/passwd", "r/a/..", "r\\..\\x"] {
            let refusal = format!(
                "its archive has the path `{}`, which leads out of it",
                path.escape_debug()
            );
            let plain = Tarball::new().file(path, "x");
            let long = Tarball::new().long_name(path).file("r/a", "x");
            let extended = Tarball::new().pax(&[("path", path)]).file("r/a", "x");
            let linked = Tarball::new().link(EntryType::Symlink, path, "x");
            for archive in [plain, long, extended, linked] {
                assert_eq!(paths(&archive, &wanted("")).unwrap_err(), refusal);
            }
        }
    }

    #[test]
    fn long_names_are_read_in_both_forms() {
        let name = format!("r/{}/a.yaml", "folder/".repeat(40).trim_end_matches('/'));
        let gnu = Tarball::new().long_name(&name).file("r/cut", "x");
        let pax = Tarball::new()
            .pax(&[("mtime", "1"), ("path", &name)])
            .file("r/cut", "x");

        assert_eq!(paths(&gnu, &wanted("")).unwrap(), [&name[2..]]);
        assert_eq!(paths(&pax, &wanted("")).unwrap(), [&name[2..]]);
        let twice = Tarball::new().pax(&[("size", "0")]).file("r/a", "x");
        assert_eq!(
            paths(&twice, &wanted("")).unwrap_err(),
            "its archive has an entry that tells its length twice"
        );
        let endless = Tarball::new()
            .long_name(&"a".repeat(20_000))
            .file("r/a", "x");
        assert_eq!(
            paths(&endless, &wanted("")).unwrap_err(),
            "its archive has a name of more than 16384 bytes"
        );
    }

    #[test]
    fn every_figure_has_a_limit() {
        let limits = TreeLimits {
            archive_bytes: 1_000_000,
            unpacked_bytes: 100_000,
            entries: 5,
            files: 3,
            file_bytes: 1000,
            kept_bytes: 1500,
            depth: 2,
        };
        let refusal = |archive: Tarball, folder: &str| {
            let wanted = Wanted {
                limits,
                ..wanted(folder)
            };
            let error = unpack(archive.packed().as_slice(), &wanted).unwrap_err();
            assert!(matches!(error, ArchiveError::TooLarge(_)), "{error:?}");
            error.to_string()
        };
        let bomb = "0".repeat(200_000);
        let of = |count: usize, length: usize| {
            (0..count).fold(Tarball::new(), |archive, index| {
                archive.file(&format!("r/{index}"), &"x".repeat(length))
            })
        };

        // Also what is passed over counts.
        assert_eq!(
            refusal(
                Tarball::new().file("r/bomb", &bomb).file("r/docs/a", ""),
                "docs"
            ),
            "its archive unpacks to more than the hub takes"
        );
        assert_eq!(
            refusal(of(6, 0), "docs"),
            "its archive has more than 5 entries"
        );
        assert_eq!(refusal(of(4, 1), ""), "it has more than 3 files");
        assert_eq!(refusal(of(1, 1001), ""), "`0` is longer than 1000 bytes");
        assert_eq!(
            refusal(of(2, 900), ""),
            "its files are longer than 1500 bytes together"
        );
        assert_eq!(
            refusal(Tarball::new().file("r/a/b/c", ""), ""),
            "`a/b/c` is more than 2 folders deep"
        );
    }

    #[test]
    fn what_is_no_archive_is_an_error() {
        let whole = Tarball::new().file("r/a", &"x".repeat(5000)).packed();

        for broken in [&b"<html>"[..], &whole[..whole.len() / 2], &[]] {
            let error = unpack(broken, &wanted("")).unwrap_err();
            assert!(matches!(error, ArchiveError::Read(_)), "{error:?}");
        }
    }
}
