//! Follows what other processes write, and whether the database answers at all.

use super::NOTIFICATIONS;
use crate::app::App;
use crate::task::Shutdown;
use callboard_store::Feed;
use std::time::Duration;

/// How long a write of another process may stay unseen where nobody tells of it, such as on
/// SQLite, or when a notification was lost.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// The same where notifications are turned off.
const ASK_EVERY: Duration = Duration::from_millis(40);

/// How long to wait before the database is asked again that did not answer.
const RETRY_EVERY: Duration = Duration::from_millis(500);

/// Wakes the followers of the change feed when another process has written, until the hub stops.
///
/// A database in memory has no other processes.
pub(crate) async fn watch_feed(app: App, mut shutdown: Shutdown) {
    let core = app.core();
    if core.store.is_in_memory() {
        return;
    }
    let every = match core.config.optional_boolean(NOTIFICATIONS) {
        Ok(Some(false)) => ASK_EVERY,
        // What is no boolean has ended the start.
        _ => LOOK_EVERY,
    };
    let feed = core.store.feed();
    tokio::select! {
        () = watch(feed, every) => {}
        () = tell_returns(feed) => {}
        () = shutdown.signalled() => {}
    }
}

async fn watch(feed: &Feed, every: Duration) {
    let mut told = None;
    loop {
        let Err(error) = feed.watch(every).await;
        let loss = Some(feed.contact().returns);
        if told != loss {
            let error: &dyn std::error::Error = &error;
            tracing::warn!(
                plugin = "hub",
                error,
                "the database does not answer: reads and decisions go on from memory, what other \
                 processes write is not seen, and nothing can be written"
            );
            told = loss;
        }
        tokio::time::sleep(RETRY_EVERY).await;
    }
}

async fn tell_returns(feed: &Feed) {
    let mut contact = feed.contacts();
    // The store outlives its watch, so the channel does not close.
    while contact.wait_for(|contact| contact.is_lost).await.is_ok()
        && contact.wait_for(|contact| !contact.is_lost).await.is_ok()
    {
        tracing::info!(plugin = "hub", "the database answers again");
    }
}
