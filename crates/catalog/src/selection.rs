//! Which entities pass a filter: the postings joined by *and*, *or* and *and not*.

use std::{borrow::Cow, ops::Deref, sync::Arc};

use callboard_policy::Criteria;
use roaring::RoaringBitmap;

use crate::{
    entity::Entity,
    filter::{Filter, Match, Test},
    ids::{Id, Union},
    index::{CatalogSnapshot, References},
    key_index::KeyIndex,
    posting::Texts,
};

/// The entities that pass.
pub(crate) enum Selected<'a> {
    /// All that the index has of something.
    Borrowed(&'a RoaringBitmap),
    /// What was found for others too.
    Shared(Arc<RoaringBitmap>),
    /// What was found this time.
    Owned(RoaringBitmap),
}

impl Deref for Selected<'_> {
    type Target = RoaringBitmap;

    fn deref(&self) -> &RoaringBitmap {
        match self {
            Self::Borrowed(set) => set,
            Self::Shared(set) => set,
            Self::Owned(set) => set,
        }
    }
}

impl<'a> From<Cow<'a, RoaringBitmap>> for Selected<'a> {
    fn from(set: Cow<'a, RoaringBitmap>) -> Self {
        match set {
            Cow::Borrowed(set) => Self::Borrowed(set),
            Cow::Owned(set) => Self::Owned(set),
        }
    }
}

impl CatalogSnapshot {
    /// The entities that pass what is asked for and what the caller may see; each `None` lets all
    /// pass.
    pub(crate) fn select_permitted(
        &self,
        filter: Option<&Filter>,
        permission: Option<&Arc<Filter>>,
    ) -> Selected<'_> {
        let permitted = permission.map(|permission| self.permitted(permission));
        match (filter, permitted) {
            (None, None) => Selected::Borrowed(self.live()),
            (None, Some(permitted)) => Selected::Shared(permitted),
            (Some(filter), None) => self.select(std::iter::once(filter)).into(),
            (Some(filter), Some(permitted)) => {
                Selected::Owned(&*self.select(std::iter::once(filter)) & &*permitted)
            }
        }
    }

    /// The entities that a caller may see, which he will ask for again.
    fn permitted(&self, permission: &Arc<Filter>) -> Arc<RoaringBitmap> {
        let find = || Arc::new(self.numbers(permission));
        self.memo().permitted.get_or(permission, find)
    }

    /// As [`CatalogSnapshot::matches`], for what restricts a caller.
    pub fn permits(&self, entity_ref: &str, permission: &Filter) -> bool {
        let found = self.get_all(&[entity_ref], Some(permission));
        found.into_iter().any(|entity| entity.is_some())
    }

    /// The entities with some references, which are canonical, as far as the caller may see them;
    /// no permission lets see all.
    pub fn get_all<S: AsRef<str>>(
        &self,
        entity_refs: &[S],
        permission: Option<&Filter>,
    ) -> Vec<Option<&Arc<Entity>>> {
        let permitted =
            permission.map(|permission| (permission, self.memo().permitted.get(permission)));
        let find = |entity_ref: &S| {
            let entity_ref = entity_ref.as_ref();
            let (id, entity) = self.by_ref().get(&References, entity_ref)?;
            let is_permitted = match &permitted {
                None => true,
                Some((_, Some(permitted))) => permitted.contains(*id),
                Some((permission, None)) => self.matches(entity_ref, permission),
            };
            is_permitted.then_some(entity)
        };
        entity_refs.iter().map(find).collect()
    }

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
