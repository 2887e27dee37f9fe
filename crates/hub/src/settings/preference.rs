//! The preferences of people, as the database keeps them for their next browser.
//!
//! They give nobody any right, so a change is no event of the audit log; pages read the cookies of
//! their browser alone, so no other hub needs to hear of it.

use super::store;
use crate::app::App;
use crate::ui::Preferences;
use axum::http::HeaderValue;
use callboard_policy::EntityRef;
use callboard_store::StoreError;
use serde_json::json;

/// Keeps what `user` chose.
///
/// All guests are one user and share nothing, so theirs stay in their browsers. So do those of
/// everybody while the database is away: the log says so.
pub(super) async fn keep(app: &App, user: &str, preferences: &Preferences) {
    if is_guest(app, user) {
        return;
    }
    let written = async {
        let mut tx = app.core().store.begin().await?;
        let now = app.core().clock.now();
        store::keep(&mut tx, user, json!(preferences), now).await?;
        tx.commit().await
    };
    if let Err(error) = written.await {
        tell(&error, "preferences were not written");
    }
}

/// The `Set-Cookie` headers with which the browser of `user`, who just signed in, looks as they
/// chose in another one; none when they have chosen nothing yet, and while the database is away.
pub(crate) async fn cookies_of(app: &App, user: &str) -> Vec<HeaderValue> {
    if is_guest(app, user) {
        return Vec::new();
    }
    let read = async {
        let mut conn = app.core().store.read().await?;
        store::preferences(&mut conn, user).await
    };
    let stored = match read.await {
        Ok(stored) => stored,
        Err(error) => {
            tell(&error, "preferences were not read");
            None
        }
    };
    let preferences = stored.and_then(|json| serde_json::from_value::<Preferences>(json).ok());
    let cookies = preferences.map(|chosen| chosen.set_cookies(&app.core().base_url));
    cookies.into_iter().flatten().collect()
}

fn is_guest(app: &App, user: &str) -> bool {
    EntityRef::parse(user).is_ok_and(|user| app.auth().is_guest(&user))
}

fn tell(error: &StoreError, what: &str) {
    let error: &dyn std::error::Error = error;
    tracing::warn!(plugin = "settings", error, "{what}");
}
