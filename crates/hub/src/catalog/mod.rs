//! The software catalog: entities from files and URLs, kept true, answered from memory.
//!
//! Providers ([`provider`]) say which entities there are. What reads something, such as a
//! Location, is processed again and again ([`turn`], [`process`], [`work`]): its targets are read
//! ([`source`]) when they [`rest`], and what they hold is emitted ([`expand`]). A [`ledger`] takes all of that, keeps
//! who emits what and who has which reference, and from it relations are derived and entities
//! stitched ([`finish`]). What differs is written and published as one ([`commit`]); what other
//! processes write comes by the change feed ([`follow`]). Every answer comes from the published
//! snapshot ([`service`]); reading never asks the database.

mod access;
mod api;
mod codeowner;
mod commit;
mod common;
mod config;
mod document;
mod dry_run;
mod emitted;
mod expand;
mod file;
mod finish;
mod follow;
mod glob;
mod history;
mod leaving;
mod ledger;
mod local;
mod location;
mod memory;
mod metric;
mod outcome;
mod parallel;
mod part;
pub mod permissions;
mod placeholder;
mod process;
#[cfg(test)]
mod property;
mod provider;
mod record;
mod reference;
mod registration;
mod rest;
mod rules;
mod service;
mod source;
mod state;
mod store;
mod suggestion;
mod turn;
mod unprocessed;
pub mod views;
mod work;

pub use access::Readable;
pub use location::{Location, LocationType, RegisteredLocation};
pub use provider::{Connection, Deferred, EntityProvider, Mutation};
pub use service::{Ancestor, Catalog, LocationStatus};
pub(crate) use views::{Offers, orphans};

use crate::app::{App, Core};
use crate::feature::{Api, ApiAccess, Feature, Registrar};
use crate::finding::Finding;
use crate::hub::StartError;
use crate::task::Task;
use callboard_catalog::CatalogSnapshot;
use tokio::task::spawn_blocking;

/// The feature.
pub(crate) struct CatalogFeature;

impl Feature for CatalogFeature {
    fn id(&self) -> &'static str {
        "catalog"
    }

    fn register(&self, hub: &mut Registrar) -> Result<(), StartError> {
        let catalog = Catalog::new(hub.core())?;
        hub.service(catalog);
        hub.migrations(store::MIGRATIONS);
        hub.permissions(permissions::declared());
        hub.api(Api {
            plugin: permissions::PLUGIN,
            router: api::router(),
            access: ApiAccess::Credentials { except: &[] },
            openapi: api::OPENAPI.to_vec(),
        });
        hub.check(check);
        hub.on_start(|app| async move { turn::start(&app).await.map_err(start_error) });
        hub.follower("catalog-change-feed", "the catalog", follow::follow_feed);
        hub.task(Task::new("catalog-file-watch", turn::watch_files));
        hub.task(Task::new("catalog-processing", turn::run));
        hub.task(Task::new("catalog-memory", memory::give_back));
        views::register(hub);
        Ok(())
    }
}

impl App {
    /// The software catalog.
    pub fn catalog(&self) -> &Catalog {
        self.service()
    }
}

/// The catalog as a hub would load it now, for tools beside a hub: nothing is recorded.
///
/// # Errors
///
/// [`StartError`] when the section of the configuration or the database cannot be read.
pub async fn load(core: &Core) -> Result<CatalogSnapshot, StartError> {
    let config = config::CatalogConfig::read(&core.config)?;
    let state = follow::load(&core.store).await?.state;
    let rehearsal = spawn_blocking(move || process::rehearse(&config, state));
    let rehearsed = rehearsal.await.map_err(|error| start_error(error.into()))?;
    Ok(CatalogSnapshot::clone(&rehearsed.state.snapshot))
}

/// Publishes the catalog as a hub would load it now, for tools beside a hub: nothing is recorded.
///
/// # Errors
///
/// As [`load`].
pub(crate) async fn preview(app: &App) -> Result<(), StartError> {
    let snapshot = load(app.core()).await?;
    app.catalog().publish(state::State {
        snapshot: snapshot.into(),
        ..state::State::default()
    });
    Ok(())
}

/// The catalog as its files alone make it, without what a database has of earlier runs.
///
/// `None` when the section of the configuration cannot be read.
pub(crate) fn from_files(core: &Core) -> Option<CatalogSnapshot> {
    let config = config::CatalogConfig::read(&core.config).ok()?;
    let rehearsed = process::rehearse(&config, state::State::default());
    Some(CatalogSnapshot::clone(&rehearsed.state.snapshot))
}

/// What is wrong with the files that the configuration names.
fn check(core: &Core) -> Vec<Finding> {
    match config::CatalogConfig::read(&core.config) {
        Ok(config) => process::rehearse(&config, state::State::default()).findings,
        // Registering has told that already.
        Err(_) => Vec::new(),
    }
}

fn start_error(error: process::ProcessError) -> StartError {
    match error {
        process::ProcessError::Store(error) => StartError::from(error),
        error @ process::ProcessError::Interrupted(_) => StartError::State {
            what: "the catalog could not be loaded".to_owned(),
            source: error.into(),
        },
    }
}
