//! Asking a Git host about one repository.

use super::answer::{Tree, TreeFile};
use super::archive::Wanted;
use super::error::ReadError;
use super::fetch::{Body, Call, Fetched, Fetcher};
use super::forge::{Access, Answer, Files, Place, Question};
use super::github_app::Asking;
use super::integration::Integration;
use super::{listing, stream};
use callboard_config::Secret;
use url::Url;

/// How long an answer may be that only tells a commit; those of some hosts tell much about it.
const SMALL_BYTES: u64 = 1024 * 1024;

/// A repository that is asked about, with what is shown for it.
pub(super) struct Visit<'a> {
    fetcher: &'a Fetcher,
    /// What somebody wants to read.
    asked: &'a Url,
    at: &'a Integration,
    place: Place,
    shown: Option<Secret<String>>,
}

impl<'a> Visit<'a> {
    /// Finds what to show: of the first app that is installed there, or else what the
    /// configuration has for the owner.
    pub(super) async fn begin(asking: Asking<'a>, place: Place) -> Result<Visit<'a>, ReadError> {
        let at = asking.at;
        let mut shown = None;
        let apps = at.credentials.apps.iter();
        for app in apps.filter(|app| app.is_for(&place.owner)) {
            shown = app.authorization(&asking, &place).await?;
            if shown.is_some() {
                break;
            }
        }
        Ok(Visit {
            fetcher: asking.fetcher,
            asked: asking.asked,
            at,
            shown: shown.or_else(|| at.authorization(&place.owner).cloned()),
            place,
        })
    }

    /// The content of the file.
    pub(super) async fn file(&self, etag: Option<&str>) -> Result<Fetched, ReadError> {
        let question = self.at.forge.file(self.at, &self.place, self.access());
        self.ask(&question, etag).await
    }

    /// The wanted files of the last commit, unless `etag` is that.
    pub(super) async fn tree(
        mut self,
        etag: Option<&str>,
        wanted: &Wanted,
    ) -> Result<Tree, ReadError> {
        let forge = self.at.forge;
        if self.place.reference.is_none()
            && let Some((question, answer)) = forge.default_branch(self.at, &self.place)
        {
            self.place.reference = Some(self.tell(&question, answer).await?);
        }
        let (question, answer) = forge.commit(self.at, &self.place);
        let commit = self.tell(&question, answer).await?;
        if etag == Some(commit.as_str()) {
            return Ok(Tree::NotModified);
        }
        let files = match forge.files(self.at, &self.place, &commit) {
            Files::Archive(question) => {
                let body = self.body(&question).await?;
                stream::files(self.asked, body, wanted.clone()).await?
            }
            Files::List(question) => {
                let body = self.body(&question).await?;
                let paths = listing::paths(self.asked, body, wanted).await?;
                self.each(&commit, paths, wanted).await?
            }
        };
        Ok(Tree::Found {
            files,
            etag: commit,
        })
    }

    /// Reads listed files one after another.
    async fn each(
        &self,
        commit: &str,
        paths: Vec<String>,
        wanted: &Wanted,
    ) -> Result<Vec<TreeFile>, ReadError> {
        let mut files = Vec::new();
        let mut left = wanted.limits.kept_bytes;
        for path in paths {
            let file = Place {
                path: joined(&wanted.folder, &path),
                reference: Some(self.at.forge.commit_reference(commit)),
                ..self.place.clone()
            };
            let question = self.at.forge.file(self.at, &file, self.access());
            let body = self.body(&question).await?;
            let bytes = body.read(self.asked, wanted.limits.file_bytes.min(left));
            let bytes = bytes.await?;
            left -= bytes.len() as u64;
            files.push(TreeFile { path, bytes });
        }
        Ok(files)
    }

    /// A short answer of the REST interface.
    async fn tell(&self, question: &Question, answer: Answer) -> Result<String, ReadError> {
        let body = self.body(question).await?.read(self.asked, SMALL_BYTES);
        answer.find(&body.await?).ok_or_else(|| {
            let reason = format!("`{}` tells no commit there", self.at.host);
            ReadError::not_found(self.asked, reason)
        })
    }

    async fn body(&self, question: &Question) -> Result<Box<Body>, ReadError> {
        match self.ask(question, None).await? {
            Fetched::Found(body) => Ok(body),
            Fetched::NotModified => {
                let reason = format!("`{}` answers 304 though nothing was known", self.at.host);
                Err(ReadError::invalid(self.asked, reason))
            }
        }
    }

    async fn ask(&self, question: &Question, etag: Option<&str>) -> Result<Fetched, ReadError> {
        let call = Call {
            asked: self.asked,
            url: &question.url,
            at: Some(self.at),
            authorization: self.shown.as_ref(),
            accept: question.accept,
            etag,
            post: None,
        };
        self.fetcher.ask(&call).await
    }

    fn access(&self) -> Access {
        match self.shown {
            Some(_) => Access::Authorized,
            None => Access::Anonymous,
        }
    }
}

/// A path below a folder, which may be the root.
pub(super) fn joined(folder: &str, path: &str) -> String {
    if folder.is_empty() {
        path.to_owned()
    } else {
        format!("{folder}/{path}")
    }
}
