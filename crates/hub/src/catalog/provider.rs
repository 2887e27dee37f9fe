//! What entities come from: providers that say what there is, in full or as a difference.
//!
//! The locations of the configuration and those that are registered by request are providers like
//! any other; an integration with a directory or a cluster is one more.

use super::codeowner;
use super::commit::{self, Committed};
use super::config::CatalogConfig;
use super::emitted::{Emitted, Form, entity_ref_of};
use super::ledger::Ledger;
use super::record::Source;
use super::source::Resolver;
use crate::app::App;
use crate::error::Error;
use crate::task::BoxFuture;
use callboard_catalog::EntityRef;
use serde_json::Value;
use smol_str::SmolStr;
use std::collections::HashSet;
use std::sync::Arc;

/// The provider of the locations that the configuration names.
pub(super) const CONFIG: &str = "config";

/// The provider of the locations that were registered by request.
pub(super) const REGISTERED: &str = "registered";

/// Something that says which entities there are.
pub trait EntityProvider: Send + Sync {
    /// Its name, unique among providers and the same at every start: what it emits belongs to it
    /// by this name.
    fn name(&self) -> &str;

    /// Gives it what it needs to say what there is, once and before the first request.
    ///
    /// It may keep the connection, and use it whenever something changes.
    ///
    /// # Errors
    ///
    /// What keeps the hub from starting.
    fn connect(self: Arc<Self>, connection: Connection) -> BoxFuture<Result<(), Error>>;
}

/// How a provider says what there is.
#[derive(Clone)]
pub struct Connection {
    app: App,
    provider: SmolStr,
}

/// An entity that a provider emits.
#[derive(Debug, Clone)]
pub struct Deferred {
    /// The entity, with the annotations `backstage.io/managed-by-location` and
    /// `backstage.io/managed-by-origin-location`.
    pub entity: Value,
    /// What has the reference, as `<type>:<target>`: another provider or location cannot take it.
    /// Absent when anybody may.
    pub location_key: Option<String>,
}

/// What a provider says.
#[derive(Debug, Clone)]
pub enum Mutation {
    /// These entities, and no others, are what it emits.
    Full(Vec<Deferred>),
    /// This is what differs from what it emits.
    Delta {
        /// Entities that are new or other than before.
        added: Vec<Deferred>,
        /// Entities that it does not emit any more.
        removed: Vec<EntityRef>,
    },
}

impl Connection {
    /// Puts what the provider says in force: visible when this returns, as far as nothing has to
    /// be read first.
    ///
    /// An entity that only it emitted, and that it does not emit any more, goes at once. One
    /// without an owner whose location is in a repository has the owner that `CODEOWNERS` names
    /// there, and is visible when that was read.
    ///
    /// # Errors
    ///
    /// [`Error::Input`] when something has no kind and name; 503 when the database is away.
    /// Nothing was changed then.
    pub async fn apply(&self, mutation: Mutation) -> Result<(), Error> {
        let source = Source::Provider(self.provider.clone());
        let resolver = Resolver(Some(self.app.reader()));
        let Committed { conflicts, .. } = commit::commit(&self.app, |ledger| {
            apply(ledger, &source, mutation, resolver)
        })
        .await?;
        for conflict in conflicts {
            tracing::warn!(
                plugin = "catalog", provider = %self.provider,
                "Detected conflicting entityRef {} already referenced by {} and now also {}",
                conflict.entity_ref, conflict.held_by, conflict.wanted_by,
            );
        }
        Ok(())
    }
}

/// Connects a provider, before the first request.
///
/// # Errors
///
/// What the provider says.
pub(super) async fn connect(app: &App, provider: Arc<dyn EntityProvider>) -> Result<(), Error> {
    let connection = Connection {
        app: app.clone(),
        provider: provider.name().into(),
    };
    provider.connect(connection).await
}

/// Takes what a provider says into a ledger.
pub(super) fn apply(
    ledger: &mut Ledger<'_>,
    source: &Source,
    mutation: Mutation,
    resolver: Resolver<'_>,
) -> Result<(), Error> {
    let emitted = |deferred: Vec<Deferred>| {
        deferred
            .into_iter()
            .map(Deferred::into_emitted)
            .collect::<Result<Vec<Emitted>, Error>>()
    };
    match mutation {
        Mutation::Full(entities) => replace(ledger, source, &emitted(entities)?, resolver),
        Mutation::Delta { added, removed } => {
            ledger.prune(source, &removed);
            add(ledger, source, &emitted(added)?, resolver);
        }
    }
    Ok(())
}

impl Deferred {
    fn into_emitted(self) -> Result<Emitted, Error> {
        let Some(entity_ref) = entity_ref_of(&self.entity) else {
            return Err(Error::Input("an entity has no kind or no name".to_owned()));
        };
        let key = self.location_key.map(SmolStr::from);
        Ok(Emitted::new(entity_ref, self.entity, key, None))
    }
}

fn replace(ledger: &mut Ledger<'_>, source: &Source, entities: &[Emitted], resolver: Resolver<'_>) {
    let wanted: HashSet<&EntityRef> = entities.iter().map(|emitted| &emitted.entity_ref).collect();
    let gone: Vec<EntityRef> = ledger
        .next
        .children_of(source)
        .filter(|entity_ref| !wanted.contains(entity_ref))
        .cloned()
        .collect();
    ledger.prune(source, &gone);
    add(ledger, source, entities, resolver);
}

fn add(ledger: &mut Ledger<'_>, source: &Source, entities: &[Emitted], resolver: Resolver<'_>) {
    for emitted in entities {
        ledger.emit(source, emitted, || {
            let value = emitted.value();
            match codeowner::is_known_for(&value, resolver) {
                true => Form::Active,
                false => Form::of(&value),
            }
        });
    }
}

/// The locations of the configuration, all and no others.
pub(super) fn configure(ledger: &mut Ledger<'_>, config: &CatalogConfig) {
    let roots: Vec<Emitted> = config
        .locations
        .iter()
        .map(|root| Emitted::root(&root.location))
        .collect();
    // A location has no owner to be looked for.
    replace(
        ledger,
        &Source::Provider(CONFIG.into()),
        &roots,
        Resolver(None),
    );
}
