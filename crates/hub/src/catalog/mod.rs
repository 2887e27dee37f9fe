//! The software catalog: entities from files, kept true, answered from memory.
//!
//! Files are read ([`reading`], [`pass`]), what is broken keeps its last good form ([`keep`]),
//! relations are derived and entities stitched ([`finish`]), and what has changed is recorded and
//! published ([`ingest`]). Every answer comes from the published snapshot ([`service`]); the
//! database is only asked at start.

mod access;
mod api;
mod config;
mod document;
mod file;
mod finish;
mod glob;
mod ingest;
mod keep;
mod location;
mod metric;
mod pass;
pub mod permissions;
mod reading;
mod rules;
mod service;
mod state;
mod store;
pub mod views;
mod watch;

pub use access::Readable;
pub use location::{Location, LocationType, RegisteredLocation};
pub use service::{Ancestor, Catalog, LocationStatus};

use crate::app::{App, Core};
use crate::feature::{Api, ApiAccess, Feature, Registrar};
use crate::finding::Finding;
use crate::hub::StartError;
use crate::task::Task;
use callboard_catalog::CatalogSnapshot;

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
            openapi: Vec::new(),
        });
        hub.check(check);
        hub.on_start(|app| async move { ingest::start(&app).await.map_err(start_error) });
        hub.task(Task::new("catalog-file-watch", watch::follow));
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
    ingest::preview(&core.store, config)
        .await
        .map_err(start_error)
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
    Some(ingest::from_files(&config))
}

/// What is wrong with the files that the configuration names.
fn check(core: &Core) -> Vec<Finding> {
    match config::CatalogConfig::read(&core.config) {
        Ok(config) => reading::Reading::of(&config)
            .findings
            .into_iter()
            .flatten()
            .collect(),
        // Registering has told that already.
        Err(_) => Vec::new(),
    }
}

fn start_error(error: ingest::IngestError) -> StartError {
    match error {
        ingest::IngestError::Store(error) => StartError::Store(error),
        error @ ingest::IngestError::Interrupted(_) => StartError::State {
            what: "the catalog could not be loaded".to_owned(),
            source: error.into(),
        },
    }
}
