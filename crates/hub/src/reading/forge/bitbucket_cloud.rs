//! Bitbucket Cloud, at `bitbucket.org`.

use super::super::integration::Integration;
use super::{
    Access, Answer, Files, Forge, Place, Question, below, repository_name, segments_below,
};
use url::Url;

/// `/<workspace>/<repository>/src/<reference>/<path>`, also `raw`.
pub(in crate::reading) struct BitbucketCloud;

impl Forge for BitbucketCloud {
    fn id(&self) -> &'static str {
        "bitbucketCloud"
    }

    fn place(&self, at: &Integration, url: &Url) -> Result<Place, String> {
        let segments = segments_below(&at.base, url)?;
        let (owner, name, reference, path) = match &segments[..] {
            [owner, name] => (owner, name, None, &[][..]),
            [owner, name, kind] if kind == "src" => (owner, name, None, &[][..]),
            [owner, name, kind, reference, path @ ..] if kind == "src" || kind == "raw" => {
                (owner, name, Some(reference.clone()), path)
            }
            _ => {
                let form = "/<workspace>/<repository>/src/<branch>/<path>";
                return Err(format!("at Bitbucket it must be like `{form}`"));
            }
        };
        Ok(Place {
            owner: owner.clone(),
            name: repository_name(name),
            reference,
            path: path.join("/"),
        })
    }

    fn file(&self, at: &Integration, place: &Place, _access: Access) -> Question {
        let reference = place.reference.as_deref().unwrap_or("HEAD");
        let rest = ["src", reference].into_iter().chain(place.path.split('/'));
        Question::new(below(&repository(at, place), rest))
    }

    fn default_branch(&self, at: &Integration, place: &Place) -> Option<(Question, Answer)> {
        let question = Question::new(repository(at, place));
        Some((question, Answer::Json("/mainbranch/name")))
    }

    fn commit(&self, at: &Integration, place: &Place) -> (Question, Answer) {
        let reference = place.reference.as_deref().unwrap_or("HEAD");
        let mut url = below(&repository(at, place), ["commits", reference]);
        url.query_pairs_mut().append_pair("pagelen", "1");
        (Question::new(url), Answer::Json("/values/0/hash"))
    }

    fn files(&self, at: &Integration, place: &Place, commit: &str) -> Files {
        // The REST interface has no archives; the pages take the same credentials.
        let file = format!("{commit}.tar.gz");
        let path = [&*place.owner, &*place.name, "get", &*file];
        Files::Archive(Question::new(below(&at.base, path)))
    }

    fn edit(&self, _at: &Integration, url: &Url, place: &Place) -> Option<Url> {
        let mut edit = url.clone();
        let reference = place.reference.as_deref().unwrap_or_default();
        edit.query_pairs_mut()
            .clear()
            .append_pair("mode", "edit")
            .append_pair("at", reference);
        Some(edit)
    }
}

fn repository(at: &Integration, place: &Place) -> Url {
    below(&at.api, ["repositories", &*place.owner, &*place.name])
}
