//! Who uses the hub: the list that subscriptions are counted by.

mod api;
mod csv;
mod negotiation;
mod views;

use crate::feature::{Api, ApiAccess, Feature, Registrar};
use crate::hub::StartError;
use axum::Router;

/// The id of the plugin whose part this plays.
const PLUGIN: &str = "licensed-users-info";

/// The feature. It has no configuration.
pub(crate) struct LicensedUsers;

impl Feature for LicensedUsers {
    fn id(&self) -> &'static str {
        PLUGIN
    }

    fn register(&self, hub: &mut Registrar) -> Result<(), StartError> {
        // A list that ends with the process would count too few, so there is none, as in the original.
        let is_kept = !hub.core().store.is_in_memory();
        hub.api(if is_kept {
            Api {
                plugin: PLUGIN,
                router: api::router(),
                access: ApiAccess::Credentials {
                    except: &["/health"],
                },
                openapi: vec![api::OPENAPI],
            }
        } else {
            Api {
                plugin: PLUGIN,
                router: Router::new(),
                access: ApiAccess::Credentials { except: &[] },
                openapi: Vec::new(),
            }
        });
        views::register(hub, is_kept);
        hub.on_start(move |_| async move {
            if !is_kept {
                tracing::warn!(
                    plugin = PLUGIN,
                    "the list of users is not served: the database is in memory"
                );
            }
            Ok(())
        });
        Ok(())
    }
}
