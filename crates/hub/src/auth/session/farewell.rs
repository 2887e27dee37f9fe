//! Tells the providers of sessions that ended here.
//!
//! Else the refresh token of somebody who is long gone would stay good there. Nobody waits for it:
//! a provider that cannot be told keeps nobody signed in here, and the log says which it was.

use super::super::external::Digest;
use super::super::signed_in;
use super::store::EndedRow;
use crate::app::App;

/// Tells the providers of these sessions, as soon as their end is committed.
pub(super) fn say(app: &App, ended: Vec<EndedRow>) {
    let has_token = |row: &EndedRow| row.refresh_token.is_some();
    let told: Vec<_> = ended.into_iter().filter(has_token).collect();
    if told.is_empty() {
        return;
    }
    let app = app.clone();
    tokio::spawn(async move {
        for row in told {
            tell(&app, row).await;
        }
    });
}

async fn tell(app: &App, row: EndedRow) {
    let EndedRow {
        id_hash,
        provider,
        environment,
        refresh_token,
        ..
    } = row;
    let cipher = match app.auth().sessions.cipher().await {
        Ok(cipher) => cipher,
        Err(error) => {
            let error: &dyn std::error::Error = &error;
            tracing::warn!(
                plugin = "auth",
                provider,
                error,
                "a refresh token could not be revoked"
            );
            return;
        }
    };
    // One that was sealed with an earlier secret cannot be opened, and runs out by itself.
    let token = Digest::try_from(id_hash)
        .ok()
        .zip(refresh_token)
        .and_then(|(digest, sealed)| cipher.open(&sealed, &digest));
    signed_in::leave(app, &provider, environment.as_deref(), token.as_ref()).await;
}
