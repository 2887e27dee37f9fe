//! Walking through a set of entities in order, from any place, in both directions.
//!
//! A page is found in one of two ways, whichever looks cheaper: by walking along the values
//! of the order field and testing which of their entities are in the set, which costs what
//! the page is long; or by reading the values of all entities of a small set and sorting them.

use std::{borrow::Cow, cmp::Ordering};

use roaring::RoaringBitmap;

use crate::{
    cursor::Position,
    entity::Entity,
    ids::Id,
    index::CatalogSnapshot,
    order::{Direction, OrderField},
    steps::Steps,
    term,
};

/// What reading a value out of the JSON of an entity costs, in steps along an order.
const COST_OF_READING: u64 = 40;
/// What it costs when the entity has the value at hand.
const COST_AT_HAND: u64 = 4;

/// Which way a walk goes through its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heading {
    Forward,
    Backward,
}

impl Heading {
    pub(crate) fn reversed(self) -> Self {
        match self {
            Self::Forward => Self::Backward,
            Self::Backward => Self::Forward,
        }
    }

    pub(crate) fn apply(self, ordering: Ordering) -> Ordering {
        match self {
            Self::Forward => ordering,
            Self::Backward => ordering.reverse(),
        }
    }
}

/// A walk through entities of a snapshot.
#[derive(Clone, Copy)]
pub(crate) struct Walk<'a> {
    pub(crate) snapshot: &'a CatalogSnapshot,
    pub(crate) order: &'a [OrderField],
    pub(crate) heading: Heading,
}

/// The part of a walk that is wanted.
pub(crate) struct Page<'a> {
    /// The place after which the walk begins; its beginning when absent.
    pub(crate) start: Option<&'a Position>,
    /// How many entities to leave out first.
    pub(crate) skip: usize,
    /// The most entities to give.
    pub(crate) take: usize,
}

/// What a walk came upon.
pub(crate) struct Walked {
    /// The entities of the page, in the order of the walk.
    pub(crate) ids: Vec<Id>,
    /// Whether an entity of the set stands before the first one after the start, the one at the
    /// start included; `None` when the walk did not come by there.
    pub(crate) is_preceded: Option<bool>,
}

/// As a [`Position`], of an entity at hand.
struct Place<'a> {
    values: &'a [Option<Cow<'a, str>>],
    entity_ref: &'a str,
}

impl Walk<'_> {
    /// The entities of a page.
    pub(crate) fn page(&self, set: &RoaringBitmap, page: &Page<'_>) -> Walked {
        if self.is_better_sorted(set, page) {
            self.sorted_page(set, page)
        } else {
            Walked {
                ids: self.walked_page(set, page),
                is_preceded: None,
            }
        }
    }

    fn is_better_sorted(&self, set: &RoaringBitmap, page: &Page<'_>) -> bool {
        let Some(index) = self
            .order
            .first()
            .and_then(|field| self.snapshot.key(&field.field))
        else {
            return false;
        };
        let values = index.values.len() as u64;
        let wanted = page.skip.saturating_add(page.take) as u64;
        let walking = if wanted >= set.len() {
            values
        } else {
            values * wanted / set.len().max(1)
        };
        let at_hand = self
            .order
            .iter()
            .all(|field| term::has_quick_values(&field.field));
        walking
            > set.len()
                * if at_hand {
                    COST_AT_HAND
                } else {
                    COST_OF_READING
                }
    }

    /// Reads the place of every entity and sorts.
    fn sorted_page(&self, set: &RoaringBitmap, page: &Page<'_>) -> Walked {
        // Each step is a loop of its own, so that the processor waits for the memory of several
        // entities at once.
        let found = |id| self.snapshot.entity(id).map(|entity| (&**entity, id));
        let entities: Vec<(&Entity, Id)> = set.iter().filter_map(found).collect();
        let width = self.order.len();
        let mut values = Vec::with_capacity(width * entities.len());
        for (entity, _) in &entities {
            values.extend(self.order.iter().map(|field| field.value_of(entity)));
        }
        let place = |nth: usize| {
            let (entity, id) = entities[nth];
            let place = Place {
                values: &values[nth * width..][..width],
                entity_ref: entity.entity_ref().as_str(),
            };
            (place, id)
        };
        let mut places: Vec<(Place<'_>, Id)> = (0..entities.len()).map(place).collect();
        if let Some(start) = page.start {
            let values: Vec<_> = start
                .values
                .iter()
                .map(|value| value.as_deref().map(Cow::Borrowed))
                .collect();
            let start = Place {
                values: &values,
                entity_ref: &start.entity_ref,
            };
            places.retain(|(place, _)| self.compare(place, &start) == Ordering::Greater);
        }
        let is_preceded = places.len() < entities.len();
        let wanted = page.skip.saturating_add(page.take);
        if wanted < places.len() {
            places.select_nth_unstable_by(wanted, |(a, _), (b, _)| self.compare(a, b));
            places.truncate(wanted);
        }
        places.sort_unstable_by(|(a, _), (b, _)| self.compare(a, b));
        let ids = places.into_iter().map(|(_, id)| id).skip(page.skip);
        Walked {
            ids: ids.collect(),
            is_preceded: Some(is_preceded),
        }
    }

    /// How two places follow each other on this walk.
    fn compare(&self, a: &Place<'_>, b: &Place<'_>) -> Ordering {
        let values = a.values.iter().zip(b.values);
        let mut fields = self
            .order
            .iter()
            .zip(values)
            .map(|(field, values)| match values {
                (None, None) => Ordering::Equal,
                (None, Some(_)) => Ordering::Greater,
                (Some(_), None) => Ordering::Less,
                (Some(a), Some(b)) => match field.direction {
                    Direction::Ascending => a.cmp(b),
                    Direction::Descending => b.cmp(a),
                },
            });
        let ordering = fields
            .find(|ordering| ordering.is_ne())
            .unwrap_or_else(|| a.entity_ref.cmp(b.entity_ref));
        self.heading.apply(ordering)
    }

    /// Walks along the values of the order fields.
    fn walked_page(&self, set: &RoaringBitmap, page: &Page<'_>) -> Vec<Id> {
        Steps::take(*self, set, page)
    }
}

#[cfg(test)]
mod tests {
    use smol_str::SmolStr;

    use super::*;

    fn catalog(size: usize) -> CatalogSnapshot {
        let entity = |number: usize| {
            let shuffled = number * 37 % 101;
            // By reference `k2:` comes before `k:`.
            let kind = if number.is_multiple_of(5) { "K" } else { "K2" };
            let tags = ["[]", r#"["a"]"#, r#"["c","b"]"#, r#"["a","c"]"#][number % 4];
            let title = if number.is_multiple_of(3) {
                "null".to_owned()
            } else {
                format!("\"t{}\"", number % 5)
            };
            let json = format!(
                r#"{{"kind":"{kind}","metadata":{{"name":"n{shuffled}","tags":{tags}}},"spec":{{"title":{title}}}}}"#
            );
            Entity::parse(json).unwrap()
        };
        CatalogSnapshot::build((0..size).map(entity))
    }

    #[test]
    fn both_ways_to_a_page_lead_to_the_same() {
        let catalog = catalog(30);
        let orders = [
            vec![],
            vec![OrderField::ascending("metadata.name")],
            vec![OrderField::descending("metadata.tags")],
            vec![
                OrderField::ascending("spec.title"),
                OrderField::descending("metadata.tags"),
            ],
            vec![
                OrderField::descending("spec.title"),
                OrderField::ascending("spec.absent"),
            ],
        ];
        let sets = [
            RoaringBitmap::from_iter(0..30),
            RoaringBitmap::from_iter((0..30).step_by(7)),
            RoaringBitmap::new(),
        ];
        for (order, set) in orders
            .iter()
            .flat_map(|order| sets.iter().map(move |set| (order, set)))
        {
            for heading in [Heading::Forward, Heading::Backward] {
                let walk = Walk {
                    snapshot: &catalog,
                    order,
                    heading,
                };
                let all = walk.sorted_page(
                    set,
                    &Page {
                        start: None,
                        skip: 0,
                        take: usize::MAX,
                    },
                );
                assert_eq!(all.ids.len() as u64, set.len());
                assert_eq!(all.is_preceded, Some(false));
                let places = all.ids.iter().map(|id| {
                    let entity = catalog.entity(*id).unwrap();
                    let values = order.iter().map(|field| field.value_of(entity));
                    Position {
                        values: values.map(|value| value.map(SmolStr::from)).collect(),
                        entity_ref: entity.entity_ref().as_smol_str().clone(),
                    }
                });
                let starts: Vec<Option<Position>> =
                    std::iter::once(None).chain(places.map(Some)).collect();
                for (start, skip) in starts
                    .iter()
                    .flat_map(|start| [0, 4].map(|skip| (start.as_ref(), skip)))
                {
                    let page = Page {
                        start,
                        skip,
                        take: 11,
                    };
                    let sorted = walk.sorted_page(set, &page);
                    assert_eq!(
                        walk.walked_page(set, &page),
                        sorted.ids,
                        "{order:?} {heading:?}"
                    );
                    assert_eq!(sorted.is_preceded, Some(start.is_some()));
                }
            }
        }
    }
}
