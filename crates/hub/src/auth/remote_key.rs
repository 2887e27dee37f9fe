//! The public keys of plugins of other backends.
//!
//! Only plugins that `discovery.endpoints` names have any: for all others nobody is asked.

use super::cookie::JWKS_PATH;
use super::key::{Jwk, PublicKey};
use crate::clock::Clock;
use crate::discovery::Discovery;
use crate::http_client::{CallLimits, HttpClient, HttpError};
use arc_swap::ArcSwap;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value;
use smol_str::SmolStr;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use url::Url;

/// What bounds the question for keys.
pub(super) const LIMITS: CallLimits = CallLimits {
    timeout: Duration::from_secs(3),
    body_bytes: 256 * 1024,
};

/// How many keys of one plugin are kept.
const MAX_KEYS: usize = 100;

/// Keys older than this are asked for again, beside the request.
pub(super) const FRESH: SignedDuration = SignedDuration::from_mins(10);

/// Keys that could not be asked for again for so long are not believed any more: the plugin has
/// stopped to publish them by then.
const BELIEVED: SignedDuration = SignedDuration::from_hours(3);

/// How soon after an answer the next question may follow, and how soon after a failure.
const PAUSE: SignedDuration = SignedDuration::from_secs(10);
const PAUSE_AFTER_FAILURE: SignedDuration = SignedDuration::from_secs(2);

/// The keys of every plugin that is named, each asked for when it is first needed.
pub(super) struct RemoteKeys(HashMap<String, Arc<Plugin>>);

struct Plugin {
    id: String,
    url: Url,
    http: HttpClient,
    clock: Arc<dyn Clock>,
    limits: CallLimits,
    known: ArcSwap<Known>,
    /// When the next question may be asked. Held while one is, so that its answer serves all.
    not_before: Mutex<Timestamp>,
}

#[derive(Default)]
struct Known {
    keys: HashMap<SmolStr, PublicKey>,
    /// When they were asked for; absent before the first answer.
    at: Option<Timestamp>,
}

/// Why there is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoKey {
    /// No endpoint names the plugin.
    UnknownPlugin,
    /// The plugin has never given its keys, or not for hours.
    NoAnswer,
    /// The plugin does not publish the key.
    UnknownKey,
}

impl RemoteKeys {
    pub(super) fn new(
        discovery: &Discovery,
        http: &HttpClient,
        clock: &Arc<dyn Clock>,
        limits: CallLimits,
    ) -> RemoteKeys {
        let plugin = |id: &str| {
            let plugin = Plugin {
                id: id.to_owned(),
                url: discovery.below(id, JWKS_PATH)?,
                http: http.clone(),
                clock: clock.clone(),
                limits,
                known: ArcSwap::default(),
                not_before: Mutex::new(Timestamp::MIN),
            };
            Some((id.to_owned(), Arc::new(plugin)))
        };
        RemoteKeys(discovery.plugins().filter_map(plugin).collect())
    }

    /// The key `id` of `plugin`.
    ///
    /// # Errors
    ///
    /// [`NoKey`]; a plugin that does not answer was logged with the cause.
    pub(super) async fn find(&self, plugin: &str, id: &str) -> Result<PublicKey, NoKey> {
        let plugin = self.0.get(plugin).ok_or(NoKey::UnknownPlugin)?;
        let (found, is_fresh) = plugin.look_up(id);
        if found.is_ok() && is_fresh {
            return found;
        }
        // A task of its own: a caller who hangs up must not take the answer from the others.
        let asked = tokio::spawn(Arc::clone(plugin).refresh());
        if found.is_ok() {
            return found;
        }
        if asked.await.is_err() {
            tracing::error!(plugin = "auth", "asking for the keys of a plugin panicked");
        }
        plugin.look_up(id).0
    }
}

impl Plugin {
    /// The key as it is known, and whether that is recent.
    fn look_up(&self, id: &str) -> (Result<PublicKey, NoKey>, bool) {
        let known = self.known.load();
        let age = known.at.map(|at| self.clock.now().duration_since(at));
        match age.filter(|age| *age < BELIEVED) {
            Some(age) => (
                known.keys.get(id).copied().ok_or(NoKey::UnknownKey),
                age < FRESH,
            ),
            None => (Err(NoKey::NoAnswer), false),
        }
    }

    /// Asks for the keys, unless somebody just did. The last good ones stay when that fails.
    async fn refresh(self: Arc<Plugin>) {
        let mut not_before = self.not_before.lock().await;
        let now = self.clock.now();
        if now < *not_before {
            return;
        }
        match self.ask().await {
            Ok(keys) => {
                self.known.store(Arc::new(Known {
                    keys,
                    at: Some(now),
                }));
                *not_before = now + PAUSE;
            }
            Err(error) => {
                let (remote, error) = (self.id.as_str(), error.in_full());
                tracing::warn!(
                    plugin = "auth",
                    remote,
                    error,
                    "a plugin does not give its keys"
                );
                *not_before = now + PAUSE_AFTER_FAILURE;
            }
        }
    }

    async fn ask(&self) -> Result<HashMap<SmolStr, PublicKey>, HttpError> {
        #[derive(Deserialize)]
        struct KeySet {
            keys: Vec<Value>,
        }
        let set: KeySet = self.http.get_json(&self.url, None, self.limits).await?;
        // Keys of other kinds may stand among them.
        let keys = set.keys.into_iter().filter_map(|key| {
            let key: Jwk = serde_json::from_value(key).ok()?;
            Some((key.kid.clone(), key.to_public_key()?))
        });
        Ok(keys.take(MAX_KEYS).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::key::Key;
    use crate::auth::test::ManualClock;
    use axum::Router;
    use axum::http::StatusCode;
    use axum::routing::get;
    use callboard_config::Config;
    use serde_json::json;
    use std::sync::Mutex as SyncMutex;
    use tokio::net::TcpListener;

    /// A plugin that publishes what it is told to, and counts who asks.
    #[derive(Clone, Default)]
    struct Publisher(Arc<SyncMutex<(Option<Value>, u32)>>);

    impl Publisher {
        fn publish(&self, keys: &[&Key]) {
            let keys: Vec<_> = keys.iter().map(|key| key.to_jwk()).collect();
            self.0.lock().unwrap().0 = Some(json!({"keys": keys}));
        }

        fn break_down(&self) {
            self.0.lock().unwrap().0 = None;
        }

        fn asked(&self) -> u32 {
            self.0.lock().unwrap().1
        }

        async fn serve(&self, clock: &ManualClock) -> RemoteKeys {
            let publisher = self.clone();
            let answer = move || {
                let mut state = publisher.0.lock().unwrap();
                state.1 += 1;
                let set = state.0.as_ref().map(Value::to_string);
                async { set.ok_or(StatusCode::INTERNAL_SERVER_ERROR) }
            };
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let router =
                Router::new().route("/api/props/.backstage/auth/v1/jwks.json", get(answer));
            tokio::spawn(async move { axum::serve(listener, router).await });
            let endpoint = json!({"target": format!("http://{address}/api/{{{{pluginId}}}}"), "plugins": ["props"]});
            let config = Config::from_value(json!({"discovery": {"endpoints": [endpoint]}}));
            let discovery = Discovery::from_config(&config).unwrap();
            let clock: Arc<dyn Clock> = Arc::new(clock.clone());
            RemoteKeys::new(&discovery, &HttpClient::default(), &clock, LIMITS)
        }
    }

    fn key(clock: &ManualClock) -> Key {
        Key::generate(clock.now(), Duration::from_secs(3600))
    }

    #[tokio::test]
    async fn a_plugin_that_nobody_named_is_not_asked() {
        let (clock, publisher) = (ManualClock::default(), Publisher::default());
        let keys = publisher.serve(&clock).await;

        let found = keys.find("costumes", "any").await;

        assert_eq!(found, Err(NoKey::UnknownPlugin));
        assert_eq!(publisher.asked(), 0);
    }

    #[tokio::test]
    async fn keys_are_asked_for_once_and_again_for_a_new_one() {
        let (clock, publisher) = (ManualClock::default(), Publisher::default());
        let keys = publisher.serve(&clock).await;
        let (old, new) = (key(&clock), key(&clock));
        publisher.publish(&[&old]);

        assert!(keys.find("props", &old.id).await.is_ok());
        assert!(keys.find("props", &old.id).await.is_ok());
        assert_eq!(publisher.asked(), 1);
        publisher.publish(&[&old, &new]);
        assert_eq!(keys.find("props", &new.id).await, Err(NoKey::UnknownKey));
        assert_eq!(publisher.asked(), 1, "not within ten seconds");
        clock.advance(Duration::from_secs(10));
        assert!(keys.find("props", &new.id).await.is_ok());
        assert_eq!(publisher.asked(), 2);
    }

    #[tokio::test]
    async fn callers_who_wait_share_one_question() {
        let (clock, publisher) = (ManualClock::default(), Publisher::default());
        let keys = publisher.serve(&clock).await;
        let key = key(&clock);
        publisher.publish(&[&key]);

        let (one, two, three) = tokio::join!(
            keys.find("props", &key.id),
            keys.find("props", &key.id),
            keys.find("props", &key.id),
        );

        assert!(one.is_ok() && two.is_ok() && three.is_ok());
        assert_eq!(publisher.asked(), 1);
    }

    #[tokio::test]
    async fn the_last_good_keys_stay_while_the_plugin_is_down_but_not_for_ever() {
        let (clock, publisher) = (ManualClock::default(), Publisher::default());
        let keys = publisher.serve(&clock).await;
        let key = key(&clock);
        publisher.publish(&[&key]);
        keys.find("props", &key.id).await.unwrap();
        publisher.break_down();

        clock.advance(Duration::from_secs(3 * 3600 - 1));
        assert!(keys.find("props", &key.id).await.is_ok());
        clock.advance(Duration::from_secs(1));
        assert_eq!(keys.find("props", &key.id).await, Err(NoKey::NoAnswer));
    }

    #[tokio::test]
    async fn a_failure_is_followed_by_another_try_soon() {
        let (clock, publisher) = (ManualClock::default(), Publisher::default());
        let keys = publisher.serve(&clock).await;
        let key = key(&clock);
        assert_eq!(keys.find("props", &key.id).await, Err(NoKey::NoAnswer));
        publisher.publish(&[&key]);

        assert_eq!(keys.find("props", &key.id).await, Err(NoKey::NoAnswer));
        clock.advance(Duration::from_secs(2));

        assert!(keys.find("props", &key.id).await.is_ok());
        assert_eq!(publisher.asked(), 2);
    }
}
