//! The relations of an entity, grouped by type.

use crate::catalog::views::list_query::{ListQuery, Pick};
use crate::ui::entity::{KindWords, Related, Sight};
use callboard_catalog::{Entity, Filter, Match};

/// How many entities of one group are shown before the rest folds away.
const SHOWN: usize = 8;

/// The entities at the other end of one type of relation.
#[derive(Debug, Clone)]
pub(super) struct RelationGroup {
    /// The type in words, such as `Depends on`.
    pub heading: String,
    /// The first of them.
    pub shown: Vec<Related>,
    /// The rest.
    pub folded: Vec<Related>,
}

impl RelationGroup {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.shown.len() + self.folded.len()
    }
}

/// Types in the order of the page, with their words.
const TYPES: [(&str, &str); 14] = [
    ("ownedBy", "Owned by"),
    ("partOf", "Part of"),
    ("childOf", "Child of"),
    ("memberOf", "Member of"),
    ("providesApi", "Provides API"),
    ("consumesApi", "Consumes API"),
    ("dependsOn", "Depends on"),
    ("apiProvidedBy", "Provided by"),
    ("apiConsumedBy", "Consumed by"),
    ("dependencyOf", "Depended on by"),
    ("hasPart", "Has part"),
    ("parentOf", "Parent of"),
    ("hasMember", "Has member"),
    ("ownerOf", "Owns"),
];

/// The relations of `entity`, but for those that the page shows elsewhere.
pub(super) fn groups(sight: &Sight, entity: &Entity, elsewhere: &[&str]) -> Vec<RelationGroup> {
    let relations = entity.relations();
    let mut types: Vec<&str> = relations
        .iter()
        .map(|relation| relation.relation_type.as_str())
        .collect();
    types.dedup();
    types.retain(|found| !elsewhere.contains(found));
    types.sort_by_key(|found| {
        TYPES
            .iter()
            .position(|(known, _)| known == found)
            .unwrap_or(TYPES.len())
    });
    types.dedup();
    let group = |relation_type: &str| {
        let targets = relations
            .iter()
            .filter(|relation| relation.relation_type == relation_type);
        let mut shown: Vec<_> = targets
            .map(|relation| Related::new(sight, &relation.target))
            .collect();
        let folded = shown.split_off(shown.len().min(SHOWN));
        let words = TYPES
            .iter()
            .find(|(known, _)| *known == relation_type)
            .map_or(relation_type, |(_, words)| words);
        RelationGroup {
            heading: words.to_owned(),
            shown,
            folded,
        }
    };
    types.into_iter().map(group).collect()
}

/// How many entities of one kind somebody owns, with the list of them.
#[derive(Debug, Clone)]
pub(super) struct Owned {
    /// The kind in words.
    pub words: KindWords,
    /// How many.
    pub count: u64,
    /// The list.
    pub href: String,
}

/// What `owner` owns, as far as the person sees it, by kind.
pub(super) fn owned_by(sight: &Sight, owner: &Entity) -> Vec<Owned> {
    let owner = owner.entity_ref().as_str();
    let filter = Filter::from(Match::one_of(Pick::Owner.key(), [owner]));
    let kinds = sight.facet("kind", Some(&filter)).into_iter();
    let mut owned: Vec<_> = kinds
        .map(|(kind, count)| {
            let words = KindWords::of(&sight.t, &kind);
            let query = ListQuery {
                kind: Some(words.kind.clone()),
                chosen: vec![(Pick::Owner, owner.to_owned())],
                ..ListQuery::default()
            };
            Owned {
                href: query.href("/catalog"),
                words,
                count,
            }
        })
        .collect();
    owned.sort_by_key(|owned| owned.words.rank());
    owned
}
