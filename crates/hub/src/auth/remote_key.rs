//! The public keys of plugins of other backends.
//!
//! Only plugins that `discovery.endpoints` names have any: for all others nobody is asked.

use super::cookie::JWKS_PATH;
use super::jose::Algorithm;
use super::jws::Jws;
use super::remote_key_set::{RemoteKeyError, RemoteKeySet};
use crate::clock::Clock;
use crate::discovery::Discovery;
use crate::http_client::{CallLimits, HttpClient};
use std::collections::HashMap;
use std::sync::Arc;

/// The keys of every plugin that is named, each asked for when it is first needed.
pub(super) struct RemoteKeys(HashMap<String, Arc<RemoteKeySet>>);

impl RemoteKeys {
    pub(super) fn new(
        discovery: &Discovery,
        http: &HttpClient,
        clock: &Arc<dyn Clock>,
        limits: CallLimits,
    ) -> RemoteKeys {
        let keys = |id: &str| {
            let url = discovery.below(id, JWKS_PATH)?;
            let keys = RemoteKeySet::new(id, url, http, clock, limits);
            Some((id.to_owned(), keys))
        };
        RemoteKeys(discovery.plugins().filter_map(keys).collect())
    }

    /// Checks that `plugin` has signed `token`; `None` when no endpoint names the plugin.
    pub(super) async fn verify(
        &self,
        plugin: &str,
        token: &Jws<'_>,
        allowed: &[Algorithm],
    ) -> Option<Result<(), RemoteKeyError>> {
        let keys = self.0.get(plugin)?;
        Some(keys.verify(token, allowed).await)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::remote_key_set::LIMITS;
    use crate::auth::remote_key_set::tests::Publisher;
    use crate::auth::test::ManualClock;
    use callboard_config::Config;
    use serde_json::json;

    #[tokio::test]
    async fn a_plugin_that_nobody_named_is_not_asked() {
        let publisher = Publisher::default();
        let target = publisher.serve().await;
        let endpoint = json!({"target": target, "plugins": ["props"]});
        let config = Config::from_value(json!({"discovery": {"endpoints": [endpoint]}}));
        let discovery = Discovery::from_config(&config).unwrap();
        let clock: Arc<dyn Clock> = Arc::new(ManualClock::default());
        let keys = RemoteKeys::new(&discovery, &HttpClient::default(), &clock, LIMITS);
        let token = Jws::parse("eyJhbGciOiJFUzI1NiIsImtpZCI6ImsifQ.e30.c2ln").unwrap();
        let verify = async |plugin| keys.verify(plugin, &token, &[Algorithm::Es256]).await;

        assert_eq!(verify("costumes").await, None);
        assert_eq!(publisher.asked(), 0);
        assert_eq!(verify("props").await, Some(Err(RemoteKeyError::NoAnswer)));
        assert_eq!(publisher.asked(), 1);
    }
}
