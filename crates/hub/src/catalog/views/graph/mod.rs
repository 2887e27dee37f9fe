//! Pictures of relations: on the page of an entity, and `/catalog-graph`, a page of its own.

mod drawing;
mod layout;
mod walk;

pub(super) use drawing::Drawing;
pub(super) use walk::{Asked, Course, Graph};

use crate::catalog::views::entity::{Header, Tab};
use crate::catalog::views::relation;
use crate::catalog::views::request::EntityRequest;
use crate::error::Error;
use crate::ui::entity::{KindWords, RefLink, Sight, href_of, title_of};
use crate::ui::{Crumb, Icon, Page, PageRequest, Place, Shell, Texts};
use askama::Template;
use axum::extract::RawQuery;
use axum::response::{IntoResponse, Response};
use callboard_catalog::{Entity, EntityRef};
use std::sync::Arc;

/// How far the page goes at most.
const MAX_DEPTH: usize = 3;
/// How many roots it takes.
const MAX_ROOTS: usize = 12;

/// A picture on the page of an entity.
#[derive(Debug, Clone)]
pub(super) struct GraphCard {
    /// The name of the text of its heading.
    pub(super) heading: &'static str,
    pub(super) drawing: Drawing,
    /// The depths to choose from, with whether each is the one that is shown.
    pub(super) depths: Vec<(usize, bool)>,
    /// The same picture with a page to itself.
    pub(super) whole: String,
}

impl GraphCard {
    /// The neighbours of an entity; `None` when there are none that the person may see.
    pub(super) fn around(sight: &Sight, entity: &Arc<Entity>, asked: &Asked) -> Option<GraphCard> {
        let depths = [1, 2].map(|depth| (depth, depth == asked.depth)).to_vec();
        GraphCard::new(sight, entity, asked, "entity-relations", depths)
    }

    /// What is above an entity and below it.
    pub(super) fn hierarchy(
        sight: &Sight,
        entity: &Arc<Entity>,
        asked: &Asked,
    ) -> Option<GraphCard> {
        GraphCard::new(sight, entity, asked, "entity-hierarchy", Vec::new())
    }

    fn new(
        sight: &Sight,
        entity: &Arc<Entity>,
        asked: &Asked,
        heading: &'static str,
        depths: Vec<(usize, bool)>,
    ) -> Option<GraphCard> {
        let graph = Graph::walk(sight, std::slice::from_ref(entity), asked);
        if graph.is_bare() {
            return None;
        }
        Some(GraphCard {
            heading,
            drawing: Drawing::new(sight, &graph, label(&sight.t, entity)),
            depths,
            whole: GraphQuery::of(entity.entity_ref()).href(),
        })
    }
}

fn label(t: &Texts, entity: &Entity) -> String {
    t.say("entity-graph-of")
        .with("name", title_of(entity))
        .to_string()
}

#[derive(Template)]
#[template(path = "catalog/templates/diagram_page.html")]
struct DiagramPage {
    shell: Shell,
    header: Header,
    drawing: Option<Drawing>,
    /// Whether the rest is in the pictures of the systems.
    is_outline: bool,
}

/// `GET /catalog/{namespace}/{kind}/{name}/system`: what a system or a domain holds.
///
/// For people who are signed in; `catalog.entity.read` decides what they see.
pub(super) async fn diagram(request: EntityRequest) -> Result<Response, Error> {
    let (sight, entity) = (&request.sight, &request.entity);
    if !Tab::Diagram.is_of(entity.entity_ref().kind()) {
        return super::entity::not_there(&request);
    }
    let graph = Graph::diagram(sight, entity);
    let drawing = (!graph.is_bare()).then(|| Drawing::new(sight, &graph, label(&sight.t, entity)));
    Ok(Page(DiagramPage {
        shell: request.shell()?,
        header: Header::new(&request, Tab::Diagram),
        is_outline: entity.entity_ref().kind() == "domain" && graph.is_outline(),
        drawing,
    })
    .into_response())
}

/// What the page is asked to show: the parameters are those of the original.
#[derive(Debug, Clone, PartialEq, Eq)]
struct GraphQuery {
    roots: Vec<EntityRef>,
    asked: Asked,
}

impl GraphQuery {
    fn of(root: &EntityRef) -> GraphQuery {
        GraphQuery {
            roots: vec![root.clone()],
            asked: Asked::within(1),
        }
    }

    /// Reads the query part of an address; what it does not know it ignores.
    fn parse(query: &str) -> GraphQuery {
        let mut found = GraphQuery {
            roots: Vec::new(),
            asked: Asked::within(1),
        };
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let value = value.trim();
            match name.split('[').next().unwrap_or_default() {
                "rootEntityRefs" if found.roots.len() < MAX_ROOTS => {
                    found.roots.extend(EntityRef::parse(value).ok());
                }
                "maxDepth" => {
                    let depth = value.parse().unwrap_or(MAX_DEPTH);
                    found.asked.depth = depth.clamp(1, MAX_DEPTH);
                }
                "selectedKinds" if !value.is_empty() => {
                    found.asked.kinds.push(value.to_lowercase());
                }
                "selectedRelations" if !value.is_empty() => {
                    found.asked.relations.push(value.to_owned());
                }
                _ => {}
            }
        }
        found.roots.dedup();
        found
    }

    /// The address of this state.
    fn href(&self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for root in &self.roots {
            query.append_pair("rootEntityRefs[]", root.as_str());
        }
        if self.asked.depth != 1 {
            query.append_pair("maxDepth", &self.asked.depth.to_string());
        }
        for kind in &self.asked.kinds {
            query.append_pair("selectedKinds[]", kind);
        }
        for relation in &self.asked.relations {
            query.append_pair("selectedRelations[]", relation);
        }
        format!("/catalog-graph?{}", query.finish())
    }
}

/// Something to choose.
#[derive(Debug, Clone)]
struct Choice {
    value: String,
    label: String,
    is_chosen: bool,
}

#[derive(Template)]
#[template(path = "catalog/templates/graph_page.html")]
struct GraphPage {
    shell: Shell,
    roots: Vec<Root>,
    depths: Vec<(usize, bool, String)>,
    kinds: Vec<Choice>,
    relations: Vec<Choice>,
    asked: Asked,
    drawing: Option<Drawing>,
}

/// An entity that the picture starts from.
#[derive(Debug, Clone)]
struct Root {
    link: RefLink,
    /// The page without it; absent for the only one.
    without: Option<String>,
}

/// `GET /catalog-graph?rootEntityRefs[]=&maxDepth=&selectedKinds[]=&selectedRelations[]=`.
///
/// For people who are signed in; `catalog.entity.read` decides what they see. Roots that are not
/// there or may not be read are left out; without any other it is 404.
pub(super) async fn catalog_graph(
    request: PageRequest,
    RawQuery(query): RawQuery,
) -> Result<Response, Error> {
    let sight = Sight::of(&request.app, &request.viewer.principal, request.texts())?;
    let mut query = GraphQuery::parse(query.as_deref().unwrap_or_default());
    let is_about_none = query.roots.is_empty();
    query.roots.retain(|root| sight.find(root).is_some());
    let roots: Vec<Arc<Entity>> = query
        .roots
        .iter()
        .filter_map(|root| sight.find_shared(root).cloned())
        .collect();
    if roots.is_empty() && !is_about_none {
        return Err(Error::NotFound("no such entity".to_owned()));
    }
    let t = &sight.t;
    let graph = Graph::walk(&sight, &roots, &query.asked);
    let names: Vec<_> = roots.iter().map(|root| title_of(root)).collect();
    let label = t.say("entity-graph-of").with("name", names.join(", "));
    let drawing = (!roots.is_empty()).then(|| Drawing::new(&sight, &graph, label.to_string()));
    let depths = (1..=MAX_DEPTH).map(|depth| {
        let asked = Asked {
            depth,
            ..query.asked.clone()
        };
        let href = GraphQuery {
            asked,
            ..query.clone()
        }
        .href();
        (depth, depth == query.asked.depth, href)
    });
    let catalog = Crumb::link(t.say("nav-catalog"), "/catalog");
    let above = match &roots[..] {
        [only] => Some(Crumb::link(title_of(only), href_of(only.entity_ref()))),
        _ => None,
    };
    let place = Place::below(
        [catalog].into_iter().chain(above),
        t.say("entity-graph-title"),
    );
    Ok(Page(GraphPage {
        shell: request.shell(place)?,
        roots: roots.iter().map(|root| Root::new(&query, root)).collect(),
        depths: depths.collect(),
        kinds: kinds(&sight, &query.asked),
        relations: relations(t, &query.asked),
        drawing,
        asked: query.asked,
    })
    .into_response())
}

impl Root {
    fn new(query: &GraphQuery, root: &Entity) -> Root {
        let others: Vec<EntityRef> = query
            .roots
            .iter()
            .filter(|other| *other != root.entity_ref())
            .cloned()
            .collect();
        Root {
            link: RefLink::to(root),
            without: (!others.is_empty()).then(|| {
                GraphQuery {
                    roots: others,
                    ..query.clone()
                }
                .href()
            }),
        }
    }
}

fn kinds(sight: &Sight, asked: &Asked) -> Vec<Choice> {
    let mut words: Vec<KindWords> = sight
        .facet("kind", None)
        .into_iter()
        .map(|(kind, _)| KindWords::of(&sight.t, &kind))
        .collect();
    words.sort_by_key(|words| (words.rank(), words.kind.clone()));
    words
        .into_iter()
        .map(|words| Choice {
            is_chosen: asked.kinds.contains(&words.kind),
            value: words.kind,
            label: words.heading,
        })
        .collect()
}

fn relations(t: &Texts, asked: &Asked) -> Vec<Choice> {
    relation::TYPES
        .iter()
        .map(|relation| Choice {
            value: relation.name.to_owned(),
            label: t.say(relation.label).to_string(),
            is_chosen: asked.relations.iter().any(|name| name == relation.name),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_the_original_is_understood() {
        let query = GraphQuery::parse(
            "rootEntityRefs[]=component:default/seat-map&rootEntityRefs%5B1%5D=API:seating&maxDepth=2\
             &selectedKinds[]=Api&selectedRelations[]=providesApi&unidirectional=true&curve=curveStepBefore",
        );

        let roots: Vec<_> = query.roots.iter().map(EntityRef::as_str).collect();
        assert_eq!(roots, ["component:default/seat-map", "api:default/seating"]);
        assert_eq!(
            (query.asked.depth, &query.asked.kinds[..]),
            (2, &["api".to_owned()][..])
        );
        assert_eq!(
            GraphQuery::parse(&query.href()["/catalog-graph?".len()..]),
            query
        );
    }

    #[test]
    fn a_picture_without_end_ends() {
        assert_eq!(
            GraphQuery::parse("maxDepth=Infinity").asked.depth,
            MAX_DEPTH
        );
        assert_eq!(GraphQuery::parse("maxDepth=0").asked.depth, 1);
    }
}
