//! A change that is too large to keep all others out: it comes in parts.

use super::commit::{self, Committed, new_uid};
use super::finish::{Difference, finish};
use super::follow;
use super::ledger::Ledger;
use super::process::ProcessError;
use super::state::State;
use crate::app::App;
use callboard_catalog::EntityRef;
use serde_json::json;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::{JoinHandle, spawn_blocking};

/// A part of a change that comes in several, each of which is put in force by itself.
pub(super) type Part = Box<dyn Fn(&mut Ledger<'_>) + Send + Sync>;

/// Changes the catalog part by part: while one is written, the next is worked out.
///
/// Nobody is kept out but for the writing. What was worked out from a state that is not the newest
/// any more, since somebody else came between, is worked out once more.
///
/// # Errors
///
/// As [`commit::commit`]; parts before stay in force then.
pub(super) async fn commit_parts(
    app: &App,
    parts: Vec<Part>,
) -> Result<Vec<EntityRef>, ProcessError> {
    let mut changed = Vec::new();
    let mut parts = parts.into_iter().map(Arc::new);
    let Some(mut part) = parts.next() else {
        return Ok(changed);
    };
    let mut known = app.catalog().state();
    let mut working = work_out(app, &part, State::clone(&known));
    loop {
        let draft = working.await?;
        let next = parts.next();
        let ahead = next.map(|next| {
            let ahead = work_out(app, &next, draft.difference.next.clone());
            (next, ahead)
        });
        let written = write_draft(app, &part, &known, draft).await?;
        changed.extend(written.committed.changed);
        let Some((next, ahead)) = ahead else {
            return Ok(changed);
        };
        known = written.state;
        working = match written.is_as_drafted {
            true => ahead,
            false => work_out(app, &next, State::clone(&known)),
        };
        part = next;
    }
}

/// What a part of a change comes to.
struct Draft {
    before: State,
    difference: Difference,
    took: Duration,
}

/// A part that is in force.
struct Written {
    committed: Committed<()>,
    /// What is in force now.
    state: Arc<State>,
    /// Whether what was worked out ahead still counted.
    is_as_drafted: bool,
}

fn work_out(app: &App, part: &Arc<Part>, before: State) -> JoinHandle<Draft> {
    let (app, part) = (app.clone(), Arc::clone(part));
    spawn_blocking(move || {
        let begin = Instant::now();
        let mut new_uid = || new_uid(app.core().clock.now());
        let mut ledger = Ledger::new(&before, app.catalog().config.orphans, &mut new_uid);
        part(&mut ledger);
        Draft {
            difference: finish(ledger),
            before,
            took: begin.elapsed(),
        }
    })
}

/// Puts a part in force that was worked out from what was in force as `known`.
async fn write_draft(
    app: &App,
    part: &Arc<Part>,
    known: &Arc<State>,
    mut draft: Draft,
) -> Result<Written, ProcessError> {
    let catalog = app.catalog();
    let (_writing, waited) = commit::wait(catalog).await;
    let mut tx = app.core().store.begin().await?;
    let newest = follow::newest(app, &mut tx).await?;
    let revision = newest.state.revision;
    let is_as_drafted = Arc::ptr_eq(known, &catalog.state()) && !newest.is_news;
    if !is_as_drafted {
        draft = work_out(app, part, newest.state).await?;
    }
    let (written, _) =
        commit::write(app, tx, &draft.before, &draft.difference, None, json!({})).await?;
    draft.difference.next.revision = written.unwrap_or(revision);
    let committed = commit::put_in_force(catalog, draft.difference, (), [waited, draft.took]);
    Ok(Written {
        committed,
        state: catalog.state(),
        is_as_drafted,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{Core, Mode};
    use crate::auth::test::ManualClock;
    use crate::catalog::provider::{self, Deferred, Mutation};
    use crate::catalog::record::Source;
    use crate::catalog::source::Resolver;
    use crate::feature::Registrar;
    use crate::hub::{Parts, register};
    use crate::ui::Dictionary;
    use callboard_config::Config;
    use callboard_store::{Store, StoreConfig, StoreError};
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::runtime::Handle;

    /// A hub without its tasks: nothing happens but what a test does.
    async fn app(store: &StoreConfig) -> App {
        let config = json!({
            "app": {"title": "Callboard", "baseUrl": "http://localhost:7007"},
            "backend": {"baseUrl": "http://localhost:7007"},
        });
        let parts = Parts {
            config: Config::from_value(config),
            store: Store::open(store).await.unwrap(),
            clock: Arc::new(ManualClock::default()),
            mode: Mode::Production,
            providers: Vec::new(),
        };
        let core = Core::new(parts, prometheus::Registry::new()).unwrap();
        let Registrar {
            services,
            permissions,
            nav,
            texts,
            ..
        } = register(&core).await.unwrap();
        let texts = Dictionary::new(&texts);
        App::new(core, services, Vec::new(), permissions, nav, texts)
    }

    /// Adds a component that depends on `foyer`.
    fn add(ledger: &mut Ledger<'_>, name: &str) {
        let added = Deferred {
            entity: json!({
                "apiVersion": "backstage.io/v1alpha1",
                "kind": "Component",
                "metadata": {"name": name},
                "spec": {
                    "type": "service", "lifecycle": "production", "owner": "crew",
                    "dependsOn": ["component:foyer"],
                },
            }),
            location_key: None,
        };
        let added = Mutation::Delta {
            added: vec![added],
            removed: Vec::new(),
        };
        let source = Source::Provider("directory".into());
        provider::apply(ledger, &source, added, Resolver(None)).unwrap();
    }

    /// Whether an entity is in force.
    fn has(app: &App, name: &str) -> bool {
        let snapshot = app.catalog().snapshot();
        snapshot.get(&format!("component:default/{name}")).is_some()
    }

    /// What an entity says of others, in the catalog that `app` loads anew.
    async fn relations(app: &App, name: &str) -> Vec<String> {
        let loaded = follow::load(&app.core().store).await.unwrap();
        let snapshot = &loaded.state.snapshot;
        let entity = snapshot.get(&format!("component:default/{name}"));
        let relations = entity.unwrap().relations().into_iter();
        let shown = relations.map(|known| format!("{} {}", known.relation_type, known.target));
        shown.collect()
    }

    /// Three parts; when the first is in force, and the second was about to be worked out from
    /// that, `other` adds `foyer`. Gives how often the second was worked out.
    async fn interrupted_by(app: &App, other: &App) -> usize {
        let count = Arc::new(AtomicUsize::new(0));
        let (handle, counted) = (Handle::current(), Arc::clone(&count));
        let (here, other) = (app.clone(), other.clone());
        let second = move |ledger: &mut Ledger<'_>| {
            if counted.fetch_add(1, Ordering::SeqCst) == 0 {
                handle.block_on(async {
                    let mut published = here.catalog().subscribe();
                    while !has(&here, "stage") {
                        published.changed().await.unwrap();
                    }
                    let change = commit::commit::<(), StoreError>(&other, |ledger| {
                        add(ledger, "foyer");
                        Ok(())
                    });
                    change.await.unwrap();
                });
            }
            add(ledger, "till");
        };
        let alone = |name: &'static str| -> Part {
            Box::new(move |ledger: &mut Ledger<'_>| add(ledger, name))
        };

        let parts: Vec<Part> = vec![alone("stage"), Box::new(second), alone("bar")];
        commit_parts(app, parts).await.unwrap();

        count.load(Ordering::SeqCst)
    }

    /// Everything is in force and written as if nobody had come between.
    async fn check(app: &App) {
        let foyer = [
            "dependencyOf component:default/bar",
            "dependencyOf component:default/foyer",
            "dependencyOf component:default/stage",
            "dependencyOf component:default/till",
            "dependsOn component:default/foyer",
            "ownedBy group:default/crew",
        ];
        assert!(["bar", "foyer", "stage", "till"].map(|name| has(app, name)) == [true; 4]);
        assert_eq!(relations(app, "foyer").await, foyer);
        let newest = app.core().store.feed().latest().await.unwrap();
        assert_eq!(app.catalog().state().revision, newest);
    }

    #[tokio::test]
    async fn a_part_is_worked_out_again_when_somebody_else_came_between() {
        let app = app(&StoreConfig::SqliteMemory).await;

        let count = interrupted_by(&app, &app).await;

        assert_eq!(count, 2);
        check(&app).await;
    }

    #[tokio::test]
    async fn a_part_is_worked_out_again_when_another_hub_came_between() {
        let folder = tempfile::tempdir().unwrap();
        let store = StoreConfig::sqlite_in(folder.path());
        let (app, other) = (app(&store).await, app(&store).await);

        let count = interrupted_by(&app, &other).await;

        assert_eq!(count, 2);
        check(&app).await;
        follow::catch_up(&other).await.unwrap();
        check(&other).await;
    }

    #[tokio::test]
    async fn a_part_is_worked_out_once_when_nobody_came_between() {
        let app = app(&StoreConfig::SqliteMemory).await;
        let count = Arc::new(AtomicUsize::new(0));
        let part = |name: &'static str| -> Part {
            let count = Arc::clone(&count);
            Box::new(move |ledger: &mut Ledger<'_>| {
                count.fetch_add(1, Ordering::SeqCst);
                add(ledger, name);
            })
        };

        let parts = ["stage", "foyer", "till", "bar"].map(part);
        let changed = commit_parts(&app, parts.into()).await.unwrap();

        assert_eq!(count.load(Ordering::SeqCst), 4);
        assert_eq!(changed.len(), 6, "`foyer` is told of each that comes later");
        check(&app).await;
    }
}
