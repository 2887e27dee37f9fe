//! What is asked of the reader, and what it gives.

use bytes::Bytes;
use jiff::Timestamp;
use url::Url;

/// What to read.
#[derive(Debug, Clone, Copy)]
pub struct ReadRequest<'a> {
    /// A URL as it is copied from the browser.
    pub url: &'a Url,
    /// What tells the state that is known already, from an earlier answer.
    pub etag: Option<&'a str>,
}

/// What there is at a URL.
#[derive(Debug, Clone)]
pub enum Read {
    /// What the `etag` of the request tells of.
    NotModified,
    /// Something that the `etag` of the request does not tell of.
    Found(Document),
}

/// The content of one URL.
#[derive(Debug, Clone)]
pub struct Document {
    /// The content, decompressed.
    pub bytes: Bytes,
    /// What tells this state from others; absent when the host gives nothing for it.
    pub etag: Option<String>,
    /// Where it is: at a Git host as the browser shows it, elsewhere after all redirects.
    pub url: Url,
    /// When the host says that it was last changed.
    pub last_modified: Option<Timestamp>,
}

/// The files of a folder.
#[derive(Debug, Clone)]
pub enum Tree {
    /// Those that the `etag` of the request tells of.
    NotModified,
    /// Others than the `etag` of the request tells of.
    Found {
        /// The files, in the order of their paths.
        files: Vec<TreeFile>,
        /// The commit that they belong to.
        etag: String,
    },
}

/// A file of a folder; never a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeFile {
    /// Relative to the folder, with `/`, without `.` and `..`.
    pub path: String,
    /// The content.
    pub bytes: Bytes,
}

/// What bounds the reading of a folder.
#[derive(Debug, Clone, Copy)]
pub struct TreeLimits {
    /// How many bytes of an archive are taken from the network.
    pub archive_bytes: u64,
    /// How many bytes may come out of an archive, those that are passed over included.
    pub unpacked_bytes: u64,
    /// How many entries an archive may have, those that are passed over included.
    pub entries: usize,
    /// How many files may be wanted of them.
    pub files: usize,
    /// How long one file may be.
    pub file_bytes: u64,
    /// How long all wanted files may be together.
    pub kept_bytes: u64,
    /// How many folders deep a file may be.
    pub depth: usize,
}

impl Default for TreeLimits {
    fn default() -> TreeLimits {
        const MIB: u64 = 1024 * 1024;
        TreeLimits {
            archive_bytes: 256 * MIB,
            unpacked_bytes: 2048 * MIB,
            entries: 500_000,
            files: 20_000,
            file_bytes: 16 * MIB,
            kept_bytes: 128 * MIB,
            depth: 64,
        }
    }
}

/// What matches a pattern.
#[derive(Debug, Clone)]
pub enum Search {
    /// What the `etag` of the request tells of.
    NotModified,
    /// The files, in the order of their paths; none when nothing matches, or when a URL without
    /// a pattern leads nowhere.
    Found {
        /// Each with the URL that the browser shows it at.
        documents: Vec<Document>,
        /// What tells this state from others.
        etag: Option<String>,
    },
}

/// A repository at a Git host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    /// The section of `integrations`, such as `github`.
    pub provider: &'static str,
    /// Whom it belongs to: a person, an organisation, a project, a path of groups.
    pub owner: String,
    /// Its name.
    pub name: String,
}
