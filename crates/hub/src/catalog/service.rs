//! The catalog in force, and the questions that it answers.

use super::access::Readable;
use super::config::{CatalogConfig, ConfiguredLocation};
use super::emitted::ORIGIN_ANNOTATION;
use super::local::Local;
use super::location::{Location, RegisteredLocation};
use super::metric::Metrics;
use super::permissions;
use super::provider::{self, EntityProvider};
use super::record::Source;
use super::state::State;
use crate::app::{App, Core};
use crate::error::Error;
use crate::finding::Finding;
use crate::hub::StartError;
use crate::principal::Principal;
use arc_swap::ArcSwap;
use callboard_catalog::{
    CatalogSnapshot, Entity, EntityRef, Facet, Filter, Page, Query, StatusItem,
};
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, MutexGuard, PoisonError};
use tokio::sync::{Mutex, Notify, watch};

/// The catalog: a snapshot in memory that readers never wait for.
///
/// Whatever takes a [`Principal`] answers with what that caller may read, and looks the same for
/// what is not there and what is hidden.
pub struct Catalog {
    pub(super) config: Arc<CatalogConfig>,
    state: ArcSwap<State>,
    published: watch::Sender<u64>,
    pub(super) metrics: Metrics,
    /// Held by whoever changes the catalog, until the change is published.
    pub(super) writing: Mutex<()>,
    /// Something is due.
    pub(super) wake: Notify,
    /// Other files may have to be watched.
    pub(super) files: Notify,
    local: std::sync::Mutex<Local>,
}

/// What came of one location of the configuration when it was last read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocationStatus {
    /// The location as it is configured.
    pub location: Location,
    /// How many entities of the catalog come from it, directly or not.
    pub entity_count: usize,
    /// What is wrong with its files; empty when all is well.
    pub findings: Vec<Finding>,
}

/// An entity, and through which others it came into the catalog.
#[derive(Debug)]
pub struct Ancestor {
    /// The entity.
    pub entity: Arc<Entity>,
    /// The references of the entities that emit it; none for a location of the configuration.
    pub parents: Vec<EntityRef>,
}

impl Catalog {
    pub(super) fn new(core: &Core) -> Result<Catalog, StartError> {
        Ok(Catalog {
            config: Arc::new(CatalogConfig::read(&core.config)?),
            state: ArcSwap::default(),
            published: watch::Sender::new(0),
            metrics: Metrics::new(&core.metrics)?,
            writing: Mutex::default(),
            wake: Notify::new(),
            files: Notify::new(),
            local: std::sync::Mutex::default(),
        })
    }

    /// Connects something that says which entities there are; called by the start hook of the
    /// feature that has it.
    ///
    /// # Errors
    ///
    /// What the provider says.
    pub async fn connect(&self, app: &App, provider: Arc<dyn EntityProvider>) -> Result<(), Error> {
        provider::connect(app, provider).await
    }

    /// All entities at this moment, whoever asks.
    pub fn snapshot(&self) -> Arc<CatalogSnapshot> {
        Arc::clone(&self.state().snapshot)
    }

    /// A channel whose number changes with every published snapshot.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.published.subscribe()
    }

    /// What came of each configured location, in the order of the configuration.
    ///
    /// Findings are those of this process, which reads all files of its own disk.
    pub fn status(&self) -> Vec<LocationStatus> {
        let snapshot = self.snapshot();
        let mut counts: HashMap<String, usize> = HashMap::new();
        for entity in snapshot.entities() {
            if let Some(origin) = entity.annotation(ORIGIN_ANNOTATION) {
                *counts.entry(origin.into_owned()).or_default() += 1;
            }
        }
        let local = self.local();
        let status = |configured: &ConfiguredLocation| LocationStatus {
            entity_count: counts
                .get(&configured.location.to_string())
                .copied()
                .unwrap_or_default(),
            location: configured.location.clone(),
            findings: local.findings_below(&configured.location),
        };
        self.config.locations.iter().map(status).collect()
    }

    /// What `principal` may read of the catalog.
    ///
    /// # Errors
    ///
    /// What the policy answers when it cannot be asked.
    pub fn readable(&self, app: &App, principal: &Principal) -> Result<Readable, Error> {
        Readable::under(app, principal, &permissions::ENTITY_READ)
    }

    /// One page of the entities that the caller may read; totals count no other.
    ///
    /// # Errors
    ///
    /// As [`Catalog::readable`].
    pub fn query(&self, app: &App, principal: &Principal, query: Query) -> Result<Page, Error> {
        Ok(match self.readable(app, principal)? {
            Readable::None => Page {
                entities: Vec::new(),
                total: 0,
                next: None,
                previous: None,
            },
            Readable::All => self.state().snapshot.query(&query),
            Readable::Only(filter) => self.state().snapshot.query(&Query {
                permission: Some(filter),
                ..query
            }),
        })
    }

    /// The values of some keys among the entities that the caller may read.
    ///
    /// # Errors
    ///
    /// As [`Catalog::readable`].
    pub fn facets<S: AsRef<str>>(
        &self,
        app: &App,
        principal: &Principal,
        keys: &[S],
        filter: Option<&Filter>,
    ) -> Result<Vec<Facet>, Error> {
        Ok(match self.readable(app, principal)? {
            Readable::None => keys
                .iter()
                .map(|key| Facet {
                    key: key.as_ref().to_owned(),
                    values: Arc::default(),
                })
                .collect(),
            Readable::All => self.state().snapshot.facets(keys, filter, None),
            Readable::Only(readable) => self.state().snapshot.facets(keys, filter, Some(&readable)),
        })
    }

    /// The entity with a canonical reference, when the caller may read it.
    ///
    /// # Errors
    ///
    /// As [`Catalog::readable`].
    pub fn find(
        &self,
        app: &App,
        principal: &Principal,
        entity_ref: &str,
    ) -> Result<Option<Arc<Entity>>, Error> {
        Ok(self
            .find_all(app, principal, &[entity_ref], None)?
            .pop()
            .flatten())
    }

    /// The entity with a `metadata.uid`, when the caller may read it.
    ///
    /// # Errors
    ///
    /// As [`Catalog::readable`].
    pub fn find_by_uid(
        &self,
        app: &App,
        principal: &Principal,
        uid: &str,
    ) -> Result<Option<Arc<Entity>>, Error> {
        let known = self
            .state()
            .snapshot
            .get_by_uid(uid)
            .map(|entity| entity.entity_ref().clone());
        match known {
            None => Ok(None),
            Some(entity_ref) => self.find(app, principal, entity_ref.as_str()),
        }
    }

    /// The entities with canonical references, in their order; `None` for each that is missing,
    /// hidden from the caller, or does not pass `filter`.
    ///
    /// # Errors
    ///
    /// As [`Catalog::readable`].
    pub fn find_all<S: AsRef<str>>(
        &self,
        app: &App,
        principal: &Principal,
        entity_refs: &[S],
        filter: Option<&Filter>,
    ) -> Result<Vec<Option<Arc<Entity>>>, Error> {
        let permission = match self.readable(app, principal)? {
            Readable::None => return Ok(vec![None; entity_refs.len()]),
            Readable::All => None,
            Readable::Only(readable) => Some(readable),
        };
        let snapshot = &self.state().snapshot;
        let found = snapshot.get_all(entity_refs, permission.as_deref());
        let is_asked_for = |entity: &&Arc<Entity>| {
            filter.is_none_or(|filter| snapshot.matches(entity.entity_ref().as_str(), filter))
        };
        let asked_for = found.into_iter().map(|entity| entity.filter(is_asked_for));
        Ok(asked_for.map(<Option<&Arc<Entity>>>::cloned).collect())
    }

    /// The entity and everything above it, nearest first.
    ///
    /// An ancestor that the caller may not read is left out with all above it.
    ///
    /// # Errors
    ///
    /// [`Error::NotAllowed`] when the caller may not read the entity itself, [`Error::NotFound`]
    /// when there is none.
    pub fn ancestry(
        &self,
        app: &App,
        principal: &Principal,
        root: &EntityRef,
    ) -> Result<Vec<Ancestor>, Error> {
        let may_read = |entity_ref: &EntityRef| {
            app.permission().authorize(
                app,
                principal,
                &permissions::ENTITY_READ,
                Some(entity_ref.as_str()),
            )
        };
        if !may_read(root) {
            return Err(Error::forbidden());
        }
        let state = self.state();
        if state.snapshot.get(root.as_str()).is_none() {
            return Err(Error::NotFound(format!("No such entity {root}")));
        }
        let mut found = Vec::new();
        let mut seen = HashSet::from([root.clone()]);
        let mut ahead = VecDeque::from([root.clone()]);
        while let Some(entity_ref) = ahead.pop_front() {
            let Some(entity) = state.snapshot.get(entity_ref.as_str()) else {
                continue;
            };
            let parents: Vec<_> = state
                .record(&entity_ref)
                .into_iter()
                .flat_map(|record| record.parents())
                .filter(|parent| may_read(parent))
                .cloned()
                .collect();
            ahead.extend(
                parents
                    .iter()
                    .filter(|parent| seen.insert((*parent).clone()))
                    .cloned(),
            );
            found.push(Ancestor {
                entity: Arc::clone(entity),
                parents,
            });
        }
        Ok(found)
    }

    /// The references of the entities whose last processing failed, whoever asks.
    pub fn failed(&self) -> Vec<EntityRef> {
        self.state().failed.iter().cloned().collect()
    }

    /// The locations that were registered by request; `None` when the caller may not see them.
    ///
    /// Those of the configuration are not among them.
    pub fn registered_locations(
        &self,
        app: &App,
        principal: &Principal,
    ) -> Option<Arc<[RegisteredLocation]>> {
        let may_read =
            app.permission()
                .authorize(app, principal, &permissions::LOCATION_READ, None);
        may_read.then(|| Arc::clone(&self.state().registered))
    }

    /// Whether a location was registered by request.
    pub(super) fn is_registered(&self, location: &Location) -> bool {
        let registered = &self.state().registered;
        registered
            .iter()
            .any(|known| known.to_location() == *location)
    }

    /// The location above an entity, that of the configuration or the registered one.
    pub(super) fn origin_of(&self, entity_ref: &EntityRef) -> Option<Location> {
        let state = self.state();
        let entity = state.snapshot.get(entity_ref.as_str())?;
        Location::parse(&entity.annotation(ORIGIN_ANNOTATION)?)
    }

    /// The entities that one emits, in the order of their references, whoever asks.
    pub(super) fn emitted_by(&self, source: &EntityRef) -> Vec<EntityRef> {
        let state = self.state();
        let source = Source::Entity(source.clone());
        state.children_of(&source).cloned().collect()
    }

    /// The problems of an entity, whether it is visible or not.
    pub(super) fn errors_of(&self, entity_ref: &EntityRef) -> Arc<[StatusItem]> {
        let state = self.state();
        let record = state.record(entity_ref);
        record.map_or_else(Arc::default, |record| Arc::clone(&record.errors))
    }

    /// What this process knows of its own reading. Never held across an await.
    pub(super) fn local(&self) -> MutexGuard<'_, Local> {
        self.local.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is in force now.
    pub(super) fn state(&self) -> Arc<State> {
        self.state.load_full()
    }

    /// Puts a state in force, from the next question on.
    pub(super) fn publish(&self, state: State) {
        self.metrics.show(&state);
        let is_new = !Arc::ptr_eq(&state.snapshot, &self.state().snapshot);
        self.state.store(Arc::new(state));
        if is_new {
            self.published.send_modify(|revision| *revision += 1);
        }
    }
}
