//! Gitea, and Forgejo, which has the same pages and interface.

use super::super::integration::Integration;
use super::{
    Access, Answer, Files, Forge, Place, Question, below, filled_in, repository_name,
    segments_below,
};
use url::Url;

/// `/<owner>/<repository>/src/branch/<reference>/<path>`, also `raw`, with `tag` or `commit`, and
/// `/<owner>/<repository>/_edit/<branch>/<path>`.
pub(in crate::reading) struct Gitea;

impl Forge for Gitea {
    fn id(&self) -> &'static str {
        "gitea"
    }

    fn place(&self, at: &Integration, url: &Url) -> Result<Place, String> {
        let segments = segments_below(&at.base, url)?;
        let is_page = |page: &str, kind: &str| {
            matches!(page, "src" | "raw") && matches!(kind, "branch" | "tag" | "commit")
        };
        let (owner, name, reference, path) = match &segments[..] {
            [owner, name] => (owner, name, None, &[][..]),
            [owner, name, page, reference, path @ ..] if page == "_edit" => {
                (owner, name, Some(reference), path)
            }
            [owner, name, page, kind, reference, path @ ..] if is_page(page, kind) => {
                (owner, name, Some(reference), path)
            }
            _ => {
                let form = "/<owner>/<repository>/src/branch/<branch>/<path>";
                return Err(format!("at Gitea it must be like `{form}`"));
            }
        };
        Ok(Place {
            owner: owner.clone(),
            name: repository_name(name),
            reference: reference.cloned(),
            path: path.join("/"),
        })
    }

    fn file(&self, at: &Integration, place: &Place, _access: Access) -> Question {
        let rest = ["raw"].into_iter().chain(place.path.split('/'));
        let mut url = below(&repository(at, place), rest);
        if let Some(reference) = &place.reference {
            url.query_pairs_mut().append_pair("ref", reference);
        }
        Question::new(url)
    }

    fn commit(&self, at: &Integration, place: &Place) -> (Question, Answer) {
        let mut url = below(&repository(at, place), ["commits"]);
        let mut query = url.query_pairs_mut();
        query.append_pair("limit", "1");
        // The changes of the commit are not asked for.
        for left_out in ["stat", "verification", "files"] {
            query.append_pair(left_out, "false");
        }
        if let Some(reference) = &place.reference {
            query.append_pair("sha", reference);
        }
        drop(query);
        (Question::new(url), Answer::Json("/0/sha"))
    }

    fn files(&self, at: &Integration, place: &Place, commit: &str) -> Files {
        let file = format!("{commit}.tar.gz");
        Files::Archive(Question::new(below(
            &repository(at, place),
            ["archive", &*file],
        )))
    }

    fn edit(&self, at: &Integration, _url: &Url, place: &Place) -> Option<Url> {
        let reference = place.reference.as_deref()?;
        let root = [&*place.owner, &*place.name, "_edit", reference];
        Some(below(
            &at.base,
            root.into_iter().chain(place.path.split('/')),
        ))
    }

    fn propose(&self, at: &Integration, place: &Place, file: (&str, &str)) -> Option<Url> {
        // Its form needs a branch.
        let reference = place.reference.as_deref()?;
        let form = [&*place.owner, &*place.name, "_new", reference, ""];
        Some(filled_in(below(&at.base, form), file))
    }
}

fn repository(at: &Integration, place: &Place) -> Url {
    below(&at.api, ["repos", &*place.owner, &*place.name])
}
