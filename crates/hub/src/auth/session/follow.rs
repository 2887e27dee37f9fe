//! Follows the sessions that other hubs on the same database begin, renew and end.

use super::super::external::Digest;
use super::store;
use crate::app::App;
use crate::database::{self, News};
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
pub(in crate::auth) async fn follow_sessions(app: App, shutdown: Shutdown) {
    let seen = app.auth().sessions.seen().await;
    database::follow(&app, "sessions", seen, shutdown, catch_up).await;
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
    let mut found = Vec::new();
    let mut conn = store.read().await?;
    for key in keys {
        let digest = URL_SAFE_NO_PAD.decode(key).ok();
        if let Some(digest) = digest.and_then(|bytes| Digest::try_from(bytes).ok()) {
            let row = store::session(&mut conn, &digest).await?;
            found.push((digest, row.filter(|row| auth.is_served(&row.provider))));
        }
    }
    // Whoever begins a session waits for a connection while others wait for them.
    drop(conn);
    for (digest, row) in found {
        auth.sessions.take_over(digest, row, now).await;
    }
    Ok(seen)
}
