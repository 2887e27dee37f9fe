//! How often something may be tried.

use moka::sync::Cache;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// How many are counted at a time.
const MAX_COUNTED: u64 = 10_000;

/// Counts what somebody tries, and forgets it after a while.
pub(super) struct Attempts {
    most: u32,
    counts: Cache<String, Arc<AtomicU32>>,
}

impl Attempts {
    /// Lets `most` attempts happen in `window`, from the first one on.
    pub(super) fn new(most: u32, window: Duration) -> Attempts {
        Attempts {
            most,
            counts: Cache::builder()
                .max_capacity(MAX_COUNTED)
                .time_to_live(window)
                .build(),
        }
    }

    /// Whether `who` may try again.
    pub(super) fn is_left(&self, who: &str) -> bool {
        let count = self.counts.get(who);
        count.is_none_or(|count| count.load(Ordering::Acquire) < self.most)
    }

    /// Counts an attempt of `who`.
    pub(super) fn count(&self, who: &str) {
        let count = self.counts.get_with(who.to_owned(), Arc::default);
        count.fetch_add(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_their_own_attempts() {
        let attempts = Attempts::new(2, Duration::from_secs(600));

        for _ in 0..2 {
            assert!(attempts.is_left("alice"));
            attempts.count("alice");
        }

        assert!(!attempts.is_left("alice"));
        assert!(attempts.is_left("ben"));
    }
}
