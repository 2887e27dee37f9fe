//! The entities at the other end of one type of relation, as a table.

use crate::catalog::views::list_query::{ListQuery, Pick};
use crate::catalog::views::relation::RelationType;
use crate::catalog::views::request::EntityRequest;
use crate::ui::entity::{Column, EntityRow, KindWords, Sight, href_of};
use crate::ui::query_value;
use callboard_catalog::{Entity, EntityRef};

/// How many rows a table has on a page with other things.
pub(in crate::catalog::views) const SHOWN: usize = 6;
/// How many rows a page of nothing else has.
pub(in crate::catalog::views) const PAGE: usize = 50;

/// What stands for the relation between a location and what is read from it, which is none of the
/// catalog's own.
pub(super) const EMITS: &str = "emits";

/// A table of related entities of one kind.
#[derive(Debug, Clone)]
pub(in crate::catalog::views) struct Section {
    /// Unique on the page.
    pub(in crate::catalog::views) id: String,
    pub(in crate::catalog::views) heading: String,
    pub(in crate::catalog::views) count: u64,
    /// The headings of the columns after the name.
    pub(in crate::catalog::views) columns: Vec<String>,
    pub(in crate::catalog::views) rows: Vec<EntityRow>,
    /// All of them, when the table has not.
    pub(in crate::catalog::views) more: Option<String>,
}

/// One kind of what somebody owns, with the list of it.
#[derive(Debug, Clone)]
pub(in crate::catalog::views) struct Owned {
    pub(in crate::catalog::views) heading: String,
    pub(in crate::catalog::views) count: u64,
    pub(in crate::catalog::views) href: String,
}

/// The tables of the relations of `entity` with these names, one for each kind at the other end.
pub(super) fn sections(sight: &Sight, entity: &Entity, relations: &[&str]) -> Vec<Section> {
    let present = RelationType::all_of(entity).into_iter();
    present
        .filter(|relation| relations.contains(&relation.name))
        .flat_map(|relation| sections_of(sight, entity, relation))
        .collect()
}

fn sections_of(sight: &Sight, entity: &Entity, relation: &'static RelationType) -> Vec<Section> {
    let mut kinds: Vec<KindWords> = sight
        .facet("kind", Some(&relation.filter(entity.entity_ref())))
        .into_iter()
        .map(|(kind, _)| KindWords::of(&sight.t, &kind))
        .collect();
    kinds.sort_by_key(KindWords::rank);
    kinds
        .into_iter()
        .map(|kind| Section::new(sight, entity.entity_ref(), relation, &kind, 0, SHOWN))
        .collect()
}

impl Section {
    /// The rows from `offset` on, `limit` at most.
    pub(super) fn new(
        sight: &Sight,
        source: &EntityRef,
        relation: &'static RelationType,
        kind: &KindWords,
        offset: usize,
        limit: usize,
    ) -> Section {
        let columns = columns(&kind.kind);
        let page = relation.targets(sight, source, Some(&kind.kind), offset, limit);
        let heading = sight
            .t
            .say(relation.heading)
            .with("kinds", kind.many.as_str());
        let is_whole = page.entities.len() as u64 == page.total;
        Section {
            id: format!("{}-{}", relation.name, kind.kind),
            heading: heading.to_string(),
            count: page.total,
            columns: columns
                .iter()
                .map(|column| sight.t.say(column.label()).to_string())
                .collect(),
            rows: page
                .entities
                .iter()
                .map(|entity| EntityRow::new(sight, entity, columns))
                .collect(),
            more: (!is_whole).then(|| all_of(source, relation, &kind.kind)),
        }
    }
}

/// What is read from a location, from `offset` on, `limit` rows at most; `None` when there is
/// nothing that the person may see.
pub(super) fn emitted(request: &EntityRequest, offset: usize, limit: usize) -> Option<Section> {
    let (sight, source) = (&request.sight, request.entity.entity_ref());
    let emitted = request.app().catalog().emitted_by(source);
    let visible: Vec<&Entity> = emitted
        .iter()
        .filter_map(|entity_ref| sight.find(entity_ref))
        .collect();
    if visible.is_empty() {
        return None;
    }
    let columns = &[Column::Owner, Column::Type];
    let rows = visible.iter().skip(offset).take(limit);
    Some(Section {
        id: EMITS.to_owned(),
        heading: sight.t.say("entity-emits").to_string(),
        count: visible.len() as u64,
        columns: columns
            .iter()
            .map(|column| sight.t.say(column.label()).to_string())
            .collect(),
        rows: rows
            .map(|entity| EntityRow::new(sight, entity, columns))
            .collect(),
        more: (visible.len() > limit).then(|| all_emitted(source)),
    })
}

/// The page with all that is read from a location.
pub(super) fn all_emitted(source: &EntityRef) -> String {
    format!("{}/related?relation={EMITS}", href_of(source))
}

/// The page with all of them.
pub(super) fn all_of(source: &EntityRef, relation: &RelationType, kind: &str) -> String {
    format!(
        "{}/related?relation={}&kind={}",
        href_of(source),
        relation.name,
        query_value(kind)
    )
}

fn columns(kind: &str) -> &'static [Column] {
    match kind {
        "component" | "api" => &[Column::Owner, Column::Type, Column::Lifecycle],
        "resource" | "template" => &[Column::Owner, Column::Type],
        "system" => &[Column::Owner, Column::Domain],
        "group" => &[Column::Type, Column::Members],
        "user" => &[Column::Email],
        _ => &[Column::Owner],
    }
}

/// What `owner` owns, as far as the person sees it, by kind.
pub(super) fn owned_by(sight: &Sight, owner: &Entity) -> Vec<Owned> {
    let Some(owns) = RelationType::named("ownerOf") else {
        return Vec::new();
    };
    let owner = owner.entity_ref();
    let kinds = sight.facet("kind", Some(&owns.filter(owner))).into_iter();
    let mut owned: Vec<(usize, Owned)> = kinds
        .map(|(kind, count)| {
            let words = KindWords::of(&sight.t, &kind);
            let query = ListQuery {
                kind: Some(words.kind.clone()),
                chosen: vec![(Pick::Owner, owner.to_string())],
                ..ListQuery::default()
            };
            let owned = Owned {
                href: query.href("/catalog"),
                heading: words.heading.clone(),
                count,
            };
            (words.rank(), owned)
        })
        .collect();
    owned.sort_by_key(|(rank, _)| *rank);
    owned.into_iter().map(|(_, owned)| owned).collect()
}
