//! How old what the hub knows may be.

use crate::app::Core;
use crate::clock::Clock;
use callboard_store::Feed;
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;

/// How old what the hub knows may be: as old as the last answer of its database.
///
/// A hub that has lost its database goes on answering from memory. It says so at readiness and
/// in `/metrics`, since what other hubs write meanwhile is not seen.
#[derive(Clone)]
pub struct Freshness {
    feed: Feed,
    clock: Arc<dyn Clock>,
}

impl Freshness {
    /// That of a hub with this ground.
    pub fn of(core: &Core) -> Freshness {
        Freshness {
            feed: core.store.feed().clone(),
            clock: core.clock.clone(),
        }
    }

    /// Since when nothing new is known; `None` while the database answers.
    pub fn stale_since(&self) -> Option<Timestamp> {
        let is_lost = self.feed.contact().is_lost;
        is_lost.then(|| self.clock.now() - self.age())
    }

    /// How long ago the database last answered; zero where nobody else writes to it.
    pub fn age(&self) -> Duration {
        let seen = self.feed.contact().seen;
        seen.map(|seen| seen.elapsed()).unwrap_or_default()
    }

    /// Whether the database answers.
    pub fn is_fresh(&self) -> bool {
        !self.feed.contact().is_lost
    }
}
