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
        // A section that cannot be read is reported by discovery.
        let sidecars = from_config(&config).unwrap_or_default();
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

#[cfg(test)]
mod tests {
    use crate::Hub;
    use crate::app::Mode;
    use crate::clock::SystemClock;
    use crate::finding::Severity;
    use callboard_config::Config;
    use serde_json::json;
    use std::sync::Arc;

    /// The errors that `callboard check` finds about one sidecar.
    async fn errors(url: &str, plugin: &str) -> Vec<String> {
        let config = Config::from_value(json!({
            "backend": {"baseUrl": "http://localhost:7007"},
            "callboard": {"sidecars": [{"url": url, "plugins": [plugin]}]},
        }));
        let found = Hub::check(config, Arc::new(SystemClock), Mode::Production).await;
        let found = found.unwrap().into_iter();
        let errors = found.filter(|finding| finding.severity == Severity::Error);
        errors.map(|finding| finding.message).collect()
    }

    #[tokio::test]
    async fn a_sidecar_that_cannot_be_asked_is_one_error() {
        assert_eq!(errors("http://127.0.0.1:7008", "props").await, [""; 0]);
        assert_eq!(
            errors("http://127.0.0.1:7008", "catalog").await,
            ["`catalog` is a plugin of the hub itself"]
        );
        assert_eq!(
            errors("ftp://127.0.0.1", "props").await,
            ["`ftp://127.0.0.1` is no address of HTTP"]
        );
    }
}
