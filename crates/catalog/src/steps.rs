//! Stepping along the values of order fields, one group of equal entities after the other.

use std::{
    cmp::Ordering,
    ops::{Bound, ControlFlow},
};

use roaring::RoaringBitmap;
use rustc_hash::FxHashMap;

use crate::{
    cursor::Position,
    ids::{Id, IdSet},
    index::References,
    key_index::KeyIndex,
    order::Direction,
    posting::{Posting, Texts},
    walk::{Heading, Page, Walk},
};

/// So few entities are sorted rather than looked for.
const FEW: u64 = 16;

/// A walk under way.
pub(crate) struct Steps<'a> {
    walk: Walk<'a>,
    skip: usize,
    take: usize,
    found: Vec<Id>,
}

impl<'a> Steps<'a> {
    /// Takes as many steps as a page needs.
    pub(crate) fn take(walk: Walk<'a>, set: &RoaringBitmap, page: &Page<'_>) -> Vec<Id> {
        let mut steps = Self {
            walk,
            skip: page.skip,
            take: page.take,
            found: Vec::new(),
        };
        if page.take > 0 {
            // Whether the walk was broken off or came to its end, what was found is the page.
            let _ = steps.field(set, 0, page.start);
        }
        steps.found
    }

    /// Gives a set in the order of the fields from `depth` on, after `start`.
    fn field(
        &mut self,
        set: &RoaringBitmap,
        depth: usize,
        start: Option<&Position>,
    ) -> ControlFlow<()> {
        let Some(field) = self.walk.order.get(depth) else {
            return self.ties(set, start);
        };
        let index = self.walk.snapshot.key(&field.field);
        let index = index.as_deref();
        let start_value = start.map(|start| start.values[depth].as_deref());
        match (self.walk.heading, start_value) {
            (Heading::Forward, None) => {
                self.values(set, depth, index, None)?;
                self.without_value(set, depth, index, None)
            }
            (Heading::Forward, Some(Some(_))) => {
                self.values(set, depth, index, start)?;
                self.without_value(set, depth, index, None)
            }
            (Heading::Forward, Some(None)) => self.without_value(set, depth, index, start),
            (Heading::Backward, None) => {
                self.without_value(set, depth, index, None)?;
                self.values(set, depth, index, None)
            }
            (Heading::Backward, Some(Some(_))) => self.values(set, depth, index, start),
            (Heading::Backward, Some(None)) => {
                self.without_value(set, depth, index, start)?;
                self.values(set, depth, index, None)
            }
        }
    }

    /// Gives the entities that have a value of the field, value by value.
    ///
    /// With `start`, the first value is the one of that place, and only entities after it count.
    fn values(
        &mut self,
        set: &RoaringBitmap,
        depth: usize,
        index: Option<&KeyIndex>,
        start: Option<&Position>,
    ) -> ControlFlow<()> {
        let Some(index) = index else {
            return ControlFlow::Continue(());
        };
        let field = &self.walk.order[depth];
        let texts = self.walk.snapshot.texts();
        let places = Places::of(index, texts, set, field.direction);
        let first = start.and_then(|start| start.values[depth].as_deref());
        if let Some(posting) = first.and_then(|first| index.get(texts, first)) {
            self.group(set, depth, &places, posting, start)?;
        }
        let is_rising =
            (field.direction == Direction::Ascending) == (self.walk.heading == Heading::Forward);
        let from = first.map_or(Bound::Unbounded, Bound::Excluded);
        let mut values = if is_rising {
            index.values.rising(&texts, from)
        } else {
            index.values.falling(&texts, from)
        };
        values.try_for_each(|posting| self.group(set, depth, &places, posting, None))
    }

    /// Gives the entities of the set that stand at one value.
    fn group(
        &mut self,
        set: &RoaringBitmap,
        depth: usize,
        places: &Places<'_>,
        posting: &Posting,
        start: Option<&Position>,
    ) -> ControlFlow<()> {
        match posting.ids() {
            IdSet::One(id) if !set.contains(id) || !places.is_at(id, posting) => {
                ControlFlow::Continue(())
            }
            IdSet::One(id) if start.is_none() => self.give(id),
            IdSet::One(id) => self.members(&RoaringBitmap::from_iter([id]), depth, start),
            ids @ (IdSet::Few(_) | IdSet::Many(_)) => {
                let mut members = ids.within(set);
                places.retain_at(posting, &mut members);
                self.members(&members, depth, start)
            }
        }
    }

    /// Gives the entities that have no value of the field.
    fn without_value(
        &mut self,
        set: &RoaringBitmap,
        depth: usize,
        index: Option<&KeyIndex>,
        start: Option<&Position>,
    ) -> ControlFlow<()> {
        match index {
            None => self.members(set, depth, start),
            Some(index) if index.null.is_empty() => {
                self.members(&(set - &*index.present), depth, start)
            }
            Some(index) => self.members(
                &((set - &*index.present) | (set & &*index.null)),
                depth,
                start,
            ),
        }
    }

    /// Gives entities that are equal as far as `depth`.
    fn members(
        &mut self,
        members: &RoaringBitmap,
        depth: usize,
        start: Option<&Position>,
    ) -> ControlFlow<()> {
        if start.is_none() && members.len() <= self.skip as u64 {
            self.skip -= members.len() as usize;
            return ControlFlow::Continue(());
        }
        self.field(members, depth + 1, start)
    }

    /// Gives entities in the order of their references, in which each kind has its own stretch.
    fn ties(&mut self, set: &RoaringBitmap, start: Option<&Position>) -> ControlFlow<()> {
        let start = start.map(|start| start.entity_ref.as_str());
        let kinds = self.walk.snapshot.key("kind");
        let mut stretches: Vec<Stretch> = kinds
            .iter()
            .flat_map(|index| index.values.iter())
            .filter_map(|posting| Stretch::of(posting, self.walk.snapshot.texts(), set))
            .collect();
        let in_stretches: u64 = stretches.iter().map(|stretch| stretch.members.len()).sum();
        if set.len() <= FEW || in_stretches != set.len() {
            return self.sorted_ties(set, start);
        }
        let heading = self.walk.heading;
        stretches.sort_unstable_by(|a, b| heading.apply(a.first.cmp(&b.first)));
        for stretch in stretches {
            match start.map_or(Ordering::Greater, |start| {
                heading.apply(stretch.compare(start))
            }) {
                Ordering::Less => {}
                Ordering::Equal => self.stretch(&stretch, start)?,
                Ordering::Greater if stretch.members.len() <= self.skip as u64 => {
                    self.skip -= stretch.members.len() as usize;
                }
                Ordering::Greater => self.stretch(&stretch, None)?,
            }
        }
        ControlFlow::Continue(())
    }

    /// Gives the entities of one kind, after `start`, which is of that kind.
    fn stretch(&mut self, stretch: &Stretch, start: Option<&str>) -> ControlFlow<()> {
        let wanted = self.skip.saturating_add(self.take - self.found.len()) as u64;
        let count = stretch.members.len();
        let walking = stretch.total * wanted.min(count) / count;
        if count * u64::from(count.ilog2()) <= walking {
            return self.sorted_ties(&stretch.members, start);
        }
        let by_ref = self.walk.snapshot.by_ref();
        let references = match self.walk.heading {
            Heading::Forward => {
                let from = start.map_or(Bound::Included(&*stretch.first), Bound::Excluded);
                by_ref.rising(&References, from)
            }
            Heading::Backward => {
                let from = start.map_or(Bound::Excluded(&*stretch.end), Bound::Excluded);
                by_ref.falling(&References, from)
            }
        };
        let mut members = references
            .take_while(|(_, entity)| stretch.holds(entity.entity_ref().as_str()))
            .filter(|(id, _)| stretch.members.contains(*id));
        members.try_for_each(|(id, _)| self.give(*id))
    }

    /// Gives entities in the order of their references by sorting them.
    fn sorted_ties(&mut self, set: &RoaringBitmap, start: Option<&str>) -> ControlFlow<()> {
        let heading = self.walk.heading;
        let snapshot = self.walk.snapshot;
        let mut members: Vec<(&str, Id)> = set
            .iter()
            .filter_map(|id| {
                snapshot
                    .entity(id)
                    .map(|entity| (entity.entity_ref().as_str(), id))
            })
            .filter(|(member, _)| {
                start.is_none_or(|start| heading.apply((*member).cmp(start)).is_gt())
            })
            .collect();
        members.sort_unstable_by(|(a, _), (b, _)| heading.apply(a.cmp(b)));
        members.into_iter().try_for_each(|(_, id)| self.give(id))
    }

    fn give(&mut self, id: Id) -> ControlFlow<()> {
        if self.skip > 0 {
            self.skip -= 1;
            return ControlFlow::Continue(());
        }
        self.found.push(id);
        if self.found.len() == self.take {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }
}

/// The entities of one kind: their references begin alike and stand together.
struct Stretch {
    /// What the references begin with.
    first: String,
    /// What is greater than all of them.
    end: String,
    /// Those of the entities that are asked for, at least one.
    members: RoaringBitmap,
    /// How many entities of the kind there are.
    total: u64,
}

impl Stretch {
    fn of(posting: &Posting, texts: Texts<'_>, set: &RoaringBitmap) -> Option<Self> {
        let members = posting.ids().within(set);
        let kind = texts.folded(posting);
        // The semicolon is what follows the colon.
        let (first, end) = (format!("{kind}:"), format!("{kind};"));
        (!members.is_empty()).then(|| Self {
            first,
            end,
            members,
            total: posting.ids().count_in(None),
        })
    }

    /// Whether it is where a reference stands.
    fn holds(&self, entity_ref: &str) -> bool {
        entity_ref.starts_with(&self.first)
    }

    /// Where the stretch stands, seen from a reference.
    fn compare(&self, entity_ref: &str) -> Ordering {
        if self.holds(entity_ref) {
            Ordering::Equal
        } else {
            self.first.as_str().cmp(entity_ref)
        }
    }
}

/// Where entities with several values of a field stand: at the first one only.
struct Places<'a> {
    first: FxHashMap<Id, &'a Posting>,
}

impl<'a> Places<'a> {
    fn of(
        index: &'a KeyIndex,
        texts: Texts<'_>,
        set: &RoaringBitmap,
        direction: Direction,
    ) -> Self {
        let mut first = FxHashMap::default();
        if set.is_disjoint(&index.multi) {
            return Self { first };
        }
        let mut waiting = set & &*index.multi;
        let mut place = |posting: &'a Posting| {
            for id in posting.ids().iter() {
                if waiting.remove(id) {
                    first.insert(id, posting);
                }
            }
            waiting.is_empty()
        };
        let mut postings = match direction {
            Direction::Ascending => index.values.rising(&texts, Bound::Unbounded),
            Direction::Descending => index.values.falling(&texts, Bound::Unbounded),
        };
        // Goes no further than to the last that is waited for.
        let _ = postings.any(&mut place);
        Self { first }
    }

    /// Whether an entity stands at a posting, which is one of the index.
    fn is_at(&self, id: Id, posting: &Posting) -> bool {
        let first = self.first.get(&id);
        first.is_none_or(|first| std::ptr::eq(*first, posting))
    }

    fn retain_at(&self, posting: &Posting, members: &mut RoaringBitmap) {
        if !self.first.is_empty() {
            let elsewhere: Vec<Id> = members
                .iter()
                .filter(|id| !self.is_at(*id, posting))
                .collect();
            for id in elsewhere {
                members.remove(id);
            }
        }
    }
}
