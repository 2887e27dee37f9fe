//! Reading what a URL names: a file, the files of a folder, or those that match a pattern.

use super::error::ReadError;
use bytes::Bytes;
use callboard_config::{Config, ConfigError};
use jiff::Timestamp;
use url::Url;

/// Reads URLs of Git hosts and of hosts that the configuration allows; found by
/// [`crate::App::reader`].
pub struct Reader {}

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

impl Reader {
    /// Reads `integrations` and `backend.reading` of the configuration.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] for what cannot be used there, with its file and line.
    pub fn from_config(_config: &Config) -> Result<Reader, ConfigError> {
        Ok(Reader {})
    }

    /// Reads one file.
    ///
    /// # Errors
    ///
    /// [`ReadError`], also when the URL has a pattern, which [`Reader::search`] reads.
    #[expect(clippy::unused_async, reason = "the signature, before what it does")]
    pub async fn read(&self, request: ReadRequest<'_>) -> Result<Read, ReadError> {
        Err(ReadError::not_allowed(request.url, "no host is known yet"))
    }

    /// Reads all files of a folder of a repository, or of the whole.
    ///
    /// # Errors
    ///
    /// [`ReadError`], also for a host that has no repositories.
    #[expect(clippy::unused_async, reason = "the signature, before what it does")]
    pub async fn read_tree(
        &self,
        url: &Url,
        _etag: Option<&str>,
        _limits: TreeLimits,
    ) -> Result<Tree, ReadError> {
        Err(ReadError::not_allowed(url, "no host is known yet"))
    }

    /// Reads the files that a URL with `*` and `**` in its path matches, or the one that a URL
    /// without them names.
    ///
    /// # Errors
    ///
    /// [`ReadError`], also for a pattern at a host that has no repositories.
    #[expect(clippy::unused_async, reason = "the signature, before what it does")]
    pub async fn search(&self, url: &Url, _etag: Option<&str>) -> Result<Search, ReadError> {
        Err(ReadError::not_allowed(url, "no host is known yet"))
    }

    /// The URL that a reference in the file at `base` means: a whole URL, a path that begins at
    /// the root of the repository with `/`, or a path relative to the file.
    ///
    /// # Errors
    ///
    /// [`ReadError::Invalid`] for what is no URL of HTTP; so nothing that was read from a URL can
    /// name a file of the hub.
    pub fn resolve(&self, base: &Url, reference: &str) -> Result<Url, ReadError> {
        base.join(reference)
            .map_err(|error| ReadError::invalid(base, error.to_string()))
    }

    /// Whether two URLs lead into the same repository of a Git host; elsewhere, to the same host.
    pub fn is_same_repository(&self, one: &Url, other: &Url) -> bool {
        one.origin() == other.origin()
    }

    /// Where a person edits the file at `url`; absent where the host has no such page, and for
    /// URLs that name a commit.
    pub fn edit_url(&self, _url: &Url) -> Option<Url> {
        None
    }

    /// The repository that `url` leads into; absent for hosts that are no Git hosts.
    pub fn repository(&self, _url: &Url) -> Option<Repository> {
        None
    }
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
