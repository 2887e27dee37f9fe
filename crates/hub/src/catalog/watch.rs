//! Reads catalog files again when they change.

use super::file::is_stale;
use super::ingest;
use crate::app::App;
use crate::task::Shutdown;
use callboard_config::watch::{self, PathWatch};
use std::path::PathBuf;
use std::time::Duration;
use tokio::task::spawn_blocking;

/// How long to wait before trying again what the database did not take.
const RETRY_DELAY: Duration = Duration::from_secs(5);

/// Follows the files and folders that the last reading looked at, until the hub stops.
pub(super) async fn follow(app: App, mut shutdown: Shutdown) {
    let mut watch = match watch::paths(paths(&app)) {
        Ok(watch) => watch,
        Err(error) => {
            tracing::warn!(plugin = "catalog", %error, "changes of catalog files are not noticed until the next start");
            return;
        }
    };
    loop {
        tokio::select! {
            () = changed(&app, &mut watch) => {}
            () = shutdown.signalled() => return,
        }
        if let Err(error) = ingest::again(&app).await {
            tracing::warn!(plugin = "catalog", %error, "changed catalog files could not be taken over and are tried again");
            tokio::select! {
                () = tokio::time::sleep(RETRY_DELAY) => {}
                () = shutdown.signalled() => return,
            }
        }
        watch.set(paths(&app));
    }
}

/// Waits until something differs from what the last reading saw.
async fn changed(app: &App, watch: &mut PathWatch) {
    let state = app.catalog().state();
    // INVARIANT: the watch is set before the files are compared, so that no change falls between.
    let is_stale = spawn_blocking(move || is_stale(&state.seen))
        .await
        .unwrap_or(true);
    if !is_stale {
        watch.changed().await;
    }
}

fn paths(app: &App) -> Vec<PathBuf> {
    app.catalog().state().seen.keys().cloned().collect()
}
