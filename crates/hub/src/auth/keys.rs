//! The signing keys of the hub: rotation, publication, and finding a key by its id.

use super::key::{Jwk, Key};
use super::store;
use crate::clock::Clock;
use arc_swap::ArcSwap;
use callboard_store::{Store, StoreError};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use smol_str::SmolStr;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::Mutex;

/// How often an unknown key id may send us to the database.
const RELOAD_PAUSE: SignedDuration = SignedDuration::from_secs(1);

/// The keys, in memory as they are in their store.
///
/// Any process with the database may add one (`callboard token` does), so an id that is not known
/// here is looked for there, once a second at most.
pub(super) struct Keys {
    owner: Owner,
    store: KeyStore,
    clock: Arc<dyn Clock>,
    lifetime: Duration,
    set: ArcSwap<KeySet>,
    /// When an unknown id last led to a reload. Held while the database is asked, so that one
    /// question answers everybody who waits.
    asked: Mutex<Option<Timestamp>>,
    /// How many loads have begun.
    loads: AtomicU64,
}

/// Where keys outlive the process that made them, if they do.
#[derive(Debug, Clone)]
pub(super) enum KeyStore {
    /// In the database: every replica has them, and so has the hub after a restart.
    Database(Store),
    /// Nowhere: tokens end with the process, and no other one believes them.
    Memory,
    /// In files that an administrator wrote: the first signs, and none is ever replaced.
    Files(Arc<[Arc<Key>]>),
}

/// Whose tokens a key signs. No key verifies the tokens of another owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    /// Users sign in.
    Users,
    /// A plugin of this hub asks another one.
    Plugin(&'static str),
}

impl Owner {
    /// The owner as it is stored.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Owner::Users => "",
            Owner::Plugin(id) => id,
        }
    }
}

/// Keys that verify, the one that signs longest first.
#[derive(Debug, Default)]
struct KeySet {
    keys: Vec<Arc<Key>>,
    by_id: HashMap<SmolStr, Arc<Key>>,
}

impl KeySet {
    fn new(keys: Vec<Arc<Key>>) -> KeySet {
        let by_id = keys
            .iter()
            .map(|key| (key.id.clone(), key.clone()))
            .collect();
        KeySet { keys, by_id }
    }

    fn signing(&self, now: Timestamp) -> Option<&Arc<Key>> {
        self.keys.iter().find(|key| key.signs_at(now))
    }
}

impl Keys {
    /// The keys of `owner` in `store`, nothing loaded from a database yet; each signs for one token `lifetime`.
    pub(super) fn new(
        owner: Owner,
        store: KeyStore,
        clock: Arc<dyn Clock>,
        lifetime: Duration,
    ) -> Keys {
        let (asked, loads) = (Mutex::new(None), AtomicU64::new(0));
        let set = match &store {
            KeyStore::Files(keys) => KeySet::new(keys.to_vec()),
            KeyStore::Database(_) | KeyStore::Memory => KeySet::default(),
        };
        Keys {
            owner,
            store,
            clock,
            lifetime,
            set: ArcSwap::from_pointee(set),
            asked,
            loads,
        }
    }

    /// Whether other processes with the same configuration have the same keys.
    pub(super) fn are_shared(&self) -> bool {
        match self.store {
            KeyStore::Database(_) | KeyStore::Files(_) => true,
            KeyStore::Memory => false,
        }
    }

    /// Loads what other processes, or this one before a restart, have left.
    pub(super) async fn load(&self) -> Result<(), StoreError> {
        let _asked = self.asked.lock().await;
        self.load_locked().await
    }

    /// The key for a token that ends at `expires_at`: the present one, or a new one if there is
    /// none. It is published until then at least, before the token exists.
    pub(super) async fn signing(&self, expires_at: Timestamp) -> Result<Arc<Key>, StoreError> {
        let now = self.clock.now();
        let is_enough = |key: &&Arc<Key>| expires_at <= key.verifies_until;
        if let Some(key) = self.set.load().signing(now).filter(is_enough) {
            return Ok(key.clone());
        }
        let _asked = self.asked.lock().await;
        if let Some(key) = self.set.load().signing(now).filter(is_enough) {
            return Ok(key.clone());
        }
        let (set, id) = match &self.store {
            KeyStore::Database(store) => self.rotate_in(store, now, expires_at).await?,
            KeyStore::Memory => self.rotate_in_memory(now, expires_at),
            // They never end, so one that signs was found above.
            KeyStore::Files(_) => return Err(StoreError::NotFound),
        };
        let key = set.by_id.get(&id).cloned().ok_or(StoreError::NotFound)?;
        self.set.store(Arc::new(set));
        Ok(key)
    }

    async fn rotate_in(
        &self,
        store: &Store,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<(KeySet, SmolStr), StoreError> {
        // A transaction that writes keeps other processes out: two never make a key at once.
        let mut tx = store.begin().await?;
        let present = store::keys(&mut tx, self.owner, now)
            .await?
            .into_iter()
            .find(|key| key.signs_at(now));
        let id = match present {
            Some(key) => {
                store::extend_key(&mut tx, &key.id, expires_at).await?;
                key.id.clone()
            }
            None => {
                let key = Key::generate(now, self.lifetime);
                store::rotate_in(&mut tx, self.owner, &key, now).await?;
                store::extend_key(&mut tx, &key.id, expires_at).await?;
                key.id
            }
        };
        let set = KeySet::new(store::keys(&mut tx, self.owner, now).await?);
        tx.commit().await?;
        Ok((set, id))
    }

    /// A key that must be published for longer than the present one is a new one here.
    fn rotate_in_memory(&self, now: Timestamp, expires_at: Timestamp) -> (KeySet, SmolStr) {
        let mut key = Key::generate(now, self.lifetime);
        key.verifies_until = key.verifies_until.max(expires_at);
        let id = key.id.clone();
        let known = self.set.load();
        let old = known.keys.iter().filter(|key| key.verifies_at(now));
        let keys = std::iter::once(Arc::new(key)).chain(old.cloned());
        (KeySet::new(keys.collect()), id)
    }

    /// The key called `id`; `None` when there is none that verifies now.
    pub(super) async fn find(&self, id: &str) -> Result<Option<Arc<Key>>, StoreError> {
        let now = self.clock.now();
        if let Some(key) = self.known(id, now) {
            return Ok(Some(key));
        }
        let mut asked = self.asked.lock().await;
        let is_recent = asked.is_some_and(|at| now.duration_since(at) < RELOAD_PAUSE);
        if !is_recent {
            self.load_locked().await?;
            *asked = Some(now);
        }
        Ok(self.known(id, now))
    }

    /// The public halves for `jwks.json`, as new as the request.
    ///
    /// Without the database it is what was known last.
    pub(super) async fn published(&self) -> Jwks {
        let seen = self.loads.load(Ordering::Acquire);
        let asked = self.asked.lock().await;
        // A load that began after this request came has seen all that the request may ask for.
        if self.loads.load(Ordering::Acquire) == seen
            && let Err(error) = self.load_locked().await
        {
            tracing::warn!(plugin = "auth", %error, "signing keys are listed from memory");
        }
        drop(asked);
        let now = self.clock.now();
        let set = self.set.load();
        Jwks {
            keys: set
                .keys
                .iter()
                .filter(|key| key.verifies_at(now))
                .map(|key| key.to_jwk())
                .collect(),
        }
    }

    fn known(&self, id: &str, now: Timestamp) -> Option<Arc<Key>> {
        self.set
            .load()
            .by_id
            .get(id)
            .filter(|key| key.verifies_at(now))
            .cloned()
    }

    async fn load_locked(&self) -> Result<(), StoreError> {
        self.loads.fetch_add(1, Ordering::AcqRel);
        let KeyStore::Database(store) = &self.store else {
            return Ok(());
        };
        let mut conn = store.read().await?;
        let keys = store::keys(&mut conn, self.owner, self.clock.now()).await?;
        self.set.store(Arc::new(KeySet::new(keys)));
        Ok(())
    }
}

/// The body of a `jwks.json`.
#[derive(Debug, Default, Serialize)]
pub(super) struct Jwks {
    pub(super) keys: Vec<Jwk>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::key::PrivateKey;
    use crate::auth::test::{ManualClock, store};

    const HOUR: Duration = Duration::from_secs(3600);

    fn keys(store: &Store, clock: &ManualClock) -> Keys {
        of(Owner::Users, store, clock)
    }

    fn of(owner: Owner, store: &Store, clock: &ManualClock) -> Keys {
        in_store(owner, KeyStore::Database(store.clone()), clock)
    }

    fn in_store(owner: Owner, store: KeyStore, clock: &ManualClock) -> Keys {
        Keys::new(owner, store, Arc::new(clock.clone()), HOUR)
    }

    async fn published_ids(keys: &Keys) -> Vec<SmolStr> {
        let listed = serde_json::to_value(keys.published().await).unwrap();
        listed["keys"]
            .as_array()
            .unwrap()
            .iter()
            .map(|key| key["kid"].as_str().unwrap().into())
            .collect()
    }

    #[tokio::test]
    async fn a_key_signs_for_one_lifetime_and_is_listed_for_three() {
        let (store, clock) = (store().await, ManualClock::default());
        let keys = keys(&store, &clock);

        let first = keys.signing(clock.now() + HOUR).await.unwrap();
        clock.advance(HOUR - Duration::from_secs(1));
        let same = keys.signing(clock.now() + HOUR).await.unwrap();
        clock.advance(Duration::from_secs(1));
        let second = keys.signing(clock.now() + HOUR).await.unwrap();

        assert_eq!(first.id, same.id);
        assert_ne!(first.id, second.id);
        assert_eq!(published_ids(&keys).await.len(), 2);
        clock.advance(2 * HOUR);
        assert_eq!(published_ids(&keys).await, [second.id.as_str()]);
    }

    #[tokio::test]
    async fn a_longer_token_keeps_its_key_published() {
        let (store, clock) = (store().await, ManualClock::default());
        let keys = keys(&store, &clock);
        let short = keys.signing(clock.now() + HOUR).await.unwrap();

        let long = keys.signing(clock.now() + 24 * HOUR).await.unwrap();

        assert_eq!(short.id, long.id);
        clock.advance(23 * HOUR);
        assert!(keys.find(&long.id).await.unwrap().is_some());
        assert_eq!(published_ids(&keys).await, [long.id.as_str()]);
        clock.advance(HOUR);
        assert!(keys.find(&long.id).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn a_restart_keeps_the_keys() {
        let (store, clock) = (store().await, ManualClock::default());
        let before = keys(&store, &clock)
            .signing(clock.now() + HOUR)
            .await
            .unwrap();

        let restarted = keys(&store, &clock);
        restarted.load().await.unwrap();

        assert!(restarted.find(&before.id).await.unwrap().is_some());
        assert_eq!(published_ids(&restarted).await, [before.id.as_str()]);
        assert_eq!(
            restarted.signing(clock.now() + HOUR).await.unwrap().id,
            before.id
        );
    }

    #[tokio::test]
    async fn a_key_of_another_process_is_found_at_once_and_listed() {
        let (store, clock) = (store().await, ManualClock::default());
        let (hub, tool) = (keys(&store, &clock), keys(&store, &clock));
        hub.load().await.unwrap();

        let key = tool.signing(clock.now() + HOUR).await.unwrap();

        assert!(hub.find(&key.id).await.unwrap().is_some());
        assert_eq!(published_ids(&hub).await, [key.id.as_str()]);
    }

    #[tokio::test]
    async fn unknown_ids_ask_the_database_once_a_second() {
        let (store, clock) = (store().await, ManualClock::default());
        let (hub, tool) = (keys(&store, &clock), keys(&store, &clock));
        assert!(hub.find("made-up").await.unwrap().is_none());

        let key = tool.signing(clock.now() + HOUR).await.unwrap();

        assert!(hub.find(&key.id).await.unwrap().is_none());
        clock.advance(Duration::from_secs(1));
        assert!(hub.find(&key.id).await.unwrap().is_some());
    }

    #[tokio::test]
    async fn each_owner_has_keys_of_its_own() {
        let (store, clock) = (store().await, ManualClock::default());
        let [users, catalog, permission] = [
            Owner::Users,
            Owner::Plugin("catalog"),
            Owner::Plugin("permission"),
        ]
        .map(|owner| of(owner, &store, &clock));

        let user = users.signing(clock.now() + HOUR).await.unwrap();
        let plugin = catalog.signing(clock.now() + HOUR).await.unwrap();

        assert_eq!(published_ids(&users).await, [user.id.as_str()]);
        assert_eq!(published_ids(&catalog).await, [plugin.id.as_str()]);
        assert!(published_ids(&permission).await.is_empty());
        assert!(users.find(&plugin.id).await.unwrap().is_none());
        assert!(catalog.find(&user.id).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn rotation_erases_the_private_half_of_the_old_key() {
        let (store, clock) = (store().await, ManualClock::default());
        let keys = keys(&store, &clock);
        let old = keys.signing(clock.now() + HOUR).await.unwrap();
        clock.advance(HOUR);

        keys.signing(clock.now() + HOUR).await.unwrap();

        let old = keys.find(&old.id).await.unwrap().unwrap();
        assert!(old.sign("anything").is_none());
    }

    #[tokio::test]
    async fn keys_in_memory_rotate_as_those_in_the_database_do() {
        let clock = ManualClock::default();
        let keys = in_store(Owner::Users, KeyStore::Memory, &clock);

        let first = keys.signing(clock.now() + HOUR).await.unwrap();
        let same = keys.signing(clock.now() + HOUR).await.unwrap();
        let long = keys.signing(clock.now() + 24 * HOUR).await.unwrap();
        clock.advance(HOUR);
        let next = keys.signing(clock.now() + HOUR).await.unwrap();

        assert_eq!(first.id, same.id);
        assert_ne!(next.id, long.id);
        assert_eq!(
            published_ids(&keys).await,
            [next.id.as_str(), long.id.as_str(), first.id.as_str()]
        );
        clock.advance(22 * HOUR);
        assert_eq!(published_ids(&keys).await, [long.id.as_str()]);
        assert!(!keys.are_shared());
    }

    #[tokio::test]
    async fn of_keys_in_files_the_first_signs_for_ever_and_all_are_published() {
        let clock = ManualClock::default();
        let made = || {
            Key::generate(clock.now(), HOUR)
                .to_private_pem()
                .unwrap()
                .unwrap()
        };
        let lasting = |id: &str| {
            let private = PrivateKey::p256_from_pem(made().expose()).unwrap();
            Key::lasting(id.into(), private)
        };
        let files = [lasting("first"), lasting("second").without_private()];
        let files = KeyStore::Files(files.into_iter().map(Arc::new).collect());
        let keys = in_store(Owner::Users, files, &clock);

        clock.advance(1000 * HOUR);

        let key = keys.signing(clock.now() + 24 * HOUR).await.unwrap();
        assert_eq!(key.id, "first");
        assert!(keys.find("second").await.unwrap().is_some());
        assert!(keys.find("third").await.unwrap().is_none());
        assert_eq!(published_ids(&keys).await, ["first", "second"]);
    }
}
