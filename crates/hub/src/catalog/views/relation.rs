//! The types of relations: their words, their opposites, and on which side of a graph they lead.

use crate::ui::entity::Sight;
use callboard_catalog::{Entity, EntityRef, Filter, Match, OrderField, Page, Query};
use std::collections::BTreeSet;

/// A type of relation that the catalog itself derives.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RelationType {
    /// As the wire has it, such as `dependsOn`.
    pub(super) name: &'static str,
    /// What the other end says of the same relation.
    pub(super) opposite: &'static str,
    /// The key under which the index has that.
    key: &'static str,
    /// The name of its text as a heading.
    pub(super) heading: &'static str,
    /// The name of its text on a line between two entities.
    pub(super) label: &'static str,
    /// Where its targets stand.
    pub(super) side: Side,
}

/// Where the other end of a relation stands in a graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// What an entity belongs to or lives on.
    Before,
    /// What belongs to it or lives on it.
    After,
}

macro_rules! relation_types {
    ($($name:literal, $opposite:literal, $key:literal, $heading:literal, $label:literal, $side:ident;)+) => {
        /// Every type, in the order of pages.
        pub(super) static TYPES: [RelationType; 14] = [$(RelationType {
            name: $name,
            opposite: $opposite,
            key: $key,
            heading: $heading,
            label: $label,
            side: Side::$side,
        }),+];
    };
}

relation_types! {
    "ownedBy", "ownerOf", "relations.ownerof", "entity-owned-by", "entity-line-owned-by", Before;
    "partOf", "hasPart", "relations.haspart", "entity-part-of", "entity-line-part-of", Before;
    "childOf", "parentOf", "relations.parentof", "entity-child-of", "entity-line-child-of", Before;
    "memberOf", "hasMember", "relations.hasmember", "entity-member-of", "entity-line-member-of", Before;
    "consumesApi", "apiConsumedBy", "relations.apiconsumedby", "entity-consumes-api", "entity-line-consumes-api", Before;
    "apiProvidedBy", "providesApi", "relations.providesapi", "entity-api-provided-by", "entity-line-api-provided-by", Before;
    "dependencyOf", "dependsOn", "relations.dependson", "entity-dependency-of", "entity-line-dependency-of", Before;
    "providesApi", "apiProvidedBy", "relations.apiprovidedby", "entity-provides-api", "entity-line-provides-api", After;
    "dependsOn", "dependencyOf", "relations.dependencyof", "entity-depends-on", "entity-line-depends-on", After;
    "apiConsumedBy", "consumesApi", "relations.consumesapi", "entity-api-consumed-by", "entity-line-api-consumed-by", After;
    "hasPart", "partOf", "relations.partof", "entity-has-part", "entity-line-has-part", After;
    "parentOf", "childOf", "relations.childof", "entity-parent-of", "entity-line-parent-of", After;
    "hasMember", "memberOf", "relations.memberof", "entity-has-member", "entity-line-has-member", After;
    "ownerOf", "ownedBy", "relations.ownedby", "entity-owner-of", "entity-line-owner-of", After;
}

impl RelationType {
    /// The type of this name, if it is one of the catalog's own.
    pub(super) fn named(name: &str) -> Option<&'static RelationType> {
        TYPES.iter().find(|known| known.name == name)
    }

    /// The types of the relations of an entity, in the order of pages.
    pub(super) fn all_of(entity: &Entity) -> Vec<&'static RelationType> {
        let relations = entity.relations();
        let names: BTreeSet<&str> = relations
            .iter()
            .map(|relation| relation.relation_type.as_str())
            .collect();
        TYPES
            .iter()
            .filter(|known| names.contains(known.name))
            .collect()
    }

    /// The filter that the entities at the other end pass: they say the opposite.
    pub(super) fn filter(&self, source: &EntityRef) -> Filter {
        Filter::from(Match::one_of(self.key, [source.as_str()]))
    }

    /// A page of the entities at the other end of the relations of `source`, by name, as far as the
    /// person may read them; the total counts no other.
    pub(super) fn targets(
        &self,
        sight: &Sight,
        source: &EntityRef,
        kind: Option<&str>,
        offset: usize,
        limit: usize,
    ) -> Page {
        let kind = kind.map(|kind| Filter::from(Match::one_of("kind", [kind])));
        let filter = Filter::all_of([self.filter(source)].into_iter().chain(kind));
        sight.query(Query {
            filter: Some(filter),
            order: vec![OrderField::ascending("metadata.name")],
            limit: Some(limit),
            offset,
            ..Query::default()
        })
    }
}

impl Side {
    /// The step from column to column.
    pub(super) fn step(self) -> i32 {
        match self {
            Side::Before => -1,
            Side::After => 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opposites_are_opposite() {
        for known in &TYPES {
            let opposite = RelationType::named(known.opposite).unwrap();

            assert_eq!(opposite.opposite, known.name);
            assert_ne!(opposite.side, known.side);
            assert_eq!(
                known.key,
                format!("relations.{}", known.opposite.to_lowercase())
            );
        }
    }
}
