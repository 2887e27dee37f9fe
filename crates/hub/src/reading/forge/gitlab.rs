//! GitLab, at `gitlab.com` or on own machines, also below a path.

use super::super::integration::Integration;
use super::{
    Access, Answer, Files, Forge, Place, Question, below, repository_name, segments_below,
};
use url::Url;

const KINDS: [&str; 4] = ["blob", "tree", "edit", "raw"];

/// What older URLs put directly behind the project; `edit` and `raw` could be names of projects.
const OLD_KINDS: [&str; 2] = ["blob", "tree"];

/// `/<groups>/<project>/-/blob/<reference>/<path>`, also `tree`, `edit` and `raw`, and the first
/// two without the dash.
pub(in crate::reading) struct GitLab;

impl Forge for GitLab {
    fn id(&self) -> &'static str {
        "gitlab"
    }

    fn place(&self, at: &Integration, url: &Url) -> Result<Place, String> {
        let segments = segments_below(&at.base, url)?;
        let dash = segments.iter().position(|segment| segment == "-");
        let (project, rest) = match dash {
            Some(dash) => {
                let page = &segments[dash + 1..];
                let kind = page.first().filter(|kind| KINDS.contains(&kind.as_str()));
                (&segments[..dash], kind.and(page.get(1..)))
            }
            None => {
                // A project has a group before it, so no page can begin before the third.
                let is_page = |segment: &String| OLD_KINDS.contains(&segment.as_str());
                match segments.iter().skip(2).position(is_page) {
                    Some(skipped) => (&segments[..skipped + 2], Some(&segments[skipped + 3..])),
                    None => (&segments[..], Some(&[][..])),
                }
            }
        };
        let ([groups @ .., name], Some(rest)) = (project, rest) else {
            return Err(unknown());
        };
        if groups.is_empty() {
            return Err(unknown());
        }
        let (reference, path) = match rest {
            [] => (None, &[][..]),
            [reference, path @ ..] => (Some(reference.clone()), path),
        };
        Ok(Place {
            owner: groups.join("/"),
            name: repository_name(name),
            reference,
            path: path.join("/"),
        })
    }

    fn file(&self, at: &Integration, place: &Place, _access: Access) -> Question {
        let rest = ["repository", "files", &*place.path, "raw"];
        let mut url = project(at, place, &rest);
        // The host insists on a reference, and takes `HEAD` for the default branch.
        let reference = place.reference.as_deref().unwrap_or("HEAD");
        url.query_pairs_mut().append_pair("ref", reference);
        Question::new(url)
    }

    fn commit(&self, at: &Integration, place: &Place) -> (Question, Answer) {
        let mut url = project(at, place, &["repository", "commits"]);
        let mut query = url.query_pairs_mut();
        query.append_pair("per_page", "1");
        if let Some(reference) = &place.reference {
            query.append_pair("ref_name", reference);
        }
        if !place.path.is_empty() {
            query.append_pair("path", &place.path);
        }
        drop(query);
        (Question::new(url), Answer::Json("/0/id"))
    }

    fn files(&self, at: &Integration, place: &Place, commit: &str) -> Files {
        let mut url = project(at, place, &["repository", "archive.tar.gz"]);
        let mut query = url.query_pairs_mut();
        query.append_pair("sha", commit);
        if !place.path.is_empty() {
            query.append_pair("path", &place.path);
        }
        drop(query);
        Files::Archive(Question::new(url))
    }

    fn edit(&self, _at: &Integration, url: &Url, _place: &Place) -> Option<Url> {
        let mut edit = url.clone();
        for kind in ["/-/blob/", "/-/tree/"] {
            if url.path().contains(kind) {
                edit.set_path(&url.path().replacen(kind, "/-/edit/", 1));
                break;
            }
        }
        Some(edit)
    }
}

fn project(at: &Integration, place: &Place, rest: &[&str]) -> Url {
    let project = format!("{}/{}", place.owner, place.name);
    let path = ["projects", project.as_str()];
    below(&at.api, path.into_iter().chain(rest.iter().copied()))
}

fn unknown() -> String {
    "at GitLab it must be like `/<group>/<project>/-/blob/<branch>/<path>`".to_owned()
}
