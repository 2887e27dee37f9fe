//! When sessions were last seen: noted in memory at once, written now and then.

use super::super::external::Digest;
use super::{Sessions, spent, store};
use crate::app::App;
use crate::task::Shutdown;
use callboard_store::StoreError;
use jiff::{SignedDuration, Timestamp};
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// How often what was seen is written, and what other hubs saw is read.
const EVERY: Duration = Duration::from_secs(60);

/// How much longer than idle a session stays stored, since other hubs may have seen it and not
/// yet written so.
const MARGIN: SignedDuration = SignedDuration::from_mins(5);

/// How many sessions are written in one transaction, so that others do not wait for long.
const CHUNK: usize = 500;

/// The times of a session that change with every request.
#[derive(Debug)]
pub(in crate::auth) struct Pulse {
    /// Milliseconds since 1970, as are the others.
    last: AtomicI64,
    written: AtomicI64,
    /// Until when the provider is not asked again, since it could not be reached.
    patience: AtomicI64,
}

impl Pulse {
    /// The pulse of a session that the database knows to be seen then.
    pub(super) fn written(at: Timestamp) -> Pulse {
        Pulse {
            last: AtomicI64::new(at.as_millisecond()),
            written: AtomicI64::new(at.as_millisecond()),
            patience: AtomicI64::new(0),
        }
    }

    /// Notes that the session was seen.
    pub(super) fn touch(&self, now: Timestamp) {
        self.last.fetch_max(now.as_millisecond(), Ordering::Relaxed);
    }

    /// When it was last seen.
    pub(super) fn last(&self) -> Timestamp {
        super::super::store::time(self.last.load(Ordering::Relaxed))
    }

    /// Has the provider left alone for a while.
    pub(super) fn rest_until(&self, until: Timestamp) {
        self.patience
            .store(until.as_millisecond(), Ordering::Relaxed);
    }

    /// Whether the provider is left alone.
    pub(super) fn rests(&self, now: Timestamp) -> bool {
        now.as_millisecond() < self.patience.load(Ordering::Relaxed)
    }

    /// When it was last seen, if that is not written yet.
    fn unwritten(&self) -> Option<Timestamp> {
        let last = self.last.load(Ordering::Relaxed);
        (last > self.written.load(Ordering::Relaxed)).then(|| super::super::store::time(last))
    }

    fn note_written(&self, at: Timestamp) {
        self.written
            .fetch_max(at.as_millisecond(), Ordering::Relaxed);
    }
}

/// Keeps the database and the memory in line about who was seen when, and removes what is over,
/// until the hub stops.
pub(in crate::auth) async fn keep(app: App, mut shutdown: Shutdown) {
    let sessions = &app.auth().sessions;
    loop {
        let is_last = tokio::select! {
            () = tokio::time::sleep(EVERY) => false,
            () = shutdown.signalled() => true,
        };
        let now = app.core().clock.now();
        // That the database is away is said by whoever watches it.
        if let Err(error) = sessions.note(now).await {
            let error: &dyn std::error::Error = &error;
            tracing::debug!(plugin = "auth", error, "sessions were not written");
        }
        if is_last {
            return;
        }
    }
}

impl Sessions {
    /// Writes who was seen, reads whom other hubs saw, and removes what is over.
    pub(in crate::auth) async fn note(&self, now: Timestamp) -> Result<(), StoreError> {
        self.write_seen().await?;
        self.read_seen(now).await?;
        self.remove_over(now).await
    }

    async fn write_seen(&self) -> Result<(), StoreError> {
        let live = self.all();
        let unwritten = live
            .iter()
            .filter_map(|(digest, session)| Some((digest, session, session.pulse.unwritten()?)));
        let unwritten: Vec<_> = unwritten.collect();
        for chunk in unwritten.chunks(CHUNK) {
            let mut tx = self.store.begin().await?;
            for (digest, _, at) in chunk {
                store::see(&mut tx, digest, *at).await?;
            }
            tx.commit().await?;
            for (_, session, at) in chunk {
                session.pulse.note_written(*at);
            }
        }
        Ok(())
    }

    async fn read_seen(&self, now: Timestamp) -> Result<(), StoreError> {
        // Whatever was seen before is known from the round before, or from the load.
        let since = now - 3 * SignedDuration::try_from(EVERY).unwrap_or(MARGIN);
        let mut conn = self.store.read().await?;
        let rows = store::seen(&mut conn, since).await?;
        drop(conn);
        let live = self.all();
        for row in rows {
            let digest = Digest::try_from(row.id_hash).ok();
            let known = digest.and_then(|digest| live.get(&digest).cloned());
            if let Some(session) = known {
                let at = super::super::store::time(row.seen_at);
                session.pulse.touch(at);
                session.pulse.note_written(at);
            }
        }
        Ok(())
    }

    async fn remove_over(&self, now: Timestamp) -> Result<(), StoreError> {
        let idle_since = now - self.config.idle - MARGIN;
        let live = self.all();
        let over = live.iter().filter(|(_, session)| {
            session.expires_at <= now
                || (session.replaced_at.is_none() && session.pulse.last() <= idle_since)
        });
        let over: Vec<_> = over.map(|(digest, _)| *digest).collect();
        if over.is_empty() {
            return Ok(());
        }
        let mut tx = self.store.begin().await?;
        store::delete_over(&mut tx, now, idle_since).await?;
        spent::delete_over(&mut tx, now).await?;
        tx.commit().await?;
        self.forget(&over);
        Ok(())
    }
}
