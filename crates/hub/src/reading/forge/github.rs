//! GitHub, at `github.com` or on own machines.

use super::{super::integration::Integration, with_segment};
use super::{
    Access, Answer, Files, Forge, Place, Question, below, filled_in, repository_name,
    segments_below,
};
use url::Url;

/// The kinds of pages that show a file or folder.
const KINDS: [&str; 4] = ["blob", "tree", "edit", "raw"];

/// `/<owner>/<name>/blob/<reference>/<path>`, also `tree`, `edit` and `raw`.
pub(in crate::reading) struct GitHub;

impl Forge for GitHub {
    fn id(&self) -> &'static str {
        "github"
    }

    fn place(&self, at: &Integration, url: &Url) -> Result<Place, String> {
        let segments = segments_below(&at.base, url)?;
        let place = |owner: &str, name: &str, reference: Option<&str>, path: &[String]| Place {
            owner: owner.to_owned(),
            name: repository_name(name),
            reference: reference.map(str::to_owned),
            path: path.join("/"),
        };
        match &segments[..] {
            [owner, name] => Ok(place(owner, name, None, &[])),
            [owner, name, kind, reference, path @ ..] if KINDS.contains(&kind.as_str()) => {
                Ok(place(owner, name, Some(reference), path))
            }
            _ => Err(
                "at GitHub it must be like `/<owner>/<repository>/blob/<branch>/<path>`".to_owned(),
            ),
        }
    }

    fn file(&self, at: &Integration, place: &Place, access: Access) -> Question {
        let path = place.path.split('/');
        let reference = place.reference.as_deref();
        match (&at.raw, access) {
            // It counts questions less strictly than the REST interface, and shows nothing private.
            (Some(raw), Access::Anonymous) => {
                let root = [&*place.owner, &*place.name, reference.unwrap_or("HEAD")];
                Question::new(below(raw, root.into_iter().chain(path)))
            }
            (Some(_), Access::Authorized) | (None, _) => {
                let root = ["repos", &*place.owner, &*place.name, "contents"];
                let mut url = below(&at.api, root.into_iter().chain(path));
                if let Some(reference) = reference {
                    url.query_pairs_mut().append_pair("ref", reference);
                }
                let accept = Some("application/vnd.github.v3.raw");
                Question { url, accept }
            }
        }
    }

    fn commit(&self, at: &Integration, place: &Place) -> (Question, Answer) {
        let reference = place.reference.as_deref().unwrap_or("HEAD");
        let path = ["repos", &*place.owner, &*place.name, "commits", reference];
        let accept = Some("application/vnd.github.v3.sha");
        let url = below(&at.api, path);
        (Question { url, accept }, Answer::Text)
    }

    fn files(&self, at: &Integration, place: &Place, commit: &str) -> Files {
        let path = ["repos", &*place.owner, &*place.name, "tarball", commit];
        Files::Archive(Question::new(below(&at.api, path)))
    }

    fn resolved(&self, url: Url) -> Url {
        as_kind(&url, "tree")
    }

    fn edit(&self, _at: &Integration, url: &Url, _place: &Place) -> Option<Url> {
        Some(as_kind(url, "edit"))
    }

    fn propose(&self, at: &Integration, place: &Place, file: (&str, &str)) -> Option<Url> {
        let reference = place.reference.as_deref().unwrap_or("HEAD");
        let form = [&*place.owner, &*place.name, "new", reference];
        Some(filled_in(below(&at.base, form), file))
    }
}

/// The same file on another kind of page.
fn as_kind(url: &Url, kind: &str) -> Url {
    match url.path().split('/').nth(3) {
        Some("blob" | "tree" | "edit") => with_segment(url, 2, kind),
        Some(_) | None => url.clone(),
    }
}
