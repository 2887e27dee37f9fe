//! What is measured about the database.

use super::Freshness;
use crate::app::Core;
use callboard_store::Feed;
use prometheus::{Gauge, IntGauge};

/// The gauges of the database, brought up to date before each scrape.
pub(crate) struct DatabaseMetrics {
    feed: Feed,
    freshness: Freshness,
    up: IntGauge,
    age: Gauge,
    revision: IntGauge,
}

impl DatabaseMetrics {
    /// Registers the gauges.
    ///
    /// # Errors
    ///
    /// When one of their names is taken.
    pub(crate) fn new(core: &Core) -> Result<DatabaseMetrics, prometheus::Error> {
        let up = IntGauge::new(
            "database_up",
            "1 when the database answers, 0 when the hub answers from memory alone",
        )?;
        let age = Gauge::new(
            "database_feed_age_seconds",
            "how long ago the hub last knew all that was written to the database",
        )?;
        let revision = IntGauge::new(
            "database_feed_revision",
            "the newest change of the database that the hub knows of",
        )?;
        for gauge in [&up, &revision] {
            core.metrics.register(Box::new(gauge.clone()))?;
        }
        core.metrics.register(Box::new(age.clone()))?;
        Ok(DatabaseMetrics {
            feed: core.store.feed().clone(),
            freshness: Freshness::of(core),
            up,
            age,
            revision,
        })
    }

    /// Sets the gauges to what is so now.
    pub(crate) fn update(&self) {
        self.up.set(self.freshness.is_fresh().into());
        self.age.set(self.freshness.age().as_secs_f64());
        self.revision.set(self.feed.subscribe().borrow().number());
    }
}
