//! Bitbucket Server and Data Center.

use super::super::integration::Integration;
use super::{Access, Answer, Files, Forge, Place, Question, below, parameter, segments_below};
use url::Url;

/// `/projects/<key>/repos/<repository>/browse/<path>?at=<reference>`, also `raw` and `src`, and
/// `/users/<name>/…`.
pub(in crate::reading) struct BitbucketServer;

impl Forge for BitbucketServer {
    fn id(&self) -> &'static str {
        "bitbucketServer"
    }

    fn place(&self, at: &Integration, url: &Url) -> Result<Place, String> {
        let unknown = || {
            let form = "/projects/<key>/repos/<repository>/browse/<path>?at=<branch>";
            format!("at Bitbucket Server it must be like `{form}`")
        };
        let segments = segments_below(&at.base, url)?;
        let (kind, owner, name, rest) = match &segments[..] {
            [kind, owner, repos, name, rest @ ..] if repos == "repos" => (kind, owner, name, rest),
            _ => return Err(unknown()),
        };
        let owner = match kind.as_str() {
            "projects" => owner.clone(),
            // What belongs to a person is a project whose key begins with a tilde.
            "users" => format!("~{owner}"),
            _ => return Err(unknown()),
        };
        let path = match rest {
            [] => &[][..],
            [page, path @ ..] if matches!(page.as_str(), "browse" | "raw" | "src") => path,
            _ => return Err(unknown()),
        };
        Ok(Place {
            owner,
            name: name.clone(),
            reference: parameter(url, "at"),
            path: path.join("/"),
        })
    }

    fn file(&self, at: &Integration, place: &Place, _access: Access) -> Question {
        let rest = ["raw"].into_iter().chain(place.path.split('/'));
        let mut url = below(&repository(at, place), rest);
        if let Some(reference) = &place.reference {
            url.query_pairs_mut().append_pair("at", reference);
        }
        Question::new(url)
    }

    fn commit(&self, at: &Integration, place: &Place) -> (Question, Answer) {
        let mut url = below(&repository(at, place), ["commits"]);
        let mut query = url.query_pairs_mut();
        query.append_pair("limit", "1");
        if let Some(reference) = &place.reference {
            query.append_pair("until", reference);
        }
        drop(query);
        (Question::new(url), Answer::Json("/values/0/id"))
    }

    fn files(&self, at: &Integration, place: &Place, commit: &str) -> Files {
        let mut url = below(&repository(at, place), ["archive"]);
        let mut query = url.query_pairs_mut();
        query.append_pair("format", "tgz").append_pair("at", commit);
        // Without it nothing would be in one folder, as it is at all other hosts.
        query.append_pair("prefix", "repository/");
        if !place.path.is_empty() {
            query.append_pair("path", &place.path);
        }
        drop(query);
        Files::Archive(Question::new(url))
    }

    fn edit(&self, _at: &Integration, url: &Url, _place: &Place) -> Option<Url> {
        let mut edit = url.clone();
        edit.set_query(None);
        Some(edit)
    }
}

fn repository(at: &Integration, place: &Place) -> Url {
    below(&at.api, ["projects", &*place.owner, "repos", &*place.name])
}
