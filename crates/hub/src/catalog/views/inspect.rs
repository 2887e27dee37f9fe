//! `/catalog/{namespace}/{kind}/{name}/inspect`: the entity as data.

use crate::app::App;
use crate::auth::Viewer;
use crate::catalog::views::entity::{self, EntityPath, Header, Tab};
use crate::catalog::views::source_text::{self, Piece};
use crate::error::Error;
use crate::ui::entity::Sight;
use crate::ui::{Icon, Page, Shell, Visit};
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, Uri};
use serde_json::Value;

#[derive(Template)]
#[template(path = "catalog/templates/inspect_page.html")]
pub(super) struct InspectPage {
    shell: Shell,
    header: Header,
    pieces: Vec<Piece>,
    is_json: bool,
}

/// How the data is written.
#[derive(serde::Deserialize)]
pub(super) struct Asked {
    format: Option<String>,
}

/// `GET /catalog/{namespace}/{kind}/{name}/inspect?format=yaml|json`.
///
/// For people who are signed in; `catalog.entity.read` decides what they see.
pub(super) async fn inspect(
    State(app): State<App>,
    viewer: Viewer,
    Path(path): Path<EntityPath>,
    Query(asked): Query<Asked>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Page<InspectPage>, Error> {
    let sight = Sight::of(&app, &viewer.principal, app.texts(&headers))?;
    let found = entity::find(&sight, &path)?;
    let is_json = asked.format.as_deref() == Some("json");
    let value = found.value();
    Ok(Page(InspectPage {
        shell: Shell::of(
            &app,
            &viewer,
            Visit {
                uri: &uri,
                headers: &headers,
            },
            entity::place(&sight, found),
        )?,
        header: Header::new(found, Tab::Inspect),
        pieces: if is_json {
            source_text::json(&value)
        } else {
            source_text::yaml(&in_order(value))
        },
        is_json,
    }))
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
