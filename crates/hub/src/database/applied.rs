//! How far the hub has put in force what is written to the database.

use crate::app::App;
use callboard_store::Revision;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// How far the hub has put in force what is written, by whichever process: as far as the last of
/// those who follow the change feed, and of those who make something of what they have loaded.
#[derive(Clone, Default)]
pub struct Applied(Arc<Mutex<Followers>>);

#[derive(Clone, Default)]
struct Followers {
    of_feed: Vec<watch::Receiver<Revision>>,
    of_memory: Vec<Maker>,
}

/// Something that is made of what another part of the hub keeps in memory.
#[derive(Clone)]
struct Maker {
    /// The only plugin that answers from it; absent when all do.
    plugin: Option<&'static str>,
    origin: Origin,
    /// What of the origin was taken up last.
    made: watch::Receiver<Option<u64>>,
}

/// Where something is made from: a channel whose number changes with each state that is published.
pub(crate) type Origin = Arc<dyn Fn(&App) -> watch::Receiver<u64> + Send + Sync>;

/// By what a follower of the change feed says how far it has come.
#[derive(Clone)]
pub(crate) struct Progress {
    /// What it keeps in memory, for the log.
    pub(super) what: &'static str,
    seen: watch::Sender<Revision>,
}

/// By what one who makes something of what is in memory knows of news, and says that it is made.
pub(crate) struct Making {
    origin: watch::Receiver<u64>,
    made: watch::Sender<Option<u64>>,
}

impl Applied {
    /// Counts on one more follower, from now on.
    pub(crate) fn progress_of(&self, what: &'static str) -> Progress {
        let seen = watch::Sender::default();
        self.followers().of_feed.push(seen.subscribe());
        Progress { what, seen }
    }

    /// Counts on something that is made of what `origin` publishes, for all plugins or for one
    /// only; gives what [`Making::of`] is begun with.
    pub(crate) fn made_of(
        &self,
        origin: Origin,
        plugin: Option<&'static str>,
    ) -> watch::Sender<Option<u64>> {
        let sender = watch::Sender::default();
        let made = sender.subscribe();
        self.followers().of_memory.push(Maker {
            plugin,
            origin,
            made,
        });
        sender
    }

    /// Waits until all that was written up to `revision` is in force for what `plugin` answers:
    /// for ever, if that is never written.
    pub async fn reach(&self, app: &App, plugin: &str, revision: Revision) {
        let Followers { of_feed, of_memory } = self.followers().clone();
        for mut receiver in of_feed {
            // A follower that is gone changes nothing any more: the hub is stopping.
            let _gone = receiver.wait_for(|seen| *seen >= revision).await;
        }
        let needed = |maker: &Maker| maker.plugin.is_none_or(|only| only == plugin);
        for mut maker in of_memory.into_iter().filter(needed) {
            // INVARIANT: the feed's followers publish before they say so, so this has `revision`.
            let published = Some(*(maker.origin)(app).borrow());
            let _gone = maker.made.wait_for(|made| *made >= published).await;
        }
    }

    fn followers(&self) -> MutexGuard<'_, Followers> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Progress {
    /// Everything up to `revision` is in force.
    pub(super) fn has_seen(&self, revision: Revision) {
        self.seen.send_replace(revision);
    }
}

impl Making {
    /// Begins to follow what `origin` publishes; what is published now is news.
    pub(crate) fn of(origin: watch::Receiver<u64>, made: watch::Sender<Option<u64>>) -> Making {
        Making { origin, made }
    }

    /// The number of what is published now, to be asked before that is looked at.
    pub(crate) fn look(&mut self) -> u64 {
        *self.origin.borrow_and_update()
    }

    /// What was published under `number` is taken up.
    pub(crate) fn has_made(&self, number: u64) {
        self.made.send_replace(Some(number));
    }

    /// Waits until something else is published than when it was last looked at; `false` when
    /// nothing will be.
    pub(crate) async fn is_outdated(&mut self) -> bool {
        self.origin.changed().await.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::test::{ManualClock, hub};
    use serde_json::json;
    use std::future::Future;
    use std::pin::{Pin, pin};
    use std::task::{Context, Waker};

    fn is_ready(future: Pin<&mut impl Future<Output = ()>>) -> bool {
        let mut context = Context::from_waker(Waker::noop());
        future.poll(&mut context).is_ready()
    }

    #[tokio::test]
    async fn a_revision_is_reached_when_the_last_follower_has_seen_it() {
        let hub = hub(&ManualClock::default(), json!({})).await;
        let app = hub.app();
        let applied = Applied::default();
        let (roles, sessions) = (
            applied.progress_of("roles"),
            applied.progress_of("sessions"),
        );
        let mut reached = pin!(applied.reach(app, "catalog", Revision::new(3)));

        assert!(!is_ready(reached.as_mut()));
        roles.has_seen(Revision::new(7));
        assert!(!is_ready(reached.as_mut()));
        sessions.has_seen(Revision::new(2));
        assert!(!is_ready(reached.as_mut()));
        sessions.has_seen(Revision::new(3));
        assert!(is_ready(reached.as_mut()));
    }

    #[tokio::test]
    async fn what_is_made_of_what_was_written_is_waited_for_where_it_is_answered_from() {
        let hub = hub(&ManualClock::default(), json!({})).await;
        let app = hub.app();
        let applied = Applied::default();
        let catalog = applied.progress_of("the catalog");
        let published = watch::Sender::new(4);
        let origin: Origin = Arc::new({
            let published = published.clone();
            move |_| published.subscribe()
        });
        let groups = applied.made_of(origin.clone(), None);
        let index = applied.made_of(origin.clone(), Some("search"));
        let (mut groups, mut index) = (
            Making::of(origin(app), groups),
            Making::of(origin(app), index),
        );
        let revision = Revision::new(3);
        let mut listed = pin!(applied.reach(app, "catalog", revision));
        let mut found = pin!(applied.reach(app, "search", revision));

        for making in [&mut groups, &mut index] {
            let number = making.look();
            making.has_made(number);
        }
        assert!(!is_ready(listed.as_mut()) && !is_ready(found.as_mut()));
        published.send_replace(5);
        catalog.has_seen(revision);
        assert!(!is_ready(listed.as_mut()) && !is_ready(found.as_mut()));
        let number = groups.look();
        groups.has_made(number);
        assert!(is_ready(listed.as_mut()) && !is_ready(found.as_mut()));
        let number = index.look();
        index.has_made(number);
        assert!(is_ready(found.as_mut()));
    }

    #[tokio::test]
    async fn nobody_waits_for_a_follower_that_is_gone() {
        let hub = hub(&ManualClock::default(), json!({})).await;
        let app = hub.app();
        let applied = Applied::default();

        drop(applied.progress_of("roles"));

        applied.reach(app, "catalog", Revision::new(1)).await;
    }
}
