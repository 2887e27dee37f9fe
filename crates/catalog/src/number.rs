//! The numbers of entities, for an index beside this one.

use std::sync::Arc;

use roaring::RoaringBitmap;

use crate::{entity::Entity, filter::Filter, ids::Id, index::CatalogSnapshot};

/// The number of an entity within a snapshot.
///
/// It stays with the entity in snapshots that [`CatalogSnapshot::apply`] makes one from the other,
/// and means nothing in others.
pub type EntityNumber = Id;

impl CatalogSnapshot {
    /// The entity with a number.
    pub fn get_by_number(&self, number: EntityNumber) -> Option<&Arc<Entity>> {
        self.entity(number)
    }

    /// The numbers of the entities that pass a filter.
    pub fn numbers(&self, filter: &Filter) -> RoaringBitmap {
        self.select(std::iter::once(filter)).into_owned()
    }

    /// What is at each number that had something else in an earlier snapshot, of whatever origin;
    /// `None` where nothing is any more.
    pub fn differences<'a>(
        &'a self,
        before: &'a Self,
    ) -> impl Iterator<Item = (EntityNumber, Option<&'a Arc<Entity>>)> {
        let pairs = self.slots().beside(before.slots());
        pairs.filter_map(|(number, now, before)| {
            let is_same = match (now, before) {
                (Some(now), Some(before)) => Arc::ptr_eq(now, before),
                (None, None) => true,
                (Some(_), None) | (None, Some(_)) => false,
            };
            (!is_same).then_some((number, now))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::Change;

    fn entity(name: &str) -> Arc<Entity> {
        let json = format!(r#"{{"kind":"Component","metadata":{{"name":"{name}"}}}}"#);
        Arc::new(Entity::parse(json).unwrap())
    }

    #[test]
    fn only_what_changed_differs() {
        let before = CatalogSnapshot::build(["a", "b", "c"].map(entity));
        let gone = before
            .get("component:default/b")
            .unwrap()
            .entity_ref()
            .clone();

        let after = before.apply([
            Change::Remove(gone),
            Change::Upsert(entity("c")),
            Change::Upsert(entity("d")),
            Change::Upsert(entity("e")),
        ]);

        let names = |from: &CatalogSnapshot, to: &CatalogSnapshot| {
            let differences = to.differences(from);
            differences
                .map(|(number, entity)| (number, entity.map(|entity| entity.name().to_owned())))
                .collect::<Vec<_>>()
        };
        let some = |name: &str| Some(name.to_owned());
        assert_eq!(names(&before, &before), []);
        assert_eq!(
            names(&before, &after),
            [(1, some("d")), (2, some("c")), (3, some("e"))]
        );
        assert_eq!(
            names(&after, &before),
            [(1, some("b")), (2, some("c")), (3, None)]
        );
    }

    #[test]
    fn numbers_lead_to_the_entities_that_pass() {
        let catalog = CatalogSnapshot::build(["a", "b", "c"].map(entity));
        let filter = Filter::parse(&["metadata.name=a", "metadata.name=c"])
            .unwrap()
            .unwrap();

        let numbers = catalog.numbers(&filter);

        let names = numbers
            .iter()
            .filter_map(|number| catalog.get_by_number(number));
        assert_eq!(
            names.map(|entity| entity.name()).collect::<Vec<_>>(),
            ["a", "c"]
        );
    }
}
