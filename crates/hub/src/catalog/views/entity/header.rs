//! The top of every page of an entity: its name, what may be done with it, and its tabs.

use crate::catalog::views::entity::action::Actions;
use crate::catalog::views::relation::RelationType;
use crate::catalog::views::request::EntityRequest;
use crate::personal::Keeper;
use crate::ui::entity::{Sight, StarButton, href_of, is_web, title_of};
use crate::ui::{Lifecycle, Look, Tile};
use callboard_catalog::{Entity, Filter};

/// The top of every page of an entity.
#[derive(Debug, Clone)]
pub(in crate::catalog::views) struct Header {
    pub(in crate::catalog::views) title: String,
    pub(in crate::catalog::views) entity_ref: String,
    pub(in crate::catalog::views) href: String,
    pub(in crate::catalog::views) tile: Tile,
    pub(in crate::catalog::views) lifecycle: Option<Lifecycle>,
    /// Where it was written.
    pub(in crate::catalog::views) source: Option<String>,
    /// Where its file can be edited.
    pub(in crate::catalog::views) edit: Option<String>,
    pub(in crate::catalog::views) tabs: Vec<TabLink>,
    pub(in crate::catalog::views) actions: Actions,
    pub(in crate::catalog::views) star: StarButton,
    /// Whether the page begins with the question whether to unregister, as a list leads here.
    pub(in crate::catalog::views) asks_removal: bool,
}

/// A tab, with how much is behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::catalog::views) struct TabLink {
    /// The name of its text.
    pub(in crate::catalog::views) label: &'static str,
    pub(in crate::catalog::views) href: String,
    pub(in crate::catalog::views) count: Option<u64>,
    pub(in crate::catalog::views) is_current: bool,
}

/// The pages of an entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::catalog::views) enum Tab {
    /// About, relations, access.
    Overview,
    /// The APIs that a component provides and consumes.
    Api,
    /// What an API offers.
    Definition,
    /// What it depends on, and what depends on it.
    Dependencies,
    /// What a system or a domain holds, as a picture.
    Diagram,
    /// When it was read, and what came of that.
    History,
    /// The entity as data.
    Inspect,
    /// A page without a tab.
    None,
}

impl Tab {
    /// The tabs of a kind.
    fn all_of(kind: &str) -> &'static [Tab] {
        use Tab::{Api, Definition, Dependencies, Diagram, History, Inspect, Overview};
        match kind {
            "component" => &[Overview, Api, Dependencies, History, Inspect],
            "api" => &[Overview, Definition, History, Inspect],
            "resource" => &[Overview, Dependencies, History, Inspect],
            "system" | "domain" => &[Overview, Diagram, History, Inspect],
            _ => &[Overview, History, Inspect],
        }
    }

    /// Whether entities of a kind have it.
    pub(in crate::catalog::views) fn is_of(self, kind: &str) -> bool {
        Tab::all_of(kind).contains(&self)
    }

    fn label(self) -> &'static str {
        match self {
            Tab::Overview | Tab::None => "entity-tab-overview",
            Tab::Api => "entity-tab-api",
            Tab::Definition => "entity-tab-definition",
            Tab::Dependencies => "entity-tab-dependencies",
            Tab::Diagram => "entity-tab-diagram",
            Tab::History => "entity-tab-history",
            Tab::Inspect => "entity-tab-inspect",
        }
    }

    /// What follows the address of the entity.
    fn path(self) -> &'static str {
        match self {
            Tab::Overview | Tab::None => "",
            Tab::Api => "/api",
            Tab::Definition => "/definition",
            Tab::Dependencies => "/dependencies",
            Tab::Diagram => "/system",
            Tab::History => "/history",
            Tab::Inspect => "/inspect",
        }
    }

    /// The relations whose targets are behind it, which it counts.
    pub(in crate::catalog::views) fn relations(self) -> &'static [&'static str] {
        match self {
            Tab::Api => &["providesApi", "consumesApi"],
            Tab::Dependencies => &["dependsOn", "dependencyOf"],
            Tab::Overview
            | Tab::Definition
            | Tab::Diagram
            | Tab::History
            | Tab::Inspect
            | Tab::None => &[],
        }
    }

    fn count(self, sight: &Sight, entity: &Entity) -> Option<u64> {
        let relations = self.relations().iter();
        let relations = relations.filter_map(|name| RelationType::named(name));
        let filters: Vec<Filter> = relations
            .map(|relation| relation.filter(entity.entity_ref()))
            .collect();
        let count = (!filters.is_empty()).then(|| sight.count(Filter::any_of(filters)))?;
        (count > 0).then_some(count)
    }
}

impl Header {
    /// The header of the entity that is asked for, with `open` open.
    pub(in crate::catalog::views) fn new(request: &EntityRequest, open: Tab) -> Header {
        let entity = &request.entity;
        let entity_ref = entity.entity_ref();
        let href = href_of(entity_ref);
        let edit = request.annotation("edit-url");
        let tabs = Tab::all_of(entity_ref.kind()).iter().map(|tab| TabLink {
            label: tab.label(),
            href: format!("{href}{}", tab.path()),
            count: tab.count(&request.sight, entity),
            is_current: *tab == open,
        });
        let title = title_of(entity).into_owned();
        let stars = request.app().stars().of(&Keeper::of(&request.page.viewer));
        let is_starred = stars
            .iter()
            .any(|star| star.entity_ref == entity_ref.as_str());
        let t = &request.sight.t;
        Header {
            asks_removal: request.page.visit().uri.query() == Some("ask=unregister"),
            star: StarButton::new(t, entity_ref.as_str(), &title, is_starred),
            title,
            entity_ref: entity_ref.to_string(),
            tabs: tabs.collect(),
            href,
            tile: Look::of(entity_ref.kind(), request.text("/spec/type"))
                .tile
                .large(),
            lifecycle: request.text("/spec/lifecycle").map(Lifecycle::new),
            source: request.source(),
            edit: edit.filter(|address| is_web(address)).map(str::to_owned),
            actions: Actions::new(request),
        }
    }
}
