//! How far the hub has put in force what is written to the database.

use callboard_store::Revision;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// How far the hub has put in force what is written, by whichever process: as far as the last of
/// those who follow the change feed.
#[derive(Clone, Default)]
pub struct Applied(Arc<Mutex<Vec<watch::Receiver<Revision>>>>);

/// By what a follower of the change feed says how far it has come.
#[derive(Clone)]
pub(crate) struct Progress {
    /// What it keeps in memory, for the log.
    pub(super) what: &'static str,
    seen: watch::Sender<Revision>,
}

impl Applied {
    /// Counts on one more follower, from now on.
    pub(crate) fn progress_of(&self, what: &'static str) -> Progress {
        let seen = watch::Sender::default();
        self.receivers().push(seen.subscribe());
        Progress { what, seen }
    }

    /// Waits until all that was written up to `revision` is in force here: for ever, if that is
    /// never written.
    pub async fn reach(&self, revision: Revision) {
        let receivers = self.receivers().clone();
        for mut receiver in receivers {
            // A follower that is gone changes nothing any more: the hub is stopping.
            let _gone = receiver.wait_for(|seen| *seen >= revision).await;
        }
    }

    fn receivers(&self) -> MutexGuard<'_, Vec<watch::Receiver<Revision>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Progress {
    /// Everything up to `revision` is in force.
    pub(super) fn has_seen(&self, revision: Revision) {
        self.seen.send_replace(revision);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Waker};

    #[test]
    fn a_revision_is_reached_when_the_last_follower_has_seen_it() {
        let applied = Applied::default();
        let (roles, sessions) = (
            applied.progress_of("roles"),
            applied.progress_of("sessions"),
        );
        let mut reached = pin!(applied.reach(Revision::new(3)));
        let mut is_reached = || {
            let mut context = Context::from_waker(Waker::noop());
            reached.as_mut().poll(&mut context).is_ready()
        };

        assert!(!is_reached());
        roles.has_seen(Revision::new(7));
        assert!(!is_reached());
        sessions.has_seen(Revision::new(2));
        assert!(!is_reached());
        sessions.has_seen(Revision::new(3));
        assert!(is_reached());
    }

    #[tokio::test]
    async fn nobody_waits_for_a_follower_that_is_gone() {
        let applied = Applied::default();

        drop(applied.progress_of("roles"));

        applied.reach(Revision::new(1)).await;
    }
}
