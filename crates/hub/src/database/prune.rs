//! Keeps the change feed from growing for ever.

use crate::app::App;
use crate::task::Shutdown;
use callboard_store::{Store, StoreError, feed};
use std::time::Duration;

/// How many changes a hub may have missed and still catch up line by line.
const KEEP: u32 = 100_000;

/// How many more may pile up before they are removed, so that it is seldom done.
const SLACK: u64 = 1_000;

/// How often it is looked.
const EVERY: Duration = Duration::from_secs(60);

/// Removes old lines of the feed, until the hub stops. Of several hubs whoever comes first does it.
pub(crate) async fn prune_feed(app: App, mut shutdown: Shutdown) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            () = shutdown.signalled() => return,
        }
        // That the database is away is said by whoever watches it.
        if let Err(error) = prune(&app.core().store, KEEP).await {
            let error: &dyn std::error::Error = &error;
            tracing::debug!(plugin = "hub", error, "the change feed was not pruned");
        }
    }
}

async fn prune(store: &Store, keep: u32) -> Result<u64, StoreError> {
    if store.feed().length().await? <= u64::from(keep) + SLACK {
        return Ok(0);
    }
    let mut tx = store.begin().await?;
    let removed = feed::prune(&mut tx, keep).await?;
    tx.commit().await?;
    Ok(removed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::test::store;

    async fn write(store: &Store, lines: u64) {
        let mut tx = store.begin().await.unwrap();
        for _ in 0..lines {
            feed::record(&mut tx, "thing", "a").await.unwrap();
        }
        tx.commit().await.unwrap();
    }

    #[tokio::test]
    async fn old_lines_go_when_there_are_enough_of_them() {
        let store = store().await;

        write(&store, SLACK + 10).await;
        assert_eq!(prune(&store, 10).await.unwrap(), 0);
        write(&store, 1).await;

        assert_eq!(prune(&store, 10).await.unwrap(), SLACK + 1);
        assert_eq!(store.feed().length().await.unwrap(), 10);
    }
}
