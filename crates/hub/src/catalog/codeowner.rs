//! `CODEOWNERS`: who owns an entity that does not say so itself.
//!
//! As in the original, this is asked for entities of the kinds that have owners, in files of
//! repositories at GitHub and GitLab; what a provider brings says by its annotation where it is.

use super::emitted::{LOCATION_ANNOTATION, location_in};
use super::glob;
use super::location::{Location, LocationType};
use super::source::{Got, Reads, Resolver};
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;
use url::Url;

const KINDS: [&str; 5] = ["API", "Component", "Domain", "Resource", "System"];

const NAME: &str = "CODEOWNERS";

/// Whether an entity lacks the owner that its kind has.
pub(super) fn is_wanting(entity: &Value) -> bool {
    let has_kind = entity["kind"]
        .as_str()
        .is_some_and(|kind| KINDS.contains(&kind));
    let spec = &entity["spec"];
    let has_owner = !matches!(spec["owner"].as_str(), None | Some(""));
    has_kind && !has_owner && (spec.is_object() || spec.is_null())
}

/// Whether an entity lacks its owner, and the repository that it stands in may know it.
pub(super) fn is_known_for(entity: &Value, resolver: Resolver<'_>) -> bool {
    is_wanting(entity)
        && location_in(entity, LOCATION_ANNOTATION)
            .is_some_and(|location| !files(&location, resolver).is_empty())
}

/// Gives an entity its owner.
pub(super) fn fill(entity: &mut Value, owner: String) {
    entity["spec"]["owner"] = owner.into();
}

/// The files that may say who owns what stands in the file at `location`, the best first.
pub(super) fn files(location: &Location, resolver: Resolver<'_>) -> Vec<Location> {
    let provider = url_of(location).and_then(|url| resolver.0?.repository(&url));
    let folder = match provider.map(|repository| repository.provider) {
        Some("github") => ".github",
        Some("gitlab") => ".gitlab",
        Some(_) | None => return Vec::new(),
    };
    ["/".to_owned(), format!("/{folder}/"), "/docs/".to_owned()]
        .into_iter()
        .filter_map(|folder| resolver.resolve(location, &format!("{folder}{NAME}")).ok())
        .collect()
}

/// The files that have to be read for the entities of some targets, all of which were read.
///
/// For a target that has not changed, those of the last time, which `tags` tell.
pub(super) fn wanted(
    targets: &[Location],
    tags: Option<&str>,
    reads: &Reads,
    resolver: Resolver<'_>,
) -> BTreeSet<Location> {
    let mut wanted = BTreeSet::new();
    for target in targets {
        match reads.get(target) {
            Some(Got::Found(pieces)) => {
                for piece in pieces {
                    let files = files(&piece.location, resolver);
                    if !files.is_empty() && piece.text.as_ref().is_ok_and(has_wanting) {
                        wanted.extend(files);
                    }
                }
            }
            Some(Got::Unchanged) => wanted.extend(remembered(tags.unwrap_or_default())),
            Some(Got::Nothing | Got::Failed(_)) | None => {}
        }
    }
    wanted
}

/// Whether some entity of a file lacks its owner.
fn has_wanting(text: &Arc<str>) -> bool {
    let documents = callboard_yaml::parse_documents(text);
    documents
        .into_iter()
        .flatten()
        .any(|document| is_wanting(&document.to_json()))
}

fn remembered(tags: &str) -> impl Iterator<Item = Location> {
    let locations = tags.lines().filter_map(|line| line.split_once(' '));
    locations
        .filter_map(|(location, _)| Location::parse(location))
        .filter(|location| {
            url_of(location).is_some_and(|url| url.path().ends_with(&format!("/{NAME}")))
        })
}

/// Who owns the file at `location`, by the first of the files that is there.
pub(super) fn owner(location: &Location, reads: &Reads, resolver: Resolver<'_>) -> Option<String> {
    let path = resolver.0?.path(&url_of(location)?)?;
    let text = files(location, resolver)
        .iter()
        .find_map(|file| match reads.get(file) {
            Some(Got::Found(pieces)) => pieces.first()?.text.clone().ok(),
            Some(Got::Nothing | Got::Unchanged | Got::Failed(_)) | None => None,
        })?;
    owner_in(&text, &path)
}

/// The first owner in the last line whose pattern matches, as a reference.
fn owner_in(text: &str, path: &str) -> Option<String> {
    let lines = text
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default());
    let mut rules = lines.filter_map(|line| {
        let mut words = line.split_whitespace();
        Some((words.next()?, words.next()))
    });
    let (_, owner) = rules.rfind(|(pattern, _)| matches(pattern, path))?;
    owner.map(reference)
}

/// Whether a pattern matches a path of the repository, as patterns of `.gitignore` do.
fn matches(pattern: &str, path: &str) -> bool {
    let is_folder = pattern.ends_with('/');
    let pattern = pattern.trim_end_matches('/');
    // With a slash it begins at the root of the repository, else it is a name anywhere.
    let glob = match pattern.strip_prefix('/') {
        Some(rooted) => rooted.to_owned(),
        None if pattern.contains('/') => pattern.to_owned(),
        None => format!("**/{pattern}"),
    };
    let is_match = |glob: &str| glob::matcher(glob).is_some_and(|matcher| matcher.is_match(path));
    (!is_folder && is_match(&glob)) || is_match(&format!("{glob}/**"))
}

fn reference(owner: &str) -> String {
    match owner.strip_prefix('@') {
        Some(name) => match name.split_once('/') {
            Some((_, team)) => team.split('/').next().unwrap_or_default().to_owned(),
            None => format!("User:{name}"),
        },
        None => match owner.split_once('@') {
            Some((name, host)) if host.contains('.') => name.to_owned(),
            Some(_) | None => owner.to_owned(),
        },
    }
}

fn url_of(location: &Location) -> Option<Url> {
    match location.location_type {
        LocationType::Url => Url::parse(&location.target).ok(),
        LocationType::File | LocationType::Other(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_last_line_that_matches_counts() {
        let text = "# all of it\n*  @lantern/crew @bob\n/docs/ ada@example.com # writing\n*.yaml @ann\n/till/** \n";

        let owner = |path| owner_in(text, path);

        assert_eq!(owner("src/main.rs").as_deref(), Some("crew"));
        assert_eq!(owner("docs/a/b.md").as_deref(), Some("ada"));
        assert_eq!(owner("docs/catalog-info.yaml").as_deref(), Some("User:ann"));
        assert_eq!(owner("till/catalog-info.yaml"), None);
        assert_eq!(owner_in("", "a"), None);
    }

    #[test]
    fn patterns_begin_at_the_root_or_are_names() {
        for (pattern, path, expected) in [
            ("*", "a/b.yaml", true),
            ("docs", "a/docs/b.yaml", true),
            ("docs/", "docs", false),
            ("/docs", "a/docs/b.yaml", false),
            ("a/docs", "a/docs/b.yaml", true),
            ("docs/b", "a/docs/b", false),
            ("*.yaml", "a/b.yaml", true),
            ("/*.yaml", "a/b.yaml", false),
            ("[", "a", false),
        ] {
            assert_eq!(matches(pattern, path), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn only_kinds_with_owners_lack_them() {
        let entity = |kind: &str, spec: Value| json!({"kind": kind, "spec": spec});

        assert!(is_wanting(&entity("Component", json!({"type": "service"}))));
        assert!(is_wanting(&entity("API", json!({"owner": ""}))));
        assert!(is_wanting(&json!({"kind": "Domain"})));
        assert!(!is_wanting(&entity("Component", json!({"owner": "crew"}))));
        assert!(!is_wanting(&entity("User", json!({}))));
        assert!(!is_wanting(&entity("System", json!("x"))));
    }

    #[test]
    fn what_was_read_is_remembered_by_its_tags() {
        let tags = "digest\nurl:https://host/a/b/tree/main/CODEOWNERS e:\"1 2\"\nurl:https://host/a.yaml h:3\nfile:/CODEOWNERS x";

        let remembered: Vec<_> = remembered(tags).map(|location| location.target).collect();

        assert_eq!(remembered, ["https://host/a/b/tree/main/CODEOWNERS"]);
    }
}
