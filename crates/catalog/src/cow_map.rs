//! A hash map in shards that are copied only when they change.

use std::{
    borrow::Borrow,
    hash::{BuildHasher, Hash},
    sync::Arc,
};

use hashbrown::{DefaultHashBuilder, HashMap};

/// The number of shards: enough that one holds few keys, few enough to copy the list of them.
const SHARDS: usize = 256;

type Shard<K, V> = Arc<HashMap<K, V>>;

/// A hash map whose clone is cheap and shares all entries until one of the two changes.
#[derive(Clone, Debug)]
pub(crate) struct CowMap<K, V> {
    shards: Arc<[Shard<K, V>]>,
    hasher: DefaultHashBuilder,
}

impl<K: Eq + Hash + Clone, V: Clone> CowMap<K, V> {
    pub(crate) fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.shards[self.shard_of(key)].get(key)
    }

    /// All entries, in no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.shards.iter().flat_map(|shard| shard.iter())
    }

    /// The value of a key, to be changed; a default one is put in when there is none.
    pub(crate) fn get_mut_or_default(&mut self, key: &K) -> &mut V
    where
        V: Default,
    {
        self.shard_mut(key).entry_ref(key).or_default()
    }

    pub(crate) fn insert(&mut self, key: K, value: V) {
        self.shard_mut(&key).insert(key, value);
    }

    pub(crate) fn remove<Q: Eq + Hash + ?Sized>(&mut self, key: &Q)
    where
        K: Borrow<Q>,
    {
        self.shard_mut(key).remove(key);
    }

    fn shard_of<Q: Hash + ?Sized>(&self, key: &Q) -> usize {
        self.hasher.hash_one(key) as usize % SHARDS
    }

    fn shard_mut<Q: Hash + ?Sized>(&mut self, key: &Q) -> &mut HashMap<K, V> {
        let shard = self.shard_of(key);
        Arc::make_mut(&mut Arc::make_mut(&mut self.shards)[shard])
    }
}

impl<K, V> Default for CowMap<K, V> {
    fn default() -> Self {
        let empty = Shard::default();
        Self {
            shards: (0..SHARDS).map(|_| empty.clone()).collect(),
            hasher: DefaultHashBuilder::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_clone_leaves_the_original_alone() {
        let mut map = CowMap::<String, u32>::default();
        (0..1000).for_each(|n| map.insert(n.to_string(), n));
        let mut changed = map.clone();

        *changed.get_mut_or_default(&"7".into()) += 100;
        changed.remove("8");
        *changed.get_mut_or_default(&"new".into()) += 1;

        assert_eq!(
            (map.get("7"), map.get("8"), map.get("new")),
            (Some(&7), Some(&8), None)
        );
        assert_eq!(
            (changed.get("7"), changed.get("8"), changed.get("new")),
            (Some(&107), None, Some(&1))
        );
    }

    #[test]
    fn untouched_shards_are_shared() {
        let mut map = CowMap::<u32, u32>::default();
        (0..1000).for_each(|n| map.insert(n, n));
        let mut changed = map.clone();

        changed.insert(3, 4);

        let shared = map
            .shards
            .iter()
            .zip(&*changed.shards)
            .filter(|(a, b)| Arc::ptr_eq(a, b))
            .count();
        assert_eq!(shared, SHARDS - 1);
    }
}
