//! The permission framework: decisions, rules, conditions.
//!
//! [`Permissions`] holds the policy in force and answers every question about it, in process and
//! over HTTP alike. It knows nothing of files and tables: whoever owns the policy publishes it.

pub(crate) mod api;
mod decision_log;
mod metric;
mod remote;
mod restriction;
pub(crate) mod rule;
mod service;
mod well_known;
mod wire;

pub use restriction::Restriction;
pub use service::{Access, InForce, Permissions};
pub(crate) use service::{Conditions, evaluate};
pub(crate) use well_known::{plugin_openapi, plugin_routes, rule as rule_json};

use crate::app::App;
use crate::feature::{Feature, Registrar};
use crate::hub::StartError;

/// The feature. Its routes are mounted with those of [`crate::rbac`]: both are plugin `permission`.
pub(crate) struct PermissionFeature;

impl Feature for PermissionFeature {
    fn id(&self) -> &'static str {
        "permission"
    }

    fn register(&self, hub: &mut Registrar) -> Result<(), StartError> {
        let permissions = Permissions::new(hub.core())?;
        hub.service(permissions);
        Ok(())
    }
}

impl App {
    /// The policy in force.
    pub fn permission(&self) -> &Permissions {
        self.service()
    }
}
