//! A file for a repository that does not say what it is.

use super::target::{DESCRIPTOR, Target};
use super::{Asked, enter};
use crate::catalog::suggestion;
use crate::catalog::views::source_text::{self, Piece};
use crate::error::Error;
use crate::ui::PageRequest;
use axum::extract::Query;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// The longest name that an entity has.
const MAX_NAME: usize = 63;

/// The text of the file.
pub(super) struct Descriptor {
    pub(super) pieces: Vec<Piece>,
    /// Where it is downloaded.
    pub(super) href: String,
    /// The host at which it can be proposed, with its form for that.
    pub(super) proposal: Option<(String, String)>,
}

impl Descriptor {
    /// A file for the repository that an address leads into; `None` for an address of none.
    pub(super) fn of(asked: &PageRequest, target: &Target) -> Option<Descriptor> {
        let pieces = source_text::yaml(&component(asked, target)?);
        let text: String = pieces.iter().map(|piece| piece.text.as_str()).collect();
        let reader = asked.app.reader();
        let form = reader.proposal_url(&target.url, DESCRIPTOR, &text);
        let host = target.url.host_str().unwrap_or_default().to_owned();
        Some(Descriptor {
            pieces,
            href: target.download_href(),
            proposal: form.map(|form| (host, form.into())),
        })
    }
}

/// `GET /catalog-import/catalog-info.yaml?url=`: the file, to be saved.
///
/// Permissions: `catalog.entity.create` and `catalog.location.create`.
pub(in crate::catalog::views) async fn download(
    asked: PageRequest,
    Query(Asked { url }): Query<Asked>,
) -> Result<Response, Error> {
    enter(&asked)?;
    let target = Target::parse(&asked.app, &asked.texts(), &url).map_err(Error::Input)?;
    let entity = component(&asked, &target);
    let entity = entity.ok_or_else(|| Error::NotFound("no repository is there".to_owned()))?;
    let text: String = source_text::yaml(&entity)
        .into_iter()
        .map(|piece| piece.text)
        .collect();
    let disposition = format!("attachment; filename=\"{DESCRIPTOR}\"");
    let headers = [
        (header::CONTENT_TYPE, "application/yaml".to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
        (header::CACHE_CONTROL, "private, no-cache".to_owned()),
    ];
    Ok((headers, text).into_response())
}

/// A component that is the repository's, for whoever asks.
fn component(asked: &PageRequest, target: &Target) -> Option<Value> {
    asked.app.reader().repository(&target.url)?;
    let mut entity = suggestion::component(asked.app.reader(), &target.url)?;
    let name = entity["metadata"]["name"].as_str().unwrap_or_default();
    entity["metadata"]["name"] = json!(valid_name(name));
    let user = &asked.viewer.user;
    let group = user
        .ownership
        .iter()
        .find(|owner| owner.starts_with("group:"));
    entity["spec"]["owner"] = json!(group.unwrap_or(&user.entity_ref));
    Some(entity)
}

/// A name that an entity may have, as near as it gets.
fn valid_name(name: &str) -> String {
    let letter = |c: char| {
        if c.is_ascii_alphanumeric() || "-_.".contains(c) {
            c
        } else {
            '-'
        }
    };
    let name: String = name.chars().map(letter).take(MAX_NAME).collect();
    let name = name.trim_matches(['-', '_', '.']);
    if name.is_empty() { "component" } else { name }.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_that_entities_may_have() {
        assert_eq!(valid_name("seat-map"), "seat-map");
        assert_eq!(valid_name(".github"), "github");
        assert_eq!(valid_name("Größe 1"), "Gr--e-1");
        assert_eq!(valid_name("…"), "component");
        assert_eq!(valid_name(&"a".repeat(80)).len(), 63);
    }
}
