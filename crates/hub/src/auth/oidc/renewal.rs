//! What goes on with a provider beside sign-ins: asking again, saying goodbye, discovery.

use super::refusal::Refusal;
use crate::app::App;
use crate::auth::signed_in::Renewal;
use crate::error::Error;
use crate::task::Shutdown;
use callboard_config::Secret;
use std::time::Duration;

/// How long the hub waits before it asks again for metadata that it did not get, at first and at
/// most.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Asks the provider of a session whether its person is still signed in there, and the catalog
/// whether there still is a user for them.
pub(in crate::auth) async fn renew(
    app: &App,
    provider: &str,
    environment: &str,
    refresh_token: &Secret<String>,
) -> Renewal {
    let Some(client) = app.auth().oidc.client(provider, environment) else {
        let message = format!("No auth provider registered for '{provider}'");
        return Renewal::Ended(Error::NotFound(message));
    };
    let renewed = async {
        let grant = client.refresh(refresh_token).await?;
        grant.sign_in(app, provider, environment, client)
    };
    match renewed.await {
        Ok(signed_in) => Renewal::Still(Box::new(signed_in)),
        Err(refusal) if refusal.is_passing() => Renewal::Unreachable(refusal.into_error()),
        Err(refusal) => Renewal::Ended(refusal.into_error()),
    }
}

/// Tells the provider of a session that it is over. What cannot be told is logged.
pub(in crate::auth) async fn revoke(
    app: &App,
    provider: &str,
    environment: &str,
    refresh_token: &Secret<String>,
) {
    let Some(client) = app.auth().oidc.client(provider, environment) else {
        return;
    };
    if let Err(refusal) = client.revoke(refresh_token).await {
        tracing::warn!(
            plugin = "auth",
            provider,
            error = refusal.message(),
            "a refresh token could not be revoked"
        );
    }
}

/// Asks every provider for its metadata, until each has answered or the hub stops.
pub(in crate::auth) async fn discover(app: App, mut shutdown: Shutdown) {
    let mut pause = FIRST_PAUSE;
    loop {
        let mut is_complete = true;
        for (provider, client) in app.auth().oidc.clients() {
            let asked = tokio::select! {
                asked = client.metadata() => asked,
                () = shutdown.signalled() => return,
            };
            if let Err(refusal) = asked {
                is_complete = false;
                tell(&provider.id, &refusal, pause);
            }
        }
        if is_complete {
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = shutdown.signalled() => return,
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

fn tell(provider: &str, refusal: &Refusal, pause: Duration) {
    tracing::warn!(
        plugin = "auth",
        provider,
        error = refusal.message(),
        again_in_seconds = pause.as_secs(),
        "a sign-in provider gives no metadata"
    );
}
