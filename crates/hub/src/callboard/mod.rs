//! The plugin `callboard`: what this hub has beside the contracts of the original.
//!
//! Its routes lie with the features that they belong to; they are put together here, since a
//! plugin has one interface. Here too is what guards the access of others ([`require`]).

mod permission;

pub(crate) use permission::{SERVICE_ACCOUNT_MANAGE, SESSION_MANAGE, has, require};

use crate::app::App;
use crate::auth::{access_token_api, device_api, session_api};
use crate::feature::{Api, ApiAccess, Feature, Registrar};
use crate::hub::StartError;
use axum::Router;

/// The id of the plugin.
pub(crate) const PLUGIN: &str = "callboard";

/// What the OpenAPI document says of the whole plugin.
const OPENAPI: &str = include_str!("plugin.yaml");

/// The feature.
pub(crate) struct CallboardFeature;

impl Feature for CallboardFeature {
    fn id(&self) -> &'static str {
        PLUGIN
    }

    fn register(&self, hub: &mut Registrar) -> Result<(), StartError> {
        hub.permissions(permission::declared());
        hub.api(Api {
            plugin: PLUGIN,
            router: router(),
            access: ApiAccess::Credentials {
                except: &device_api::OPEN,
            },
            openapi: vec![
                OPENAPI,
                session_api::OPENAPI,
                access_token_api::OPENAPI,
                device_api::OPENAPI,
            ],
        });
        Ok(())
    }
}

fn router() -> Router<App> {
    Router::new()
        .merge(session_api::router())
        .merge(access_token_api::router())
        .merge(device_api::router())
}
