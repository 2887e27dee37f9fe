//! Numbers that look random and come again with the same seed.

use std::hash::{BuildHasher, RandomState};

/// SplitMix64: enough to choose writes and moments.
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A generator of its own for somebody else.
    pub(crate) fn fork(&mut self) -> Random {
        Random(self.next())
    }

    /// A number below `limit`, which is not zero.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// Some of the items, in their order; at least one, unless there is none.
    pub(crate) fn some<T: Clone>(&mut self, items: &[T]) -> Vec<T> {
        if items.is_empty() {
            return Vec::new();
        }
        let sure = self.below(items.len() as u64) as usize;
        let mut chosen = |(place, item): (usize, &T)| {
            (place == sure || self.below(3) == 0).then(|| item.clone())
        };
        items.iter().enumerate().filter_map(&mut chosen).collect()
    }
}

/// A seed that nobody knows beforehand.
pub(crate) fn seed() -> u64 {
    RandomState::new().hash_one("crash") >> 16
}
