//! Follows the sessions that other hubs on the same database begin, renew and end.

use super::super::external::Digest;
use crate::app::App;
use crate::database::{self, News, Progress};
use crate::task::Shutdown;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use callboard_store::{Revision, StoreError, Tx, feed};

/// What lines of the change feed call a session; the key is the digest of its id.
const TOPIC: &str = "session";

/// Tells the other hubs that a session began, ended or is known better.
pub(super) async fn tell(tx: &mut Tx, digest: &Digest) -> Result<(), StoreError> {
    let key = URL_SAFE_NO_PAD.encode(digest);
    feed::record(tx, TOPIC, &key).await.map(drop)
}

/// Knows what the other hubs do, until this one stops.
pub(in crate::auth) async fn follow_sessions(app: App, progress: Progress, shutdown: Shutdown) {
    let seen = app.auth().sessions.seen().await;
    database::follow(&app, &progress, seen, shutdown, catch_up).await;
}

async fn catch_up(app: App, seen: Revision) -> Result<Revision, StoreError> {
    let auth = app.auth();
    let store = &app.core().store;
    let now = app.core().clock.now();
    let (keys, seen) = match database::news(store.feed(), TOPIC, seen).await? {
        News::Keys { keys, seen } => (keys, seen),
        News::Reload => return auth.load_sessions().await,
    };
    if keys.is_empty() {
        return Ok(seen);
    }
    let digests = keys.into_iter().filter_map(|key| {
        let bytes = URL_SAFE_NO_PAD.decode(key).ok()?;
        Digest::try_from(bytes).ok()
    });
    let digests: Vec<_> = digests.collect();
    let is_served = |provider: &str| auth.is_served(provider);
    auth.sessions.read_again(&digests, now, is_served).await?;
    Ok(seen)
}
