//! Git hosts: what their URLs mean, and what to ask them instead.
//!
//! People copy URLs from the browser; such a page is HTML and knows no tokens. So each kind of
//! host has a file here that turns such a URL into a [`Place`], and a place into questions to the
//! REST interface of the host.

mod azure;
mod bitbucket_cloud;
mod bitbucket_server;
mod gitea;
mod github;
mod gitlab;

pub(super) use azure::Azure;
pub(super) use bitbucket_cloud::BitbucketCloud;
pub(super) use bitbucket_server::BitbucketServer;
pub(super) use gitea::Gitea;
pub(super) use github::GitHub;
pub(super) use gitlab::GitLab;

use super::integration::Integration;
use percent_encoding::percent_decode_str;
use serde_json::Value;
use url::Url;

/// A kind of Git host.
pub(super) trait Forge: Send + Sync {
    /// Its key below `integrations`.
    fn id(&self) -> &'static str;

    /// What the browser shows at `url`.
    ///
    /// # Errors
    ///
    /// Which forms the host knows, when `url` has none of them.
    fn place(&self, at: &Integration, url: &Url) -> Result<Place, String>;

    /// The question for a file's content. The path of the place is not empty.
    fn file(&self, at: &Integration, place: &Place, access: Access) -> Question;

    /// The question for the name of the default branch, where the next one cannot do without.
    fn default_branch(&self, _at: &Integration, _place: &Place) -> Option<(Question, Answer)> {
        None
    }

    /// The question for the last commit.
    fn commit(&self, at: &Integration, place: &Place) -> (Question, Answer);

    /// The question for all files of a commit.
    fn files(&self, at: &Integration, place: &Place, commit: &str) -> Files;

    /// Where the browser shows the file or folder `path` of the repository and reference that
    /// `url` is of; it begins without a slash.
    fn show(&self, url: &Url, place: &Place, path: &str) -> Url {
        with_path_end(url, place, path)
    }

    /// Makes a URL of [`Forge::show`] the one of a folder.
    fn end_in_slash(&self, url: &mut Url) {
        let path = format!("{}/", url.path().trim_end_matches('/'));
        url.set_path(&path);
    }

    /// A commit as the references of places have it.
    fn commit_reference(&self, commit: &str) -> String {
        commit.to_owned()
    }

    /// Changes the URL that a relative reference leads to into the form of the host.
    fn resolved(&self, url: Url) -> Url {
        url
    }

    /// Where the browser lets a person edit the file at `url`.
    fn edit(&self, at: &Integration, url: &Url, place: &Place) -> Option<Url>;

    /// Where the browser lets a person propose a new file, whose name and text are filled in;
    /// absent where the host fills in nothing.
    fn propose(&self, _at: &Integration, _place: &Place, _file: (&str, &str)) -> Option<Url> {
        None
    }
}

/// A file or folder of a repository.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// A person, an organisation, a project, or a path of groups.
    pub(super) owner: String,
    pub(super) name: String,
    /// A branch, tag or commit, as the host writes it in URLs; absent for the default branch.
    pub(super) reference: Option<String>,
    /// Without a slash at either end; empty for the root.
    pub(super) path: String,
}

impl Place {
    /// Whether the URL stays what it is, since it names a commit.
    pub(super) fn is_pinned(&self) -> bool {
        let reference = self.reference.as_deref().unwrap_or_default();
        reference.len() >= 40 && reference.bytes().all(|byte| byte.is_ascii_hexdigit())
    }
}

/// Whether a question goes with credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// With those for the owner of the repository.
    Authorized,
    /// With none, as everyone may ask.
    Anonymous,
}

/// What to ask the REST interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Question {
    pub(super) url: Url,
    /// The media type to ask for.
    pub(super) accept: Option<&'static str>,
}

impl Question {
    fn new(url: Url) -> Question {
        Question { url, accept: None }
    }
}

/// Where in a body the answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// The body itself.
    Text,
    /// Behind a JSON pointer.
    Json(&'static str),
}

impl Answer {
    /// `None` when it is not there.
    pub(super) fn find(self, body: &[u8]) -> Option<String> {
        let text = match self {
            Answer::Text => std::str::from_utf8(body).ok()?.trim().to_owned(),
            Answer::Json(pointer) => {
                let body: Value = serde_json::from_slice(body).ok()?;
                body.pointer(pointer)?.as_str()?.to_owned()
            }
        };
        (!text.is_empty() && text.len() <= 255).then_some(text)
    }
}

/// How a host gives all files of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Files {
    /// As a `tar.gz` with everything in one folder.
    Archive(Question),
    /// As a list; each file is asked for on its own.
    List(Question),
}

/// A URL below `base`: each segment is encoded, slashes inside it as well.
pub(super) fn below<'a>(base: &Url, segments: impl IntoIterator<Item = &'a str>) -> Url {
    let mut url = base.clone();
    // It fails only for URLs that have no path; those of HTTP do.
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    url
}

/// A form for a new file at `url`, with its name and text filled in.
fn filled_in(mut url: Url, (name, text): (&str, &str)) -> Url {
    url.query_pairs_mut()
        .append_pair("filename", name)
        .append_pair("value", text);
    url
}

/// The segments of a URL's path below the path of `base`, decoded.
///
/// # Errors
///
/// When it is not below, or a segment is no UTF-8, leads upwards, however often it is encoded, or
/// has an encoded slash that separates nothing.
fn segments_below(base: &Url, url: &Url) -> Result<Vec<String>, String> {
    let prefix = base.path().trim_end_matches('/');
    let rest = url.path().strip_prefix(prefix);
    let rest = rest.filter(|rest| rest.is_empty() || rest.starts_with('/'));
    let rest = rest.ok_or_else(|| format!("its path does not begin with `{prefix}/`"))?;
    let segments = rest.split('/').filter(|segment| !segment.is_empty());
    segments.map(decode).collect()
}

fn decode(segment: &str) -> Result<String, String> {
    let decoded = percent_decode_str(segment).decode_utf8();
    let decoded = decoded.map_err(|_| "its path is not UTF-8".to_owned())?;
    refuse_upwards(&decoded)?;
    if decoded.split('/').any(str::is_empty) {
        return Err("a part of its path is empty".to_owned());
    }
    Ok(decoded.into_owned())
}

/// Refuses `.` and `..`, also where a host that decodes once more would find them.
fn refuse_upwards(path: &str) -> Result<(), String> {
    let mut path = path.to_owned();
    loop {
        if path
            .split(['/', '\\'])
            .any(|part| part == "." || part == "..")
        {
            return Err("its path leads upwards".to_owned());
        }
        let decoded = percent_decode_str(&path).decode_utf8_lossy().into_owned();
        if decoded == path {
            return Ok(());
        }
        path = decoded;
    }
}

/// The value of a query parameter; an empty one counts as absent.
fn parameter(url: &Url, name: &str) -> Option<String> {
    let mut pairs = url.query_pairs();
    let value = pairs.find(|(key, _)| key == name)?.1.into_owned();
    (!value.is_empty()).then_some(value)
}

/// The name of a repository, which cloning URLs end in `.git`.
fn repository_name(segment: &str) -> String {
    segment.strip_suffix(".git").unwrap_or(segment).to_owned()
}

/// `url` with another path in the repository, for hosts whose URLs end with it.
fn with_path_end(url: &Url, place: &Place, path: &str) -> Url {
    let all: Vec<&str> = url
        .path()
        .split('/')
        .filter(|part| !part.is_empty())
        .collect();
    // An encoded slash makes two parts of one segment, so lengths are compared decoded.
    let mut root = &all[..];
    let mut left = place.path.len();
    while let [before @ .., last] = root
        && left > 0
    {
        let length = percent_decode_str(last).count() + 1;
        left = left.saturating_sub(length);
        root = before;
    }
    let mut shown = url.clone();
    shown.set_path(&root.join("/"));
    shown.set_fragment(None);
    below(&shown, path.split('/').filter(|part| !part.is_empty()))
}

/// `url` with the segment at `index` replaced.
fn with_segment(url: &Url, index: usize, word: &str) -> Url {
    let mut parts: Vec<&str> = url.path().split('/').collect();
    if let Some(part) = parts.get_mut(index + 1) {
        *part = word;
    }
    let path = parts.join("/");
    let mut url = url.clone();
    url.set_path(&path);
    url
}

#[cfg(test)]
mod tests;
