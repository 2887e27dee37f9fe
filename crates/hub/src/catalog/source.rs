//! Where content comes from: files on disk, and URLs.

use super::emitted::Problem;
use super::file::Fingerprint;
use super::location::{Location, LocationType, sha1};
use super::outcome::Seen;
use super::record::Digest;
use super::{file, glob, parallel};
use crate::reading::{Document, Read, ReadError, ReadRequest, Reader, Search};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use url::Url;

/// How long one file of entities may be; the reader of URLs has limits of its own.
const MAX_FILE_BYTES: u64 = 256 * 1024 * 1024;

/// What reading a location gave.
#[derive(Debug, Clone)]
pub(super) enum Got {
    /// The files that it names, at least one.
    Found(Vec<Piece>),
    /// There is nothing.
    Nothing,
    /// What the tag of the last reading tells of.
    Unchanged,
    /// It could not be read.
    Failed(Problem),
}

/// One file of a location.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    pub(super) location: Location,
    /// The content, or why there is none.
    pub(super) text: Result<Arc<str>, String>,
}

/// What was read so far for one entity.
#[derive(Debug, Default)]
pub(super) struct Reads {
    got: BTreeMap<Location, Got>,
    tags: BTreeMap<Location, String>,
    /// The files and folders that were looked at.
    pub(super) seen: Seen,
}

impl Reads {
    /// What a location gave; `None` when it was not read.
    pub(super) fn get(&self, location: &Location) -> Option<&Got> {
        self.got.get(location)
    }

    /// The locations that are as their tags tell.
    pub(super) fn unchanged(&self) -> BTreeSet<Location> {
        let unchanged = |got: &&Got| matches!(got, Got::Unchanged);
        self.got
            .iter()
            .filter(|(_, got)| unchanged(got))
            .map(|(location, _)| location.clone())
            .collect()
    }

    /// What tells all that was read from anything else, and the rules of the time.
    pub(super) fn tags(&self, rules: Digest) -> String {
        self.tags
            .iter()
            .fold(rules.to_string(), |text, (location, tag)| {
                format!("{text}\n{location} {tag}")
            })
    }

    /// Reads files of the disk.
    pub(super) fn read_file(&mut self, location: &Location) {
        let paths = match glob::is_glob(&location.target) && !Path::new(&location.target).exists() {
            true => glob::expand(&location.target, &mut |folder| self.look_at(folder)),
            false => {
                let path = Path::new(&location.target);
                self.look_at(path);
                path.exists().then(|| path.to_owned()).into_iter().collect()
            }
        };
        let read = parallel::map(paths, |path| {
            // INVARIANT: looked at before it is read, so that a change between the two shows.
            let then = Fingerprint::of(&path);
            let text = file::read(&path, MAX_FILE_BYTES);
            let hash = Digest::of(text.as_ref().map_or("", |text| text));
            (path, then, text, hash)
        });
        let mut hashes = String::new();
        let mut pieces = Vec::with_capacity(read.len());
        for (path, then, text, hash) in read {
            hashes.push_str(&hash.to_string());
            hashes.push_str(&path.to_string_lossy());
            let location = Location::file(&path);
            pieces.push(Piece { location, text });
            self.seen.entry(path).or_insert(then);
        }
        self.tags
            .insert(location.clone(), Digest::of(&hashes).to_string());
        let got = match pieces.is_empty() {
            true => Got::Nothing,
            false => Got::Found(pieces),
        };
        self.got.insert(location.clone(), got);
    }

    fn look_at(&mut self, path: &Path) {
        if !self.seen.contains_key(path) {
            self.seen.insert(path.to_owned(), Fingerprint::of(path));
        }
    }

    /// Reads a URL, or what a pattern in it matches; `tags` are those of the last reading.
    pub(super) async fn read_url(
        &mut self,
        reader: &Reader,
        location: &Location,
        tags: Option<&str>,
    ) {
        let known = tags.and_then(|tags| tag_of(tags, location));
        let (got, tag) = search(reader, location, known).await;
        self.tags.insert(location.clone(), tag);
        self.got.insert(location.clone(), got);
    }

    /// Reads the one file that a URL names, whatever is known of it.
    pub(super) async fn read_one(&mut self, reader: &Reader, location: &Location) {
        let (got, tag) = one(reader, location).await;
        self.tags.insert(location.clone(), tag);
        self.got.insert(location.clone(), got);
    }

    /// A location that nothing here can read.
    pub(super) fn refuse(&mut self, location: &Location) {
        let word = location.location_type.as_str();
        let problem = Problem::input(format!(
            "No processor was able to handle reading of {word}, {}",
            location.target
        ));
        self.got.insert(location.clone(), Got::Failed(problem));
    }
}

/// What an earlier answer of the host of a URL said about its state.
fn tag_of<'a>(tags: &'a str, location: &Location) -> Option<&'a str> {
    let prefix = format!("{location} e:");
    tags.lines().find_map(|line| line.strip_prefix(&prefix))
}

async fn search(reader: &Reader, location: &Location, known: Option<&str>) -> (Got, String) {
    let url = match http_url(location) {
        Ok(url) => url,
        Err(problem) => return (Got::Failed(problem), String::new()),
    };
    match reader.search(&url, known).await {
        Ok(Search::NotModified) => {
            let tag = known.map(|known| format!("e:{known}"));
            (Got::Unchanged, tag.unwrap_or_default())
        }
        Ok(Search::Found { documents, etag }) => {
            let hashes = documents.iter().map(hash_of).collect::<Vec<_>>().join(" ");
            // An etag that came in a header has no line break; any other is as good as none.
            let tag = match etag.filter(|etag| !etag.contains(['\n', '\r'])) {
                Some(etag) => format!("e:{etag}"),
                None => format!("h:{}", Digest::of(&hashes)),
            };
            let pieces: Vec<Piece> = documents.into_iter().map(piece).collect();
            match pieces.is_empty() {
                true => (Got::Nothing, tag),
                false => (Got::Found(pieces), tag),
            }
        }
        Err(error) if error.is_not_found() => (Got::Nothing, String::new()),
        Err(error) => (Got::Failed(read_problem(&error)), String::new()),
    }
}

async fn one(reader: &Reader, location: &Location) -> (Got, String) {
    let url = match http_url(location) {
        Ok(url) => url,
        Err(problem) => return (Got::Failed(problem), String::new()),
    };
    let request = ReadRequest {
        url: &url,
        etag: None,
    };
    match reader.read(request).await {
        Ok(Read::Found(document)) => {
            let tag = format!("h:{}", Digest::of(&hash_of(&document)));
            (Got::Found(vec![piece(document)]), tag)
        }
        Ok(Read::NotModified) => (Got::Unchanged, String::new()),
        Err(error) => (Got::Failed(read_problem(&error)), String::new()),
    }
}

fn http_url(location: &Location) -> Result<Url, Problem> {
    let target = &location.target;
    match Url::parse(target) {
        Ok(url) if is_http(&url) => Ok(url),
        Ok(_) => Err(unreadable(&format!("`{target}` is no URL of HTTP"))),
        Err(error) => Err(unreadable(&format!("`{target}` is no URL: {error}"))),
    }
}

fn is_http(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
}

fn hash_of(document: &Document) -> String {
    format!("{:?} {}", sha1(&document.bytes), document.url)
}

fn piece(document: Document) -> Piece {
    Piece {
        location: Location::url(&document.url),
        text: String::from_utf8(document.bytes.into())
            .map(Arc::from)
            .map_err(|_| "the content is not UTF-8".to_owned()),
    }
}

fn unreadable(reason: &str) -> Problem {
    Problem {
        name: "Error".to_owned(),
        message: format!("Unable to read url, {reason}"),
        field: String::new(),
    }
}

fn read_problem(error: &ReadError) -> Problem {
    let name = match error {
        ReadError::NotAllowed { .. } => "NotAllowedError",
        ReadError::NotFound { .. } => "NotFoundError",
        ReadError::Unavailable { .. } | ReadError::TooLarge { .. } | ReadError::Invalid { .. } => {
            "Error"
        }
    };
    Problem {
        name: name.to_owned(),
        message: format!("Unable to read url, {error}"),
        field: String::new(),
    }
}

/// What tells where a reference leads.
#[derive(Clone, Copy)]
pub(super) struct Resolver<'a>(pub(super) Option<&'a Reader>);

impl Resolver<'_> {
    /// Where a reference in the file at `base` leads: never from a URL to a file.
    ///
    /// # Errors
    ///
    /// Why it leads nowhere.
    pub(super) fn resolve(self, base: &Location, reference: &str) -> Result<Location, String> {
        let absolute = Url::parse(reference).ok();
        match (&base.location_type, absolute) {
            (LocationType::File, Some(url)) if is_http(&url) => Ok(Location::url(&url)),
            (LocationType::File, Some(url)) if url.scheme() == "file" => url
                .to_file_path()
                .map(|path| Location::file(&path))
                .map_err(|()| format!("`{reference}` is no path")),
            (LocationType::File, _) => Ok(base.relative(LocationType::File, reference)),
            (LocationType::Url, Some(url)) if !is_http(&url) => Err(format!(
                "what comes from a URL may not read `{}:`",
                url.scheme()
            )),
            (LocationType::Url, _) => {
                let base_url = Url::parse(&base.target).map_err(|error| error.to_string())?;
                let found = match self.0 {
                    Some(reader) => reader
                        .resolve(&base_url, reference)
                        .map_err(|error| error.to_string())?,
                    None => base_url
                        .join(reference)
                        .map_err(|error| error.to_string())?,
                };
                match is_http(&found) {
                    true => Ok(Location::url(&found)),
                    false => Err(format!("`{reference}` is no URL of HTTP")),
                }
            }
            (LocationType::Other(word), _) => Err(format!("nothing is read from `{word}`")),
        }
    }

    /// As [`Resolver::resolve`], within the repository of `base` where both are URLs.
    pub(super) fn resolve_within(
        self,
        base: &Location,
        reference: &str,
    ) -> Result<Location, String> {
        let found = self.resolve(base, reference)?;
        let urls = (Url::parse(&base.target), Url::parse(&found.target));
        if let (LocationType::Url, Some(reader), (Ok(base), Ok(target))) =
            (&base.location_type, self.0, urls)
            && !reader.is_same_repository(&base, &target)
        {
            return Err(
                "Placeholder may only reference files from the same repository as the entity"
                    .to_owned(),
            );
        }
        Ok(found)
    }
}
