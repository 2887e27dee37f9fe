//! A sorted list whose clones share all that they have in common.
//!
//! It is a B+ tree: items lie side by side in leaves, so that most of what it occupies is the
//! items themselves, and a change copies one leaf and the branches above it.

use std::{borrow::Cow, cmp::Ordering, ops::Bound, slice, sync::Arc};

use smol_str::SmolStr;

/// How many items a leaf has at most, and children a branch.
///
/// A change copies so many of each; the fewer they are, the more memory lies between them.
const FULL: usize = 64;
/// How many items that belong into one leaf are many.
const MANY: usize = 3;
/// How much room a full leaf gets at a time: doubling would leave a third of all room unused.
const ROOM: usize = 8;

/// Reads the texts by which items are sorted, which need not be in the items themselves.
pub(crate) trait Reader<T> {
    /// How the text of an item compares to another one.
    fn compare(&self, item: &T, text: &str) -> Ordering;

    /// The [`beginning`] of the text of an item.
    fn beginning(&self, item: &T) -> u64;

    /// The text of an item, to be kept.
    fn text(&self, item: &T) -> SmolStr;
}

/// The first eight bytes of a text as a number that is ordered as texts are: most differ there, and
/// need not be looked for in memory again.
pub(crate) fn beginning(text: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    let len = text.len().min(bytes.len());
    bytes[..len].copy_from_slice(&text[..len]);
    u64::from_be_bytes(bytes)
}

/// Items sorted by their texts, all of which differ; cloning copies a reference count.
///
/// Whoever asks brings the [`Reader`] along, which reads for each item what it read when the item
/// was put in.
#[derive(Clone, Debug)]
pub(crate) struct SortedList<T> {
    root: Node<T>,
    len: usize,
}

#[derive(Clone, Debug)]
enum Node<T> {
    /// Items in their order.
    Leaf(Arc<Vec<T>>),
    /// Children in the order of their items, at least one.
    Branch(Arc<Vec<Child<T>>>),
}

#[derive(Clone, Debug)]
struct Child<T> {
    // INVARIANT: no text of the node is less, and all texts of the children before it are; of the
    // first child of a branch it says nothing.
    first: SmolStr,
    node: Node<T>,
}

impl<T: Clone> SortedList<T> {
    /// A list of items that are sorted and have different texts, without gaps.
    pub(crate) fn from_sorted(items: Vec<T>, reader: &impl Reader<T>) -> Self {
        let len = items.len();
        let leaves = in_portions(items, FULL).map(|leaf| Child::leaf(leaf, reader));
        Self {
            root: Node::above(leaves.collect()),
            len,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The item with a text.
    pub(crate) fn get(&self, reader: &impl Reader<T>, text: &str) -> Option<&T> {
        let mut node = &self.root;
        loop {
            match node {
                Node::Branch(children) => node = &children[child_of(children, text)].node,
                Node::Leaf(items) => return items.get(place_of(items, reader, text).ok()?),
            }
        }
    }

    /// The item with a text, to be changed into one with the same text.
    pub(crate) fn get_mut(&mut self, reader: &impl Reader<T>, text: &str) -> Option<&mut T> {
        // What is not there is not worth a copy.
        self.get(reader, text)?;
        let mut node = &mut self.root;
        loop {
            match node {
                Node::Branch(children) => {
                    let at = child_of(children, text);
                    node = &mut Arc::make_mut(children)[at].node;
                }
                Node::Leaf(items) => {
                    let at = place_of(items, reader, text).ok()?;
                    return Arc::make_mut(items).get_mut(at);
                }
            }
        }
    }

    /// Puts an item in, in place of the one with the same text.
    pub(crate) fn insert(&mut self, reader: &impl Reader<T>, text: &str, item: T) {
        let Inserted { is_new, split } = self.root.insert(reader, text, item);
        self.len += usize::from(is_new);
        if let Some(right) = split {
            let left = std::mem::replace(&mut self.root, Node::Leaf(Arc::default()));
            let left = Child {
                first: SmolStr::default(),
                node: left,
            };
            self.root = Node::Branch(Arc::new(vec![left, right]));
        }
    }

    /// Puts items in that are sorted and have different texts; what is there already is joined with
    /// the one of the same text.
    ///
    /// All items that belong into one leaf find their way there together.
    pub(crate) fn merge(
        &mut self,
        reader: &impl Reader<T>,
        items: &[(Cow<'_, str>, T)],
        join: &mut impl FnMut(&mut T, T),
    ) {
        if items.is_empty() {
            return;
        }
        let Merged { added, behind } = self.root.merge(reader, items, join);
        self.len += added;
        if !behind.is_empty() {
            let left = std::mem::replace(&mut self.root, Node::Leaf(Arc::default()));
            let mut level = vec![Child {
                first: SmolStr::default(),
                node: left,
            }];
            level.extend(behind);
            self.root = Node::above(level);
        }
    }

    /// Takes the item with a text out, if there is one.
    pub(crate) fn remove(&mut self, reader: &impl Reader<T>, text: &str) {
        if self.get(reader, text).is_none() {
            return;
        }
        self.len -= 1;
        if self.root.remove(reader, text) {
            self.root = Node::Leaf(Arc::default());
        }
        while let Node::Branch(children) = &self.root
            && let [only] = &children[..]
        {
            self.root = only.node.clone();
        }
    }

    /// All items in order.
    pub(crate) fn iter(&self) -> Items<'_, T> {
        let mut items = Items::new(Way::Rising);
        items.descend(&self.root);
        items
    }

    /// The items in order, from a text on.
    pub(crate) fn rising(&self, reader: &impl Reader<T>, from: Bound<&str>) -> Items<'_, T> {
        let mut items = Items::new(Way::Rising);
        let mut node = &self.root;
        loop {
            match node {
                Node::Branch(children) => {
                    let at = text_of(from).map_or(0, |text| child_of(children, text));
                    items.branches.push(children[at + 1..].iter());
                    node = &children[at].node;
                }
                Node::Leaf(leaf) => {
                    let at = leaf.partition_point(|item| match from {
                        Bound::Unbounded => false,
                        Bound::Included(from) => reader.compare(item, from).is_lt(),
                        Bound::Excluded(from) => reader.compare(item, from).is_le(),
                    });
                    items.leaf = leaf[at..].iter();
                    return items;
                }
            }
        }
    }

    /// The items from the last to the first, from a text on.
    pub(crate) fn falling(&self, reader: &impl Reader<T>, from: Bound<&str>) -> Items<'_, T> {
        let mut items = Items::new(Way::Falling);
        let mut node = &self.root;
        loop {
            match node {
                Node::Branch(children) => {
                    let last = children.len() - 1;
                    let at = text_of(from).map_or(last, |text| child_of(children, text));
                    items.branches.push(children[..at].iter());
                    node = &children[at].node;
                }
                Node::Leaf(leaf) => {
                    let end = leaf.partition_point(|item| match from {
                        Bound::Unbounded => true,
                        Bound::Included(from) => reader.compare(item, from).is_le(),
                        Bound::Excluded(from) => reader.compare(item, from).is_lt(),
                    });
                    items.leaf = leaf[..end].iter();
                    return items;
                }
            }
        }
    }
}

impl<T> Default for SortedList<T> {
    fn default() -> Self {
        Self {
            root: Node::Leaf(Arc::default()),
            len: 0,
        }
    }
}

/// Lists of so much of what there is, and one of the rest.
fn in_portions<T>(all: Vec<T>, size: usize) -> impl Iterator<Item = Vec<T>> {
    let mut rest = all.into_iter();
    std::iter::from_fn(move || {
        let portion: Vec<T> = rest.by_ref().take(size).collect();
        (!portion.is_empty()).then_some(portion)
    })
}

/// As few lists as can hold what there is, all about as long.
fn in_even_portions<T>(all: Vec<T>) -> impl Iterator<Item = Vec<T>> {
    let size = all.len().div_ceil(all.len().div_ceil(FULL).max(1)).max(1);
    in_portions(all, size)
}

/// A list with others put in, each in front of what stood at its place.
fn woven<T>(list: Vec<T>, others: impl IntoIterator<Item = (usize, T)>, count: usize) -> Vec<T> {
    let mut all = Vec::with_capacity(list.len() + count);
    let (mut list, mut passed) = (list.into_iter(), 0);
    for (at, other) in others {
        all.extend(list.by_ref().take(at - passed));
        all.push(other);
        passed = at;
    }
    all.extend(list);
    all
}

/// The child in which a text is or would be; the first holds what is less than all that follow.
fn child_of<T>(children: &[Child<T>], text: &str) -> usize {
    let following = children.get(1..).unwrap_or_default();
    following.partition_point(|child| child.first.as_str() <= text)
}

fn place_of<T>(leaf: &[T], reader: &impl Reader<T>, text: &str) -> Result<usize, usize> {
    leaf.binary_search_by(|item| reader.compare(item, text))
}

/// The place for which `compare` says that it is equal, or else where such a one would be, among so
/// many that are sorted.
fn search(len: usize, compare: impl Fn(usize) -> Ordering) -> Result<usize, usize> {
    let mut places = 0..len;
    while !places.is_empty() {
        let middle = places.start.midpoint(places.end);
        match compare(middle) {
            Ordering::Less => places.start = middle + 1,
            Ordering::Greater => places.end = middle,
            Ordering::Equal => return Ok(middle),
        }
    }
    Err(places.start)
}

fn text_of(bound: Bound<&str>) -> Option<&str> {
    match bound {
        Bound::Included(text) | Bound::Excluded(text) => Some(text),
        Bound::Unbounded => None,
    }
}

/// What came of an insertion below a node.
struct Inserted<T> {
    is_new: bool,
    /// What did not fit any more and belongs after the node.
    split: Option<Child<T>>,
}

/// What came of merging items into a node.
struct Merged<T> {
    added: usize,
    /// What did not fit any more and belongs after the node.
    behind: Vec<Child<T>>,
}

impl<T> Child<T> {
    fn leaf(items: Vec<T>, reader: &impl Reader<T>) -> Self {
        let first = items.first().map(|item| reader.text(item));
        Self {
            first: first.unwrap_or_default(),
            node: Node::Leaf(Arc::new(items)),
        }
    }

    /// Children, of which there is at least one.
    fn branch(children: Vec<Self>) -> Self {
        Self {
            first: children[0].first.clone(),
            node: Node::Branch(Arc::new(children)),
        }
    }
}

impl<T: Clone> Node<T> {
    /// The node that holds all nodes of a level.
    fn above(mut level: Vec<Child<T>>) -> Self {
        while level.len() > 1 {
            level = in_portions(level, FULL).map(Child::branch).collect();
        }
        let root = level.pop().map(|root| root.node);
        root.unwrap_or_else(|| Self::Leaf(Arc::default()))
    }

    /// As [`SortedList::merge`], of at least one item.
    fn merge(
        &mut self,
        reader: &impl Reader<T>,
        items: &[(Cow<'_, str>, T)],
        join: &mut impl FnMut(&mut T, T),
    ) -> Merged<T> {
        match self {
            Node::Leaf(leaf) => {
                let leaf = Arc::make_mut(leaf);
                // Texts lie all over the memory: to fetch those of a leaf one beside the other takes
                // less time than to fetch some one after the other.
                let is_worth_fetching = items.len() >= MANY;
                let fetched = is_worth_fetching.then(|| leaf.iter());
                let beginnings: Vec<u64> = fetched
                    .into_iter()
                    .flatten()
                    .map(|item| reader.beginning(item))
                    .collect();
                let mut new = Vec::new();
                for (text, item) in items {
                    let first = beginning(text.as_bytes());
                    let place = search(leaf.len(), |at| {
                        let by_beginning = beginnings.get(at).map(|known| known.cmp(&first));
                        let by_beginning = by_beginning.unwrap_or(Ordering::Equal);
                        by_beginning.then_with(|| reader.compare(&leaf[at], text))
                    });
                    match place {
                        Ok(at) => join(&mut leaf[at], item.clone()),
                        Err(at) => new.push((at, item.clone())),
                    }
                }
                let added = new.len();
                let mut behind = Vec::new();
                if added > 0 {
                    let all = woven(std::mem::take(leaf), new, added);
                    let mut portions = in_even_portions(all);
                    *leaf = portions.next().unwrap_or_default();
                    behind.extend(portions.map(|leaf| Child::leaf(leaf, reader)));
                }
                Merged { added, behind }
            }
            Node::Branch(children) => {
                let children = Arc::make_mut(children);
                let (mut added, mut new, mut ahead) = (0, Vec::new(), items);
                while let Some((text, _)) = ahead.first() {
                    let at = child_of(children, text);
                    let end = children.get(at + 1).map_or(ahead.len(), |next| {
                        ahead.partition_point(|(text, _)| **text < *next.first)
                    });
                    let (here, later) = ahead.split_at(end);
                    let merged = children[at].node.merge(reader, here, join);
                    added += merged.added;
                    new.extend(merged.behind.into_iter().map(|child| (at + 1, child)));
                    ahead = later;
                }
                let mut behind = Vec::new();
                if !new.is_empty() {
                    let count = new.len();
                    let all = woven(std::mem::take(children), new, count);
                    let mut portions = in_even_portions(all);
                    *children = portions.next().unwrap_or_default();
                    behind.extend(portions.map(Child::branch));
                }
                Merged { added, behind }
            }
        }
    }

    fn insert(&mut self, reader: &impl Reader<T>, text: &str, item: T) -> Inserted<T> {
        match self {
            Node::Leaf(items) => {
                let items = Arc::make_mut(items);
                match place_of(items, reader, text) {
                    Ok(at) => {
                        items[at] = item;
                        Inserted {
                            is_new: false,
                            split: None,
                        }
                    }
                    Err(at) => {
                        if items.len() == items.capacity() {
                            items.reserve_exact(ROOM);
                        }
                        items.insert(at, item);
                        let split = split(items, at).map(|right| Child {
                            first: reader.text(&right[0]),
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
                let at = child_of(children, text);
                let children = Arc::make_mut(children);
                let below = children[at].node.insert(reader, text, item);
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

    /// Takes out the item with a text, which is there; true when nothing is left.
    ///
    /// Nodes that have become small stay so: items that go are soon followed by others.
    fn remove(&mut self, reader: &impl Reader<T>, text: &str) -> bool {
        match self {
            Node::Leaf(items) => {
                if let Ok(at) = place_of(items, reader, text) {
                    Arc::make_mut(items).remove(at);
                }
                items.is_empty()
            }
            Node::Branch(children) => {
                let at = child_of(children, text);
                let children = Arc::make_mut(children);
                if children[at].node.remove(reader, text) {
                    children.remove(at);
                }
                children.is_empty()
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

/// Which way items are given.
#[derive(Clone, Copy, Debug)]
enum Way {
    Rising,
    Falling,
}

/// Items of a list one after the other.
pub(crate) struct Items<'a, T> {
    way: Way,
    leaf: slice::Iter<'a, T>,
    /// What is left of the branches above the leaf, the nearest last.
    branches: Vec<slice::Iter<'a, Child<T>>>,
}

impl<'a, T> Items<'a, T> {
    fn new(way: Way) -> Self {
        Self {
            way,
            leaf: slice::Iter::default(),
            branches: Vec::new(),
        }
    }

    /// Goes to the first leaf of a node.
    fn descend(&mut self, mut node: &'a Node<T>) {
        loop {
            match node {
                Node::Leaf(items) => {
                    self.leaf = items.iter();
                    return;
                }
                Node::Branch(children) => {
                    let mut children = children.iter();
                    // INVARIANT: no branch is empty.
                    let Some(child) = take(&mut children, self.way) else {
                        return;
                    };
                    self.branches.push(children);
                    node = &child.node;
                }
            }
        }
    }

    /// Goes to the next leaf; false when there is none.
    fn advance(&mut self) -> bool {
        loop {
            let Some(branch) = self.branches.last_mut() else {
                return false;
            };
            match take(branch, self.way) {
                Some(child) => {
                    self.descend(&child.node);
                    return true;
                }
                None => drop(self.branches.pop()),
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

impl<'a, T> Iterator for Items<'a, T> {
    type Item = &'a T;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(item) = take(&mut self.leaf, self.way) {
                return Some(item);
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
    use std::{collections::BTreeMap, sync::LazyLock};

    static TEXTS: LazyLock<Vec<String>> = LazyLock::new(|| {
        (0..2_000)
            .map(|number| format!("number{number:04}"))
            .collect()
    });

    fn text(number: u16) -> &'static str {
        &TEXTS[usize::from(number)]
    }

    /// Reads numbers whose texts stand elsewhere.
    struct Numbers;

    impl Reader<(u16, u8)> for Numbers {
        fn compare(&self, item: &(u16, u8), other: &str) -> Ordering {
            text(item.0).cmp(other)
        }

        fn beginning(&self, item: &(u16, u8)) -> u64 {
            beginning(text(item.0).as_bytes())
        }

        fn text(&self, item: &(u16, u8)) -> SmolStr {
            text(item.0).into()
        }
    }

    #[derive(Clone, Debug)]
    enum Edit {
        Insert(u16, u8),
        Change(u16, u8),
        Remove(u16),
        Merge(BTreeMap<u16, u8>),
    }

    fn merged(count: std::ops::Range<usize>) -> impl Strategy<Value = BTreeMap<u16, u8>> {
        proptest::collection::btree_map(0..2_000_u16, any::<u8>(), count)
    }

    fn edit() -> impl Strategy<Value = Edit> {
        prop_oneof![
            3 => (0..2_000_u16, any::<u8>()).prop_map(|(key, value)| Edit::Insert(key, value)),
            1 => (0..2_000_u16, any::<u8>()).prop_map(|(key, value)| Edit::Change(key, value)),
            2 => (0..2_000_u16).prop_map(Edit::Remove),
            1 => merged(0..5).prop_map(Edit::Merge),
        ]
    }

    proptest! {
        #[test]
        fn it_is_a_sorted_map(
            start in 0..1_500_u16,
            edits in proptest::collection::vec(edit(), 0..3_000),
            many in merged(0..1_500),
            from in 0..2_000_u16,
        ) {
            let mut model: BTreeMap<u16, u8> = (0..start).map(|key| (key, 0)).collect();
            let built = SortedList::from_sorted(model.clone().into_iter().collect(), &Numbers);
            let before: Vec<(u16, u8)> = model.clone().into_iter().collect();
            let mut list = built.clone();

            for edit in edits.into_iter().chain([Edit::Merge(many)]) {
                match edit {
                    Edit::Insert(key, value) => {
                        list.insert(&Numbers, text(key), (key, value));
                        model.insert(key, value);
                    }
                    Edit::Change(key, value) => {
                        if let Some(known) = list.get_mut(&Numbers, text(key)) {
                            known.1 = value;
                        }
                        model.entry(key).and_modify(|known| *known = value);
                    }
                    Edit::Remove(key) => {
                        list.remove(&Numbers, text(key));
                        model.remove(&key);
                    }
                    Edit::Merge(others) => {
                        let items = others.iter().map(|(key, value)| (text(*key).into(), (*key, *value)));
                        let items: Vec<(Cow<'_, str>, (u16, u8))> = items.collect();
                        list.merge(&Numbers, &items, &mut |known, other| {
                            known.1 = known.1.wrapping_add(other.1);
                        });
                        for (key, value) in others {
                            let known = model.entry(key).or_default();
                            *known = known.wrapping_add(value);
                        }
                    }
                }
            }

            let expected: Vec<(u16, u8)> = model.clone().into_iter().collect();
            prop_assert_eq!((list.len(), list.is_empty()), (model.len(), model.is_empty()));
            prop_assert_eq!(list.iter().copied().collect::<Vec<_>>(), expected);
            prop_assert_eq!(built.iter().copied().collect::<Vec<_>>(), before);
            prop_assert_eq!(list.get(&Numbers, text(from)).map(|item| item.1), model.get(&from).copied());
            for bound in [Bound::Included(from), Bound::Excluded(from), Bound::Unbounded] {
                let text_bound = bound.map(text);
                let pairs = |pair: (&u16, &u8)| (*pair.0, *pair.1);
                let rising = model.range((bound, Bound::Unbounded)).map(pairs);
                prop_assert_eq!(
                    list.rising(&Numbers, text_bound).copied().collect::<Vec<_>>(),
                    rising.collect::<Vec<_>>()
                );
                let falling = model.range((Bound::Unbounded, bound)).rev().map(pairs);
                prop_assert_eq!(
                    list.falling(&Numbers, text_bound).copied().collect::<Vec<_>>(),
                    falling.collect::<Vec<_>>()
                );
            }
        }
    }
}
