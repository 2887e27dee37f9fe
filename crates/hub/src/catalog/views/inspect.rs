//! `/catalog/{namespace}/{kind}/{name}/inspect`: the entity as data.

use crate::catalog::views::entity::{Header, Tab};
use crate::catalog::views::request::EntityRequest;
use crate::catalog::views::source_text::{self, Piece};
use crate::error::Error;
use crate::ui::entity::{Sight, href_of};
use crate::ui::{Icon, Page, Shell};
use askama::Template;
use axum::extract::Query;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use callboard_catalog::EntityRef;
use serde_json::Value;

/// How much of a text is shown in colours; the rest is in the file.
const MAX_SHOWN: usize = 256 * 1024;

#[derive(Template)]
#[template(path = "catalog/templates/inspect_page.html")]
struct InspectPage {
    shell: Shell,
    header: Header,
    pieces: Vec<Piece>,
    format: Format,
    /// Where the whole text is a file.
    file: String,
    /// Whether the page has only the beginning.
    is_cut: bool,
}

/// How the data is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Format {
    #[default]
    Yaml,
    Json,
}

/// What is asked for.
#[derive(serde::Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    format: Format,
    /// Whether the text is wanted as a file.
    #[serde(default)]
    download: bool,
}

impl Format {
    fn is_json(self) -> bool {
        self == Format::Json
    }

    fn write(self, value: Value) -> Vec<Piece> {
        match self {
            Format::Yaml => source_text::yaml(&in_order(value)),
            Format::Json => source_text::json(&value),
        }
    }

    fn extension(self) -> &'static str {
        match self {
            Format::Yaml => "yaml",
            Format::Json => "json",
        }
    }
}

/// `GET /catalog/{namespace}/{kind}/{name}/inspect?format=yaml|json&download=true`.
///
/// For people who are signed in; `catalog.entity.read` decides what they see.
pub(super) async fn inspect(
    request: EntityRequest,
    Query(asked): Query<Asked>,
) -> Result<Response, Error> {
    let mut value = request.entity.value();
    leave_out_hidden(&request.sight, &mut value);
    let mut pieces = asked.format.write(value);
    if asked.download {
        let text: String = pieces.into_iter().map(|piece| piece.text).collect();
        let name = file_name(request.entity.entity_ref(), asked.format.extension());
        return Ok(file(&name, text));
    }
    let is_cut = cut(&mut pieces, MAX_SHOWN);
    let href = href_of(request.entity.entity_ref());
    Ok(Page(InspectPage {
        shell: request.shell()?,
        header: Header::new(&request, Tab::Inspect),
        pieces,
        format: asked.format,
        file: format!(
            "{href}/inspect?format={}&download=true",
            asked.format.extension()
        ),
        is_cut,
    })
    .into_response())
}

/// Takes out relations to what the person may not know of.
fn leave_out_hidden(sight: &Sight, value: &mut Value) {
    let Some(relations) = value.get_mut("relations").and_then(Value::as_array_mut) else {
        return;
    };
    relations.retain(|relation| {
        let target = relation.get("targetRef").and_then(Value::as_str);
        let target = target.and_then(|target| EntityRef::parse(target).ok());
        target.is_none_or(|target| sight.knows(&target))
    });
}

/// Keeps the first pieces up to a length in bytes; gives whether any went.
fn cut(pieces: &mut Vec<Piece>, limit: usize) -> bool {
    let mut length = 0;
    let kept = pieces
        .iter()
        .position(|piece| {
            length += piece.text.len();
            length > limit
        })
        .unwrap_or(pieces.len());
    let is_cut = kept < pieces.len();
    // One piece may be the whole of a long text: as much of it stays as fits.
    if let Some(last) = pieces.get_mut(kept) {
        let before = length - last.text.len();
        let end = last.text.floor_char_boundary(limit - before.min(limit));
        last.text.truncate(end);
    }
    pieces.truncate(kept + 1);
    is_cut
}

/// The name of a file about an entity: nothing in it means anything to a file system.
pub(super) fn file_name(entity_ref: &EntityRef, extension: &str) -> String {
    let name: String = entity_ref
        .name()
        .chars()
        .map(|c| match c {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '_' => c,
            _ => '-',
        })
        .collect();
    format!("{}-{name}.{extension}", entity_ref.kind())
}

/// Answers with a text to be saved under a name of [`file_name`].
pub(super) fn file(name: &str, text: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()),
        (header::CACHE_CONTROL, "private, no-cache".to_owned()),
        (header::VARY, "Cookie".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
    ];
    (headers, text).into_response()
}

/// The members of an entity in the order in which people write them.
fn in_order(mut value: Value) -> Value {
    let Some(members) = value.as_object_mut() else {
        return value;
    };
    let first = ["apiVersion", "kind", "metadata", "spec"].into_iter();
    let first: Vec<_> = first
        .filter_map(|key| members.shift_remove_entry(key))
        .collect();
    first.into_iter().chain(std::mem::take(members)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(text: &str) -> Piece {
        Piece {
            class: "",
            text: text.to_owned(),
        }
    }

    #[test]
    fn a_long_text_is_cut_between_letters() {
        let mut pieces = vec![piece("abc"), piece("dé"), piece("f")];

        assert!(cut(&mut pieces, 5));

        assert_eq!(pieces, [piece("abc"), piece("d")]);
        assert!(!cut(&mut pieces, 5));
    }

    #[test]
    fn the_name_of_a_file_is_nothing_but_a_name() {
        let entity_ref = EntityRef::new("API", "default", "../a b\".x");

        assert_eq!(file_name(&entity_ref, "yaml"), "api----a-b--x.yaml");
    }
}
