//! Where the plugins of other backends are: `discovery.endpoints` of the configuration.
//!
//! Only what is named there is ever asked anything: for keys, for permissions and rules, for
//! verdicts on conditions.

mod endpoint;

pub use endpoint::Discovery;
pub(crate) use endpoint::is_plugin_id;

use crate::app::{App, Core};
use crate::feature::{Feature, Registrar};
use crate::finding::Finding;
use crate::hub::StartError;

/// The feature.
pub(crate) struct DiscoveryFeature;

impl Feature for DiscoveryFeature {
    fn id(&self) -> &'static str {
        "discovery"
    }

    fn register(&self, hub: &mut Registrar) -> Result<(), StartError> {
        let discovery = Discovery::from_config(&hub.core().config)?;
        hub.service(discovery);
        hub.check(findings);
        hub.on_start(|app| async move {
            for finding in findings(app.core()).into_iter().chain(shadowed(&app)) {
                finding.log("discovery");
            }
            Ok(())
        });
        Ok(())
    }
}

impl App {
    /// Where the plugins of other backends are.
    pub fn discovery(&self) -> &Discovery {
        self.service()
    }
}

/// What is odd in the section though it can be used.
fn findings(core: &Core) -> Vec<Finding> {
    // A configuration that cannot be read is reported by whoever needs it.
    let Ok(discovery) = Discovery::from_config(&core.config) else {
        return Vec::new();
    };
    let Some(path) = discovery.wildcard() else {
        return Vec::new();
    };
    let text = "`*` names no plugin: other backends are asked only for plugins that are named";
    let help = "list the ids of the plugins that the other backend has";
    let finding = Finding::warning(text).help(help);
    vec![match core.config.located(path) {
        Some(location) => finding.at(location.file, Some(location.line)),
        None => finding,
    }]
}

/// Warnings for plugins of this hub that the section looks for elsewhere.
fn shadowed(app: &App) -> Vec<Finding> {
    let own = app.plugins().iter();
    own.filter(|plugin| app.discovery().internal(plugin).is_some())
        .map(|plugin| {
            let text = format!("`{plugin}` is a plugin of this hub, so its endpoint in `discovery.endpoints` is not used");
            Finding::warning(text)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::Hub;
    use crate::app::Mode;
    use crate::clock::SystemClock;
    use crate::finding::Severity;
    use callboard_config::Config;
    use serde_json::{Value, json};
    use std::sync::Arc;

    /// What `callboard check` says about one endpoint.
    async fn findings(endpoint: Value) -> Vec<(Severity, String)> {
        let config = json!({
            "backend": {"baseUrl": "http://localhost:7007"},
            "discovery": {"endpoints": [endpoint]},
        });
        let config = Config::from_value(config);
        let found = Hub::check(config, Arc::new(SystemClock), Mode::Production).await;
        let found = found.unwrap().into_iter();
        let found = found.filter(|finding| !finding.message.contains("permission.enabled"));
        found
            .map(|finding| (finding.severity, finding.message))
            .collect()
    }

    #[tokio::test]
    async fn a_bad_endpoint_is_one_error_and_an_asterisk_a_warning() {
        let bad = json!({"target": "props:7007", "plugins": ["props"]});
        let asterisk = json!({"target": "http://props:7007/api/{{pluginId}}", "plugins": ["*"]});

        assert_eq!(
            findings(bad).await,
            [(
                Severity::Error,
                "`props:7007` is no address of HTTP".to_owned()
            )]
        );
        assert_eq!(
            findings(asterisk).await,
            [(
                Severity::Warning,
                "`*` names no plugin: other backends are asked only for plugins that are named"
                    .to_owned()
            )]
        );
    }
}
