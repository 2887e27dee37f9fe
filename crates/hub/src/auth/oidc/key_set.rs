//! The public keys of a provider, asked for when they are needed, and again when they changed.

use super::algorithm::Algorithm;
use crate::clock::Clock;
use crate::http_client::{CallLimits, HttpClient, HttpError};
use arc_swap::ArcSwap;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::DecodingKey;
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;
use tokio::sync::Mutex;
use url::Url;

/// How many keys of one provider are kept.
const MAX_KEYS: usize = 100;

/// Keys older than this are asked for again before they are used.
const FRESH: SignedDuration = SignedDuration::from_hours(1);

/// Keys that could not be asked for again for so long are not believed any more.
const BELIEVED: SignedDuration = SignedDuration::from_hours(24);

/// How soon after one question the next may follow: tokens with made-up key ids must not make the
/// hub ask again and again.
const PAUSE: SignedDuration = SignedDuration::from_secs(5);

/// A key as the provider publishes it.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Jwk {
    pub(super) kty: String,
    pub(super) kid: Option<String>,
    #[serde(rename = "use")]
    pub(super) usage: Option<String>,
    pub(super) alg: Option<String>,
    pub(super) crv: Option<String>,
    pub(super) n: Option<String>,
    pub(super) e: Option<String>,
    pub(super) x: Option<String>,
    pub(super) y: Option<String>,
}

/// The keys that one algorithm of a provider may verify with.
pub(super) struct KeySet {
    algorithm: Algorithm,
    http: HttpClient,
    clock: Arc<dyn Clock>,
    limits: CallLimits,
    known: ArcSwap<Known>,
    /// When the next question may be asked. Held while one is, so that its answer serves all.
    not_before: Mutex<Timestamp>,
}

#[derive(Default)]
struct Known {
    keys: Vec<Key>,
    /// When they were asked for; absent before the first answer.
    at: Option<Timestamp>,
}

/// A key with the id that its provider gives it.
#[derive(Clone)]
pub(super) struct Key {
    id: Option<String>,
    pub(super) key: DecodingKey,
}

impl KeySet {
    pub(super) fn new(
        algorithm: Algorithm,
        http: HttpClient,
        clock: Arc<dyn Clock>,
        limits: CallLimits,
    ) -> KeySet {
        KeySet {
            algorithm,
            http,
            clock,
            limits,
            known: ArcSwap::default(),
            not_before: Mutex::new(Timestamp::MIN),
        }
    }

    /// The keys that may have signed a token whose header names `id`: those of that id, or all of
    /// them for a token that names none. None when the provider does not publish such a key.
    ///
    /// # Errors
    ///
    /// [`HttpError`] when the provider has not given its keys for a day, or never.
    pub(super) async fn find(
        &self,
        url: &Url,
        id: Option<&str>,
    ) -> Result<Vec<Key>, Option<Arc<HttpError>>> {
        let now = self.clock.now();
        let known = self.known.load_full();
        let found = known.of(id);
        if !found.is_empty() && known.is_younger_than(FRESH, now) {
            return Ok(found);
        }
        let failure = self.ask(url, &known).await.err();
        let known = self.known.load();
        if known.is_younger_than(BELIEVED, now) {
            return Ok(known.of(id));
        }
        Err(failure)
    }

    /// Asks for the keys, unless somebody just did.
    async fn ask(&self, url: &Url, seen: &Arc<Known>) -> Result<(), Arc<HttpError>> {
        let mut not_before = self.not_before.lock().await;
        let now = self.clock.now();
        let is_answered = !Arc::ptr_eq(seen, &self.known.load());
        if is_answered || now < *not_before {
            return Ok(());
        }
        *not_before = now + PAUSE;
        let document: Document = self.http.get_json(url, None, self.limits).await?;
        let keys = document.keys.into_iter().take(MAX_KEYS);
        // Keys of other kinds stand in the same list.
        let readable = keys.filter_map(|key| serde_json::from_value::<Jwk>(key).ok());
        let usable = readable.filter_map(|jwk| {
            let key = self.algorithm.key_of(&jwk)?;
            Some(Key { id: jwk.kid, key })
        });
        self.known.store(Arc::new(Known {
            keys: usable.collect(),
            at: Some(now),
        }));
        Ok(())
    }
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<Value>,
}

impl Known {
    fn of(&self, id: Option<&str>) -> Vec<Key> {
        let is_it = |key: &&Key| id.is_none() || key.id.is_none() || key.id.as_deref() == id;
        self.keys.iter().filter(is_it).cloned().collect()
    }

    fn is_younger_than(&self, age: SignedDuration, now: Timestamp) -> bool {
        self.at.is_some_and(|at| now.duration_since(at) < age)
    }
}
