//! `/catalog/{namespace}/{kind}/{name}`: all about one entity.

mod action;
mod change;
mod header;
mod held;
mod people;
mod section;
mod tab;
mod warning;

pub(super) use change::{refresh, unregister};
pub(super) use header::{Header, Tab};
pub(super) use section::{Owned, Section};
pub(super) use tab::{api, dependencies, not_there, related, unknown};

use crate::catalog::views::about::{About, FactValue};
use crate::catalog::views::graph::{Asked, Course, GraphCard};
use crate::catalog::views::request::EntityRequest;
use crate::catalog::views::stuck::Stuck;
use crate::error::Error;
use crate::personal::Keeper;
use crate::ui::entity::{AccessRow, CellValue, Judge, Sight};
use crate::ui::{Icon, Page, Shell, Wants};
use askama::Template;
use axum::extract::Query;
use axum::response::{IntoResponse, Response};
use callboard_catalog::Entity;
use held::HeldCard;
use people::PeopleCard;
use section::SHOWN;
use std::sync::Arc;
use warning::Warning;

#[derive(Template)]
#[template(path = "catalog/templates/entity_page.html")]
struct EntityPage {
    shell: Shell,
    header: Header,
    warnings: Vec<Warning>,
    about: About,
    graph: Option<GraphCard>,
    sections: Vec<Section>,
    owned: Vec<Owned>,
    stuck: Vec<Stuck>,
    access: Vec<AccessRow>,
    held: Option<HeldCard>,
    people: Option<PeopleCard>,
}

#[derive(Template)]
#[template(path = "catalog/templates/graph_card.html")]
struct GraphFragment {
    shell: Shell,
    graph: Option<GraphCard>,
}

/// How the overview is asked for.
#[derive(serde::Deserialize)]
pub(super) struct AskedOverview {
    /// How far the picture of the relations goes: one or two steps.
    depth: Option<usize>,
}

/// `GET /catalog/{namespace}/{kind}/{name}?depth=1|2`; the fragment is the graph.
///
/// For people who are signed in; `catalog.entity.read` decides what they see.
pub(super) async fn overview(
    request: EntityRequest,
    Query(asked): Query<AskedOverview>,
) -> Result<Response, Error> {
    let (sight, entity) = (&request.sight, &request.entity);
    let kind = entity.entity_ref().kind();
    let graph = picture(sight, entity, asked.depth.unwrap_or(1).clamp(1, 2));
    let shell = request.shell()?;
    if request.wants == Wants::Fragment {
        return Ok(Page(GraphFragment { shell, graph }).into_response());
    }
    let keeper = Keeper::of(&request.page.viewer);
    let now = request.app().core().clock.now();
    let visits = request.app().visits();
    visits.note(&keeper, entity.entity_ref(), now);
    let is_holder = matches!(kind, "group" | "user");
    Ok(Page(EntityPage {
        shell,
        header: Header::new(&request, Tab::Overview),
        warnings: warning::warnings(&request),
        about: About::new(&request),
        graph,
        sections: section::sections(sight, entity, listed(kind))
            .into_iter()
            .chain(section::emitted(&request, 0, SHOWN))
            .collect(),
        owned: if is_holder {
            section::owned_by(sight, entity)
        } else {
            Vec::new()
        },
        stuck: Stuck::below(&request)?,
        access: Judge::new(request.app(), &request.page.viewer.principal)
            .rows_for(&sight.t, entity),
        held: HeldCard::of(&request),
        people: PeopleCard::of(sight, entity),
    })
    .into_response())
}

/// The relations that the overview of a kind lists; others are facts, or on tabs of their own.
fn listed(kind: &str) -> &'static [&'static str] {
    match kind {
        "component" => &["providesApi", "consumesApi", "hasPart"],
        "api" => &["apiProvidedBy", "apiConsumedBy", "hasPart"],
        "resource" => &["hasPart"],
        "group" => &["hasMember", "parentOf"],
        "user" => &[],
        _ => &["hasPart", "dependsOn", "dependencyOf"],
    }
}

/// The picture of an overview: the hierarchy of people and groups, the neighbours of all else.
fn picture(sight: &Sight, entity: &Arc<Entity>, depth: usize) -> Option<GraphCard> {
    let relations: &[&str] = match entity.entity_ref().kind() {
        "group" => &["childOf", "parentOf"],
        "user" => &["memberOf", "childOf"],
        _ => &[],
    };
    if relations.is_empty() {
        return GraphCard::around(sight, entity, &Asked::within(depth));
    }
    let asked = Asked {
        depth: 4,
        kinds: Vec::new(),
        relations: relations.iter().map(|name| (*name).to_owned()).collect(),
        course: Course::Straight,
    };
    GraphCard::hierarchy(sight, entity, &asked)
}
