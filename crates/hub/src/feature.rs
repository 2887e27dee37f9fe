//! How a feature tells the hub everything that it has.

use crate::app::{App, Core, Services};
use crate::database::{Making, Origin, Progress};
use crate::error::Error;
use crate::finding::Finding;
use crate::guard::Guard;
use crate::hub::StartError;
use crate::principal::Principal;
use crate::task::{BoxFuture, Shutdown, Task};
use crate::ui::Language;
use axum::Router;
use callboard_policy::{Condition, Criteria, Permission};
use callboard_store::Migration;
use std::any::Any;
use std::future::Future;
use std::sync::Arc;

/// A part of the hub that lives in one folder.
pub trait Feature: Sync {
    /// Its name: log target, metric prefix, anchor in the manual.
    fn id(&self) -> &'static str;

    /// Declares routes, pages, permissions, rules, migrations, metrics, start hooks and tasks.
    ///
    /// # Errors
    ///
    /// [`StartError`] when the feature's section of the configuration cannot be used.
    fn register(&self, hub: &mut Registrar) -> Result<(), StartError>;
}

/// Collects what features declare.
pub struct Registrar {
    pub(crate) core: Core,
    pub(crate) services: Services,
    pub(crate) apis: Vec<Api>,
    pub(crate) pages: Router<App>,
    pub(crate) root: Router<App>,
    pub(crate) nav: Vec<NavItem>,
    pub(crate) texts: Vec<(Language, &'static str)>,
    pub(crate) permissions: Vec<PluginPermissions>,
    pub(crate) migrations: Vec<Migration>,
    pub(crate) starts: Vec<StartHook>,
    pub(crate) tasks: Vec<Task>,
    pub(crate) checks: Vec<Check>,
    pub(crate) examinations: Vec<Examination>,
}

pub(crate) type Check = Box<dyn FnOnce(&Core) -> Vec<Finding> + Send>;

/// A look at what is outside the hub.
pub(crate) struct Examination {
    /// What is looked at, as the report heads it.
    pub(crate) about: String,
    pub(crate) run: BoxFuture<Vec<Finding>>,
}

pub(crate) type StartHook = Box<dyn FnOnce(App) -> BoxFuture<Result<(), StartError>> + Send>;

impl Registrar {
    pub(crate) fn new(core: Core) -> Registrar {
        Registrar {
            core,
            services: Services::default(),
            apis: Vec::new(),
            pages: Router::new(),
            root: Router::new(),
            nav: Vec::new(),
            texts: Vec::new(),
            permissions: Vec::new(),
            migrations: Vec::new(),
            starts: Vec::new(),
            tasks: Vec::new(),
            checks: Vec::new(),
            examinations: Vec::new(),
        }
    }

    /// Configuration, database, clock and metrics, to build a service from.
    pub fn core(&self) -> &Core {
        &self.core
    }

    /// Adds the feature's service: its public face, found again by [`App::service`].
    pub fn service<S: Any + Send + Sync>(&mut self, service: S) {
        self.services.insert(service);
    }

    /// Mounts a router at `/api/<plugin>`, behind the credential barrier.
    pub fn api(&mut self, api: Api) {
        self.apis.push(api);
    }

    /// Adds pages; their paths are absolute. They know the caller by session cookie.
    pub fn pages(&mut self, router: Router<App>) {
        self.pages = std::mem::take(&mut self.pages).merge(router);
    }

    /// Adds routes that need no caller at all, such as health and assets; paths are absolute.
    pub fn root(&mut self, router: Router<App>) {
        self.root = std::mem::take(&mut self.root).merge(router);
    }

    /// Adds an item to the sidebar.
    pub fn nav(&mut self, item: NavItem) {
        self.nav.push(item);
    }

    /// Adds the words of the feature's pages: a Fluent file for each language.
    pub fn texts(&mut self, texts: &[(Language, &'static str)]) {
        self.texts.extend_from_slice(texts);
    }

    /// Declares the permissions, rules and resource types of a plugin.
    pub fn permissions(&mut self, permissions: PluginPermissions) {
        self.permissions.push(permissions);
    }

    /// Adds the feature's migrations.
    pub fn migrations(&mut self, migrations: &[Migration]) {
        self.migrations.extend_from_slice(migrations);
    }

    /// Runs `start` after migrations and before the first request, in the order of features.
    pub fn on_start<F, Fut>(&mut self, start: F)
    where
        F: FnOnce(App) -> Fut + Send + 'static,
        Fut: Future<Output = Result<(), StartError>> + Send + 'static,
    {
        self.starts.push(Box::new(move |app| Box::pin(start(app))));
    }

    /// Adds what `callboard check` runs: reads the feature's files and says what is wrong with them.
    pub fn check<F>(&mut self, check: F)
    where
        F: FnOnce(&Core) -> Vec<Finding> + Send + 'static,
    {
        self.checks.push(Box::new(check));
    }

    /// Adds what `callboard doctor` runs beside the checks: a look at what is outside the hub, with
    /// what it is about. It is polled only there.
    pub(crate) fn examine(
        &mut self,
        about: impl Into<String>,
        look: impl Future<Output = Vec<Finding>> + Send + 'static,
    ) {
        self.examinations.push(Examination {
            about: about.into(),
            run: Box::pin(look),
        });
    }

    /// Adds supervised background work, started once every start hook is done.
    pub fn task(&mut self, task: Task) {
        self.tasks.push(task);
    }

    /// Adds background work that keeps `what` in memory as the change feed says, by
    /// [`crate::database::follow`]. Requests can wait until it has come as far as a write.
    pub(crate) fn follower<F, Fut>(&mut self, task: &'static str, what: &'static str, run: F)
    where
        F: Fn(App, Progress, Shutdown) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let progress = self.core.applied.progress_of(what);
        self.task(Task::new(task, move |app, shutdown| {
            run(app, progress.clone(), shutdown)
        }));
    }

    /// Adds background work that makes something of what another part of the hub publishes in
    /// memory. Requests that wait for a write wait for that too: those to every plugin, or only
    /// those to the one that answers from it.
    pub(crate) fn maker<F, Fut>(
        &mut self,
        task: &'static str,
        plugin: Option<&'static str>,
        origin: Origin,
        run: F,
    ) where
        F: Fn(App, Making, Shutdown) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let made = self.core.applied.made_of(origin.clone(), plugin);
        self.task(Task::new(task, move |app, shutdown| {
            let making = Making::of(origin(&app), made.clone());
            run(app, making, shutdown)
        }));
    }
}

/// The REST interface of one plugin.
pub struct Api {
    /// The plugin's id: its path is `/api/<plugin>`.
    pub plugin: &'static str,
    /// Routes relative to that path.
    pub router: Router<App>,
    /// Which callers get past the barrier.
    pub access: ApiAccess,
    /// The parts of its OpenAPI document, each YAML with `paths`, `components` and `tags`, one of
    /// them with `info`. The hub serves the document at `/openapi.json` and adds what every plugin
    /// has; without parts there is none.
    pub openapi: Vec<&'static str>,
}

/// Which callers the credential barrier of a plugin lets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApiAccess {
    /// User or service credentials, except on these paths (relative to the plugin).
    Credentials {
        /// Paths that anyone may ask, such as `/health`.
        except: &'static [&'static str],
    },
    /// Everything is open: the handlers check what they need themselves (authentication).
    Open,
}

/// What a plugin declares for `/.well-known/backstage/permissions/*` and the role editor.
#[derive(Clone)]
pub struct PluginPermissions {
    /// The plugin's id.
    pub plugin: &'static str,
    /// Its permissions, in the order in which they are listed.
    pub permissions: Vec<Permission>,
    /// Its rules, in the order in which they are listed.
    pub rules: Vec<RuleDescription>,
    /// The resource types on which it can evaluate conditions.
    pub resource_types: Vec<Arc<dyn ResourceType>>,
}

/// A rule as it is described to clients.
#[derive(Debug, Clone)]
pub struct RuleDescription {
    /// Such as `IS_ENTITY_OWNER`.
    pub name: &'static str,
    /// One sentence for the role editor.
    pub description: &'static str,
    /// The resource type that it judges.
    pub resource_type: &'static str,
    /// JSON schema of its parameters.
    pub params_schema: serde_json::Value,
}

/// Resources on which conditions can be evaluated, owned by one plugin and held in memory.
pub trait ResourceType: Send + Sync {
    /// The name, such as `catalog-entity`.
    fn name(&self) -> &'static str;

    /// Whether the resource named by `resource_ref` meets `criteria`.
    ///
    /// A resource that does not exist never does, not even under `not`.
    ///
    /// # Errors
    ///
    /// [`ConditionError`] when a rule is unknown, its parameters are invalid, or the reference
    /// cannot be read. Whoever decides turns this into a denial of the whole decision.
    fn meets(
        &self,
        app: &App,
        resource_ref: &str,
        criteria: &Criteria<Condition>,
    ) -> Result<bool, ConditionError>;

    /// What the resource named by `resource_ref` says to each of some conditions, in order;
    /// `None` when there is no such resource.
    ///
    /// # Errors
    ///
    /// As [`meets`](Self::meets).
    fn examine(
        &self,
        app: &App,
        resource_ref: &str,
        conditions: &[&Condition],
    ) -> Result<Option<Vec<Examined>>, ConditionError>;

    /// Whether `principal` may know that the resource named by `resource_ref` is there.
    fn is_visible(&self, app: &App, principal: &Principal, resource_ref: &str) -> bool;
}

/// What a resource says to one condition.
#[derive(Debug, Clone, PartialEq)]
pub struct Examined {
    /// Whether it meets the condition.
    pub holds: bool,
    /// What it has that was compared, such as its owners.
    pub found: serde_json::Value,
}

/// Why conditions could not be evaluated on a resource.
#[derive(Debug, thiserror::Error)]
pub enum ConditionError {
    /// No rule of that name exists for the resource type.
    #[error("Permission rule '{rule}' does not exist for resource type '{resource_type}'")]
    UnknownRule {
        /// The name that was asked for.
        rule: String,
        /// The resource type of the evaluation.
        resource_type: String,
    },
    /// The parameters do not fit the rule's schema.
    #[error("Parameters to rule are invalid; caused by {0}")]
    InvalidParams(String),
    /// The resource reference cannot be read.
    #[error("{0}")]
    InvalidRef(String),
}

impl From<ConditionError> for Error {
    fn from(error: ConditionError) -> Error {
        match error {
            ConditionError::UnknownRule { .. } => Error::Named {
                status: axum::http::StatusCode::INTERNAL_SERVER_ERROR,
                name: "Error",
                message: error.to_string(),
            },
            ConditionError::InvalidParams(_) | ConditionError::InvalidRef(_) => {
                Error::Input(error.to_string())
            }
        }
    }
}

/// An item of the sidebar.
#[derive(Debug, Clone)]
pub struct NavItem {
    /// The name of the text that it says, such as `nav-catalog`.
    pub label: &'static str,
    /// Where it leads; the item is current on this path and below it.
    pub href: &'static str,
    /// The name of an icon in the sprite.
    pub icon: &'static str,
    /// Where in the sidebar it stands.
    pub place: NavPlace,
    /// Shown to whom the page opens for.
    pub guard: Guard,
}

/// The groups of the sidebar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NavPlace {
    /// At the top, with the catalog.
    Main,
    /// At the foot, with the settings.
    Foot,
    /// A tab of the administration, which is one item of the sidebar. Nobody sees it while
    /// permissions are off.
    Administration {
        /// Where it stands among the tabs, the lowest first.
        rank: u8,
    },
}
