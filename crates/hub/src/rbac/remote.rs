//! Plugins of other backends: their permissions and rules, beside those of this hub.
//!
//! Asked are the plugins that are both listed (`pluginsWithPermission`, or over REST) and named by
//! `discovery.endpoints`. What they declare is kept in memory and refreshed in the background, so
//! that one of them which is slow or down costs a request at most the time limit of one question.

mod metadata;
mod plugin;

pub use plugin::Health;

use super::plugin::ids;
use crate::app::App;
use crate::discovery::Discovery;
use crate::hub::StartError;
use crate::task::Shutdown;
use indexmap::IndexMap;
use metadata::Metadata;
use plugin::{LIMITS, Limits, Need, RemotePlugin};
use prometheus::{IntGaugeVec, Opts, Registry};
use std::sync::Arc;
use std::time::Duration;

/// How often the plugins are asked while nobody else does.
const PERIOD: Duration = Duration::from_secs(30);

/// The plugins that `discovery.endpoints` names.
pub(super) struct RemotePlugins {
    plugins: IndexMap<String, Arc<RemotePlugin>>,
    limits: Limits,
    up: IntGaugeVec,
}

/// A plugin of another backend that is listed among the plugins with permissions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemotePluginState {
    /// Its id.
    pub id: String,
    /// Whether it answers.
    pub health: Health,
}

impl RemotePlugins {
    pub(super) fn new(
        discovery: &Discovery,
        metrics: &Registry,
    ) -> Result<RemotePlugins, StartError> {
        let up = IntGaugeVec::new(
            Opts::new(
                "permission_remote_plugin_up",
                "whether a plugin of another backend tells its permissions",
            ),
            &["plugin"],
        )?;
        metrics.register(Box::new(up.clone()))?;
        Ok(RemotePlugins::with_limits(discovery, up, LIMITS))
    }

    fn with_limits(discovery: &Discovery, up: IntGaugeVec, limits: Limits) -> RemotePlugins {
        let plugin = |id: &str| (id.to_owned(), Arc::new(RemotePlugin::new(id, limits)));
        RemotePlugins {
            plugins: discovery.plugins().map(plugin).collect(),
            limits,
            up,
        }
    }

    /// What a plugin of another backend declared last; `None` for plugins of this hub, and for
    /// those of which nothing is known.
    pub(super) fn metadata(&self, app: &App, plugin: &str) -> Option<Arc<Metadata>> {
        self.of(app, plugin)?.metadata()
    }

    /// Asks every listed plugin whose answer is old. Waits only for answers without which there
    /// would be nothing recent to tell, and no longer than one question may take.
    pub(super) async fn refresh(&self, app: &App) {
        let now = app.core().clock.now();
        let mut awaited = Vec::new();
        for (id, plugin) in self.listed(app) {
            let need = plugin.need(now);
            if need == Need::None {
                continue;
            }
            let (gauge, app) = (self.up.with_label_values(&[&id]), app.clone());
            // A task of its own: it goes on when the request that began it does not.
            let asked = tokio::spawn(async move {
                gauge.set(i64::from(plugin.refresh(app).await));
            });
            if need == Need::Now {
                awaited.push(asked);
            }
        }
        let all = async {
            for asked in awaited {
                if asked.await.is_err() {
                    tracing::error!(plugin = "permission", "asking another backend panicked");
                }
            }
        };
        // Whoever is late is listed next time.
        let _late = tokio::time::timeout(self.limits.call.timeout, all).await;
    }

    /// The listed plugins, in the order of the list.
    fn listed(&self, app: &App) -> Vec<(String, Arc<RemotePlugin>)> {
        if self.plugins.is_empty() {
            return Vec::new();
        }
        let listed = ids(app).into_iter();
        listed
            .filter_map(|id| {
                let plugin = Arc::clone(self.of(app, &id)?);
                Some((id, plugin))
            })
            .collect()
    }

    /// The plugin, unless this hub has one of that id itself.
    fn of(&self, app: &App, id: &str) -> Option<&Arc<RemotePlugin>> {
        let plugin = self.plugins.get(id)?;
        (!app.plugins().contains(&id)).then_some(plugin)
    }
}

impl super::Rbac {
    /// The plugins of other backends whose permissions are listed, and whether they answer.
    pub fn remote_plugins(&self, app: &App) -> Vec<RemotePluginState> {
        let listed = self.remote().listed(app).into_iter();
        listed
            .map(|(id, plugin)| RemotePluginState {
                id,
                health: plugin.health(),
            })
            .collect()
    }
}

/// Keeps what the plugins declare recent until the hub stops.
pub(super) async fn keep_recent(app: App, mut shutdown: Shutdown) {
    let remote = app.rbac().remote();
    if remote.plugins.is_empty() {
        return;
    }
    loop {
        remote.refresh(&app).await;
        tokio::select! {
            () = tokio::time::sleep(PERIOD) => {}
            () = shutdown.signalled() => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::Mode;
    use crate::clock::SystemClock;
    use crate::http_client::CallLimits;
    use crate::{Hub, Parts};
    use axum::Router;
    use axum::routing::get;
    use callboard_config::Config;
    use callboard_store::{Store, StoreConfig};
    use serde_json::json;
    use std::time::Instant;
    use tokio::net::TcpListener;

    /// No longer than a test may wait for nothing.
    const SHORT: Duration = Duration::from_millis(100);

    /// Longer than any answer takes on a machine with much to do.
    const LONG: Duration = Duration::from_secs(60);

    /// A hub beside a plugin `props` that answers after `pause`, and waits as long as `timeout`.
    async fn setting(
        pause: Duration,
        answer: &'static str,
        timeout: Duration,
    ) -> (Hub, RemotePlugins) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let slow = move || async move {
            tokio::time::sleep(pause).await;
            answer
        };
        let path = "/props/.well-known/backstage/permissions/metadata";
        let router = Router::new().route(path, get(slow));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let target = format!("http://{address}/{{{{pluginId}}}}");
        let config = Config::from_value(json!({
            "backend": {"baseUrl": "http://localhost:7007"},
            "discovery": {"endpoints": [{"target": target, "plugins": ["props"]}]},
        }));
        let discovery = Discovery::from_config(&config).unwrap();
        let listed = json!({
            "backend": {"baseUrl": "http://localhost:7007"},
            "discovery": config.json("discovery"),
            "permission": {"enabled": true, "rbac": {"pluginsWithPermission": ["props"]}},
        });
        let parts = Parts {
            config: Config::from_value(listed),
            store: Store::open(&StoreConfig::SqliteMemory).await.unwrap(),
            clock: Arc::new(SystemClock),
            mode: Mode::Production,
            providers: Vec::new(),
        };
        let up = IntGaugeVec::new(Opts::new("up", "up"), &["plugin"]).unwrap();
        let limits = Limits {
            call: CallLimits {
                timeout,
                body_bytes: 100,
            },
            retry: Duration::from_millis(1),
        };
        let remote = RemotePlugins::with_limits(&discovery, up, limits);
        (Hub::build(parts).await.unwrap(), remote)
    }

    #[tokio::test]
    async fn nobody_waits_longer_for_a_slow_plugin_than_one_question_may_take() {
        let (hub, remote) = setting(2 * LONG, "{}", SHORT).await;

        let start = Instant::now();
        remote.refresh(hub.app()).await;

        let waited = start.elapsed();
        assert!(waited >= SHORT, "{waited:?}");
        assert!(waited < LONG, "{waited:?}");
        assert_eq!(remote.metadata(hub.app(), "props"), None);
    }

    #[tokio::test]
    async fn an_answer_that_is_too_long_is_not_read() {
        let long = "                                                                                                     {}";
        let (hub, remote) = setting(Duration::ZERO, long, LONG).await;

        remote.refresh(hub.app()).await;

        let health = remote.of(hub.app(), "props").unwrap().health();
        let Health::Down { why, .. } = health else {
            panic!("{health:?}")
        };
        assert_eq!(why, "the answer is longer than 100 bytes");
    }
}
