//! When and from where a token was last used, to the minute.

use crate::auth::store::time;
use jiff::Timestamp;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How long after a use the next ones are not noted, in milliseconds.
const GRAIN: i64 = 60_000;

/// Stands for a token that was never used.
const NEVER: i64 = i64::MIN;

/// The last use of a token. Noting one costs a comparison, but for the first of a minute.
#[derive(Debug)]
pub(crate) struct Usage {
    /// In milliseconds since 1970.
    at: AtomicI64,
    from: Mutex<Option<String>>,
    /// Whether it differs from what is stored.
    is_news: AtomicBool,
}

/// A use of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Use {
    /// When.
    pub(crate) at: Timestamp,
    /// The address that the request came from; absent where there was none.
    pub(crate) from: Option<String>,
}

impl Usage {
    /// What is stored of it.
    pub(super) fn new(at: Option<i64>, from: Option<String>) -> Usage {
        Usage {
            at: AtomicI64::new(at.unwrap_or(NEVER)),
            from: Mutex::new(from),
            is_news: AtomicBool::new(false),
        }
    }

    /// The last use that is known; `None` before the first one.
    pub(crate) fn last(&self) -> Option<Use> {
        let from = self.from().clone();
        let at = self.at.load(Ordering::Acquire);
        (at != NEVER).then(|| Use { at: time(at), from })
    }

    /// Notes a use at `now`.
    pub(super) fn note(&self, now: Timestamp, address: Option<IpAddr>) {
        let now = now.as_millisecond();
        if now.saturating_sub(self.at.load(Ordering::Acquire)) < GRAIN {
            return;
        }
        let mut from = self.from();
        *from = address.map(|address| address.to_string());
        self.at.store(now, Ordering::Release);
        self.is_news.store(true, Ordering::Release);
    }

    /// The last use, when it is not stored yet; from then on it counts as stored.
    pub(super) fn take_news(&self) -> Option<Use> {
        let is_news = self.is_news.swap(false, Ordering::AcqRel);
        if is_news { self.last() } else { None }
    }

    /// Says that what was taken was not stored after all.
    pub(super) fn give_back(&self) {
        self.is_news.store(true, Ordering::Release);
    }

    /// Takes over a use that another hub has stored, when it is later.
    pub(super) fn learn(&self, at: i64, address: Option<String>) {
        let mut from = self.from();
        if at > self.at.load(Ordering::Acquire) {
            *from = address;
            self.at.store(at, Ordering::Release);
            self.is_news.store(false, Ordering::Release);
        }
    }

    fn from(&self) -> MutexGuard<'_, Option<String>> {
        // What it guards is one value: a panic elsewhere leaves it whole.
        self.from.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    #[test]
    fn the_first_use_of_a_minute_is_noted() {
        let usage = Usage::new(None, None);
        let home = Some(IpAddr::from([127, 0, 0, 1]));
        assert_eq!(usage.last(), None);

        usage.note(at(1_000), home);
        usage.note(at(1_059), None);

        let first = Use {
            at: at(1_000),
            from: Some("127.0.0.1".to_owned()),
        };
        assert_eq!(usage.take_news(), Some(first.clone()));
        assert_eq!(usage.take_news(), None);
        assert_eq!(usage.last(), Some(first));
        usage.note(at(1_060), None);
        assert_eq!(usage.last().unwrap().at, at(1_060));
    }

    #[test]
    fn the_later_use_of_two_hubs_is_kept() {
        let usage = Usage::new(Some(5_000), None);

        usage.learn(4_000, Some("10.0.0.1".to_owned()));
        assert_eq!(usage.last().unwrap().from, None);
        usage.learn(6_000, Some("10.0.0.1".to_owned()));

        assert_eq!(usage.last().unwrap().from.as_deref(), Some("10.0.0.1"));
        assert_eq!(usage.take_news(), None);
    }
}
