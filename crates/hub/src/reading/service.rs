//! Reading what a URL names: a file, the files of a folder, or those that match a pattern.

use super::address::{Lookup, SystemLookup};
use super::allow::AllowList;
use super::answer::{Document, Read, ReadRequest, Repository, Search, Tree, TreeLimits};
use super::archive::Wanted;
use super::config;
use super::error::ReadError;
use super::fetch::{Call, Fetched, Fetcher};
use super::forge::Place;
use super::github_app::Asking;
use super::integration::Integration;
use super::metric::Metrics;
use super::pattern::Pattern;
use super::visit::{Visit, joined};
use crate::app::Core;
use crate::clock::Clock;
use crate::http_client::HttpClient;
use crate::hub::StartError;
use callboard_config::Config;
use prometheus::Registry;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use url::{ParseError, Url};

/// How long a file may be.
const FILE_BYTES: u64 = 16 * 1024 * 1024;

/// How long one file may take.
const FILE_DEADLINE: Duration = Duration::from_secs(30);

/// How long all files of a folder may take.
const TREE_DEADLINE: Duration = Duration::from_secs(180);

/// How many folders are read at the same time, as each is held in memory.
const TREES_AT_ONCE: usize = 3;

/// What `/metrics` calls a host that is no Git host.
const OTHER: &str = "other";

/// Reads URLs of Git hosts and of hosts that the configuration allows; found by
/// [`crate::App::reader`].
pub struct Reader {
    integrations: Vec<Integration>,
    fetcher: Fetcher,
    metrics: Metrics,
    trees: Semaphore,
    clock: Arc<dyn Clock>,
}

impl Reader {
    pub(super) fn of(core: &Core) -> Result<Reader, StartError> {
        let clock = core.clock.clone();
        Reader::new(&core.config, &core.metrics, clock, Arc::new(SystemLookup))
    }

    /// Reads `integrations` and `backend.reading` of the configuration.
    pub(super) fn new(
        config: &Config,
        registry: &Registry,
        clock: Arc<dyn Clock>,
        lookup: Arc<dyn Lookup>,
    ) -> Result<Reader, StartError> {
        Ok(Reader {
            integrations: config::read(config)?,
            fetcher: Fetcher::new(
                AllowList::read(config)?,
                lookup,
                HttpClient::believing(config.extra_certificates()),
            ),
            metrics: Metrics::new(registry)?,
            trees: Semaphore::new(TREES_AT_ONCE),
            clock,
        })
    }

    /// Reads one file.
    ///
    /// # Errors
    ///
    /// [`ReadError`], also when the URL has a pattern, which [`Reader::search`] reads.
    pub async fn read(&self, request: ReadRequest<'_>) -> Result<Read, ReadError> {
        let provider = self.provider(request.url);
        let timer = self.metrics.timer(provider);
        let read = within(request.url, FILE_DEADLINE, self.read_file(request)).await;
        timer.observe_duration();
        let outcome = read.as_ref().map(|read| match read {
            Read::NotModified => "not_modified",
            Read::Found(_) => "found",
        });
        self.metrics.count(provider, outcome);
        read
    }

    /// Reads all files of a folder of a repository, or of the whole.
    ///
    /// # Errors
    ///
    /// [`ReadError`], also for a host that has no repositories.
    pub async fn read_tree(
        &self,
        url: &Url,
        etag: Option<&str>,
        limits: TreeLimits,
    ) -> Result<Tree, ReadError> {
        let (at, place) = self.repository_place(url)?;
        let folder = place.path.clone();
        let wanted = Wanted {
            folder,
            pattern: None,
            limits,
        };
        self.tree(url, at, place, etag, &wanted).await
    }

    /// Reads the files that a URL with `*` and `**` in its path matches, or the one that a URL
    /// without them names.
    ///
    /// # Errors
    ///
    /// [`ReadError`], also for a pattern at a host that has no repositories.
    pub async fn search(&self, url: &Url, etag: Option<&str>) -> Result<Search, ReadError> {
        let pattern = match self.integration(url) {
            Some(at) => Some(place(at, url)?.path).filter(|path| Pattern::is_one(path)),
            None if Pattern::is_one(url.path()) => {
                let reason = "patterns are read at Git hosts only";
                return Err(ReadError::invalid(url, reason));
            }
            None => None,
        };
        match pattern {
            Some(pattern) => self.matches(url, &pattern, etag).await,
            None => match self.read(ReadRequest { url, etag }).await {
                Ok(Read::NotModified) => Ok(Search::NotModified),
                Ok(Read::Found(document)) => Ok(Search::Found {
                    etag: document.etag.clone(),
                    documents: vec![document],
                }),
                Err(error) if error.is_not_found() => Ok(Search::Found {
                    documents: Vec::new(),
                    etag: None,
                }),
                Err(error) => Err(error),
            },
        }
    }

    /// The URL that a reference in the file at `base` means: a whole URL, a path that begins at
    /// the root of the repository with `/`, or a path relative to the file.
    ///
    /// # Errors
    ///
    /// [`ReadError::Invalid`] for what is no URL of HTTP; so nothing that was read from a URL can
    /// name a file of the hub.
    ///
    /// # Source
    ///
    /// Mirrors upstream's integrations: the query of `base` is kept, at GitHub the result is a
    /// `tree` URL, and at Azure the path in the query is what changes.
    pub fn resolve(&self, base: &Url, reference: &str) -> Result<Url, ReadError> {
        let invalid = |why: &str| ReadError::invalid(base, format!("`{reference}` in it {why}"));
        let url = match Url::parse(reference) {
            Ok(whole) => whole,
            Err(ParseError::RelativeUrlWithoutBase) => self
                .resolve_relative(base, reference)
                .ok_or_else(|| invalid("is no path from there"))?,
            Err(_) => return Err(invalid("is no URL")),
        };
        if !matches!(url.scheme(), "http" | "https") {
            return Err(invalid(
                "is no URL of HTTP, and nothing else is read from there",
            ));
        }
        Ok(url)
    }

    /// Whether two URLs lead into the same repository of a Git host; elsewhere, to the same host.
    pub fn is_same_repository(&self, one: &Url, other: &Url) -> bool {
        one.origin() == other.origin() && self.repository(one) == self.repository(other)
    }

    /// Where a person proposes the file `name` with this text for the repository that `url` leads
    /// into; absent where the host fills in no form, and for hosts that are no Git hosts.
    pub fn proposal_url(&self, url: &Url, name: &str, text: &str) -> Option<Url> {
        let at = self.integration(url)?;
        let place = at.forge.place(at, url).ok()?;
        at.forge.propose(at, &place, (name, text))
    }

    /// Where a person edits the file at `url`; absent where the host has no such page, and for
    /// URLs that name a commit.
    pub fn edit_url(&self, url: &Url) -> Option<Url> {
        let at = self.integration(url)?;
        let place = at.forge.place(at, url).ok()?;
        if place.is_pinned() {
            return None;
        }
        at.forge.edit(at, url, &place)
    }

    /// Whether the configuration lets `url` be read: it is of a Git host that `integrations` names,
    /// or on the list of other hosts.
    pub fn handles(&self, url: &Url) -> bool {
        self.integration(url).is_some() || self.fetcher.permits(url)
    }

    /// The hosts of which URLs are read, Git hosts first.
    pub fn hosts(&self) -> Vec<String> {
        let forges = self.integrations.iter().map(|at| at.host.clone());
        forges.chain(self.fetcher.hosts()).collect()
    }

    /// The repository that `url` leads into; absent for hosts that are no Git hosts.
    pub fn repository(&self, url: &Url) -> Option<Repository> {
        let at = self.integration(url)?;
        let place = at.forge.place(at, url).ok()?;
        Some(Repository {
            provider: at.forge.id(),
            owner: place.owner,
            name: place.name,
        })
    }

    /// The path in its repository of the file that `url` leads to; absent for hosts that are no Git
    /// hosts.
    pub fn path(&self, url: &Url) -> Option<String> {
        let at = self.integration(url)?;
        at.forge.place(at, url).ok().map(|place| place.path)
    }

    fn integration(&self, url: &Url) -> Option<&Integration> {
        self.integrations.iter().find(|at| at.has(url))
    }

    fn provider(&self, url: &Url) -> &'static str {
        self.integration(url).map_or(OTHER, |at| at.forge.id())
    }

    fn resolve_relative(&self, base: &Url, reference: &str) -> Option<Url> {
        let Some((at, place)) = self.integration(base).and_then(|at| {
            let place = at.forge.place(at, base).ok()?;
            Some((at, place))
        }) else {
            let mut url = base.join(reference).ok()?;
            if url.query().is_none() && url.origin() == base.origin() {
                url.set_query(base.query());
            }
            return Some(url);
        };
        // The path in the repository is joined as URLs are, whatever the host makes of it.
        let inside = Url::parse("http://repository/").ok()?;
        let mut file = inside.clone();
        file.path_segments_mut()
            .ok()?
            .pop_if_empty()
            .extend(place.path.split('/'));
        let reference = match reference.trim_start_matches('/') {
            rest if rest.len() < reference.len() => format!("/{rest}"),
            rest => rest.to_owned(),
        };
        let joined = file
            .join(&reference)
            .ok()
            .filter(|url| url.origin() == inside.origin())?;
        let path = percent_encoding::percent_decode_str(joined.path())
            .decode_utf8()
            .ok()?;
        let mut shown = at.forge.show(base, &place, path.trim_start_matches('/'));
        if path.ends_with('/') {
            at.forge.end_in_slash(&mut shown);
        }
        shown.set_fragment(joined.fragment());
        Some(at.forge.resolved(shown))
    }

    /// The host and the place of a URL that only a Git host can answer.
    fn repository_place(&self, url: &Url) -> Result<(&Integration, Place), ReadError> {
        match self.integration(url) {
            Some(at) => Ok((at, place(at, url)?)),
            None => {
                let reason = "folders are read at Git hosts only, which `integrations` names";
                Err(ReadError::invalid(url, reason))
            }
        }
    }

    /// Begins to ask a Git host about a repository.
    async fn visit<'a>(
        &'a self,
        url: &'a Url,
        at: &'a Integration,
        place: Place,
    ) -> Result<Visit<'a>, ReadError> {
        let asking = Asking {
            fetcher: &self.fetcher,
            now: self.clock.now(),
            asked: url,
            at,
        };
        Visit::begin(asking, place).await
    }

    async fn read_file(&self, request: ReadRequest<'_>) -> Result<Read, ReadError> {
        let ReadRequest { url, etag } = request;
        let Some(at) = self.integration(url) else {
            return self.read_elsewhere(request).await;
        };
        let place = place(at, url)?;
        if place.path.is_empty() {
            let reason = "it names a repository, not a file in it";
            return Err(ReadError::invalid(url, reason));
        }
        let visit = self.visit(url, at, place).await?;
        match visit.file(etag).await? {
            Fetched::NotModified => Ok(Read::NotModified),
            Fetched::Found(body) => Ok(Read::Found(Document {
                etag: body.etag.clone(),
                last_modified: body.last_modified,
                bytes: body.read(url, FILE_BYTES).await?,
                url: url.clone(),
            })),
        }
    }

    async fn read_elsewhere(&self, request: ReadRequest<'_>) -> Result<Read, ReadError> {
        let url = request.url;
        let call = Call {
            asked: url,
            url,
            at: None,
            authorization: None,
            accept: None,
            etag: request.etag,
            post: None,
        };
        match self.fetcher.ask(&call).await? {
            Fetched::NotModified => Ok(Read::NotModified),
            Fetched::Found(body) => Ok(Read::Found(Document {
                etag: body.etag.clone(),
                last_modified: body.last_modified,
                url: body.url.clone(),
                bytes: body.read(url, FILE_BYTES).await?,
            })),
        }
    }

    async fn matches(
        &self,
        url: &Url,
        path: &str,
        etag: Option<&str>,
    ) -> Result<Search, ReadError> {
        let (at, mut place) = self.repository_place(url)?;
        let pattern = Pattern::new(path)
            .ok_or_else(|| ReadError::invalid(url, format!("`{path}` is a malformed pattern")))?;
        let shown = place.clone();
        place.path = Pattern::folder(path).to_owned();
        let folder = place.path.clone();
        let wanted = Wanted {
            folder: folder.clone(),
            pattern: Some(pattern),
            limits: TreeLimits::default(),
        };
        match self.tree(url, at, place, etag, &wanted).await? {
            Tree::NotModified => Ok(Search::NotModified),
            Tree::Found { files, etag } => {
                let documents = files.into_iter().map(|file| Document {
                    url: at.forge.show(url, &shown, &joined(&folder, &file.path)),
                    bytes: file.bytes,
                    etag: Some(etag.clone()),
                    last_modified: None,
                });
                Ok(Search::Found {
                    documents: documents.collect(),
                    etag: Some(etag.clone()),
                })
            }
        }
    }

    async fn tree(
        &self,
        url: &Url,
        at: &Integration,
        place: Place,
        etag: Option<&str>,
        wanted: &Wanted,
    ) -> Result<Tree, ReadError> {
        let provider = at.forge.id();
        let timer = self.metrics.timer(provider);
        let tree = within(url, TREE_DEADLINE, async {
            // The semaphore is never closed.
            let _turn = self.trees.acquire().await;
            let visit = self.visit(url, at, place).await?;
            visit.tree(etag, wanted).await
        });
        let tree = tree.await;
        timer.observe_duration();
        let outcome = tree.as_ref().map(|tree| match tree {
            Tree::NotModified => "not_modified",
            Tree::Found { .. } => "found",
        });
        self.metrics.count(provider, outcome);
        tree
    }
}

fn place(at: &Integration, url: &Url) -> Result<Place, ReadError> {
    at.forge
        .place(at, url)
        .map_err(|reason| ReadError::invalid(url, reason))
}

async fn within<T>(
    url: &Url,
    deadline: Duration,
    work: impl Future<Output = Result<T, ReadError>>,
) -> Result<T, ReadError> {
    timeout(deadline, work).await.unwrap_or_else(|_| {
        let reason = format!("there was no answer within {} seconds", deadline.as_secs());
        Err(ReadError::unavailable(url, reason))
    })
}
