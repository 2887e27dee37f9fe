//! What every part of the hub shares.

use crate::clock::Clock;
use crate::database::Applied;
use crate::feature::{NavItem, PluginPermissions};
use crate::http_client::HttpClient;
use crate::rbac::RoleProvider;
use crate::ui::Dictionary;
use callboard_config::Config;
use callboard_store::Store;
use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::Arc;

/// The shared state of the hub: cheap to clone, handed to every handler and task.
///
/// Features add their service with [`crate::feature::Registrar::service`] and an inherent method
/// beside it, so that callers write `app.catalog()`.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    core: Core,
    services: Services,
    plugins: Vec<&'static str>,
    permissions: Vec<PluginPermissions>,
    nav: Vec<NavItem>,
    dictionary: Dictionary,
}

/// What exists before any feature: the ground that services are built on.
#[derive(Clone)]
pub struct Core {
    /// The merged configuration, as it was at start.
    pub config: Config,
    /// The database.
    pub store: Store,
    /// How far what is written there is in force.
    pub applied: Applied,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Where every metric is registered.
    pub metrics: prometheus::Registry,
    /// The public base URL without a trailing slash, such as `http://localhost:7007`.
    pub base_url: Arc<str>,
    /// What the hub runs for.
    pub mode: Mode,
    /// What gives roles from outside, beside REST, files and configuration.
    pub providers: Arc<[Arc<dyn RoleProvider>]>,
    /// What asks other programs.
    pub http: HttpClient,
}

/// What the hub runs for, as `NODE_ENV` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// A developer's own machine: guests sign in without further ado.
    Development,
    /// Everything else.
    Production,
}

impl Mode {
    /// Reads the value of `NODE_ENV`; a word that is not `development` is production, and so is
    /// its absence.
    pub fn of(node_env: Option<&str>) -> Mode {
        if node_env == Some("development") {
            Mode::Development
        } else {
            Mode::Production
        }
    }
}

/// The services of features, by type.
#[derive(Default)]
pub(crate) struct Services(HashMap<TypeId, Box<dyn Any + Send + Sync>>);

impl Services {
    pub(crate) fn insert<S: Any + Send + Sync>(&mut self, service: S) {
        self.0.insert(TypeId::of::<S>(), Box::new(service));
    }

    pub(crate) fn get<S: Any + Send + Sync>(&self) -> Option<&S> {
        self.0.get(&TypeId::of::<S>())?.downcast_ref()
    }
}

impl App {
    pub(crate) fn new(
        core: Core,
        services: Services,
        plugins: Vec<&'static str>,
        permissions: Vec<PluginPermissions>,
        nav: Vec<NavItem>,
        dictionary: Dictionary,
    ) -> App {
        App(Arc::new(Inner {
            core,
            services,
            plugins,
            permissions,
            nav,
            dictionary,
        }))
    }

    /// Configuration, database, clock and metrics.
    pub fn core(&self) -> &Core {
        &self.0.core
    }

    /// The service of a feature, by its type.
    ///
    /// # Panics
    ///
    /// When the feature that owns `S` is not among [`crate::FEATURES`]: a fault in our own list,
    /// found by the first test that builds a hub.
    pub fn service<S: Any + Send + Sync>(&self) -> &S {
        let service = self.0.services.get::<S>();
        service.unwrap_or_else(|| panic!("no feature registered a {}", std::any::type_name::<S>()))
    }

    /// The id of every plugin that this hub serves, in the order of registration.
    pub fn plugins(&self) -> &[&'static str] {
        &self.0.plugins
    }

    /// The permissions and rules of every plugin, in the order of registration.
    pub fn plugin_permissions(&self) -> &[PluginPermissions] {
        &self.0.permissions
    }

    /// The words of pages.
    pub fn dictionary(&self) -> &Dictionary {
        &self.0.dictionary
    }

    /// The items of the sidebar, in order.
    pub fn nav(&self) -> &[NavItem] {
        &self.0.nav
    }
}
