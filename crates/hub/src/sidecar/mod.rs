//! Plugins of a Node.js backend that runs beside the hub: `callboard.sidecars`.
//!
//! What is asked of them is passed on once it is known who asks. The backend learns that from a
//! token of the hub, as it would from any plugin of another backend, and asks the hub for entities
//! and decisions in its turn: see [`crate::discovery`], where each sidecar is an endpoint.

mod config;
mod forward;

pub(crate) use config::{Sidecar, from_config};

use crate::app::App;
use crate::feature::{Feature, Registrar};
use crate::http_client::HttpClient;
use crate::hub::StartError;
use axum::Router;
use axum::extract::{Request, State};
use axum::routing::any;
use forward::Forwarder;
use std::sync::Arc;

/// The feature; it registers after all that have plugins of their own.
pub(crate) struct SidecarFeature;

impl Feature for SidecarFeature {
    fn id(&self) -> &'static str {
        "sidecar"
    }

    fn register(&self, hub: &mut Registrar) -> Result<(), StartError> {
        let config = hub.core().config.clone();
        let sidecars = from_config(&config)?;
        let Some(first) = sidecars.first() else {
            return Ok(());
        };
        let http = HttpClient::believing(config.extra_certificates());
        let client = http
            .passing_on()
            .map_err(|error| config.error(&first.path, error.in_full()))?;
        for sidecar in sidecars {
            if hub.apis.iter().any(|api| api.plugin == sidecar.plugin) {
                let message = format!("`{}` is a plugin of the hub itself", sidecar.plugin);
                return Err(config.error(&sidecar.path, message).into());
            }
            let forwarder = Forwarder::new(client.clone(), sidecar);
            hub.root(routes(Arc::new(forwarder)));
        }
        Ok(())
    }
}

/// Everything below `/api/<plugin>`. Needs credentials and no permission of the hub: what the
/// caller may do is for the plugin to ask.
fn routes(forwarder: Arc<Forwarder>) -> Router<App> {
    let (root, below) = (
        format!("/api/{}", forwarder.plugin()),
        format!("/api/{}/{{*path}}", forwarder.plugin()),
    );
    let forward = move |State(app): State<App>, request: Request| {
        let forwarder = forwarder.clone();
        async move { forwarder.forward(&app, request).await }
    };
    Router::new()
        .route(&root, any(forward.clone()))
        .route(&below, any(forward))
}
