//! Postings: a value, and which entities have it.

use std::{borrow::Cow, cmp::Ordering, sync::Arc};

use smol_str::SmolStr;

use crate::{
    ids::{Id, IdSet, Ids},
    slots::Slots,
    sorted_list::{Reader, beginning},
    term::{Span, Written, fold},
};

/// A value with the entities that have it.
///
/// Most values belong to one entity, whose JSON holds them anyway: descriptions, links, names.
#[derive(Clone, Debug)]
pub(crate) enum Posting {
    /// One entity has the value, in one way of writing, and it is read there.
    Only(Place),
    /// Anything else.
    Shared(Arc<Shared>),
}

/// Where a value stands in the JSON of an entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    id: Id,
    span: Span,
    // INVARIANT: what is not in lower case is ASCII, so that it is folded letter by letter.
    is_lower: bool,
}

/// A value that is kept by itself.
#[derive(Clone, Debug)]
pub(crate) struct Shared {
    folded: SmolStr,
    ids: Ids,
    // Empty while everybody writes the value in lower case.
    variants: Vec<(SmolStr, Ids)>,
}

impl Posting {
    pub(crate) fn new(id: Id, value: Written<'_>) -> Self {
        let is_lower = value.is_lower();
        match value.span {
            Some(span) if is_lower || value.original.is_ascii() => {
                Self::Only(Place { id, span, is_lower })
            }
            Some(_) | None => {
                let mut shared = Shared::plain(value.folded.into(), Ids::One(id));
                if !is_lower {
                    shared.variants.push((value.original.into(), Ids::One(id)));
                }
                Self::Shared(Arc::new(shared))
            }
        }
    }

    /// The entities that write a value in lower case.
    pub(crate) fn plain(folded: SmolStr, ids: Ids) -> Self {
        Self::Shared(Arc::new(Shared::plain(folded, ids)))
    }

    /// The entities, when all of them write the value in lower case and it is kept by itself.
    pub(crate) fn as_plain(&self) -> Option<&Ids> {
        match self {
            Self::Shared(shared) => shared.variants.is_empty().then_some(&shared.ids),
            Self::Only(_) => None,
        }
    }

    pub(crate) fn ids(&self) -> IdSet<'_> {
        match self {
            Self::Only(place) => IdSet::One(place.id),
            Self::Shared(shared) => shared.ids.as_set(),
        }
    }

    /// The ways in which the value is written, with the entities that write it so.
    pub(crate) fn variants<'a>(
        &'a self,
        texts: Texts<'a>,
    ) -> impl Iterator<Item = (&'a str, IdSet<'a>)> {
        let (only, more) = match self {
            Self::Only(place) => (Some((texts.written(*place), self.ids())), &[][..]),
            Self::Shared(shared) if shared.variants.is_empty() => {
                (Some((shared.folded.as_str(), self.ids())), &[][..])
            }
            Self::Shared(shared) => (None, &shared.variants[..]),
        };
        let more = more.iter();
        only.into_iter()
            .chain(more.map(|(original, ids)| (original.as_str(), ids.as_set())))
    }

    /// Whether an entity has the value and writes it so.
    pub(crate) fn has(&self, texts: Texts<'_>, id: Id, original: &str) -> bool {
        self.variants(texts)
            .any(|(known, ids)| known == original && ids.contains(id))
    }

    /// Whether the value is read in the JSON of this entity.
    pub(crate) fn is_within(&self, id: Id) -> bool {
        matches!(self, Self::Only(place) if place.id == id)
    }

    /// Whether only this entity has the value.
    pub(crate) fn is_of(&self, id: Id) -> bool {
        matches!(self.ids(), IdSet::One(only) if only == id)
    }

    /// Adds an entity, and tells whether it did not have the value.
    pub(crate) fn insert(&mut self, texts: Texts<'_>, id: Id, value: Written<'_>) -> bool {
        match self {
            Self::Only(place) if place.id == id && texts.written(*place) == value.original => false,
            Self::Only(place) => {
                let mut shared = texts.kept(*place);
                let is_new = shared.insert(id, value);
                *self = Self::Shared(Arc::new(shared));
                is_new
            }
            Self::Shared(shared) => Arc::make_mut(shared).insert(id, value),
        }
    }

    /// Adds the entities of another posting of the same value.
    pub(crate) fn append(&mut self, texts: Texts<'_>, other: Self) {
        let other = match other {
            Self::Only(place) => texts.kept(place),
            Self::Shared(other) => Arc::unwrap_or_clone(other),
        };
        match self {
            Self::Only(place) => {
                let mut shared = texts.kept(*place);
                shared.append(other);
                *self = Self::Shared(Arc::new(shared));
            }
            Self::Shared(shared) => Arc::make_mut(shared).append(other),
        }
    }

    /// Takes out an entity that writes the value so; false when nothing would be left.
    pub(crate) fn remove(&mut self, id: Id, original: &str) -> bool {
        match self {
            Self::Only(place) => place.id != id,
            Self::Shared(shared) => Arc::make_mut(shared).remove(id, original),
        }
    }

    /// Gives back what growing has left over; `known` gives a text that is equal to the value and
    /// is kept anyway, if there is one.
    pub(crate) fn shrink<'a>(&mut self, known: impl Fn(&str) -> Option<&'a SmolStr>) {
        if let Self::Shared(shared) = self
            && let Some(shared) = Arc::get_mut(shared)
        {
            shared.ids.shrink();
            // A short text takes no room of its own.
            if shared.folded.is_heap_allocated()
                && let Some(known) = known(&shared.folded)
            {
                shared.folded = known.clone();
            }
        }
    }
}

impl Shared {
    fn plain(folded: SmolStr, ids: Ids) -> Self {
        Self {
            folded,
            ids,
            variants: Vec::new(),
        }
    }

    fn insert(&mut self, id: Id, value: Written<'_>) -> bool {
        if !value.is_lower() {
            self.name_variants();
        }
        if !self.variants.is_empty() {
            self.add_variant(value.original.into(), Ids::One(id));
        }
        self.ids.insert(id)
    }

    fn append(&mut self, mut other: Self) {
        if !self.variants.is_empty() || !other.variants.is_empty() {
            self.name_variants();
            other.name_variants();
            for (original, ids) in other.variants {
                self.add_variant(original, ids);
            }
        }
        self.ids.append(other.ids);
    }

    fn remove(&mut self, id: Id, original: &str) -> bool {
        if !self.variants.is_empty() {
            self.variants
                .retain_mut(|(known, ids)| known != original || ids.remove(id));
            let mut variants = self.variants.iter();
            if variants.any(|(_, ids)| ids.as_set().contains(id)) {
                return true;
            }
            if let [(only, _)] = &self.variants[..]
                && *only == self.folded
            {
                self.variants = Vec::new();
            }
        }
        self.ids.remove(id)
    }

    /// Says of all that they write the value in lower case, if nothing was said yet.
    fn name_variants(&mut self) {
        if self.variants.is_empty() {
            self.variants.push((self.folded.clone(), self.ids.clone()));
        }
    }

    fn add_variant(&mut self, original: SmolStr, ids: Ids) {
        let mut variants = self.variants.iter_mut();
        match variants.find(|(known, _)| *known == original) {
            Some((_, known)) => known.append(ids),
            None => self.variants.push((original, ids)),
        }
    }
}

/// The texts of postings, as far as they stand in the JSON of these entities.
#[derive(Clone, Copy)]
pub(crate) struct Texts<'a>(pub(crate) &'a Slots);

impl<'a> Texts<'a> {
    /// The value of a posting, in lower case.
    pub(crate) fn folded(self, posting: &'a Posting) -> Cow<'a, str> {
        match posting {
            Posting::Only(place) if place.is_lower => Cow::Borrowed(self.written(*place)),
            Posting::Only(place) => Cow::Owned(self.written(*place).to_ascii_lowercase()),
            Posting::Shared(shared) => Cow::Borrowed(&shared.folded),
        }
    }

    /// Whether a text is the value of a posting.
    pub(crate) fn is(self, posting: &Posting, text: &str) -> bool {
        self.compare(posting, text).is_eq()
    }

    /// The letters of the value of a posting; what of them is not in lower case is ASCII.
    pub(crate) fn letters_of(self, posting: &'a Posting) -> &'a [u8] {
        match posting {
            Posting::Only(place) => self.letters(*place),
            Posting::Shared(shared) => shared.folded.as_bytes(),
        }
    }

    /// Whether the value of a posting begins with a text, which is in lower case.
    pub(crate) fn begins(self, posting: &Posting, with: &str) -> bool {
        match posting {
            Posting::Only(place) => {
                let beginning = self.letters(*place).get(..with.len());
                beginning.is_some_and(|beginning| match place.is_lower {
                    true => beginning == with.as_bytes(),
                    false => beginning.to_ascii_lowercase() == with.as_bytes(),
                })
            }
            Posting::Shared(shared) => shared.folded.starts_with(with),
        }
    }

    /// The letters at a place, as they are written there.
    fn letters(self, place: Place) -> &'a [u8] {
        // INVARIANT: the entity of a place is there as long as its posting.
        let entity = self.0.get(place.id);
        entity
            .and_then(|entity| place.span.letters_of(entity.json()))
            .unwrap_or_default()
    }

    /// The text at a place, as it is written there.
    fn written(self, place: Place) -> &'a str {
        // INVARIANT: the entity of a place is there as long as its posting.
        let entity = self.0.get(place.id);
        entity
            .and_then(|entity| place.span.of(entity.json()))
            .unwrap_or_default()
    }

    /// What is at a place, kept by itself.
    fn kept(self, place: Place) -> Shared {
        let original = self.written(place);
        let ids = Ids::One(place.id);
        match place.is_lower {
            true => Shared::plain(original.into(), ids),
            false => Shared {
                variants: vec![(original.into(), ids.clone())],
                ..Shared::plain(fold(original), ids)
            },
        }
    }
}

impl Reader<Posting> for Texts<'_> {
    fn compare(&self, posting: &Posting, text: &str) -> Ordering {
        match posting {
            Posting::Only(place) if place.is_lower => self.letters(*place).cmp(text.as_bytes()),
            Posting::Only(place) => {
                let letters = self.letters(*place).iter();
                letters.map(u8::to_ascii_lowercase).cmp(text.bytes())
            }
            Posting::Shared(shared) => shared.folded.as_str().cmp(text),
        }
    }

    fn beginning(&self, posting: &Posting) -> u64 {
        match posting {
            Posting::Only(place) if place.is_lower => beginning(self.letters(*place)),
            Posting::Only(place) => {
                let mut first = beginning(self.letters(*place)).to_be_bytes();
                first.make_ascii_lowercase();
                u64::from_be_bytes(first)
            }
            Posting::Shared(shared) => beginning(shared.folded.as_bytes()),
        }
    }

    fn text(&self, posting: &Posting) -> SmolStr {
        match posting {
            Posting::Shared(shared) => shared.folded.clone(),
            Posting::Only(_) => SmolStr::from(&*self.folded(posting)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_posting_takes_as_little_room_as_two_numbers() {
        assert_eq!(size_of::<Posting>(), 16);
    }
}
