//! The record of what was done.

use super::chain::{Head, Row};
use super::count::Counts;
use super::event::{Actor, Event, Outcome, Severity, record};
use super::key::{Configured, Keys};
use super::naming;
use super::refusal::{LeftOut, Refusals};
use super::store::{self, Search};
use super::verify::{Report, verify};
use crate::app::{App, Core};
use crate::clock::Clock;
use crate::hub::StartError;
use crate::mask::Masks;
use crate::task::Shutdown;
use callboard_config::Config;
use callboard_store::{Store, StoreError, Tx};
use serde_json::json;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

/// After how many rows the head is told to the log.
const HEAD_EVERY: i64 = 100;

/// How often it is looked for refusals that were only counted.
const COUNT_EVERY: Duration = Duration::from_secs(10);

/// The record of what was done; found by [`App::audit`].
pub struct Audit {
    config: Config,
    pub(super) store: Store,
    clock: Arc<dyn Clock>,
    keys: OnceLock<Keys>,
    refusals: Mutex<Refusals>,
    pub(super) counts: Counts,
    /// Rows say what lines say, so secrets are masked in both.
    masks: Masks,
}

impl Audit {
    /// The record on the database of `core`, to be opened before something is written.
    pub(crate) fn new(core: &Core) -> Audit {
        Audit::on(&core.config, &core.store, &core.clock)
    }

    pub(super) fn on(config: &Config, store: &Store, clock: &Arc<dyn Clock>) -> Audit {
        Audit {
            config: config.clone(),
            store: store.clone(),
            clock: clock.clone(),
            keys: OnceLock::new(),
            refusals: Mutex::default(),
            counts: Counts::new(),
            masks: masks(config),
        }
    }

    /// Finds or makes the key; nothing is recorded before. The database must have its tables.
    pub(crate) async fn open(&self) -> Result<(), StartError> {
        let keys = Configured::read(&self.config)?.open(&self.store).await?;
        let mut conn = self.store.read().await?;
        let head = store::head(&mut conn).await?.unwrap_or_else(Head::start);
        let last = store::key_of(&mut conn, head.number).await?;
        if let Some(last) = last.filter(|last| last != keys.present().id()) {
            tracing::warn!(
                plugin = "audit",
                former = last,
                present = keys.present().id(),
                "the audit log goes on with another key; \
                 rows of the former one can be verified only with that"
            );
        }
        drop(conn);
        naming::catch_up(&self.store).await?;
        // Opened twice, it keeps the keys of the first time, which are the same.
        let _opened = self.keys.set(keys);
        Ok(())
    }

    /// Adds a row for an event. Other writers wait until the transaction ends.
    ///
    /// # Errors
    ///
    /// As [`callboard_store::Conn::execute`].
    pub(super) async fn append(&self, tx: &mut Tx, event: &Event<'_>) -> Result<Head, StoreError> {
        let keys = self.keys.get();
        let keys = keys.ok_or_else(|| StoreError::Internal("the audit log is not open".into()))?;
        let key = keys.present();
        let previous = store::lock_head(tx).await?;
        let told = self.masks.value(event.to_json());
        let mut row = Row {
            number: previous.number + 1,
            at: self.clock.now().as_millisecond(),
            plugin: event.plugin.to_owned(),
            event_id: event.id.to_owned(),
            status: event.outcome.as_str().to_owned(),
            actor: event.actor.id.to_owned(),
            event: told.to_string(),
            key_id: key.id().to_owned(),
            previous_hash: previous.hash,
            hash: String::new(),
        };
        row.hash = row.sealed(key);
        store::append(tx, &row).await?;
        if naming::is_change(event) {
            store::name_roles(tx, row.number, &naming::roles_in(&told)).await?;
        }
        Ok(Head {
            number: row.number,
            hash: row.hash,
        })
    }

    /// Adds a row for an event in a transaction of its own.
    ///
    /// # Errors
    ///
    /// As [`callboard_store::Store::begin`].
    pub(super) async fn append_alone(&self, event: &Event<'_>) -> Result<(), StoreError> {
        let mut tx = self.store.begin().await?;
        let head = self.append(&mut tx, event).await?;
        tx.commit().await?;
        tell_now_and_then(&head);
        Ok(())
    }

    /// Adds a row for a refusal, unless its actor has had so many of late that it is only counted.
    pub(super) async fn append_refusal(&self, event: &Event<'_>) {
        let now = self.clock.now();
        let is_kept = self.refusals().is_kept(event.actor.id, now);
        if is_kept {
            report(self.append_alone(event).await);
        }
    }

    /// Writes down what was only counted, and tells the head to the log, before the hub stops.
    pub(crate) async fn close(&self) {
        let left_out = self.refusals().all();
        self.append_left_out(left_out).await;
        let head = async { store::head(&mut self.store.read().await?).await }.await;
        match head {
            Ok(Some(head)) if head.number > 0 => tell(&head),
            Ok(_) => {}
            Err(error) => {
                let error: &dyn std::error::Error = &error;
                tracing::warn!(
                    plugin = "audit",
                    error,
                    "the head of the audit log cannot be told"
                );
            }
        }
    }

    async fn append_left_out(&self, left_out: Vec<LeftOut>) {
        for LeftOut {
            actor,
            since,
            count,
        } in left_out
        {
            let event = Event {
                plugin: "audit",
                id: "refusals-left-out",
                severity: Severity::Medium,
                outcome: Outcome::Failed("too many refusals to keep each"),
                actor: Actor {
                    id: &actor,
                    ..Actor::default()
                },
                request: None,
                meta: json!({"count": count, "since": since.to_string()}),
            };
            record(&event);
            report(self.append_alone(&event).await);
        }
    }

    /// Rows of the log, the newest first.
    pub(super) async fn search(&self, search: &Search, limit: u32) -> Result<Vec<Row>, StoreError> {
        store::search(&mut self.store.read().await?, search, limit).await
    }

    /// How many rows a search finds.
    pub(super) async fn count(&self, search: &Search) -> Result<i64, StoreError> {
        store::count(&mut self.store.read().await?, search).await
    }

    /// A row by its number.
    pub(super) async fn row(&self, number: i64) -> Result<Option<Row>, StoreError> {
        store::row(&mut self.store.read().await?, number).await
    }

    /// The newest row, by number and hash.
    pub(super) async fn head(&self) -> Result<Head, StoreError> {
        let head = store::head(&mut self.store.read().await?).await?;
        Ok(head.unwrap_or_else(Head::start))
    }

    /// Walks along the whole log.
    pub(super) async fn verify(&self) -> Result<Report, StoreError> {
        let keys = self.keys.get();
        let keys = keys.ok_or_else(|| StoreError::Internal("the audit log is not open".into()))?;
        verify(&self.store, keys, None).await
    }

    /// Whether a row is as it was sealed; nothing when its key is not known.
    pub(super) fn is_sealed(&self, row: &Row) -> Option<bool> {
        let key = self.keys.get()?.by_id(&row.key_id)?;
        Some(row.sealed(key) == row.hash)
    }

    fn refusals(&self) -> MutexGuard<'_, Refusals> {
        self.refusals.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn masks(config: &Config) -> Masks {
    let secrets = config.secrets();
    let secrets: Vec<&str> = secrets
        .iter()
        .map(|secret| secret.expose().as_str())
        .collect();
    Masks::new(&secrets)
}

/// Writes down how many refusals got no row, when their time is over, until the hub stops.
pub(super) async fn count_refusals(app: App, mut shutdown: Shutdown) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(COUNT_EVERY) => {}
            () = shutdown.signalled() => return,
        }
        let audit = app.audit();
        let left_out = audit.refusals().over(audit.clock.now());
        audit.append_left_out(left_out).await;
    }
}

/// Tells the head to the log, where it may be copied to another machine, at every hundredth row.
pub(super) fn tell_now_and_then(head: &Head) {
    if head.number % HEAD_EVERY == 0 {
        tell(head);
    }
}

fn tell(head: &Head) {
    let Head { number, hash } = head;
    tracing::info!(
        plugin = "audit",
        number,
        hash,
        "the audit log has {number} rows"
    );
}

/// What cannot be recorded and was refused anyway is a fault to see to, and changes no answer.
fn report(recorded: Result<(), StoreError>) {
    if let Err(error) = recorded {
        let error: &dyn std::error::Error = &error;
        tracing::error!(
            plugin = "audit",
            error,
            "the audit log could not be written; the line of the event is in this log only"
        );
    }
}
