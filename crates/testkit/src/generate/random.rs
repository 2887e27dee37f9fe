//! Numbers that look random and are not.

/// A sequence of numbers that depends on its beginning only (splitmix64).
#[derive(Debug)]
pub(super) struct Random(u64);

/// Spreads the bits of a number over all of it.
pub(super) fn mixed(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Random {
    /// The sequence of one thing; `stream` tells the sequences of one thing apart.
    pub(super) fn of(stream: u64, index: usize) -> Random {
        Random(mixed(mixed(stream) ^ index as u64))
    }

    /// A number below `bound`, which is not 0.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        (mixed(self.0) % bound as u64) as usize
    }

    /// A number below `bound`; 0 is the likeliest, twice the average.
    pub(super) fn skewed(&mut self, bound: usize) -> usize {
        self.below(bound).min(self.below(bound))
    }

    /// Whether something happens that happens `percent` times of a hundred.
    pub(super) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of some, each as likely as the others.
    pub(super) fn pick<T: Copy>(&mut self, some: &[T]) -> T {
        some[self.below(some.len())]
    }
}
