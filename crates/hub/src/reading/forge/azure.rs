//! Azure DevOps, at `dev.azure.com`, `<organisation>.visualstudio.com` or on own machines.

use super::super::integration::Integration;
use super::segments_below;
use super::{Access, Answer, Files, Forge, Place, Question, below, parameter, refuse_upwards};
use url::Url;

const API_VERSION: (&str, &str) = ("api-version", "6.0");

/// `/<organisation>/<project>/_git/<repository>?path=<path>&version=GB<branch>`, where a
/// repository that is named like its project may leave the project out.
///
/// The owner of a place is the organisation and the project; its reference keeps the two letters
/// that say whether it is a branch, a tag or a commit.
pub(in crate::reading) struct Azure;

impl Forge for Azure {
    fn id(&self) -> &'static str {
        "azure"
    }

    fn place(&self, at: &Integration, url: &Url) -> Result<Place, String> {
        let segments = segments_below(&at.base, url)?;
        let unknown = || {
            let form = "/<organisation>/<project>/_git/<repository>?path=/<path>";
            format!("at Azure DevOps it must be like `{form}`")
        };
        let git = segments.iter().position(|segment| segment == "_git");
        let (before, name) = git
            .and_then(|git| Some((&segments[..git], segments.get(git + 1)?)))
            .ok_or_else(unknown)?;
        let host = url.host_str().unwrap_or_default();
        let organisation = host.strip_suffix(".visualstudio.com");
        let owner = match (organisation, before) {
            (Some(organisation), []) => format!("{organisation}/{name}"),
            (Some(organisation), [project]) => format!("{organisation}/{project}"),
            (None, [organisation]) => format!("{organisation}/{name}"),
            // On own machines a collection may stand before the organisation.
            (None, [_, _] | [_, _, _]) => before.join("/"),
            _ => return Err(unknown()),
        };
        let reference = parameter(url, "version");
        if let Some(version) = &reference
            && version_parts(version).is_none()
        {
            return Err(
                "its `version` must begin with `GB`, `GT` or `GC`, for a branch, a tag or a commit"
                    .to_owned(),
            );
        }
        let path = parameter(url, "path").unwrap_or_default();
        refuse_upwards(&path)?;
        Ok(Place {
            owner,
            name: name.clone(),
            reference,
            path: path.trim_matches('/').to_owned(),
        })
    }

    fn file(&self, at: &Integration, place: &Place, _access: Access) -> Question {
        let mut url = repository(at, place, "items");
        url.query_pairs_mut()
            .append_pair("path", &format!("/{}", place.path));
        add_version(&mut url, "versionDescriptor", place.reference.as_deref());
        let accept = Some("application/octet-stream");
        Question { url, accept }
    }

    fn commit(&self, at: &Integration, place: &Place) -> (Question, Answer) {
        let mut url = repository(at, place, "commits");
        url.query_pairs_mut()
            .append_pair("searchCriteria.$top", "1");
        let prefix = "searchCriteria.itemVersion";
        add_version(&mut url, prefix, place.reference.as_deref());
        (Question::new(url), Answer::Json("/value/0/commitId"))
    }

    fn files(&self, at: &Integration, place: &Place, commit: &str) -> Files {
        let mut url = repository(at, place, "items");
        url.query_pairs_mut()
            .append_pair("recursionLevel", "full")
            .append_pair("scopePath", &format!("/{}", place.path));
        add_version(
            &mut url,
            "versionDescriptor",
            Some(&self.commit_reference(commit)),
        );
        let accept = Some("application/json");
        Files::List(Question { url, accept })
    }

    fn show(&self, url: &Url, _place: &Place, path: &str) -> Url {
        let others = url.query_pairs().filter(|(key, _)| key != "path");
        let others: Vec<(String, String)> = others
            .map(|(key, value)| (key.into_owned(), value.into_owned()))
            .collect();
        let mut shown = url.clone();
        shown.set_fragment(None);
        shown
            .query_pairs_mut()
            .clear()
            .append_pair("path", &format!("/{path}"))
            .extend_pairs(others);
        shown
    }

    fn end_in_slash(&self, url: &mut Url) {
        // The path is in the query, which is not long.
        let path = parameter(url, "path").unwrap_or_default();
        let path = format!("{}/", path.trim_matches('/'));
        *url = self.show(url, &Place::default(), &path);
    }

    fn commit_reference(&self, commit: &str) -> String {
        format!("GC{commit}")
    }

    fn edit(&self, _at: &Integration, url: &Url, _place: &Place) -> Option<Url> {
        Some(url.clone())
    }
}

fn repository(at: &Integration, place: &Place, what: &str) -> Url {
    let (organisation, project) = place.owner.rsplit_once('/').unwrap_or_default();
    let host = at.api.host_str().unwrap_or_default();
    // There the organisation is the host.
    let organisation = if host.ends_with(".visualstudio.com") {
        ""
    } else {
        organisation
    };
    let organisation = organisation.split('/').filter(|part| !part.is_empty());
    let rest = [project, "_apis", "git", "repositories", &*place.name, what];
    let mut url = below(&at.api, organisation.chain(rest));
    url.query_pairs_mut()
        .append_pair(API_VERSION.0, API_VERSION.1);
    url
}

fn add_version(url: &mut Url, prefix: &str, version: Option<&str>) {
    if let Some((kind, name)) = version.and_then(version_parts) {
        url.query_pairs_mut()
            .append_pair(&format!("{prefix}.versionType"), kind)
            .append_pair(&format!("{prefix}.version"), name);
    }
}

/// The kind of a version and its name.
fn version_parts(version: &str) -> Option<(&'static str, &str)> {
    let kinds = [("GB", "branch"), ("GT", "tag"), ("GC", "commit")];
    kinds.into_iter().find_map(|(letters, kind)| {
        let name = version.strip_prefix(letters)?;
        (!name.is_empty()).then_some((kind, name))
    })
}
