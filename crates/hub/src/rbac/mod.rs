//! Roles, their members, what they may do, and where all of it comes from.
//!
//! What is stored is loaded into one [`state::State`] at start, brought in line with
//! configuration and files ([`sync`]), compiled, and published to [`crate::permission`].
//! Requests read the state from memory.

mod api;
mod audited;
mod change;
mod changed;
mod check;
mod config;
mod event;
pub mod explain;
mod export;
mod follow;
mod held;
pub mod import;
mod known;
mod load;
mod metric;
mod owner;
mod permissions;
mod plugin;
#[cfg(test)]
mod property;
mod provider;
mod reload;
mod remote;
mod review;
mod roster;
mod service;
mod source;
mod state;
mod status;
mod store;
mod sync;
#[cfg(test)]
mod test;
mod trial;
mod views;
mod write;

pub use check::PolicyFiles;
pub use export::{Export, ExportSource, LeftOut};
pub(crate) use held::Holding;
pub use permissions::{POLICY_CREATE, POLICY_DELETE, POLICY_READ, POLICY_UPDATE};
pub use provider::{Connection, ProviderError, RoleProvider};
pub use remote::{Health, RemotePluginState};
pub use service::Rbac;

use crate::app::App;
use crate::discovery::Discovery;
use crate::feature::{Api, ApiAccess, Feature, Registrar};
use crate::hub::StartError;
use crate::permission;
use crate::task::Task;
use config::RbacConfig;
use remote::RemotePlugins;
use std::sync::Arc;

/// The feature.
pub(crate) struct RbacFeature;

impl Feature for RbacFeature {
    fn id(&self) -> &'static str {
        "rbac"
    }

    fn register(&self, hub: &mut Registrar) -> Result<(), StartError> {
        hub.permissions(permissions::declared());
        let config = RbacConfig::from_config(&hub.core().config)?;
        let mut router = permission::api::router();
        let mut openapi = vec![permission::api::OPENAPI];
        // Without enforcement the original does not mount these routes at all.
        if config.settings.enabled {
            router = router.merge(api::router());
            openapi.extend(api::OPENAPI);
        }
        hub.api(Api {
            plugin: "permission",
            router,
            access: ApiAccess::Credentials {
                except: &["/health"],
            },
            openapi,
        });
        hub.migrations(store::all_migrations());

        let (checked, declared) = (config.clone(), hub.permissions.clone());
        hub.check(move |core| check::findings(core, &checked, &declared));
        if config.follows_files() {
            hub.task(Task::new("rbac-files", reload::follow_files));
        }
        let catalog = Arc::new(|app: &App| app.catalog().subscribe());
        hub.maker("rbac-groups", None, catalog, follow::follow_groups);
        hub.follower("rbac-feed", "roles", write::follow_feed);
        // A section that cannot be read is reported by its own feature, which ends the start.
        let discovery = Discovery::from_config(&hub.core().config).unwrap_or_default();
        let remote = RemotePlugins::new(&discovery, &hub.core().metrics)?;
        hub.service(Rbac::new(config, remote, &hub.core().metrics)?);
        hub.on_start(service::start);
        hub.task(Task::new("rbac-remote-plugins", remote::keep_recent));
        views::register(hub);
        Ok(())
    }
}

impl App {
    /// Roles and where they come from.
    pub fn rbac(&self) -> &Rbac {
        self.service()
    }
}
