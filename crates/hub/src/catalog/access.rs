//! What a caller may read, as a filter over the catalog.

use crate::app::App;
use crate::error::Error;
use crate::permission::{Access, Restriction};
use crate::principal::Principal;
use callboard_catalog::{Filter, conditions_filter};
use callboard_policy::Permission;
use std::sync::Arc;

/// The part of the catalog that a caller may read.
#[derive(Debug, Clone, PartialEq)]
pub enum Readable {
    /// Nothing: answers look as if the catalog were empty.
    None,
    /// Everything.
    All,
    /// What passes this filter.
    Only(Arc<Filter>),
}

impl Readable {
    /// What `principal` may do with entities under `permission`.
    ///
    /// Conditions that cannot be compiled deny the whole decision: leaving one out would widen
    /// access wherever it stands below a *not*.
    ///
    /// # Errors
    ///
    /// None at present; a policy that has to be asked over a network may give one.
    pub(super) fn under(
        app: &App,
        principal: &Principal,
        permission: &Permission,
    ) -> Result<Readable, Error> {
        Ok(
            match app
                .permission()
                .authorize_conditional(principal, permission)
            {
                Access::Allow => Readable::All,
                Access::Deny => Readable::None,
                Access::Conditional(restriction) => {
                    Readable::within(&restriction, principal, permission)
                }
            },
        )
    }

    fn within(
        restriction: &Restriction,
        principal: &Principal,
        permission: &Permission,
    ) -> Readable {
        let filter = restriction.compiled(|criteria| conditions_filter(criteria).map(Arc::new));
        match &*filter {
            Ok(filter) => Readable::Only(Arc::clone(filter)),
            Err(error) => {
                tracing::warn!(
                    plugin = "catalog", actor = principal.actor(), permission = permission.name(), %error,
                    "denied, since conditions cannot be evaluated",
                );
                Readable::None
            }
        }
    }
}
