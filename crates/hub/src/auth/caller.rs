//! A caller from outside, as each plugin sees it.

use crate::error::Error;
use crate::principal::{Principal, ServicePrincipal};
use callboard_policy::AccessRestrictions;
use smol_str::SmolStr;
use std::sync::Arc;

/// Who calls with a token, and where it may.
#[derive(Debug)]
pub(super) struct Caller {
    pub(super) subject: SmolStr,
    /// By plugin; empty means everywhere.
    restricted: Vec<(SmolStr, Arc<ServicePrincipal>)>,
    unrestricted: Arc<ServicePrincipal>,
}

impl Caller {
    /// A caller who may ask the plugins of `restrictions` only; without any, every plugin.
    pub(super) fn new(
        subject: SmolStr,
        restrictions: Vec<(SmolStr, AccessRestrictions)>,
    ) -> Caller {
        let principal = |restrictions| {
            Arc::new(ServicePrincipal {
                subject: subject.clone(),
                restrictions,
            })
        };
        let restricted = restrictions
            .into_iter()
            .map(|(plugin, restrictions)| (plugin, principal(Some(restrictions))))
            .collect();
        let unrestricted = principal(None);
        Caller {
            subject,
            restricted,
            unrestricted,
        }
    }

    /// The caller as `plugin` sees it.
    pub(super) fn enter(&self, plugin: &str) -> Result<Principal, Error> {
        if self.restricted.is_empty() {
            return Ok(Principal::Service(self.unrestricted.clone()));
        }
        match self
            .restricted
            .iter()
            .find(|(allowed, _)| allowed == plugin)
        {
            Some((_, principal)) => Ok(Principal::Service(principal.clone())),
            None => {
                let plugins: Vec<String> = self
                    .restricted
                    .iter()
                    .map(|(plugin, _)| format!("'{plugin}'"))
                    .collect();
                let plugins = plugins.join(", ");
                Err(Error::NotAllowed(format!(
                    "This token's access is restricted to plugin(s) {plugins}"
                )))
            }
        }
    }
}
