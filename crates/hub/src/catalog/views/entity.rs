//! `/catalog/{namespace}/{kind}/{name}`: all about one entity.

use crate::app::App;
use crate::auth::Viewer;
use crate::catalog::views::about::{About, FactValue};
use crate::catalog::views::relation::{self, Owned, RelationGroup};
use crate::error::Error;
use crate::personal::Keeper;
use crate::ui::entity::source_of;
use crate::ui::entity::targets_of;
use crate::ui::entity::{AccessRow, Judge, RefLink, Sight, href_of, title_of};
use crate::ui::{Crumb, Icon, Lifecycle, Look, Page, Place, Shell, Tile, Tone, Visit};
use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use callboard_catalog::{Entity, EntityRef};
use serde_json::Value;
use std::collections::BTreeSet;

/// How many people a card names.
const MAX_PEOPLE: usize = 8;

/// The top of every page of an entity.
#[derive(Debug, Clone)]
pub(super) struct Header {
    pub(super) title: String,
    pub(super) entity_ref: String,
    pub(super) href: String,
    pub(super) tile: Tile,
    pub(super) lifecycle: Option<Lifecycle>,
    pub(super) source: Option<String>,
    /// The tab that is open.
    tab: Tab,
}

/// The tabs of an entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tab {
    /// About, relations, access.
    Overview,
    /// The entity as data.
    Inspect,
    /// One that is not there.
    Unknown,
}

/// Something about the entity that wants to be put right.
#[derive(Debug, Clone)]
struct Warning {
    tone: Tone,
    fact: String,
    /// The way out.
    advice: String,
}

/// The owner, or the people of a group.
#[derive(Debug, Clone)]
struct PeopleCard {
    group: RefLink,
    people: Vec<RefLink>,
    count: usize,
    part_of: Vec<RefLink>,
}

#[derive(Template)]
#[template(path = "catalog/templates/entity_page.html")]
struct EntityPage {
    shell: Shell,
    header: Header,
    warnings: Vec<Warning>,
    about: About,
    relations: Vec<RelationGroup>,
    relation_count: usize,
    owned: Vec<Owned>,
    access: Vec<AccessRow>,
    people: Option<PeopleCard>,
}

#[derive(Template)]
#[template(path = "catalog/templates/unknown_tab_page.html")]
struct UnknownTabPage {
    shell: Shell,
    header: Header,
}

/// The parts of the address of an entity.
pub(super) type EntityPath = (String, String, String);

/// `GET /catalog/{namespace}/{kind}/{name}`.
///
/// For people who are signed in; `catalog.entity.read` decides what they see.
pub(super) async fn overview(
    State(app): State<App>,
    viewer: Viewer,
    Path(path): Path<EntityPath>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let sight = Sight::of(&app, &viewer.principal, app.texts(&headers))?;
    let entity = find(&sight, &path)?;
    app.visits().note(
        &Keeper::of(&viewer),
        entity.entity_ref(),
        app.core().clock.now(),
    );
    let value = entity.value();
    let kind = entity.entity_ref().kind();
    let is_holder = matches!(kind, "group" | "user");
    let relations = relation::groups(&sight, entity, if is_holder { &["ownerOf"] } else { &[] });
    let visit = Visit {
        uri: &uri,
        headers: &headers,
    };
    Ok(Page(EntityPage {
        shell: Shell::of(&app, &viewer, visit, place(&sight, entity))?,
        header: Header::new(entity, Tab::Overview),
        warnings: warnings(&sight, entity, &value),
        about: About::new(&sight, entity, &value),
        relation_count: relations.iter().map(RelationGroup::len).sum(),
        relations,
        owned: if is_holder {
            relation::owned_by(&sight, entity)
        } else {
            Vec::new()
        },
        access: Judge::new(&app, &viewer.principal).rows_for(&sight.t, entity),
        people: PeopleCard::of(&sight, entity),
    })
    .into_response())
}

/// A tab that does not exist: 404, below the header of the entity.
pub(super) async fn unknown_tab(
    State(app): State<App>,
    viewer: Viewer,
    Path((namespace, kind, name, _tab)): Path<(String, String, String, String)>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let sight = Sight::of(&app, &viewer.principal, app.texts(&headers))?;
    let entity = find(&sight, &(namespace, kind, name))?;
    let shell = Shell::of(
        &app,
        &viewer,
        Visit {
            uri: &uri,
            headers: &headers,
        },
        place(&sight, entity),
    )?;
    let header = Header::new(entity, Tab::Unknown);
    Ok(Page(UnknownTabPage { shell, header }).with_status(StatusCode::NOT_FOUND))
}

/// The entity of an address, for somebody who may read it.
///
/// # Errors
///
/// 404 when it is not there or may not be read: nobody can tell which.
pub(super) fn find<'s>(
    sight: &'s Sight,
    (namespace, kind, name): &EntityPath,
) -> Result<&'s Entity, Error> {
    let entity_ref = EntityRef::new(kind, namespace, name);
    sight
        .find(&entity_ref)
        .ok_or_else(|| Error::NotFound(format!("no entity `{entity_ref}`")))
}

/// Where the pages of an entity stand: below the catalog and its system.
pub(super) fn place(sight: &Sight, entity: &Entity) -> Place {
    let part_of = targets_of(sight, entity, "partOf").into_iter().next();
    let above = part_of.and_then(|above| above.href.map(|href| Crumb::link(above.label, href)));
    Place::below(
        [Crumb::link("Catalog", "/catalog")]
            .into_iter()
            .chain(above),
        title_of(entity),
    )
}

impl Header {
    /// The header of `entity` with `tab` open.
    pub(super) fn new(entity: &Entity, tab: Tab) -> Header {
        let entity_ref = entity.entity_ref();
        Header {
            title: title_of(entity).into_owned(),
            entity_ref: entity_ref.to_string(),
            href: href_of(entity_ref),
            tile: Look::of(entity_ref.kind(), entity.spec_text("type").as_deref())
                .tile
                .large(),
            lifecycle: entity.spec_text("lifecycle").map(Lifecycle::new),
            source: source_of(entity),
            tab,
        }
    }

    pub(super) fn is_overview(&self) -> bool {
        self.tab == Tab::Overview
    }

    pub(super) fn is_inspect(&self) -> bool {
        self.tab == Tab::Inspect
    }
}

impl PeopleCard {
    /// The people of the owner, or of the group itself; `None` when the person may not see it.
    fn of(sight: &Sight, entity: &Entity) -> Option<PeopleCard> {
        let owner = entity
            .relations()
            .into_iter()
            .find(|found| found.relation_type == "ownedBy");
        let group = match entity.entity_ref().kind() {
            "group" => entity,
            _ => sight
                .find(&owner?.target)
                .filter(|owner| owner.entity_ref().kind() == "group")?,
        };
        let mut people: Vec<_> = targets_of(sight, group, "hasMember")
            .into_iter()
            .filter(|person| person.href.is_some())
            .collect();
        let count = people.len();
        people.truncate(MAX_PEOPLE);
        Some(PeopleCard {
            group: RefLink::to(group),
            people,
            count,
            part_of: targets_of(sight, group, "childOf"),
        })
    }
}

fn warnings(sight: &Sight, entity: &Entity, value: &Value) -> Vec<Warning> {
    let items = value
        .pointer("/status/items")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let errors = items.filter(|item| item.get("level").and_then(Value::as_str) == Some("error")).map(|item| Warning {
        tone: Tone::No,
        fact: item.get("message").and_then(Value::as_str).unwrap_or("It could not be processed").to_owned(),
        advice: "What you see is the last version that was good. Correct the source and it refreshes by itself.".to_owned(),
    });
    let orphan =
        (entity.annotation("backstage.io/orphan").as_deref() == Some("true")).then(|| Warning {
            tone: Tone::If,
            fact: "This is an orphan: no location names it any more.".to_owned(),
            advice: "Name it in a location again, or unregister it.".to_owned(),
        });
    errors
        .chain(orphan)
        .chain(dangling(sight, entity))
        .collect()
}

/// Relations that lead to nothing. Only whoever sees everything is told: to others a hidden
/// entity must look like one that is not there.
fn dangling(sight: &Sight, entity: &Entity) -> Option<Warning> {
    if !sight.is_whole() {
        return None;
    }
    let relations = entity.relations().into_iter();
    let lost = relations
        .filter(|found| sight.find(&found.target).is_none())
        .map(|found| found.target.to_string());
    let lost: BTreeSet<_> = lost.collect();
    if lost.is_empty() {
        return None;
    }
    let named: Vec<_> = lost.iter().take(3).map(String::as_str).collect();
    let more = if lost.len() > named.len() {
        format!(" and {} more", lost.len() - named.len())
    } else {
        String::new()
    };
    Some(Warning {
        tone: Tone::If,
        fact: format!(
            "Related, but not in the catalog: {}{more}.",
            named.join(", ")
        ),
        advice: "It may be misspelt, or not registered yet.".to_owned(),
    })
}
