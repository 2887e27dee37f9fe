//! The public keys that somebody else publishes at a URL, as they were when they were last asked for.

use super::jose::{Algorithm, JoseError, KeySet};
use super::jws::Jws;
use crate::clock::Clock;
use crate::http_client::{CallLimits, HttpClient, HttpError};
use arc_swap::ArcSwap;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use url::Url;

/// What bounds the question for keys.
pub(super) const LIMITS: CallLimits = CallLimits {
    timeout: Duration::from_secs(3),
    body_bytes: 256 * 1024,
};

/// Keys older than this are asked for again, beside the request.
pub(super) const FRESH: SignedDuration = SignedDuration::from_mins(10);

/// Keys that could not be asked for again for so long are not believed any more: whoever
/// published them has stopped to do so by then.
const BELIEVED: SignedDuration = SignedDuration::from_hours(3);

/// How soon after an answer the next question may follow, and how soon after a failure.
const PAUSE: SignedDuration = SignedDuration::from_secs(10);
const PAUSE_AFTER_FAILURE: SignedDuration = SignedDuration::from_secs(2);

/// A key set behind a URL, asked for when it is first needed.
pub(super) struct RemoteKeySet {
    /// Whose keys these are, for the log.
    owner: String,
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
    keys: KeySet,
    /// When they were asked for; absent before the first answer.
    at: Option<Timestamp>,
}

/// Why a token is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum RemoteKeyError {
    /// The keys were never given, or not for hours.
    #[error("the keys cannot be had")]
    NoAnswer,
    /// The keys are known, and the token is none of theirs.
    #[error(transparent)]
    Token(#[from] JoseError),
}

impl RemoteKeySet {
    /// The keys of `owner` at `url`, not asked for yet.
    pub(super) fn new(
        owner: &str,
        url: Url,
        http: &HttpClient,
        clock: &Arc<dyn Clock>,
        limits: CallLimits,
    ) -> Arc<RemoteKeySet> {
        Arc::new(RemoteKeySet {
            owner: owner.to_owned(),
            url,
            http: http.clone(),
            clock: clock.clone(),
            limits,
            known: ArcSwap::default(),
            not_before: Mutex::new(Timestamp::MIN),
        })
    }

    /// Where they are published.
    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    /// Checks the signature of `token`, and nothing else, as [`KeySet::verify`] does.
    ///
    /// A token whose key is not known yet has the keys asked for again, every ten seconds at most.
    ///
    /// # Errors
    ///
    /// [`RemoteKeyError`]; a question without an answer was logged with the cause.
    pub(super) async fn verify(
        self: &Arc<Self>,
        token: &Jws<'_>,
        allowed: &[Algorithm],
    ) -> Result<(), RemoteKeyError> {
        // What no key could mend sends nobody out for one.
        let algorithm = Algorithm::of(token, allowed)?;
        let (known, is_fresh) = self.known();
        let has_key = known
            .as_ref()
            .is_some_and(|known| known.keys.has_key_for(token, algorithm));
        if !(has_key && is_fresh) {
            // A task of its own: a caller who hangs up must not take the answer from the others.
            let asked = tokio::spawn(Arc::clone(self).refresh());
            if !has_key && asked.await.is_err() {
                tracing::error!(plugin = "auth", owner = %self.owner, "asking for keys panicked");
            }
        }
        let known = if has_key { known } else { self.known().0 };
        let known = known.ok_or(RemoteKeyError::NoAnswer)?;
        Ok(known.keys.verify(token, allowed)?)
    }

    /// What is believed, and whether that is recent.
    fn known(&self) -> (Option<Arc<Known>>, bool) {
        let known = self.known.load_full();
        let age = known.at.map(|at| self.clock.now().duration_since(at));
        match age.filter(|age| *age < BELIEVED) {
            Some(age) => (Some(known), age < FRESH),
            None => (None, false),
        }
    }

    /// Asks for the keys, unless somebody just did. The last good ones stay when that fails.
    async fn refresh(self: Arc<Self>) {
        let mut not_before = self.not_before.lock().await;
        let now = self.clock.now();
        if now < *not_before {
            return;
        }
        match self.ask().await {
            Ok(keys) => {
                let at = Some(now);
                self.known.store(Arc::new(Known { keys, at }));
                *not_before = now + PAUSE;
            }
            Err(error) => {
                let (owner, error) = (self.owner.as_str(), error.in_full());
                tracing::warn!(plugin = "auth", owner, error, "public keys cannot be had");
                *not_before = now + PAUSE_AFTER_FAILURE;
            }
        }
    }

    async fn ask(&self) -> Result<KeySet, HttpError> {
        let set: Value = self.http.get_json(&self.url, None, self.limits).await?;
        let not_a_set = || serde::de::Error::custom("there is no list `keys` in it");
        KeySet::parse(&set).ok_or_else(|| HttpError::Json(not_a_set()))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::auth::jws::encode;
    use crate::auth::key::Key;
    use crate::auth::test::ManualClock;
    use axum::Router;
    use axum::http::StatusCode;
    use axum::routing::get;
    use serde_json::json;
    use std::sync::Mutex as SyncMutex;
    use tokio::net::TcpListener;

    /// Somebody who publishes what he is told to, and counts who asks.
    #[derive(Clone, Default)]
    pub(in crate::auth) struct Publisher(Arc<SyncMutex<(Option<Value>, u32)>>);

    impl Publisher {
        pub(in crate::auth) fn publish(&self, keys: &[&Key]) {
            let keys: Vec<_> = keys.iter().map(|key| key.to_jwk()).collect();
            self.0.lock().unwrap().0 = Some(json!({"keys": keys}));
        }

        fn break_down(&self) {
            self.0.lock().unwrap().0 = None;
        }

        pub(in crate::auth) fn asked(&self) -> u32 {
            self.0.lock().unwrap().1
        }

        /// Publishes at every path of the address that it gives.
        pub(in crate::auth) async fn serve(&self) -> Url {
            let publisher = self.clone();
            let answer = move || {
                let mut state = publisher.0.lock().unwrap();
                state.1 += 1;
                let set = state.0.as_ref().map(Value::to_string);
                async { set.ok_or(StatusCode::INTERNAL_SERVER_ERROR) }
            };
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let router = Router::new().route("/{*path}", get(answer));
            tokio::spawn(async move { axum::serve(listener, router).await });
            Url::parse(&format!("http://{address}/keys")).unwrap()
        }
    }

    struct Setting {
        clock: ManualClock,
        publisher: Publisher,
        keys: Arc<RemoteKeySet>,
    }

    async fn setting() -> Setting {
        let (clock, publisher) = (ManualClock::default(), Publisher::default());
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let url = publisher.serve().await;
        let keys = RemoteKeySet::new("props", url, &HttpClient::default(), &shared, LIMITS);
        Setting {
            clock,
            publisher,
            keys,
        }
    }

    impl Setting {
        fn key(&self) -> Key {
            Key::generate(self.clock.now(), Duration::from_secs(3600))
        }

        /// What becomes of a token that `key` signed.
        async fn verify(&self, key: &Key) -> Result<(), RemoteKeyError> {
            let token = signed(key);
            let token = Jws::parse(&token).unwrap();
            self.keys.verify(&token, &[Algorithm::Es256]).await
        }
    }

    fn signed(key: &Key) -> String {
        let header = encode(&json!({"alg": "ES256", "kid": key.id})).unwrap();
        let signed = format!("{header}.e30");
        let signature = key.sign(&signed).unwrap();
        format!("{signed}.{signature}")
    }

    const NO_KEY: Result<(), RemoteKeyError> = Err(RemoteKeyError::Token(JoseError::NoMatchingKey));

    #[tokio::test]
    async fn keys_are_asked_for_once_and_again_for_a_new_one() {
        let setting = setting().await;
        let (old, new) = (setting.key(), setting.key());
        setting.publisher.publish(&[&old]);

        assert_eq!(setting.verify(&old).await, Ok(()));
        assert_eq!(setting.verify(&old).await, Ok(()));
        assert_eq!(setting.publisher.asked(), 1);
        setting.publisher.publish(&[&old, &new]);
        assert_eq!(setting.verify(&new).await, NO_KEY);
        assert_eq!(setting.publisher.asked(), 1, "not within ten seconds");
        setting.clock.advance(Duration::from_secs(10));
        assert_eq!(setting.verify(&new).await, Ok(()));
        assert_eq!(setting.publisher.asked(), 2);
    }

    #[tokio::test]
    async fn callers_who_wait_share_one_question() {
        let setting = setting().await;
        let key = setting.key();
        setting.publisher.publish(&[&key]);

        let answers = tokio::join!(
            setting.verify(&key),
            setting.verify(&key),
            setting.verify(&key),
        );

        assert_eq!(answers, (Ok(()), Ok(()), Ok(())));
        assert_eq!(setting.publisher.asked(), 1);
    }

    #[tokio::test]
    async fn the_last_good_keys_stay_while_nobody_answers_but_not_for_ever() {
        let setting = setting().await;
        let key = setting.key();
        setting.publisher.publish(&[&key]);
        setting.verify(&key).await.unwrap();
        setting.publisher.break_down();

        setting.clock.advance(Duration::from_secs(3 * 3600 - 1));
        assert_eq!(setting.verify(&key).await, Ok(()));
        setting.clock.advance(Duration::from_secs(1));
        assert_eq!(setting.verify(&key).await, Err(RemoteKeyError::NoAnswer));
    }

    #[tokio::test]
    async fn a_failure_is_followed_by_another_try_soon() {
        let setting = setting().await;
        let key = setting.key();
        assert_eq!(setting.verify(&key).await, Err(RemoteKeyError::NoAnswer));
        setting.publisher.publish(&[&key]);

        assert_eq!(setting.verify(&key).await, Err(RemoteKeyError::NoAnswer));
        setting.clock.advance(Duration::from_secs(2));

        assert_eq!(setting.verify(&key).await, Ok(()));
        assert_eq!(setting.publisher.asked(), 2);
    }

    #[tokio::test]
    async fn a_key_that_is_taken_back_is_not_believed_after_the_next_answer() {
        let setting = setting().await;
        let (old, new) = (setting.key(), setting.key());
        setting.publisher.publish(&[&old]);
        setting.verify(&old).await.unwrap();
        setting.publisher.publish(&[&new]);

        setting.clock.advance(Duration::from_secs(10));
        assert_eq!(setting.verify(&new).await, Ok(()));

        assert_eq!(setting.verify(&old).await, NO_KEY);
    }
}
