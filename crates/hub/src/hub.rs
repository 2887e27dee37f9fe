//! Puts the hub together from its features.

use crate::app::{App, Core, Mode};
use crate::audit::Audit;
use crate::auth::{AdministratorToken, IssueError, TokenRequest};
use crate::clock::Clock;
use crate::database::Freshness;
use crate::feature::{Api, Registrar};
use crate::finding::Finding;
use crate::http::{self, gate::Gate};
use crate::http_client::HttpClient;
use crate::rbac::explain::{ExplainError, ExplainRequest, FullAnswer};
use crate::rbac::import::{self, ImportError, ImportMode, ImportSource, Report};
use crate::rbac::{ProviderError, RoleProvider};
use crate::task::{AbortOnDrop, Supervisor, Task};
use crate::ui::Dictionary;
use crate::{FEATURES, auth, catalog, database, openapi, permission, rbac, ui};
use axum::Router;
use axum::middleware::from_fn_with_state;
use callboard_config::{Config, ConfigError};
use callboard_store::{Store, StoreConfig, StoreError};
use indexmap::IndexSet;
use std::fmt::Display;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// How long background work may take to stop.
const TASK_DEADLINE: Duration = Duration::from_secs(10);

/// What a hub is made from; tests bring their own.
pub struct Parts {
    /// The merged configuration.
    pub config: Config,
    /// The database, opened and not yet migrated.
    pub store: Store,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// What the hub runs for.
    pub mode: Mode,
    /// What gives roles from outside, beside REST, files and configuration.
    pub providers: Vec<Arc<dyn RoleProvider>>,
}

/// What `callboard doctor` looked at, and what it found.
#[derive(Debug)]
pub struct Examined {
    /// What was looked at.
    pub about: String,
    /// What is wrong with it; empty when all is well.
    pub findings: Vec<Finding>,
}

/// A hub that is ready to serve.
pub struct Hub {
    app: App,
    router: Router,
    tasks: Supervisor,
}

impl Hub {
    /// Registers every feature, migrates the database, loads the state and starts the tasks.
    ///
    /// # Errors
    ///
    /// [`StartError`], when the configuration cannot be used or the database does not answer.
    pub async fn build(parts: Parts) -> Result<Hub, StartError> {
        Hub::build_with(parts, prometheus::Registry::new()).await
    }

    async fn build_with(parts: Parts, metrics: prometheus::Registry) -> Result<Hub, StartError> {
        let core = Core::new(parts, metrics)?;
        let registrar = register(&core).await?;
        let Registrar {
            services,
            apis,
            pages,
            root,
            nav,
            texts,
            permissions,
            starts,
            mut tasks,
            ..
        } = registrar;
        tasks.push(Task::new("change-feed", database::watch_feed));
        tasks.push(Task::new("change-feed-pruning", database::prune_feed));
        tasks.extend(database::renewal(&core.config)?);
        let plugins = apis.iter().map(|api| api.plugin).collect();
        let app = App::new(
            core,
            services,
            plugins,
            permissions,
            nav,
            Dictionary::new(&texts),
        );
        for finding in database::findings(&app.core().config) {
            finding.log("hub");
        }
        for start in starts {
            start(app.clone()).await?;
        }
        let router = assemble(&app, apis, pages, root);
        let tasks = Supervisor::start(&app, tasks);
        Ok(Hub { app, router, tasks })
    }

    /// Checks configuration and every file that it names, without serving.
    ///
    /// Features register against a database in memory; then each runs its checks. A feature that
    /// cannot even register is one finding, and the checks of the others still run.
    ///
    /// # Errors
    ///
    /// [`StartError`] when `backend.baseUrl` is missing or the database in memory fails.
    pub async fn check(
        config: Config,
        clock: Arc<dyn Clock>,
        mode: Mode,
    ) -> Result<Vec<Finding>, StartError> {
        let (mut registrar, faults) = Hub::register_to_check(config, clock, mode).await?;
        Ok(Hub::findings(&mut registrar, faults))
    }

    /// What the checks of the features find, and those of what surrounds them, after `findings`.
    fn findings(registrar: &mut Registrar, mut findings: Vec<Finding>) -> Vec<Finding> {
        let core = registrar.core().clone();
        for check in std::mem::take(&mut registrar.checks) {
            findings.extend(check(&core));
        }
        let surroundings = [
            http::headers::Headers::from_config(&core.config).err(),
            http::cors::Cors::from_config(&core.config).err(),
            http::listen::Listen::from_config(&core.config).err(),
            http::client_address::TrustProxy::from_config(&core.config).err(),
            http::tls::from_config(&core.config).err(),
            http::server::shutdown_delay(&core.config).err(),
            database::store_config(&core.config).err(),
            database::limits(&core.config).err(),
        ];
        findings.extend(surroundings.iter().flatten().map(Finding::from_start_error));
        findings.extend(database::findings(&core.config));
        // Two features that read the same value find the same fault.
        findings
            .into_iter()
            .collect::<IndexSet<_>>()
            .into_iter()
            .collect()
    }

    /// Looks at all that the hub needs from outside: the database, identity providers, ports, the
    /// time. Nothing is written, and a hub that runs is not disturbed.
    ///
    /// # Errors
    ///
    /// As [`Hub::check`].
    pub async fn examine(
        config: Config,
        clock: Arc<dyn Clock>,
        mode: Mode,
    ) -> Result<Vec<Examined>, StartError> {
        let registered = Hub::register_to_check(config.clone(), clock.clone(), mode).await;
        let (mut registrar, faults) = registered?;
        let mut examined = vec![Examined {
            about: "configuration and the files that it names".to_owned(),
            findings: Hub::findings(&mut registrar, faults),
        }];
        examined.push(Examined {
            about: "the database".to_owned(),
            findings: database::examine(&config, &*clock).await,
        });
        examined.push(Examined {
            about: "the port of the hub".to_owned(),
            findings: http::listen::examine(&config).await,
        });
        for examination in registrar.examinations {
            examined.push(Examined {
                about: examination.about,
                findings: examination.run.await,
            });
        }
        Ok(examined)
    }

    /// Registers every feature against a database in memory, with a finding for each that cannot.
    async fn register_to_check(
        config: Config,
        clock: Arc<dyn Clock>,
        mode: Mode,
    ) -> Result<(Registrar, Vec<Finding>), StartError> {
        let store = Store::open(&StoreConfig::SqliteMemory).await?;
        let core = Core::new(
            Parts {
                config,
                store,
                clock,
                mode,
                providers: Vec::new(),
            },
            prometheus::Registry::new(),
        )?;
        let mut registrar = Registrar::new(core);
        let mut findings = Vec::new();
        for feature in FEATURES {
            if let Err(error) = feature.register(&mut registrar) {
                findings.push(Finding::from_start_error(&error));
            }
        }
        Ok((registrar, findings))
    }

    /// Issues a token for an administrator at the machine, beside a hub that may be running on
    /// the same database.
    ///
    /// # Errors
    ///
    /// See [`IssueError`].
    pub async fn issue_token(
        parts: Parts,
        request: &TokenRequest,
    ) -> Result<AdministratorToken, IssueError> {
        let core = Core::new(parts, prometheus::Registry::new())?;
        register(&core).await?;
        let audit = Audit::new(&core);
        audit.open().await?;
        let catalog = catalog::load(&core).await?;
        let issued = auth::issue_for_administrator(&core, &audit, &catalog, request).await;
        audit.close().await;
        issued
    }

    /// Explains a decision to an administrator at the machine, beside a hub that may be running
    /// on the same database. Files are read as a hub would at start; nothing is recorded.
    ///
    /// # Errors
    ///
    /// See [`ExplainError`].
    pub async fn explain(
        parts: Parts,
        request: &ExplainRequest,
    ) -> Result<FullAnswer, ExplainError> {
        let core = Core::new(parts, prometheus::Registry::new())?;
        let Registrar {
            services,
            apis,
            permissions,
            nav,
            texts,
            ..
        } = register(&core).await?;
        let plugins = apis.iter().map(|api| api.plugin).collect();
        let app = App::new(
            core,
            services,
            plugins,
            permissions,
            nav,
            Dictionary::new(&texts),
        );
        catalog::preview(&app).await?;
        rbac::explain::for_administrator(&app, request).await
    }

    /// Brings roles over from another installation, beside a hub that may be running on the same
    /// database. The audit log names `asked_by`.
    ///
    /// # Errors
    ///
    /// See [`ImportError`]; nothing was written then.
    pub async fn import_roles(
        parts: Parts,
        source: &ImportSource,
        mode: ImportMode,
        asked_by: &str,
    ) -> Result<Report, ImportError> {
        let core = Core::new(parts, prometheus::Registry::new())?;
        register(&core).await?;
        let audit = Audit::new(&core);
        audit.open().await?;
        let report = import::import(&core, &audit, source, mode, asked_by).await;
        audit.close().await;
        report
    }

    /// The shared state, for tests and tools.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// The routes by themselves, for tests that look for one nobody thought of.
    pub fn routes(&self) -> &Router {
        &self.router
    }

    /// The hub as a service that answers in process, with everything that surrounds a request.
    ///
    /// # Errors
    ///
    /// [`StartError`] when the configuration of headers or CORS cannot be used.
    pub fn router(&self) -> Result<Router, StartError> {
        let core = self.app.core();
        let gate = Gate::default();
        gate.open_with(self.router.clone(), Freshness::of(core));
        http::surround(
            gate.into_router(),
            &core.config,
            &core.metrics,
            core.clock.clone(),
        )
    }

    /// Stops the background work and closes the database.
    pub async fn stop(self) {
        self.tasks.stop(TASK_DEADLINE).await;
        self.app.audit().close().await;
        self.app.core().store.close().await;
    }
}

/// Serves a hub on `listener` until `stop` completes.
///
/// The listener answers from the first moment: liveness at once, other requests when the hub has
/// started.
///
/// # Errors
///
/// [`StartError`] when the hub cannot be built, or the listener breaks.
pub async fn serve(
    listener: TcpListener,
    parts: Parts,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), StartError> {
    let gate = Gate::default();
    let metrics = prometheus::Registry::new();
    let router = http::surround(
        gate.clone().into_router(),
        &parts.config,
        &metrics,
        parts.clock.clone(),
    )?;
    let tls = http::tls::from_config(&parts.config)?;
    let delay = http::server::shutdown_delay(&parts.config)?;
    let address = listener.local_addr()?;
    // Dropped, and with it ended, when the hub cannot be built.
    let mut server = AbortOnDrop(tokio::spawn(http::server::serve(
        listener,
        tls,
        router,
        gate.clone(),
        delay,
        stop,
    )));
    let hub = tokio::select! {
        hub = Hub::build_with(parts, metrics) => hub?,
        // The listener broke, or the hub was told to stop before it had started.
        served = &mut server.0 => return Ok(served.map_err(std::io::Error::other)??),
    };
    gate.open_with(hub.router.clone(), Freshness::of(hub.app.core()));
    tracing::info!(plugin = "hub", url = %hub.app.core().base_url, %address, "Callboard is ready");
    (&mut server.0).await.map_err(std::io::Error::other)??;
    hub.stop().await;
    Ok(())
}

/// Lets every feature register, and brings the database up to what they need.
pub(crate) async fn register(core: &Core) -> Result<Registrar, StartError> {
    let mut registrar = Registrar::new(core.clone());
    for feature in FEATURES {
        feature.register(&mut registrar)?;
    }
    core.store
        .migrate(std::mem::take(&mut registrar.migrations))
        .await?;
    Ok(registrar)
}

fn assemble(app: &App, apis: Vec<Api>, pages: Router<App>, root: Router<App>) -> Router {
    let mut router = root.merge(pages);
    for api in apis {
        let (plugin, access) = (api.plugin, api.access);
        let inner = plugin_routes(app, api)
            .fallback(http::no_route)
            .method_not_allowed_fallback(http::no_route)
            .layer(from_fn_with_state(
                auth::Barrier::new(app.clone(), plugin, access),
                auth::Barrier::guard,
            ));
        router = router.nest(&format!("/api/{plugin}"), inner);
    }
    router
        .fallback(http::no_route)
        .method_not_allowed_fallback(http::no_route)
        .layer(from_fn_with_state(app.clone(), ui::around))
        .with_state(app.clone())
}

/// Everything below `/api/<plugin>`: what the feature has, and what every plugin gets.
pub(crate) fn plugin_routes(app: &App, api: Api) -> Router<App> {
    let Api {
        plugin,
        router,
        openapi,
        ..
    } = api;
    router
        .merge(auth::plugin_routes(plugin))
        .merge(permission::plugin_routes(app, plugin))
        .merge(openapi::plugin_routes(app, plugin, openapi))
}

impl Core {
    pub(crate) fn new(parts: Parts, metrics: prometheus::Registry) -> Result<Core, StartError> {
        let Parts {
            config,
            store,
            clock,
            mode,
            providers,
        } = parts;
        let base_url = config
            .string("backend.baseUrl")?
            .trim_end_matches('/')
            .into();
        Ok(Core {
            http: HttpClient::believing(config.extra_certificates()),
            base_url,
            config,
            store,
            applied: database::Applied::default(),
            clock,
            metrics,
            mode,
            providers: providers.into(),
        })
    }
}

/// Why the hub does not start.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum StartError {
    /// The configuration cannot be read, or a value has the wrong type.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Config(#[from] ConfigError),
    /// A value is well-formed and still cannot be used.
    #[error("`{key}` in the configuration: {reason}")]
    Setting {
        /// The dotted path of the value.
        key: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The database cannot be opened, migrated or read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Store(StoreFault),
    /// A metric was declared twice.
    #[error("a metric cannot be registered")]
    Metrics(#[from] prometheus::Error),
    /// The listener broke.
    #[error("the listener failed")]
    Listener(#[from] std::io::Error),
    /// A provider of roles could not be connected.
    #[error("Unable to connect provider {name}, {cause}")]
    Provider {
        /// Its name.
        name: String,
        /// What it says; the message has all of it.
        cause: ProviderError,
    },
    /// A feature could not load its state.
    #[error("{what}")]
    State {
        /// What was being done.
        what: String,
        /// Why it failed.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// An error of the database, with what the administrator may do about it.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct StoreFault(pub StoreError);

impl miette::Diagnostic for StoreFault {
    fn help<'a>(&'a self) -> Option<Box<dyn Display + 'a>> {
        self.0.help().map(|help| Box::new(help) as _)
    }
}

impl From<StoreError> for StartError {
    fn from(error: StoreError) -> StartError {
        StartError::Store(StoreFault(error))
    }
}

impl StartError {
    /// An error about the value at `key` that shows the line on which it stands.
    pub fn value(config: &Config, key: &str, reason: impl Display) -> StartError {
        config
            .error(key, format!("`{key}` in the configuration: {reason}"))
            .into()
    }

    /// Adds advice to an error about the configuration; others give their own.
    #[must_use]
    pub(crate) fn with_help(self, help: &str) -> StartError {
        match self {
            StartError::Config(error) => error.with_help(help).into(),
            other => other,
        }
    }

    /// An error about the value at `key`, where the configuration itself is out of reach.
    pub fn config(key: impl Into<String>, reason: impl Display) -> StartError {
        StartError::Setting {
            key: key.into(),
            reason: reason.to_string(),
        }
    }
}
