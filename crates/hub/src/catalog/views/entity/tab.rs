//! The tabs that are nothing but tables of related entities.

use super::header::{Header, Tab};
use super::section::{EMITS, PAGE, Section, all_emitted, all_of, emitted, sections};
use crate::catalog::views::relation::RelationType;
use crate::catalog::views::request::EntityRequest;
use crate::error::Error;
use crate::ui::entity::{CellValue, KindWords};
use crate::ui::{Icon, Page, Shell};
use askama::Template;
use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

#[derive(Template)]
#[template(path = "catalog/templates/sections_page.html")]
struct SectionsPage {
    shell: Shell,
    header: Header,
    sections: Vec<Section>,
    /// The name of the text that says what would stand here.
    empty: &'static str,
}

#[derive(Template)]
#[template(path = "catalog/templates/related_page.html")]
struct RelatedPage {
    shell: Shell,
    header: Header,
    section: Section,
    /// The first and last row of the page, counted from 1.
    first: u64,
    last: u64,
    previous: Option<String>,
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "catalog/templates/unknown_tab_page.html")]
struct UnknownTabPage {
    shell: Shell,
    header: Header,
}

/// `GET /catalog/{namespace}/{kind}/{name}/api`.
///
/// For people who are signed in; `catalog.entity.read` decides what they see.
pub(in crate::catalog::views) async fn api(request: EntityRequest) -> Result<Response, Error> {
    tables(&request, Tab::Api, "entity-no-apis")
}

/// `GET /catalog/{namespace}/{kind}/{name}/dependencies`.
///
/// For people who are signed in; `catalog.entity.read` decides what they see.
pub(in crate::catalog::views) async fn dependencies(
    request: EntityRequest,
) -> Result<Response, Error> {
    tables(&request, Tab::Dependencies, "entity-no-dependencies")
}

fn tables(request: &EntityRequest, tab: Tab, empty: &'static str) -> Result<Response, Error> {
    if !tab.is_of(request.entity.entity_ref().kind()) {
        return not_there(request);
    }
    Ok(Page(SectionsPage {
        shell: request.shell()?,
        header: Header::new(request, tab),
        sections: sections(&request.sight, &request.entity, tab.relations()),
        empty,
    })
    .into_response())
}

/// Which relations a page lists.
#[derive(serde::Deserialize)]
pub(in crate::catalog::views) struct AskedRelated {
    relation: String,
    kind: Option<String>,
    /// Counted from 1.
    page: Option<usize>,
}

/// `GET /catalog/{namespace}/{kind}/{name}/related?relation=&kind=&page=`: all entities at the
/// other end of one type of relation.
///
/// For people who are signed in; `catalog.entity.read` decides what they see.
pub(in crate::catalog::views) async fn related(
    request: EntityRequest,
    Query(asked): Query<AskedRelated>,
) -> Result<Response, Error> {
    let number = asked.page.unwrap_or(1).max(1);
    let offset = (number - 1).saturating_mul(PAGE);
    let Some((section, base)) = table(&request, &asked, offset) else {
        return not_there(&request);
    };
    let first = offset as u64 + 1;
    let last = offset as u64 + section.rows.len() as u64;
    let page = |number: usize| format!("{base}&page={number}");
    Ok(Page(RelatedPage {
        shell: request.shell()?,
        header: Header::new(&request, Tab::None),
        previous: (number > 1).then(|| page(number - 1)),
        next: (last < section.count).then(|| page(number + 1)),
        first: first.min(last),
        last,
        section,
    })
    .into_response())
}

/// The table that is asked for, with its address; `None` when there is no such relation.
fn table(
    request: &EntityRequest,
    asked: &AskedRelated,
    offset: usize,
) -> Option<(Section, String)> {
    let (sight, source) = (&request.sight, request.entity.entity_ref());
    let (table, base) = if asked.relation == EMITS {
        (emitted(request, offset, PAGE)?, all_emitted(source))
    } else {
        let relation = RelationType::named(&asked.relation)?;
        let kind = asked.kind.clone().or_else(|| {
            let kinds = sight.facet("kind", Some(&relation.filter(source)));
            kinds.into_iter().next().map(|(kind, _)| kind)
        })?;
        let kind = KindWords::of(&sight.t, &kind);
        let table = Section::new(sight, source, relation, &kind, offset, PAGE);
        (table, all_of(source, relation, &kind.kind))
    };
    let table = Section {
        more: None,
        ..table
    };
    Some((table, base))
}

/// A tab that does not exist: 404, below the header of the entity.
///
/// For people who are signed in; `catalog.entity.read` decides what they see.
pub(in crate::catalog::views) async fn unknown(request: EntityRequest) -> Result<Response, Error> {
    not_there(&request)
}

/// The page of a tab that the entity does not have.
pub(in crate::catalog::views) fn not_there(request: &EntityRequest) -> Result<Response, Error> {
    let shell = request.shell()?;
    let header = Header::new(request, Tab::None);
    Ok(Page(UnknownTabPage { shell, header }).with_status(StatusCode::NOT_FOUND))
}
