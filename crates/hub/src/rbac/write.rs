//! The one way to change roles: on the newest state, in one transaction, in force when it ends.

use super::service::{Loaded, Rbac, TOPIC};
use super::state::State;
use super::store::Version;
use super::{event, store};
use crate::app::App;
use crate::audit::{Operation, Recorded, Requester};
use crate::database::{self, News, Progress};
use crate::error::Error;
use crate::task::Shutdown;
use callboard_store::{Revision, StoreError, Tx, feed};
use serde_json::{Value, json};
use smol_str::SmolStr;
use std::sync::Arc;

/// What a change gives: the answer to whoever asked for it, and what its audit event says.
pub(super) struct Changed<T> {
    /// The answer.
    pub(super) answer: T,
    /// Members for `meta` of the event.
    pub(super) meta: Value,
}

impl Rbac {
    /// Changes what is stored, and puts it in force.
    ///
    /// `change` gets the newest state, whichever process wrote it; two changes never see the same
    /// one. What it leaves is written with the event of `operation` and the line of the feed in one
    /// transaction, and decides when this returns. When it refuses, nothing was changed, and the
    /// refusal is recorded.
    ///
    /// Somebody who goes away meanwhile does not stop it half-way.
    ///
    /// # Errors
    ///
    /// What `change` refuses with, and 503 when the database is away.
    pub(super) async fn write<T, F>(app: &App, operation: Operation, change: F) -> Result<T, Error>
    where
        F: FnOnce(&mut State) -> Result<Changed<T>, Error> + Send + 'static,
        T: Send + 'static,
    {
        let change = |state: &mut State| {
            let Changed { answer, meta } = change(state)?;
            Ok((answer, vec![meta]))
        };
        Rbac::write_all(app, vec![operation], change).await
    }

    /// Changes what is stored as [`Rbac::write`] does, where one change is several operations.
    ///
    /// Beside the answer `change` gives what each event says, in the order of `operations`.
    ///
    /// # Errors
    ///
    /// As [`Rbac::write`]; then every operation was refused.
    pub(super) async fn write_all<T, F>(
        app: &App,
        operations: Vec<Operation>,
        change: F,
    ) -> Result<T, Error>
    where
        F: FnOnce(&mut State) -> Result<(T, Vec<Value>), Error> + Send + 'static,
        T: Send + 'static,
    {
        let app = app.clone();
        let work = async move {
            let written = write_now(&app, &operations, change).await;
            if let Err(error) = &written {
                for operation in operations {
                    operation.refuse(&app, error).await;
                }
            }
            written
        };
        tokio::spawn(work).await.map_err(Error::internal)?
    }
}

/// What the hub itself changes, and gives to whoever started it.
pub(super) struct Brought<T> {
    /// The answer.
    pub(super) answer: T,
    /// The `g` rows of the policy file that were skipped, for the events.
    pub(super) skipped: Vec<Vec<SmolStr>>,
}

impl Rbac {
    /// Brings what is stored in line with something, and puts it in force.
    ///
    /// As [`Rbac::write`], but the events say what differs afterwards. When nothing does, nothing
    /// is written, and the newest state is in force all the same.
    ///
    /// # Errors
    ///
    /// What `change` refuses with, and that of a database that is away.
    pub(super) async fn bring_in_line<T, E>(
        app: &App,
        change: impl FnOnce(&mut State) -> Result<Brought<T>, E>,
    ) -> Result<T, E>
    where
        E: From<StoreError>,
    {
        let rbac = app.rbac();
        let _writing = rbac.writing.lock().await;
        let Draft {
            mut tx,
            version,
            stored,
        } = Draft::begin(app).await?;
        let mut state = State::clone(&stored);
        let Brought { answer, skipped } = change(&mut state)?;
        if state == *stored {
            // The transaction goes, and with it the version that it would have made.
            let revision = feed::head(&mut tx).await?;
            drop(tx);
            if rbac.loaded().version != version.before() {
                let version = version.before();
                let state = stored;
                rbac.publish(
                    app,
                    Loaded {
                        state,
                        version,
                        revision,
                    },
                );
            }
            return Ok(answer);
        }
        store::save(&mut tx, &stored, &state).await?;
        let operations: Vec<_> = event::changes(&stored, &state, &skipped)
            .into_iter()
            .map(|change| {
                let hub = Requester::plugin("permission");
                Operation::begin(hub, "permission", change.event, change.meta)
            })
            .collect();
        let events = operations.iter().map(|operation| (operation, json!({})));
        match commit(app, tx, events).await {
            Ok(revision) => {
                let state = Arc::new(state);
                rbac.publish(
                    app,
                    Loaded {
                        state,
                        version,
                        revision,
                    },
                );
                Ok(answer)
            }
            Err(error) => {
                let reason = Error::unavailable("the database did not take the change");
                for operation in operations {
                    operation.refuse(app, &reason).await;
                }
                Err(error.into())
            }
        }
    }
}

/// Ends a transaction with the events of what it did, each with what it says at the end.
async fn commit(
    app: &App,
    mut tx: Tx,
    events: impl Iterator<Item = (&Operation, Value)>,
) -> Result<Revision, StoreError> {
    let mut recorded = Vec::new();
    for (operation, meta) in events {
        recorded.push(operation.succeed_in(app, &mut tx, meta).await?);
    }
    let revision = feed::record(&mut tx, TOPIC, "change").await?;
    tx.commit().await?;
    recorded.into_iter().for_each(Recorded::publish);
    Ok(revision)
}

/// A transaction that nobody else writes roles beside.
struct Draft {
    tx: Tx,
    /// The version that it makes.
    version: Version,
    /// The newest state, whichever process wrote it.
    stored: Arc<State>,
}

impl Draft {
    /// Begins one; whoever does holds the lock of [`Rbac`].
    async fn begin(app: &App) -> Result<Draft, StoreError> {
        let mut tx = app.core().store.begin().await?;
        let version = store::begin_write(&mut tx).await?;
        let known = app.rbac().loaded();
        let stored = if known.version == version.before() {
            Arc::clone(&known.state)
        } else {
            Arc::new(store::load(&mut tx).await?)
        };
        Ok(Draft {
            tx,
            version,
            stored,
        })
    }
}

async fn write_now<T>(
    app: &App,
    operations: &[Operation],
    change: impl FnOnce(&mut State) -> Result<(T, Vec<Value>), Error>,
) -> Result<T, Error> {
    let rbac = app.rbac();
    let _writing = rbac.writing.lock().await;
    let Draft {
        mut tx,
        version,
        stored,
    } = Draft::begin(app).await?;
    let mut state = State::clone(&stored);
    let (answer, metas) = change(&mut state)?;
    store::save(&mut tx, &stored, &state).await?;
    let revision = commit(app, tx, operations.iter().zip(metas)).await?;
    let state = Arc::new(state);
    rbac.publish(
        app,
        Loaded {
            state,
            version,
            revision,
        },
    );
    Ok(answer)
}

/// Puts in force what other processes write, until the hub stops.
pub(super) async fn follow_feed(app: App, progress: Progress, shutdown: Shutdown) {
    let seen = app.rbac().loaded().revision;
    database::follow(&app, &progress, seen, shutdown, catch_up).await;
}

/// Loads the roles if a line after `seen` is about them, and gives the place up to which it looked.
async fn catch_up(app: App, seen: Revision) -> Result<Revision, StoreError> {
    match database::news(app.core().store.feed(), TOPIC, seen).await? {
        News::Keys { keys, seen } if keys.is_empty() => Ok(seen),
        News::Keys { .. } | News::Reload => reload(&app).await,
    }
}

/// Puts in force what is stored now, unless it already is.
async fn reload(app: &App) -> Result<Revision, StoreError> {
    let rbac = app.rbac();
    let _writing = rbac.writing.lock().await;
    let mut tx = app.core().store.begin_read().await?;
    let revision = feed::head(&mut tx).await?;
    let version = store::version(&mut tx).await?;
    if version != rbac.loaded().version {
        let state = Arc::new(store::load(&mut tx).await?);
        drop(tx);
        rbac.publish(
            app,
            Loaded {
                state,
                version,
                revision,
            },
        );
    }
    Ok(revision)
}

#[cfg(test)]
mod tests {
    use super::super::state::RoleMetadata;
    use super::*;
    use crate::auth::test::{ManualClock, hub};
    use callboard_policy::Source;
    use jiff::Timestamp;

    fn operation() -> Operation {
        Operation::begin(
            Requester::named("test"),
            "permission",
            "role-write",
            json!({}),
        )
    }

    fn add_role(name: String) -> impl FnOnce(&mut State) -> Result<Changed<usize>, Error> {
        move |state| {
            let metadata = RoleMetadata::new(Source::Rest, "test", Timestamp::UNIX_EPOCH);
            state.roles.insert(name.into(), metadata);
            Ok(Changed {
                answer: state.roles.len(),
                meta: json!({}),
            })
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn many_writers_lose_nothing() {
        let hub = hub(
            &ManualClock::default(),
            json!({"permission": {"enabled": true}}),
        )
        .await;
        let app = hub.app();
        let before = app.rbac().state().roles.len();

        let writers = (0..40).map(|n| {
            let app = app.clone();
            tokio::spawn(async move {
                Rbac::write(&app, operation(), add_role(format!("role:default/r{n}"))).await
            })
        });
        let mut answers = Vec::new();
        for writer in writers.collect::<Vec<_>>() {
            answers.push(writer.await.unwrap().unwrap() - before);
        }

        answers.sort_unstable();
        assert_eq!(answers, (1..=40).collect::<Vec<_>>());
        let mut conn = app.core().store.read().await.unwrap();
        let stored = store::load(&mut conn).await.unwrap();
        assert_eq!(stored, *app.rbac().state());
    }

    #[tokio::test]
    async fn a_refused_change_changes_nothing() {
        let hub = hub(
            &ManualClock::default(),
            json!({"permission": {"enabled": true}}),
        )
        .await;
        let app = hub.app();
        let before = app.rbac().loaded();

        let refused = Rbac::write(app, operation(), |state| {
            state.roles.clear();
            Err::<Changed<()>, _>(Error::forbidden())
        })
        .await;

        assert!(refused.is_err());
        assert_eq!(app.rbac().loaded().version, before.version);
        assert_eq!(app.rbac().state(), before.state);
    }

    #[tokio::test]
    async fn a_hub_too_far_behind_loads_everything() {
        let hub = hub(
            &ManualClock::default(),
            json!({"permission": {"enabled": true}}),
        )
        .await;
        let app = hub.app();
        let old = app.rbac().state();
        let mut new = State::clone(&old);
        let metadata = RoleMetadata::new(Source::Rest, "other", Timestamp::UNIX_EPOCH);
        new.roles.insert("role:default/theirs".into(), metadata);
        let mut tx = app.core().store.begin().await.unwrap();
        store::begin_write(&mut tx).await.unwrap();
        store::save(&mut tx, &old, &new).await.unwrap();
        let revision = feed::record(&mut tx, "other", "than ours").await.unwrap();
        feed::prune(&mut tx, 0).await.unwrap();
        tx.commit().await.unwrap();

        let seen = catch_up(app.clone(), app.rbac().loaded().revision).await;

        assert_eq!(seen.unwrap(), revision);
        assert_eq!(*app.rbac().state(), new);
    }

    #[tokio::test]
    async fn what_another_process_wrote_is_the_ground_of_the_next_change() {
        let hub = hub(
            &ManualClock::default(),
            json!({"permission": {"enabled": true}}),
        )
        .await;
        let app = hub.app();
        let old = app.rbac().state();
        let mut new = State::clone(&old);
        let metadata = RoleMetadata::new(Source::Rest, "other", Timestamp::UNIX_EPOCH);
        new.roles.insert("role:default/theirs".into(), metadata);
        let mut tx = app.core().store.begin().await.unwrap();
        store::begin_write(&mut tx).await.unwrap();
        store::save(&mut tx, &old, &new).await.unwrap();
        feed::record(&mut tx, TOPIC, "change").await.unwrap();
        tx.commit().await.unwrap();

        let roles = Rbac::write(app, operation(), add_role("role:default/ours".to_owned())).await;

        assert_eq!(roles.unwrap(), old.roles.len() + 2);
    }
}
