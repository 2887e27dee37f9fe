//! The entities of a snapshot by their numbers.

use std::sync::Arc;

use crate::{entity::Entity, ids::Id};

/// How many entities are copied together when one of them changes.
const PORTION: usize = 256;

type Portion = Vec<Option<Arc<Entity>>>;

/// The entity of each number; a clone shares all portions until one of the two changes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Slots {
    // INVARIANT: all portions but the last are full.
    portions: Vec<Arc<Portion>>,
    len: usize,
}

impl Slots {
    /// How many numbers have been given out.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn get(&self, id: Id) -> Option<&Arc<Entity>> {
        let (portion, place) = (id as usize / PORTION, id as usize % PORTION);
        self.portions.get(portion)?.get(place)?.as_ref()
    }

    /// Puts something, or nothing, at a number that was given out or is the next one.
    pub(crate) fn set(&mut self, id: Id, entity: Option<Arc<Entity>>) {
        let (portion, place) = (id as usize / PORTION, id as usize % PORTION);
        if portion == self.portions.len() {
            self.portions.push(Arc::default());
        }
        let portion = Arc::make_mut(&mut self.portions[portion]);
        if place == portion.len() {
            portion.push(entity);
            self.len += 1;
        } else {
            portion[place] = entity;
        }
    }

    /// What is at each number that may differ from what `before` has there: both, from here and
    /// from there.
    pub(crate) fn beside<'a>(
        &'a self,
        before: &'a Self,
    ) -> impl Iterator<Item = (Id, Option<&'a Arc<Entity>>, Option<&'a Arc<Entity>>)> {
        let portions = 0..self.portions.len().max(before.portions.len());
        let other = portions.filter(|portion| {
            match (self.portions.get(*portion), before.portions.get(*portion)) {
                (Some(now), Some(before)) => !Arc::ptr_eq(now, before),
                (_, _) => true,
            }
        });
        let ids = other.flat_map(|portion| portion * PORTION..(portion + 1) * PORTION);
        ids.map(|id| (id as Id, self.get(id as Id), before.get(id as Id)))
    }
}

impl FromIterator<Arc<Entity>> for Slots {
    fn from_iter<I: IntoIterator<Item = Arc<Entity>>>(entities: I) -> Self {
        let mut slots = Self::default();
        for (id, entity) in (0..).zip(entities) {
            slots.set(id, Some(entity));
        }
        slots
    }
}
