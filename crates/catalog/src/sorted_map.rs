//! A sorted map whose clones share all that they have in common.
//!
//! It is a B+ tree: entries lie side by side in leaves, so that most of what it occupies is the
//! entries themselves, and a change copies one leaf and the branches above it.

use std::{borrow::Borrow, ops::Bound, slice, sync::Arc};

/// How many entries a leaf has at most, and children a branch.
///
/// A change copies so many of each; the fewer they are, the more memory lies between them.
const FULL: usize = 64;
/// How much room a full leaf gets at a time: doubling would leave a third of all room unused.
const ROOM: usize = 8;

/// A sorted map; cloning copies a reference count.
#[derive(Clone, Debug)]
pub(crate) struct SortedMap<K, V> {
    root: Node<K, V>,
    len: usize,
}

#[derive(Clone, Debug)]
enum Node<K, V> {
    /// Entries in the order of their keys.
    Leaf(Arc<Vec<(K, V)>>),
    /// Children in the order of their keys, at least one.
    Branch(Arc<Vec<Child<K, V>>>),
}

#[derive(Clone, Debug)]
struct Child<K, V> {
    // INVARIANT: no key of the node is less, and all keys of the children before it are; of the
    // first child of a branch it says nothing.
    first: K,
    node: Node<K, V>,
}

impl<K: Ord + Clone, V: Clone> SortedMap<K, V> {
    /// A map of entries that are sorted and have different keys, without gaps.
    pub(crate) fn from_sorted(entries: impl IntoIterator<Item = (K, V)>) -> Self {
        let mut map = Self::default();
        for (key, value) in entries {
            map.insert(key, value);
        }
        map.root.shrink_last();
        map
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(crate) fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.get_key_value(key).map(|(_, value)| value)
    }

    pub(crate) fn get_key_value<Q: Ord + ?Sized>(&self, key: &Q) -> Option<(&K, &V)>
    where
        K: Borrow<Q>,
    {
        let mut node = &self.root;
        loop {
            match node {
                Node::Branch(children) => node = &children[child_of(children, key)].node,
                Node::Leaf(entries) => {
                    let at = place_of(entries, key).ok()?;
                    return entries.get(at).map(|(key, value)| (key, value));
                }
            }
        }
    }

    /// The value of a key, to be changed.
    pub(crate) fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        // What is not there is not worth a copy.
        self.get(key)?;
        let mut node = &mut self.root;
        loop {
            match node {
                Node::Branch(children) => {
                    let at = child_of(children, key);
                    node = &mut Arc::make_mut(children)[at].node;
                }
                Node::Leaf(entries) => {
                    let at = place_of(entries, key).ok()?;
                    return Arc::make_mut(entries).get_mut(at).map(|(_, value)| value);
                }
            }
        }
    }

    /// Puts an entry in, in place of the one with an equal key.
    pub(crate) fn insert(&mut self, key: K, value: V) {
        let Inserted { is_new, split } = self.root.insert(key, value);
        self.len += usize::from(is_new);
        if let Some(right) = split {
            let left = std::mem::replace(&mut self.root, Node::Leaf(Arc::default()));
            let left = Child {
                first: right.first.clone(),
                node: left,
            };
            self.root = Node::Branch(Arc::new(vec![left, right]));
        }
    }

    /// Takes the entry of a key out, if there is one.
    pub(crate) fn remove<Q: Ord + ?Sized>(&mut self, key: &Q)
    where
        K: Borrow<Q>,
    {
        if self.get(key).is_none() {
            return;
        }
        self.len -= 1;
        if self.root.remove(key) {
            self.root = Node::Leaf(Arc::default());
        }
        while let Node::Branch(children) = &self.root
            && let [only] = &children[..]
        {
            self.root = only.node.clone();
        }
    }

    /// All entries in order.
    pub(crate) fn iter(&self) -> Entries<'_, K, V> {
        self.rising::<K>(Bound::Unbounded)
    }

    /// The entries in order, from a key on.
    pub(crate) fn rising<Q: Ord + ?Sized>(&self, from: Bound<&Q>) -> Entries<'_, K, V>
    where
        K: Borrow<Q>,
    {
        let mut entries = Entries::new(Way::Rising);
        let mut node = &self.root;
        loop {
            match node {
                Node::Branch(children) => {
                    let at = key_of(from).map_or(0, |key| child_of(children, key));
                    entries.branches.push(children[at + 1..].iter());
                    node = &children[at].node;
                }
                Node::Leaf(leaf) => {
                    let at = leaf.partition_point(|(key, _)| match from {
                        Bound::Unbounded => false,
                        Bound::Included(from) => from.cmp(key.borrow()).is_gt(),
                        Bound::Excluded(from) => from.cmp(key.borrow()).is_ge(),
                    });
                    entries.leaf = leaf[at..].iter();
                    return entries;
                }
            }
        }
    }

    /// The entries from the last to the first, from a key on.
    pub(crate) fn falling<Q: Ord + ?Sized>(&self, from: Bound<&Q>) -> Entries<'_, K, V>
    where
        K: Borrow<Q>,
    {
        let mut entries = Entries::new(Way::Falling);
        let mut node = &self.root;
        loop {
            match node {
                Node::Branch(children) => {
                    let last = children.len() - 1;
                    let at = key_of(from).map_or(last, |key| child_of(children, key));
                    entries.branches.push(children[..at].iter());
                    node = &children[at].node;
                }
                Node::Leaf(leaf) => {
                    let end = leaf.partition_point(|(key, _)| match from {
                        Bound::Unbounded => true,
                        Bound::Included(from) => from.cmp(key.borrow()).is_ge(),
                        Bound::Excluded(from) => from.cmp(key.borrow()).is_gt(),
                    });
                    entries.leaf = leaf[..end].iter();
                    return entries;
                }
            }
        }
    }
}

impl<K, V> Default for SortedMap<K, V> {
    fn default() -> Self {
        Self {
            root: Node::Leaf(Arc::default()),
            len: 0,
        }
    }
}

/// The child in which a key is or would be; the first holds what is less than all that follow.
fn child_of<K: Borrow<Q>, V, Q: Ord + ?Sized>(children: &[Child<K, V>], key: &Q) -> usize {
    let following = children.get(1..).unwrap_or_default();
    following.partition_point(|child| key.cmp(child.first.borrow()).is_ge())
}

fn place_of<K: Borrow<Q>, V, Q: Ord + ?Sized>(leaf: &[(K, V)], key: &Q) -> Result<usize, usize> {
    leaf.binary_search_by(|(known, _)| key.cmp(known.borrow()).reverse())
}

fn key_of<Q: ?Sized>(bound: Bound<&Q>) -> Option<&Q> {
    match bound {
        Bound::Included(key) | Bound::Excluded(key) => Some(key),
        Bound::Unbounded => None,
    }
}

/// What came of an insertion below a node.
struct Inserted<K, V> {
    is_new: bool,
    /// What did not fit any more and belongs after the node.
    split: Option<Child<K, V>>,
}

impl<K: Ord + Clone, V: Clone> Node<K, V> {
    fn insert(&mut self, key: K, value: V) -> Inserted<K, V> {
        match self {
            Node::Leaf(entries) => {
                let entries = Arc::make_mut(entries);
                match place_of(entries, &key) {
                    Ok(at) => {
                        entries[at] = (key, value);
                        Inserted {
                            is_new: false,
                            split: None,
                        }
                    }
                    Err(at) => {
                        if entries.len() == entries.capacity() {
                            entries.reserve_exact(ROOM);
                        }
                        entries.insert(at, (key, value));
                        let split = split(entries, at).map(|right| Child {
                            first: right[0].0.clone(),
                            node: Node::Leaf(Arc::new(right)),
                        });
                        Inserted {
                            is_new: true,
                            split,
                        }
                    }
                }
            }
            Node::Branch(children) => {
                let at = child_of(children, &key);
                let children = Arc::make_mut(children);
                let below = children[at].node.insert(key, value);
                let split = below.split.and_then(|right| {
                    children.insert(at + 1, right);
                    split(children, at + 1).map(|right| Child {
                        first: right[0].first.clone(),
                        node: Node::Branch(Arc::new(right)),
                    })
                });
                Inserted {
                    is_new: below.is_new,
                    split,
                }
            }
        }
    }

    /// Takes out the entry of a key, which is there; true when nothing is left.
    ///
    /// Nodes that have become small stay so: entities that go are soon followed by others.
    fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        match self {
            Node::Leaf(entries) => {
                if let Ok(at) = place_of(entries, key) {
                    Arc::make_mut(entries).remove(at);
                }
                entries.is_empty()
            }
            Node::Branch(children) => {
                let at = child_of(children, key);
                let children = Arc::make_mut(children);
                if children[at].node.remove(key) {
                    children.remove(at);
                }
                children.is_empty()
            }
        }
    }

    /// Gives back the room that the last leaf has to spare.
    fn shrink_last(&mut self) {
        match self {
            Node::Leaf(entries) => Arc::make_mut(entries).shrink_to_fit(),
            Node::Branch(children) => {
                if let Some(last) = Arc::make_mut(children).last_mut() {
                    last.node.shrink_last();
                }
            }
        }
    }
}

/// Takes the end off a list that has become too long by an item at `at`.
///
/// What grows at its end is on its way up, and is left full.
fn split<T>(list: &mut Vec<T>, at: usize) -> Option<Vec<T>> {
    if list.len() <= FULL {
        return None;
    }
    let is_appended = at + 1 == list.len();
    let right = list.split_off(if is_appended { FULL } else { FULL / 2 });
    list.shrink_to_fit();
    Some(right)
}

/// Which way entries are given.
#[derive(Clone, Copy, Debug)]
enum Way {
    Rising,
    Falling,
}

/// Entries of a map one after the other.
pub(crate) struct Entries<'a, K, V> {
    way: Way,
    leaf: slice::Iter<'a, (K, V)>,
    /// What is left of the branches above the leaf, the nearest last.
    branches: Vec<slice::Iter<'a, Child<K, V>>>,
}

impl<'a, K, V> Entries<'a, K, V> {
    fn new(way: Way) -> Self {
        Self {
            way,
            leaf: slice::Iter::default(),
            branches: Vec::new(),
        }
    }

    /// Goes to the next leaf; false when there is none.
    fn advance(&mut self) -> bool {
        let next = loop {
            let Some(branch) = self.branches.last_mut() else {
                return false;
            };
            match take(branch, self.way) {
                Some(child) => break child,
                None => drop(self.branches.pop()),
            }
        };
        let mut node = &next.node;
        loop {
            match node {
                Node::Leaf(entries) => {
                    self.leaf = entries.iter();
                    return true;
                }
                Node::Branch(children) => {
                    let mut children = children.iter();
                    // INVARIANT: no branch is empty.
                    let Some(child) = take(&mut children, self.way) else {
                        return false;
                    };
                    self.branches.push(children);
                    node = &child.node;
                }
            }
        }
    }
}

fn take<'a, T>(items: &mut slice::Iter<'a, T>, way: Way) -> Option<&'a T> {
    match way {
        Way::Rising => items.next(),
        Way::Falling => items.next_back(),
    }
}

impl<'a, K, V> Iterator for Entries<'a, K, V> {
    type Item = (&'a K, &'a V);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some((key, value)) = take(&mut self.leaf, self.way) {
                return Some((key, value));
            }
            if !self.advance() {
                return None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    #[derive(Clone, Debug)]
    enum Edit {
        Insert(u16, u8),
        Change(u16, u8),
        Remove(u16),
    }

    fn edit() -> impl Strategy<Value = Edit> {
        prop_oneof![
            3 => (0..2_000_u16, any::<u8>()).prop_map(|(key, value)| Edit::Insert(key, value)),
            1 => (0..2_000_u16, any::<u8>()).prop_map(|(key, value)| Edit::Change(key, value)),
            2 => (0..2_000_u16).prop_map(Edit::Remove),
        ]
    }

    fn contents(map: &SortedMap<u16, u8>) -> Vec<(u16, u8)> {
        map.iter().map(|(key, value)| (*key, *value)).collect()
    }

    proptest! {
        #[test]
        fn it_is_a_sorted_map(
            start in 0..1_500_u16,
            edits in proptest::collection::vec(edit(), 0..3_000),
            from in 0..2_000_u16,
        ) {
            let mut model: BTreeMap<u16, u8> = (0..start).map(|key| (key, 0)).collect();
            let built = SortedMap::from_sorted(model.clone());
            let before = model.clone();
            let mut map = built.clone();

            for edit in edits {
                match edit {
                    Edit::Insert(key, value) => {
                        map.insert(key, value);
                        model.insert(key, value);
                    }
                    Edit::Change(key, value) => {
                        if let Some(known) = map.get_mut(&key) {
                            *known = value;
                        }
                        model.entry(key).and_modify(|known| *known = value);
                    }
                    Edit::Remove(key) => {
                        map.remove(&key);
                        model.remove(&key);
                    }
                }
            }

            let pairs = |entries: Entries<'_, u16, u8>| -> Vec<(u16, u8)> {
                entries.map(|(key, value)| (*key, *value)).collect()
            };
            let expected: Vec<(u16, u8)> = model.clone().into_iter().collect();
            prop_assert_eq!((map.len(), map.is_empty()), (model.len(), model.is_empty()));
            prop_assert_eq!(contents(&map), expected);
            prop_assert_eq!(contents(&built), before.into_iter().collect::<Vec<_>>());
            prop_assert_eq!(map.get(&from), model.get(&from));
            for bound in [Bound::Included(from), Bound::Excluded(from), Bound::Unbounded] {
                let rising = model.range((bound, Bound::Unbounded)).map(|(key, value)| (*key, *value));
                prop_assert_eq!(pairs(map.rising(bound.as_ref())), rising.collect::<Vec<_>>());
                let falling = model.range((Bound::Unbounded, bound)).rev().map(|(key, value)| (*key, *value));
                prop_assert_eq!(pairs(map.falling(bound.as_ref())), falling.collect::<Vec<_>>());
            }
        }
    }
}
