//! Policy files: brought in at start, and again when they change.

use super::config::RbacConfig;
use super::service::Rbac;
use super::source::{Look, SourceKind, Sources};
use super::state::State;
use super::status::{self, Refusal, SourceStatus};
use super::sync::{self, Applied, Refused};
use super::write::Brought;
use crate::app::App;
use crate::audit::{Operation, Requester};
use crate::error::Error;
use crate::task::Shutdown;
use callboard_config::watch::{self, PathWatch};
use callboard_store::StoreError;
use jiff::Timestamp;
use serde_json::json;
use std::collections::HashSet;
use std::time::Duration;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

/// How long a file that ends within a line has to stay as it is before it counts.
const QUIET: Duration = Duration::from_millis(50);

/// When to look once more after a change, and how long an empty file has to stay empty.
const SECOND_LOOK: Duration = Duration::from_millis(250);

/// How long to wait for a file that is still being written before the hub may stop meanwhile.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// How often to look without being told: network drives tell nothing.
const REGULAR_LOOK: Duration = Duration::from_secs(10);

/// How long to wait before trying again what the database did not take.
const RETRY_DELAY: Duration = Duration::from_secs(1);

/// Takes over what policy files hold, and tells what came of it.
///
/// `first` is done to the newest state before the files are.
///
/// # Errors
///
/// What `first` refuses with, and that of a database that is away.
pub(super) async fn bring_in<E: From<StoreError>>(
    app: &App,
    sources: Sources,
    first: impl FnOnce(&mut State, Timestamp) -> Result<(), E>,
) -> Result<(), E> {
    let (rbac, now) = (app.rbac(), app.core().clock.now());
    let is_enabled = rbac.config().admin.is_some();
    let applied = Rbac::bring_in_line(app, |state| {
        first(state, now)?;
        let mut applied = Applied::default();
        if is_enabled {
            applied = sync::apply_files(state, &sources, now);
        }
        Ok::<_, E>(Brought {
            skipped: std::mem::take(&mut applied.skipped_members),
            answer: applied,
        })
    })
    .await?;
    if !is_enabled {
        return Ok(());
    }
    let before = rbac.sources();
    let declared = app.plugin_permissions();
    let read = (&sources, &applied);
    let after = status::after(&before, rbac.config(), read, declared, now);
    for source in &after {
        let known = before.iter().find(|known| known.kind == source.kind);
        tell(app, source, known).await;
    }
    rbac.set_sources(after);
    Ok(())
}

/// Logs what is new about a file, counts it, and records a refusal.
async fn tell(app: &App, source: &SourceStatus, known: Option<&SourceStatus>) {
    let before = known.map_or(&[][..], |known| &known.findings);
    let before: HashSet<_> = before.iter().collect();
    let new = source.findings.iter();
    for finding in new.filter(|finding| !before.contains(finding)) {
        finding.log("permission");
    }
    let is_same = known.is_some_and(|known| known.seen() == source.seen());
    let was_refused = known.and_then(|known| known.refusal.as_ref());
    if is_same && was_refused == source.refusal.as_ref() {
        return;
    }
    app.rbac().metrics().count(source);
    let file = &*source.file.name;
    match &source.refusal {
        Some(refusal) => {
            let event = matches!(refusal.why, Refused::Overlap { .. })
                .then_some("conditional_reconcile_aborted");
            tracing::warn!(
                plugin = "permission",
                file,
                event,
                "what counted of the file before stays in force"
            );
            record(app, source, refusal).await;
        }
        None if known.is_some() => {
            tracing::info!(
                plugin = "permission",
                file,
                "a changed policy file is in force"
            );
        }
        None => {}
    }
}

/// Records that a file was refused.
async fn record(app: &App, source: &SourceStatus, refusal: &Refusal) {
    let (event, meta) = match (source.kind, &refusal.why) {
        (SourceKind::Policies, _) => ("permissions-read", json!({"source": "csv-file"})),
        (SourceKind::Conditions, Refused::Missing) => {
            ("conditional-policies-file-not-found", json!({}))
        }
        (SourceKind::Conditions, Refused::Faulty) => {
            ("conditional-policies-file-change", json!({}))
        }
        (
            SourceKind::Conditions,
            Refused::Overlap {
                adds,
                removes,
                plugin_ids,
            },
        ) => (
            "conditional-policies-file-change",
            json!({
                "pendingAdds": adds,
                "pendingRemoves": removes,
                "pluginIds": plugin_ids,
                "source": "conditional-policies-file",
            }),
        ),
    };
    let reason = match event {
        "conditional-policies-file-not-found" => Error::NotFound(format!(
            "File '{}' was not found",
            source.file.path.display()
        )),
        _ => Error::Input(refusal.reason.clone()),
    };
    let operation = Operation::begin(Requester::plugin("permission"), "permission", event, meta);
    operation.refuse(app, &reason).await;
}

/// Follows the policy files until the hub stops.
pub(super) async fn follow_files(app: App, mut shutdown: Shutdown) {
    let mut watch = match watch::paths(paths(app.rbac().config())) {
        Ok(watch) => Some(watch),
        Err(error) => {
            tracing::warn!(
                plugin = "permission",
                %error,
                "changes of policy files are noticed with a delay of ten seconds"
            );
            None
        }
    };
    // INVARIANT: the files are watched before they are looked at, so that no change since the
    // start falls between the two.
    let mut pause = Duration::ZERO;
    loop {
        let was_told = tokio::select! {
            () = changed(&mut watch) => true,
            () = sleep(pause) => false,
            () = shutdown.signalled() => return,
        };
        pause = match look(&app).await {
            Ok(is_restless) if is_restless || was_told => SECOND_LOOK,
            Ok(_) => REGULAR_LOOK,
            Err(error) => {
                tracing::warn!(
                    plugin = "permission",
                    %error,
                    "changed policy files could not be taken over and are tried again"
                );
                RETRY_DELAY
            }
        };
    }
}

fn paths(config: &RbacConfig) -> Vec<std::path::PathBuf> {
    let files = [&config.policies, &config.conditions];
    let files = files.into_iter().flatten();
    files.map(|file| file.path.clone()).collect()
}

/// Waits until the system says that something changed, and it is quiet again.
async fn changed(watch: &mut Option<PathWatch>) {
    match watch {
        Some(watch) => drop(watch.changed().await),
        None => std::future::pending().await,
    }
}

/// Reads the files, takes them over if they hold something new, and says whether to look again
/// soon.
async fn look(app: &App) -> Result<bool, Error> {
    let Some(seen) = settled(app).await? else {
        return Ok(true);
    };
    let known = app.rbac().sources();
    if known
        .iter()
        .all(|known| seen.sha256(known.kind) == known.seen())
    {
        app.rbac().note_look(app.core().clock.now());
        return Ok(false);
    }
    take_over(app, seen).await?;
    Ok(true)
}

/// The bytes of the files when nobody seems to be writing them; nothing while somebody is.
async fn settled(app: &App) -> Result<Option<Look>, Error> {
    let mut waited = Duration::ZERO;
    let mut seen = look_at(app).await?;
    while seen.may_be_cut_off() {
        if waited >= LONGEST_WAIT {
            return Ok(None);
        }
        let pause = if seen.has_empty_file() {
            SECOND_LOOK
        } else {
            QUIET
        };
        sleep(pause).await;
        waited += pause;
        let again = look_at(app).await?;
        if again.is_same(&seen) {
            return Ok(Some(again));
        }
        seen = again;
    }
    Ok(Some(seen))
}

/// Reads the files now and takes them over, whether or not they are followed.
///
/// # Errors
///
/// That of a database that is away.
pub(super) async fn now(app: &App) -> Result<(), Error> {
    take_over(app, look_at(app).await?).await
}

async fn take_over(app: &App, seen: Look) -> Result<(), Error> {
    let core = app.core().clone();
    let rbac = app.rbac().config().clone();
    let sources = spawn_blocking(move || seen.into_sources(&core.config, &rbac));
    let sources = sources.await.map_err(Error::internal)?;
    bring_in(app, sources, |_, _| Ok::<_, Error>(())).await
}

async fn look_at(app: &App) -> Result<Look, Error> {
    let config = app.rbac().config().clone();
    let look = spawn_blocking(move || Look::at(&config));
    look.await.map_err(Error::internal)
}
