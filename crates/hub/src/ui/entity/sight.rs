//! The catalog as one person sees it.

use crate::app::App;
use crate::catalog::Readable;
use crate::error::Error;
use crate::principal::Principal;
use crate::ui::Texts;
use callboard_catalog::{CatalogSnapshot, Entity, EntityRef, Facet, Filter, Match, Page, Query};
use std::sync::Arc;

/// One snapshot of the catalog, limited to what a caller may read, in the words of their language.
///
/// A page takes one sight and asks it for everything, so that its counts and rows agree.
#[derive(Clone)]
pub struct Sight {
    /// The words of the page.
    pub t: Texts,
    snapshot: Arc<CatalogSnapshot>,
    readable: Readable,
}

impl Sight {
    /// What `principal` sees at this moment.
    ///
    /// # Errors
    ///
    /// What the policy answers when it cannot be asked.
    pub fn of(app: &App, principal: &Principal, t: Texts) -> Result<Sight, Error> {
        let readable = app.catalog().readable(app, principal)?;
        Ok(Sight {
            t,
            snapshot: app.catalog().snapshot(),
            readable,
        })
    }

    /// Whether the person may read nothing at all, whatever there is.
    pub fn is_closed(&self) -> bool {
        matches!(self.readable, Readable::None)
    }

    /// Whether the person may read everything there is.
    pub fn is_whole(&self) -> bool {
        matches!(self.readable, Readable::All)
    }

    /// Whether the person may know that something is called so: an entity that they may read, or,
    /// for those who may read everything, any name.
    ///
    /// To all others a hidden entity must look like one that is not there.
    pub fn knows(&self, entity_ref: &EntityRef) -> bool {
        self.is_whole() || self.find(entity_ref).is_some()
    }

    /// The entity, when it is there and the person may read it.
    pub fn find(&self, entity_ref: &EntityRef) -> Option<&Entity> {
        self.find_shared(entity_ref).map(AsRef::as_ref)
    }

    /// As [`Sight::find`], to be kept.
    pub fn find_shared(&self, entity_ref: &EntityRef) -> Option<&Arc<Entity>> {
        let permission = match &self.readable {
            Readable::None => return None,
            Readable::All => None,
            Readable::Only(filter) => Some(&**filter),
        };
        let mut found = self.snapshot.get_all(&[entity_ref.as_str()], permission);
        found.pop().flatten()
    }

    /// The same sight, of the entities that pass `filter` alone.
    #[must_use]
    pub fn within(&self, filter: Filter) -> Sight {
        let readable = match &self.readable {
            Readable::None => Readable::None,
            Readable::All => Readable::Only(Arc::new(filter)),
            Readable::Only(readable) => {
                let readable = Filter::clone(readable);
                Readable::Only(Arc::new(Filter::all_of([readable, filter])))
            }
        };
        Sight {
            t: self.t.clone(),
            snapshot: Arc::clone(&self.snapshot),
            readable,
        }
    }

    /// Whether an entity of this moment is in a part of the catalog.
    pub fn is_within(&self, entity: &Entity, part: &Readable) -> bool {
        match part {
            Readable::None => false,
            Readable::All => true,
            Readable::Only(filter) => {
                let entity_ref = entity.entity_ref().as_str();
                self.snapshot.permits(entity_ref, filter)
            }
        }
    }

    /// A filter for the entities with these references.
    pub fn among<R: AsRef<str>>(&self, entity_refs: impl IntoIterator<Item = R>) -> Filter {
        let found = entity_refs
            .into_iter()
            .filter_map(|entity_ref| self.snapshot.get(entity_ref.as_ref()));
        let uids = found.filter_map(|entity| entity.uid());
        Match::one_of("metadata.uid", uids).into()
    }

    /// The entity, whether the person may read it or not: for what concerns the person's own.
    pub fn find_unchecked(&self, entity_ref: &str) -> Option<&Entity> {
        self.snapshot.get(entity_ref).map(AsRef::as_ref)
    }

    /// Whether the entity is there, the person may read it, and it passes `filter`.
    pub fn has(&self, entity_ref: &str, filter: &Filter) -> bool {
        let is_readable = match &self.readable {
            Readable::None => false,
            Readable::All => true,
            Readable::Only(readable) => self.snapshot.permits(entity_ref, readable),
        };
        is_readable && self.snapshot.matches(entity_ref, filter)
    }

    /// One page of the entities that the person may read.
    pub fn query(&self, query: Query) -> Page {
        match &self.readable {
            Readable::None => Page {
                entities: Vec::new(),
                total: 0,
                next: None,
                previous: None,
            },
            Readable::All => self.snapshot.query(&query),
            Readable::Only(filter) => self.snapshot.query(&Query {
                permission: Some(Arc::clone(filter)),
                ..query
            }),
        }
    }

    /// How many entities that pass `filter` the person may read.
    pub fn count(&self, filter: Filter) -> u64 {
        self.query(Query {
            filter: Some(filter),
            limit: Some(0),
            ..Query::default()
        })
        .total
    }

    /// The values of one key among the entities that the person may read.
    pub fn facet(&self, key: &str, filter: Option<&Filter>) -> Vec<(String, u64)> {
        let facets = match &self.readable {
            Readable::None => Vec::new(),
            Readable::All => self.snapshot.facets(&[key], filter, None),
            Readable::Only(readable) => self.snapshot.facets(&[key], filter, Some(readable)),
        };
        let values = facets.iter().flat_map(|Facet { values, .. }| values.iter());
        values
            .map(|value| (value.value.to_string(), value.count))
            .collect()
    }

    /// The keys below `parent` that the entities have which the person may read, as far as they
    /// contain `text`: the most common first, `limit` at most.
    pub fn keys_below(&self, parent: &str, text: &str, limit: usize) -> Vec<String> {
        let below = |permission| self.snapshot.keys_below(parent, text, permission, limit);
        let found = match &self.readable {
            Readable::None => Vec::new(),
            Readable::All => below(None),
            Readable::Only(readable) => below(Some(readable)),
        };
        found.into_iter().map(|one| one.value.to_string()).collect()
    }
}
