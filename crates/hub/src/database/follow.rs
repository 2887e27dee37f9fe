//! Follows the change feed for a feature that keeps in memory what is stored.

use super::Progress;
use crate::app::App;
use crate::task::Shutdown;
use callboard_store::{Changes, Feed, Revision, StoreError};
use std::future::Future;
use std::time::Duration;

/// How many lines of the feed are looked at together.
const LINES: u32 = 500;

/// How long to wait before what failed is tried again.
const PAUSE: Duration = Duration::from_secs(1);

/// Brings what is kept in memory up to date whenever another process has written, until the hub
/// stops.
///
/// `catch_up` is given the revision up to which everything is known, and gives the one up to which
/// it is then; [`news`] says what lies between. It is called once at the beginning, and again when
/// the database was away and is back.
pub(crate) async fn follow<F, Fut>(
    app: &App,
    progress: &Progress,
    mut seen: Revision,
    mut shutdown: Shutdown,
    catch_up: F,
) where
    F: Fn(App, Revision) -> Fut,
    Fut: Future<Output = Result<Revision, StoreError>>,
{
    let feed = app.core().store.feed();
    let what = progress.what;
    let mut follower = feed.follower();
    loop {
        let pause = match catch_up(app.clone(), seen).await {
            Ok(revision) => {
                seen = revision;
                progress.has_seen(seen);
                None
            }
            // Said by whoever watches the database, who also wakes us when it is back.
            Err(StoreError::Unavailable(_)) if feed.contact().is_lost => None,
            Err(error) => {
                let error: &dyn std::error::Error = &error;
                tracing::warn!(plugin = "hub", error, "changes of {what} cannot be read");
                Some(PAUSE)
            }
        };
        let next = async {
            match pause {
                Some(pause) => tokio::time::sleep(pause).await,
                None => follower.beyond(seen).await,
            }
        };
        tokio::select! {
            () = next => {}
            () = shutdown.signalled() => return,
        }
    }
}

/// What the feed says about a topic.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum News {
    /// The keys of its lines, in order; empty if they are all about other topics.
    Keys {
        /// The keys.
        keys: Vec<String>,
        /// Up to where the feed was read.
        seen: Revision,
    },
    /// Lines are missing: everything is to be loaded.
    Reload,
}

/// Reads what was written about `topic` after `seen`.
///
/// # Errors
///
/// As [`Feed::changes_after`].
pub(crate) async fn news(feed: &Feed, topic: &str, mut seen: Revision) -> Result<News, StoreError> {
    let mut keys = Vec::new();
    loop {
        let lines = match feed.changes_after(seen, LINES).await? {
            Changes::Reload => return Ok(News::Reload),
            Changes::Lines(lines) => lines,
        };
        let Some(last) = lines.last() else {
            return Ok(News::Keys { keys, seen });
        };
        seen = last.revision;
        let about = lines.into_iter().filter(|line| line.topic == topic);
        keys.extend(about.map(|line| line.key));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::test::store;
    use callboard_store::{Store, feed};

    async fn write(store: &Store, topic: &str, key: &str) {
        let mut tx = store.begin().await.unwrap();
        feed::record(&mut tx, topic, key).await.unwrap();
        tx.commit().await.unwrap();
    }

    #[tokio::test]
    async fn the_news_of_a_topic_are_its_keys_or_that_lines_are_missing() {
        let store = store().await;
        for (topic, key) in [("role", "a"), ("session", "b"), ("role", "c")] {
            write(&store, topic, key).await;
        }

        let roles = news(store.feed(), "role", Revision::ZERO).await.unwrap();
        let others = news(store.feed(), "plugin", Revision::new(1))
            .await
            .unwrap();
        let mut tx = store.begin().await.unwrap();
        feed::prune(&mut tx, 1).await.unwrap();
        tx.commit().await.unwrap();
        let behind = news(store.feed(), "role", Revision::ZERO).await.unwrap();

        let seen = Revision::new(3);
        let keys = vec!["a".to_owned(), "c".to_owned()];
        assert_eq!(roles, News::Keys { keys, seen });
        assert_eq!(
            others,
            News::Keys {
                keys: Vec::new(),
                seen
            }
        );
        assert_eq!(behind, News::Reload);
    }
}
