//! Which entities pass a filter: the postings joined by *and*, *or* and *and not*.

use std::borrow::Cow;

use callboard_policy::Criteria;
use roaring::RoaringBitmap;

use crate::{
    filter::{Filter, Match, Test},
    ids::{Id, Union},
    index::CatalogSnapshot,
    key_index::KeyIndex,
    posting::Texts,
};

impl CatalogSnapshot {
    /// Whether an entity is there and passes a filter; the reference is canonical.
    ///
    /// The same answer as [`Filter::matches`] gives on its rows, in less time.
    pub fn matches(&self, entity_ref: &str, filter: &Filter) -> bool {
        self.id_of(entity_ref)
            .is_some_and(|id| filter.0.evaluate(&mut |leaf| self.holds(leaf, id)))
    }

    /// The entities that pass all of some filters.
    pub(crate) fn select<'f>(
        &self,
        filters: impl Iterator<Item = &'f Filter>,
    ) -> Cow<'_, RoaringBitmap> {
        self.select_all(filters.map(|filter| &filter.0))
    }

    fn select_criteria(&self, criteria: &Criteria<Match>) -> Cow<'_, RoaringBitmap> {
        match criteria {
            Criteria::AllOf(members) => self.select_all(members.iter()),
            Criteria::AnyOf(members) => match &members[..] {
                [] => Cow::Owned(RoaringBitmap::new()),
                [only] => self.select_criteria(only),
                [first, rest @ ..] => Cow::Owned(
                    rest.iter()
                        .fold(self.select_criteria(first).into_owned(), |all, next| {
                            all | &*self.select_criteria(next)
                        }),
                ),
            },
            Criteria::Not(member) => Cow::Owned(self.live() - &*self.select_criteria(member)),
            Criteria::Leaf(leaf) => self.select_match(leaf),
        }
    }

    /// Intersects what is asked for, the smallest set first, then takes away what is not.
    fn select_all<'f>(
        &self,
        members: impl Iterator<Item = &'f Criteria<Match>>,
    ) -> Cow<'_, RoaringBitmap> {
        let (mut wanted, mut unwanted) = (Vec::new(), Vec::new());
        for member in members {
            match member {
                Criteria::Not(member) => unwanted.push(&**member),
                Criteria::AllOf(_) | Criteria::AnyOf(_) | Criteria::Leaf(_) => {
                    wanted.push(self.select_criteria(member));
                }
            }
        }
        wanted.sort_by_key(|set| set.len());
        let smallest_first = wanted
            .into_iter()
            .reduce(|all, next| Cow::Owned(&*all & &*next));
        let all = smallest_first.unwrap_or(Cow::Borrowed(self.live()));
        unwanted.into_iter().fold(all, |all, next| {
            if all.is_empty() {
                all
            } else {
                Cow::Owned(&*all - &*self.select_criteria(next))
            }
        })
    }

    pub(crate) fn select_match(&self, leaf: &Match) -> Cow<'_, RoaringBitmap> {
        match self.key(&leaf.key) {
            None => Cow::Owned(RoaringBitmap::new()),
            Some(Cow::Borrowed(index)) => select_in(index, self.texts(), &leaf.test),
            Some(Cow::Owned(index)) => {
                Cow::Owned(select_in(&index, self.texts(), &leaf.test).into_owned())
            }
        }
    }

    fn holds(&self, leaf: &Match, id: Id) -> bool {
        let Some(index) = self.key(&leaf.key) else {
            return false;
        };
        match &leaf.test {
            Test::Exists => index.present.contains(id),
            Test::OneOf(values) => values.iter().any(|value| {
                index
                    .get(self.texts(), value)
                    .is_some_and(|posting| posting.ids().contains(id))
            }),
            Test::Prefix(prefix) => index
                .with_prefix(self.texts(), prefix)
                .any(|posting| posting.ids().contains(id)),
        }
    }
}

/// The entities of a key that pass a test.
fn select_in<'i>(index: &'i KeyIndex, texts: Texts<'_>, test: &Test) -> Cow<'i, RoaringBitmap> {
    let mut union = Union::default();
    match test {
        Test::Exists => return Cow::Borrowed(&*index.present),
        Test::OneOf(values) => match &values[..] {
            [only] => {
                return index
                    .get(texts, only)
                    .map_or_else(Cow::default, |posting| posting.ids().bitmap());
            }
            values => values
                .iter()
                .filter_map(|value| index.get(texts, value))
                .for_each(|posting| union.push(posting.ids())),
        },
        Test::Prefix(prefix) => {
            index
                .with_prefix(texts, prefix)
                .for_each(|posting| union.push(posting.ids()));
        }
    }
    Cow::Owned(union.finish())
}
